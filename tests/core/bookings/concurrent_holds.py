"""Hold times for many citizens at once, in several processes, until none is free.

`python -m tests.core.bookings.concurrent_holds URL FIRST LAST` runs the citizens with these ids.
"""

import json
import sys
from collections import Counter
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
from tests.core.small_municipality import NOW, at, desk, opening, small_municipality

PROCESSES = 4
THREADS = 4
"""Citizens of one process who act at the same time."""

DESKS, TIMES = 5, 20


def municipality() -> Municipality:
    """Return a municipality with five desks, half an hour each from nine to seven."""
    return small_municipality(*(desk(f"desk-{n}", opening("09:00", "19:00")) for n in range(DESKS)))


def want(database: Database, offer: ServiceOffer, citizen_id: int) -> Counter[str]:
    """Try free times until one is held or none is left; return the count of each outcome."""
    who = Actor(citizen_id, "webchat", "el", "Europe/Athens")
    outcomes: Counter[str] = Counter()

    def look(session: Session) -> list[datetime]:
        return free_times(session, offer, at("00:00"), at("23:59"), NOW, None)

    def try_it(session: Session, start: datetime) -> None:
        hold(session, offer, start, NOW, who)

    while free := database.write_sync(look):
        start = free[citizen_id % len(free) if outcomes else 0]
        try:
            database.write_sync(partial(try_it, start=start))
        except BookingRefused as refusal:
            outcomes[refusal.kind] += 1
        else:
            return outcomes + Counter(["held"])
    return outcomes + Counter(["none left"])


def serve(url: str, citizens: range) -> None:
    """Run some citizens in this process; print the count of each outcome as JSON."""
    database = Database(url)
    offer = database.write_sync(lambda s: BookingEnvironment(s, municipality()).offer)
    with ThreadPoolExecutor(THREADS) as threads:
        outcomes = sum(
            threads.map(lambda citizen: want(database, offer, citizen), citizens), Counter()
        )
    database.close()
    # In one write, because the processes share the standard output.
    print(f"{json.dumps(outcomes)}\n", end="", flush=True)  # noqa: T201


def main(url: str, first: str, last: str) -> None:
    """Share the citizens among the processes."""
    citizens = range(int(first), int(last) + 1)
    children = [Process(target=serve, args=(url, citizens[n::PROCESSES])) for n in range(PROCESSES)]
    for child in children:
        child.start()
    for child in children:
        child.join()
    sys.exit(any(child.exitcode for child in children))


if __name__ == "__main__":
    set_start_method("fork")  # so that only the parent imports
    main(*sys.argv[1:])
