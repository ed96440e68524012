"""Links to one booking each: whoever has one of its e-mails can see, move and cancel it."""

import re
import secrets
from base64 import b32encode
from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy import bindparam, delete, select, update
from sqlalchemy.orm import Session

from core.catalogue.registry import Registry
from core.db.models import Booking, BookingLink
from core.db.statements import run

KEPT_AFTER = timedelta(days=30)
"""The time after its appointment for which a link says how that is."""

TOKEN = re.compile(r"[a-z2-7]{26}", re.ASCII)
"""The form of a token: 128 bits, in letters and digits only, for mail programs that make links of
plain text leave other signs at the end out."""

_OF_BOOKING = (
    select(BookingLink)
    .where(BookingLink.booking_id == bindparam("booking_id"), BookingLink.revoked_at.is_(None))
    .order_by(BookingLink.id.desc())
)
_FIND = select(BookingLink.booking_id).where(
    BookingLink.token_hash == bindparam("hashed"), BookingLink.revoked_at.is_(None)
)


def link_token(session: Session, registry: Registry, booking: Booking) -> str:
    """Return the token of a booking's link; make a link where there is none.

    So, too, where the secret was replaced, by which the tokens of those before were derived.
    """
    for link in session.scalars(_OF_BOOKING, {"booking_id": booking.id}):
        token = _token(registry, booking.id, link.nonce)
        if link.token_hash == hash_of(token):
            link.expires_at = booking.ends_at
            return token
    nonce = secrets.token_hex(16)
    token = _token(registry, booking.id, nonce)
    session.add(
        BookingLink(
            booking_id=booking.id,
            nonce=nonce,
            token_hash=hash_of(token),
            expires_at=booking.ends_at,
        )
    )
    return token


def linked_booking(session: Session, token: str) -> Booking | None:
    """Return the booking of a link, whatever its state; None where no link has that token."""
    if not TOKEN.fullmatch(token):
        return None
    booking_id = run(session, _FIND, {"hashed": hash_of(token)}).scalar()
    return session.get(Booking, booking_id) if booking_id is not None else None


def revoke_links(session: Session, booking: Booking, now: datetime) -> None:
    """Revoke a booking's links: the e-mails sent so far may be a stranger's."""
    ours = (BookingLink.booking_id == booking.id, BookingLink.revoked_at.is_(None))
    session.execute(update(BookingLink).where(*ours).values(revoked_at=now))


def forget_links(session: Session, now: datetime) -> None:
    """Delete the links of appointments that have been over for KEPT_AFTER."""
    end = select(Booking.ends_at).where(Booking.id == BookingLink.booking_id).scalar_subquery()
    since = now - KEPT_AFTER  # asked of the booking too: it may have been moved since
    session.execute(delete(BookingLink).where(BookingLink.expires_at < since, end < since))


def _token(registry: Registry, booking_id: int, nonce: str) -> str:
    return derived_token(registry, f"link {booking_id} {nonce}")


def derived_token(registry: Registry, source: str) -> str:
    """Return the token that the secret and a text make, which names its purpose and has a nonce."""
    derived = bytes.fromhex(registry.keyed_hash(source))
    return b32encode(derived[:16]).decode().lower().rstrip("=")


def hash_of(token: str) -> str:
    """Return the hash by which a token is stored."""
    return sha256(token.encode()).hexdigest()
