"""A bare FastAPI application that stores a booking by five inserts.

The body, the answer and the tables are those of our API, with their indexes, keys and the overlap
guard; the inserts are statements of SQLAlchemy in one transaction, as our own. Nothing is looked
up, checked or told to anybody. It can also insert by the driver alone, or not at all.
"""

import json
import sqlite3
from asyncio import get_running_loop
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from itertools import count
from typing import Any, cast

import psycopg
from fastapi import FastAPI
from sqlalchemy import insert
from sqlalchemy.orm import Session

from core.db.database import Database
from core.db.models import ApiRequest, BookingState, History, OutboxRow
from core.db.models import Booking as BookingRow
from core.db.personal import Personal, key_of, new_public_id
from core.db.postgresql import CONNECT
from core.db.statements import run
from webhooks.api.staff.models import Booking, NewBooking

TABLES: tuple[Any, ...] = (
    BookingRow.__table__,
    History.__table__,
    OutboxRow.__table__,
    OutboxRow.__table__,
    ApiRequest.__table__,
)
"""The tables of the rows that a booking by the API inserts: the booking, its change, the alert and
the event that it causes, and the request; those that name its citizen or the record aren't among
them."""

HASH = "0123456789abcdef0123456789abcdef01234567"

Row = Mapping[str, Any]
Rows = Callable[[int], Sequence[Row]]
Store = Callable[[Row, Rows], Awaitable[int]]
"""Stores a booking, and what makes of its id the other rows; returns the id."""


def bare_app(municipality: str, desks: list[int], store: Store) -> FastAPI:
    """Return the application.

    Each time of the municipality is booked as often as there are `desks`, one after the other.
    """
    app, numbers = FastAPI(), count()

    @app.post("/bookings", status_code=201)
    async def book(order: NewBooking) -> Booking:
        number, start, owner = next(numbers), order.starts_at, new_public_id()
        code, end = f"{municipality} {number}", start + timedelta(minutes=15)
        booking = {
            "public_id": owner,
            "version": 1,
            "code": code,
            "municipality_id": municipality,
            "branch": order.branch,
            "service": order.service,
            "channel": order.channel.value,
            "desk_id": desks[number % len(desks)],
            "starts_at": start,
            "ends_at": end,
            "state": BookingState.CONFIRMED.value,
            "held_at": start,
            "held_until": start,
            "citizen_id": 1,
            "details": Personal(owner, order.details),
            "phone_hash": HASH,
            "phone_proven": False,
            "language": order.language.value,
            "timezone": "Europe/Athens",
        }
        about = {**order.model_dump(mode="json", exclude={"details"}), "code": code}
        waiting = {"due_at": start, "try_at": start, "status": "pending", "attempts": 0}

        def others(booking_id: int) -> Sequence[Row]:
            name, event = f"{booking_id}", json.dumps({**about, "booking": booking_id})
            return (
                {
                    **{"booking_id": booking_id, "at": start, "action": "confirmed", "fields": []},
                    **{"member_id": 1, "platform": "api"},
                },
                {
                    **{"dedupe_key": f"bare {name} room 1", "platform": "push"},
                    **{"account": "push:one", "recipient": "room 1", "kind": "alert"},
                    **{"booking_id": booking_id, "room_id": 1, **waiting},
                },
                {
                    **{"dedupe_key": f"event {name} webhook 1", "platform": "webhook"},
                    **{"account": "webhook:1", "recipient": f"endpoint 1 {name}", "kind": "event"},
                    **{"endpoint_id": 1, "event_id": f"evt_{name}", "payload": event, **waiting},
                },
                {
                    **{"key_id": 1, "name_hash": f"{HASH} {name}", "request_hash": HASH},
                    **{"subject_id": booking_id, "at": start},
                },
            )

        booking_id = await store(booking, others)
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
            starts_at=start,
            ends_at=end,
            arrived_at=None,
            coming_at=None,
            ready=[],
            initials="",
            details=None,
            consent=None,
            note=None,
            history=[],
        )

    return app


async def insert_nothing(_booking: Row, _others: Rows) -> int:
    """Return an id."""
    return 1


def by_sqlalchemy(database: Database) -> Store:
    """Return what inserts the rows as we do: by statements that are built once, in one hop."""
    first, *statements = (insert(table) for table in TABLES)
    first = first.returning(BookingRow.__table__.c.id)

    async def store(booking: Row, others: Rows) -> int:
        def write(session: Session) -> int:
            booking_id = cast("int", run(session, first, booking).scalar_one())
            for statement, values in zip(statements, others(booking_id), strict=True):
                run(session, statement, values)
            return booking_id

        return await database.write(write)

    return store


def by_driver(database: Database) -> Store:
    """Return what inserts the rows without SQLAlchemy, on a connection of its own."""
    backend, writer = database.backend, ThreadPoolExecutor(1, "bare")
    key = key_of(database.engine.dialect)
    connection: Any
    if backend.file:
        connection = sqlite3.connect(backend.file, isolation_level=None, check_same_thread=False)
        for pragma in ("synchronous=FULL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")
    else:
        shown = backend.url.set(drivername="postgresql").render_as_string(hide_password=False)
        connection = psycopg.connect(shown, autocommit=True, **CONNECT)
    begin, mark = ("BEGIN IMMEDIATE", ":{}") if backend.file else ("BEGIN", "%({})s")

    def plain(value: object) -> object:
        """Return a value as the driver takes it."""
        if isinstance(value, datetime):
            return int(value.timestamp())
        if isinstance(value, Personal):
            return key.encrypt(value.owner, "details", value.value)
        return json.dumps(value) if isinstance(value, list) else value

    def inserted(table: Any, row: Row, more: str = "") -> Any:
        marks = ", ".join(map(mark.format, row))
        statement = f"INSERT INTO {table.name} ({', '.join(row)}) VALUES ({marks}){more}"
        return connection.execute(statement, {name: plain(row[name]) for name in row})

    def write(booking: Row, others: Rows) -> int:
        connection.execute(begin)
        booking_id = cast("int", inserted(TABLES[0], booking, " RETURNING id").fetchall()[0][0])
        for table, row in zip(TABLES[1:], others(booking_id), strict=True):
            inserted(table, row)
        connection.execute("COMMIT")
        return booking_id

    async def store(booking: Row, others: Rows) -> int:
        return await get_running_loop().run_in_executor(writer, write, booking, others)

    return store
