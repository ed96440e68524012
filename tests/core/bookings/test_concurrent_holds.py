"""Two hundred citizens in four processes want one of the last hundred times, on PostgreSQL.

Nobody may take a desk before one citizen in each thread of each process has seen all of them
free: so they meet for certain, and what then happens is no matter of luck.
"""

import json
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from core.db.advisory_locks import lock
from core.db.database import Database
from core.db.models import Booking, Citizen, Desk
from tests.core.booking_environment import BookingEnvironment
from tests.core.bookings import concurrent_holds
from tests.core.conftest import on_postgres
from tests.core.db.overlaps import drop_guard, overlaps
from tests.core.db.preparing import ROOT, TIMEOUT_SECONDS
from tests.core.small_municipality import NOW
from tests.core.wait_until import until, waiting

CITIZENS = 200
AT_ONCE = concurrent_holds.PROCESSES * concurrent_holds.THREADS
PLACES = concurrent_holds.DESKS * concurrent_holds.TIMES
DEADLOCKS = text("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")


def run_citizens(database: Database, citizens: int) -> Counter[str]:
    """Run so many citizens; return the count of each outcome."""

    def begin(session: Session) -> list[int]:
        BookingEnvironment(session, concurrent_holds.municipality())
        people = [Citizen(details={}, created_at=NOW) for _ in range(citizens)]
        session.add_all(people)
        session.flush()
        return [who.id for who in people]

    ids = database.write_sync(begin)

    def run() -> "subprocess.CompletedProcess[str]":
        command = (
            sys.executable,
            "-m",
            concurrent_holds.__name__,
            database.url,
            f"{ids[0]}",
            f"{ids[-1]}",
        )
        return subprocess.run(
            command, capture_output=True, text=True, cwd=ROOT, timeout=TIMEOUT_SECONDS, check=False
        )

    with ThreadPoolExecutor(1) as beside:
        with Session(database.engine) as session:
            for desk_id in session.scalars(select(Desk.id)):
                lock(session, f"desk {desk_id}")
            rushing = beside.submit(run)
            until(lambda: waiting(database) == AT_ONCE or rushing.done())
        done = rushing.result()
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert len(lines) == concurrent_holds.PROCESSES
    return sum((Counter(json.loads(line)) for line in lines), Counter[str]())


@on_postgres
def test_each_of_the_last_hundred_times_is_held_once(empty: Database) -> None:
    told = run_citizens(empty, CITIZENS)
    assert told.keys() == {"held", "none left", "taken"}
    assert (told["held"], told["none left"]) == (PLACES, CITIZENS - PLACES)
    assert told["taken"] >= AT_ONCE - concurrent_holds.DESKS, "they never met"
    holds = empty.write_sync(lambda s: s.scalars(select(Booking)).all())
    assert {hold.state for hold in holds} == {"held"}
    assert len({hold.citizen_id for hold in holds}) == len(holds) == PLACES
    assert len({(hold.desk_id, hold.starts_at) for hold in holds}) == PLACES
    assert empty.write_sync(overlaps) == 0
    assert empty.write_sync(lambda s: s.scalar(DEADLOCKS)) == 0


@on_postgres
def test_without_the_guard_looking_before_is_not_enough(empty: Database) -> None:
    drop_guard(empty)
    # All who saw the first time free get it, and there are more of them than desks.
    assert run_citizens(empty, AT_ONCE) == {"held": AT_ONCE}
    assert empty.write_sync(overlaps) >= AT_ONCE - concurrent_holds.DESKS
