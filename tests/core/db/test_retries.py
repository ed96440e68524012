"""A transaction that another was in the way of is run again, and nothing of the first is kept."""

import asyncio
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from threading import Barrier

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from core.bookings import expiry, holds
from core.db import database
from core.db.advisory_locks import lock
from core.db.database import Database
from core.db.models import Booking, Citizen, Contact, Conversation
from core.errors import BookingRefused, DatabaseUnavailable
from core.messaging import conversations
from tests.core.booking_environment import BookingEnvironment
from tests.core.conftest import on_postgres
from tests.core.db.citizens import add_one, people
from tests.core.small_municipality import NOW
from tests.core.wait_until import until, waiting

pytestmark = on_postgres

DEADLOCKS = text("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")


class Talk:
    """A conversation; how many turns of it were tried and done."""

    def __init__(self, empty: Database) -> None:
        self.database = empty
        self.tried = 0
        empty.write_sync(lambda s: conversations.create(s, "webchat", "maria", NOW))

    def turn(self, session: Session) -> int:
        self.tried += 1
        found = conversations.find(session, "webchat", "maria", lock=True)
        assert found is not None
        count: int = found.state.get("count", 0) + 1
        conversations.save(
            session, found, language="el", timezone="", state={"count": count}, forget_at=None
        )
        return count

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Another is at it."""
        with Session(self.database.engine) as other:
            self.turn(other)
            yield


@pytest.fixture
def talk(empty: Database) -> Talk:
    return Talk(empty)


def test_turns_of_one_conversation_go_one_after_the_other(talk: Talk) -> None:
    async def all_at_once() -> list[int]:
        return await asyncio.gather(*(talk.database.write(talk.turn) for _ in range(12)))

    assert sorted(asyncio.run(all_at_once())) == list(range(1, 13))


def test_turns_that_wait_keep_no_writer_and_no_connection(talk: Talk) -> None:
    """Else as many of them as there are writers would keep everybody else from writing."""

    async def wait() -> tuple[list[int], list[int]]:
        with talk.locked():
            waiting = [asyncio.ensure_future(talk.database.write(talk.turn)) for _ in range(10)]
            await asyncio.to_thread(until, lambda: talk.tried > 20)
            others = await asyncio.gather(*(talk.database.write(add_one) for _ in range(30)))
            assert not any(turn.done() for turn in waiting)
        return others, await asyncio.gather(*waiting)

    others, turns = asyncio.run(asyncio.wait_for(wait(), 60))
    assert len(others) == 30
    assert sorted(turns) == list(range(1, 11))  # of whoever had it, nothing was kept


@pytest.mark.parametrize("awaited", [True, False])
def test_one_that_is_never_let_in_is_told_to_try_again(
    talk: Talk, awaited: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "RETRY_SECONDS", 1)
    begun = time.monotonic()
    with (
        talk.locked(),
        pytest.raises(DatabaseUnavailable, match=r"nothing was changed. Please try again soon"),
    ):
        if awaited:
            asyncio.run(talk.database.write(talk.turn))
        else:
            talk.database.write_sync(talk.turn)
    assert 1 <= time.monotonic() - begun < 15
    assert 3 <= talk.tried < 150


def test_whoever_only_looks_at_a_conversation_waits_for_nobody(talk: Talk) -> None:
    with talk.locked():
        found = talk.database.write_sync(lambda s: conversations.find(s, "webchat", "maria"))
    assert found is not None
    assert found.state == {}


def test_two_that_open_the_same_conversation_are_in_one(empty: Database) -> None:
    nobody_there = Barrier(2, timeout=60)
    tries: list[bool] = []

    def turn(session: Session) -> int:
        found = conversations.find(session, "webchat", "maria", lock=True)
        tries.append(found is None)
        if found is None:
            nobody_there.wait()
            found = conversations.create(session, "webchat", "maria", NOW)
        return found.id

    async def both() -> list[int]:
        return list(await asyncio.gather(empty.write(turn), empty.write(turn)))

    first, second = asyncio.run(asyncio.wait_for(both(), 60))
    assert first == second
    assert (tries[:2], tries[-1]) == ([True, True], False)
    kept = [select(func.count()).select_from(table) for table in (Citizen, Contact, Conversation)]
    assert [empty.write_sync(lambda s, q=query: s.scalar(q)) for query in kept] == [1, 1, 1]  # type: ignore[misc]


def test_of_two_that_wait_for_one_another_one_begins_again(empty: Database) -> None:
    def two(session: Session) -> list[int]:
        citizens = [Citizen(details={}, created_at=NOW) for _ in range(2)]
        session.add_all(citizens)
        session.flush()
        return [citizen.id for citizen in citizens]

    numbers = empty.write_sync(two)
    both_have_one = Barrier(2, timeout=60)
    tries: list[int] = []

    def change(order: list[int]) -> Callable[[Session], None]:
        def fn(session: Session) -> None:
            add_one(session)
            for number in order:
                details = {"by": order[0]}
                session.get_one(Citizen, number).details = details
                session.flush()
                if number == order[0] and len(tries) < 2:
                    tries.append(number)
                    both_have_one.wait()

        return fn

    orders = [numbers, numbers[::-1]]
    with ThreadPoolExecutor(2) as threads:
        list(threads.map(lambda order: empty.write_sync(change(order)), orders))
    assert empty.write_sync(people) == 4
    found = empty.write_sync(lambda s: s.scalars(select(Citizen).order_by(Citizen.id)).all())
    assert found[0].details == found[1].details
    # More than one where the one that begins again is first once more, before the other wakes.
    assert empty.write_sync(lambda s: s.scalar(DEADLOCKS)) >= 1


def the_booking(session: Session) -> Booking:
    return session.scalars(select(Booking)).one()


def test_a_change_over_another_s_is_made_again_on_what_the_other_left(stocked: Database) -> None:
    seen: list[str] = []

    def change(session: Session) -> None:
        booking = the_booking(session)
        seen.append(booking.language)
        if len(seen) == 1:
            stocked.write_sync(lambda s: setattr(the_booking(s), "language", "en"))
        booking.timezone = f"of {booking.language}"

    before = stocked.write_sync(the_booking).version
    stocked.write_sync(change)
    after = stocked.write_sync(the_booking)
    assert seen == ["el", "en"]
    assert (after.language, after.timezone) == ("en", "of en")
    assert after.version == before + 2


def test_a_hold_that_ran_out_meanwhile_is_not_made_live_again(empty: Database) -> None:
    """The sweep expires many by one statement, which counts as a change of each."""
    empty.write_sync(lambda s: BookingEnvironment(s).hold("09:00"))
    seen: list[str] = []

    def extend(session: Session) -> bool:
        env = BookingEnvironment(session)
        booking = the_booking(session)
        seen.append(booking.state)
        if len(seen) == 1:
            much_later = env.now + timedelta(hours=1)
            assert empty.write_sync(lambda s: expiry.expire_lapsed(s, much_later)) == 1
        env.later(minutes=5)
        return holds.extend(booking, env.body.rules, env.now)

    assert not empty.write_sync(extend)
    assert seen == ["held", "expired"]
    assert empty.write_sync(the_booking).state == "expired"


def test_who_confirms_a_hold_that_ran_out_and_who_wants_its_time_stop_not_one_another(
    empty: Database,
) -> None:
    """Each waits for the desk before it touches any row: the one that expires the hold too."""
    tries: list[str] = []

    def confirm(session: Session) -> str:
        tries.append("confirm")
        env = BookingEnvironment(session)
        env.later(minutes=20)
        return env.confirm(the_booking(session)).state

    def hold(session: Session) -> str:
        tries.append("hold")
        env = BookingEnvironment(session)
        env.later(minutes=20)
        with pytest.raises(BookingRefused, match="taken"):
            env.hold("09:00")
        return "taken"

    desk = empty.write_sync(lambda s: BookingEnvironment(s).hold("09:00").desk_id)
    with ThreadPoolExecutor(2) as threads, Session(empty.engine) as other:
        lock(other, f"desk {desk}")
        confirmed = threads.submit(empty.write_sync, confirm)
        until(lambda: waiting(empty) == 1)
        held = threads.submit(empty.write_sync, hold)
        until(lambda: waiting(empty) == 2)
        other.commit()
        assert (confirmed.result(60), held.result(60)) == ("confirmed", "taken")
    assert tries == ["confirm", "hold"]
