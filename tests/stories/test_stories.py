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


def test_the_readmes_conversation_is_a_story() -> None:
    root = Path(__file__).parents[2]
    shown = (root / "README.md").read_text("utf-8").partition("## A conversation")[2]
    story = (root / "tests/stories/readme.story").read_text("utf-8")
    told = [line[9:] for line in story.splitlines()]
    for line in shown.split("```")[1].splitlines():
        words = line.removeprefix("—").strip().removesuffix("…").strip()
        assert any(one.startswith(words) for one in told), line
