"""Our messages to the rooms of Slack and Mattermost, by the real client, and what these answer."""

import asyncio
import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import httpx
import pytest
import structlog

from bot.i18n.translator import Translator
from bot.messages import Reply, ReplyChoice
from bot.platforms import ONE_WAY, PLATFORMS, build_platforms, load
from bot.platforms.base import Platform
from bot.platforms.webhook import NotReceiving
from core.errors import DeliveryError
from tests.bot.platforms.webhook_requests import post
from tests.fakes.http_server import Answer, late, lost
from tests.fakes.incoming_webhook import (
    HOOK,
    WebhookServer,
    as_mattermost_shows,
    as_slack_shows,
    mattermost_error,
    slack_error,
    webhook_server,
)


@dataclass(frozen=True)
class Kind:
    """A platform: its errors, the longest text that it takes in one, and what it shows of one."""

    error: Callable[..., Answer]
    longest: int
    shown: Callable[[str], str]


KINDS: Mapping[str, Kind] = {
    "slack": Kind(slack_error, 40_000, as_slack_shows),
    "mattermost": Kind(mattermost_error, 16_383, as_mattermost_shows),
}
ALERT = "Νέο ραντεβού\nΕπίδομα Στέγασης\nΔευ 7 Δεκ, 10:30\nΚωδικός: KX7 M2P\nΜ. Π."


@pytest.fixture(params=KINDS)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def server(name: str) -> Iterator[WebhookServer]:
    with webhook_server(KINDS[name].error, KINDS[name].longest) as server:
        yield server


def room(name: str, server: WebhookServer, texts: Translator) -> Platform:
    settings = load(PLATFORMS[name]).settings.model_validate({"webhook_url": server.webhook})
    account = f"{name}:town"
    return build_platforms({account: settings}, texts)[account]


def send(platform: Platform, *replies: Reply) -> list[str | None]:
    """Send replies by the real client."""

    async def run() -> list[str | None]:
        async with platform.connect() as sending:
            return [await sending("webhook", platform.render(reply), None) for reply in replies]

    return asyncio.run(run())


def reply(text: str = ALERT, **more: object) -> Reply:
    return Reply.model_validate({"text": text, "language": "el", **more})


def test_each_platform_that_only_takes_posts_is_tried_here() -> None:
    assert set(KINDS) == set(ONE_WAY)


def test_an_alert_arrives_as_one_post_without_buttons(
    name: str, server: WebhookServer, texts: Translator
) -> None:
    platform = room(name, server, texts)
    assert not platform.can_edit  # so that nobody edits an alert there
    choices = [ReplyChoice(id="staff:seen:1:0:0", label="Το είδα")]
    assert send(platform, reply(choices=choices, answers="7")) == [None]
    (text,) = server.texts
    assert KINDS[name].shown(text) == ALERT
    assert server.given[0].keys() <= {"text", "mrkdwn", "unfurl_links", "unfurl_media"}
    assert name != "slack" or server.given[0]["mrkdwn"] is False
    assert not platform.can_send_files
    with pytest.raises(NotReceiving):
        platform.parse(post({}, b"{}"))


NAMES = [
    "<!channel>", "<!here> Παππάς", "<@U024BE7LH>", "@channel", "@here", "@all", "@maria", "(@all)",
    "<https://evil.example|εδώ>", "<abcdefghijklmnopqrstuvwxyz>", "[εδώ](https://evil.example)",
    "![α](https://evil.example/a.png)", "*Μαρία*", "**Μαρία**", "_Μαρία_", "~~Μαρία~~", "`Μαρία`",
    "```\nΜαρία", "# Μαρία", "- Μαρία", "+ Μαρία", "1. Μαρία", "12) Μαρία", "> Μαρία", "| α | β |",
    "---", "&lt;!channel&gt;", "Α & Β < Γ > Δ", "\\*Μαρία\\*", "\\", "a_b_c", "10:30–10:45",
    "2026-12-07", "maria@example.gr", "+30 691 234 5678",
]  # fmt: skip


@pytest.mark.parametrize("named", NAMES)
def test_no_name_formats_or_mentions(
    named: str, name: str, server: WebhookServer, texts: Translator
) -> None:
    send(room(name, server, texts), reply(f"{named}\nΜαρία {named}"))
    shown = KINDS[name].shown(server.texts[0]).replace("\u200b", "")
    assert shown == f"{named}\nΜαρία {named}"


def test_a_long_list_is_posted_in_parts_between_lines(
    name: str, server: WebhookServer, texts: Translator
) -> None:
    line = "10:30 Επίδομα Στέγασης & <Μ.>"
    send(room(name, server, texts), reply("\n".join([line] * 2000)))
    assert len(server.texts) > 1
    for text in server.texts:
        assert set(KINDS[name].shown(text).split("\n")) == {line}
    assert sum(text.count("\n") + 1 for text in server.texts) == 2000


AGAIN, FOR_GOOD, DOUBTFUL = (0.0, False, False), (0.0, True, False), (0.0, False, True)
"""What is said of a failure: when to try again, whether never, whether it may have arrived."""

OUTCOMES = [
    ("slack", slack_error(400, "invalid_payload"), FOR_GOOD, "HTTP 400 invalid_payload"),
    ("slack", slack_error(403, "action_prohibited"), FOR_GOOD, "HTTP 403 action_prohibited"),
    ("slack", slack_error(404, "no_team"), FOR_GOOD, "HTTP 404 no_team"),
    ("slack", slack_error(410, "channel_is_archived"), FOR_GOOD, "HTTP 410 channel_is_archived"),
    ("slack", slack_error(429, "", **{"retry-after": "30"}), (30.0, False, False), "HTTP 429"),
    ("slack", slack_error(500, "rollup_error"), AGAIN, "HTTP 500 rollup_error"),
    ("slack", slack_error(302, "", location="https://slack.com/"), AGAIN, "HTTP 302"),
    ("slack", slack_error(504, ""), DOUBTFUL, "HTTP 504"),
    ("slack", Answer(200, b"<html>Sign in to get a token</html>"), DOUBTFUL, "HTTP 200"),
    ("mattermost", mattermost_error(400, "invalid"), FOR_GOOD, "web.incoming_webhook.invalid"),
    ("mattermost", mattermost_error(403, "permissions"), FOR_GOOD, "permissions.app_error"),
    ("mattermost", mattermost_error(404, "channel"), FOR_GOOD, "channel.app_error"),
    ("mattermost", mattermost_error(501, "disabled"), AGAIN, "disabled.app_error"),
    ("mattermost", Answer(429, b"limit exceeded\n", {"retry-after": "1"}), (1.0, False, False), ""),
    ("mattermost", Answer(502, f"<p>{HOOK}</p>".encode()), AGAIN, "HTTP 502"),
    ("mattermost", Answer(500, ["?"]), AGAIN, "HTTP 500"),
]


@pytest.mark.parametrize(("name", "answer", "told", "why"), OUTCOMES)
def test_what_is_answered_decides_what_becomes_of_a_message(
    name: str, answer: Answer, told: tuple[float, bool, bool], why: str, texts: Translator
) -> None:
    with webhook_server(KINDS[name].error) as server:
        server.answers.append(answer)
        with pytest.raises(DeliveryError) as raised:
            send(room(name, server, texts), reply())
    error = raised.value
    assert (error.retry_after, error.for_good, error.may_have_arrived) == told
    assert not error.unreachable  # a webhook that is mended is used again at once
    assert why in error.why
    assert HOOK not in f"{error!r} {error.__cause__!r}"


@pytest.mark.parametrize("fault", [late(0.4), lost], ids=["late", "lost"])
def test_a_message_without_an_answer_may_have_arrived(
    fault: Callable[[Answer], Answer],
    name: str,
    server: WebhookServer,
    texts: Translator,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    patience = httpx.Timeout(60, read=0.2)
    monkeypatch.setattr("bot.platforms.incoming_webhook.TIMEOUT", patience)
    server.fault = fault
    with pytest.raises(DeliveryError) as raised:
        send(room(name, server, texts), reply())
    assert raised.value.may_have_arrived
    assert server.url not in f"{raised.value!r} {raised.value.__cause__!r}"


def test_the_webhook_is_neither_logged_nor_shown(
    name: str,
    server: WebhookServer,
    texts: Translator,
    caplog: pytest.LogCaptureFixture,
) -> None:
    platform = room(name, server, texts)
    server.answers.append(KINDS[name].error(404, "no_team"))
    with (
        caplog.at_level(logging.WARNING),  # as bot/telemetry/logging.py sets it
        structlog.testing.capture_logs() as logged,
        pytest.raises(DeliveryError) as raised,
    ):
        send(platform, reply())
    shown = f"{raised.value!r} {logged} {[r.getMessage() for r in caplog.records]} {vars(platform)}"
    assert HOOK not in shown


def test_the_doctor_posts_nothing_and_says_what_it_cannot_know(
    name: str, server: WebhookServer, texts: Translator
) -> None:
    right, wrong, _to_do = asyncio.run(room(name, server, texts).check_up(None))
    assert server.texts == []
    assert wrong == []
    assert "only a message shows" in right[0]
    assert HOOK not in right[0]
