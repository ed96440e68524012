"""Rows streamed through the asynchronous drivers, in small steps that nothing else waits for.

A transaction is open only while its rows are fetched, and while whoever reads them is quick. After
that, the rest is asked for anew, from the last row on.
"""

import asyncio
import sqlite3
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import aiosqlite
from sqlalchemy import Dialect, Select

from core.db.database import Database
from core.db.postgresql import CONNECT, PostgreSQL
from core.db.sqlite import BUSY_SECONDS, SQLite

if TYPE_CHECKING:
    import psycopg

Row = tuple[Any, ...]
"""The values of a row as the database has them: times in seconds, personal columns encrypted."""

STEP_ROWS = 64
"""The rows of a step, which keep the event loop for a millisecond."""

REST_SECONDS = 0.005
"""The rest after each step while others use the database: their turns would take twice as long."""

CHECK_STEPS = 100_000
"""The steps of SQLite's machine, a few milliseconds, after which it asks whether to go on."""

PATIENCE_SECONDS = 20.0
"""The seconds after which whoever hasn't asked for the next step is slow.

PostgreSQL ends a transaction that is idle for 60; on SQLite, an open one lets the log grow.
"""


async def stream(
    database: Database, rows_after: Callable[[Row | None], Select[Any]]
) -> AsyncGenerator[Sequence[Row]]:
    """Yield rows in steps of STEP_ROWS at most; rest after each while others use the database.

    `rows_after` returns the statement of the rows that follow a row, or of all for None; its values
    reach the driver as they are, so times must be seconds. Whoever stops before the end must close
    the generator, which stops the query. Raises DatabaseUnavailable.
    """
    last: Row | None = None
    loop = asyncio.get_running_loop()
    while True:
        cursor = _cursor(database)
        try:
            with _as_unavailable(database):
                await cursor.open(*_compiled(rows_after(last), database.engine.dialect))
            while not cursor.is_closed:
                begun = database.begun
                with _as_unavailable(database):
                    rows = await cursor.fetch()
                if not rows:
                    return
                last = rows[-1]
                patience = loop.call_later(PATIENCE_SECONDS, cursor.close)
                yield rows
                patience.cancel()
                if database.running or database.begun != begun:
                    await asyncio.sleep(REST_SECONDS)
        finally:
            # In a task of its own, for whoever was cancelled may be so again.
            await asyncio.shield(cursor.close())


class _Cursor(ABC):
    """The rows of a statement, in a transaction on a connection of its own that may only read."""

    def __init__(self) -> None:
        self._closing: asyncio.Task[None] | None = None

    @abstractmethod
    async def open(self, sql: str, values: Any) -> None:
        """Connect, and run the statement."""

    @abstractmethod
    async def fetch(self) -> Sequence[Row]:
        """Return the next rows; none at the end."""

    @property
    def is_closed(self) -> bool:
        """Return whether it is closed, or about to be."""
        return self._closing is not None

    def close(self) -> asyncio.Task[None]:
        """Begin to stop the query and to close the connection; return the task that does it."""
        if self._closing is None:
            self._closing = asyncio.get_running_loop().create_task(self._close())
        return self._closing

    @abstractmethod
    async def _close(self) -> None: ...


class _SQLiteCursor(_Cursor):
    def __init__(self, backend: SQLite) -> None:
        super().__init__()
        self._address = f"{backend.file.absolute().as_uri()}?mode=ro"
        self._connection: aiosqlite.Connection | None = None
        self._cursor: aiosqlite.Cursor | None = None

    async def open(self, sql: str, values: Any) -> None:
        self._connection = await aiosqlite.connect(
            self._address, uri=True, timeout=BUSY_SECONDS, isolation_level=None
        )
        # An interruption alone stops nothing where the statement is only about to begin.
        await self._connection.set_progress_handler(lambda: self.is_closed, CHECK_STEPS)
        self._cursor = await self._connection.execute(sql, values)

    async def fetch(self) -> Sequence[Row]:
        rows = await self._cursor.fetchmany(STEP_ROWS) if self._cursor else []
        return [tuple(row) for row in rows]

    async def _close(self) -> None:
        if self._connection:
            await self._connection.close()


class _PostgreSQLCursor(_Cursor):
    """A cursor of the server, for the driver's own would fetch all rows at once."""

    def __init__(self, backend: PostgreSQL) -> None:
        super().__init__()
        self._address = backend.url.set(drivername="postgresql")
        self._connection: psycopg.AsyncConnection[Row] | None = None
        self._cursor: psycopg.AsyncServerCursor[Row] | None = None

    async def open(self, sql: str, values: Any) -> None:
        from psycopg import AsyncConnection  # noqa: PLC0415 not with SQLite

        address = self._address.render_as_string(hide_password=False)
        self._connection = await AsyncConnection.connect(address, **CONNECT)
        await self._connection.set_read_only(True)
        self._cursor = self._connection.cursor("stream", binary=True)
        await self._cursor.execute(sql, values)

    async def fetch(self) -> Sequence[Row]:
        return await self._cursor.fetchmany(STEP_ROWS) if self._cursor else []

    async def _close(self) -> None:
        if self._connection:
            await self._connection.close()
        if self._cursor:
            await self._cursor.close()


def _cursor(database: Database) -> _Cursor:
    backend = database.backend
    return _SQLiteCursor(backend) if isinstance(backend, SQLite) else _PostgreSQLCursor(backend)


def _compiled(statement: Select[Any], dialect: Dialect) -> tuple[str, Any]:
    """Return a statement's text and its values, as the driver takes them."""
    state = statement.compile(dialect=dialect).construct_expanded_state()
    is_named = state.positiontup is None
    return state.statement, state.parameters if is_named else state.positional_parameters


@contextmanager
def _as_unavailable(database: Database) -> Iterator[None]:
    """Raise DatabaseUnavailable in place of a driver's error."""
    try:
        yield
    except Exception as error:
        if not isinstance(error, sqlite3.Error) and not hasattr(error, "sqlstate"):
            raise
        raise database.unavailable(error) from None
