"""Many citizens at once for the last time: one gets it, and it is the guard that sees to it.

Each racer is a thread with a connection of its own, and writes only when all of them have seen
the time free.
"""

from collections import Counter as Tally
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import TypeVar

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import Session

from core.actor import Actor
from core.bookings import service as bookings
from core.bookings.links import link_token, linked_booking
from core.bookings.lost_codes import request_code, send_codes
from core.catalogue.model import Municipality
from core.catalogue.registry import Registry
from core.db import overlap_guard
from core.db.advisory_locks import try_lock
from core.db.database import Database
from core.db.models import Booking, Citizen
from core.errors import BookingRefused
from tests.core.booking_environment import PHONE, BookingEnvironment
from tests.core.conftest import on_postgres
from tests.core.db.overlaps import drop_guard
from tests.core.small_municipality import NOW, TUESDAY, at, desk, opening, small, utc
from tests.postgres import KEY

RACERS, FEW = 50, 8
START = at("09:00")
T = TypeVar("T")


def race(runners: Sequence[T], run: Callable[[T, Callable[[], object]], str]) -> Tally[str]:
    """Run all at once; `run` is given what waits until all have come as far."""
    all_here = Barrier(len(runners), timeout=60)
    with ThreadPoolExecutor(len(runners)) as threads:
        return Tally(threads.map(lambda runner: run(runner, all_here.wait), runners))


def deployment(desks: int) -> Municipality:
    """So many desks, that can serve one citizen a day each."""
    hours = opening("09:00", "09:30")
    return small(*(desk(f"desk-{n}", hours) for n in range(desks)))


def at_once(
    database: Database,
    runners: Sequence[T],
    act: Callable[[BookingEnvironment, T], object],
    body: Municipality,
) -> Tally[str]:
    """Return how many got a time that all saw free, and how many were refused."""

    def run(runner: T, wait: Callable[[], object]) -> str:
        own = Database(database.url, KEY)
        now = NOW + timedelta(hours=2)
        try:
            seen = own.write_sync(lambda s: BookingEnvironment(s, body, now=now).free())
            wait()
            assert seen == "09:00"
            own.write_sync(lambda s: act(BookingEnvironment(s, body, now=now), runner))
        except BookingRefused as refusal:
            return refusal.kind
        finally:
            own.close()
        return "won"

    return race(runners, run)


def citizens(database: Database, count: int) -> list[Actor]:
    def add(session: Session) -> list[Actor]:
        people = [Citizen(details={}, created_at=NOW) for _ in range(count)]
        session.add_all(people)
        session.flush()
        return [Actor(who.id, "webchat", "el", "Europe/Athens") for who in people]

    return database.write_sync(add)


def at_start(database: Database) -> list[str]:
    """The states of what is or was at the time that all want."""
    return sorted(
        database.write_sync(
            lambda s: s.scalars(select(Booking.state).where(Booking.starts_at == utc(START))).all()
        )
    )


@pytest.mark.parametrize(("racers", "desks"), [(RACERS, 1), (12, 3)])
def test_so_many_citizens_get_as_many_appointments_as_there_are_desks(
    empty: Database, racers: int, desks: int
) -> None:
    body = deployment(desks)
    empty.write_sync(lambda s: BookingEnvironment(s, body))

    def book(env: BookingEnvironment, who: Actor) -> None:
        booking = env.hold("09:00", who)
        env.confirm(booking, phone=f"+3069{who.citizen_id:08}")

    outcomes = at_once(empty, citizens(empty, racers), book, body)
    assert outcomes == {"won": desks, "taken": racers - desks}
    assert at_start(empty) == ["confirmed"] * desks


def test_of_ten_lapsed_holds_of_one_time_only_one_can_be_confirmed(empty: Database) -> None:
    body = deployment(1)

    def hold_in_turn(session: Session) -> list[int]:
        env = BookingEnvironment(session, body)
        numbers = []
        for _ in range(10):
            numbers.append(env.hold("09:00").id)
            env.later(minutes=10)
        return numbers

    def confirm(env: BookingEnvironment, number: int) -> None:
        env.confirm(env.session.get_one(Booking, number), phone=f"+3069{number:08}")

    outcomes = at_once(empty, empty.write_sync(hold_in_turn), confirm, body)
    assert outcomes == {"won": 1, "taken": 9}
    assert at_start(empty) == ["confirmed"] + ["expired"] * 9


def test_of_ten_bookings_that_move_to_one_time_nine_stay(empty: Database) -> None:
    body = deployment(1)
    days = [TUESDAY + timedelta(days=n) for n in range(10)]

    def book(session: Session) -> list[int]:
        env = BookingEnvironment(session, body)
        return [env.book("09:00", day=day).id for day in days]

    def move(env: BookingEnvironment, number: int) -> None:
        env.move(env.session.get_one(Booking, number), "09:00")

    outcomes = at_once(empty, empty.write_sync(book), move, body)
    assert outcomes == {"won": 1, "taken": 9}
    starts = empty.write_sync(lambda s: s.scalars(select(Booking.starts_at)).all())
    stayed = {utc(at("09:00", day)) for day in days}
    assert (len(set(starts)), len(stayed - set(starts))) == (10, 1)


# The control: the same race, run by an application that only looks before it writes. It looks
# in one transaction and inserts in the next, as does whoever shows free times and books later.
# (Within one transaction SQLite's snapshot would refuse the write by itself, guard or none.)
# Who takes no lock first may wait for another who waits for them, under PostgreSQL's guard: all but
# one of those are stopped, one a second, so there are few. To try again would only prolong it.

TAKEN = text("SELECT 1 FROM bookings WHERE desk_id = 1 AND state IN ('held', 'confirmed')")
INSERT = text(
    "INSERT INTO bookings (municipality_id, branch, service, channel, desk_id, starts_at, ends_at,"
    " state, held_at, held_until, citizen_id, details, language, timezone)"
    " VALUES ('town', 'office', 'papers', 'in_person', 1, :start, :end, 'held', 0, 0, :who, '{}',"
    " 'el', 'UTC')"
)


def naive(database: Database) -> Callable[[Actor, Callable[[], object]], str]:
    def run(who: Actor, wait: Callable[[], object]) -> str:
        own = Database(database.url, KEY)
        begin = int(START.timestamp())
        try:
            free = own.write_sync(lambda s: s.execute(TAKEN).first()) is None
            wait()
            if not free:
                return "seen taken"
            with Session(own.engine) as session, session.begin():
                session.execute(
                    INSERT, {"start": begin, "end": begin + 1800, "who": who.citizen_id}
                )
        except IntegrityError as error:
            return "refused" if overlap_guard.is_violation(error) else str(error)
        except OperationalError as error:
            return "refused" if database.backend.is_retryable(error) else str(error)
        finally:
            own.close()
        return "won"

    return run


@pytest.mark.parametrize(
    ("guarded", "outcomes"),
    [(True, {"won": 1, "refused": FEW - 1}), (False, {"won": FEW})],
    ids=["with the guard one wins", "without it all win"],
)
def test_the_guard_and_nothing_else_stops_those_who_only_look(
    empty: Database, guarded: bool, outcomes: dict[str, int]
) -> None:
    empty.write_sync(lambda s: BookingEnvironment(s, deployment(1)))
    people = citizens(empty, FEW)
    if not guarded:
        drop_guard(empty)
    assert race(people, naive(empty)) == outcomes
    assert at_start(empty) == ["held"] * outcomes["won"]


@on_postgres
def test_a_link_made_while_the_address_is_changed_is_revoked_too(empty: Database) -> None:
    """The worker renders the e-mail to the former address while the citizen corrects it."""
    made = empty.write_sync(lambda s: BookingEnvironment(s).book("09:30").id)
    with Session(empty.engine) as worker, Session(empty.engine) as citizen:
        renders, acts = Registry("secret"), Registry("secret")
        renders.refresh(worker)
        token = link_token(worker, renders, worker.get_one(Booking, made))
        worker.flush()
        acts.refresh(citizen)
        booking = citizen.get_one(Booking, made)
        who = Actor(booking.citizen_id, "webchat", "el", "Europe/Athens")
        bookings.edit(citizen, acts, booking, {"email": "anna@example.gr"}, NOW, who)
        citizen.commit()
        worker.commit()
    assert empty.write_sync(lambda s: linked_booking(s, token) is None)


@on_postgres
def test_only_one_process_answers_requests_for_codes(empty: Database) -> None:
    def ask(session: Session) -> Registry:
        env = BookingEnvironment(session)
        env.confirm(env.hold("09:30"))
        request_code(session, env.registry, PHONE, env.citizen(), env.now)
        return env.registry

    registry = empty.write_sync(ask)
    with Session(empty.engine) as other:
        assert try_lock(other, "codes")
        assert empty.write_sync(lambda s: send_codes(s, registry, NOW)) == 0
    assert empty.write_sync(lambda s: send_codes(s, registry, NOW)) == 1
