"""The rows of a SQLite database, copied to PostgreSQL in parts, and compared there one by one.

Rows are read and written as the drivers have them, without the models: numbers, and texts, of which
JSON is one. A copy that was interrupted goes on after the last row of each table.
"""

from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from itertools import chain
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    ColumnClause,
    ColumnElement,
    Connection,
    Integer,
    String,
    Table,
    Text,
    cast,
    collate,
    column,
    desc,
    func,
    select,
    text,
    tuple_,
)
from sqlalchemy.exc import DBAPIError
from sqlalchemy.types import TypeEngine

from core.db.models import Base
from core.progress import Report

if TYPE_CHECKING:
    import psycopg

Row = tuple[Any, ...]
"""The values of a row, those of its primary key first."""

BATCH = 10_000
"""The rows that one transaction copies."""

TABLES = Base.metadata.sorted_tables
"""Each table after those to which it refers."""

STREAMED = {"yield_per": BATCH}

CASTS: dict[Any, TypeEngine[Any]] = {JSON: Text(), Boolean: Integer()}
"""What SQLite has for types that PostgreSQL has."""

BY_BYTES = "C"
"""The order in which SQLite has texts."""


class RowsRefused(Exception):
    """PostgreSQL refused rows; the text names the table and why, and none of their values."""


def copy_rows(source: Connection, target: Connection, report: Report) -> None:
    """Copy what the target lacks, each batch in a transaction. Raises RowsRefused."""
    done, total = 0, _count(source)
    for table in TABLES:
        with target.begin():
            done += _count_of(target, table)
            last = _last_key(target, table)
        report(f"Copying {table.name}", done, total)
        for rows in _batches(source, table, last):
            with target.begin():
                _write(target, table, rows)
            done += len(rows)
            report(f"Copying {table.name}", done, total)


def copy_table(source: Connection, target: Connection, name: str) -> None:
    """Copy all rows of one table in the present transaction."""
    table = Base.metadata.tables[name]
    for rows in _batches(source, table):
        _write(target, table, rows)


def compare(
    source: Connection, target: Connection, report: Report, most: int
) -> tuple[int, list[str]]:
    """Compare each row of each table, until so many differ.

    Return how many of the source's rows were compared, and the table and key of those that differ.
    """
    differ: list[str] = []
    with closing(_differences(source, target, report)) as found:
        while len(differ) < most:
            try:
                differ.append(next(found))
            except StopIteration as end:
                return end.value, differ
    return 0, differ


def _differences(
    source: Connection, target: Connection, report: Report
) -> Generator[str, None, int]:
    """Yield what differs; return how many of the source's rows were compared."""
    done, total = 0, _count(source)
    for table in TABLES:
        report(f"Comparing {table.name}", done, total)
        keys = len(table.primary_key.columns)
        theirs = _rows_of_target(target, table)
        their = next(theirs, None)
        for rows in _batches(source, table):
            for row in rows:
                while their and their[:keys] < row[:keys]:
                    yield _named(table, their)
                    their = next(theirs, None)
                if row != their:
                    yield _named(table, row)
                if their and their[:keys] == row[:keys]:
                    their = next(theirs, None)
            done += len(rows)
            report(f"Comparing {table.name}", done, total)
        yield from (_named(table, extra) for extra in chain([their] if their else [], theirs))
    return done


def set_sequences(source: Connection, target: Connection) -> None:
    """Have the target's next ids follow the highest that the source has given."""
    # Where none may be given twice, SQLite remembers that of a row that was deleted.
    found = source.execute(text("SELECT name, seq FROM sqlite_sequence"))
    given = {row.name: row.seq for row in found}
    for table in TABLES:
        if (counted := table.autoincrement_column) is None:
            continue
        newest = source.scalar(select(func.max(counted))) or 0
        if highest := max(newest, given.get(table.name, 0)):
            sequence = func.pg_get_serial_sequence(table.name, counted.name)
            target.execute(select(func.setval(sequence, highest)))


def _count(connection: Connection) -> int:
    return sum(_count_of(connection, table) for table in TABLES)


def _count_of(connection: Connection, table: Table) -> int:
    return connection.scalar(select(func.count()).select_from(table)) or 0


def _columns(table: Table) -> list[Column[Any]]:
    """Return the columns, those of the primary key first."""
    return [*table.primary_key.columns, *(each for each in table.columns if not each.primary_key)]


def _batches(source: Connection, table: Table, after: Row | None = None) -> Iterator[list[Row]]:
    """Yield the source's rows in the order of their primary key, those after that key.

    An error of the database has the table's name as a note.
    """
    untyped: list[ColumnClause[Any]] = [column(each.name) for each in _columns(table)]
    keys = untyped[: len(table.primary_key.columns)]
    query = select(*untyped).select_from(table).order_by(*keys)
    if after:
        query = query.where(tuple_(*keys) > tuple_(*after))
    try:
        with source.execute(query, execution_options=STREAMED) as found:
            for rows in found.partitions():
                yield [tuple(map(_storable, row)) for row in rows]
    except DBAPIError as error:
        error.add_note(f"while reading {table.name}")
        raise


def _rows_of_target(target: Connection, table: Table) -> Iterator[Row]:
    """Yield the target's rows in the same form and order."""
    shown: list[ColumnElement[Any]] = [
        cast(column(each.name), CASTS[type(each.type)])
        if type(each.type) in CASTS
        else column(each.name)
        for each in _columns(table)
    ]
    query = select(*shown).select_from(table).order_by(*_keys_of_target(table))
    with target.execute(query, execution_options=STREAMED) as found:
        for rows in found.partitions():
            yield from map(tuple, rows)


def _last_key(target: Connection, table: Table) -> Row | None:
    """Return the last primary key in the target; None for an empty table."""
    newest = map(desc, _keys_of_target(table))
    found = target.execute(select(*table.primary_key.columns).order_by(*newest).limit(1)).first()
    return tuple(found) if found else None


def _keys_of_target(table: Table) -> list[ColumnElement[Any]]:
    return [
        collate(column(each.name), BY_BYTES) if isinstance(each.type, String) else each
        for each in table.primary_key.columns
    ]


def _write(target: Connection, table: Table, rows: Sequence[Row]) -> None:
    import psycopg  # noqa: PLC0415 not where it can't be used, which the caller says in words

    columns = ", ".join(f'"{column.name}"' for column in _columns(table))
    into = f"COPY {table.name} ({columns}) FROM STDIN"
    try:
        with _driver(target).cursor() as cursor, cursor.copy(into.encode()) as copy:
            for row in rows:
                copy.write_row(row)
    except (psycopg.IntegrityError, psycopg.DataError) as error:
        why = error.diag.constraint_name or type(error).__name__
        raise RowsRefused(f"{table.name} ({why})") from None
    except psycopg.Error as error:
        raise DBAPIError(None, None, error) from None


def _driver(target: Connection) -> "psycopg.Connection[Row]":
    """Return psycopg's connection, which SQLAlchemy's transaction is of."""
    driver: psycopg.Connection[Row] = target.connection.driver_connection  # type: ignore[assignment]
    return driver


def _named(table: Table, row: Row) -> str:
    """Return the table and key of a row, which are nothing personal."""
    return f"{table.name} {' '.join(map(str, row[: len(table.primary_key.columns)]))}"


def _storable(value: Any) -> Any:
    """Return a value without the character NUL, which PostgreSQL can't store."""
    return value.replace("\0", "") if isinstance(value, str) and "\0" in value else value
