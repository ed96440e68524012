"""Links that end the reminders to an e-mail address, which those reminders carry (RFC 8058).

They hold for the address, whosever booking it stands in: whoever follows one reads its mailbox,
and needn't be the citizen who booked; so it is taken back by a link alone, which other e-mails to
the address carry then. Those go on, and other ways aren't taken instead.
"""

import secrets
from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import bindparam, delete, func, insert, select, update
from sqlalchemy.orm import Session

from core.bookings.links import KEPT_AFTER, TOKEN, derived_token, hash_of
from core.catalogue.registry import Registry
from core.db.models import Booking, ReminderLink
from core.db.read_ahead import keep, kept
from core.db.statements import run

_OF_BOOKINGS = (
    select(ReminderLink)
    .where(ReminderLink.booking_id.in_(bindparam("bookings", expanding=True)))
    .order_by(ReminderLink.id.desc())
)
_STOPPED = select(ReminderLink.email_hash).where(
    ReminderLink.email_hash.in_(bindparam("hashes", expanding=True)),
    ReminderLink.stopped_at.is_not(None),
)
_MAKE = insert(ReminderLink)
_KEPT, _GETTING = "tokens that end reminders", "addresses that get reminders"
_BY_TOKEN = select(ReminderLink).where(ReminderLink.token_hash == bindparam("hashed"))


def reminder_token(session: Session, registry: Registry, booking: Booking) -> str | None:
    """Return the token that ends the reminders to a booking's address; None where it has none.

    A link is made where there is none, so, too, where the secret was replaced.
    """
    if booking.email_hash is None:
        return None
    known: str | None = kept(session, _KEPT, booking.id)
    return known or _tokens(session, registry, [booking])[booking.id]


def prepare_links(session: Session, registry: Registry, bookings: Collection[Booking]) -> None:
    """Have the `reminder_token` of some bookings read, and links made, at once."""
    with_address = [each for each in bookings if each.email_hash is not None]
    if with_address:
        keep(session, _KEPT, _tokens(session, registry, with_address))


def read_stopped(session: Session, bookings: Collection[Booking]) -> None:
    """Read at once which addresses of some bookings get reminders, for `gets_reminders`."""
    hashes = {each.email_hash for each in bookings} - {None}
    if hashes:
        stopped = set(run(session, _STOPPED, {"hashes": list(hashes)}).scalars())
        keep(session, _GETTING, dict.fromkeys(hashes - stopped, True))


def _tokens(
    session: Session, registry: Registry, bookings: Collection[Booking]
) -> Mapping[int, str]:
    by_id, tokens, made = {each.id: each for each in bookings}, dict[int, str](), []
    for link in session.scalars(_OF_BOOKINGS, {"bookings": list(by_id)}):
        booking, token = by_id[link.booking_id], _token(registry, link.booking_id, link.nonce)
        is_ours = (link.email_hash, link.token_hash) == (booking.email_hash, hash_of(token))
        if is_ours and booking.id not in tokens:
            tokens[booking.id], link.expires_at = token, booking.ends_at
    for booking in by_id.values():
        if booking.id not in tokens:
            nonce = secrets.token_hex(16)
            tokens[booking.id] = _token(registry, booking.id, nonce)
            made.append(
                {
                    "booking_id": booking.id,
                    "email_hash": booking.email_hash,
                    "nonce": nonce,
                    "token_hash": hash_of(tokens[booking.id]),
                    "expires_at": booking.ends_at,
                }
            )
    if made:
        run(session, _MAKE, made)
    return tokens


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
    email_hash = booking.email_hash
    if email_hash is None or kept(session, _GETTING, email_hash):
        return True
    return not _is_stopped(session, email_hash)


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


def _token(registry: Registry, booking_id: int, nonce: str) -> str:
    return derived_token(registry, f"reminder link {booking_id} {nonce}")


def _is_stopped(session: Session, email_hash: str) -> bool:
    return run(session, _STOPPED, {"hashes": [email_hash]}).first() is not None
