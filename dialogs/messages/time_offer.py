"""The messages of an offer of another time, and the buttons under it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from core.catalogue.model import Municipality
from core.catalogue.registry import LoadedMunicipality
from core.db.models import Booking, BookingState, OfferState, TimeOffer
from core.i18n import FormattedDate, Text, TextTemplate, ZoneCity, _, join
from core.messaging.keys import MessageKind
from dialogs.messages.appointment import (
    CLOCK,
    appointment_time,
    office_phone,
    one_line,
    shown_zone,
)
from dialogs.messages.blocks import Block, Button, Fact, Facts, Message, Note, Paragraph

LINK_PREFIX = "offer_"

CANNOT_BE_KEPT = _(
    "It can't take place at this time. If you don't take another one, the office will write or "
    "call you about it."
)


class OfferAnswer(StrEnum):
    """An answer of the citizen to an offer; its link is this, and the offer's id."""

    ACCEPT = "accept"
    OTHER = "other"
    DECLINE = "decline"
    CANCEL = "cancel"


ANSWERS: Mapping[OfferAnswer, TextTemplate] = {
    OfferAnswer.ACCEPT: _("I take the new time"),
    OfferAnswer.OTHER: _("Another day or time"),
    OfferAnswer.DECLINE: _("I don't want the new time"),
    OfferAnswer.CANCEL: _("Cancel the appointment"),
}
"""The labels of the buttons, in their order."""

STATES: Mapping[MessageKind, OfferState] = {
    MessageKind.TIME_OFFERED: OfferState.MADE,
    MessageKind.NO_TIME_FREE: OfferState.NONE_FREE,
    MessageKind.OFFER_EXPIRED: OfferState.EXPIRED,
    MessageKind.OFFER_WITHDRAWN: OfferState.WITHDRAWN,
}
"""The messages about offers, and the state of the offer without which each is obsolete."""


@dataclass(frozen=True)
class Offered:
    """An offer for a booking: its hold, where it was made, and the reason of the closure."""

    offer: TimeOffer
    hold: Booking | None
    reason: str | None


def link_of(answer: OfferAnswer, offer_id: int) -> str:
    """Return the link under a button of an offer, such as "offer_accept_12"."""
    return f"{LINK_PREFIX}{answer}_{offer_id}"


def buttons_of(offered: Offered) -> tuple[Button, ...]:
    """Return the buttons under an offer."""
    number = offered.offer.id
    return tuple(Button(link_of(answer, number), label) for answer, label in ANSWERS.items())


def offer_message(
    loaded: LoadedMunicipality,
    kind: MessageKind,
    booking: Booking,
    offered: Offered,
    citizen: ZoneInfo,
    now: datetime,
    *,
    to_attendee: bool = False,
) -> Message | None:
    """Return a message about an offer, one of STATES; None where it isn't so any more.

    The attendee, who can't tap a button, is told where to answer.
    """
    upcoming = booking.state == BookingState.CONFIRMED and booking.starts_at > now
    if offered.offer.state != STATES[kind] or not upcoming:
        return None
    appointment = one_line(loaded, booking, citizen)
    if kind is MessageKind.TIME_OFFERED:
        hold, until = offered.hold, offered.offer.expires_at
        if hold is None or until is None or until <= now:
            return None
        return _time_offered(
            loaded, booking, offered, hold, until, citizen, to_attendee=to_attendee
        )
    said: list[Text] = []
    if kind is MessageKind.NO_TIME_FREE:
        said = [
            _opening(offered, appointment),
            *_reason(offered),
            _(
                "I can't offer you another time just now. The office will write or call you "
                "about it."
            ),
        ]
    elif kind is MessageKind.OFFER_EXPIRED:
        said.append(
            _(
                "The new time that I offered you isn't held any more. The office will write or "
                "call you about your appointment: {appointment}.",
                appointment=appointment,
            )
        )
    else:
        stands = _(
            "Good news: your appointment stands as you booked it: {appointment}.",
            appointment=appointment,
        )
        said = [stands, *[_("The new time isn't needed any more.")] * bool(offered.hold)]
    return Message((*map(Paragraph, said), *office_phone(loaded, booking)), brief=join(" ", *said))


def _time_offered(
    loaded: LoadedMunicipality,
    booking: Booking,
    offered: Offered,
    hold: Booking,
    until: datetime,
    citizen: ZoneInfo,
    *,
    to_attendee: bool,
) -> Message:
    body = loaded.body
    minutes = int((hold.ends_at - hold.starts_at).total_seconds() // 60)
    new_time = appointment_time(hold.starts_at, minutes, body, hold.channel, citizen)
    held_until = _deadline(until, shown_zone(body, booking.channel, citizen), body, citizen)
    how = (
        _("To take it, write “I accept” in the chat in which you booked, or call the office.")
        if to_attendee
        else _("If it doesn't suit you, pick another one, or call the office.")
    )
    opening = _opening(offered, one_line(loaded, booking, citizen))
    blocks: list[Block] = [
        Paragraph(opening),
        *map(Paragraph, _reason(offered)),
        Paragraph(_("I'm holding another time for you:")),
        Facts((Fact(_("New time"), new_time),)),
        Paragraph(_("It is held until {until}.", until=held_until)),
        Note(how),
        *office_phone(loaded, booking),
    ]
    brief = _(
        "{opening} New time: {time}, held until {until}.",
        opening=opening,
        time=one_line(loaded, hold, citizen),
        until=held_until,
    )
    return Message(tuple(blocks), brief=brief, buttons=() if to_attendee else buttons_of(offered))


def _deadline(until: datetime, zone: ZoneInfo, body: Municipality, citizen: ZoneInfo) -> Text:
    """Return until when a time is held, with its zone where the citizen's isn't the office's."""
    shown = FormattedDate(until.astimezone(zone), f"EEEE d MMMM, {CLOCK}")
    local = until.astimezone(ZoneInfo(body.timezone))
    if local.utcoffset() == until.astimezone(citizen).utcoffset():
        return shown
    return join(" ", shown, _("(time of {zone})", zone=ZoneCity(zone.key)))


def _opening(offered: Offered, appointment: Text) -> Text:
    if offered.offer.by_choice:
        return _(
            "The office asks you to take another time for your appointment: {appointment}.",
            appointment=appointment,
        )
    return _(
        "I'm sorry: your appointment can't take place as booked: {appointment}.",
        appointment=appointment,
    )


def _reason(offered: Offered) -> list[Text]:
    return [_("Reason: {reason}", reason=offered.reason)] if offered.reason else []
