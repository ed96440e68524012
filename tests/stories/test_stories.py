"""Every story file replays to the letter, on every platform."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.i18n.translator import Translator
from core.catalogue.model import GeoPoint, Municipality
from core.db.models import InboundRow
from tests.conftest import SOAK, Deployment
from tests.stories import story_platforms
from tests.stories.call_story_runner import by_call
from tests.stories.joined_chats_runner import joined_chats
from tests.stories.push_story_runner import OfferStoryRunner, PushStoryRunner
from tests.stories.story_platforms import ConsoleStory, TelegramStory, ViberStory, WebChatStory
from tests.stories.story_runner import StoryRunner, stories
from tests.stories.text_story_runner import by_text

PAGE_ONLY = re.compile(r"^(later|language|accounts .*webchat|member)\b", re.MULTILINE)
"""Lines of stories that only a page has: it fetches messages, changes its language.

And of those with staff, whose citizens needn't be on every platform, for the others prove these.
"""

JOINED = [file for file in stories() if file.stem.startswith("joined_")]
"""Stories over several platforms."""

TEXTED = [file for file in stories() if file.stem.startswith("sms_")]
"""Stories by text message, where other words are said, and some things aren't asked."""

CALLED = [file for file in stories() if file.stem.startswith("call_")]
"""Stories by telephone."""

ON_ONE = [file for file in stories() if file not in (*JOINED, *TEXTED, *CALLED)]
ANY_PLATFORM = [file for file in ON_ONE if not PAGE_ONLY.search(file.read_text("utf-8"))]
TYPED = [file for file in ANY_PLATFORM if not file.stem.startswith("old_")]
"""At a terminal a button of an older question can't be tapped."""


@pytest.mark.parametrize("file", ON_ONE, ids=lambda file: file.stem)
def test_story_replays_to_the_letter(
    file: Path, deployment: Deployment, texts: Translator, request: pytest.FixtureRequest
) -> None:
    written = file.read_text("utf-8")
    others = (ConsoleStory(), story_platforms.telegram(texts), story_platforms.viber(texts))
    runner = StoryRunner(deployment, WebChatStory(deployment.services.registry), others)
    check(file, runner.play(written), written, request)


@pytest.mark.parametrize("file", JOINED, ids=lambda file: file.stem)
def test_a_story_over_several_platforms_replays_to_the_letter(
    file: Path, deployment: Deployment, texts: Translator, request: pytest.FixtureRequest
) -> None:
    written = file.read_text("utf-8")
    check(file, joined_chats(deployment, texts).play(written), written, request)


@pytest.mark.parametrize("file", TEXTED, ids=lambda file: file.stem)
def test_a_story_by_text_message_replays_with_the_parts_that_it_costs(
    file: Path, deployment: Deployment, texts: Translator, request: pytest.FixtureRequest
) -> None:
    written = file.read_text("utf-8")
    own = re.search(r"^number   (\w+)$", written, re.MULTILINE)
    runner = by_text(deployment, texts, own and own[1])
    check(file, runner.play(written), written, request)


@pytest.mark.parametrize("file", CALLED, ids=lambda file: file.stem)
def test_a_story_by_telephone_replays_with_what_is_said(
    file: Path, deployment: Deployment, texts: Translator, request: pytest.FixtureRequest
) -> None:
    written = file.read_text("utf-8")
    own = re.search(r"^number   (\w+)$", written, re.MULTILINE)
    runner = by_call(deployment, texts, own and own[1])
    check(file, runner.play(written), written, request)


def check(file: Path, played: str, written: str, request: pytest.FixtureRequest) -> None:
    """Compare a story with what is written, or write it anew."""
    if request.config.getoption("--rewrite-stories"):
        file.write_text(played, "utf-8")
    else:
        assert played == written


@SOAK
@pytest.mark.parametrize("file", TYPED, ids=lambda file: file.stem)
def test_the_same_story_replays_at_a_terminal(file: Path, deployment: Deployment) -> None:
    written = file.read_text("utf-8")
    assert StoryRunner(deployment, ConsoleStory()).play(written) == written


NOT_SOAKED = ("readme", "move", "caller", "texts_always")

PUSHED = [
    file
    if file.stem in ("readme", "move", "caller", "texts_always")
    else pytest.param(file, marks=SOAK)
    for file in ANY_PLATFORM
]


@pytest.mark.parametrize("file", PUSHED, ids=lambda file: file.stem)
def test_the_same_story_replays_on_telegram(
    file: Path, deployment: Deployment, texts: Translator
) -> None:
    check_on_push_platform(file, deployment, story_platforms.telegram(texts))


@pytest.mark.parametrize("file", PUSHED, ids=lambda file: file.stem)
def test_the_same_story_replays_on_viber(
    file: Path, deployment: Deployment, texts: Translator
) -> None:
    check_on_push_platform(file, deployment, story_platforms.viber(texts))


OFFERS = [file for file in stories() if file.stem.startswith(("offer_", "reminder_"))]
"""What citizens are told later, and answer: another time, in place of a closed one; reminders."""


@pytest.mark.parametrize("platform", [story_platforms.telegram, story_platforms.viber])
@pytest.mark.parametrize("file", OFFERS, ids=lambda file: file.stem)
def test_what_is_told_later_is_answered_on_a_push_platform(
    file: Path,
    platform: Callable[[Translator], TelegramStory | ViberStory],
    deployment: Deployment,
    texts: Translator,
) -> None:
    story_platform = platform(texts)
    deployment.connect({story_platform.bot.account: story_platform.bot})
    written = file.read_text("utf-8")
    assert OfferStoryRunner(deployment, story_platform).play(written) == written


def check_on_push_platform(
    file: Path, deployment: Deployment, story_platform: TelegramStory | ViberStory
) -> None:
    """Play the story on a bot, with its outbox, edits and files."""
    deployment.connect({story_platform.bot.account: story_platform.bot})
    written = file.read_text("utf-8")
    assert PushStoryRunner(deployment, story_platform).play(written) == written


def test_a_video_appointment_is_shown_on_no_map(
    deployment: Deployment, texts: Translator, shipped: dict[str, Municipality]
) -> None:
    chios, place = shipped["chios"], GeoPoint(latitude=38.37, longitude=26.14)
    branches = [branch.model_copy(update={"place": place}) for branch in chios.branches]
    deployment.load(chios.model_copy(update={"branches": tuple(branches)}))
    check_on_push_platform(
        next(f for f in stories() if f.stem == "chios_video"),
        deployment,
        story_platforms.telegram(texts),
    )
    assert "rantevou.ics" in deployment.everything()
    replies = select(InboundRow.replies)
    assert "38.37" not in str(deployment.database.write_sync(lambda s: s.scalars(replies).all()))


@pytest.mark.parametrize("story", ["full_branch", "kep_branches", "kalamata"])
def test_however_long_the_catalogues_ids_are_every_button_fits(
    story: str, deployment: Deployment, texts: Translator, shipped: dict[str, Municipality]
) -> None:
    for body in shipped.values():
        branches = [
            branch.model_copy(update={"id": branch.id.ljust(40, "x")}) for branch in body.branches
        ]
        groups = [group.model_copy(update={"id": group.id.ljust(40, "x")}) for group in body.groups]
        longer = {"branches": tuple(branches), "groups": tuple(groups)}
        deployment.load(body.model_copy(update=longer))
    file = next(file for file in stories() if file.stem == story)
    check_on_push_platform(file, deployment, story_platforms.telegram(texts))


def test_the_readmes_conversation_is_a_story() -> None:
    root = Path(__file__).parents[2]
    shown = (root / "README.md").read_text("utf-8").partition("## A conversation")[2]
    story = (root / "tests/stories/readme.story").read_text("utf-8")
    lines = [line[9:] for line in story.splitlines()]
    for line in shown.split("```")[1].splitlines():
        words = line.removeprefix("—").strip().removesuffix("…").strip()
        assert any(one.startswith(words) for one in lines), line
