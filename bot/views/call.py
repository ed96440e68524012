"""Renders what is told in a call of ours: at first nothing personal, then a notification."""

from dataclasses import replace
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from bot.context import Services
from bot.messages import Inbound, OutgoingCall, Reply
from bot.views.notification import render_notification
from core.bookings.links import text_link_token
from core.bookings.offers.ends import is_made
from core.db.models import Booking, OutboxRow
from core.i18n import Text, lines
from core.messaging.keys import MessageKind
from core.messaging.routes import ADDRESS_FIELDS, VOICE
from dialogs.calls import ending
from dialogs.context import Context
from dialogs.engine.inputs import LinkInput
from dialogs.managing.told import NOTHING_TO_TELL, link_of
from dialogs.messages.call import AGAIN, first_words, for_whom, last_words
from dialogs.messages.text_message import WORDINGS, names_of, wording


def as_call(services: Services, row: OutboxRow, booking: Booking, language: str) -> Reply:
    """Return the call that tells a notification to whoever says that it is theirs."""
    loaded, texts = services.registry[booking.municipality_id], services.spoken
    asks = texts.say(first_words(loaded), language)
    call = OutgoingCall(
        row=row.id,
        asks=asks,
        asks_again=texts.say(AGAIN, language),
        at_last=texts.say(last_words(loaded, booking), language),
    )
    return Reply(text=asks, language=language, call=call)


def tell(session: Session, services: Services, inbound: Inbound, ctx: Context) -> LinkInput:
    """Say what a call of ours tells, to who has said that it is theirs.

    Return the link of the question that follows. Where the appointment has another number by now,
    or what was to be told isn't so any more, the call ends.
    """
    row = session.get(OutboxRow, inbound.tells or 0)
    booking = session.get(Booking, row.booking_id) if row and row.booking_id else None
    number = booking.details.get(ADDRESS_FIELDS[VOICE]) if booking else None
    said = None
    if row and booking and row.account == inbound.account and number == inbound.caller:
        said = _told(session, services, row, booking, ctx.state.language)
    if said is None or booking is None:
        ctx.say(ending(NOTHING_TO_TELL))
        return LinkInput("")
    ctx.say(said)
    return LinkInput(link_of(text_link_token(session, services.registry, booking)))


def _told(
    session: Session, services: Services, row: OutboxRow, booking: Booking, language: str
) -> Text | None:
    """Return what a call tells, by the booking as it is now; None where it is obsolete."""
    spoken = replace(services, texts=services.spoken)
    zone = booking.timezone
    reply = render_notification(session, spoken, row, booking, language, zone, to_attendee=True)
    if reply is None:
        return None
    if is_made(session, booking.id, services.clock()):
        return for_whom(booking)  # the question says what is offered
    loaded, kind = services.registry[booking.municipality_id], MessageKind(row.kind)
    said: Text = reply.brief or reply.text
    if kind in WORDINGS:
        said = wording(loaded, kind, booking, ZoneInfo(zone), *names_of(loaded, booking))
    return lines(for_whom(booking), said)
