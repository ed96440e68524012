"""Codes that were lost: sent to the e-mail addresses that bookings have, else to their numbers.

Whoever asks gives a telephone number or an e-mail address, and learns nothing from the answer: a
request is stored, whatever was given, and bookings are looked up by another transaction.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import and_, bindparam, func, or_, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from core.actor import Actor
from core.bookings.lookup import count_request
from core.catalogue.registry import Registry
from core.db.advisory_locks import try_lock
from core.db.models import Booking, BookingState, CodeRequest, OutboxRow
from core.messaging.keys import MessageKind
from core.messaging.notifications import enqueue_code
from core.messaging.routes import EMAIL, SMS, sends_email

MOST_A_DAY = 3
"""The most e-mails with codes that an address gets within 24 hours, whoever asks for them, and the
most texts that a number gets."""

MOST_BOOKINGS = 10
"""The most bookings of a request that are looked at, and of an address whose codes one e-mail has.

A number may be that of a whole village's clerk.
"""

BATCH = 50
"""The most requests that one transaction answers: turns wait for it."""

_BOOKINGS = (
    select(Booking)
    .where(
        or_(
            Booking.phone_hash == bindparam("hashed"),
            Booking.email_hash == bindparam("hashed"),
        ),
        Booking.state == BookingState.CONFIRMED,
        Booking.starts_at > bindparam("now"),
    )
    .order_by(Booking.starts_at, Booking.id)
    .limit(MOST_BOOKINGS)
)
_SENT = (
    select(func.count())
    .select_from(Booking)
    .join(OutboxRow, OutboxRow.booking_id == Booking.id)
    .where(
        or_(
            and_(OutboxRow.platform == EMAIL, Booking.email_hash == bindparam("address")),
            and_(OutboxRow.platform == SMS, Booking.phone_hash == bindparam("address")),
        ),
        Booking.ends_at > bindparam("since"),
        OutboxRow.kind == MessageKind.CODE_SENT,
        OutboxRow.due_at > bindparam("since"),
    )
)


def email_hash(registry: Registry, address: str | None) -> str | None:
    """Return the keyed hash by which bookings are found by an e-mail address; None for none."""
    return registry.keyed_hash(f"email {address.casefold()}") if address else None


def request_code(
    session: Session, registry: Registry, given: str, actor: Actor, now: datetime
) -> None:
    """Store a request for the codes of a phone number or e-mail address.

    The same is done whether or not it has bookings. Raises BookingRefused (locked) where the
    conversation or its address has asked too often.
    """
    count_request(session, actor, now)
    hashed = email_hash(registry, given) if "@" in given else registry.keyed_hash(given)
    session.add(CodeRequest(hashed=hashed, asked_at=now))


def has_requests(session: Session) -> bool:
    """Return whether a request waits for its answer."""
    return session.scalar(select(CodeRequest.id).limit(1)) is not None


def send_codes(
    session: Session,
    registry: Registry,
    now: datetime,
    report: Callable[[Exception], None] | None = None,
) -> int:
    """Answer the oldest requests, unless another process does; return how many messages are sent.

    One that can't be answered is reported, and dropped: whoever asked may ask again.
    """
    if not try_lock(session, "codes"):
        return 0
    sent = 0
    oldest = select(CodeRequest).order_by(CodeRequest.id).limit(BATCH)
    for request in session.scalars(oldest).all():
        try:
            with session.begin_nested():
                sent += _answer(session, registry, request, now)
        except DBAPIError:
            raise
        except Exception as error:
            if report is not None:
                report(error)
        session.delete(request)
    return sent


def bookings_of_address(session: Session, booking: Booking, now: datetime) -> Sequence[Booking]:
    """Return the upcoming bookings with the e-mail address of this one, the soonest first."""
    return _bookings_of(session, booking.email_hash, now) if booking.email_hash else []


def _answer(session: Session, registry: Registry, request: CodeRequest, now: datetime) -> int:
    """Enqueue the codes of a request's bookings; return how many messages there are.

    There is one e-mail for each address, with the soonest booking of it of which e-mails are sent.
    Of the other bookings, each has a text to its number, if that was given.
    """
    by_address: dict[str, list[Booking]] = {}
    found = _bookings_of(session, request.hashed, now)
    for booking in found:
        if booking.email_hash:
            by_address.setdefault(booking.email_hash, []).append(booking)

    def enqueue(booking: Booking, platform: str) -> int:
        return enqueue_code(session, registry, booking, platform, request.asked_at, now)

    emails = 0
    for address, of_address in by_address.items():
        if _left_today(session, address, now):
            emails += any(enqueue(booking, EMAIL) for booking in of_address)
    left = _left_today(session, request.hashed, now)
    texts = 0
    for booking in found:
        by_email = booking.email_hash and sends_email(registry, booking.municipality_id)
        if not by_email and booking.phone_hash == request.hashed and texts < left:
            texts += enqueue(booking, SMS)
    return emails + texts


def _left_today(session: Session, address: str, now: datetime) -> int:
    """Return how many more messages with codes the address, or number, of a hash may get."""
    given = {"address": address, "since": now - timedelta(days=1)}
    return max(0, MOST_A_DAY - (session.scalar(_SENT, given) or 0))


def _bookings_of(session: Session, hashed: str, now: datetime) -> Sequence[Booking]:
    return session.scalars(_BOOKINGS, {"hashed": hashed, "now": now}).all()
