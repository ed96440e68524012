"""The words for what was expected at a place of a catalogue file."""

import re
from collections.abc import Callable, Mapping
from datetime import date

from pydantic_core import ErrorDetails

from core.catalogue.model import ID, ID_RULE, URL

PATTERNS = {ID: f"an id of {ID_RULE}", URL: "a link that begins with https://"}

LISTS = {
    "days": "[mon, tue]",
    "channels": "[in_person, phone]",
    "aliases": "[Village, Hamlet]",
    "phrases": "[birth certificate, register a birth]",
    "not": "[marriage certificate]",
}
"""Examples of lists, by their field."""


def expectation(error: ErrorDetails) -> str:
    """Return what was expected where pydantic found an error."""
    words = _BY_TYPE.get(error["type"])
    if callable(words):
        return words(error)
    if words is None and error["type"] == "value_error":
        return str(error["ctx"]["error"])  # ours; pydantic's message has words before it
    return words or error["msg"].removeprefix("Input should be ")


def _number(error: ErrorDetails) -> str:
    """Say how a number is written, with the one that was meant where that one is allowed."""
    given = error["input"]
    field = next((name for name in reversed(error["loc"]) if isinstance(name, str)), "")
    shown, least = 20, 1
    if isinstance(given, str) and (found := _NUMBER.match(given)):
        shown = int(found[1])
        if field in ("duration", "interval") or field.endswith("_minutes"):
            least = 5
            shown = 60 * shown + int(found[2]) if found[2] else shown
        elif field.endswith("_hours"):
            least = 0
    return f"a whole number alone, such as {shown if shown >= least else 20}"


_NUMBER = re.compile(r"\s*(\d{1,4})(?:[:.]([0-5]\d))?(?!\d)")
"""A number, or hours and minutes."""


def _decimal(error: ErrorDetails) -> str:
    given = error["input"]
    found = re.fullmatch(r"\s*(\d+),(\d+)\s*", given) if isinstance(given, str) else None
    return f"a number, such as {f'{found[1]}.{found[2]}' if found else '37.98'}"


def _date(error: ErrorDetails) -> str:
    """Say how a date is written, with the one that was meant where that is clear."""
    given = error["input"]
    text = given.strip() if isinstance(given, str) else ""
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
        return "a day that there is in the calendar"
    meant = "2027-02-26"
    if found := re.fullmatch(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})", text):
        try:
            meant = date(int(found[3]), int(found[2]), int(found[1])).isoformat()
        except ValueError:
            return f"a day that there is in the calendar, as year-month-day, such as {meant}"
    return f"a date as year-month-day, such as {meant}"


def _pattern(error: ErrorDetails) -> str:
    return PATTERNS.get(error["ctx"]["pattern"], "another text")


def _length(error: ErrorDetails) -> str:
    return f"at most {error['ctx']['max_length']} characters"


def _text(error: ErrorDetails) -> str:
    """Say that a text that YAML reads as a field, or as nothing, needs quotes."""
    match error["input"]:
        case None:
            return "a text; null and ~ need quotes"
        case dict(given) if len(given) == 1:
            ((name, value),) = given.items()
            if isinstance(value, str):
                return f'a text; with a colon it needs quotes; write "{name}: {value}"'
    return "a text"


def _few(error: ErrorDetails) -> str:
    least = error["ctx"]["min_length"]
    return "at least one" if least == 1 else f"at least {least}"


def _list(error: ErrorDetails) -> str:
    example = LISTS.get(str(error["loc"][-1]))
    return f"a list, such as {example}" if example else "a list"


FIELDS = "fields, each on a line of its own and indented alike"

_BY_TYPE: Mapping[str, str | Callable[[ErrorDetails], str]] = {
    "missing": "this field, which is missing",
    "extra_forbidden": "no such field here; is it misspelled, indented wrongly, or part of a text "
    "that needs quotes?",
    "int_parsing": _number,
    "int_type": _number,
    "int_from_float": _number,
    "float_parsing": _decimal,
    "float_type": _decimal,
    "bool_parsing": "yes or no",
    "bool_type": "yes or no",
    "date_parsing": _date,
    "date_from_datetime_parsing": _date,
    "date_from_datetime_inexact": _date,
    "date_type": _date,
    "time_parsing": "a time as HH:MM, such as 09:30",
    "time_type": "a time as HH:MM, such as 09:30",
    "string_type": _text,
    "string_too_short": "a text",
    "string_too_long": _length,
    "string_pattern_mismatch": _pattern,
    "too_short": _few,
    "tuple_type": _list,
    "list_type": _list,
    "dict_type": FIELDS,
    "model_type": FIELDS,
    "model_attributes_type": FIELDS,
}
