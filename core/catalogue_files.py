"""Reading a municipality's YAML file, and saying where it is wrong."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from core.catalogue import Municipality
from core.catalogue_checks import contradictions
from core.errors import Unusable

SHIPPED = Path(__file__).parent / "catalogues"

Where = tuple[str | int, ...]


@dataclass(frozen=True)
class Problem:
    """What is wrong in a catalogue: file, line (from 1), field and what was expected."""

    file: Path
    line: int
    field: str
    expected: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.field}: {self.expected}"


class BadCatalogue(Unusable):
    """A catalogue that can't be loaded."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems


def read_catalogue(path: Path) -> Municipality:
    """Read and check one file; raises BadCatalogue with every problem found."""
    lines: dict[Where, int] = {(): 1}
    problems: list[Problem] = []

    def problem(where: Where, expected: str) -> None:
        known = where
        while known not in lines:
            known = known[:-1]
        field = ".".join(str(part) for part in where) or "the file"
        problems.append(Problem(path, lines[known], field, expected))

    def build(node: yaml.Node, where: Where) -> Any:
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

    try:
        root = yaml.compose(path.read_text("utf-8"), Loader=yaml.CSafeLoader)
    except OSError as error:
        raise BadCatalogue([Problem(path, 1, "the file", error.strerror or "readable")]) from None
    except UnicodeDecodeError:
        raise BadCatalogue([Problem(path, 1, "the file", "text in UTF-8")]) from None
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        expected = f"YAML ({error.problem})"
        raise BadCatalogue([Problem(path, line, "the file", expected)]) from None
    except (yaml.YAMLError, RecursionError) as error:
        raise BadCatalogue([Problem(path, 1, "the file", f"YAML ({error})")]) from None
    if not isinstance(root, yaml.MappingNode):
        raise BadCatalogue([Problem(path, 1, "the file", "a municipality: id, name, groups …")])
    try:
        body = Municipality.model_validate(build(root, ()))
        for found in contradictions(body):
            problem(found.where, found.expected)
    except ValidationError as error:
        details = error.errors(include_url=False)
        for detail in details:
            where = detail["loc"]
            # A list is said to be too short when it is its items that are wrong.
            if not any(d["loc"][: len(where)] == where and d is not detail for d in details):
                problem(where, expected_of(detail["msg"]))
    if problems:
        raise BadCatalogue(sorted(problems, key=lambda found: found.line))
    return body


def expected_of(message: str) -> str:
    """Shorten pydantic's sentence to what was expected."""
    return (
        message.removeprefix("Value error, ")
        .removeprefix("Input should be ")
        .replace("Extra inputs are not permitted", "no such field here")
        .replace("Field required", "this field, which is missing")
    )
