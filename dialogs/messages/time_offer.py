"""The messages of an offer of another time, and the buttons under it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

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
from dialogs.messages.reminder import ANSWERS as CHANGES
from dialogs.messages.reminder import ReminderAnswer, is_changeable
from dialogs.messages.reminder import link_of as change_link

LINK_PREFIX = "offer_"

CANNOT_BE_KEPT = _(
    "It can't take place at this time. If you don't take another one, the office will write or "
    "call you about it."
)
HOW_ATTENDEES_TAKE = _(
    "To take it, write “I accept” in the chat in which you booked, or call the office."
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
    """An offer for a booking: its hold, where it was made, and the reason of the closure.

    `lost` is the hold of the one before, of which its reader was told, and which ended without an
    answer. `was_shown` is False where the reader was never shown this one.
    """

    offer: TimeOffer
    hold: Booking | None
    reason: str | None
    lost: Booking | None = None
    was_shown: bool = True


def link_of(answer: OfferAnswer, offer_id: int) -> str:
    """Return the link under a button of an offer, such as "offer_accept_12"."""
    return f"{LINK_PREFIX}{answer}_{offer_id}"


def buttons_of(offered: Offered) -> tuple[Button, ...]:
    """Return the buttons under an offer."""
    number = offered.offer.id
    return tuple(Button(link_of(answer, number), label) for answer, label in ANSWERS.items())


def reminded_offer(
    loaded: LoadedMunicipality, booking: Booking, offered: Offered, citizen: ZoneInfo
) -> Text | None:
    """Return what a reminder says of an open offer for its appointment."""
    hold, until = offered.hold, offered.offer.expires_at
    if hold is None or until is None:
        return None
    return _(
        "The office offers you another time for it: {time}. It is held until {until}.",
        time=one_line(loaded, hold, citizen),
        until=_until(loaded, booking, until, citizen),
    )


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
    stands = booking.state == BookingState.CONFIRMED
    upcoming = stands and booking.starts_at > now
    # One that can't take place isn't over for its citizen, who waits for the office.
    is_told = stands and kind is MessageKind.OFFER_EXPIRED and not offered.offer.by_choice
    if offered.offer.state != STATES[kind] or not (upcoming or is_told):
        return None
    appointment = one_line(loaded, booking, citizen)
    if kind is MessageKind.TIME_OFFERED:
        hold, until = offered.hold, offered.offer.expires_at
        if hold is None or until is None or until <= now:
            return None
        return _time_offered(
            loaded, booking, offered, hold, until, citizen, to_attendee=to_attendee
        )
    buttons: tuple[Button, ...] = ()
    if kind is MessageKind.NO_TIME_FREE:
        said = [
            *_opening(loaded, offered, appointment, citizen),
            *_reason(offered),
            _(
                "I can't offer you another time just now. The office will write or call you "
                "about it."
            ),
        ]
    elif kind is MessageKind.OFFER_EXPIRED:
        said = _expired(loaded, booking, offered, citizen, upcoming=upcoming)
        if upcoming and not (offered.was_shown or to_attendee):
            buttons = _changes(loaded, booking, now)
    else:
        good_news = _(
            "Good news: your appointment stands: {appointment}.",
            appointment=appointment,
        )
        said = [good_news, *[_("The new time isn't needed any more.")] * bool(offered.hold)]
    blocks = (*map(Paragraph, said), *office_phone(loaded, booking))
    return Message(blocks, brief=join(" ", *said), buttons=buttons)


def _expired(
    loaded: LoadedMunicipality,
    booking: Booking,
    offered: Offered,
    citizen: ZoneInfo,
    *,
    upcoming: bool,
) -> list[Text]:
    """Return what is said where an offer has expired; all of it to a reader who never saw it."""
    appointment = one_line(loaded, booking, citizen)
    if upcoming and offered.was_shown:
        return [
            _(
                "The new time that I offered you isn't held any more. The office will write or "
                "call you about your appointment: {appointment}.",
                appointment=appointment,
            )
        ]
    said: list[Text]
    if upcoming:
        said = [*_opening(loaded, offered, appointment, citizen), *_reason(offered)]
    else:
        couldnt = _(
            "I'm sorry: your appointment couldn't take place as booked: {appointment}.",
            appointment=appointment,
        )
        said = [couldnt, *_reason(offered)]
    if offered.was_shown:
        said.append(_("The new time that I offered you isn't held any more."))
    elif until := offered.offer.expires_at:
        said.append(
            _(
                "I held another time for you until {until}; it isn't held any more.",
                until=_until(loaded, booking, until, citizen),
            )
        )
    return [*said, _("The office will write or call you about it.")]


def _changes(loaded: LoadedMunicipality, booking: Booking, now: datetime) -> tuple[Button, ...]:
    """Return the buttons that move and cancel a booking, while its citizen may do that."""
    if not is_changeable(loaded, booking, now):
        return ()
    changes = (ReminderAnswer.MOVE, ReminderAnswer.CANCEL)
    return tuple(Button(change_link(each, booking), CHANGES[each]) for each in changes)


def _until(
    loaded: LoadedMunicipality, booking: Booking, until: datetime, citizen: ZoneInfo
) -> Text:
    """Return until when a time is held, with its zone where the citizen's isn't the office's."""
    zone = shown_zone(loaded.body, booking.channel, citizen)
    shown = FormattedDate(until.astimezone(zone), f"EEEE d MMMM, {CLOCK}")
    local = until.astimezone(ZoneInfo(loaded.body.timezone))
    if local.utcoffset() == until.astimezone(citizen).utcoffset():
        return shown
    return join(" ", shown, _("(time of {zone})", zone=ZoneCity(zone.key)))


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
    held_until = _until(loaded, booking, until, citizen)
    how = (
        HOW_ATTENDEES_TAKE
        if to_attendee
        else _("If it doesn't suit you, pick another one, or call the office.")
    )
    opening = _opening(loaded, offered, one_line(loaded, booking, citizen), citizen)
    blocks: list[Block] = [
        *map(Paragraph, opening),
        *map(Paragraph, _reason(offered)),
        Paragraph(_("I'm holding another time for you:")),
        Facts((Fact(_("New time"), new_time),)),
        Paragraph(_("It is held until {until}.", until=held_until)),
        Note(how),
        *office_phone(loaded, booking),
    ]
    brief = _(
        "{opening} New time: {time}, held until {until}.",
        opening=join(" ", *opening),
        time=one_line(loaded, hold, citizen),
        until=held_until,
    )
    return Message(tuple(blocks), brief=brief, buttons=() if to_attendee else buttons_of(offered))


def _opening(
    loaded: LoadedMunicipality, offered: Offered, appointment: Text, citizen: ZoneInfo
) -> list[Text]:
    """Return what is said first: of what was promised before, and of the appointment."""
    lost, hold = offered.lost, offered.hold
    said: list[Text] = []
    if lost and (hold is None or hold.starts_at != lost.starts_at):
        time = one_line(loaded, lost, citizen)
        said.append(_("I can't hold the time that I offered you any more: {time}.", time=time))
    if offered.offer.by_choice:
        asks = _(
            "The office asks you to take another time for your appointment: {appointment}.",
            appointment=appointment,
        )
        return [*said, asks]
    sorry = _(
        "I'm sorry: your appointment can't take place as booked: {appointment}.",
        appointment=appointment,
    )
    return [*said, sorry]


def _reason(offered: Offered) -> list[Text]:
    return [_("Reason: {reason}", reason=offered.reason)] if offered.reason else []
