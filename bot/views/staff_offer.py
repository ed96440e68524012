"""Renders what rooms of staff are told and asked of offers of another time."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.context import Services
from bot.messages import Reply, ReplyChoice
from bot.staff_messages import StaffButton, StaffTap
from bot.views.staff_alert import LANGUAGE, number_button
from bot.views.staff_question import MUST_BE_CALLED, which_booking
from core.bookings.agenda import entry_of
from core.bookings.offers.ends import OPEN
from core.bookings.offers.service import hold_of, unresolved
from core.bookings.offers.told import may_be_read, was_sent
from core.catalogue.registry import LoadedMunicipality
from core.db.models import Booking, OfferState, OutboxRow, StaffRoom, TimeOffer
from core.i18n import Text, lines
from core.messaging.keys import Cause, MessageKind
from core.messaging.notifications import reaches_anybody
from core.staff.alerts import first_alert
from core.staff.rooms import is_for
from dialogs.messages import staff_offer as texts


def render_offer_alert(session: Session, services: Services, row: OutboxRow) -> Reply | None:
    """Return the message of what has become of an offer; None where it became something else."""
    found = _told(session, row)
    if found is None:
        return None
    offer, booking = found
    loaded, first, hold = _loaded(services, booking), first_alert(session, row), None
    hold = hold_of(session, offer)
    start = hold.starts_at if hold else None
    said = texts.became(loaded.body, entry_of(loaded, booking), _what(session, row, offer), start)
    is_settled = row.kind == MessageKind.OFFER_SETTLED
    return Reply(
        text=services.texts.say(said, LANGUAGE),
        language=LANGUAGE,
        answers=first.provider_id if first else None,
        choices=[] if is_settled else number_button(services, booking),
    )


def offer_alert_line(session: Session, services: Services, row: OutboxRow) -> str:
    """Return the same in one line, for a message that tells of several. Raises LookupError."""
    found = _told(session, row)
    if found is None:
        raise LookupError("the offer became something else")
    offer, booking = found
    loaded, hold = _loaded(services, booking), hold_of(session, offer)
    start = hold.starts_at if hold else None
    said = texts.became_line(
        loaded.body, entry_of(loaded, booking), _what(session, row, offer), start
    )
    return services.texts.say(said, LANGUAGE)


def _told(session: Session, row: OutboxRow) -> tuple[TimeOffer, Booking] | None:
    """Return the offer that a row tells of, and its booking; None where it is so no more.

    Its state is another, or the citizen, whom it might not reach, has been sent it.
    """
    offer_id, state = Cause.parse(row.dedupe_key, row.recipient).as_offer()
    offer = session.get(TimeOffer, offer_id)
    if offer is None or offer.state != state:
        return None
    if state == OfferState.MADE and was_sent(session, offer):
        return None
    return offer, session.get_one(Booking, offer.booking_id)


def _what(session: Session, row: OutboxRow, offer: TimeOffer) -> str:
    """Return what a row tells of an offer, as the texts name it."""
    if row.kind == MessageKind.OFFER_SETTLED:
        return row.kind
    return _state(session, offer)


def _state(session: Session, offer: TimeOffer) -> str:
    """Return what became of an offer: where it expired, whether it can have been read at all."""
    is_unread = offer.state == OfferState.EXPIRED and not may_be_read(session, offer)
    return texts.UNREAD if is_unread else offer.state


def _loaded(services: Services, booking: Booking) -> LoadedMunicipality:
    return services.registry[booking.municipality_id]


def render_offer_question(session: Session, services: Services, row: OutboxRow) -> Reply:
    """Return the question whether another time is to be offered, or how it was answered."""
    booking = session.get_one(Booking, row.booking_id)
    first, choices = first_alert(session, row), []
    if row.replaces_id is None:
        is_told = reaches_anybody(session, services.registry, booking)
        said: Text = lines(
            texts.ask_to_offer(which_booking(services, booking)),
            None if is_told else MUST_BE_CALLED,
        )
        start = int(booking.starts_at.timestamp())
        choices = [
            ReplyChoice(
                id=StaffTap(button, row.id, start).dump(),
                label=services.texts.say(label, LANGUAGE),
                row=place,
            )
            for place, (button, label) in enumerate(
                ((StaffButton.OFFER, texts.OFFER), (StaffButton.LEAVE, texts.LEAVE))
            )
        ]
    else:
        answer = Cause.parse(row.dedupe_key, row.recipient).text.rpartition(" ")[2]
        said = texts.IS_OFFERED if answer == StaffButton.OFFER else texts.NOT_OFFERED
    return Reply(
        text=services.texts.say(said, LANGUAGE),
        language=LANGUAGE,
        answers=first.provider_id if first and row.replaces_id is None else None,
        edits=row.replaces_id is not None,
        choices=choices,
    )


def open_offers(session: Session, services: Services, room: StaffRoom) -> Sequence[str]:
    """Return the lines of the offers of a room's bookings that nobody has answered yet."""
    loaded = services.registry[room.municipality_id]
    offers = session.execute(
        select(TimeOffer, Booking)
        .join(Booking, TimeOffer.booking_id == Booking.id)
        .where(
            OPEN,
            TimeOffer.state == OfferState.MADE,
            Booking.municipality_id == room.municipality_id,
        )
        .order_by(Booking.starts_at, Booking.id)
    ).all()
    lines = []
    for offer, booking in offers:
        hold = hold_of(session, offer)
        if (
            hold
            and offer.expires_at
            and is_for(room, loaded.body, booking.service, booking.desk_id)
        ):
            entry = entry_of(loaded, booking)
            line = texts.open_line(loaded.body, entry, hold.starts_at, offer.expires_at)
            lines.append(services.texts.say(line, LANGUAGE))
    return lines


def unresolved_offers(
    session: Session, services: Services, room: StaffRoom, now: datetime
) -> Sequence[str]:
    """Return the lines of a room's bookings that can't take place, and for which none was taken."""
    loaded = services.registry[room.municipality_id]
    lines = []
    for offer, booking in unresolved(session, loaded, now):
        if is_for(room, loaded.body, booking.service, booking.desk_id):
            hold = hold_of(session, offer)
            start = hold.starts_at if hold else None
            entry = entry_of(loaded, booking)
            line = texts.became_line(loaded.body, entry, _state(session, offer), start)
            lines.append(services.texts.say(line, LANGUAGE))
    return lines
