"""The contacts of one citizen: joined by the proof of a number, and parted again.

A chat that is joined becomes a contact of the first one's citizen: from then on its bookings are
that citizen's, and count for the limits as if all had been booked in one chat. Holds and drafts
stay with the chat in which they are; the next time that is picked in either releases the others, as
nobody holds two. Language, consents and a proven number are the chat's or the booking's own, and
stay as they are. Known details are put together, those of the first chat before the other's, and so
are preferences.

Whoever leaves takes along what was booked in that chat, and nothing else: it is what they would
have, had the chats never been joined, so that parting neither gives away the other's appointments,
nor evades a limit. What was booked in a page that was erased is the oldest chat's that stays.
Known details are forgotten in all of them, for nobody can tell whose they are. Codes are renewed.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, or_, select, update
from sqlalchemy.orm import Session

from core.actor import Actor
from core.bookings.joining.codes import renew_codes
from core.bookings.joining.preferences import join_preferences, part_preferences
from core.bookings.joining.requests import Choose
from core.catalogue.registry import Registry
from core.db.models import (
    Booking,
    Citizen,
    Contact,
    Conversation,
    History,
    InboundRow,
    RelayThread,
)
from core.messaging import conversations
from core.messaging.keys import Cause, MessageKind
from core.messaging.notifications import redirect_from_strangers
from core.messaging.outbox import OutboxMessage, enqueue, platform_of
from core.messaging.recipients import ContactRecipient
from core.messaging.routes import PAGE
from core.staff import relay


def others(session: Session, contact_id: int | None) -> Sequence[Contact]:
    """Return the contacts in use that a contact is joined with, the oldest first."""
    if contact_id is None:
        return ()
    citizen = select(Contact.citizen_id).where(Contact.id == contact_id).scalar_subquery()
    return _in_use(session, Contact.citizen_id == citizen, Contact.id != contact_id)


def lock_contact(session: Session, contact_id: int) -> Contact | None:
    """Return a contact whose conversation isn't ended, locked with it; None for another.

    The database raises an error, after which the transaction is retried, while a turn of it runs.
    """
    contact = session.get_one(Contact, contact_id, populate_existing=True)
    if conversations.find(session, contact.account, contact.address, lock=True) is None:
        return None
    session.refresh(contact)
    return contact


def join(session: Session, registry: Registry, first: Actor, other: Contact, now: datetime) -> None:
    """Make a contact, which is alone and locked, one of the first's citizen.

    Its chat is told, and so is each that was joined before.
    """
    told = others(session, first.contact_id)
    citizen, former = first.citizen_id, other.citizen_id
    _set_contacts(session, citizen)
    _set_contacts(session, former)
    _give(session, former, citizen, Booking.citizen_id == former)
    kept, given = session.get_one(Citizen, citizen), session.get_one(Citizen, former)
    kept.details, given.details = {**given.details, **kept.details}, {}
    other.citizen_id = citizen
    join_preferences(session, registry, citizen, former, now)
    news = [(other, first.contact_id or 0), *((each, other.id) for each in told)]
    for contact, joined_id in news:
        _tell(session, registry, contact, MessageKind.JOINED, Cause.joined(joined_id, now), now)
    session.flush()


def part(
    session: Session, registry: Registry, leaver: Contact, now: datetime, choose: Choose
) -> Citizen:
    """Part a contact from those that it is joined with; return its citizen from now on.

    The others are told, with the new codes of their bookings.
    """
    left, remaining = leaver.citizen_id, others(session, leaver.id)
    _set_contacts(session, left, leaver)
    citizen = Citizen(details={}, created_at=now)
    session.add(citizen)
    session.flush()
    own = select(Booking.id).where(Booking.citizen_id == left, Booking.contact_id == leaver.id)
    _give(session, left, citizen.id, Booking.offered_for_id.in_(session.scalars(own).all()))
    _give(session, left, citizen.id, Booking.citizen_id == left, Booking.contact_id == leaver.id)
    session.get_one(Citizen, left, populate_existing=True).details = {}
    leaver.citizen_id = citizen.id
    session.flush()
    platforms = {platform_of(each.account) for each in remaining}
    part_preferences(session, left, platforms, citizen.id, platform_of(leaver.account))
    apart = (left, citizen.id)
    redirect_from_strangers(session, registry, apart, now)
    renew_codes(session, registry, apart, now, choose)
    _close_threads(session, registry, apart, now)
    _erase_pages(session, apart)
    cause = Cause.parted(leaver.id, now)
    for contact in remaining:
        _tell(session, registry, contact, MessageKind.PARTED, cause, now)
    return citizen


def _in_use(session: Session, *which: ColumnElement[bool]) -> Sequence[Contact]:
    """Return those contacts whose conversation isn't ended, the oldest first."""
    return session.scalars(
        select(Contact)
        .outerjoin(Conversation, Conversation.contact_id == Contact.id)
        .where(*which, Conversation.ended_at.is_(None))
        .order_by(Contact.id)
    ).all()


def _set_contacts(session: Session, citizen_id: int, leaver: Contact | None = None) -> None:
    """Set the contact of a citizen's bookings that have none in use: the oldest that they keep.

    They were made before any chat was joined, or in a page that was erased since. Those that the
    office offers follow what they are for.
    """
    ids = [contact.id for contact in _in_use(session, Contact.citizen_id == citizen_id)]
    kept = [each for each in ids if leaver is None or each != leaver.id]
    if not kept:
        return
    session.execute(
        update(Booking)
        .where(
            Booking.citizen_id == citizen_id,
            or_(Booking.contact_id.is_(None), Booking.contact_id.not_in(ids)),
            Booking.offered_for_id.is_(None),
        )
        .values(contact_id=kept[0], version=Booking.version + 1)
    )


def _give(session: Session, former: int, citizen_id: int, *which: ColumnElement[bool]) -> None:
    """Make a former citizen's bookings another's, past ones too, with what they did to them.

    Else what isn't delivered yet of their own changes would be told as if others had made them.
    """
    ids = select(Booking.id).where(*which)
    session.execute(
        update(History)
        .where(History.booking_id.in_(ids), History.citizen_id == former)
        .values(citizen_id=citizen_id)
    )
    session.execute(
        update(Booking).where(*which).values(citizen_id=citizen_id, version=Booking.version + 1)
    )


def _close_threads(
    session: Session, registry: Registry, citizens: Sequence[int], now: datetime
) -> None:
    """Close the threads with an office about bookings that aren't their citizen's any more."""
    threads = session.scalars(
        select(RelayThread)
        .join(Contact, RelayThread.contact_id == Contact.id)
        .join(Booking, RelayThread.booking_id == Booking.id)
        .where(
            Contact.citizen_id.in_(citizens),
            Contact.citizen_id != Booking.citizen_id,
            RelayThread.closed_at.is_(None),
        )
        .with_for_update(of=RelayThread)
    ).all()
    for thread in threads:
        relay.close(session, registry, thread, now, tell=True)


def _erase_pages(session: Session, citizens: Sequence[int]) -> None:
    """Erase what pages show of these citizens' conversations: it has the others' appointments."""
    pages = (
        select(Conversation.id)
        .join(Contact, Conversation.contact_id == Contact.id)
        .where(Contact.citizen_id.in_(citizens), Contact.account == PAGE)
    )
    session.execute(
        update(InboundRow)
        .where(InboundRow.conversation_id.in_(pages))
        .values({InboundRow.said: None, InboundRow.replies: None})
    )


def _tell(
    session: Session,
    registry: Registry,
    contact: Contact,
    kind: MessageKind,
    cause: Cause,
    now: datetime,
) -> None:
    recipient = ContactRecipient(contact.id)
    key = cause.dedupe_key(recipient)
    told = OutboxMessage(contact.account, kind, str(recipient), now, key, contact_id=contact.id)
    enqueue(session, registry.accounts, [told], now)
