"""The step that asks for a day, for a new booking or one to be moved."""

from collections.abc import Sequence
from datetime import date, timedelta

from core.catalogue.service_offer import ServiceOffer
from core.i18n import FormattedDate, _
from dialogs.booking.alternatives import (
    answers_for_moment,
    day_not_free,
    free_times_on,
    nothing_free_prompt,
)
from dialogs.booking.selection import current_offer, own_booking_id, zone_of
from dialogs.booking.time_wish import TimeWish, dump_wish, load_wish, noted, which_day
from dialogs.context import Context, Step
from dialogs.engine.outcomes import AnswersForOtherSteps, InvalidAnswer, TakeOutcome
from dialogs.engine.prompts import Choice, Prompt, ShowMonth, action_choice
from dialogs.engine.state import PromptView
from dialogs.engine.steps import VERSION
from dialogs.nlu.times import ClockTime
from dialogs.nlu.when import read_when

SOONEST = _("soonest, the soonest, as soon as possible, the first, first available")
"""Words for the first free day."""


def day_step() -> Step:
    """Return the step that asks for a day: a month with its free days, or a typed date."""
    return Step(
        "day",
        _("Day"),
        _ask_day,
        _take_day,
        depends=("service", "branch", "channel", VERSION),
        keep=lambda ctx, day: bool(free_times_on(ctx, date.fromisoformat(day))),
        automatic=False,
        words=_("date"),
        take_wish=_take_wish,
    )


def _ask_day(ctx: Context) -> Prompt:
    offer = current_offer(ctx)
    first, last = _bookable_months(ctx, offer)
    month = _shown_month(ctx, offer)
    free = _free_days(ctx, offer, month, month)
    if not free and ctx.state.view.month is None:
        later = _free_days(ctx, offer, month, last)
        if not later:
            return nothing_free_prompt(ctx, offer)
        month = later[0].replace(day=1)
        free = [day for day in later if day < _adjacent_month(month)]
    actions = []
    for by, exists, label in (
        (-1, month > first, _("Previous month")),
        (1, month < last, _("Next month")),
    ):
        if exists:
            other = _adjacent_month(month, by)
            brief = FormattedDate(other, "LLL")
            actions.append(action_choice(ShowMonth(f"{other:%Y-%m}"), label, brief))
    text = (
        _("Which day? Free days in {month}:", month=FormattedDate(month, "LLLL y"))
        if free
        else _("There is no free day in {month}.", month=FormattedDate(month, "LLLL y"))
    )
    return Prompt(
        text,
        [
            Choice(
                d.isoformat(),
                FormattedDate(d, "EEE d MMM"),
                SOONEST if d == free[0] else "",
                d.day,
                brief=FormattedDate(d, "EEE"),  # after its number, the day
                spoken=FormattedDate(d, "EEE d MMM"),
            )
            for d in free
        ],
        layout="month",
        month=month,
        names="whole",
        actions=actions,
        brief=_("Which day? {month}", month=FormattedDate(month, "LLL")) if free else "",
        expected=_("Please pick a free day, or write a date such as 3/12."),
    )


def _bookable_months(ctx: Context, offer: ServiceOffer) -> tuple[date, date]:
    """Return the first and the last month that can have free days, each by its first day."""
    zone = zone_of(ctx, offer)
    first, last = offer.first(ctx.now).astimezone(zone), offer.last(ctx.now).astimezone(zone)
    return first.date().replace(day=1), (last - timedelta(seconds=1)).date().replace(day=1)


def _adjacent_month(month: date, by: int = 1) -> date:
    """Return the first of the next month, or of the previous one if `by` is negative."""
    return (month + timedelta(days=32 if by > 0 else -1)).replace(day=1)


def _free_days(ctx: Context, offer: ServiceOffer, first: date, last: date) -> list[date]:
    """Return the free days of the months from the first to the last (each by its first day)."""
    until = _adjacent_month(last) - timedelta(days=1)
    zone = zone_of(ctx, offer)
    return ctx.office.free_days(offer, first, until, zone, own_booking_id(ctx))


def _shown_month(ctx: Context, offer: ServiceOffer) -> date:
    """Return the first of the month shown: the one turned to, or that of the previous answer."""
    first, last = _bookable_months(ctx, offer)
    wanted = ctx.state.view.month or (ctx.state.previous("day") or "")[:7]
    return min(max(date.fromisoformat(f"{wanted}-01") if wanted else first, first), last)


def _take_wish(ctx: Context, stored: str) -> TakeOutcome:
    """Take the day that was wished, or show those that were; say why where none is free."""
    wish, offer = load_wish(stored), current_offer(ctx)
    if wish.conflict:
        return which_day(wish.conflict)
    if len(wish.days) == 1:
        return _take_free_day(ctx, wish.days[0], wish.times)
    if wish.days:
        free = _free_among(ctx, offer, wish.days)
        if not free:
            return day_not_free(ctx, offer, wish.days[0], "day")
        if len(free) == 1:
            return _take_free_day(ctx, free[0], wish.times)
        only = tuple(day.isoformat() for day in free)
        ctx.update(view=PromptView(step="day", month=f"{free[0]:%Y-%m}", only=only))
    elif wish.month:
        ctx.update(view=PromptView(step="day", month=f"{wish.month:%Y-%m}"))
    elif wish.earliest and (free := _free_days(ctx, offer, *_bookable_months(ctx, offer))):
        return free[0].isoformat()
    return None


def _free_among(ctx: Context, offer: ServiceOffer, days: Sequence[date]) -> list[date]:
    """Return the free ones of these days, which are in their order."""
    zone = zone_of(ctx, offer)
    free = ctx.office.free_days(offer, days[0], days[-1], zone, own_booking_id(ctx))
    return [day for day in free if day in days]


def _take_day(ctx: Context, text: str) -> TakeOutcome:
    offer = current_offer(ctx)
    today = ctx.now.astimezone(zone_of(ctx, offer)).date()
    when = read_when(text, today, asked="day", shown=_shown_month(ctx, offer))
    if when.no_such_day:
        return InvalidAnswer(_("There is no such day. Please write a date such as 3/12."))
    wish = TimeWish.of(when)
    hours = {} if wish.is_any_time else {"time": dump_wish(wish)}
    if len(wish.days) == 1:
        taken = _take_free_day(ctx, wish.days[0], wish.times)
        if isinstance(taken, str) and hours:
            return AnswersForOtherSteps({"day": taken}, wishes=hours)
        if isinstance(taken, InvalidAnswer) and hours:
            return AnswersForOtherSteps({}, taken, wishes=hours)  # for the day picked instead
        return taken
    if wish.says_day:
        return AnswersForOtherSteps(wishes={"day": dump_wish(wish), **hours})
    if hours:
        ctx.say(noted(wish.label(ctx.now)))
        return AnswersForOtherSteps(wishes=hours)
    return InvalidAnswer(_("Please pick a free day, or write a date such as 3/12."))


def _take_free_day(ctx: Context, day: date, times: Sequence[ClockTime]) -> TakeOutcome:
    if not free_times_on(ctx, day):
        return day_not_free(ctx, current_offer(ctx), day, "day")
    return answers_for_moment(ctx, day, times) if times else day.isoformat()
