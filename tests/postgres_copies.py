"""Databases on PostgreSQL that tests use one after another, each as it was copied.

To copy a database and to drop it takes the server ten times as long as to put back the few rows
that a test wrote.
"""

import time
from typing import Any

import psycopg
from psycopg.sql import SQL, Identifier

OWN = 16384
"""The first id of what isn't PostgreSQL's own."""

END_OTHERS = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
"""
LONGEST = 60
"""The seconds after which a connection that hasn't ended never will."""

MADE_OF = (
    *("pg_class WHERE oid >= {}", "pg_attribute WHERE attrelid >= {}", "pg_type WHERE oid >= {}"),
    *("pg_proc WHERE oid >= {}", "pg_attrdef", "pg_constraint", "pg_index", "pg_trigger"),
    *("pg_namespace", "pg_sequence", "pg_extension", "pg_event_trigger", "pg_rewrite"),
    *("pg_policy", "pg_collation WHERE oid >= {}", "pg_statistic", "pg_largeobject_metadata"),
    "pg_database WHERE datname = current_database()",
    "pg_db_role_setting",
)
"""Where PostgreSQL keeps what a database is made of, and how it is set."""

VERSION = "(SELECT (count(*), max(xmin::text::bigint))::text FROM {})"
"""Changes with each row that is added, changed or removed."""

STRUCTURE = "SELECT " + ", ".join(VERSION.format(each.format(OWN)) for each in MADE_OF)

TABLES = """
SELECT schemaname, tablename FROM pg_tables
WHERE schemaname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1, 2
"""

SEQUENCES = """
SELECT format('%I.%I', schemaname, sequencename), coalesce(last_value, start_value),
    last_value IS NOT NULL
FROM pg_sequences
"""

MOST_ROWS = 1_000

VERSIONS = SQL(
    "(SELECT string_agg(concat(ctid, xmin), ' ') FROM (SELECT ctid, xmin FROM {} LIMIT {}) _)"
)
"""Where the first rows of a table are, and of which transactions; none where it is empty."""


class Copy:
    """A database which is as it was when copied whenever `restore` has returned true."""

    def __init__(self, url: str) -> None:
        self.url = url
        # No foreign key is checked while rows are put back.
        options = "-c session_replication_role=replica"
        self._connection = psycopg.connect(url, autocommit=True, options=options)
        self._tables = [Identifier(*each) for each in self._ask(TABLES)]
        self._rows = [self._read(table) for table in self._tables]
        versions = [VERSIONS.format(table, MOST_ROWS) for table in self._tables]
        self._versions_of_all = SQL("SELECT {}").format(SQL(", ").join(versions))
        self._versions = self._ask(self._versions_of_all)
        self._sequences = self._ask(SEQUENCES)
        self._structure = self._ask(STRUCTURE)

    def restore(self) -> bool:
        """Put back the rows of all tables, and the sequences; end what is connected.

        Return false where that isn't all, or where so much was written that its space would stay.
        """
        try:
            if not self._alone() or self._ask(STRUCTURE) != self._structure:
                return False
            with self._connection.transaction():
                return self._restore_rows() and self._restore_numbers()
        except psycopg.OperationalError:  # the server was stopped
            return False

    def close(self) -> None:
        """Close the connection by which it is restored."""
        self._connection.close()

    def _alone(self) -> bool:
        """End all other connections; return whether none is left."""
        deadline = time.monotonic() + LONGEST
        while time.monotonic() < deadline:
            if not self._ask(END_OTHERS):
                return True
            time.sleep(0.002)
        return False

    def _restore_rows(self) -> bool:
        present = self._ask(self._versions_of_all)
        if present == self._versions:
            return True
        each = zip(self._tables, self._rows, self._versions[0], present[0], strict=True)
        for table, rows, before, now in each:
            if now != before:
                done = self._connection.execute(SQL("DELETE FROM {}").format(table))
                if done.rowcount > MOST_ROWS:
                    return False
                self._write(table, rows)
        self._versions = self._ask(self._versions_of_all)
        return True

    def _restore_numbers(self) -> bool:
        for moved in set(self._sequences) - set(self._ask(SEQUENCES)):
            self._connection.execute("SELECT setval(%s, %s, %s)", moved)
        self._connection.execute("SELECT pg_stat_reset()")  # of which the deadlocks are asked
        return True

    def _ask(self, query: Any) -> list[tuple[Any, ...]]:
        return self._connection.execute(query).fetchall()

    def _read(self, table: Identifier) -> bytes:
        cursor = self._connection.cursor()
        with cursor.copy(SQL("COPY {} TO STDOUT (FORMAT binary)").format(table)) as rows:
            return b"".join(rows)

    def _write(self, table: Identifier, rows: bytes) -> None:
        cursor = self._connection.cursor()
        with cursor.copy(SQL("COPY {} FROM STDIN (FORMAT binary)").format(table)) as copy:
            copy.write(rows)
