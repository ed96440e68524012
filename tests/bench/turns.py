"""Turns of whole bookings on SQLite, beside their own SQL run straight on sqlite3."""

import sqlite3
import statistics
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from sqlalchemy import event

from core.db.database import Database
from tests.bench.clock import Cost, mean, middle, now, quantile
from tests.bench.offices import on_sqlite
from tests.bench.report import line
from tests.bench.sizes import Sizes
from tests.bench.talk import Talk
from tests.conftest import file_of

Statement = tuple[str, object, bool]


def turns(root: Path, sizes: Sizes) -> None:
    """Take what a turn costs, how much more than its SQL, and how many statements that is."""
    with on_sqlite(root, [sizes.stored]) as (database,):
        talk = Talk(database)
        for _ in range(3):
            talk.book()
        talk.costs.clear()
        while len(talk.costs) < sizes.turns:
            talk.book()
        ours = list(talk.costs)
        script, most = recorded(database, talk)
        bare = list(straight(file_of(database), script))
    each, alone = middle(ours), middle(bare)
    line("turn.p50", f"SQLite: a turn, {sizes.stored} bookings stored: p50", each, by="cpu")
    line("turn.p95", "SQLite: a turn: p95", quantile(ours, 0.95), by="cpu")
    line("turn.mean", "SQLite: a turn: mean", mean(ours), by="cpu")
    beside, bound = "  p50 to that of the same SQL straight on sqlite3", "at most 8"
    line("turn.sql.p50", beside, alone, ratio=each.wall / alone.wall, bound=bound, by="cpu")
    ratio = mean(ours).wall / mean(bare).wall
    line("turn.sql.mean", "  the means", mean(bare), ratio=ratio, by="cpu")
    line("statements.mean", "statements in a turn: mean", statistics.mean(map(len, script)), "")
    line("statements.most", "statements in a turn: most", most, "", bound="at most 20")


def recorded(database: Database, talk: Talk) -> tuple[list[list[Statement]], int]:
    """Record the SQL of some more bookings, turn by turn, and the most statements of a turn.

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


def straight(file: Path, script: Sequence[Sequence[Statement]]) -> Iterator[Cost]:
    """Run each turn's SQL on a bare connection, one transaction each; its cost."""
    connection = sqlite3.connect(file, isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA foreign_keys=ON")
    for turn in script:
        begun = now()
        connection.execute("BEGIN IMMEDIATE")
        for statement, values, many in turn:
            if many:
                connection.executemany(statement, values)  # type: ignore[arg-type]
            else:
                with suppress(sqlite3.IntegrityError):  # a desk that the guard refused there too
                    connection.execute(statement, values).fetchall()  # type: ignore[arg-type]
        connection.execute("COMMIT")
        yield now() - begun
    connection.close()
