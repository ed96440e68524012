"""A bare FastAPI application that stores a booking by five inserts, without SQLAlchemy."""

import asyncio
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import psycopg
from fastapi import FastAPI
from pydantic import BaseModel

from core.db.database import Database
from core.db.postgresql import CONNECT

TABLES = ("booking", "history", "alert", "event", "request")
"""The rows that a booking by the API inserts: the booking, its change, and what these cause."""

_COLUMNS = "code, service, branch, channel, starts_at, name, email, phone"


class Order(BaseModel):
    """An order of a booking."""

    service: str
    branch: str
    channel: str
    starts_at: datetime
    details: dict[str, str]
    language: str = "el"


class Stored(BaseModel):
    """A booking."""

    code: str
    service: str
    branch: str
    channel: str
    starts_at: datetime


def bare_app(database: Database) -> FastAPI:
    """Return the application, on a connection of its own to a database of ours."""
    app, writer = FastAPI(), ThreadPoolExecutor(1, "bare")
    insert = writer.submit(_inserting, database).result()

    @app.post("/bookings", status_code=201)
    async def book(order: Order) -> Stored:
        values = (
            *("KX7M2P", order.service, order.branch, order.channel, order.starts_at.isoformat()),
            *(order.details[name] for name in ("name", "email", "phone")),
        )
        await asyncio.get_running_loop().run_in_executor(writer, insert, values)
        return Stored(code="KX7M2P", **order.model_dump(exclude={"details", "language"}))

    return app


def _inserting(database: Database) -> Callable[[tuple[str, ...]], None]:
    """Create the tables; return what inserts a row into each of them, in one transaction."""
    backend = database.backend
    mark = "?" if backend.file else "%s"
    statements = [
        f"INSERT INTO bare_{name} ({_COLUMNS}) VALUES ({', '.join([mark] * 8)})" for name in TABLES
    ]
    columns = ", ".join(f"{name} TEXT" for name in _COLUMNS.split(", "))
    created = [f"CREATE TABLE IF NOT EXISTS bare_{name} ({columns})" for name in TABLES]
    if backend.file:
        lite = sqlite3.connect(backend.file, isolation_level=None)
        lite.execute("PRAGMA synchronous=FULL")
        for statement in created:
            lite.execute(statement)

        def insert(values: tuple[str, ...]) -> None:
            lite.execute("BEGIN IMMEDIATE")
            for statement in statements:
                lite.execute(statement, values)
            lite.execute("COMMIT")

        return insert
    shown = backend.url.set(drivername="postgresql").render_as_string(hide_password=False)
    connection = psycopg.connect(shown, **CONNECT)
    for statement in created:
        connection.execute(statement)
    connection.commit()

    def insert_there(values: tuple[str, ...]) -> None:
        with connection.transaction():
            for statement in statements:
                connection.execute(statement, values)

    return insert_there
