"""docs/catalogue.md has every key of the model, with its default."""

import re
from collections.abc import Iterator
from datetime import time
from pathlib import Path

import pytest
import yaml
from pydantic.fields import FieldInfo
from pydantic_core import to_jsonable_python

from core.catalogue import model
from core.catalogue.base import CatalogueModel
from core.catalogue.model import Municipality

PAGE = (Path(__file__).parents[3] / "docs" / "catalogue.md").read_text("utf-8")
HEADINGS = {"OfficeContact": "Contact", "GeoPoint": "Place"}
MODELS = [
    each
    for each in vars(model).values()
    if isinstance(each, type) and issubclass(each, CatalogueModel) and each is not CatalogueModel
]
OPTIONAL = "optional"


def heading(of: type[CatalogueModel]) -> str:
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", of.__name__).capitalize()
    return HEADINGS.get(of.__name__, words)


def rows(title: str) -> dict[str, tuple[str, str]]:
    """Return the default and the last column of a section's table, by key."""
    section = PAGE.partition(f"\n## {title}\n")[2].partition("\n## ")[0]
    cells = [line.strip("|").split("|") for line in section.splitlines() if line.startswith("| `")]
    return {
        key.strip(" `"): (default.strip(" `"), text.strip()) for key, _type, default, text in cells
    }


def default_of(field: FieldInfo) -> str:
    """Return a default as a catalogue writes it; empty without one."""
    if field.is_required() or field.default is None:
        return ""
    if isinstance(field.default, bool):
        return "yes" if field.default else "no"
    if isinstance(field.default, CatalogueModel):
        return "{}" if field.default == type(field.default)() else "another"
    if isinstance(field.default, time):
        return f"{field.default:%H:%M}"
    written = to_jsonable_python(field.default)
    return yaml.safe_dump(written, default_flow_style=True, width=1000).partition("\n")[0]


def keys(of: type[CatalogueModel]) -> Iterator[tuple[str, FieldInfo]]:
    for name, field in of.model_fields.items():
        yield field.alias or name, field


@pytest.mark.parametrize("of", MODELS, ids=heading)
def test_every_key_has_a_row_with_its_default(of: type[CatalogueModel]) -> None:
    documented = rows(heading(of))
    assert list(documented) == [key for key, _field in keys(of)]
    for key, field in keys(of):
        default, text = documented[key]
        assert default == default_of(field), key
        assert (not field.is_required() and field.default is None) == text.startswith(OPTIONAL), key


def test_the_rule_of_an_id_stands_in_the_same_words() -> None:
    assert f"| id | {model.ID_RULE}." in PAGE


def test_every_part_is_reached_from_the_file() -> None:
    assert Municipality in MODELS
    for of in MODELS:
        assert f"\n## {heading(of)}\n" in PAGE


def test_links_within_the_page_lead_to_a_section() -> None:
    titles = {title.lower().replace(" ", "-") for title in re.findall(r"^## (.+)$", PAGE, re.M)}
    assert set(re.findall(r"\(#([\w-]+)\)", PAGE)) <= titles
