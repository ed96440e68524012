"""The words for what was expected at a place of a catalogue file."""

import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from pydantic_core import ErrorDetails

from core.catalogue.model import ID, URL

PATTERNS = {ID: "an id of a-z, 0-9, - and _", URL: "a link that begins with https://"}


def expectation(error: ErrorDetails) -> str:
    """Return what was expected where pydantic found an error."""
    words = _BY_TYPE.get(error["type"])
    if callable(words):
        return words(error["input"], error.get("ctx", {}))
    message = error["msg"].removeprefix("Value error, ").removeprefix("Input should be ")
    return words or message


def _number(given: object, _ctx: Mapping[str, Any]) -> str:
    found = re.match(r"\s*(\d+)\b", given) if isinstance(given, str) else None
    return f"a whole number alone, such as {found[1] if found else 20}"


def _decimal(given: object, _ctx: Mapping[str, Any]) -> str:
    found = re.fullmatch(r"\s*(\d+),(\d+)\s*", given) if isinstance(given, str) else None
    return f"a number, such as {f'{found[1]}.{found[2]}' if found else '37.98'}"


def _date(given: object, _ctx: Mapping[str, Any]) -> str:
    """Say how a date is written, with the one that was meant where that is clear."""
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


def _pattern(_given: object, ctx: Mapping[str, Any]) -> str:
    return PATTERNS.get(ctx["pattern"], "another text")


def _length(_given: object, ctx: Mapping[str, Any]) -> str:
    return f"at most {ctx['max_length']} characters"


def _few(_given: object, ctx: Mapping[str, Any]) -> str:
    return "at least one" if ctx["min_length"] == 1 else f"at least {ctx['min_length']}"


FIELDS = "fields, each on a line of its own and indented alike"

_BY_TYPE: Mapping[str, str | Callable[[object, Mapping[str, Any]], str]] = {
    "missing": "this field, which is missing",
    "extra_forbidden": "no such field here; is it misspelled, or indented wrongly?",
    "int_parsing": _number,
    "int_type": _number,
    "int_from_float": _number,
    "float_parsing": _decimal,
    "float_type": _decimal,
    "bool_parsing": "true or false",
    "bool_type": "true or false",
    "date_parsing": _date,
    "date_from_datetime_parsing": _date,
    "date_from_datetime_inexact": _date,
    "date_type": _date,
    "time_parsing": "a time as HH:MM, such as 09:30",
    "time_type": "a time as HH:MM, such as 09:30",
    "string_type": "a text",
    "string_too_short": "a text",
    "string_too_long": _length,
    "string_pattern_mismatch": _pattern,
    "too_short": _few,
    "tuple_type": "a list",
    "list_type": "a list",
    "dict_type": FIELDS,
    "model_type": FIELDS,
    "model_attributes_type": FIELDS,
}

_YAML = {
    "tab": "spaces instead of the tab character",
    "cannot start any token": "spaces instead of a tab, and quotes around a text with signs in it",
    "mapping values are not allowed": "the indentation of the lines around it, or quotes around a "
    "text with a colon",
    "did not find expected key": "the indentation of the lines around it",
    "expected '-' indicator": "the indentation of the list's other items",
    "expected <block end>": "the indentation of the lines around it",
}


def yaml_expectation(problem: str) -> str:
    """Return what was expected where a file isn't YAML."""
    words = next((words for part, words in _YAML.items() if part in problem), None)
    return f"{words} (YAML: {problem})" if words else f"YAML ({problem})"
