"""Personal columns: what is stored about people is encrypted, each value bound to its row.

A table that has some derives from `WithPublicId`. Whoever writes a value says whose it is
(`Personal`); on reading, the database itself says it, as every SELECT of such a column reads the
row's `public_id` before it. So a text that was copied to another row or column can't be read.
"""

import os
from dataclasses import dataclass
from typing import Any, Generic, TypeVar, overload

from sqlalchemy import (
    ColumnElement,
    Dialect,
    Engine,
    Label,
    LargeBinary,
    String,
    cast,
    text,
    type_coerce,
)
from sqlalchemy.orm import InstrumentedAttribute, Mapped, MappedColumn, mapped_column
from sqlalchemy.types import TypeDecorator

from core.db.encryption import OWNER_BYTES, EncryptionKey

T = TypeVar("T")

_NOTHING = text("''")
"""The default of columns that must have a value: with it, nothing can be decrypted."""

_KEY = "rantevou_encryption_key"


def use_key(engine: Engine, key: EncryptionKey) -> None:
    """Let an engine's statements encrypt and decrypt with a key."""
    vars(engine.dialect)[_KEY] = key


def key_of(dialect: Dialect) -> EncryptionKey:
    """Return the key that an engine uses. Raises LookupError before it has any."""
    key = vars(dialect).get(_KEY)
    if not isinstance(key, EncryptionKey):
        raise LookupError("personal columns need the database's key: prepare it first")
    return key


def new_public_id() -> bytes:
    """Return a new row's public id."""
    return os.urandom(OWNER_BYTES)


@dataclass(frozen=True, slots=True)
class Personal:
    """A value for a personal column, and the public id of its row. None is stored as NULL."""

    owner: bytes
    value: Any


class PersonalColumn(TypeDecorator[Any]):
    """A JSON value that is stored encrypted: written as `Personal`, read as the value alone.

    `name` is bound into each value, so it stays when the column is renamed. SQL can tell whether
    it is NULL, and nothing else.
    """

    impl = LargeBinary
    cache_ok = True

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name

    def column_expression(self, column: ColumnElement[Any]) -> ColumnElement[Any]:
        """Return the expression that is selected: the row's public id, then the value."""
        if isinstance(column, Label):
            column = column.element
        owner = column.table.c.public_id
        whole = owner.op("||")(type_coerce(column, LargeBinary))
        # A cast, for SQLite makes a text of them.
        return type_coerce(cast(whole, LargeBinary), self)

    def process_bind_param(self, value: Personal | None, dialect: Dialect) -> bytes | None:
        """Return the encrypted value. Raises TypeError where it isn't said whose it is."""
        if value is None:
            return None
        if not isinstance(value, Personal):
            raise TypeError(f"{self.name}: a personal value needs its row's public id")
        if value.value is None:
            return None
        return key_of(dialect).encrypt(value.owner, self.name, value.value)

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> Any:
        """Return the value alone. Raises UnreadableValue."""
        if value is None:
            return None
        return key_of(dialect).decrypt(value[:OWNER_BYTES], self.name, value[OWNER_BYTES:])


class LookupHash(TypeDecorator[str]):
    """The keyed hash of what it is written or compared as, for looking up an encrypted value."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Return the keyed hash."""
        return None if value is None else key_of(dialect).keyed_hash(value)


class WithPublicId:
    """A table with personal columns: each row has a random id, known before it is inserted."""

    public_id: Mapped[bytes] = mapped_column(LargeBinary, server_default=_NOTHING)


def personal_column(name: str) -> MappedColumn[Any]:
    """Return a personal column that must have a value."""
    return mapped_column(name, PersonalColumn(name), server_default=_NOTHING)


class personal(Generic[T]):  # noqa: N801 it is used like `property`
    """An attribute that shows a personal column's value, and writes it as its row's.

    As the class's attribute it is the column.
    """

    def __init__(self, column: str) -> None:
        """Take the name of the mapped column's attribute."""
        self._column = column

    @overload
    def __get__(self, row: None, owner: type) -> InstrumentedAttribute[T]: ...

    @overload
    def __get__(self, row: WithPublicId, owner: type) -> T: ...

    def __get__(self, row: WithPublicId | None, owner: type) -> Any:
        """Return the value."""
        found = getattr(owner if row is None else row, self._column)
        return found.value if isinstance(found, Personal) else found

    def __set__(self, row: WithPublicId, value: T) -> None:
        """Set the value."""
        if row.public_id is None:  # it isn't stored yet
            row.public_id = new_public_id()
        setattr(row, self._column, Personal(row.public_id, value))
