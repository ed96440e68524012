"""Exports: a municipality's bookings, however many, as a file for the office's own programs."""

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import BigInteger, Select, and_, or_, type_coerce
from sqlalchemy.orm import Session

from core.actor import Staff
from core.availability.schedule import day_bounds
from core.availability.slots import MAX_DURATION
from core.bookings.agenda import LISTED, listed
from core.bookings.export_formats import DETAILS, FIELDS, ExportFormat, Record, head, lines
from core.catalogue.model import Municipality
from core.catalogue.registry import LoadedMunicipality, Registry
from core.db.database import Database
from core.db.encryption import OWNER_BYTES, EncryptionKey
from core.db.models import Booking, Desk
from core.db.personal import key_of
from core.db.streaming import Row, stream
from core.staff.rights import Action

_START, _END = (type_coerce(each, BigInteger) for each in (Booking.starts_at, Booking.ends_at))
"""The times in seconds, as the database has them."""

COLUMNS = (
    Booking.starts_at,
    Booking.id,
    Booking.ends_at,
    Booking.arrived_at,
    Booking.language,
    Booking.code,
    Booking.version,
    Booking.service,
    Desk.branch,
    Desk.name,
    Booking.channel,
    Booking.state,
)
"""The columns that are read of each booking, besides its details; ordered by the first two."""


ALWAYS_ASKED = ("name", "phone", "email")
"""The details that most catalogues ask for, which stand in the first columns."""


@dataclass(frozen=True)
class Export:
    """The bookings of a municipality that a member may see, from a day on, up to a day."""

    loaded: LoadedMunicipality
    query: Select[Any]
    details: Sequence[str] | None
    """The ids of the fields that have a column; None where no details were asked for."""

    def rows_after(self, row: Row | None) -> Select[Any]:
        """Return the statement of the bookings that follow one, or of all, by start and id."""
        if row is None:
            return self.query
        start, number, *_rest = row
        follows = or_(start < _START, and_(start == _START, Booking.id > number))
        return self.query.where(start <= _START, follows)

    def reader(self, key: EncryptionKey) -> Callable[[Row], Record]:
        """Return a function that makes a record of a row."""
        zone, body = ZoneInfo(self.loaded.body.timezone), self.loaded.body.id

        @lru_cache(maxsize=64)  # for the bookings of other desks at the same time
        def local(seconds: int | None) -> str | None:
            return None if seconds is None else datetime.fromtimestamp(seconds, zone).isoformat()

        def record_of(row: Row) -> Record:
            start, number, end, arrived, language, *rest = row
            code, version, service, branch, desk, channel, state, *details = rest
            place = (body, service, branch, f"{branch}/{desk}", channel)
            times = (local(start), local(end), local(arrived))
            values = (number, code, version, *place, state, *times, language)
            record = dict(zip(FIELDS, values, strict=True))
            for whole in details:
                record[DETAILS] = key.decrypt(whole[:OWNER_BYTES], DETAILS, whole[OWNER_BYTES:])
            return record

        return record_of


def begin(
    session: Session,
    registry: Registry,
    staff: Staff,
    municipality_id: str,
    first: date | None,
    last: date | None,
    now: datetime,
    *,
    details: bool = False,
) -> Export:
    """Return the export of the bookings that begin on a day from `first` to `last`; None for any.

    Those that a member serves, with the attendees' `details` where asked for. It is recorded.
    Raises StaffRefused: not_allowed, not_found.
    """
    action = Action.EXPORT_DETAILS if details else Action.EXPORT
    loaded, served = listed(session, registry, staff, action, municipality_id, now)
    zone = ZoneInfo(loaded.body.timezone)
    columns = (*COLUMNS, Booking.details.label(DETAILS)) if details else COLUMNS
    query = (
        served.with_only_columns(*columns)
        .join(Desk, Booking.desk_id == Desk.id)
        .where(Booking.state.in_(LISTED))
        .order_by(None)
        .order_by(Booking.starts_at, Booking.id)
    )
    # The ends, too, for they are in the index; nothing is longer than a day.
    if first is not None:
        since = int(day_bounds(first, zone)[0].timestamp())
        query = query.where(since <= _START, since < _END)
    if last is not None:
        until = int(day_bounds(last, zone)[1].timestamp())
        query = query.where(until > _START, until + int(MAX_DURATION.total_seconds()) > _END)
    return Export(loaded, query, _field_ids(loaded.body) if details else None)


def _field_ids(body: Municipality) -> Sequence[str]:
    """Return the ids of what is asked of attendees: always, then by the catalogue."""
    asked = (each.id for of in body.services.values() for each in body.fields_of(of))
    return list(dict.fromkeys((*ALWAYS_ASKED, *asked)))


async def export(
    database: Database, of: Export, file_format: ExportFormat
) -> AsyncGenerator[bytes]:
    """Yield the file of an export, some bookings at a time.

    Whoever stops before the end must close the generator. Raises DatabaseUnavailable.
    """
    details, as_record = of.details, of.reader(key_of(database.engine.dialect))
    if begins := head(file_format, details):
        yield begins
    async with aclosing(stream(database, of.rows_after)) as steps:
        async for rows in steps:
            yield lines(file_format, [as_record(row) for row in rows], details)
