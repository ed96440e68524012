"""The texts of rooms of staff: alerts, lists, and the labels of buttons.

The first line has what is to be seen at a glance: what happened, when and what the appointment is.
What else is shown of it, the municipality decides (`StaffChat.shows`).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from core.bookings.agenda import AgendaEntry
from core.bookings.offers.service import OFFER_FIELD
from core.bookings.reference import format_code
from core.bookings.true_state import ShownChange, day_and_time
from core.catalogue.model import Channel, Municipality
from core.catalogue.rules import AlertFact
from core.db.models import BookingState, HistoryAction
from core.i18n import FormattedDate, Text, TextTemplate, _, _n, join, lines
from dialogs.messages.appointment import CHANNELS, CLOCK

SEEN = _("I have seen it")
IS_HERE = _("Is here")
CAME = _("Came")
DID_NOT_COME = _("Didn't come")
UNDO = _("Undo “{mark}”")
NOT_ANSWERED = _("hasn't answered the reminder")
NUMBER = _("Telephone number")
CANCEL = _("Cancel it…")

HEADINGS: Mapping[HistoryAction, TextTemplate] = {
    HistoryAction.CONFIRMED: _("New appointment"),
    HistoryAction.MOVED: _("Moved"),
    HistoryAction.DESK_CHANGED: _("Now at the desk {desk}"),
    HistoryAction.EDITED: _("Details changed ({fields})"),
    HistoryAction.CANCELLED: _("Cancelled"),
    HistoryAction.CONSENT_WITHDRAWN: _("Cancelled, the consent was withdrawn"),
    HistoryAction.ARRIVED: IS_HERE,
    HistoryAction.COMPLETED: CAME,
    HistoryAction.NO_SHOW: DID_NOT_COME,
}

MOVED_FROM = _("Moved from {before} to {after}")

SOON = timedelta(hours=2)
"""The time before its start in which a change to a booking can't wait until somebody looks."""

ACCEPTED = _("The offered time was accepted")
ACCEPTED_FROM = _("The offered time was accepted, from {before} to {after}")

UNDELIVERED = _("Please call the citizen, whom a message of ours didn't reach")

AT_A_GLANCE = (AlertFact.TIME, AlertFact.SERVICE)
"""The facts in the first line, in this order."""

DAY_AND_TIME = "EEE d MMM HH:mm"


def alert(
    body: Municipality,
    entry: AgendaEntry,
    change: ShownChange,
    *,
    reason: str | None = None,
    seen_by: str | None = None,
    offered: Text | None = None,
) -> Text:
    """Return an alert of a change to a booking; `reason` is of a cancellation by the office.

    `offered` is the line of another time that is offered for it.
    """
    booked = change.action is HistoryAction.CONFIRMED and change.by_citizen
    zone = ZoneInfo(body.timezone)
    return lines(
        _change(body, entry, change),
        _rest(body, entry),
        None
        if booked
        else _("({who}, {when})", who=change.who, when=day_and_time(change.at, zone)),
        _("Reason: {reason}", reason=reason) if reason else None,
        _("Seen by: {name}", name=seen_by) if seen_by else None,
        offered,
    )


def alert_line(body: Municipality, entry: AgendaEntry, change: ShownChange) -> Text:
    """Return the line of a change, in a message that tells of several."""
    return _line(body, entry, _change(body, entry, change))


def undelivered(body: Municipality, entry: AgendaEntry, *why: Text | None) -> Text:
    """Return the alert that a message to the citizen of a booking was given up, and `why`."""
    return lines(at_a_glance(body, entry, UNDELIVERED), *why)


def at_a_glance(body: Municipality, entry: AgendaEntry, heading: Text) -> Text:
    """Return a message about a booking, under that heading."""
    return lines(_glance(heading, _facts(body, entry, AT_A_GLANCE)), _rest(body, entry))


def undelivered_line(body: Municipality, entry: AgendaEntry) -> Text:
    """Return the same in one line."""
    return in_one_line(body, entry, UNDELIVERED)


def in_one_line(body: Municipality, entry: AgendaEntry, heading: Text) -> Text:
    """Return a message about a booking, under that heading, in one line."""
    return _line(body, entry, _glance(heading, _facts(body, entry, AT_A_GLANCE)))


def facts_of(body: Municipality, entry: AgendaEntry) -> list[Text]:
    """Return the facts of a booking that the municipality has alerts show, in its order."""
    return _facts(body, entry, body.staff_chat.shows)


def gathered(count: int) -> Text:
    """Return the heading of a message that tells of several changes."""
    return _n("{count} change:", "{count} changes:", count)


HOW_TO_FIND = _("For the buttons of one, write /find and its code or the surname.")
"""The last line of a message that tells of several changes, where staff write to us."""


def shown_day(day: date, today: date) -> FormattedDate:
    """Return a day as it is shown today: with its year, unless it is this one."""
    return FormattedDate(day, "EEEE d MMMM" if day.year == today.year else "EEEE d MMMM y")


def day_heading(day: date, today: date, count: int) -> Text:
    """Return the heading of the list of a day's bookings."""
    if not count:
        return _("{day}: no appointment.", day=shown_day(day, today))
    return _n(
        "{day}: {count} appointment",
        "{day}: {count} appointments",
        count,
        day=shown_day(day, today),
    )


def day_line(body: Municipality, entry: AgendaEntry) -> Text:
    """Return the line of a booking in the list of its day; with what was marked of it."""
    clock = FormattedDate(entry.starts_at.astimezone(ZoneInfo(body.timezone)), CLOCK)
    shown = body.staff_chat.shows
    others = [fact for fact in shown if fact is not AlertFact.TIME]
    mark: Text = ""
    if entry.state in _MARKS:
        mark = _MARKS[entry.state]
    elif entry.arrived_at is not None:
        mark = IS_HERE
    elif entry.is_closed:
        mark = _("closed then")
    elif entry.is_unanswered:
        mark = NOT_ANSWERED
    return join(" · ", clock, *_facts(body, entry, others), mark)


def brief_line(body: Municipality, entry: AgendaEntry) -> Text:
    """Return the line of a booking in a list of several days: whose it is, and when."""
    who = (AlertFact.CODE, AlertFact.INITIALS)
    return join(" · ", _time(body, entry.starts_at), *_facts(body, entry, who))


def more(count: int) -> Text:
    """Return the last line of a list that has more bookings than a message holds."""
    return _n("and {count} more", "and {count} more", count)


def more_of_day(count: int) -> Text:
    """Return the same with the command that lists them."""
    return _n("and {count} more: /today", "and {count} more: /today", count)


_MARKS: Mapping[str, TextTemplate] = {
    BookingState.COMPLETED: CAME,
    BookingState.NO_SHOW: DID_NOT_COME,
}


def _change(body: Municipality, entry: AgendaEntry, change: ShownChange) -> Text:
    """Return the first line of an alert of a change: of a move, from when to when."""
    heading: Text = HEADINGS[change.action]
    among: Sequence[AlertFact] = AT_A_GLANCE
    before, after = change.starts_before, change.starts_after
    if change.action is HistoryAction.DESK_CHANGED:  # at the same time as before
        heading = TextTemplate(HEADINGS[change.action].message, args={"desk": entry.desk})
    elif before and after and AlertFact.TIME in body.staff_chat.shows:
        times = {"before": _time(body, before), "after": _time(body, after)}
        moved = ACCEPTED_FROM if OFFER_FIELD in change.fields else MOVED_FROM
        heading = TextTemplate(moved.message, args=times)
        among = [fact for fact in AT_A_GLANCE if fact is not AlertFact.TIME]
    elif change.action is HistoryAction.EDITED:
        service = body.services.get(entry.service)
        labels = {field.id: field.label for field in body.fields_of(service)} if service else {}
        names = join(", ", *(labels.get(name, name) for name in change.fields))
        heading = TextTemplate(HEADINGS[change.action].message, args={"fields": names})
    elif change.action is HistoryAction.MOVED and OFFER_FIELD in change.fields:
        heading = ACCEPTED
    if timedelta() <= entry.starts_at - change.at < SOON and change.action not in _ON_THE_DAY:
        heading = _("Within two hours! {heading}", heading=heading)
    return _glance(heading, _facts(body, entry, among))


_ON_THE_DAY = {HistoryAction.ARRIVED, HistoryAction.COMPLETED, HistoryAction.NO_SHOW}


def _glance(heading: Text, facts: Iterable[Text]) -> Text:
    appointment = join(", ", *facts)
    if not appointment.parts:
        return heading
    return _("{heading}: {appointment}", heading=heading, appointment=appointment)


def _rest(body: Municipality, entry: AgendaEntry) -> Text:
    others = [fact for fact in body.staff_chat.shows if fact not in AT_A_GLANCE]
    return join(" · ", *_facts(body, entry, others))


def _line(body: Municipality, entry: AgendaEntry, glance: Text) -> Text:
    return _("• {item}", item=join(" · ", glance, _rest(body, entry)))


def _facts(body: Municipality, entry: AgendaEntry, among: Iterable[AlertFact]) -> list[Text]:
    """Return those facts of a booking that the municipality shows, and that there are."""
    shown = body.staff_chat.shows
    found = (_FACTS[fact](body, entry) for fact in among if fact in shown)
    return [fact for fact in found if fact]


def _time(body: Municipality, at: datetime) -> FormattedDate:
    return FormattedDate(at.astimezone(ZoneInfo(body.timezone)), DAY_AND_TIME)


def _service(body: Municipality, entry: AgendaEntry) -> Text:
    service = body.services.get(entry.service)  # a new catalogue may have it no more
    return service.name if service else entry.service


_FACTS: Mapping[AlertFact, Callable[[Municipality, AgendaEntry], Text]] = {
    AlertFact.TIME: lambda body, entry: _time(body, entry.starts_at),
    AlertFact.SERVICE: _service,
    AlertFact.CHANNEL: lambda _body, entry: CHANNELS[Channel(entry.channel)],
    AlertFact.CODE: lambda _body, entry: format_code(entry.code),
    AlertFact.INITIALS: lambda _body, entry: entry.initials,
    AlertFact.NAME: lambda _body, entry: entry.name,
    AlertFact.DESK: lambda _body, entry: entry.desk,
}

if _missing := set(AlertFact) - _FACTS.keys():
    raise RuntimeError(f"_FACTS has no function for: {', '.join(sorted(_missing))}")
