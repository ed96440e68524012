"""The step that asks for a time of the day, and the labels of times."""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from core.catalogue.service_offer import ServiceOffer
from core.i18n import FormattedDate, Text, ZoneCity, _, join, lines
from dialogs.booking.alternatives import (
    answers_for_moment,
    day_not_free,
    free_times_on,
    nothing_free_prompt,
    time_not_free,
    without_current_time,
)
from dialogs.booking.selection import (
    current_offer,
    day_label,
    existing_booking,
    own_booking_id,
    zone_of,
)
from dialogs.booking.time_wish import TimeWish, dump_wish, load_wish, which_day
from dialogs.context import Context, Step
from dialogs.engine import navigation
from dialogs.engine.outcomes import (
    AnswersForOtherSteps,
    EffectOutcome,
    InvalidAnswer,
    TakeOutcome,
)
from dialogs.engine.prompts import Choice, Prompt
from dialogs.engine.state import PromptView
from dialogs.engine.steps import VERSION
from dialogs.messages.appointment import CLOCK
from dialogs.messages.text_message import SHORT_DAY
from dialogs.nlu.times import ClockTime
from dialogs.nlu.when import read_when

MAX_NEAREST_TIMES = 6
"""The most times that are offered instead of one that isn't free."""

EARLIEST = _("earliest, the earliest, the first, soonest, as early as possible")
"""Words for the first free time."""


def time_step(
    effect: Callable[[Context, str], EffectOutcome], keep: Callable[[Context, str], bool]
) -> Step:
    """Return the step that asks for a time of the day, or one near a time that isn't free."""
    return Step(
        "time",
        _("Time"),
        _ask_time,
        _take_time,
        depends=("service", "branch", "channel", "day", VERSION),
        effect=effect,
        keep=keep,
        automatic=False,
        take_wish=_take_wish,
    )


def _ask_time(ctx: Context) -> Prompt:
    offer = current_offer(ctx)
    zone = zone_of(ctx, offer)
    day = date.fromisoformat(ctx.answers["day"])
    wanted = ctx.state.view.near
    free = [] if wanted else without_current_time(ctx, free_times_on(ctx, day))
    if not free:
        around = datetime.fromisoformat(wanted) if wanted else _noon(day, zone)
        free = ctx.office.nearest_times(offer, around, own_booking_id(ctx), MAX_NEAREST_TIMES)
        free = without_current_time(ctx, free)
        if not free:
            return nothing_free_prompt(ctx, offer)
        free.sort(key=datetime.timestamp)  # local times compare by the wall clock
        text: Text = _("The nearest free times are:")
        brief: Text = _("Nearest times:")
    else:
        text = _("What time on {day}?", day=day_label(day, ctx.now))
        brief = _("What time on {day}?", day=FormattedDate(day, SHORT_DAY))
    local = [start.astimezone(zone) for start in free]
    several = len({start.date() for start in local}) > 1 or local[0].date() != day
    return Prompt(
        lines(text, zone_note(ctx, offer, free[0])),
        [
            Choice(
                start.astimezone(UTC).isoformat(),
                FormattedDate(
                    start, f"EEE d MMM, {CLOCK}" if several else _clock_format(start, local)
                ),
                EARLIEST if start is local[0] else "",
                brief=FormattedDate(start, f"{SHORT_DAY} {CLOCK}") if several else "",
            )
            for start in local
        ],
        layout="list" if several else "times",
        names="whole",
        expected=_("Please pick a free time, or write it like 10:30."),
        brief=lines(brief, zone_note(ctx, offer, free[0])),
    )


def _clock_format(start: datetime, others: list[datetime]) -> str:
    """Return the format of a time; with its zone if the change from summer time repeats it."""
    same = [
        other
        for other in others
        if other.replace(fold=0, tzinfo=None) == start.replace(fold=0, tzinfo=None)
    ]
    return f"{CLOCK} z" if len(same) > 1 else CLOCK


def zone_note(ctx: Context, offer: ServiceOffer, start: datetime) -> Text:
    """Return a note with the zone of the times shown, if it differs from the municipality's."""
    zone = zone_of(ctx, offer)
    if start.astimezone(zone).utcoffset() == start.astimezone(offer.zone).utcoffset():
        return ""
    return _("(time of {zone})", zone=ZoneCity(zone.key))


def time_label(ctx: Context, offer: ServiceOffer, start: datetime) -> Text:
    """Return a day and time for use in a sentence, with a zone note if needed."""
    local = start.astimezone(zone_of(ctx, offer))
    label = _(
        "{day}, {time}", day=day_label(local.date(), ctx.now), time=FormattedDate(local, CLOCK)
    )
    return join(" ", label, zone_note(ctx, offer, start))


def brief_time(ctx: Context, offer: ServiceOffer, start: datetime) -> Text:
    """Return a day and time for where each character costs."""
    return FormattedDate(start.astimezone(zone_of(ctx, offer)), f"{SHORT_DAY} {CLOCK}")


def short_time_label(ctx: Context, offer: ServiceOffer, start: datetime) -> Text:
    """Return a day and time for use on a button."""
    return FormattedDate(start.astimezone(zone_of(ctx, offer)), f"EEE d MMM, {CLOCK}")


def _noon(day: date, zone: ZoneInfo) -> datetime:
    return datetime(day.year, day.month, day.day, 12, tzinfo=zone)


def _take_wish(ctx: Context, stored: str) -> TakeOutcome:
    """Take the time that was wished if it is free; of hours, show the free times."""
    wish = load_wish(stored)
    if wish.is_any_time:
        return None
    zone = zone_of(ctx, current_offer(ctx))
    day = date.fromisoformat(ctx.answers["day"])
    free = [start.astimezone(zone) for start in without_current_time(ctx, free_times_on(ctx, day))]
    fitting = wish.fitting(free)
    if wish.times:
        if fitting:
            return fitting[0].astimezone(UTC).isoformat()
        return time_not_free(day, wish.times, zone)
    if not fitting:
        return InvalidAnswer(_("Nothing is free on that day {hours}.", hours=wish.hours))
    if len(fitting) < len(free):
        only = tuple(start.astimezone(UTC).isoformat() for start in fitting)
        ctx.update(view=PromptView(step="time", only=only))
    return None


def _take_time(ctx: Context, text: str) -> TakeOutcome:
    offer = current_offer(ctx)
    today = ctx.now.astimezone(zone_of(ctx, offer)).date()
    when = read_when(text, today, asked="time")
    wish = TimeWish.of(when)
    if when.no_such_day or not (wish.says_day or when.says_time):
        return InvalidAnswer(_("Please pick a free time, or write it like 10:30."))
    if wish.earliest and not when.says_day:
        return _ask_time(ctx).choices[0].value
    if wish.says_day:
        return _take_other_day(ctx, offer, wish)
    if when.times:
        return _take_time_shown(ctx, offer, when.times)
    return AnswersForOtherSteps(wishes={"time": dump_wish(wish)})


def _take_time_shown(ctx: Context, offer: ServiceOffer, times: Sequence[ClockTime]) -> TakeOutcome:
    """Take one of the times that the question offers."""
    zone = zone_of(ctx, offer)
    day = date.fromisoformat(ctx.answers["day"])
    starts = [datetime.fromisoformat(c.value).astimezone(zone) for c in _ask_time(ctx).choices]
    fitting = [start for start in starts if (start.hour, start.minute) in times]
    # In a list of several days, a time on the day that was picked is preferred.
    fitting.sort(key=lambda start: start.date() != day)
    if not fitting:
        booking = existing_booking(ctx)
        now = booking.starts_at.astimezone(zone) if booking else None
        if now and now.date() == day and (now.hour, now.minute) in times:
            return InvalidAnswer(_("That is the time of your appointment now."))
        return time_not_free(day, times, zone)
    return fitting[0].astimezone(UTC).isoformat()


def _take_other_day(ctx: Context, offer: ServiceOffer, wish: TimeWish) -> TakeOutcome:
    """Take another day than the one that was picked, perhaps with a time; or ask for it again."""
    if wish.conflict:
        return which_day(wish.conflict)
    hours = {} if wish.is_any_time else {"time": dump_wish(wish)}
    if len(wish.days) != 1:
        navigation.reopen(ctx, "day")
        return AnswersForOtherSteps(wishes={"day": dump_wish(wish), **hours})
    (day,) = wish.days
    if not free_times_on(ctx, day):
        return day_not_free(ctx, offer, day, "time")
    if wish.times:
        return answers_for_moment(ctx, day, wish.times)
    return AnswersForOtherSteps({"day": day.isoformat()}, wishes=hours)
