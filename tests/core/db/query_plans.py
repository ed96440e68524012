"""The query plans of a database."""

import re
from collections.abc import Callable
from typing import Any

from sqlalchemy import event
from sqlalchemy.orm import Session

from core.db.database import Database

EXPLAIN = {"sqlite": "EXPLAIN QUERY PLAN", "postgresql": "EXPLAIN (COSTS OFF)"}

WATCHED = r"\s*SELECT .*(FROM|JOIN) bookings|\s*UPDATE (bookings|outgoing)"
"""The statements that read or change bookings, or change the outbox."""


def plans(database: Database, fn: Callable[[Session], object], watched: str = WATCHED) -> list[str]:
    """The plan of each statement of fn that begins with the pattern `watched`."""
    ran: list[tuple[str, Any]] = []

    def note(_c: object, _cursor: object, statement: str, given: Any, *_rest: object) -> None:
        ran.append((statement, given))

    with Session(database.engine) as session:
        event.listen(database.engine, "before_cursor_execute", note)
        try:
            fn(session)
        finally:
            event.remove(database.engine, "before_cursor_execute", note)
        connection = session.connection()
        kind = connection.dialect.name
        if kind == "postgresql":  # it would read so short a table whole
            connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        return [
            " | ".join(
                str(row[-1])
                for row in connection.exec_driver_sql(f"{EXPLAIN[kind]} {statement}", given)
            )
            for statement, given in ran
            if re.match(watched, statement, re.DOTALL)
        ]
