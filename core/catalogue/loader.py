"""Reading a municipality's YAML file; problems are reported with file and line."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError

from core.catalogue.crest import ENDING, read_crest
from core.catalogue.expectations import expectation
from core.catalogue.model import Municipality
from core.catalogue.validation import Issues, Location, find_issues
from core.catalogue.warnings import find_warnings
from core.catalogue.yaml_slips import yaml_slip
from core.errors import ConfigurationError
from core.i18n import LocalizedText

SHIPPED = Path(__file__).parent / "data"

TEMPLATE, TEMPLATE_ID = Path(__file__).parent / "new_municipality.yaml", "my-town"
"""What `rantevou catalogue new` writes, and the id in it."""


LINES_LISTED = 5

NULL = "tag:yaml.org,2002:null"
"""The tag of `null` and `~` without quotes."""

ENCODING = "this isn't UTF-8 but another encoding, such as Windows-1253; save the file as UTF-8"


@dataclass(frozen=True)
class Problem:
    """A problem in a catalogue file: its line (from 1), the field and what was expected.

    Line 0 and no field where it is of the whole file.
    """

    file: Path
    line: int
    field: str
    expected: str

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}" if self.line else f"{self.file}"
        return ": ".join(filter(None, (where, self.field, self.expected)))


class CatalogueInvalid(ConfigurationError):
    """A catalogue file with problems, because of which it can't be loaded."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems


def read_catalogue(path: Path) -> Municipality:
    """Return the municipality of a file. Raises CatalogueInvalid with every problem found."""
    return check_catalogue(path)[0]


def check_catalogue(
    path: Path,
    today: date | None = None,
    find_more: Callable[[Municipality], Issues] | None = None,
) -> tuple[Municipality, list[Problem]]:
    """Return the municipality of a file, and warnings: of texts that lack a language, and more.

    Without `today`, what depends on it isn't warned of; what `find_more` yields is.
    Raises CatalogueInvalid with every problem found.
    """
    lines: dict[Location, int] = {(): 1}
    problems: list[Problem] = []

    def problem_at(where: Location, expected: str) -> Problem:
        known = where
        while known not in lines:
            known = known[:-1]
        field = ".".join(str(part) for part in where) or "the file"
        return Problem(path, lines[known], field, expected)

    def convert(node: yaml.Node, where: Location) -> Any:
        """Return a YAML node as data, and record its line. Scalars stay text, but null is None.

        YAML itself would read 12:30 as 750 and the English word Yes as true.
        """
        lines.setdefault(where, node.start_mark.line + 1)
        if isinstance(node, yaml.MappingNode):
            data: dict[str, Any] = {}
            for key_node, value in node.value:
                key = str(key_node.value)
                lines[(*where, key)] = key_node.start_mark.line + 1
                last = next(reversed(data), "")
                if node.flow_style and _is_left_out(value) and isinstance(data.get(last), str):
                    found = _comma_slip(last, data[last], key)
                    data[last] += f", {key}"
                    problems.append(problem_at((*where, last), found))
                    continue
                if key in data:
                    problems.append(problem_at((*where, key), "this key only once"))
                data[key] = convert(value, (*where, key))
            return data
        if isinstance(node, yaml.SequenceNode):
            return [convert(item, (*where, i)) for i, item in enumerate(node.value)]
        # What is left out has the tag of null too.
        return None if node.tag == NULL and node.value else node.value

    root = _parse_yaml(path)
    try:
        data = convert(root, ())
    except RecursionError:
        raise _unreadable(path, "YAML without an *alias inside itself") from None
    if isinstance(crest := data.get("crest"), str) and crest.endswith(ENDING):
        data["crest"] = read_crest(path.parent / crest)
    try:
        body = Municipality.model_validate(data)
        problems += [problem_at(issue.where, issue.expected) for issue in find_issues(body)]
    except ValidationError as error:
        problems += [problem_at(*found) for found in _locate_errors(error, lines)]
    if problems:
        raise CatalogueInvalid(_sorted_unique(problems))
    missing: dict[tuple[str, str], list[Problem]] = {}
    for where, shown in _missing_texts(body, ()):
        said = f"a text, which is missing; {shown} is shown instead"
        missing.setdefault((str(where[-1]), shown), []).append(problem_at(where, said))
    warnings = [_as_one(found, *languages) for languages, found in missing.items()]
    if today:
        found = find_warnings(body, today)
        warnings += [problem_at(issue.where, issue.expected) for issue in found]
    if find_more:
        warnings += [problem_at(issue.where, issue.expected) for issue in find_more(body)]
    return body, _sorted_unique(warnings)


def _comma_slip(name: str, before: str, after: str) -> str:
    """Return what is to be written where a field in braces has a comma in its value."""
    if before.isdecimal() and after.isdecimal():
        return f"a number has a point, no comma; write {{{name}: {before}.{after}}}"
    return f'a text with a comma needs quotes; write {{{name}: "{before}, {after}"}}'


def _is_left_out(node: yaml.Node) -> bool:
    """Return whether a field in braces has no value, not even an empty one in quotes."""
    return isinstance(node, yaml.ScalarNode) and node.start_mark.index == node.end_mark.index


def to_yaml(document: str) -> str:
    """Return a stored municipality (JSON) as a file that `read_catalogue` reads, in YAML."""
    return yaml.safe_dump(json.loads(document), allow_unicode=True, sort_keys=False, width=110)


def _sorted_unique(problems: list[Problem]) -> list[Problem]:
    """Return the problems by line, without those that a YAML alias repeats."""
    unique = {(p.line, p.field.rpartition(".")[2], p.expected): p for p in reversed(problems)}
    return sorted(unique.values(), key=lambda problem: (problem.line, problem.field))


def _as_one(missing: list[Problem], language: str, shown: str) -> Problem:
    """Return one problem for all texts that lack a language, with the lines of the first."""
    found = _sorted_unique(missing)
    if len(found) == 1:
        return found[0]
    lines = list(dict.fromkeys(str(each.line) for each in found))
    listed = ", ".join(lines[:LINES_LISTED]) + (" …" if len(lines) > LINES_LISTED else "")
    said = f"{len(found)} texts, which are missing (lines {listed}); {shown} is shown instead"
    return Problem(found[0].file, found[0].line, language, said)


def _missing_texts(value: object, where: Location) -> Iterator[tuple[Location, str]]:
    """Yield the location of each text that is missing in a language, and the language shown."""
    parts: Iterable[tuple[str | int, object]] = ()
    match value:
        case LocalizedText():
            for language in value.missing():
                yield (*where, language), value.shown_language(language)
        case BaseModel():
            fields = type(value).model_fields.items()
            parts = ((field.alias or name, getattr(value, name)) for name, field in fields)
        case tuple():
            parts = enumerate(value)
        case dict():
            parts = value.items()
    for key, part in parts:
        yield from _missing_texts(part, (*where, key))


def _parse_yaml(path: Path) -> yaml.MappingNode:
    """Return the root of a YAML file. Raises CatalogueInvalid."""
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError:
        raise _unreadable(
            path, "there is no such file; is its name or folder another?", 0
        ) from None
    except IsADirectoryError:
        raise _unreadable(path, "is a folder; name a file in it", 0) from None
    except OSError as error:
        raise _unreadable(path, f"can't be read: {error.strerror}", 0) from None
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise _unreadable(path, ENCODING, line) from None
    try:
        root = yaml.compose(text, Loader=yaml.CSafeLoader)
    except yaml.MarkedYAMLError as error:
        line, expected = yaml_slip(error, text)
        raise _unreadable(path, expected, line) from None
    except (yaml.YAMLError, RecursionError) as error:
        raise _unreadable(path, f"YAML ({str(error).partition(chr(10))[0]})") from None
    if not isinstance(root, yaml.MappingNode):
        raise _unreadable(path, "a municipality: id, name, groups …")
    return root


def _unreadable(path: Path, expected: str, line: int = 1) -> CatalogueInvalid:
    return CatalogueInvalid([Problem(path, line, "", expected)])


def _locate_errors(
    error: ValidationError, lines: Mapping[Location, int]
) -> Iterator[tuple[Location, str]]:
    """Yield where pydantic found errors in the file, and what it expected there."""
    found: dict[Location, list[str]] = {}
    for detail in error.errors(include_url=False):
        where: Location = ()
        for part in detail["loc"]:
            # Of parts that aren't in the file, missing keys are kept, and pydantic's types not.
            if (*where, part) in lines or detail["type"] == "missing":
                where = (*where, part)
        found.setdefault(where, []).append(expectation(detail))
    for where, expected in found.items():
        # Pydantic reports a list as too short too where its items are wrong.
        if not any(other[: len(where)] == where != other for other in found):
            yield where, " or ".join(expected)
