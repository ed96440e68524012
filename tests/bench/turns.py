"""Measure the turns of whole bookings on SQLite, and their SQL run directly on sqlite3."""

import sqlite3
import statistics
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from sqlalchemy import event

from core.db.database import Database
from tests.bench.clock import Cost, cost_quantile, mean, median_cost, now
from tests.bench.conversations import Conversations
from tests.bench.databases import on_sqlite
from tests.bench.report import line
from tests.bench.sizes import Sizes
from tests.conftest import file_of
from tests.postgres import KEY

Statement = tuple[str, object, bool]


def turns(root: Path, sizes: Sizes) -> None:
    """Measure a turn, its SQL alone, and the number of statements."""
    with on_sqlite(root, [sizes.stored]) as (database,):
        conversations = Conversations(database)
        for _ in range(3):
            conversations.book()
        conversations.costs.clear()
        while len(conversations.costs) < sizes.turns:
            conversations.book()
        costs = list(conversations.costs)
        script, most = recorded(database, conversations)
        sql_costs = list(direct(file_of(database), script))
    each, alone = median_cost(costs), median_cost(sql_costs)
    line("turn.p50", f"SQLite: a turn, {sizes.stored} bookings stored: p50", each, by="cpu")
    line("turn.p95", "SQLite: a turn: p95", cost_quantile(costs, 0.95), by="cpu")
    line("turn.mean", "SQLite: a turn: mean", mean(costs), by="cpu")
    label, bound = "  p50 to that of the same SQL run directly on sqlite3", "at most 8"
    line("turn.sql.p50", label, alone, ratio=each.wall / alone.wall, bound=bound, by="cpu")
    ratio = mean(costs).wall / mean(sql_costs).wall
    line("turn.sql.mean", "  the means", mean(sql_costs), ratio=ratio, by="cpu")
    line("statements.mean", "statements in a turn: mean", statistics.mean(map(len, script)), "")
    line("statements.most", "statements in a turn: most", most, "", bound="at most 20")


def recorded(database: Database, conversations: Conversations) -> tuple[list[list[Statement]], int]:
    """Return the SQL of some more bookings, turn by turn, and the most statements of a turn.

    The turns are recorded on a copy, so that the same SQL can then be run on the original.
    """
    script: list[list[Statement]] = []
    copy = Path(f"{file_of(database)}.copy")
    with sqlite3.connect(file_of(database)) as source, sqlite3.connect(copy) as target:
        source.backup(target)
    copied = Database(f"sqlite:///{copy}", KEY)
    conversations.database = copied

    @event.listens_for(copied.engine, "before_cursor_execute")
    def note(
        _connection: object, _cursor: object, statement: str, values: object, *_: object
    ) -> None:
        if statement.startswith("BEGIN"):
            script.append([])
        else:
            script[-1].append((statement, values, isinstance(values, list)))

    for _ in range(12):
        conversations.book()
    copied.close()
    return script, max(map(len, script))


def direct(file: Path, script: Sequence[Sequence[Statement]]) -> Iterator[Cost]:
    """Run each turn's SQL in one transaction on a sqlite3 connection; yield the cost of each."""
    connection = sqlite3.connect(file, isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA foreign_keys=ON")
    for turn in script:
        started = now()
        connection.execute("BEGIN IMMEDIATE")
        for statement, values, many in turn:
            if many:
                connection.executemany(statement, values)  # type: ignore[arg-type]
            else:
                with suppress(
                    sqlite3.IntegrityError
                ):  # a desk that the guard refused when recorded, too
                    connection.execute(statement, values).fetchall()  # type: ignore[arg-type]
        connection.execute("COMMIT")
        yield now() - started
    connection.close()
