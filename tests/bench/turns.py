"""Turns of whole bookings on SQLite, beside their own SQL run straight on sqlite3."""

import sqlite3
import statistics
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from sqlalchemy import event

from core.database import Database
from tests.bench.offices import on_sqlite
from tests.bench.report import line, ms
from tests.bench.talk import Talk
from tests.conftest import file_of

STORED = 100_000
TURNS = 400

Statement = tuple[str, object, bool]


def turns(root: Path) -> None:
    """How long a turn takes, how much longer than its SQL, and how many statements that is."""
    with on_sqlite(root, [STORED]) as (database,):
        talk = Talk(database)
        for _ in range(3):
            talk.book()
        talk.seconds.clear()
        while len(talk.seconds) < TURNS:
            talk.book()
        ours = sorted(talk.seconds)
        script, most = recorded(database, talk)
        bare = sorted(straight(file_of(database), script))
    each, alone = statistics.median(ours), statistics.median(bare)
    line(f"SQLite: a turn, {STORED} bookings stored: p50", ms(each))
    line("SQLite: a turn: p95", ms(ours[int(len(ours) * 0.95)]))
    line("  p50 to that of the same SQL straight on sqlite3", ms(alone), each / alone, "at most 8")
    mean = statistics.mean(bare)
    line("  the means", ms(mean), statistics.mean(ours) / mean)
    line("statements in a turn: mean", f"{statistics.mean(map(len, script)):.1f}")
    line("statements in a turn: most", str(most), bound="at most 20")


def recorded(database: Database, talk: Talk) -> tuple[list[list[Statement]], int]:
    """The SQL of some more bookings, turn by turn, and the most statements of a turn.

    What each changed is undone, so that it can be run again: the turns are recorded on a copy.
    """
    script: list[list[Statement]] = []
    copy = Path(f"{file_of(database)}.copy")
    with sqlite3.connect(file_of(database)) as source, sqlite3.connect(copy) as target:
        source.backup(target)
    twin = Database(f"sqlite:///{copy}")
    talk.database = twin

    @event.listens_for(twin.engine, "before_cursor_execute")
    def note(
        _connection: object, _cursor: object, statement: str, values: object, *_: object
    ) -> None:
        if statement.startswith("BEGIN"):
            script.append([])
        else:
            script[-1].append((statement, values, isinstance(values, list)))

    for _ in range(12):
        talk.book()
    twin.close()
    return script, max(map(len, script))


def straight(file: Path, script: Sequence[Sequence[Statement]]) -> Iterator[float]:
    """The time of each turn's SQL on a bare connection, one transaction each."""
    connection = sqlite3.connect(file, isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA foreign_keys=ON")
    for turn in script:
        begun = time.perf_counter()
        connection.execute("BEGIN IMMEDIATE")
        for statement, values, many in turn:
            if many:
                connection.executemany(statement, values)  # type: ignore[arg-type]
            else:
                with suppress(sqlite3.IntegrityError):  # a desk that the guard refused there too
                    connection.execute(statement, values).fetchall()  # type: ignore[arg-type]
        connection.execute("COMMIT")
        yield time.perf_counter() - begun
    connection.close()
