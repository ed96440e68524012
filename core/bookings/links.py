"""Links to one booking each: whoever has one of its e-mails can see, move and cancel it."""

import re
import secrets
from base64 import b32encode
from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy import bindparam, delete, select
from sqlalchemy.orm import Session

from core.catalogue.registry import Registry
from core.db.models import Booking, BookingLink

KEPT_AFTER = timedelta(days=30)
"""The time after its appointment for which a link says how that is."""

TOKEN = re.compile(r"[a-z2-7]{26}", re.ASCII)
"""The form of a token: 128 bits or more, in letters and digits only, for mail programs that make
links of plain text leave other signs at the end out."""

_OF_BOOKING = (
    select(BookingLink)
    .where(BookingLink.booking_id == bindparam("booking_id"))
    .order_by(BookingLink.id.desc())
)
_FIND = select(BookingLink).where(BookingLink.token_hash == bindparam("hashed"))


def link_token(session: Session, registry: Registry, booking: Booking) -> str:
    """Return the token of a booking's link; make a link where there is none.

    So, too, where the secret was replaced, by which the tokens of those before were derived.
    """
    for link in session.scalars(_OF_BOOKING, {"booking_id": booking.id}):
        token = _token(registry, booking.id, link.nonce)
        if link.token_hash == hash_of(token) and not _is_revoked(link, booking):
            link.ends_at = booking.ends_at
            return token
    nonce = secrets.token_hex(16)
    token = _token(registry, booking.id, nonce)
    session.add(
        BookingLink(
            booking_id=booking.id,
            nonce=nonce,
            token_hash=hash_of(token),
            ends_at=booking.ends_at,
            # As this transaction has read it, beside the address to which the link is sent: a
            # change of the address that another makes meanwhile revokes it, too.
            email_changed_at=booking.email_changed_at,
        )
    )
    return token


def find_link(session: Session, token: str) -> BookingLink | None:
    """Return the link of a token; None where there is none, or it is revoked."""
    if not TOKEN.fullmatch(token):
        return None
    return _unless_revoked(session, session.scalar(_FIND, {"hashed": hash_of(token)}))


def linked_booking(session: Session, token: str) -> Booking | None:
    """Return the booking of a link, whatever its state; None where no link has that token."""
    link = find_link(session, token)
    return session.get_one(Booking, link.booking_id) if link else None


def is_valid(session: Session, link_id: int) -> bool:
    """Return whether there is a link of an id that isn't revoked."""
    return _unless_revoked(session, session.get(BookingLink, link_id)) is not None


def _unless_revoked(session: Session, link: BookingLink | None) -> BookingLink | None:
    if link is None or _is_revoked(link, session.get_one(Booking, link.booking_id)):
        return None
    return link


def _is_revoked(link: BookingLink, booking: Booking) -> bool:
    """Return whether a link was sent to a former address, which may be a stranger's."""
    return link.email_changed_at != booking.email_changed_at


def forget_links(session: Session, now: datetime) -> None:
    """Delete the links of appointments that have been over for KEPT_AFTER."""
    end = select(Booking.ends_at).where(Booking.id == BookingLink.booking_id).scalar_subquery()
    since = now - KEPT_AFTER  # asked of the booking too: it may have been moved since
    session.execute(delete(BookingLink).where(BookingLink.ends_at < since, end < since))


def _token(registry: Registry, booking_id: int, nonce: str) -> str:
    return derived_token(registry, f"link {booking_id} {nonce}")


def derived_token(registry: Registry, source: str) -> str:
    """Return the token that the secret and a text make, which names its purpose and has a nonce."""
    derived = bytes.fromhex(registry.keyed_hash(source))
    return b32encode(derived[:16]).decode().lower().rstrip("=")


def hash_of(token: str) -> str:
    """Return the hash by which a token is stored."""
    return sha256(token.encode()).hexdigest()
