"""Polling, when what takes the updates fails."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import pytest
from structlog.testing import capture_logs

from bot.i18n.translator import Translator
from bot.messages import Inbound, Reply
from bot.platforms.telegram import polling as telegram_polling
from bot.platforms.telegram.polling import TRIES
from bot.platforms.webhook import WebhookResponse, WebhookResult
from bot.staff_messages import StaffAnswer, StaffButton, StaffInbound, StaffTap
from core.errors import DatabaseUnavailable
from tests.bot.platforms import telegram_updates as updates
from tests.bot.platforms.test_telegram import telegram
from tests.core.wait_until import soon
from tests.fakes.telegram import TelegramServer, failure, telegram_server

CONFLICTS = (
    "Conflict: terminated by other getUpdates request; "
    "make sure that only one bot instance is running",
    "Conflict: can't use getUpdates while webhook is active; use deleteWebhook to delete it first",
)


class Taking:
    """Takes updates, and fails as it is told to."""

    def __init__(self, failures: Sequence[Exception]) -> None:
        self.failures = list(failures)
        self.tried = 0
        self.taken: list[str] = []
        self.later: list[str | None] = []
        """The messages of staff of which the answers are sent later."""

    async def take(self, _account: str, result: WebhookResult) -> WebhookResponse:
        self.tried += 1
        if self.failures:
            raise self.failures.pop(0)
        self.taken += [event.text or "" for event in result.events if isinstance(event, Inbound)]
        return result.response

    async def answer_later(self, _account: str, result: WebhookResult) -> None:
        self.later += [each.own_id for each in result.events if isinstance(each, StaffInbound)]


@pytest.mark.parametrize(
    ("failures", "taken", "tried"),
    [
        pytest.param([], ["first", "last"], 2, id="nothing"),
        pytest.param(
            [DatabaseUnavailable("away")] * 5, ["first", "last"], 7, id="the database is away"
        ),
        pytest.param([KeyError()] * (TRIES - 1), ["first", "last"], TRIES + 1, id="an error"),
        pytest.param([KeyError()] * TRIES, ["last"], TRIES + 1, id="an error that stays"),
        pytest.param(
            [DatabaseUnavailable("away"), KeyError()] * TRIES,
            ["last"],
            2 * TRIES + 1,
            id="both in turns",
        ),
    ],
)
def test_an_update_is_tried_again(
    texts: Translator,
    monkeypatch: pytest.MonkeyPatch,
    failures: list[Exception],
    taken: list[str],
    tried: int,
) -> None:
    monkeypatch.setattr(telegram_polling, "RETRY_SECONDS", 0)
    taking = Taking(failures)

    async def run(url: str) -> None:
        polling = asyncio.create_task(
            telegram(texts, api_url=url).poll(taking.take, taking.answer_later),
        )
        await soon(lambda: "last" in taking.taken)
        polling.cancel()
        with suppress(asyncio.CancelledError):
            await polling

    with telegram_server() as server:
        server.waiting = [
            {**updates.message(text=text), "update_id": number}
            for number, text in enumerate(("first", "last"), 1)
        ]
        asyncio.run(run(server.url))
    assert (taking.taken, taking.tried) == (taken, tried)


def test_staff_are_answered_after_their_message_was_handled(texts: Translator) -> None:
    async def take(_account: str, result: WebhookResult) -> WebhookResponse:
        (event,) = result.events
        answer = StaffAnswer(where="pop_up", reply=Reply(text="Σημειώθηκε."))
        if isinstance(event, StaffInbound) and event.text:
            answer = StaffAnswer(where="reaction", reply=Reply(text=""))
        return result.respond_to_staff(answer) if result.respond_to_staff else result.response

    def called(method: str) -> list[dict[str, Any]]:
        return [given for called, given in server.calls if called == method]

    async def run() -> None:
        polling = asyncio.create_task(
            telegram(texts, api_url=server.url).poll(take, Taking([]).answer_later)
        )
        await soon(lambda: bool(called("setMessageReaction")))
        polling.cancel()
        with suppress(asyncio.CancelledError):
            await polling

    seen = StaffTap(StaffButton.SEEN, 12).dump()
    with telegram_server() as server:
        server.waiting = [
            {**updates.tap(seen, chat=updates.GROUP), "update_id": 1},
            {**updates.tap(), "update_id": 2},
            {**updates.answering("Γεια", to=3, chat=updates.GROUP), "update_id": 3},
        ]
        asyncio.run(run())
        texts_told = {given.get("text") for given in called("answerCallbackQuery")}
        (reaction,) = called("setMessageReaction")
    assert reaction["reaction"] == [{"type": "emoji", "emoji": "👎"}]
    assert texts_told == {None, "Σημειώθηκε."}  # a citizen's tap is only confirmed


def test_what_telegram_does_not_take_now_is_answered_later(texts: Translator) -> None:
    async def take(_account: str, result: WebhookResult) -> WebhookResponse:
        where = "pop_up" if getattr(result.events[0], "tap", None) else "room"
        assert result.respond_to_staff
        return result.respond_to_staff(StaffAnswer(where=where, reply=Reply(text="Δεν το έστειλα")))

    taking = Taking([])

    async def run() -> None:
        polling = asyncio.create_task(telegram(texts, api_url=server.url).poll(take, later))
        await soon(lambda: bool(server.chats[group]))
        polling.cancel()
        with suppress(asyncio.CancelledError):
            await polling

    later, seen = taking.answer_later, StaffTap(StaffButton.SEEN, 12).dump()
    group: Any = updates.GROUP["id"]
    with telegram_server() as server:
        server.failures[group] = [failure(502, "Bad Gateway"), failure(403, "Forbidden")]
        server.failures["answerCallbackQuery"] = [failure(502, "Bad Gateway")]
        server.waiting = [
            {**updates.tap(seen, chat=updates.GROUP), "update_id": 1},
            *(
                {**updates.answering("Γεια", to=3, message_id=number), "update_id": number}
                for number in (2, 3, 4)
            ),
        ]
        asyncio.run(run())
    assert taking.later == ["2"]


def test_another_program_that_polls_the_bot_is_reported_once_in_words(
    texts: Translator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(telegram_polling, "RETRY_SECONDS", 0)
    taking = Taking([])
    conflicts = [failure(409, said) for said in CONFLICTS]

    async def run(server: TelegramServer) -> None:
        bot = telegram(texts, api_url=server.url)
        polling = asyncio.create_task(bot.poll(taking.take, taking.answer_later))
        for number in (1, 2):  # they take turns: each of them gets an update now and then
            await soon(lambda: not server.failures["getUpdates"])
            text = f"text {number}"
            server.waiting = [{**updates.message(text=text), "update_id": number}]
            await soon(lambda text=text: text in taking.taken)  # type: ignore[misc]
            server.failures["getUpdates"] = [*conflicts, failure(502, "Bad Gateway")]
        await soon(lambda: not server.failures["getUpdates"])
        polling.cancel()
        with suppress(asyncio.CancelledError):
            await polling

    with telegram_server() as server, capture_logs() as logs:
        server.failures["getUpdates"] = conflicts * 3
        asyncio.run(run(server))
    failed = [line for line in logs if line["event"] == "polling failed"]
    assert [line["error"] for line in failed].count("Conflict") == 1
    assert failed[0]["reason"] == (
        "another program polls this bot, or has set a webhook for it; stop it, or remove its "
        "webhook. Rantevou keeps trying."
    )
    assert failed[0]["account"] == "telegram:town"
    assert len(failed) > 1  # other errors are reported as before
