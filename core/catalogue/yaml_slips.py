"""The line of a slip in a file's YAML, what is wrong there, and what to write instead."""

import re
from contextlib import suppress
from dataclasses import dataclass

import yaml

QUOTES = "quotes around a text with a comma, a colon or another sign in it"

TAB = "there is a tab character; write spaces instead"

IN_BRACKETS = (
    f'what stands in braces or brackets can\'t be read; write {QUOTES}, such as {{el: "…, …"}}, '
    "and a comma between two fields"
)

FIELD = re.compile(r"( *)((?:- +)*)[^\s:]+(?::|\s|$)")
"""The beginning of a line with a field or item: its indentation, and its dashes."""


NO_COLON = re.compile(r" *(?:- +)*[\w-]+(?::\S| )")
"""The beginning of a line with a field that lacks its colon, or the space after it."""


@dataclass(frozen=True)
class _Place:
    """Where an item of a list (at its dash) or a field begins.

    Its line (from 1), how many spaces that line begins with, and its own column (from 0).
    """

    line: int
    indentation: int
    column: int
    is_item: bool


def yaml_slip(error: yaml.MarkedYAMLError, text: str) -> tuple[int, str]:
    """Return the line (from 1) that a reader of YAML failed for, and what to write there."""
    said, lines = error.problem or "", text.split("\n")
    at, began = error.problem_mark, error.context_mark
    if at is None:
        return 1, f"YAML ({said})"
    number, line = at.line + 1, lines[at.line] if at.line < len(lines) else ""
    sign = line[at.column : at.column + 1]
    if sign == "\t" or "tab character" in said:
        return number, TAB
    if "quoted scalar" in (error.context or "") and began:
        return began.line + 1, "a quote begins a text here, and none ends it; write the second one"
    if quoted := _quote_left_open(at, text):
        return (
            quoted,
            f"a quote begins a text here, and none ends it before line {number}; write it",
        )
    if "could not find expected ':'" in said and began:
        return began.line + 1, _field_without_colon(lines[began.line])
    if "<document start>" in said:
        before = max((i for i in range(at.line) if _says_something(lines[i])), default=0)
        return before + 1, _field_without_colon(lines[before])
    if "flow" in (error.context or "") and began:
        sign = lines[began.line][began.column : began.column + 1]
        if began.line < at.line:
            closing = {"{": "}", "[": "]"}.get(sign, "bracket")
            return began.line + 1, (
                f"the {sign} of this line isn't closed before line {number}; "
                f"write the {closing}, or {QUOTES}"
            )
        return number, IN_BRACKETS
    if "unexpected ':'" in said:
        return number, IN_BRACKETS
    if re.search(r"cannot start any token|alphabetic or numeric|undefined alias", said):
        begins = line[: at.column + 1].split()[-1][0]
        return number, f"a text can't begin with {begins}; write quotes around it"
    if "mapping values" in said and _in_a_text(line, at.column):
        name, value = line.split(":", 1)
        return number, f'a text with a colon needs quotes; write {name.strip()}: "{value.strip()}"'
    if re.search(r"mapping values|expected key|'-' indicator|<block end>", said):
        return _indentation(lines, at.line)
    return number, f"YAML ({said})"


def _says_something(line: str) -> bool:
    return bool(line.strip()) and not line.lstrip().startswith("#")


def _in_a_text(line: str, column: int) -> bool:
    """Return whether the colon at a column is the second of its line."""
    return bool(re.search(r":\s+\S", line[:column]))


def _field_without_colon(line: str) -> str:
    """Say how a field is written, with the one that was meant where that is clear."""
    found = re.match(r"\s*(?:- +)*([\w-]+)(?: *:| +)([^\s#].*?)\s*(?: #|$)", line)
    meant = f"{found[1]}: {found[2]}" if found else "name: value"
    return f"a colon and a space are missing between a field and its value; write {meant}"


def _quote_left_open(at: yaml.Mark, text: str) -> int | None:
    """Return since which line (from 1) a quote may be open, which the next text's quote ends."""
    last: yaml.Token | None = None
    with suppress(yaml.YAMLError):
        for token in yaml.scan(text, Loader=yaml.CSafeLoader):
            if token.start_mark.index > at.index:
                break
            if isinstance(token, yaml.ScalarToken) and token.style in ("'", '"'):
                last = token
    if last and last.start_mark.line < last.end_mark.line == at.line:
        return int(last.start_mark.line) + 1
    return None


def _indentation(lines: list[str], failed: int) -> tuple[int, str]:
    """Say which line is indented otherwise than its neighbours, given the one (from 0) that failed.

    YAML fails at the second of two lines that don't agree: where the first has an odd number of
    spaces and the second an even one, the first is named.
    """
    still_open: list[_Place] = []
    for number, line in enumerate(lines[:failed], 1):
        still_open = _opened(still_open, number, line)
    line = lines[failed]
    if found := re.match(r" *-([^\s-].*)", line):
        return failed + 1, f"the space after the dash is missing; write - {found[1]}"
    column = len(line) - len(line.lstrip(" "))
    is_item = line.lstrip().startswith("-")
    alike = [place for place in still_open if place.is_item == is_item]
    if not alike:
        return (
            failed + 1,
            "it is indented otherwise than the lines around it; write as many spaces before it",
        )
    near = min(reversed(alike), key=lambda place: abs(place.column - column))
    # To YAML a field without its colon is a text, and the next field a fault.
    if near.column == column:
        number = failed + 1 if NO_COLON.match(line) else near.line
        return number, _field_without_colon(lines[number - 1])
    if near.column % 2 and not column % 2:
        return near.line, _as(near.indentation, column - near.column, failed + 1)
    return failed + 1, _as(column, near.column - column, near.line)


def _opened(before: list[_Place], number: int, line: str) -> list[_Place]:
    """Return the fields and items that a next line may go on with, given those before a line."""
    found = FIELD.match(line)
    if not found or not _says_something(line):
        return before
    indentation, dashes = len(found[1]), found[2]
    after = [
        place
        for place in before
        if place.column < indentation
        or (dashes and place.column == indentation and not place.is_item)
    ]
    columns = [indentation + dash.start() for dash in re.finditer("-", dashes)]
    after += [_Place(number, indentation, column, is_item=True) for column in columns]
    column = indentation + len(dashes)
    return [*after, _Place(number, indentation, column, is_item=False)]


def _as(indentation: int, more: int, line: int) -> str:
    has = "1 space" if indentation == 1 else f"{indentation} spaces"
    right = indentation + more or "none"
    return f"it begins with {has}; write {right}, to be in line with line {line}"
