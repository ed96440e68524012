"""Measure bookings a second by the HTTP API, with one and two server processes on one database."""

import http.client
import multiprocessing
import secrets
import socket
import threading
import time
import uuid
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from multiprocessing.connection import Connection

from bot.bootstrap import Application
from bot.settings import Settings
from core.catalogue.registry import Registry
from core.db.database import Database
from tests.bench.api_bookings import ACCOUNT, free_starts, order_of, prepare
from tests.bench.conversations import Conversations
from tests.bench.report import line
from tests.bench.sizes import Sizes
from tests.postgres import KEY
from webhooks.app import build_app
from webhooks.server import PatientServer

BOOKED = "booked-by-processes"
PROCESSES = 2
CLIENTS = 4
"""The clients of each process, which send one request after the other."""

SECONDS, ROUNDS = 1.5, 3

SPAWN = multiprocessing.get_context("spawn")


def api_processes(kind: str, databases: Sequence[Database], sizes: Sizes) -> None:
    """Book for a fixed time with one and with two processes, in turns; print the best of each."""
    database = databases[-1]
    registry = Registry("bench", frozenset({"webchat", "email", ACCOUNT}))
    key = database.write_sync(lambda s: prepare(s, registry, BOOKED))
    starts = iter([*free_starts(registry, BOOKED)])
    rates: dict[int, list[float]] = {}
    with _serving(database.url) as one, _serving(database.url) as two:
        for number in range(1 + ROUNDS):
            for count in range(1, PROCESSES + 1):
                rate = _rate([one, two][:count], key, starts)
                if number:  # the first warms up
                    rates.setdefault(count, []).append(rate)
    for count, each in rates.items():
        plural = "es" if count > 1 else ""
        what = f"{kind}: bookings a second by the API, {count} process{plural}"
        ratio = max(each) / max(rates[1]) if count > 1 else None
        line(f"{kind.lower()}.api.processes_{count}", what, max(each), "per second", ratio=ratio)


def _rate(ports: Sequence[int], key: str, starts: Iterator[datetime]) -> float:
    """Return the bookings a second by the clients of these servers."""
    began = time.perf_counter()

    def book(port: int) -> int:
        connection, made = http.client.HTTPConnection("127.0.0.1", port), 0
        while time.perf_counter() < began + SECONDS:
            headers = {
                "Authorization": f"Bearer {key}",
                "Idempotency-Key": str(uuid.uuid4()),
                "Content-Type": "application/json",
            }
            path = f"/api/v1/municipalities/{BOOKED}/bookings"
            connection.request("POST", path, order_of(next(starts)).encode(), headers)
            answer = connection.getresponse()
            text = answer.read().decode()
            if answer.status != 201:
                raise AssertionError(f"{answer.status} {text}")
            made += 1
        connection.close()
        return made

    with ThreadPoolExecutor(CLIENTS * len(ports)) as clients:
        made = sum(clients.map(book, [*ports] * CLIENTS))
    return made / (time.perf_counter() - began)


@contextmanager
def _serving(url: str) -> Iterator[int]:
    """Serve a database from a process of its own; yield the port."""
    ours, theirs = SPAWN.Pipe()
    process = SPAWN.Process(target=_serve, args=(theirs, url), daemon=True)
    process.start()
    yield ours.recv()
    ours.send("end")
    process.join()


def _serve(orders: Connection, url: str) -> None:
    database = Database(url, KEY)
    registry = Registry("bench", frozenset({"webchat", "email", ACCOUNT}))
    given = Conversations(database).services
    services = replace(given, registry=registry, choose=secrets.choice)
    settings = Settings.model_validate({"requests_per_minute": 10**6})
    app = build_app(Application(settings, database, services))
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        server = PatientServer(app, lifespan="off")
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        orders.send(listener.getsockname()[1])
        orders.recv()
        server.should_exit = True
        thread.join()
    database.close()
