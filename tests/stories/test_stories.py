"""Every story file replays to the letter."""

from pathlib import Path

import pytest

from tests.conftest import Town
from tests.stories.teller import Teller, stories


@pytest.mark.parametrize("file", stories(), ids=lambda file: file.stem)
def test_story_replays_to_the_letter(
    file: Path, town: Town, request: pytest.FixtureRequest
) -> None:
    written = file.read_text("utf-8")
    told = Teller(town).play(written)
    if request.config.getoption("--rewrite-stories"):
        file.write_text(told, "utf-8")
    else:
        assert told == written
