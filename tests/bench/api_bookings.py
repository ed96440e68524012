"""Measure bookings by the HTTP API, beside the same in process and beside bare FastAPI.

With a key, a room and an endpoint. Nothing is delivered meanwhile. A client on a connection that
is kept sends one request after the other; its thread's processor time isn't counted. Bare FastAPI
without any insert shows what HTTP alone takes, which no API can do without.
"""

import http.client
import json
import secrets
import socket
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from fastapi import FastAPI
from sqlalchemy.orm import Session

from bot.bootstrap import Application
from bot.settings import Settings
from core.actor import OPERATOR, KeyScope, Role
from core.availability import schedule
from core.bookings import by_staff
from core.bookings.catalogue_update import load_catalogue
from core.catalogue.registry import Registry
from core.db.database import Database
from core.db.models import StaffRoom
from core.i18n import Language
from core.staff import api_keys, members, webhooks
from tests.bench.bare_api import Store, bare_app, by_driver, by_sqlalchemy, insert_nothing
from tests.bench.clock import Cost, mean
from tests.bench.conversations import Conversations
from tests.bench.databases import NOW, municipality, shipped
from tests.bench.report import alternate, line
from tests.bench.sizes import Sizes
from webhooks.app import build_app
from webhooks.server import PatientServer

BOOKED, BARE, BY_DRIVER, DESKS = "booked-by-api", "booked-bare", "booked-by-driver", 10
"""Municipalities of their own, and the desks of each."""

ACCOUNT = "push:one"
DETAILS = {"name": "Μαρία Παπαδοπούλου", "email": "maria@example.gr", "phone": "+306912345678"}
WARM_UP = 20


def api_bookings(kind: str, databases: Sequence[Database], sizes: Sizes) -> None:
    """Book alternately by the API, in process and in the bare application."""
    database, name = databases[-1], kind.lower()
    registry = Registry("bench", frozenset({"webchat", "email", ACCOUNT}))
    services = replace(Conversations(database).services, registry=registry, choose=secrets.choice)

    def load(session: Session) -> None:
        for each in (BARE, BY_DRIVER):
            load_catalogue(session, municipality(each, DESKS), NOW)

    database.write_sync(load)
    key = database.write_sync(lambda s: prepare(s, registry, BOOKED))
    starts = free_starts(registry, BOOKED)
    settings = Settings.model_validate({"requests_per_minute": 10**6})
    application = Application(settings, database, services)

    def in_process() -> Cost:
        start = next(starts)
        return _cost(lambda: database.write_sync(lambda s: _book(s, registry, start)))

    with ExitStack() as stack:
        api = stack.enter_context(_client(build_app(application)))

        def by_api() -> Cost:
            headers = {"Authorization": f"Bearer {key}", "Idempotency-Key": str(uuid.uuid4())}
            path = f"/api/v1/municipalities/{BOOKED}/bookings"
            return api(path, order_of(next(starts)), headers)

        def beside(name: str, store: Store) -> Callable[[], Cost]:
            desks, times = list(registry[name].desk_ids.values()), free_starts(registry, name)
            post = stack.enter_context(_client(bare_app(name, desks, store)))
            return lambda: post("/bookings", order_of(next(times)), {})

        measures = [
            *(by_api, in_process),
            beside(BARE, by_sqlalchemy(database)),
            beside(BY_DRIVER, by_driver(database)),
            beside(BARE, insert_nothing),
        ]
        costs = alternate(measures, sizes.books, warm_up=WARM_UP)
    by_key, alone, bare, driver, empty = map(mean, costs)
    added = (by_key - alone).cpu
    line(f"{name}.api.booking", f"{kind}: a booking by the API: mean", by_key, by="cpu")
    line(f"{name}.api.in_process", "  the same in process", alone, by="cpu")
    what = "  bare FastAPI with the same five inserts; what the API adds, to that"
    ratio, bound = added / bare.cpu, "at most 0.75"
    line(f"{name}.api.bare_inserts", what, bare, ratio=ratio, bound=bound, by="cpu")
    what = "  with inserts by the driver alone; what the API adds, to that"
    line(f"{name}.api.bare", what, driver, ratio=added / driver.cpu, by="cpu")
    what = "  without any insert, so HTTP alone; this, to the bare one with inserts"
    line(f"{name}.api.http", what, empty, ratio=empty.cpu / bare.cpu, by="cpu")


def prepare(session: Session, registry: Registry, name: str) -> str:
    """Load a municipality, with a room, an endpoint and a manager; return a key for them."""
    asked = {field.id: field for body in shipped() for field in body.fields if field.id in DETAILS}
    body = municipality(name, DESKS).model_copy(update={"fields": tuple(asked.values())})
    load_catalogue(session, body, NOW)
    registry.refresh(session)
    room = StaffRoom(municipality_id=name, account=ACCOUNT, chat=name, topic="", bound_at=NOW)
    session.add(room)
    webhooks.add(
        session, registry, OPERATOR, NOW, municipality_id=name, url="https://example.gr/hook"
    )
    number = members.add(
        session, registry, OPERATOR, NOW, name="API", role=Role.MANAGER, municipality_id=name
    )
    scopes = [KeyScope.READ, KeyScope.WRITE]
    _number, key = api_keys.make(
        session, registry, OPERATOR, NOW, member_id=number, name="bench", scopes=scopes, days=365
    )
    return key


def free_starts(registry: Registry, name: str) -> Iterator[datetime]:
    """Yield each free time of two months as often as there are desks."""
    offer = registry[name].offer("s", "b", "video")
    for start in schedule.free_starts(offer, {}, NOW, NOW + timedelta(days=60), NOW):
        for _ in range(DESKS):
            yield datetime.fromtimestamp(start, UTC)


def _book(session: Session, registry: Registry, start: datetime) -> None:
    by_staff.book(
        session,
        registry,
        OPERATOR,
        registry[BOOKED].offer("s", "b", "video"),
        start,
        NOW,
        language=Language.EL,
        details=DETAILS,
        consent=None,
        choose=secrets.choice,
    )


def order_of(start: datetime) -> str:
    """Return the body of an order."""
    order = {"service": "s", "branch": "b", "channel": "video", "starts_at": start.isoformat()}
    return json.dumps(order | {"details": DETAILS})


def _cost(work: Callable[[], object]) -> Cost:
    """Return the cost of this process, without this thread's where that only waits."""
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return Cost(time.perf_counter() - wall, time.process_time() - cpu)


@contextmanager
def _client(app: FastAPI) -> Iterator[Callable[[str, str, Mapping[str, str]], Cost]]:
    """Serve an application from a thread; yield what posts a body, and returns what that cost."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        server = PatientServer(app, lifespan="off")
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        connection = http.client.HTTPConnection(*listener.getsockname())

        def post(path: str, body: str, headers: Mapping[str, str]) -> Cost:
            own = time.thread_time()

            def send() -> None:
                given = {"Content-Type": "application/json", **headers}
                connection.request("POST", path, body.encode(), given)
                answer = connection.getresponse()
                text = answer.read().decode()
                if answer.status != 201:
                    raise AssertionError(f"{answer.status} {text}")

            cost = _cost(send)
            return replace(cost, cpu=cost.cpu - (time.thread_time() - own))

        try:
            yield post
        finally:
            connection.close()
            server.should_exit = True
            thread.join()
