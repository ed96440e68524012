"""The short form of the tests."""

from pathlib import Path

import pytest

from tests.short import FIRST_CASE_ONLY, LEFT_OUT

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize("beginning", FIRST_CASE_ONLY + LEFT_OUT)
def test_what_it_names_is_there(beginning: str) -> None:
    file, _, test = beginning.partition("::")
    found = list(ROOT.glob(f"{file}*"))
    assert found
    assert all(f"def {test}" in each.read_text("utf-8") for each in found if test)
