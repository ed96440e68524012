"""Every story file replays to the letter."""

import re
from pathlib import Path

import pytest

from bot.texts import Texts
from tests.conftest import Town
from tests.stories import telegram, viber
from tests.stories.console import ConsoleTeller
from tests.stories.teller import Teller, stories
from tests.stories.webchat import WebChatTeller

OF_A_PAGE = re.compile(r"^(later|language|accounts .*webchat)\b", re.MULTILINE)
"""What only a page has: it fetches what comes later, and may change its language."""

ELSEWHERE = [file for file in stories() if not OF_A_PAGE.search(file.read_text("utf-8"))]

TYPED = [file for file in ELSEWHERE if not file.stem.startswith("old_")]
"""At a terminal nobody can tap a button of an older question."""


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


@pytest.mark.parametrize("file", stories(), ids=lambda file: file.stem)
def test_the_same_story_is_told_to_the_web_chat(file: Path, town: Town) -> None:
    written = file.read_text("utf-8")
    assert WebChatTeller(town).play(written) == written


@pytest.mark.parametrize("file", TYPED, ids=lambda file: file.stem)
def test_the_same_story_is_told_at_a_terminal(file: Path, town: Town) -> None:
    written = file.read_text("utf-8")
    assert ConsoleTeller(town).play(written) == written


@pytest.mark.parametrize("file", ELSEWHERE, ids=lambda file: file.stem)
def test_the_same_story_is_told_on_telegram(file: Path, town: Town, texts: Texts) -> None:
    written = file.read_text("utf-8")
    bot = telegram.connected(town, texts)
    assert telegram.TelegramTeller(town, bot=bot).play(written) == written


@pytest.mark.parametrize("file", ELSEWHERE, ids=lambda file: file.stem)
def test_the_same_story_is_told_on_viber(file: Path, town: Town, texts: Texts) -> None:
    written = file.read_text("utf-8")
    bot = viber.connected(town, texts)
    assert viber.ViberTeller(town, bot=bot).play(written) == written


def test_the_readmes_conversation_is_a_story() -> None:
    root = Path(__file__).parents[2]
    shown = (root / "README.md").read_text("utf-8").partition("## A conversation")[2]
    story = (root / "tests/stories/readme.story").read_text("utf-8")
    told = [line[9:] for line in story.splitlines()]
    for line in shown.split("```")[1].splitlines():
        words = line.removeprefix("—").strip().removesuffix("…").strip()
        assert any(one.startswith(words) for one in told), line
