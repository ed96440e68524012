"""What is free for what the citizen wants; and where nothing is, why, and what else there is."""

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from core import calendar, slots
from core.calendar import Obstacle, Plan
from core.tables import Booking
from core.text import Phrase, When, _, commas, lines
from dialogs.step import Choice, Context, Instead, Prompt, Wrong
from dialogs.summary import CHANNELS, CLOCK, shown_zone

OTHER_BRANCHES = 3
"""How many other branches are tried, so that a turn's statements stay few."""


def planned(ctx: Context) -> Plan:
    """Who may serve what the running dialog is about."""
    answers = ctx.answers
    if booking := moving(ctx):
        loaded = ctx.office[booking.municipality_id]
        return loaded.plan(booking.service, booking.branch, booking.channel)
    loaded = ctx.office[answers["municipality"]]
    return loaded.plan(answers["service"], answers["branch"], answers["channel"])


def moving(ctx: Context) -> Booking | None:
    """The booking that the dialog is about, if it isn't a new one."""
    number = ctx.answers.get("booking")
    return ctx.session.get(Booking, int(number)) if number else None


def own(ctx: Context) -> int | None:
    """The booking whose own time counts as free."""
    booking = moving(ctx)
    return booking.id if booking else ctx.state.hold


def zone_of(ctx: Context, plan: Plan) -> ZoneInfo:
    """The zone in which days and times are shown."""
    return shown_zone(plan.municipality, plan.channel, ctx.zone)


def day_label(day: date, now: datetime) -> Phrase:
    """A day as it is spoken of in a sentence; with the year, if it isn't about this time."""
    near = abs(day - now.date()) < timedelta(days=300)
    return When(day, "EEEE d MMMM" if near else "EEEE d MMMM y")


def near(wanted: datetime) -> dict[str, Any]:
    """The view in which the time step offers the times nearest to one."""
    return {"step": "time", "near": wanted.isoformat()}


def free_on(ctx: Context, day: date) -> list[datetime]:
    """The free times of a day."""
    plan = planned(ctx)
    since, until = calendar.bounds(day, zone_of(ctx, plan))
    return slots.free_times(ctx.session, plan, since, until, ctx.now, own(ctx))


def other_than_now(ctx: Context, starts: list[datetime]) -> list[datetime]:
    """The times without the one that the booking to be moved has."""
    booking = moving(ctx)
    return [start for start in starts if booking is None or start != booking.starts_at]


def on_day(ctx: Context, day: date, hours: list[tuple[int, int]]) -> Instead:
    """The answers for a day and an hour told together; the nearest times, where it isn't free."""
    plan = planned(ctx)
    zone = zone_of(ctx, plan)
    for start in other_than_now(ctx, free_on(ctx, day)):
        local = start.astimezone(zone)
        if (local.hour, local.minute) in hours:
            return Instead(day=day.isoformat(), time=start.isoformat())
    return Instead(not_at(day, hours, zone), day=day.isoformat())


def not_at(day: date, hours: list[tuple[int, int]], zone: ZoneInfo) -> Wrong:
    """That the hour meant isn't free, and the nearest that are, which the step shows next."""
    hour, minute = next(((h, m) for h, m in hours if 7 <= h <= 20), hours[0])
    wanted = datetime(day.year, day.month, day.day, hour, minute, tzinfo=zone)
    return Wrong(_("{time} isn't free.", time=When(wanted, CLOCK)), near(wanted))


def nothing_free(ctx: Context, plan: Plan) -> Prompt:
    """Say why the whole horizon has no free day, and where else there is one."""
    zone = zone_of(ctx, plan)
    first, last = plan.first(ctx.now).astimezone(zone), plan.last(ctx.now).astimezone(zone)
    days = [first.date() + timedelta(days=n) for n in range((last - first).days + 1)]
    kinds = {calendar.obstacle(plan, day, ctx.now, zone).kind for day in days}
    reason = (
        _("All times up to {day} are taken.", day=day_label(days[-1], ctx.now))
        if "full" in kinds
        else _(
            "The office gives no appointments for this up to {day}.",
            day=day_label(days[-1], ctx.now),
        )
    )
    others = elsewhere(ctx, plan, None)
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


def elsewhere(ctx: Context, plan: Plan, day: date | None) -> list[tuple[str, str, Phrase]]:
    """The other channels and branches that are free (that day): step, value, label.

    Kept for the turn, which may need it twice.
    """
    if moving(ctx):
        return []
    key = f"elsewhere {plan.service.id} {plan.branch.id} {plan.channel} {day}"
    if key not in ctx.cache:
        ctx.cache[key] = _free_elsewhere(ctx, plan, day)
    found: list[tuple[str, str, Phrase]] = ctx.cache[key]
    return found


def _free_elsewhere(ctx: Context, plan: Plan, day: date | None) -> list[tuple[str, str, Phrase]]:
    body, service = plan.municipality, plan.service
    loaded = ctx.office[body.id]
    tried: list[tuple[str, str, Phrase, Plan]] = []
    for channel in body.channels_of(service, plan.branch):
        if channel != plan.channel:
            other = loaded.plan(service.id, plan.branch.id, channel)
            tried.append(("channel", channel, CHANNELS[channel], other))
    for branch in body.branches_of(service.id, plan.channel):
        if branch.id != plan.branch.id and len(tried) < OTHER_BRANCHES:
            other = loaded.plan(service.id, branch.id, plan.channel)
            tried.append(("branch", branch.id, branch.name, other))
    first, last = (day, day) if day else (plan.first(ctx.now).date(), plan.last(ctx.now).date())
    found = []
    for name, value, label, other in tried:
        zone = zone_of(ctx, other)
        if slots.free_days(ctx.session, other, first, last, ctx.now, zone, own(ctx)):
            found.append((name, value, label))
    return found


def not_free(ctx: Context, plan: Plan, day: date, step: str) -> Wrong:
    """Why that day can't be had, and the nearest that can, which the step shows next."""
    zone = zone_of(ctx, plan)
    said = _obstacle_text(ctx, plan, calendar.obstacle(plan, day, ctx.now, zone), day)
    noon = calendar.bounds(day, zone)[0] + timedelta(hours=12)
    wanted = min(max(noon, plan.first(ctx.now)), plan.last(ctx.now))
    nearest = slots.nearest_times(ctx.session, plan, wanted, ctx.now, own(ctx), 1)
    if not nearest:
        return Wrong(said)
    free = nearest[0].astimezone(zone).date()
    text = lines(said, _("The nearest free day is {day}.", day=day_label(free, ctx.now)))
    if step == "time":
        return Wrong(text, near(nearest[0]))
    others = elsewhere(ctx, plan, day)
    ctx.cache["instead"] = [
        Choice(
            f"set:{name}={value}&day={day.isoformat()}",
            _("{other}: {day}", other=label, day=When(day, "EEE d MMM")),
            command=True,
        )
        for name, value, label in others
    ]
    if others:
        named = commas(*(label for _name, _value, label in others))
        text = lines(
            text, _("The same day there is time if you change to: {others}.", others=named)
        )
    return Wrong(text, {"step": "day", "month": f"{free:%Y-%m}"})


def _obstacle_text(ctx: Context, plan: Plan, found: Obstacle, on: date) -> Phrase:
    day, last = day_label(on, ctx.now), calendar.last_open_day(plan, ctx.now)
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
