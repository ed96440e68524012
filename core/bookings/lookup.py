"""Look-up of a booking by its code and phone number, which prove whose it is; by name, for staff.

docs/limits.md has the calculation of how likely a guess is.
"""

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import bindparam, delete, or_, select
from sqlalchemy.orm import Session

from core.actor import Actor
from core.bookings.reference import CODES, fold_code
from core.catalogue.registry import Registry
from core.db.advisory_locks import lock
from core.db.models import Booking, BookingState, FailedAttempt
from core.errors import BookingRefused, RefusalKind, StaffRefusalKind, StaffRefused
from core.i18n import TextTemplate, _, _n

_MINUTE, _HOUR, _DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@dataclass(frozen=True)
class AttemptLimit:
    """The wrong attempts of one source: how many within `period`, and the pauses after the last.

    After `most` of them, the next attempt is refused for the last of `pauses`; after one less, for
    the one before, and so on. No pause is longer than `period`.
    """

    most: int
    period: timedelta
    pauses: Sequence[timedelta]

    def pause_after(self, attempts: int) -> timedelta:
        """Return for how long no attempt is taken after that many wrong ones within `period`."""
        place = len(self.pauses) - 1 - max(0, self.most - attempts)
        return self.pauses[place] if place >= 0 else timedelta(0)


OF_CONVERSATION = AttemptLimit(5, _HOUR, [_HOUR])

OF_ADDRESS = AttemptLimit(100, _HOUR, [10 * _MINUTE])
"""Many, for many share an address: it slows down guesses at the codes of many numbers."""

OF_NUMBER = AttemptLimit(
    12, _DAY, [*(minutes * _MINUTE for minutes in (1, 2, 5, 10, 20, 40, 60, 120)), _DAY]
)
"""Of each phone number that is asked for, whoever asks and whether or not it has bookings."""

PROOFS_OF_NUMBER = AttemptLimit(3, _DAY, [_DAY])
"""The proofs of each number that are asked for: each is a text to somebody, perhaps a stranger."""

PROOFS_OF_ADDRESS = AttemptLimit(30, _DAY, OF_NUMBER.pauses)
"""Those from each address: after 21 of them, growing pauses."""

KEYED_OF_NUMBER = AttemptLimit(3, _DAY, [_DAY])
"""Of each phone number that is asked for on the telephone, where a code has fewer possibilities."""

MAX_GUESSES = CODES // 10**6
"""The most guesses at the codes of one number's bookings within OF_NUMBER's period.

So for any one number, a guess is right with a chance under one in a million a day.
"""

_NUMBER = "number "
"""The beginning of the source of each phone number; its keyed hash follows."""

_KEYED = "keyed "
"""The beginning of the source of each phone number that is asked for on the telephone."""

_REQUEST = "code "
"""The beginning of the sources of requests for a code; those of wrong attempts follow."""

_PROOF = "proof "
"""The beginning of the sources of requests for a proof of a number."""

_CONTACT = "contact "
"""The beginning of the source of each contact; its id follows."""

NAMED_BEFORE, NAMED_AFTER = timedelta(days=30), timedelta(days=120)
"""The time back and ahead in which bookings are found by name."""

MOST_NAMED = 200
"""The most bookings that are found by name."""

_DETAILS = select(Booking.id, Booking.details).where(
    Booking.municipality_id == bindparam("which"),
    Booking.ends_at > bindparam("since"),
    Booking.ends_at < bindparam("until"),
    Booking.code.is_not(None),
)

_Source = tuple[str, AttemptLimit]


def find_booking(
    session: Session, registry: Registry, code: str, phone: str, actor: Actor, now: datetime
) -> Booking | None:
    """Return the upcoming booking of a code and phone number; None counts as a failed attempt.

    Failed attempts lock whoever makes them and the number that is asked for, never the
    conversation that booked: the code of its own booking is always taken. Raises BookingRefused:
    locked.
    """
    if own := own_booking(session, code, actor, now):
        return own
    number = f"{_NUMBER}{registry.keyed_hash(f'asked {phone}')}"
    sources = [*_sources(actor), (number, OF_NUMBER)]
    for source, _limit in sources:  # or each of several concurrent requests would have an attempt
        lock(session, source)
    _check(session, sources, now)
    of_phone = session.scalars(
        select(Booking).where(
            Booking.phone_hash == registry.keyed_hash(phone),
            Booking.state == BookingState.CONFIRMED,
            Booking.ends_at > now,
        )
    ).all()
    booking = next((each for each in of_phone if each.code == fold_code(code)), None)
    # A number with several bookings has several codes to guess: it has fewer attempts, and seems to
    # have as many as any other, so that nobody learns from it how many bookings there are.
    earlier = len(_attempts(session, number, OF_NUMBER, now))
    if booking and earlier and (earlier + 1) * len(of_phone) > MAX_GUESSES:
        booking = None
    if booking is None:
        session.add_all(FailedAttempt(source=source, at=now) for source, _limit in sources)
        session.flush()
        _check(session, sources, now)
    return booking


def find_keyed(
    session: Session,
    registry: Registry,
    phone: str,
    actor: Actor,
    now: datetime,
    is_meant: Callable[[Booking], bool],
) -> Booking | None:
    """Return the upcoming booking of a number that is meant; None counts as a failed attempt.

    For the telephone, whose keys hold several letters each. Raises BookingRefused: locked.
    """
    sources = [
        (f"{_CONTACT}{actor.contact_id}", OF_CONVERSATION),
        (f"{_KEYED}{registry.keyed_hash(f'asked {phone}')}", KEYED_OF_NUMBER),
    ]
    for source, _limit in sources:
        lock(session, source)
    _check(session, sources, now)
    of_phone = session.scalars(
        select(Booking).where(
            Booking.phone_hash == registry.keyed_hash(phone),
            Booking.state == BookingState.CONFIRMED,
            Booking.ends_at > now,
        )
    )
    booking = next(filter(is_meant, of_phone), None)
    if booking is None:
        session.add_all(FailedAttempt(source=source, at=now) for source, _limit in sources)
        session.flush()
        _check(session, sources, now)
    return booking


def own_booking(session: Session, code: str, actor: Actor, now: datetime) -> Booking | None:
    """Return the actor's upcoming booking that has a code; None if none of theirs has it."""
    return session.scalar(
        select(Booking).where(
            Booking.citizen_id == actor.citizen_id,
            Booking.code == fold_code(code),
            Booking.state == BookingState.CONFIRMED,
            Booking.ends_at > now,
        )
    )


def booking_of_proven_phone(
    session: Session, code: str, actor: Actor, now: datetime
) -> Booking | None:
    """Return the upcoming booking of a code, and of the number that the actor has proven to have.

    None where there is none, or no number was proven. As each has the owner's number, a wrong code
    isn't counted: the code of each is texted to whoever has that.
    """
    if actor.proven_phone is None:
        return None
    return session.scalar(
        select(Booking).where(
            Booking.phone_hash == actor.proven_phone,
            Booking.code == fold_code(code),
            Booking.state == BookingState.CONFIRMED,
            Booking.ends_at > now,
        )
    )


def find_by_name(
    session: Session, municipality_id: str, name: str, now: datetime
) -> Sequence[Booking]:
    """Return a municipality's bookings of a name, the soonest first; for its staff only.

    Each word of `name` must begin one of the attendee's, whatever the accents and capitals. Names
    are encrypted, so all bookings are read that end within NAMED_BEFORE and NAMED_AFTER. Raises
    StaffRefused (invalid) where more than MOST_NAMED are found: nobody looks through them.
    """
    wanted = _folded_words(name)
    rows = session.execute(
        _DETAILS,
        {"which": municipality_id, "since": now - NAMED_BEFORE, "until": now + NAMED_AFTER},
    )
    found = [
        booking_id
        for booking_id, details in rows
        if wanted and _are_beginnings(wanted, _folded_words(details.get("name", "")))
    ]
    if len(found) > MOST_NAMED:
        raise StaffRefused(
            StaffRefusalKind.INVALID,
            _(
                "More than {most} appointments are of such a name. Please write more of it.",
                most=MOST_NAMED,
            ),
        )
    return session.scalars(
        select(Booking).where(Booking.id.in_(found)).order_by(Booking.starts_at)
    ).all()


def _folded_words(name: str) -> list[str]:
    """Return a name's words in lower case, without accents, with one sigma."""
    plain = unicodedata.normalize("NFKD", name.casefold())
    return re.findall(r"[^\W\d_]+", "".join(s for s in plain if not unicodedata.combining(s)))


def _are_beginnings(wanted: Sequence[str], words: Sequence[str]) -> bool:
    return all(any(word.startswith(each) for word in words) for each in wanted)


def check_unlocked(session: Session, actor: Actor, now: datetime) -> None:
    """Raise BookingRefused (locked) while the conversation or its address may not try."""
    _check(session, _sources(actor), now)


def count_request(session: Session, actor: Actor, now: datetime) -> None:
    """Count a request for the code of a booking, as wrong attempts are counted, but apart.

    Raises BookingRefused (locked) where the conversation or its address has made too many.
    """
    sources = [(f"{_REQUEST}{source}", limit) for source, limit in _sources(actor)]
    for source, _limit in sources:
        lock(session, source)
    _check(session, sources, now)
    session.add_all(FailedAttempt(source=source, at=now) for source, _limit in sources)


def count_proof(
    session: Session, registry: Registry, phone: str, actor: Actor, now: datetime
) -> None:
    """Count a request for a proof of a number, as `count_request` does one for a code.

    Raises BookingRefused (locked) where the conversation, its address or the number had too many.
    """
    sources = [
        (f"{_PROOF}{_CONTACT}{actor.contact_id}", OF_CONVERSATION),
        (f"{_PROOF}{registry.keyed_hash(f'proof {phone}')}", PROOFS_OF_NUMBER),
    ]
    if actor.network:
        sources.append((f"{_PROOF}{actor.network}", PROOFS_OF_ADDRESS))
    for source, _limit in sources:
        lock(session, source)
    _check(session, sources, now)
    session.add_all(FailedAttempt(source=source, at=now) for source, _limit in sources)


def forget_attempts(session: Session, now: datetime) -> None:
    """Delete the failed attempts that can lock nobody any more."""
    session.execute(
        delete(FailedAttempt).where(
            FailedAttempt.at < now - 2 * _HOUR,
            or_(
                FailedAttempt.at < now - 2 * _DAY,
                ~FailedAttempt.source.startswith(_NUMBER)
                & ~FailedAttempt.source.startswith(_KEYED)
                & ~FailedAttempt.source.startswith(_PROOF),
            ),
        )
    )


def forget_hashed_attempts(session: Session) -> None:
    """Delete the failed attempts of numbers and addresses, whose hashes nothing has any more."""
    session.execute(delete(FailedAttempt).where(~FailedAttempt.source.startswith(_CONTACT)))


def _sources(actor: Actor) -> list[_Source]:
    """Return the actor's conversation, and the keyed hash of their address where it is known."""
    address = [(actor.network, OF_ADDRESS)] if actor.network else []
    return [(f"{_CONTACT}{actor.contact_id}", OF_CONVERSATION), *address]


def _check(session: Session, sources: Sequence[_Source], now: datetime) -> None:
    """Raise BookingRefused (locked) while one of the sources must pause."""
    waits = []
    for source, limit in sources:
        if attempts := _attempts(session, source, limit, now):
            waits.append(attempts[0] + limit.pause_after(len(attempts)) - now)
    longest = max(waits, default=timedelta(0))
    if longest > timedelta(0):
        raise BookingRefused(RefusalKind.LOCKED, _locked(longest))


def _attempts(
    session: Session, source: str, limit: AttemptLimit, now: datetime
) -> Sequence[datetime]:
    """Return the last attempts of a source, the latest first: those within a period up to it.

    Where that is the limit's period before now, there may be none.
    """
    latest = session.scalars(
        select(FailedAttempt.at)
        .where(FailedAttempt.source == source, FailedAttempt.at > now - 2 * limit.period)
        .order_by(FailedAttempt.at.desc())
        .limit(limit.most)
    ).all()
    if not latest or latest[0] <= now - limit.period:
        return []
    return [at for at in latest if latest[0] - at < limit.period]


def _locked(left: timedelta) -> TextTemplate:
    if left > 2 * _HOUR:
        return _n(
            "There were too many wrong tries. Please try again in {count} hour, "
            "or contact the office.",
            "There were too many wrong tries. Please try again in {count} hours, "
            "or contact the office.",
            -(-left // _HOUR),
        )
    return _n(
        "There were too many wrong tries. Please try again in {count} minute, "
        "or contact the office.",
        "There were too many wrong tries. Please try again in {count} minutes, "
        "or contact the office.",
        -(-left // _MINUTE),
    )
