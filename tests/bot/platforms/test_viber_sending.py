"""Our messages at Viber, by the real client, and what Viber answers to them."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from bot.i18n.translator import Translator
from bot.messages import Reply
from bot.platforms.viber import adapter
from core.errors import DeliveryError
from tests.bot.platforms.test_viber import BACK, CHOICES, asked, viber
from tests.bot.platforms.viber_events import MARIA
from tests.core.wait_until import soon
from tests.fakes.http_server import Answer, late
from tests.fakes.viber import (
    BLOCKED,
    DROPPED,
    NOT_SUBSCRIBED,
    TOKEN,
    TOO_MANY,
    TOO_OLD,
    ViberServer,
    failure,
    viber_server,
)


@pytest.fixture
def server() -> Iterator[ViberServer]:
    with viber_server() as server:
        yield server


def send(texts: Translator, server: ViberServer, reply: Reply, **settings: Any) -> str | None:
    """Send it by the real client."""
    bot = viber(texts, api_url=server.url, **settings)

    async def run() -> str | None:
        async with bot.connect() as sending:
            return await sending(MARIA, bot.render(reply), None)

    return asyncio.run(run())


def test_a_question_arrives_with_its_keyboard(texts: Translator, server: ViberServer) -> None:
    number = send(texts, server, asked(text="Α < Β & *Γ*_", choices=CHOICES), name="Δήμος Χίου")
    assert number == str(server.tokens[MARIA][0])
    ((method, given),) = server.calls
    assert (method, given["receiver"], given["text"]) == ("send_message", MARIA, "Α < Β & *Γ*_")
    assert given["sender"] == {"name": "Δήμος Χίου"}
    assert all(button["Silent"] for button in given["keyboard"]["Buttons"])


def test_its_chat_has_an_address_once_its_name_is_known(
    texts: Translator, server: ViberServer
) -> None:
    bot = viber(texts, api_url=server.url)
    assert bot.chat_link("join_a") is None

    async def connect() -> None:
        async with bot.connect():
            await soon(lambda: bot.chat_link("join_a") is not None)

    asyncio.run(connect())
    assert bot.chat_link("join_a") == "viber://pa?chatURI=rantevou&context=join_a"


def test_of_a_long_text_the_last_part_has_the_keyboard(
    texts: Translator, server: ViberServer
) -> None:
    number = send(texts, server, asked(text="α" * 5000, choices=CHOICES))
    assert number == str(server.tokens[MARIA][1])
    assert ["keyboard" in given for _method, given in server.calls] == [False, True]


WAIT = Answer(429, {}, {"retry-after": "7"})


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        pytest.param(TOO_MANY, (0, False, False, False), id="too many"),
        pytest.param(BLOCKED, (0, True, True, False), id="blocked"),
        pytest.param(NOT_SUBSCRIBED, (0, True, True, False), id="not subscribed"),
        pytest.param(
            failure(5, "receiverNotRegistered"), (0, True, True, False), id="not registered"
        ),
        pytest.param(
            failure(11, "receiverNoSuitableDevice"), (0, True, True, False), id="no device"
        ),
        pytest.param(failure(3, "badData"), (0, True, False, False), id="bad data"),
        pytest.param(failure(4, "missingData"), (0, True, False, False), id="missing data"),
        pytest.param(
            failure(14, "incompatibleWithVersion"), (0, True, False, False), id="incompatible"
        ),
        pytest.param(
            failure(8, "publicAccountNotFound"), (0, False, False, False), id="no such bot"
        ),
        pytest.param(failure(2, "invalidAuthToken"), (0, False, False, False), id="wrong token"),
        pytest.param(
            failure(9, "publicAccountSuspended"), (0, False, False, False), id="suspended"
        ),
        pytest.param(failure(99, "generalError"), (0, False, False, False), id="of later days"),
        pytest.param(WAIT, (7, False, False, False), id="429"),
        pytest.param(Answer(500, {}), (0, False, False, False), id="500"),
        pytest.param(Answer(502, b"<html>"), (0, False, False, False), id="502"),
        pytest.param(Answer(504, b"<html>"), (0, False, False, True), id="504"),
        pytest.param(Answer(200, {}), (0, False, False, True), id="no status"),
        pytest.param(Answer(200, "<html>"), (0, False, False, True), id="not an answer"),
        pytest.param(DROPPED, (0, False, False, True), id="dropped"),
    ],
)
def test_a_failure_says_whether_to_try_again(
    texts: Translator, server: ViberServer, answer: Answer, told: tuple[float, bool, bool, bool]
) -> None:
    server.failures[MARIA] = [answer]
    with pytest.raises(DeliveryError) as failed:
        send(texts, server, asked())
    error = failed.value
    stated = (error.retry_after, error.for_good, error.unreachable, error.may_have_arrived)
    assert stated == told
    assert TOKEN not in error.why
    assert MARIA not in error.why


def test_after_an_answer_that_takes_too_long_it_may_have_arrived(
    texts: Translator, server: ViberServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.answer_faults[MARIA] = [late(2)]
    monkeypatch.setattr(adapter, "TIMEOUT", 0.2)
    with pytest.raises(DeliveryError, match="ReadTimeout") as failed:
        send(texts, server, asked())
    assert failed.value.may_have_arrived
    assert len(server.chats[MARIA]) == 1


def test_an_app_that_is_too_old_gets_the_simplest_form(
    texts: Translator, server: ViberServer
) -> None:
    server.api_versions[MARIA] = 1
    number = send(texts, server, asked(choices=[*CHOICES, BACK]))
    assert server.chats[MARIA] == ["Ποια;\n\n1. Ναι\n2. Όχι\nΠίσω"]
    assert [number] == [str(token) for token in server.tokens[MARIA]]


def test_where_the_simplest_form_is_refused_it_is_given_up(
    texts: Translator, server: ViberServer
) -> None:
    server.failures[MARIA] = [TOO_OLD, TOO_OLD]
    with pytest.raises(DeliveryError, match="apiVersionNotSupported") as failed:
        send(texts, server, asked(choices=CHOICES))
    assert failed.value.for_good
    assert server.failures[MARIA] == []


@pytest.mark.parametrize(
    "answer",
    [
        {"status": 0, "message_token": "new"},
        b'{"status":0,"status_message":"o',
        b'{"message_token": 5, "status" : 0 }, ',
    ],
)
def test_where_the_answer_says_ok_it_counts_as_sent(
    texts: Translator, server: ViberServer, answer: Any
) -> None:
    server.answer_faults[MARIA] = [lambda _answer: Answer(200, answer)]
    assert send(texts, server, asked()) is None
    assert len(server.chats[MARIA]) == 1
