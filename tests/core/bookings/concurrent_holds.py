"""Citizens in several processes who hold times of a municipality that has too few.

`python -m tests.core.bookings.concurrent_holds URL FIRST LAST` is the citizens with those numbers.
"""

import json
import sys
from collections import Counter as Tally
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial
from multiprocessing import Process, set_start_method

from sqlalchemy.orm import Session

from core.actor import Actor
from core.availability.slots import free_times
from core.bookings.holds import hold
from core.catalogue.model import Municipality
from core.catalogue.service_offer import ServiceOffer
from core.db.database import Database
from core.errors import BookingRefused
from tests.core.booking_environment import BookingEnvironment
from tests.core.small_municipality import NOW, at, desk, opening, small
from tests.postgres import KEY

PROCESSES = 4
THREADS = 4
"""Citizens of one process who act at the same moment."""

DESKS, TIMES = 5, 20


def deployment() -> Municipality:
    """Half-hours from nine to seven, at five desks."""
    return small(*(desk(f"desk-{n}", opening("09:00", "19:00")) for n in range(DESKS)))


def hold_any(database: Database, offer: ServiceOffer, citizen_id: int) -> Tally[str]:
    """Try to hold free times, until one is held or none is left: first the first, then any."""
    who = Actor(citizen_id, "webchat", "el", "Europe/Athens")
    outcomes: Tally[str] = Tally()

    def find_free(session: Session) -> list[datetime]:
        return free_times(session, offer, at("00:00"), at("23:59"), NOW, None)

    def try_to_hold(session: Session, start: datetime) -> None:
        hold(session, offer, start, NOW, who)

    while free := database.write_sync(find_free):
        start = free[citizen_id % len(free) if outcomes else 0]
        try:
            database.write_sync(partial(try_to_hold, start=start))
        except BookingRefused as refusal:
            outcomes[refusal.kind] += 1
        else:
            return outcomes + Tally(["held"])
    return outcomes + Tally(["none left"])


def serve(url: str, citizens: range) -> None:
    """Run as a process of its own; print how often its citizens had each outcome."""
    database = Database(url, KEY)
    offer = database.write_sync(lambda s: BookingEnvironment(s, deployment()).offer)
    with ThreadPoolExecutor(THREADS) as threads:
        outcomes = sum(
            threads.map(lambda citizen: hold_any(database, offer, citizen), citizens), Tally()
        )
    database.close()
    print(f"{json.dumps(outcomes)}\n", end="", flush=True)  # noqa: T201 in one piece, as others do


def main(url: str, first: str, last: str) -> None:
    """Share the citizens with these numbers among so many processes."""
    citizens = range(int(first), int(last) + 1)
    children = [Process(target=serve, args=(url, citizens[n::PROCESSES])) for n in range(PROCESSES)]
    for child in children:
        child.start()
    for child in children:
        child.join()
    sys.exit(any(child.exitcode for child in children))


if __name__ == "__main__":
    set_start_method("fork")  # so that only one of them imports
    main(*sys.argv[1:])
