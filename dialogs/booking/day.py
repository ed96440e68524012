"""The step that asks for a day, of a new booking as of one that moves."""

from datetime import date, timedelta

from core.catalogue.service_offer import ServiceOffer
from core.i18n import FormattedDate, _
from dialogs.booking.alternatives import answers_for_moment, day_not_free, free_on, nothing_free
from dialogs.booking.selection import current_offer, own_booking, zone_of
from dialogs.context import Context, Step
from dialogs.engine.outcomes import InvalidAnswer, TakeOutcome
from dialogs.engine.prompts import Choice, Prompt, ShowMonth, action_choice
from dialogs.engine.steps import VERSION
from dialogs.nlu.dates import NoSuchDay, parse_moment

SOONEST = _("soonest, the soonest, as soon as possible, the first, first available")


def day_step() -> Step:
    """Ask for a day: a month with its free days; a typed date picks too."""
    return Step(
        "day",
        _("Day"),
        _ask_day,
        _take_day,
        depends=("service", "branch", "channel", VERSION),
        keep=lambda ctx, day: bool(free_on(ctx, date.fromisoformat(day))),
        automatic=False,
        words=_("date"),
    )


def _ask_day(ctx: Context) -> Prompt:
    offer = current_offer(ctx)
    first, last = _months(ctx, offer)
    month = _shown(ctx, offer)
    free = _free_in(ctx, offer, month, month)
    if not free and ctx.state.view.month is None:
        later = _free_in(ctx, offer, month, last)
        if not later:
            return nothing_free(ctx, offer)
        month = later[0].replace(day=1)
        free = [day for day in later if day < _month_after(month)]
    actions = []
    for by, there, label in (
        (-1, month > first, _("Previous month")),
        (1, month < last, _("Next month")),
    ):
        if there:
            actions.append(action_choice(ShowMonth(f"{_month_after(month, by):%Y-%m}"), label))
    text = (
        _("Which day? Free days in {month}:", month=FormattedDate(month, "LLLL y"))
        if free
        else _("There is no free day in {month}.", month=FormattedDate(month, "LLLL y"))
    )
    return Prompt(
        text,
        [
            Choice(
                d.isoformat(), FormattedDate(d, "EEE d MMM"), SOONEST if d == free[0] else "", d.day
            )
            for d in free
        ],
        layout="month",
        month=month,
        names="whole",
        actions=actions,
        expected=_("Please pick a free day, or write a date such as 3/12."),
    )


def _months(ctx: Context, offer: ServiceOffer) -> tuple[date, date]:
    """Return the first of the first and of the last month that can have free days."""
    zone = zone_of(ctx, offer)
    first, last = offer.first(ctx.now).astimezone(zone), offer.last(ctx.now).astimezone(zone)
    return first.date().replace(day=1), (last - timedelta(seconds=1)).date().replace(day=1)


def _month_after(month: date, by: int = 1) -> date:
    return (month + timedelta(days=32 if by > 0 else -1)).replace(day=1)


def _free_in(ctx: Context, offer: ServiceOffer, first: date, last: date) -> list[date]:
    """Return the free days of the months from the first to the last (each by its first day)."""
    until = _month_after(last) - timedelta(days=1)
    zone = zone_of(ctx, offer)
    return ctx.office.free_days(offer, first, until, zone, own_booking(ctx))


def _shown(ctx: Context, offer: ServiceOffer) -> date:
    """Return the first of the month shown: the one turned to, or that of the day given before."""
    first, last = _months(ctx, offer)
    wanted = ctx.state.view.month or (ctx.state.previous("day") or "")[:7]
    return min(max(date.fromisoformat(f"{wanted}-01") if wanted else first, first), last)


def _take_day(ctx: Context, text: str) -> TakeOutcome:
    offer = current_offer(ctx)
    today = ctx.now.astimezone(zone_of(ctx, offer)).date()
    try:
        moment = parse_moment(text, ctx.lexicon, today, _shown(ctx, offer))
    except NoSuchDay:
        return InvalidAnswer(_("There is no such day. Please write a date such as 3/12."))
    if moment.day is None:
        return InvalidAnswer(_("Please pick a free day, or write a date such as 3/12."))
    day = moment.day.value
    if not free_on(ctx, day):
        return day_not_free(ctx, offer, day, "day")
    if moment.times:
        return answers_for_moment(ctx, day, moment.times.value)
    return day.isoformat()
