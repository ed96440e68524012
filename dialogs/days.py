"""The steps that ask for day and time, of a new booking as of one that moves."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from core import calendar, slots
from core.calendar import Obstacle, Plan
from core.tables import Booking
from core.text import Phrase, When, Zone, _, beside, commas, lines
from dialogs.dates import parse_day, parse_time
from dialogs.step import Choice, Context, Instead, Prompt, Step, Wrong
from dialogs.summary import CHANNELS, CLOCK, shown_zone

NEAREST = 6
"""How many times are offered in place of one that is gone."""

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


def day_step() -> Step:
    """Ask for a day: a month with its free days; a typed date picks too."""
    return Step(
        "day",
        _("Day"),
        _ask_day,
        _take_day,
        depends=("service", "branch", "channel", "catalogue"),
        holds=lambda ctx, day: bool(_free_on(ctx, date.fromisoformat(day))),
        automatic=False,
        words=_("date"),
    )


def time_step(
    effect: Callable[[Context, str], None], holds: Callable[[Context, str], bool]
) -> Step:
    """Ask for a time of the day, or near a time that is gone."""
    return Step(
        "time",
        _("Time"),
        _ask_time,
        _take_time,
        depends=("service", "branch", "channel", "day", "catalogue"),
        effect=effect,
        holds=holds,
        automatic=False,
    )


def near(wanted: datetime) -> dict[str, Any]:
    """The view in which the time step offers the times nearest to one."""
    return {"step": "time", "near": wanted.isoformat()}


def _free_on(ctx: Context, day: date) -> list[datetime]:
    plan = planned(ctx)
    since, until = calendar.bounds(day, zone_of(ctx, plan))
    return slots.free_times(ctx.session, plan, since, until, ctx.now, own(ctx))


def _months(ctx: Context, plan: Plan) -> tuple[date, date]:
    """The first of the first and of the last month that can have free days."""
    zone = zone_of(ctx, plan)
    first, last = plan.first(ctx.now).astimezone(zone), plan.last(ctx.now).astimezone(zone)
    return first.date().replace(day=1), (last - timedelta(seconds=1)).date().replace(day=1)


def _month_after(month: date, by: int = 1) -> date:
    return (month + timedelta(days=32 if by > 0 else -1)).replace(day=1)


def _free_in(ctx: Context, plan: Plan, first: date, last: date) -> list[date]:
    """The free days of the months from the first to the last (each by its first day)."""
    until = _month_after(last) - timedelta(days=1)
    zone = zone_of(ctx, plan)
    return slots.free_days(ctx.session, plan, first, until, ctx.now, zone, own(ctx))


def _ask_day(ctx: Context) -> Prompt:
    plan = planned(ctx)
    first, last = _months(ctx, plan)
    wanted = ctx.state.view.get("month")
    month = min(max(date.fromisoformat(f"{wanted}-01") if wanted else first, first), last)
    free = _free_in(ctx, plan, month, month)
    if not free and not wanted:
        later = _free_in(ctx, plan, month, last)
        if not later:
            return _nothing_free(ctx, plan)
        month = later[0].replace(day=1)
        free = [day for day in later if day < _month_after(month)]
    extras = []
    for by, there, label in (
        (-1, month > first, _("Previous month")),
        (1, month < last, _("Next month")),
    ):
        if there:
            extras.append(Choice(f"month:{_month_after(month, by):%Y-%m}", label, command=True))
    extras += ctx.cache.get("instead", [])
    text = (
        _("Which day? Free days in {month}:", month=When(month, "LLLL y"))
        if free
        else _("There is no free day in {month}.", month=When(month, "LLLL y"))
    )
    return Prompt(
        text,
        [Choice(d.isoformat(), When(d, "EEE d MMM"), number=d.day) for d in free],
        layout="month",
        month=month,
        names="whole",
        extras=extras,
        expected=_("Please pick a free day, or write a date such as 3/12."),
    )


def _nothing_free(ctx: Context, plan: Plan) -> Prompt:
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


def _take_day(ctx: Context, text: str) -> str:
    plan = planned(ctx)
    zone = zone_of(ctx, plan)
    shown = ctx.state.view.get("month") or f"{_months(ctx, plan)[0]:%Y-%m}"
    first = date.fromisoformat(f"{shown}-01")
    day = parse_day(text, ctx.texts, ctx.now.astimezone(zone).date(), first)
    if day is None:
        raise Wrong(_("Please pick a free day, or write a date such as 3/12."))
    if not _free_on(ctx, day):
        raise _not_free(ctx, plan, day, "day")
    return day.isoformat()


def _not_free(ctx: Context, plan: Plan, day: date, step: str) -> Wrong:
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
        hint = _(
            "For {day} there is time here: {others}.", day=day_label(day, ctx.now), others=named
        )
        text = lines(text, hint)
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


def _ask_time(ctx: Context) -> Prompt:
    plan = planned(ctx)
    zone = zone_of(ctx, plan)
    day = date.fromisoformat(ctx.answers["day"])
    wanted = ctx.state.view.get("near")
    free = [] if wanted else _other_than_now(ctx, _free_on(ctx, day))
    if not free:
        around = datetime.fromisoformat(wanted) if wanted else _noon(day, zone)
        free = slots.nearest_times(ctx.session, plan, around, ctx.now, own(ctx), NEAREST)
        free = _other_than_now(ctx, free)
        if not free:
            return _nothing_free(ctx, plan)
        text: Phrase = _("The nearest free times are:")
    else:
        text = _("What time on {day}?", day=day_label(day, ctx.now))
    local = [start.astimezone(zone) for start in free]
    several = len({start.date() for start in local}) > 1 or local[0].date() != day
    return Prompt(
        lines(text, zone_note(ctx, plan, free[0])),
        [
            Choice(
                start.astimezone(UTC).isoformat(),
                When(start, f"EEE d MMM, {CLOCK}" if several else _clock(start, local)),
            )
            for start in local
        ],
        layout="list" if several else "times",
        names="whole",
        expected=_("Please pick a free time, or write it like 10:30."),
    )


def _other_than_now(ctx: Context, starts: list[datetime]) -> list[datetime]:
    """The times without the one that the booking to be moved has."""
    booking = moving(ctx)
    return [start for start in starts if booking is None or start != booking.starts_at]


def _clock(start: datetime, others: list[datetime]) -> str:
    """The hour; with its zone where the clock's change makes an hour come twice."""
    same = [
        other
        for other in others
        if other.replace(fold=0, tzinfo=None) == start.replace(fold=0, tzinfo=None)
    ]
    return f"{CLOCK} z" if len(same) > 1 else CLOCK


def zone_note(ctx: Context, plan: Plan, start: datetime) -> Phrase:
    """The zone of the times shown, where it isn't the municipality's then."""
    zone = zone_of(ctx, plan)
    if start.astimezone(zone).utcoffset() == start.astimezone(plan.zone).utcoffset():
        return ""
    return _("(time of {zone})", zone=Zone(zone.key))


def at(ctx: Context, plan: Plan, start: datetime) -> Phrase:
    """A time as it is spoken of in a sentence, with its zone where there could be doubt."""
    local = start.astimezone(zone_of(ctx, plan))
    said = _("{day}, {time}", day=day_label(local.date(), ctx.now), time=When(local, CLOCK))
    return beside(said, zone_note(ctx, plan, start))


def at_short(ctx: Context, plan: Plan, start: datetime) -> Phrase:
    """The same for a button."""
    return When(start.astimezone(zone_of(ctx, plan)), f"EEE d MMM, {CLOCK}")


def _noon(day: date, zone: ZoneInfo) -> datetime:
    return datetime(day.year, day.month, day.day, 12, tzinfo=zone)


def _take_time(ctx: Context, text: str) -> str:
    plan = planned(ctx)
    zone = zone_of(ctx, plan)
    day = date.fromisoformat(ctx.answers["day"])
    meant = parse_time(text, ctx.texts)
    if not meant:
        other = parse_day(text, ctx.texts, ctx.now.astimezone(zone).date())
        if other is None:
            raise Wrong(_("Please pick a free time, or write it like 10:30."))
        if not _free_on(ctx, other):
            raise _not_free(ctx, plan, other, "time")
        raise Instead(day=other.isoformat())
    starts = [datetime.fromisoformat(c.value).astimezone(zone) for c in _ask_time(ctx).choices]
    fitting = [start for start in starts if (start.hour, start.minute) in meant]
    # In a list of several days the hour is meant on the day that was picked.
    fitting.sort(key=lambda start: start.date() != day)
    if fitting:
        return fitting[0].astimezone(UTC).isoformat()
    hour, minute = next(((h, m) for h, m in meant if 7 <= h <= 20), meant[0])
    wanted = datetime(day.year, day.month, day.day, hour, minute, tzinfo=zone)
    raise Wrong(_("{time} isn't free.", time=When(wanted, CLOCK)), near(wanted))
