"""The times in a catalogue: of day, written HH:MM, and before an appointment, in hours."""

import re
from datetime import time
from typing import Annotated

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    PlainSerializer,
    WithJsonSchema,
)

MIDNIGHT = time.max
"""The end of a day, written 24:00."""


def _check_clock(value: object) -> object:
    """Return a time as it was given; raises ValueError for a text other than HH:MM."""
    if isinstance(value, str) and not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d(:00)?", value):
        given = re.fullmatch(r"(\d{1,2})[:.]([0-5]\d)", value.strip())
        example = f"{int(given[1]):02}:{given[2]}" if given and int(given[1]) < 24 else "09:30"
        raise ValueError(f"a time as HH:MM, such as {example}")
    return value


def _check_end(value: object) -> object:
    """Return a time as `_check_clock` does, and MIDNIGHT for 24:00."""
    if value in ("24:00", MIDNIGHT):
        return MIDNIGHT
    if isinstance(value, str) and re.fullmatch(r"(0?0|24)[:.]00(:00)?", value.strip()):
        raise ValueError("a time later than start, such as 24:00 for the end of the day")
    return _check_clock(value)


def _write_end(value: time) -> str:
    return "24:00" if value == MIDNIGHT else value.isoformat()


def _described(pattern: str) -> WithJsonSchema:
    """Describe a time by its form: the `time` of JSON Schema has seconds and an offset."""
    return WithJsonSchema({"type": "string", "pattern": pattern}, mode="validation")


Clock = Annotated[
    time, BeforeValidator(_check_clock), _described(r"^([01][0-9]|2[0-3]):[0-5][0-9](:00)?$")
]
ClockEnd = Annotated[
    time,
    BeforeValidator(_check_end),
    PlainSerializer(_write_end, when_used="json-unless-none"),
    _described(r"^(([01][0-9]|2[0-3]):[0-5][0-9](:00)?|24:00)$"),
]


def _as_list(value: object) -> object:
    """Return one number as a list of it: there was one reminder only."""
    return value if isinstance(value, list | tuple) else [value]


def _most_first(hours: tuple[int, ...]) -> tuple[int, ...]:
    """Return hours in descending order, each once, without 0, which means none."""
    return tuple(sorted({each for each in hours if each}, reverse=True))


ReminderHours = Annotated[
    tuple[Annotated[int, Field(ge=0, le=14 * 24)], ...],
    Field(max_length=5),
    AfterValidator(_most_first),
    BeforeValidator(_as_list),
]
"""The hours before an appointment at which reminders are sent, the most first."""
