"""Requests to join two chats: a link from the first to the other, a number from there to the first.

Neither alone hands over an account, for each is a secret of another chat:

- Whoever gets hold of the link (it was forwarded, or read over a shoulder) opens it in a chat of
  theirs, and is shown a number. It counts only where it is written in the first chat, whose owner
  is told to write no number but one that they see themselves; a stranger can't write there.
- Whoever asks for a link and sends it to somebody else has the first chat, but not the number: it
  is shown in the other's chat, after a question that names the first chat and advises to say no
  to a link that was sent; and with the advice to tell the number to nobody. To guess it there are
  three tries of a million numbers, and each request needs a yes of the other.
- Who can read the database has neither: of token and number there are hashes, and a request is over
  after fifteen minutes at most.

So somebody loses an account only against what both chats say: they say yes to a link that was sent
to them and tell its number, or they give a link away and write a number that they were told. Even
then both chats are told, and each can part from the other, by which the codes that were shown in
the other end.
"""

import hmac
from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta
from enum import StrEnum, auto

from sqlalchemy import Select, delete, or_, select
from sqlalchemy.orm import Session

from core.actor import Actor
from core.bookings.links import TOKEN, hash_of
from core.catalogue.registry import Registry
from core.db.models import JoinRequest

LINK_LASTS, NUMBER_LASTS = timedelta(minutes=10), timedelta(minutes=5)

TRIES = 3
"""The wrong numbers after which a request ends."""

DIGITS = 6

_SIGNS = "abcdefghijklmnopqrstuvwxyz234567"

MAX_NAME = 60
"""The most characters of a name that are shown."""

Choose = Callable[[Sequence[str]], str]


class Written(StrEnum):
    """The outcome of a number that was written in the first chat."""

    RIGHT = auto()
    NOT_SHOWN = auto()
    """No chat has been shown a number yet; this isn't a try."""
    WRONG = auto()
    SPENT = auto()
    """The last try was spent."""
    OVER = auto()
    """The request is over, or the time for its number."""


def ask(
    session: Session, first: Actor, municipality_id: str | None, now: datetime, choose: Choose
) -> str:
    """Store a request to join a chat, in place of an earlier one; return the token of its link."""
    end_requests(session, [first.contact_id])
    token = "".join(choose(_SIGNS) for _sign in range(26))
    name = " ".join("".join(sign for sign in first.shown_name if sign.isprintable()).split())
    request = JoinRequest(
        contact_id=first.contact_id,
        token_hash=hash_of(token),
        expires_at=now + LINK_LASTS,
        municipality_id=municipality_id,
    )
    request.shown_name = name[:MAX_NAME] or None
    session.add(request)
    session.flush()
    return token


def opened(
    session: Session, token: str, now: datetime, *, lock: bool = False
) -> JoinRequest | None:
    """Return the request of a link that is valid still; `lock` it in order to change it."""
    if not TOKEN.fullmatch(token):
        return None
    found = select(JoinRequest).where(
        JoinRequest.token_hash == hash_of(token), JoinRequest.expires_at > now
    )
    if lock:
        found = found.with_for_update().execution_options(populate_existing=True)
    return session.scalar(found)


def show_number(
    registry: Registry, request: JoinRequest, contact_id: int, now: datetime, choose: Choose
) -> str:
    """Return a new number for the chat that a request is to be joined with; no earlier one counts.

    The tries go on to be counted.
    """
    number = "".join(choose("0123456789") for _digit in range(DIGITS))
    request.joining_id, request.number_until = contact_id, now + NUMBER_LASTS
    request.number_hash = _number_hash(registry, request, number)
    return number


def write_number(
    session: Session, registry: Registry, contact_id: int | None, number: str, now: datetime
) -> tuple[Written, JoinRequest | None]:
    """Return what comes of a number that was written in a first chat, and its request.

    A wrong number is counted; a request that is over, or whose tries are spent, is deleted.
    """
    request = of_contact(session, contact_id, lock=True)
    if request is None or not is_open(request, now):
        end_requests(session, [contact_id])
        return Written.OVER, None
    if request.number_hash is None:
        return Written.NOT_SHOWN, request
    if hmac.compare_digest(request.number_hash, _number_hash(registry, request, number)):
        return Written.RIGHT, request
    request.tries += 1
    if request.tries < TRIES:
        return Written.WRONG, request
    end_requests(session, [contact_id])
    return Written.SPENT, None


def of_contact(
    session: Session, contact_id: int | None, *, lock: bool = False
) -> JoinRequest | None:
    """Return the request of a first chat, which may be over; `lock` it in order to change it."""
    found = select(JoinRequest).where(JoinRequest.contact_id == contact_id)
    if lock:
        found = found.with_for_update().execution_options(populate_existing=True)
    return session.scalar(found)


def is_open(request: JoinRequest, now: datetime) -> bool:
    """Return whether a number can be written still: its time counts, once one was shown."""
    return now < (request.number_until or request.expires_at)


def end_requests(session: Session, contacts: Collection[int | None] | Select[int]) -> None:
    """End the requests of first chats, if they have any."""
    session.execute(delete(JoinRequest).where(JoinRequest.contact_id.in_(contacts)))


def forget_requests(session: Session, now: datetime) -> None:
    """Delete the requests that are over."""
    session.execute(
        delete(JoinRequest).where(
            JoinRequest.expires_at <= now,
            or_(JoinRequest.number_until.is_(None), JoinRequest.number_until <= now),
        )
    )


def _number_hash(registry: Registry, request: JoinRequest, number: str) -> str:
    return registry.keyed_hash(f"join {request.public_id.hex()} {number}")
