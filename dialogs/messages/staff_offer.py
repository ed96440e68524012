"""The texts of rooms of staff about offers of another time."""

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from core.bookings.agenda import AgendaEntry
from core.bookings.true_state import day_and_time
from core.catalogue.model import Municipality
from core.db.models import OfferState
from core.i18n import Text, TextTemplate, _, _n
from core.messaging.keys import MessageKind
from dialogs.messages.staff_alert import at_a_glance, in_one_line

MOVE = _("Another time…")
OFFER = _("Yes, offer one")
LEAVE = _("No, leave it")

UNREAD = "unread"
"""The state of an offer that has expired, and that its citizen hasn't got or opened."""

BECAME: Mapping[str, TextTemplate] = {
    OfferState.MADE: _(
        "Please call the citizen, whom our offer of another time may not reach ({time})"
    ),
    OfferState.DECLINED: _("Please call the citizen, who doesn't want the offered time ({time})"),
    OfferState.EXPIRED: _("Please call the citizen, who didn't answer our offer ({time})"),
    UNREAD: _("Please call the citizen, who hasn't seen our offer ({time})"),
    OfferState.NONE_FREE: _("Please call the citizen, whom I could offer no other time"),
    OfferState.WITHDRAWN: _("Please call the citizen again: the appointment stands after all"),
    MessageKind.OFFER_SETTLED: _(
        "You needn't call the citizen any more: the appointment stands after all, and I tell them"
    ),
}
"""The outcome of an offer, as rooms are told it; that it was accepted is a change."""

NOT_OFFERED = _("No other time was offered.")
IS_OFFERED = _("Another time is being offered.")


def became(body: Municipality, entry: AgendaEntry, state: str, start: datetime | None) -> Text:
    """Return the message of what has become of an offer of the time `start`, if one was held."""
    heading = _heading(body, state, start)
    return at_a_glance(body, entry, heading)


def became_line(body: Municipality, entry: AgendaEntry, state: str, start: datetime | None) -> Text:
    """Return the same in one line."""
    return in_one_line(body, entry, _heading(body, state, start))


def _heading(body: Municipality, state: str, start: datetime | None) -> Text:
    time: Text = day_and_time(start, ZoneInfo(body.timezone)) if start else ""
    return TextTemplate(BECAME[state].message, args={"time": time})


def is_offered(body: Municipality, start: datetime, until: datetime) -> Text:
    """Return the line of an alert that another time is offered."""
    zone = ZoneInfo(body.timezone)
    return _(
        "Another time is offered: {time}, until {until}",
        time=day_and_time(start, zone),
        until=day_and_time(until, zone),
    )


def ask_to_offer(which: Text) -> Text:
    """Return the question whether another time is to be offered for an appointment."""
    return _(
        "Offer the citizen another time for this appointment? {which}\n"
        "I'll hold the nearest free one for them; until they take it, the appointment stays.",
        which=which,
    )


def open_heading(count: int) -> Text:
    """Return the heading of the offers that nobody has answered yet, in the morning's list."""
    return _n("{count} offer is open:", "{count} offers are open:", count)


def unresolved_heading(count: int) -> Text:
    """Return the heading of those that can't take place, and for which no other time was taken."""
    return _n(
        "{count} appointment is in closed hours and no other time was taken:",
        "{count} appointments are in closed hours and no other time was taken:",
        count,
    )


def open_line(body: Municipality, entry: AgendaEntry, start: datetime, until: datetime) -> Text:
    """Return the line of an open offer in the morning's list."""
    zone = ZoneInfo(body.timezone)
    heading = _(
        "{time} is offered until {until}",
        time=day_and_time(start, zone),
        until=day_and_time(until, zone),
    )
    return in_one_line(body, entry, heading)
