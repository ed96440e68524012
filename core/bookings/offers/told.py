"""Reading what citizens were told of offers, by our messages or by an employee who called them."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.bookings.last_told import was_told_since
from core.bookings.offers.ends import DOUBTING, moved_since
from core.db.models import (
    Booking,
    Contact,
    OfferState,
    OutboxRow,
    OutboxStatus,
    TimeOffer,
)
from core.messaging.keys import Cause, MessageKind
from core.messaging.outbox import SENT_STATUSES
from core.messaging.page_inbox import was_fetched
from core.messaging.routes import PAGE
from core.staff.alerts import given_up

SAID = (MessageKind.TIME_OFFERED, MessageKind.NO_TIME_FREE, MessageKind.OFFER_EXPIRED)
"""The messages by which a citizen knows that an appointment can't take place at its time."""

WITHDRAWN = MessageKind.OFFER_WITHDRAWN

CALLS = (MessageKind.OFFER_ALERT, MessageKind.UNDELIVERED_ALERT)
"""The messages to rooms by which an employee calls the citizen, and tells them the same."""

MAY_BE_READ = (*SENT_STATUSES, OutboxStatus.CLAIMED, OutboxStatus.UNKNOWN)


def was_sent(session: Session, offer: TimeOffer, recipient: str | None = None) -> bool:
    """Return whether the citizen was sent an offer, or their page has fetched it.

    One `recipient` of theirs, where it is given.
    """
    return any(recipient in (None, row.recipient) for row in _sent(session, offer))


def lost_hold(session: Session, offer: TimeOffer) -> Booking | None:
    """Return the hold of which the citizen was told before an offer that was made in its place."""
    earlier = session.scalars(
        select(TimeOffer)
        .where(TimeOffer.booking_id == offer.booking_id, TimeOffer.id < offer.id)
        .order_by(TimeOffer.id.desc())
    )
    for each in earlier:
        if each.state != OfferState.REPLACED:
            break
        if each.hold_id and was_sent(session, each):
            return session.get(Booking, each.hold_id)
    return None


def may_be_read(session: Session, offer: TimeOffer) -> bool:
    """Return whether the citizen may have read an offer: it wasn't given up, nor is it unopened."""
    return any(
        row.status in MAY_BE_READ or row.may_have_arrived for row in _rows_of(session, offer)
    )


def was_told_to(session: Session, offer: TimeOffer, contact_id: int, before: datetime) -> bool:
    """Return whether a contact was sent an offer, or their page had fetched it before a time."""
    return bool(_sent_to(session, offer, contact_id, before))


def was_told_any_way(session: Session, offer: TimeOffer, contact_id: int, before: datetime) -> bool:
    """Return whether a contact was told of an offer, or the attendee or another of the citizen's.

    As by an e-mail, to which no word can answer.
    """
    if was_told_to(session, offer, contact_id, before):
        return True
    citizen_id = session.get_one(Booking, offer.booking_id).citizen_id
    others = {row.contact_id for row in _sent(session, offer) if row.due_at < before}
    others.discard(contact_id)
    contacts = (session.get_one(Contact, each) for each in others if each is not None)
    return None in others or any(each.citizen_id == citizen_id for each in contacts)


def was_told_last(session: Session, offer: TimeOffer, contact_id: int, before: datetime) -> bool:
    """Return whether a contact was told so, and of nothing else since but by answers.

    Neither of another appointment of the citizen, nor in a conversation with the office.
    """
    rows = _sent_to(session, offer, contact_id, before)
    if not rows:
        return False
    told = max(row.due_at for row in rows)
    booking = session.get_one(Booking, offer.booking_id)
    return not was_told_since(session, booking.citizen_id, contact_id, told)


def _sent_to(
    session: Session, offer: TimeOffer, contact_id: int, before: datetime
) -> Sequence[OutboxRow]:
    """Return the rows of an offer that a contact was sent, or their page had fetched by then."""
    return [
        row
        for row in _sent(session, offer)
        if (
            was_fetched(session, row, contact_id, before)
            if row.platform == PAGE
            else row.contact_id == contact_id
        )
    ]


def _sent(session: Session, offer: TimeOffer) -> Sequence[OutboxRow]:
    return [row for row in _rows_of(session, offer) if row.status in SENT_STATUSES]


def _rows_of(session: Session, offer: TimeOffer) -> Sequence[OutboxRow]:
    """Return the messages by which a citizen is told of an offer."""
    rows = session.scalars(
        select(OutboxRow).where(
            OutboxRow.booking_id == offer.booking_id,
            OutboxRow.kind == MessageKind.TIME_OFFERED,
        )
    )
    return [row for row in rows if Cause.parse(row.dedupe_key, row.recipient).number == offer.id]


def knows_otherwise(session: Session, offer: TimeOffer) -> bool:
    """Return whether the citizen of a withdrawn offer has been told that it can't take place.

    By that offer or an earlier one, and not that the appointment stands, since. A message that
    waited for a page that nobody opened, or was obsolete before it was sent, told nothing; where
    the rooms were told to call, the citizen was.
    """
    return _was_told(session, offer, (*SAID, *CALLS))


def knows_by_call_alone(session: Session, offer: TimeOffer) -> bool:
    """Return whether only an employee who called has told them so: they may read no message."""
    return knows_otherwise(session, offer) and not _was_told(session, offer, SAID)


def was_call_asked(session: Session, offer: TimeOffer) -> bool:
    """Return whether rooms were asked to call the citizen of a withdrawn offer.

    And were not told since that the appointment stands.
    """
    return _was_told(session, offer, CALLS)


def _was_told(session: Session, offer: TimeOffer, ways: Collection[MessageKind]) -> bool:
    rows = session.scalars(
        select(OutboxRow).where(
            OutboxRow.booking_id == offer.booking_id,
            OutboxRow.kind.in_((*SAID, WITHDRAWN, *CALLS)),
        )
    )
    among, told, settled = _of_same_time(session, offer.booking_id), 0, 0
    for row in rows:
        about = given_up(session, row) if row.kind == MessageKind.UNDELIVERED_ALERT else row
        if about is None or about.kind not in (*SAID, WITHDRAWN, MessageKind.OFFER_ALERT):
            continue
        number, state = Cause.parse(about.dedupe_key, about.recipient).as_offer()
        if state == OfferState.WITHDRAWN:
            if row.status in SENT_STATUSES and number < offer.id:
                settled = max(settled, number)
        elif row.kind in ways and (row.status in MAY_BE_READ or row.may_have_arrived):
            told = max(told, number if number in among else 0)
    return told > settled


def _of_same_time(session: Session, booking_id: int) -> Collection[int]:
    """Return the offers by which a citizen may think that their time can't be kept.

    None that ended before the booking was moved to it, as one that was accepted did.
    """
    moved = moved_since(TimeOffer.booking_id, TimeOffer.ended_at)
    found = select(TimeOffer.id).where(
        TimeOffer.booking_id == booking_id, DOUBTING, ~moved.exists()
    )
    return set(session.scalars(found))
