"""What is free for what the citizen wants; and where nothing is, why, and what else there is."""

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from core.availability import schedule, slots
from core.availability.schedule import UnavailableReason
from core.catalogue.service_offer import ServiceOffer
from core.db.models import Booking
from core.i18n import FormattedDate, Text, _, commas, lines
from dialogs.engine.steps import AnswersForOtherSteps, Choice, Context, Prompt
from dialogs.messages.appointment import CHANNELS, CLOCK, shown_zone
from dialogs.nlu.errors import InvalidAnswer

OTHER_BRANCHES = 3
"""How many other branches are tried, so that a turn's statements stay few."""


def current_offer(ctx: Context) -> ServiceOffer:
    """Who may serve what the running dialog is about."""
    answers = ctx.answers
    if booking := existing_booking(ctx):
        loaded = ctx.registry[booking.municipality_id]
        return loaded.offer(booking.service, booking.branch, booking.channel)
    loaded = ctx.registry[answers["municipality"]]
    return loaded.offer(answers["service"], answers["branch"], answers["channel"])


def existing_booking(ctx: Context) -> Booking | None:
    """The booking that the dialog is about, if it isn't a new one."""
    number = ctx.answers.get("booking")
    return ctx.session.get(Booking, int(number)) if number else None


def own_booking(ctx: Context) -> int | None:
    """The booking whose own time counts as free."""
    booking = existing_booking(ctx)
    return booking.id if booking else ctx.state.hold


def zone_of(ctx: Context, offer: ServiceOffer) -> ZoneInfo:
    """The zone in which days and times are shown."""
    return shown_zone(offer.municipality, offer.channel, ctx.zone)


def day_label(day: date, now: datetime) -> Text:
    """A day as it is spoken of in a sentence; with the year, if it isn't about this time."""
    near = abs(day - now.date()) < timedelta(days=300)
    return FormattedDate(day, "EEEE d MMMM" if near else "EEEE d MMMM y")


def near_view(wanted: datetime) -> dict[str, Any]:
    """The view in which the time step offers the times nearest to one."""
    return {"step": "time", "near": wanted.isoformat()}


def free_on(ctx: Context, day: date) -> list[datetime]:
    """The free times of a day."""
    offer = current_offer(ctx)
    since, until = schedule.day_bounds(day, zone_of(ctx, offer))
    return slots.free_times(ctx.session, offer, since, until, ctx.now, own_booking(ctx))


def other_than_now(ctx: Context, starts: list[datetime]) -> list[datetime]:
    """The times without the one that the booking to be moved has."""
    booking = existing_booking(ctx)
    return [start for start in starts if booking is None or start != booking.starts_at]


def answers_for_moment(
    ctx: Context, day: date, hours: list[tuple[int, int]]
) -> AnswersForOtherSteps:
    """The answers for a day and an hour told together; the nearest times, where it isn't free."""
    offer = current_offer(ctx)
    zone = zone_of(ctx, offer)
    for start in other_than_now(ctx, free_on(ctx, day)):
        local = start.astimezone(zone)
        if (local.hour, local.minute) in hours:
            return AnswersForOtherSteps(day=day.isoformat(), time=start.isoformat())
    return AnswersForOtherSteps(time_not_free(day, hours, zone), day=day.isoformat())


def time_not_free(day: date, hours: list[tuple[int, int]], zone: ZoneInfo) -> InvalidAnswer:
    """That the hour meant isn't free, and the nearest that are, which the step shows next."""
    hour, minute = next(((h, m) for h, m in hours if 7 <= h <= 20), hours[0])
    wanted = datetime(day.year, day.month, day.day, hour, minute, tzinfo=zone)
    return InvalidAnswer(
        _("{time} isn't free.", time=FormattedDate(wanted, CLOCK)), near_view(wanted)
    )


def nothing_free(ctx: Context, offer: ServiceOffer) -> Prompt:
    """Say why the whole horizon has no free day, and where else there is one."""
    zone = zone_of(ctx, offer)
    first, last = offer.first(ctx.now).astimezone(zone), offer.last(ctx.now).astimezone(zone)
    days = [first.date() + timedelta(days=n) for n in range((last - first).days + 1)]
    kinds = {schedule.unavailable_reason(offer, day, ctx.now, zone).kind for day in days}
    reason = (
        _("All times up to {day} are taken.", day=day_label(days[-1], ctx.now))
        if "full" in kinds
        else _(
            "The office gives no appointments for this up to {day}.",
            day=day_label(days[-1], ctx.now),
        )
    )
    others = free_elsewhere(ctx, offer, None)
    hint = (
        _("There are free times if you change this:")
        if others
        else _("Please try again in a few days, or talk to a human.")
    )
    return Prompt(
        lines(_("There is no free day."), reason, hint),
        extras=[
            Choice(f"set:{name}={value}", label, command=True) for name, value, label in others
        ],
        expected=_("There is no free day to pick."),
    )


def free_elsewhere(
    ctx: Context, offer: ServiceOffer, day: date | None
) -> list[tuple[str, str, Text]]:
    """The other channels and branches that are free (that day): step, value, label.

    Kept for the turn, which may need it twice.
    """
    if existing_booking(ctx):
        return []
    key = f"elsewhere {offer.service.id} {offer.branch.id} {offer.channel} {day}"
    if key not in ctx.cache:
        ctx.cache[key] = _free_elsewhere(ctx, offer, day)
    found: list[tuple[str, str, Text]] = ctx.cache[key]
    return found


def _free_elsewhere(
    ctx: Context, offer: ServiceOffer, day: date | None
) -> list[tuple[str, str, Text]]:
    body, service = offer.municipality, offer.service
    loaded = ctx.registry[body.id]
    tried: list[tuple[str, str, Text, ServiceOffer]] = []
    for channel in body.channels_of(service, offer.branch):
        if channel != offer.channel:
            other = loaded.offer(service.id, offer.branch.id, channel)
            tried.append(("channel", channel, CHANNELS[channel], other))
    for branch in body.branches_of(service.id, offer.channel):
        if branch.id != offer.branch.id and len(tried) < OTHER_BRANCHES:
            other = loaded.offer(service.id, branch.id, offer.channel)
            tried.append(("branch", branch.id, branch.name, other))
    first, last = (day, day) if day else (offer.first(ctx.now).date(), offer.last(ctx.now).date())
    found = []
    for name, value, label, other in tried:
        zone = zone_of(ctx, other)
        if slots.free_days(ctx.session, other, first, last, ctx.now, zone, own_booking(ctx)):
            found.append((name, value, label))
    return found


def day_not_free(ctx: Context, offer: ServiceOffer, day: date, step: str) -> InvalidAnswer:
    """Why that day can't be had, and the nearest that can, which the step shows next."""
    zone = zone_of(ctx, offer)
    said = _obstacle_text(ctx, offer, schedule.unavailable_reason(offer, day, ctx.now, zone), day)
    noon = schedule.day_bounds(day, zone)[0] + timedelta(hours=12)
    wanted = min(max(noon, offer.first(ctx.now)), offer.last(ctx.now))
    nearest = slots.nearest_times(ctx.session, offer, wanted, ctx.now, own_booking(ctx), 1)
    if not nearest:
        return InvalidAnswer(said)
    free = nearest[0].astimezone(zone).date()
    text = lines(said, _("The nearest free day is {day}.", day=day_label(free, ctx.now)))
    if step == "time":
        return InvalidAnswer(text, near_view(nearest[0]))
    others = free_elsewhere(ctx, offer, day)
    ctx.cache["instead"] = [
        Choice(
            f"set:{name}={value}&day={day.isoformat()}",
            _("{other}: {day}", other=label, day=FormattedDate(day, "EEE d MMM")),
            command=True,
        )
        for name, value, label in others
    ]
    if others:
        named = commas(*(label for _name, _value, label in others))
        text = lines(
            text, _("The same day there is time if you change to: {others}.", others=named)
        )
    return InvalidAnswer(text, {"step": "day", "month": f"{free:%Y-%m}"})


def _obstacle_text(ctx: Context, offer: ServiceOffer, found: UnavailableReason, on: date) -> Text:
    day, last = day_label(on, ctx.now), schedule.last_open_day(offer, ctx.now)
    reason = found.reason or ""
    return {
        "past": _("{day} has passed.", day=day),
        "notice": _("{day} is too soon: the office needs to know earlier.", day=day),
        "horizon": _(
            "{day} isn't open for booking yet. For now you can book up to {last}.",
            day=day,
            last=day_label(last, ctx.now),
        ),
        "holiday": _("{day} is a public holiday: {reason}.", day=day, reason=reason),
        "closure": _("The office is closed on {day}: {reason}.", day=day, reason=reason),
        "closed": _("The office gives no appointments on {day}.", day=day),
        "full": _("All times on {day} are taken.", day=day),
    }[found.kind]
