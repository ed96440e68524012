"""Links that end the reminders to an e-mail address, which those reminders carry (RFC 8058).

They hold for the address, whosever booking it stands in: whoever follows one reads its mailbox,
and needn't be the citizen who booked; so it is taken back by a link alone, which other e-mails to
the address carry then. Those go on, and other ways aren't taken instead.
"""

import secrets
from datetime import datetime

from sqlalchemy import bindparam, delete, func, select, update
from sqlalchemy.orm import Session

from core.bookings.links import KEPT_AFTER, TOKEN, derived_token, hash_of
from core.catalogue.registry import Registry
from core.db.models import Booking, ReminderLink
from core.db.statements import run

_OF_BOOKING = (
    select(ReminderLink)
    .where(
        ReminderLink.booking_id == bindparam("booking_id"),
        ReminderLink.email_hash == bindparam("email_hash"),
    )
    .order_by(ReminderLink.id.desc())
)
_STOPPED = select(ReminderLink.id).where(
    ReminderLink.email_hash == bindparam("email_hash"), ReminderLink.stopped_at.is_not(None)
)
_BY_TOKEN = select(ReminderLink).where(ReminderLink.token_hash == bindparam("hashed"))


def reminder_token(session: Session, registry: Registry, booking: Booking) -> str | None:
    """Return the token that ends the reminders to a booking's address; None where it has none.

    A link is made where there is none, so, too, where the secret was replaced.
    """
    if booking.email_hash is None:
        return None
    given = {"booking_id": booking.id, "email_hash": booking.email_hash}
    for link in session.scalars(_OF_BOOKING, given):
        token = _token(registry, link)
        if link.token_hash == hash_of(token):
            link.expires_at = booking.ends_at
            return token
    link = ReminderLink(**given, nonce=secrets.token_hex(16), expires_at=booking.ends_at)
    token = _token(registry, link)
    link.token_hash = hash_of(token)
    session.add(link)
    return token


def linked_booking(session: Session, token: str) -> tuple[Booking, bool] | None:
    """Return the booking of a link, and whether its address gets no reminders any more.

    None where no link has that token.
    """
    link = _link(session, token)
    if link is None:
        return None
    return session.get_one(Booking, link.booking_id), _is_stopped(session, link.email_hash)


def stop_reminders(session: Session, token: str, now: datetime) -> bool:
    """End the reminders to the address of a link; return False where no link has that token."""
    link = _link(session, token)
    if link is not None and link.stopped_at is None:
        link.stopped_at = now
    return link is not None


def resume_reminders(session: Session, token: str) -> bool:
    """Take back that the reminders ended; return False where no link has that token."""
    link = _link(session, token)
    if link is not None:
        of_address = update(ReminderLink).where(ReminderLink.email_hash == link.email_hash)
        session.execute(of_address.values(stopped_at=None))
    return link is not None


def gets_reminders(session: Session, booking: Booking) -> bool:
    """Return whether reminders are still sent to the address of a booking."""
    return booking.email_hash is None or not _is_stopped(session, booking.email_hash)


def forget_reminder_links(session: Session, now: datetime) -> None:
    """Delete the links of appointments that have been over for KEPT_AFTER, if not used."""
    end = select(Booking.ends_at).where(Booking.id == ReminderLink.booking_id).scalar_subquery()
    since = now - KEPT_AFTER
    session.execute(
        delete(ReminderLink).where(
            ReminderLink.expires_at < since, ReminderLink.stopped_at.is_(None), end < since
        )
    )


def forget_links_of(session: Session, booking: Booking) -> None:
    """Delete the links that came with a booking and weren't used, with what they know."""
    session.execute(
        delete(ReminderLink).where(
            ReminderLink.booking_id == booking.id, ReminderLink.stopped_at.is_(None)
        )
    )


def forget_unknown_addresses(session: Session) -> None:
    """Delete the links whose address isn't their booking's any more, before all are hashed anew.

    One that was used goes to another booking with its address, where there is one.
    """
    of_booking = select(Booking.email_hash).where(Booking.id == ReminderLink.booking_id)
    known = ReminderLink.email_hash == of_booking.scalar_subquery()
    other = select(func.max(Booking.id)).where(Booking.email_hash == ReminderLink.email_hash)
    moved = update(ReminderLink).where(
        known.is_not(True), ReminderLink.stopped_at.is_not(None), other.scalar_subquery() > 0
    )
    session.execute(moved.values(booking_id=other.scalar_subquery()))
    session.execute(delete(ReminderLink).where(known.is_not(True)))


def hash_addresses_anew(session: Session) -> None:
    """Give the links the hashes of addresses that their bookings have by now."""
    of_booking = select(Booking.email_hash).where(Booking.id == ReminderLink.booking_id)
    session.execute(update(ReminderLink).values(email_hash=of_booking.scalar_subquery()))


def _link(session: Session, token: str) -> ReminderLink | None:
    if not TOKEN.fullmatch(token):
        return None
    return session.scalar(_BY_TOKEN, {"hashed": hash_of(token)})


def _token(registry: Registry, link: ReminderLink) -> str:
    return derived_token(registry, f"reminder link {link.booking_id} {link.nonce}")


def _is_stopped(session: Session, email_hash: str) -> bool:
    return run(session, _STOPPED, {"email_hash": email_hash}).first() is not None
