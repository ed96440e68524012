"""Measure the export of 200,000 bookings: alone, and while citizens write."""

import asyncio
import statistics
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from functools import partial
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.orm import Session

from core.actor import OPERATOR
from core.bookings import exports
from core.bookings.catalogue_update import load_catalogue
from core.bookings.export_formats import ExportFormat
from core.db.database import Database
from core.db.encryption import EncryptionKey
from core.db.personal import new_public_id
from tests.bench.clock import Cost, median_cost
from tests.bench.conversations import Conversations, turn_of_somebody
from tests.bench.databases import NOW, municipality
from tests.bench.report import line
from tests.bench.sizes import Sizes
from tests.bench.stored import unguarded
from tests.postgres import KEY

EXPORTED, DESKS = "exported", 10
"""A municipality of its own, and its desks."""

DETAILS = {
    "name": "Μαρία Παπαδοπούλου",
    "email": "maria@example.gr",
    "phone": "+306912345678",
    "tax_number": "068933130",
}

IDLE_TURNS = 100
PAUSE_SECONDS = 0.02
LOOK_SECONDS = 0.002

# A quarter of an hour each, 28 on a day.
_BOOKINGS = """WITH RECURSIVE numbers(i) AS (
  SELECT CAST(0 AS BIGINT) UNION ALL SELECT i + 1 FROM numbers WHERE i + 1 < :count
)
INSERT INTO bookings (public_id, code, municipality_id, branch, service, channel, desk_id,
  starts_at, ends_at, state, held_at, held_until, citizen_id, details, language, timezone)
SELECT :owner, 'export' || i, municipality_id, branch, 's', 'video', desks.id,
  :since + i / :desks / 28 * 86400 + i / :desks % 28 * 900,
  :since + i / :desks / 28 * 86400 + i / :desks % 28 * 900 + 900,
  'completed', :since, :since, 1, :details, 'el', 'Europe/Athens'
FROM numbers JOIN desks ON desks.id = :first + i % :desks ORDER BY i"""


def bookings_export(kind: str, databases: Sequence[Database], sizes: Sizes) -> None:
    """Export them with their details, as NDJSON and as CSV, with many others stored."""
    database, name = databases[-1], kind.lower()
    prepare(database, sizes.exported)
    seconds, lag, memory = asyncio.run(alone(database, ExportFormat.NDJSON, sizes.exported))
    what = f"{kind}: an export of {sizes.exported} bookings as NDJSON, alone"
    line(f"{name}.export.ndjson", what, seconds * 1000, bound="at most 6 s")
    line(
        f"{name}.export.lag",
        "  the event loop's lag meanwhile: p99",
        lag * 1000,
        bound="at most 5 ms",
    )
    line(f"{name}.export.memory", "  memory that it took", memory, "MB", bound="at most 10 MB")
    seconds, _lag, _memory = asyncio.run(alone(database, ExportFormat.CSV, sizes.exported))
    line(f"{name}.export.csv", "  the same as CSV", seconds * 1000, bound="at most 6 s")
    idle, beside, seconds = asyncio.run(beside_turns(database))
    before, with_export = median_cost(idle), median_cost(beside)
    line(f"{name}.export.idle", "  a turn before: p50", before)
    ratio, bound = with_export.wall / before.wall, "at most 1.5"
    what = f"  a turn beside it ({len(beside)}): p50, to that before"
    line(f"{name}.export.turn", what, with_export, ratio=ratio, bound=bound)
    line(f"{name}.export.beside", "  the export beside turns", seconds * 1000, bound="at most 40 s")


def prepare(database: Database, count: int) -> None:
    """Store so many bookings of the municipality."""
    database.write_sync(lambda s: load_catalogue(s, municipality(EXPORTED, DESKS), NOW))
    owner = new_public_id()
    given = {
        "owner": owner,
        "details": EncryptionKey(KEY).encrypt(owner, "details", DETAILS),
        "count": count,
        "desks": DESKS,
        "since": int(NOW.timestamp()) // 86400 * 86400 - 5 * 365 * 86400 + 21600,
    }
    with database.engine.begin() as connection, unguarded(connection):
        first = "SELECT min(id) FROM desks WHERE municipality_id = :id"
        given["first"] = connection.execute(text(first), {"id": EXPORTED}).scalar_one()
        connection.execute(text(_BOOKINGS), given)


async def alone(
    database: Database, file_format: ExportFormat, count: int
) -> tuple[float, float, float]:
    """Return the seconds of an export, the p99 of the loop's lag in seconds, and MB it took."""
    lags: list[float] = []

    async def look() -> None:
        while True:
            asked = time.perf_counter()
            await asyncio.sleep(LOOK_SECONDS)
            lags.append(time.perf_counter() - asked - LOOK_SECONDS)

    before = memory = _memory()
    looking = asyncio.create_task(look())
    began, ends = time.perf_counter(), 0
    async with aclosing(await _begin(database, file_format)) as parts:
        async for part in parts:
            ends += part.count(b"\n")
            memory = max(memory, _memory())
    seconds = time.perf_counter() - began
    looking.cancel()
    if ends != count + (file_format is ExportFormat.CSV):
        raise AssertionError(f"{ends} lines")
    return seconds, statistics.quantiles(lags, n=100)[98], memory - before


async def _begin(database: Database, file_format: ExportFormat) -> AsyncGenerator[bytes]:
    registry = Conversations(database).services.registry

    def begin(session: Session) -> exports.Export:
        registry.refresh(session)
        return exports.begin(session, registry, OPERATOR, EXPORTED, None, None, NOW, details=True)

    return exports.export(database, await database.write(begin), file_format)


async def beside_turns(database: Database) -> tuple[list[Cost], list[Cost], float]:
    """Return the costs of turns before and beside an export, and the export's seconds."""
    services = Conversations(database).services
    turn = partial(turn_of_somebody, database, services, PAUSE_SECONDS)

    async def read() -> float:
        began = time.perf_counter()
        async with aclosing(await _begin(database, ExportFormat.NDJSON)) as parts:
            async for _part in parts:
                pass
        return time.perf_counter() - began

    idle = [await turn() for _each in range(IDLE_TURNS)][IDLE_TURNS // 5 :]
    reading = asyncio.create_task(read())
    beside: list[Cost] = []
    while not reading.done():
        beside.append(await turn())
    return idle, beside, await reading


def _memory() -> float:
    """Return this process's resident memory in MB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / 1e6
