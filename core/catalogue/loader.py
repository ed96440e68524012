"""Read a municipality's YAML file, and name what is wrong in it or lacks a language."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError

from core.catalogue.model import ID, URL, Municipality
from core.catalogue.validation import Location, find_issues
from core.errors import ConfigurationError
from core.i18n import LocalizedText

SHIPPED = Path(__file__).parent / "data"


@dataclass(frozen=True)
class Problem:
    """What is wrong in a catalogue: file, line (from 1), field and what was expected."""

    file: Path
    line: int
    field: str
    expected: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.field}: {self.expected}"


class CatalogueInvalid(ConfigurationError):
    """A catalogue that can't be loaded."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems


def read_catalogue(path: Path) -> Municipality:
    """Read and check one file; raises CatalogueInvalid with every problem found."""
    return check_catalogue(path)[0]


def check_catalogue(path: Path) -> tuple[Municipality, list[Problem]]:
    """Read and check one file like `read_catalogue`; return also what lacks a language."""
    lines: dict[Location, int] = {(): 1}
    problems: list[Problem] = []

    def located(where: Location, expected: str) -> Problem:
        known = where
        while known not in lines:
            known = known[:-1]
        field = ".".join(str(part) for part in where) or "the file"
        return Problem(path, lines[known], field, expected)

    def problem(where: Location, expected: str) -> None:
        problems.append(located(where, expected))

    def build(node: yaml.Node, where: Location) -> Any:
        """Turn YAML nodes into data, all scalars as text, remembering each one's line.

        Text, for YAML would read 12:30 as 750 and the English word Yes as true.
        """
        lines.setdefault(where, node.start_mark.line + 1)
        if isinstance(node, yaml.MappingNode):
            data: dict[str, Any] = {}
            for key_node, value in node.value:
                key = str(key_node.value)
                lines[(*where, key)] = key_node.start_mark.line + 1
                if key in data:
                    problem((*where, key), "this key only once")
                data[key] = build(value, (*where, key))
            return data
        if isinstance(node, yaml.SequenceNode):
            return [build(item, (*where, i)) for i, item in enumerate(node.value)]
        return node.value

    root = _compose(path)
    try:
        data = build(root, ())
    except RecursionError:
        raise _unreadable(path, "YAML without an *alias inside itself") from None
    try:
        body = Municipality.model_validate(data)
        for found in find_issues(body):
            problem(found.where, found.expected)
    except ValidationError as error:
        for where, expected in _wrong(error, lines):
            problem(where, expected)
    if problems:
        raise CatalogueInvalid(_sorted_once(problems))
    return body, _sorted_once([located(*missing) for missing in _missing_languages(body, ())])


def _sorted_once(problems: list[Problem]) -> list[Problem]:
    """Sort by line; what an *alias repeats is there once."""
    once = {(p.line, p.field.rpartition(".")[2], p.expected): p for p in reversed(problems)}
    return sorted(once.values(), key=lambda found: (found.line, found.field))


def _missing_languages(value: object, where: Location) -> Iterator[tuple[Location, str]]:
    """Find the texts that lack a language."""
    parts: Iterable[tuple[str | int, object]] = ()
    match value:
        case LocalizedText():
            for language in value.missing():
                shown = value.shown_language(language)
                yield (*where, language), f"a text, which is missing; {shown} is shown instead"
        case BaseModel():
            fields = type(value).model_fields.items()
            parts = ((field.alias or name, getattr(value, name)) for name, field in fields)
        case tuple():
            parts = enumerate(value)
        case dict():
            parts = value.items()
    for key, part in parts:
        yield from _missing_languages(part, (*where, key))


def _compose(path: Path) -> yaml.MappingNode:
    try:
        root = yaml.compose(path.read_text("utf-8"), Loader=yaml.CSafeLoader)
    except OSError as error:
        raise _unreadable(path, error.strerror or "readable") from None
    except UnicodeDecodeError:
        raise _unreadable(path, "text in UTF-8") from None
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise _unreadable(path, f"YAML ({error.problem})", line) from None
    except (yaml.YAMLError, RecursionError) as error:
        raise _unreadable(path, f"YAML ({str(error).partition(chr(10))[0]})") from None
    if not isinstance(root, yaml.MappingNode):
        raise _unreadable(path, "a municipality: id, name, groups …")
    return root


def _unreadable(path: Path, expected: str, line: int = 1) -> CatalogueInvalid:
    return CatalogueInvalid([Problem(path, line, "the file", expected)])


def _wrong(error: ValidationError, lines: Mapping[Location, int]) -> Iterator[tuple[Location, str]]:
    found: dict[Location, list[str]] = {}
    for detail in error.errors(include_url=False):
        where: Location = ()
        for part in detail["loc"]:
            # Of the parts that aren't in the file, the missing keys count, not pydantic's types.
            if (*where, part) in lines or detail["type"] == "missing":
                where = (*where, part)
        found.setdefault(where, []).append(expected_of(detail["msg"]))
    for where, expected in found.items():
        # A list is said to be too short when it is its items that are wrong.
        if not any(other[: len(where)] == where != other for other in found):
            yield where, " or ".join(expected)


def expected_of(message: str) -> str:
    """Shorten pydantic's sentence to what was expected."""
    return (
        message.removeprefix("Value error, ")
        .removeprefix("Input should be ")
        .replace("Extra inputs are not permitted", "no such field here")
        .replace("Field required", "this field, which is missing")
        .replace("Tuple should have at least 1 item after validation, not 0", "at least one")
        .replace("String should have at least 1 character", "a text")
        .replace("a valid tuple", "a list")
        .replace(f"String should match pattern '{ID}'", "an id of a-z, 0-9, - and _")
        .replace(f"String should match pattern '{URL}'", "a link that begins with https://")
    )
