"""Measure hold and confirm in one transaction, as the API books, with a room that is alerted."""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import count

from sqlalchemy.orm import Session

from core.actor import Actor
from core.availability import schedule
from core.bookings.catalogue_update import load_catalogue
from core.bookings.holds import hold
from core.bookings.service import confirm
from core.catalogue.registry import Registry
from core.catalogue.service_offer import ServiceOffer
from core.db.database import Database
from core.db.models import Citizen, Contact, StaffRoom
from tests.bench.clock import Cost, median_cost, now
from tests.bench.databases import NOW, municipality
from tests.bench.report import line
from tests.bench.sizes import Sizes

BOOKED, DESKS = "booked", 10
"""A municipality of its own, and its desks."""

WARM_UP = 30

ACCOUNT = "push:one"
NAME, EMAIL = "Μαρία Παπαδοπούλου", "maria@example.gr"


def hold_and_confirm(kind: str, databases: Sequence[Database], sizes: Sizes) -> None:
    """Book with many bookings stored, of citizens and addresses of their own."""
    book = booking_of(databases[-1], sizes.books + WARM_UP)
    costs = [book() for _ in range(WARM_UP + sizes.books)][WARM_UP:]
    what = f"{kind}: hold and confirm, {sizes.many} stored: p50"
    line(f"{kind.lower()}.hold_and_confirm", what, median_cost(costs), by="cpu")


def booking_of(database: Database, citizens: int) -> Callable[[], Cost]:
    """Prepare a municipality and citizens; return what books once and returns the cost."""
    registry = Registry("bench", frozenset({"webchat", "email", ACCOUNT}))
    database.write_sync(lambda s: load_catalogue(s, municipality(BOOKED, DESKS), NOW))
    database.write_sync(registry.refresh)
    actors = iter(database.write_sync(lambda s: _actors(s, citizens)))
    starts, numbers = _starts(registry[BOOKED].offer("s", "b", "video")), count()

    def book() -> Cost:
        actor, start, number = next(actors), next(starts), next(numbers)
        details = {"name": NAME, "email": EMAIL, "phone": f"+3069{number:08}"}

        def write(session: Session) -> None:
            offer = registry[BOOKED].offer("s", "b", "video")
            held = hold(session, offer, start, NOW, actor)
            confirm(session, registry, offer, held, NOW, actor, details=details, consent=None)

        started = now()
        database.write_sync(write)
        return now() - started

    return book


def _actors(session: Session, citizens: int) -> list[Actor]:
    """Store citizens, and the room; return the citizens as actors on the web page."""
    room = StaffRoom(municipality_id=BOOKED, account=ACCOUNT, chat=BOOKED, topic="", bound_at=NOW)
    people = [Citizen(details={}, created_at=NOW) for _ in range(citizens)]
    session.add_all([room, *people])
    session.flush()
    contacts = [
        Contact(account="webchat", address=f"booked {each.id}", citizen_id=each.id)
        for each in people
    ]
    session.add_all(contacts)
    session.flush()
    return [
        Actor(
            each.citizen_id,
            "webchat",
            "el",
            "Europe/Athens",
            network=f"network {each.id}",
            contact_id=each.id,
            account="webchat",
        )
        for each in contacts
    ]


def _starts(offer: ServiceOffer) -> Iterator[datetime]:
    """Yield each free time of two months as often as there are desks."""
    for start in schedule.free_starts(offer, {}, NOW, NOW + timedelta(days=60), NOW):
        for _ in range(DESKS):
            yield datetime.fromtimestamp(start, UTC)
