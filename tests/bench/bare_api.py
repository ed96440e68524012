"""A bare FastAPI application that stores a booking by five inserts, without SQLAlchemy.

The body, the answer and the tables are those of our API, with their indexes, keys and the overlap
guard. Nothing is looked up, checked, encrypted or told to anybody.
"""

import asyncio
import json
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from typing import Any, cast

import psycopg
from fastapi import FastAPI

from core.db.database import Database
from core.db.models import BookingState
from core.db.postgresql import CONNECT
from webhooks.api.staff.models import Booking, NewBooking

ROWS = (
    (
        "bookings",
        "public_id, version, code, municipality_id, branch, service, channel, desk_id, starts_at, "
        "ends_at, state, held_at, held_until, citizen_id, details, phone_hash, language, timezone",
    ),
    ("history", "booking_id, at, action, fields, member_id, platform"),
    (
        "outgoing",
        "dedupe_key, platform, account, recipient, kind, booking_id, room_id, due_at, try_at, "
        "status, attempts",
    ),
    (
        "outgoing",
        "dedupe_key, platform, account, recipient, kind, endpoint_id, event_id, payload, due_at, "
        "try_at, status, attempts",
    ),
    ("api_requests", "key_id, name_hash, request_hash, subject_id, at"),
)
"""The rows that a booking by the API inserts: the booking, its change, the alert and the event that
it causes, and the request; those that name its citizen or the record aren't among them."""

HASH = "0123456789abcdef0123456789abcdef01234567"
SECONDS = 900

Values = tuple[Any, ...]
Insert = Callable[[Values, Callable[[int], list[Values]]], int]


def bare_app(database: Database, municipality: str, desks: list[int]) -> FastAPI:
    """Return the application, on a connection of its own to a database of ours.

    Each time of the municipality is booked as often as there are `desks`, one after the other.
    """
    app, writer, numbers = FastAPI(), ThreadPoolExecutor(1, "bare"), count()
    insert = writer.submit(_inserting, database).result()

    @app.post("/bookings", status_code=201)
    async def book(order: NewBooking) -> Booking:
        number = next(numbers)
        start, code = int(order.starts_at.timestamp()), f"bare {number}"
        where = (municipality, order.branch, order.service, order.channel)
        time = (desks[number % len(desks)], start, start + SECONDS, "confirmed", start, start)
        details = json.dumps(order.details).encode()
        whose = (1, details, HASH, order.language, "Europe/Athens")
        booking = (HASH[:16].encode(), 1, code, *where, *time, *whose)
        about = {**order.model_dump(mode="json", exclude={"details"}), "code": code}

        def rows(booking_id: int) -> list[Values]:
            due = (start, start, "pending", 0)
            name, event = f"{booking_id}", json.dumps({**about, "booking": booking_id})
            return [
                (booking_id, start, "confirmed", "[]", 1, "api"),
                (f"bare {name} room 1", "push", "push:one", "room 1", "alert", booking_id, 1, *due),
                (
                    *(f"event {name} webhook 1", "webhook", "webhook:1", f"endpoint 1 {name}"),
                    *("event", 1, f"evt_{name}", event, *due),
                ),
                (1, f"{HASH} {name}", HASH, booking_id, start),
            ]

        loop = asyncio.get_running_loop()
        booking_id = await loop.run_in_executor(writer, insert, booking, rows)
        return Booking(
            id=booking_id,
            code=code,
            version=1,
            municipality=municipality,
            service=order.service,
            branch=order.branch,
            desk="",
            channel=order.channel,
            state=BookingState.CONFIRMED,
            starts_at=order.starts_at,
            ends_at=order.starts_at,
            arrived_at=None,
            initials="",
            details=None,
            consent=None,
            note=None,
            history=[],
        )

    return app


def _inserting(database: Database) -> Insert:
    """Return what inserts a row into each of the tables, in one transaction.

    It takes the booking, and what makes of its id the other rows; it returns the id.
    """
    backend = database.backend
    mark = "?" if backend.file else "%s"
    first, *others = (
        f"INSERT INTO {table} ({columns}) VALUES ({', '.join([mark] * (columns.count(',') + 1))})"
        for table, columns in ROWS
    )
    first += " RETURNING id"
    if backend.file:
        lite = sqlite3.connect(backend.file, isolation_level=None)
        for pragma in ("synchronous=FULL", "foreign_keys=ON"):
            lite.execute(f"PRAGMA {pragma}")

        def insert(booking: Values, rows: Callable[[int], list[Values]]) -> int:
            lite.execute("BEGIN IMMEDIATE")
            booking_id = cast("int", lite.execute(first, booking).fetchall()[0][0])
            for statement, values in zip(others, rows(booking_id), strict=True):
                lite.execute(statement, values)
            lite.execute("COMMIT")
            return booking_id

        return insert
    shown = backend.url.set(drivername="postgresql").render_as_string(hide_password=False)
    connection = psycopg.connect(shown, **CONNECT)

    def insert_there(booking: Values, rows: Callable[[int], list[Values]]) -> int:
        with connection.transaction():
            booking_id = cast("int", connection.execute(first, booking).fetchall()[0][0])
            for statement, values in zip(others, rows(booking_id), strict=True):
                connection.execute(statement, values)
        return booking_id

    return insert_there
