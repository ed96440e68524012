"""Links to one booking each: whoever has one of its e-mails or texts can see, move, cancel it."""

import re
import secrets
from base64 import b32encode
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy import bindparam, delete, insert, select
from sqlalchemy.orm import Session

from core.catalogue.registry import Registry
from core.db.models import Booking, BookingLink
from core.db.read_ahead import keep, kept
from core.db.statements import run

KEPT_AFTER = timedelta(days=30)
"""The time after its appointment for which a link says how that is."""

TOKEN = re.compile(r"[a-z2-7]{26}|[a-z2-7]{16}", re.ASCII)
"""The form of a token: 128 bits, or 80 in text messages, of which each character is paid. Letters
and digits only, for mail programs that make links of plain text leave other signs at the end out.
"""

_SIZE, _SIZE_IN_TEXTS = 16, 10
"""The bytes of a token."""

_OF_BOOKINGS = (
    select(BookingLink)
    .where(
        BookingLink.booking_id.in_(bindparam("bookings", expanding=True)),
        BookingLink.phone_hash.is_(None),
    )
    .order_by(BookingLink.id.desc())
)
_IN_TEXTS = (
    select(BookingLink)
    .where(
        BookingLink.booking_id == bindparam("booking"),
        BookingLink.phone_hash == bindparam("phone_hash"),
    )
    .order_by(BookingLink.id.desc())
)
_MAKE = insert(BookingLink)
_KEPT = "tokens of bookings' links"
_FIND = select(BookingLink).where(BookingLink.token_hash == bindparam("hashed"))


def link_token(session: Session, registry: Registry, booking: Booking) -> str:
    """Return the token of a booking's link; make a link where there is none.

    So, too, where the secret was replaced, by which the tokens of those before were derived.
    """
    known: str | None = kept(session, _KEPT, booking.id)
    return known or _tokens(session, registry, [booking])[booking.id]


def prepare_links(session: Session, registry: Registry, bookings: Collection[Booking]) -> None:
    """Have the `link_token` of some bookings read, and links made, at once."""
    keep(session, _KEPT, _tokens(session, registry, bookings))


def _tokens(
    session: Session, registry: Registry, bookings: Collection[Booking]
) -> Mapping[int, str]:
    by_id, tokens, made = {each.id: each for each in bookings}, dict[int, str](), []
    for link in session.scalars(_OF_BOOKINGS, {"bookings": list(by_id)}):
        booking = by_id[link.booking_id]
        token = _token(registry, booking.id, link.nonce)
        is_ours = link.token_hash == hash_of(token) and not _is_revoked(link, booking)
        if is_ours and booking.id not in tokens:
            tokens[booking.id], link.ends_at = token, booking.ends_at
    for booking in by_id.values():
        if booking.id not in tokens:
            nonce = secrets.token_hex(16)
            tokens[booking.id] = _token(registry, booking.id, nonce)
            made.append(
                {
                    "booking_id": booking.id,
                    "nonce": nonce,
                    "token_hash": hash_of(tokens[booking.id]),
                    "ends_at": booking.ends_at,
                    # As this transaction has read it, beside the address to which the link is
                    # sent: a change of it that another makes meanwhile revokes the link, too.
                    "email_changed_at": booking.email_changed_at,
                }
            )
    if made:
        run(session, _MAKE, made)
    return tokens


def text_link_token(session: Session, registry: Registry, booking: Booking) -> str:
    """Return the token of the link in the texts to a booking's number; make one if there is none.

    It is revoked when the booking gets another number. Raises ValueError where it has none.
    """
    if booking.phone_hash is None:
        raise ValueError("a booking without a number gets no texts")
    given = {"booking": booking.id, "phone_hash": booking.phone_hash}
    for link in session.scalars(_IN_TEXTS, given):
        token = _token(registry, booking.id, link.nonce, _SIZE_IN_TEXTS)
        if link.token_hash == hash_of(token):
            link.ends_at = booking.ends_at
            return token
    nonce = secrets.token_hex(16)
    token = _token(registry, booking.id, nonce, _SIZE_IN_TEXTS)
    session.add(
        BookingLink(
            booking_id=booking.id,
            nonce=nonce,
            token_hash=hash_of(token),
            ends_at=booking.ends_at,
            phone_hash=booking.phone_hash,
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
    """Return whether a link was sent to a former address or number, which may be a stranger's."""
    if link.phone_hash is not None:
        return link.phone_hash != booking.phone_hash
    return link.email_changed_at != booking.email_changed_at


def forget_links(session: Session, now: datetime) -> None:
    """Delete the links of appointments that have been over for KEPT_AFTER."""
    end = select(Booking.ends_at).where(Booking.id == BookingLink.booking_id).scalar_subquery()
    since = now - KEPT_AFTER  # asked of the booking too: it may have been moved since
    session.execute(delete(BookingLink).where(BookingLink.ends_at < since, end < since))


def _token(registry: Registry, booking_id: int, nonce: str, size: int = _SIZE) -> str:
    return derived_token(registry, f"link {booking_id} {nonce}", size)


def derived_token(registry: Registry, source: str, size: int = _SIZE) -> str:
    """Return the token that the secret and a text make, which names its purpose and has a nonce.

    `size` is in bytes.
    """
    derived = bytes.fromhex(registry.keyed_hash(source))
    return b32encode(derived[:size]).decode().lower().rstrip("=")


def hash_of(token: str) -> str:
    """Return the hash by which a token is stored."""
    return sha256(token.encode()).hexdigest()
