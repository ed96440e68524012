"""Our messages at Telegram, by the real client, and what Telegram answers to them."""

import asyncio
from typing import Any

import pytest
from telegram.request import HTTPXRequest

from bot.replies import Reply
from bot.texts import Texts
from core.errors import DeliveryError
from tests.bot.platforms.test_telegram import CHOICES, asked, telegram
from tests.fakes.telegram import BLOCKED, DROPPED, TOKEN, TelegramServer, failure, telegram_server


@pytest.fixture
def server() -> Any:
    with telegram_server() as server:
        yield server


def send(texts: Texts, server: TelegramServer, reply: Reply, chat: str = "4711") -> str | None:
    """Send it by the real client."""
    bot = telegram(texts, api_url=server.url)

    async def run() -> str | None:
        async with bot.connected() as sending:
            return await sending(chat, bot.render(reply), None)

    return asyncio.run(run())


def test_a_question_arrives_with_its_buttons(texts: Texts, server: TelegramServer) -> None:
    assert send(texts, server, asked(text="Α < Β & *Γ*_", choices=CHOICES)) == "1"
    ((method, given),) = server.calls
    assert (method, given["chat_id"], given["text"]) == ("sendMessage", 4711, "Α < Β & *Γ*_")
    assert given["reply_markup"]["inline_keyboard"][0][1]["callback_data"] == "7.2"
    assert "parse_mode" not in given


def test_of_a_long_text_the_last_part_has_the_buttons(texts: Texts, server: TelegramServer) -> None:
    assert send(texts, server, asked(text="α" * 5000, choices=CHOICES)) == "2"
    assert ["reply_markup" in given for _method, given in server.calls] == [False, True]


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        pytest.param(
            failure(429, "Too Many Requests: retry after 7", retry_after=7),
            (7, False, False),
            id="429",
        ),
        pytest.param(BLOCKED, (0, True, True), id="blocked"),
        pytest.param(
            failure(403, "Forbidden: user is deactivated"), (0, True, True), id="deactivated"
        ),
        pytest.param(failure(400, "Bad Request: chat not found"), (0, True, True), id="no chat"),
        pytest.param(failure(400, "Bad Request: BUTTON_DATA_INVALID"), (0, True, False), id="400"),
        pytest.param(failure(401, "Unauthorized"), (0, False, False), id="401"),
        pytest.param(failure(500, "Internal Server Error"), (0, False, False), id="500"),
        pytest.param(failure(502, "Bad Gateway"), (0, False, False), id="502"),
        pytest.param(DROPPED, (0, False, False), id="dropped"),
    ],
)
def test_a_failure_says_whether_to_try_again(
    texts: Texts, server: TelegramServer, answer: Any, told: tuple[float, bool, bool]
) -> None:
    server.failures[4711] = [answer]
    with pytest.raises(DeliveryError) as failed:
        send(texts, server, asked())
    error = failed.value
    assert (error.retry_after, error.for_good, error.unreachable) == told
    assert TOKEN not in error.why
    assert "4711" not in error.why


def test_an_answer_that_takes_too_long_is_not_waited_for(
    texts: Texts, server: TelegramServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.slow = 2
    monkeypatch.setattr(
        "bot.platforms.telegram.HTTPXRequest", lambda: HTTPXRequest(read_timeout=0.2)
    )
    with pytest.raises(DeliveryError, match="TimedOut"):
        send(texts, server, asked())


def test_a_chat_that_moved_is_followed(texts: Texts, server: TelegramServer) -> None:
    moved = failure(400, "Bad Request: group chat was upgraded", migrate_to_chat_id=-1001)
    server.failures[-5] = [moved]
    assert send(texts, server, asked(), "-5") == "1"
    assert server.calls[0][1]["chat_id"] == -1001
