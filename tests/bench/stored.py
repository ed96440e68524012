"""Store bookings, and all rows that belong to them, by SQL in bulk.

They are spread over all desks. In the shipped municipalities, where the measured citizens book, all
are in the past; elsewhere half are in the future. Each citizen has two, and a conversation. All
rows have the same public id, for only so can SQL give them personal values.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select, text

from core.db import overlap_guard
from core.db.database import Database
from core.db.encryption import EncryptionKey
from core.db.models import Desk
from core.db.personal import new_public_id
from core.db.postgresql import PostgreSQL
from tests.postgres import KEY

_SLOTS = 28
"""Slots of a desk's day, a quarter of an hour each, from 06:00 UTC."""

_NUMBERS = """WITH RECURSIVE numbers(i) AS (
  SELECT CAST(0 AS BIGINT) UNION ALL SELECT i + 1 FROM numbers WHERE i + 1 < {count}
)"""

_CITIZENS = f"""{_NUMBERS.format(count=":citizens")}
INSERT INTO citizens (public_id, details, created_at)
SELECT :owner, :no_details, :now - 3000000 FROM numbers"""

_CONTACTS = """INSERT INTO contacts (public_id, account, address_hash, address, citizen_id)
SELECT :owner, CASE WHEN id % 2 = 0 THEN 'webchat' ELSE 'push:one' END,
  'the hash of the address of somebody ' || id, :address, id FROM citizens ORDER BY id"""

_CONVERSATIONS = """INSERT INTO conversations
  (public_id, contact_id, language, timezone, state)
SELECT :owner, id, 'el', 'Europe/Athens', :state FROM contacts ORDER BY id"""

# The messages of most conversations have been erased since.
_INBOUNDS = """INSERT INTO inbounds
  (public_id, account, message_id, conversation_id, said, replies, received_at)
SELECT :owner, 'webchat', 'message ' || id, id, :said, :replies, :now - 9000
FROM conversations WHERE id % 10 = 0 ORDER BY id"""

_PROMPTS = """INSERT INTO prompts
  (public_id, conversation_id, number, step, offered, asked_at)
SELECT :owner, id, 16, 'review', :offered, :now - 9000
FROM conversations WHERE id % 10 = 0 ORDER BY id"""

_BOOKINGS = f"""{_NUMBERS.format(count=":count")},
placed AS (
  SELECT i, desks.id AS desk_id, municipality_id, branch,
    CASE WHEN municipality_id LIKE 'elsewhere%' THEN i / :desks / 2 ELSE i / :desks END AS nth,
    municipality_id LIKE 'elsewhere%' AND i / :desks % 2 = 1 AS to_come
  FROM numbers CROSS JOIN desks WHERE desks.id = i % :desks + 1
),
timed AS (
  SELECT i, desk_id, municipality_id, branch, :today + 21600 + nth % {_SLOTS} * 900
    + 86400 * (CASE WHEN to_come THEN nth / {_SLOTS} ELSE -1 - nth / {_SLOTS} END) AS starts_at
  FROM placed
)
INSERT INTO bookings (public_id, code, municipality_id, branch, service, channel, desk_id,
  starts_at, ends_at, state, held_at, held_until, citizen_id, details, phone_hash, language,
  timezone)
SELECT :owner, 'stored' || i, municipality_id, branch, 's', 'video', desk_id,
  starts_at, starts_at + 900,
  CASE WHEN i % 10 = 9 THEN 'cancelled' ELSE 'confirmed' END, :now - 2000000, :now - 1999400,
  i % :citizens + 1, :details, 'hash of ' || i % :citizens, 'el', 'Europe/Athens'
FROM timed ORDER BY i"""

_HISTORY = """INSERT INTO history (booking_id, at, action, fields, citizen_id, platform)
SELECT id, held_at, 'confirmed', '[]', citizen_id, 'webchat' FROM bookings ORDER BY id"""

_EMAILS = """INSERT INTO outgoing (dedupe_key, platform, account, recipient, kind, booking_id,
  due_at, try_at, expires_at, status, attempts)
SELECT 'change ' || id || ' email of booking ' || id, 'email', 'email', 'email of booking ' || id,
  'confirmed', id, held_at, held_at, ends_at, 'sent', 1 FROM bookings ORDER BY id"""

# Those of pages are pending: their citizens may never return to fetch them.
_REMINDERS = """INSERT INTO outgoing (dedupe_key, platform, account, recipient, contact_id, kind,
  booking_id, due_at, try_at, expires_at, status, attempts)
SELECT 'reminder ' || bookings.id || ' contact ' || contacts.id,
  CASE account WHEN 'webchat' THEN 'webchat' ELSE 'push' END, account, 'contact ' || contacts.id,
  contacts.id, 'reminder', bookings.id, starts_at - 86400, starts_at - 86400, starts_at,
  CASE WHEN state = 'cancelled' THEN 'cancelled'
    WHEN account = 'webchat' THEN CASE WHEN starts_at > :now THEN 'pending' ELSE 'expired' END
    WHEN starts_at - 86400 > :now THEN 'pending' ELSE 'sent' END, 0
FROM bookings JOIN contacts ON contacts.citizen_id = bookings.citizen_id ORDER BY bookings.id"""

_PERSONAL: dict[str, tuple[str, object]] = {
    "no_details": ("details", {}),
    "address": ("address", "somebody who is known as 12345678"),
    "state": ("state", {"number": 16}),
    "said": ("said", "ναι"),
    "replies": ("replies", [{"text": "Η κράτησή σας κλείστηκε."}]),
    "offered": ("offered", []),
    "details": ("details", {"name": "Μαρία Παπαδοπούλου", "email": "maria@example.gr"}),
}
"""The personal values: the column's name, and the value."""

_STATEMENTS = (
    _CITIZENS,
    _CONTACTS,
    _CONVERSATIONS,
    _INBOUNDS,
    _PROMPTS,
    _BOOKINGS,
    _HISTORY,
    _EMAILS,
    _REMINDERS,
)


def store(url: str, count: int, now: datetime) -> None:
    """Store `count` bookings in a database with catalogues and no bookings."""
    database = Database(url, KEY)
    seconds = int(now.timestamp())
    owner, key = new_public_id(), EncryptionKey(KEY)
    given: dict[str, Any] = {"owner": owner} | {
        name: key.encrypt(owner, *personal) for name, personal in _PERSONAL.items()
    }
    given |= {"count": count, "citizens": count // 2, "now": seconds}
    given["today"] = seconds // 86400 * 86400
    with database.engine.begin() as connection:
        given["desks"] = connection.execute(select(func.count()).select_from(Desk)).scalar_one()
        database.backend.lock_for_migration(connection)
        if isinstance(database.backend, PostgreSQL):
            connection.exec_driver_sql("SET LOCAL session_replication_role = replica")  # unchecked
            connection.exec_driver_sql("SET LOCAL maintenance_work_mem = '512MB'")
        with unguarded(connection):
            for statement in _STATEMENTS:
                names = [name for name in given if re.search(rf":{name}\b", statement)]
                connection.execute(text(statement), {name: given[name] for name in names})
    if isinstance(database.backend, PostgreSQL):
        _settle(database)
    database.close()


@contextmanager
def unguarded(connection: Connection) -> Iterator[None]:
    """Drop the overlap guard meanwhile, which would check each row by itself."""
    if connection.dialect.name == "sqlite":
        for name in overlap_guard.TRIGGERS:
            connection.exec_driver_sql(f"DROP TRIGGER {name}")
        yield
        for trigger in overlap_guard.TRIGGERS.values():
            connection.exec_driver_sql(trigger)
        return
    connection.exec_driver_sql("SET LOCAL statement_timeout = 0")  # of a turn; a million rows wait
    for name in overlap_guard.CONSTRAINTS:
        connection.exec_driver_sql(f"ALTER TABLE bookings DROP CONSTRAINT {name}")
    yield
    for name, made in overlap_guard.CONSTRAINTS.items():
        connection.exec_driver_sql(f"ALTER TABLE bookings ADD CONSTRAINT {name} {made}")


def _settle(database: Database) -> None:
    """Have PostgreSQL do now what its background processes would do about so many rows.

    PostgreSQL analyses its tables by itself; SQLite doesn't, so neither does this.
    """
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for statement in ("SET statement_timeout = 0", "VACUUM ANALYZE", "CHECKPOINT"):
            connection.exec_driver_sql(statement)
