"""The step that asks for a time of the day, and the ways to speak of one."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from core import slots
from core.calendar import Plan
from core.text import Phrase, When, Zone, _, beside, lines
from dialogs.availability import (
    day_label,
    free_on,
    moving,
    not_at,
    not_free,
    nothing_free,
    on_day,
    other_than_now,
    own,
    planned,
    zone_of,
)
from dialogs.dates import NoSuchDay, parse_moment, parse_time
from dialogs.step import Choice, Context, Instead, Prompt, Step, Wrong
from dialogs.summary import CLOCK

NEAREST = 6
"""How many times are offered in place of one that is gone."""

EARLIEST = _("earliest, the earliest, the first, soonest, as early as possible")


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


def _ask_time(ctx: Context) -> Prompt:
    plan = planned(ctx)
    zone = zone_of(ctx, plan)
    day = date.fromisoformat(ctx.answers["day"])
    wanted = ctx.state.view.get("near")
    free = [] if wanted else other_than_now(ctx, free_on(ctx, day))
    if not free:
        around = datetime.fromisoformat(wanted) if wanted else _noon(day, zone)
        free = slots.nearest_times(ctx.session, plan, around, ctx.now, own(ctx), NEAREST)
        free = other_than_now(ctx, free)
        if not free:
            return nothing_free(ctx, plan)
        free.sort()
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
                EARLIEST if start == min(local) else "",
            )
            for start in local
        ],
        layout="list" if several else "times",
        names="whole",
        expected=_("Please pick a free time, or write it like 10:30."),
    )


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
    hours = parse_time(text, ctx.texts)
    if not hours:
        raise _other_day(ctx, plan, text)
    starts = [datetime.fromisoformat(c.value).astimezone(zone) for c in _ask_time(ctx).choices]
    fitting = [start for start in starts if (start.hour, start.minute) in hours]
    # In a list of several days the hour is meant on the day that was picked.
    fitting.sort(key=lambda start: start.date() != day)
    if not fitting:
        booking = moving(ctx)
        now = booking.starts_at.astimezone(zone) if booking else None
        if now and now.date() == day and (now.hour, now.minute) in hours:
            raise Wrong(_("That is the time of your appointment now."))
        raise not_at(day, hours, zone)
    return fitting[0].astimezone(UTC).isoformat()


def _other_day(ctx: Context, plan: Plan, text: str) -> Wrong | Instead:
    """What to make of a text that is no time: a day, or nothing."""
    today = ctx.now.astimezone(zone_of(ctx, plan)).date()
    try:
        day, hours = parse_moment(text, ctx.texts, today)
    except NoSuchDay:
        day, hours = None, []
    if day is None:
        return Wrong(_("Please pick a free time, or write it like 10:30."))
    if not free_on(ctx, day):
        return not_free(ctx, plan, day, "time")
    return on_day(ctx, day, hours) if hours else Instead(day=day.isoformat())
