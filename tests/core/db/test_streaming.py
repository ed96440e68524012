"""Rows are streamed in small steps, whatever the reader does meanwhile."""

import asyncio
import threading
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing, suppress
from typing import Any

import aiosqlite
import pytest
from sqlalchemy import Select, select, text

from core.db import streaming
from core.db.database import Database
from core.db.models import Citizen
from core.db.streaming import STEP_ROWS, Row, stream
from core.errors import DatabaseUnavailable
from tests.core.conftest import on_sqlite
from tests.core.db.streams import closed, opened
from tests.core.small_municipality import NOW

CITIZENS = 3 * STEP_ROWS + 5

ENDLESS = """i FROM (WITH RECURSIVE n(i) AS (
  SELECT CAST(0 AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i < 1000000000000
) SELECT i FROM n) AS n ORDER BY i DESC"""
"""Rows that the database would sort for days."""


@pytest.fixture
def filled(empty: Database) -> Database:
    """A database with some steps of citizens."""
    empty.write_sync(
        lambda s: s.add_all(Citizen(details={}, created_at=NOW) for _ in range(CITIZENS))
    )
    return empty


def citizens_after(row: Row | None) -> Select[Any]:
    query = select(Citizen.id).order_by(Citizen.id)
    return query if row is None else query.where(Citizen.id > row[0])


async def steps(database: Database) -> AsyncIterator[Sequence[Row]]:
    async with aclosing(stream(database, citizens_after)) as each:
        async for rows in each:
            yield rows


def numbers(read: Sequence[Sequence[Row]]) -> list[int]:
    return [number for rows in read for (number,) in rows]


def test_all_rows_come_in_order_and_in_small_steps(filled: Database) -> None:
    async def read() -> list[Sequence[Row]]:
        return [rows async for rows in steps(filled)]

    found = asyncio.run(read())
    assert [len(rows) for rows in found] == [STEP_ROWS, STEP_ROWS, STEP_ROWS, 5]
    assert numbers(found) == sorted(numbers(found))
    assert len({*numbers(found)}) == CITIZENS


def test_a_quick_reader_sees_one_state(filled: Database) -> None:
    async def read() -> int:
        count = 0
        async for rows in steps(filled):
            if not count:
                await filled.write(lambda s: s.add(Citizen(details={}, created_at=NOW)))
            count += len(rows)
        return count

    assert asyncio.run(read()) == CITIZENS


def test_a_slow_reader_keeps_no_transaction_and_goes_on_from_the_last_row(
    filled: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streaming, "PATIENCE_SECONDS", 0.0)

    async def read() -> list[Sequence[Row]]:
        found = []
        async for rows in steps(filled):
            found.append(rows)
            await closed(filled)  # while it is read
            if len(found) == 1:
                await filled.write(lambda s: s.add(Citizen(details={}, created_at=NOW)))
        return found

    found = numbers(asyncio.run(read()))
    assert found == sorted({*found})
    assert len(found) == CITIZENS + 1  # the new one is last


def test_nothing_stays_open_where_the_reader_leaves(filled: Database) -> None:
    async def read() -> None:
        rows = stream(filled, citizens_after)
        await anext(rows)
        await rows.aclose()
        await closed(filled)

    asyncio.run(read())


def test_nothing_stays_open_where_the_reader_is_cancelled_again_and_again(
    filled: Database,
) -> None:
    async def read() -> None:
        async for _rows in steps(filled):
            await asyncio.sleep(3600)

    async def leave() -> None:
        reading = asyncio.create_task(read())
        await opened(filled)
        while not reading.done():
            reading.cancel()
            await asyncio.sleep(0)
        await closed(filled)

    asyncio.run(leave())


def test_a_query_stops_where_the_reader_leaves_before_its_first_row(empty: Database) -> None:
    async def leave() -> None:
        rows = stream(empty, lambda _row: select(text(ENDLESS)))
        reading = asyncio.ensure_future(anext(rows))
        await opened(empty)
        reading.cancel()
        with suppress(asyncio.CancelledError):
            await reading
        await closed(empty)

    asyncio.run(leave())


@on_sqlite
def test_a_query_stops_where_the_reader_leaves_before_it_has_begun(
    empty: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    queued, begin = asyncio.Event(), threading.Event()
    execute = aiosqlite.Connection.execute

    async def execute_later(connection: aiosqlite.Connection, *query: Any) -> aiosqlite.Cursor:
        # Its thread does one thing after the other.
        held = connection._execute(begin.wait)  # type: ignore[no-untyped-call]
        asked = asyncio.gather(held, execute(connection, *query))
        asyncio.get_running_loop().call_soon(queued.set)  # behind the two
        return (await asked)[1]

    monkeypatch.setattr(aiosqlite.Connection, "execute", execute_later)

    async def leave() -> None:
        reading = asyncio.ensure_future(anext(stream(empty, lambda _row: select(text(ENDLESS)))))
        await queued.wait()
        reading.cancel()
        await asyncio.wait([reading], timeout=0.1)
        begin.set()
        await closed(empty)

    asyncio.run(leave())


def test_it_rests_while_others_use_the_database(
    filled: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streaming, "REST_SECONDS", 60)
    finish = threading.Event()

    async def read() -> None:
        turn = asyncio.create_task(filled.read(lambda _session: finish.wait(30)))
        await asyncio.sleep(0)
        async with aclosing(stream(filled, citizens_after)) as rows:
            await anext(rows)
            following = asyncio.ensure_future(anext(rows))
            await asyncio.wait([following], timeout=0.3)
            assert not following.done()
            finish.set()
            await turn
            following.cancel()
            with suppress(asyncio.CancelledError):
                await following

    asyncio.run(read())


def test_it_does_not_rest_while_nobody_else_uses_the_database(
    filled: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streaming, "REST_SECONDS", 3600)

    async def read() -> list[Sequence[Row]]:
        async with asyncio.timeout(60):
            return [rows async for rows in steps(filled)]

    assert len(numbers(asyncio.run(read()))) == CITIZENS


@on_sqlite
def test_a_database_that_is_away_is_unavailable(empty: Database) -> None:
    assert empty.backend.file
    empty.backend.file.unlink()

    async def read() -> None:
        try:
            await anext(stream(empty, citizens_after))
        finally:
            await closed(empty)

    with pytest.raises(DatabaseUnavailable, match="can't be used just now"):
        asyncio.run(read())
