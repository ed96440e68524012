"""Encrypt what is stored about people, and look up contacts by a keyed hash of their address.

Columns are added and dropped, not altered: Alembic's batch mode would rebuild the tables, without
the overlap guard, and the deletion of the former ones would cascade.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

from core.db.encryption import EncryptionKey
from core.db.personal import key_of, new_public_id

revision = "0013"
down_revision = "0012"

BATCH = 500
"""The rows encrypted at a time, so that no whole table is in memory."""

NULLABLE = {"offered", "said", "replies"}
"""The columns in which nothing is NULL from now on, so that all rows can be erased at once."""

COLUMNS: dict[str, dict[str, type[Any]]] = {
    "citizens": {"details": sa.JSON},
    "contacts": {"address": sa.String},
    "conversations": {"state": sa.JSON},
    "prompts": {"offered": sa.JSON},
    "inbounds": {"said": sa.String, "replies": sa.JSON},
    "bookings": {"details": sa.JSON},
}
"""The columns that become personal, by table, with their former type."""

KEYS = {"prompts": ["conversation_id", "number"]}
"""The primary keys that aren't `id`."""


def upgrade() -> None:
    """Encrypt the columns of all rows."""
    connection = op.get_bind()
    before = _secure_delete(connection, 1)
    for table, columns in COLUMNS.items():
        # A default for the rows that are there; with it, nothing can be decrypted.
        op.add_column(table, _binary("public_id", nullable=False))
        for column in columns:
            op.alter_column(table, column, new_column_name=_former(column))
            op.add_column(table, _binary(column, nullable=column in NULLABLE))
        _encrypt(connection, key_of(connection.dialect), table)
        for column in columns:
            if table != "contacts":
                op.drop_column(table, _former(column))
    _secure_delete(connection, before)


def _secure_delete(connection: sa.Connection, state: int) -> int:
    """Set whether SQLite overwrites what is deleted, as not every build does; return the former.

    Else the former texts would stay in the file, where its pages are free.
    """
    if connection.dialect.name != "sqlite":
        return 0
    former: int = connection.exec_driver_sql("PRAGMA secure_delete").scalar_one()
    connection.exec_driver_sql(f"PRAGMA secure_delete = {state}")
    return former


def _former(column: str) -> str:
    """Return the name of a former column. The address's stays unique, with the account's."""
    return "address_hash" if column == "address" else f"former_{column}"


def _binary(name: str, *, nullable: bool) -> sa.Column[bytes]:
    default = None if nullable else ""
    return sa.Column(name, sa.LargeBinary(), nullable=nullable, server_default=default)


def _encrypt(connection: sa.Connection, key: EncryptionKey, name: str) -> None:
    """Fill a table's new columns from the former ones, which are emptied."""
    ids, columns = KEYS.get(name, ["id"]), COLUMNS[name]
    table = sa.table(
        name,
        *(sa.column(each, sa.BigInteger) for each in ids),
        *(sa.column(_former(each), of) for each, of in columns.items()),
        *(sa.column(each, sa.LargeBinary) for each in ("public_id", *columns)),
        *([sa.column("account", sa.String)] if name == "contacts" else []),
    )
    own = [table.c[each] for each in ids]
    changed = ["public_id", *columns, *map(_former, columns)]
    change = (
        table.update()
        .where(*(each == sa.bindparam(f"own_{each.name}") for each in own))
        .values({each: sa.bindparam(f"new_{each}") for each in changed})
    )
    query, last = sa.select(table).order_by(*own).limit(BATCH), [-1] * len(own)
    while rows := connection.execute(query.where(sa.tuple_(*own) > sa.tuple_(*last))).all():
        last = [getattr(rows[-1], each) for each in ids]
        connection.execute(change, [_changes(key, row, ids, columns) for row in rows])


def _changes(
    key: EncryptionKey, row: sa.Row[Any], ids: Sequence[str], columns: Mapping[str, type[Any]]
) -> dict[str, Any]:
    """Return the parameters that encrypt a row."""
    public_id = new_public_id()
    given = {f"own_{each}": getattr(row, each) for each in ids} | {"new_public_id": public_id}
    for column, former in columns.items():
        value = getattr(row, _former(column))
        nothing = value is None or (value == [] and column in NULLABLE)
        given[f"new_{column}"] = None if nothing else key.encrypt(public_id, column, value)
        given[f"new_{_former(column)}"] = {} if former is sa.JSON else ""
        if column == "address":
            given["new_address_hash"] = key.keyed_hash(f"{row.account} {value}")
    return given
