"""Free times; and if there are none, the reason and the alternatives."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from core.availability.schedule import UnavailableKind, UnavailableReason
from core.catalogue.service_offer import ServiceOffer
from core.i18n import FormattedDate, Text, _, join, lines
from dialogs.booking.selection import (
    current_offer,
    day_label,
    existing_booking,
    nearest_times_view,
    own_booking_id,
    zone_of,
)
from dialogs.context import Context
from dialogs.engine.outcomes import AnswersForOtherSteps, InvalidAnswer
from dialogs.engine.prompts import Prompt, SetAnswers, action_choice
from dialogs.engine.state import PromptView
from dialogs.messages.appointment import CHANNELS, CLOCK
from dialogs.nlu.times import ClockTime, likeliest

MAX_OTHER_BRANCHES = 3
"""The most other branches that are queried, to limit a turn's SQL statements."""


@dataclass(frozen=True)
class Alternative:
    """Another channel or branch that has free times: the step's answer, and its label."""

    step: str
    value: str
    label: Text


def free_times_on(ctx: Context, day: date) -> list[datetime]:
    """Return the free times of a day."""
    offer = current_offer(ctx)
    return ctx.office.free_times(offer, day, zone_of(ctx, offer), own_booking_id(ctx))


def without_current_time(ctx: Context, starts: list[datetime]) -> list[datetime]:
    """Return the times without the present one of the booking to be moved."""
    booking = existing_booking(ctx)
    # In UTC, for a local time that comes twice equals no time of another zone.
    return [s for s in starts if booking is None or s.astimezone(UTC) != booking.starts_at]


def answers_for_moment(ctx: Context, day: date, times: Sequence[ClockTime]) -> AnswersForOtherSteps:
    """Return the answers for a day and a time given together.

    If the time isn't free, only the day is answered, and the nearest times are offered.
    """
    zone = zone_of(ctx, current_offer(ctx))
    for start in without_current_time(ctx, free_times_on(ctx, day)):
        local = start.astimezone(zone)
        if (local.hour, local.minute) in times:
            time = start.astimezone(UTC).isoformat()
            return AnswersForOtherSteps({"day": day.isoformat(), "time": time})
    return AnswersForOtherSteps({"day": day.isoformat()}, time_not_free(day, times, zone))


def time_not_free(day: date, times: Sequence[ClockTime], zone: ZoneInfo) -> InvalidAnswer:
    """Return the refusal of a time that isn't free; the step then offers the nearest that are."""
    hour, minute = likeliest(times)
    wanted = datetime(day.year, day.month, day.day, hour, minute, tzinfo=zone)
    return InvalidAnswer(
        _("{time} isn't free.", time=FormattedDate(wanted, CLOCK)), nearest_times_view(wanted)
    )


def nothing_free_prompt(ctx: Context, offer: ServiceOffer) -> Prompt:
    """Return the prompt that says why there is no free day at all, and offers alternatives."""
    zone = zone_of(ctx, offer)
    first, last = offer.first(ctx.now).astimezone(zone), offer.last(ctx.now).astimezone(zone)
    until = (last - timedelta(seconds=1)).date()
    days = [first.date() + timedelta(days=n) for n in range((until - first.date()).days + 1)]
    kinds = {ctx.office.unavailable_reason(offer, day, zone).kind for day in days}
    reason = (
        _("All times up to {day} are taken.", day=day_label(days[-1], ctx.now))
        if UnavailableKind.FULL in kinds
        else _(
            "The office gives no appointments for this up to {day}.",
            day=day_label(days[-1], ctx.now),
        )
    )
    others = free_alternatives(ctx, offer, None)
    hint = (
        _("There are free times if you change this:")
        if others
        else _("Please try again in a few days, or talk to a human.")
    )
    return Prompt(
        lines(_("There is no free day."), reason, hint),
        actions=[action_choice(SetAnswers({o.step: o.value}), o.label) for o in others],
        expected=_("There is no free day to pick."),
    )


def free_alternatives(ctx: Context, offer: ServiceOffer, day: date | None) -> Sequence[Alternative]:
    """Return the other channels and branches that have free times (on that day, if given)."""
    if existing_booking(ctx):
        return ()
    body, service = offer.municipality, offer.service
    tried: list[tuple[Alternative, ServiceOffer]] = []
    for channel in body.channels_of(service, offer.branch):
        if channel != offer.channel:
            other = ctx.office.offer(body.id, service.id, offer.branch.id, channel)
            tried.append((Alternative("channel", channel, CHANNELS[channel]), other))
    for branch in body.branches_of(service.id, offer.channel):
        if branch.id != offer.branch.id and len(tried) < MAX_OTHER_BRANCHES:
            other = ctx.office.offer(body.id, service.id, branch.id, offer.channel)
            tried.append((Alternative("branch", branch.id, branch.name), other))
    first, last = (day, day) if day else (offer.first(ctx.now).date(), offer.last(ctx.now).date())
    return [
        found
        for found, other in tried
        if ctx.office.free_days(other, first, last, zone_of(ctx, other), own_booking_id(ctx))
    ]


def day_not_free(ctx: Context, offer: ServiceOffer, day: date, step: str) -> InvalidAnswer:
    """Return the refusal of a day, with the reason and the nearest free one.

    `step` is the step that asks: "day" or "time".
    """
    zone = zone_of(ctx, offer)
    reason = _reason_text(ctx, offer, ctx.office.unavailable_reason(offer, day, zone), day)
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=zone)
    wanted = min(max(noon, offer.first(ctx.now)), offer.last(ctx.now))
    nearest = ctx.office.nearest_times(offer, wanted, own_booking_id(ctx), 1)
    if not nearest:
        return InvalidAnswer(reason)
    free = nearest[0].astimezone(zone).date()
    text = lines(reason, _("The nearest free day is {day}.", day=day_label(free, ctx.now)))
    if step == "time":
        return InvalidAnswer(text, nearest_times_view(nearest[0]))
    others = free_alternatives(ctx, offer, day)
    if others:
        named = join(", ", *(other.label for other in others))
        text = lines(
            text, _("The same day there is time if you change to: {others}.", others=named)
        )
    suggestions = [
        action_choice(
            SetAnswers({other.step: other.value, "day": day.isoformat()}),
            _("{other}: {day}", other=other.label, day=FormattedDate(day, "EEE d MMM")),
        )
        for other in others
    ]
    return InvalidAnswer(text, PromptView(step="day", month=f"{free:%Y-%m}"), suggestions)


def _reason_text(ctx: Context, offer: ServiceOffer, found: UnavailableReason, on: date) -> Text:
    day, last = day_label(on, ctx.now), ctx.office.last_open_day(offer)
    reason = found.reason or ""
    return {
        UnavailableKind.PAST: _("{day} has passed.", day=day),
        UnavailableKind.NOTICE: _("{day} is too soon: the office needs to know earlier.", day=day),
        UnavailableKind.HORIZON: _(
            "{day} isn't open for booking yet. For now you can book up to {last}.",
            day=day,
            last=day_label(last, ctx.now),
        ),
        UnavailableKind.HOLIDAY: _("{day} is a public holiday: {reason}.", day=day, reason=reason),
        UnavailableKind.CLOSURE: (
            _("The office is closed on {day}: {reason}.", day=day, reason=reason)
            if reason
            else _("The office is closed on {day}.", day=day)
        ),
        UnavailableKind.CLOSED: _("The office gives no appointments on {day}.", day=day),
        UnavailableKind.FULL: _("All times on {day} are taken.", day=day),
    }[found.kind]
