"""The formats of exports: CSV for spreadsheets, NDJSON for programs."""

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Any

from pydantic_core import to_json

FIELDS = (
    *("id", "code", "version", "municipality", "service", "branch", "desk", "channel", "state"),
    *("starts_at", "ends_at", "arrived_at", "language"),
)
"""The fields that an export has of each booking, as the HTTP API names it.

The desk is BRANCH/DESK; times are in ISO 8601, in the municipality's zone.
"""

DETAILS = "details"
"""The field that it has besides where that is asked for: the attendee's details, by name."""

OTHER_DETAILS = "other_details"
"""The column of those details that the catalogue asks for no more, as JSON."""

Record = Mapping[str, Any]
"""A booking: the FIELDS, and DETAILS where they were asked for."""

BYTE_ORDER_MARK = "\ufeff"
"""The beginning of a CSV file, without which Excel takes Greek for another alphabet."""

SIGNS = "=+-@\uff1d\uff0b\uff0d\uff20"
"""The signs, also as wide as a Chinese one, that begin what a spreadsheet would calculate."""

FORMULA = frozenset(f"{SIGNS}\t\r\n")
"""The beginnings of a cell that a spreadsheet would calculate."""

_LATER_CELL = re.compile(rf'[;\t\r\n]"*(?=[{re.escape(SIGNS)}])')
"""Matches before such a sign where a spreadsheet may begin a cell within ours.

It does under settings with another separator: under Greek ones, Excel splits a line at `;`.
"""


class ExportFormat(StrEnum):
    """The format of an export."""

    CSV = "csv"
    NDJSON = "ndjson"
    """A JSON object on each line."""


MEDIA_TYPES = {
    ExportFormat.CSV: "text/csv; charset=utf-8; header=present",
    ExportFormat.NDJSON: "application/x-ndjson",
}


def head(file_format: ExportFormat, details: Sequence[str] | None) -> bytes:
    """Return the beginning of a file: of CSV, the names of the columns.

    `details` are the ids of the fields that have a column; None where no details were asked for.
    """
    if file_format is ExportFormat.NDJSON:
        return b""
    names = FIELDS if details is None else (*FIELDS, *details, OTHER_DETAILS)
    return BYTE_ORDER_MARK.encode() + _csv([names])


def lines(
    file_format: ExportFormat, records: Sequence[Record], details: Sequence[str] | None
) -> bytes:
    """Return the lines of some bookings; `details` as for `head`."""
    if file_format is ExportFormat.NDJSON:
        return b"".join(to_json(record) + b"\n" for record in records)
    return _csv(_cells(record, details) for record in records)


def _cells(record: Record, details: Sequence[str] | None) -> list[object]:
    """Return the cells of a booking, none of which begins a formula."""
    cells = [record[name] for name in FIELDS]
    if details is not None:
        known = record[DETAILS]
        cells += [known.get(name) for name in details]
        others = {name: known[name] for name in known if name not in details}
        cells.append(to_json(others).decode() if others else None)
    return [f"'{cell}" if str(cell)[:1] in FORMULA else cell for cell in cells]


def _csv(rows: Iterable[Sequence[object]]) -> bytes:
    written = io.StringIO(newline="")
    csv.writer(written).writerows(rows)
    # Of all at once: for each cell, it would take twice the time of the export.
    safe = _LATER_CELL.sub(r"\g<0>'", written.getvalue())
    return safe.encode("utf-8", "surrogatepass")
