"""Our messages at Telegram, by the real client, and what Telegram answers to them."""

import asyncio
from typing import Any

import pytest

from bot.i18n.translator import Translator
from bot.messages import Reply, Venue
from bot.platforms.telegram import request as telegram_request
from core.errors import DeliveryError
from tests.bot.platforms.test_telegram import BACK, CHOICES, asked, telegram
from tests.fakes.http_server import Answer, cut_short, late
from tests.fakes.telegram import BLOCKED, DROPPED, TOKEN, TelegramServer, failure, telegram_server


@pytest.fixture
def server() -> Any:
    with telegram_server() as server:
        yield server


def send(
    texts: Translator, server: TelegramServer, reply: Reply, chat: str = "4711", replaces: str = ""
) -> str | None:
    """Send it by the real client."""
    bot = telegram(texts, api_url=server.url)

    async def run() -> str | None:
        async with bot.connect() as sending:
            return await sending(chat, bot.render(reply), replaces or None)

    return asyncio.run(run())


BUTTONS = {
    "inline_keyboard": [
        [
            {"text": "Ναι", "callback_data": "7.1"},
            {"text": "Όχι", "callback_data": "7.2"},
        ]
    ]
}
SHARE = {"text": "📱 Αποστολή του αριθμού μου", "request_contact": True}
KEYBOARD = {
    "keyboard": [[SHARE], [{"text": "Πίσω"}]],
    "one_time_keyboard": True,
    "resize_keyboard": True,
}
PLACE = Venue(latitude=37.0389, longitude=22.1142, name="Γραφείο", address="Καλαμάτα")


@pytest.mark.parametrize(
    ("reply", "calls"),
    [
        pytest.param(Reply(text="Εντάξει."), [("sendMessage", {"text": "Εντάξει."})], id="a text"),
        pytest.param(
            asked(choices=CHOICES),
            [("sendMessage", {"text": "Ποια;", "reply_markup": BUTTONS})],
            id="a question",
        ),
        pytest.param(
            asked(text="<b>Μαρία & Νίκος</b> *_[x](y)`"),
            [("sendMessage", {"text": "<b>Μαρία & Νίκος</b> *_[x](y)`"})],
            id="what would be markup",
        ),
        pytest.param(
            asked(text="α" * 5000, choices=CHOICES),
            [
                ("sendMessage", {"text": "α" * 4096}),
                ("sendMessage", {"text": "α" * 904, "reply_markup": BUTTONS}),
            ],
            id="of a long text the last part has the buttons",
        ),
        pytest.param(
            asked(input="phone", choices=[BACK]),
            [("sendMessage", {"text": "Ποια;", "reply_markup": KEYBOARD})],
            id="the phone",
        ),
        pytest.param(
            Reply(text="Εντάξει.", clears=True),
            [("sendMessage", {"text": "Εντάξει.", "reply_markup": {"remove_keyboard": True}})],
            id="after the phone",
        ),
        pytest.param(
            Reply(text="", file="rantevou.ics", content=b"BEGIN"),
            [
                (
                    "sendDocument",
                    {"document": "BEGIN", "file_name": "rantevou.ics", "text": "BEGIN"},
                )
            ],
            id="a file",
        ),
        pytest.param(
            Reply(text="", venue=PLACE),
            [
                (
                    "sendVenue",
                    {
                        "latitude": 37.0389,
                        "longitude": 22.1142,
                        "title": "Γραφείο",
                        "address": "Καλαμάτα",
                        "text": "Γραφείο",
                    },
                )
            ],
            id="a place",
        ),
    ],
)
def test_what_is_sent(
    texts: Translator, server: TelegramServer, reply: Reply, calls: list[tuple[str, dict[str, Any]]]
) -> None:
    assert send(texts, server, reply) == str(len(calls))
    assert server.calls == [(method, {"chat_id": 4711, **given}) for method, given in calls]


STANDING = {"text": "Ποια;", "markup": BUTTONS}


@pytest.mark.parametrize(
    ("reply", "text", "markup"),
    [
        pytest.param(asked(text="Ιανουάριος", choices=CHOICES), "Ιανουάριος", BUTTONS, id="month"),
        pytest.param(
            Reply(text="Ποια;\n\n✓ Όχι", closing=True), "Ποια;\n\n✓ Όχι", {}, id="an answer"
        ),
        pytest.param(Reply(text="Ποια;", closing=True), "Ποια;", {}, id="a typed answer"),
        pytest.param(asked(choices=CHOICES), "Ποια;", BUTTONS, id="the same, for the second time"),
    ],
)
def test_what_stands_is_changed(
    texts: Translator, server: TelegramServer, reply: Reply, text: str, markup: dict[str, Any]
) -> None:
    server.chats[4711][1] = dict(STANDING)
    assert send(texts, server, reply, replaces="1") == "1"
    assert server.chats[4711] == {1: {"text": text, "markup": markup}}


def test_what_stands_no_more_is_sent_anew_unless_it_is_closed(
    texts: Translator, server: TelegramServer
) -> None:
    assert send(texts, server, Reply(text="Ποια;", closing=True), replaces="1") == "1"
    assert server.chats[4711] == {}
    assert send(texts, server, asked(choices=CHOICES), replaces="9") == "1"
    assert server.chats[4711] == {1: STANDING}


LONG = "α" * 4090


@pytest.mark.parametrize(
    ("text", "answered_form"),
    [
        ("Ποια;", "Ποια;\n\n✓ Όχι"),
        (LONG, LONG),
        ("β" * 4096 + LONG, LONG),
        ("β" * 4096 + "Ποια;", "Ποια;\n\n✓ Όχι"),
    ],
)
def test_closing_a_question_loses_nothing_of_it(
    texts: Translator, text: str, answered_form: str
) -> None:
    reply = telegram(texts).close_question(
        asked(text=text, choices=CHOICES), "Όχι", more_follows=False
    )
    assert reply
    assert reply.text == answered_form


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        pytest.param(
            failure(429, "Too Many Requests: retry after 7", retry_after=7),
            (7, False, False, False),
            id="429",
        ),
        pytest.param(BLOCKED, (0, True, True, False), id="blocked"),
        pytest.param(
            failure(403, "Forbidden: user is deactivated"),
            (0, True, True, False),
            id="deactivated",
        ),
        pytest.param(
            failure(400, "Bad Request: chat not found"), (0, True, True, False), id="no chat"
        ),
        pytest.param(
            failure(400, "Bad Request: BUTTON_DATA_INVALID"), (0, True, False, False), id="400"
        ),
        pytest.param(failure(401, "Unauthorized"), (0, False, False, False), id="401"),
        pytest.param(failure(500, "Internal Server Error"), (0, False, False, False), id="500"),
        pytest.param(failure(502, "Bad Gateway"), (0, False, False, False), id="502"),
        pytest.param(Answer(502, b"<html>"), (0, False, False, False), id="502 of a proxy"),
        pytest.param(Answer(504, b"<html>"), (0, False, False, True), id="504 of a proxy"),
        pytest.param(Answer(200, b"<html>"), (0, False, False, True), id="not Telegram's answer"),
        pytest.param(Answer(200, b""), (0, False, False, True), id="an empty answer"),
        pytest.param(DROPPED, (0, False, False, True), id="dropped"),
    ],
)
def test_a_failure_says_whether_to_try_again(
    texts: Translator, server: TelegramServer, answer: Any, told: tuple[float, bool, bool, bool]
) -> None:
    server.failures[4711] = [answer]
    with pytest.raises(DeliveryError) as failed:
        send(texts, server, asked())
    error = failed.value
    stated = (error.retry_after, error.for_good, error.unreachable, error.may_have_arrived)
    assert stated == told
    assert TOKEN not in error.why
    assert "4711" not in error.why


def test_where_nobody_listens_nothing_arrived(texts: Translator, server: TelegramServer) -> None:
    server.url = "http://127.0.0.1:9"
    with pytest.raises(DeliveryError, match="ConnectError") as failed:
        send(texts, server, asked())
    assert not failed.value.may_have_arrived


def test_after_an_answer_that_takes_too_long_it_may_have_arrived(
    texts: Translator, server: TelegramServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.answer_faults[4711] = [late(2)]
    monkeypatch.setattr(telegram_request, "ANSWER_SECONDS", 0.2)
    with pytest.raises(DeliveryError, match="ReadTimeout") as failed:
        send(texts, server, asked())
    assert failed.value.may_have_arrived
    assert len(server.chats[4711]) == 1


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param({"ok": True, "result": {"message_id": "a", "chat": 5}}, id="of a new shape"),
        pytest.param({"ok": True}, id="without a result"),
        pytest.param({"ok": True, "result": True}, id="without a message"),
        pytest.param(b'{"ok":true,"result":{"message_id":', id="cut short"),
        pytest.param(b'{"result":{"text":"\xff"},"ok" : true}', id="another order"),
    ],
)
@pytest.mark.parametrize(
    "reply",
    [asked(), Reply(text="", file="rantevou.ics", content=b"BEGIN"), Reply(text="", venue=PLACE)],
    ids=["question", "file", "place"],
)
def test_where_the_answer_says_ok_it_counts_as_sent(
    texts: Translator, server: TelegramServer, reply: Reply, answer: Any
) -> None:
    server.answer_faults[4711] = [lambda _answer: Answer(200, answer)]
    assert send(texts, server, reply) is None
    assert len(server.chats[4711]) == 1


def test_an_edit_whose_answer_cannot_be_read_counts_as_made(
    texts: Translator, server: TelegramServer
) -> None:
    server.chats[4711][1] = dict(STANDING)
    server.answer_faults[4711] = [cut_short]
    assert send(texts, server, asked(text="Ιανουάριος"), replaces="1") == "1"
    assert server.chats[4711] == {1: {"text": "Ιανουάριος", "markup": {}}}


def test_of_a_chat_that_moved_the_new_address_is_named(
    texts: Translator, server: TelegramServer
) -> None:
    server.migrated[-5] = -1001
    with pytest.raises(DeliveryError) as failed:
        send(texts, server, asked(), "-5")
    assert failed.value.moved_to == "-1001"
    assert "1001" not in failed.value.why
    assert not failed.value.for_good


ROOM = Reply(text="Νέο ραντεβού", topic="7", answers="1")


def test_a_room_s_message_goes_to_its_topic_and_answers_an_earlier_one(
    texts: Translator, server: TelegramServer
) -> None:
    server.topics[-100][7] = "open"
    first = send(texts, server, Reply(text="Πρώτο", topic="7"), "-100")
    assert send(texts, server, ROOM, "-100") == "2"
    assert server.chats[-100][2] == {"text": ROOM.text, "markup": {}, "topic": 7, "answers": 1}
    assert first == "1"


def test_where_the_answered_message_is_deleted_it_is_sent_plainly(
    texts: Translator, server: TelegramServer
) -> None:
    server.topics[-100][7] = "open"
    assert send(texts, server, ROOM, "-100") == "1"
    assert server.chats[-100][1] == {"text": ROOM.text, "markup": {}, "topic": 7}


def test_of_a_long_text_only_the_first_part_answers(
    texts: Translator, server: TelegramServer
) -> None:
    server.chats[-100][1] = dict(STANDING)
    send(texts, server, Reply(text="α" * 5000, answers="1", choices=CHOICES), "-100")
    *_first, long, rest = server.chats[-100].values()
    assert (long["answers"], "answers" in rest) == (1, False)
    assert (long["markup"], rest["markup"]) == ({}, BUTTONS)


@pytest.mark.parametrize(
    "answer",
    [None, failure(400, "Bad Request: replied message not found")],
    ids=["now", "formerly"],
)
def test_what_is_only_an_answer_says_that_what_it_answers_was_deleted(
    texts: Translator, server: TelegramServer, answer: Answer | None
) -> None:
    server.failures[-100] = [answer] if answer else []
    with pytest.raises(DeliveryError) as failed:
        send(texts, server, Reply(text="Ωραία", answers="1", only_answers=True), "-100")
    assert failed.value.gone
    assert server.chats[-100] == {}
    send(texts, server, Reply(text="Ωραία", answers="1"), "-100")
    assert [message["text"] for message in server.chats[-100].values()] == ["Ωραία"]


@pytest.mark.parametrize("state", ["closed", "deleted"])
def test_where_the_topic_is_closed_the_group_itself_is_told(
    texts: Translator, server: TelegramServer, state: str
) -> None:
    server.topics[-100][7] = state
    send(texts, server, ROOM, "-100")
    (message,) = server.chats[-100].values()
    assert message["text"].startswith(f"{ROOM.text}\n\n(Το θέμα")
    assert "topic" not in message


def test_an_edit_changes_what_stands(texts: Translator, server: TelegramServer) -> None:
    server.chats[-100][1] = dict(STANDING)
    edit = Reply(text="Ακυρώθηκε", edits=True, choices=CHOICES)
    assert send(texts, server, edit, "-100", replaces="1") == "1"
    assert server.chats[-100] == {1: {"text": edit.text, "markup": BUTTONS}}


@pytest.mark.parametrize(
    "answer", [None, failure(400, "Bad Request: MESSAGE_ID_INVALID")], ids=["gone", "invalid"]
)
def test_an_edit_of_what_was_deleted_says_so(
    texts: Translator, server: TelegramServer, answer: Answer | None
) -> None:
    server.failures[-100] = [answer] if answer else []
    edit = Reply(text="Ακυρώθηκε", edits=True, choices=CHOICES)
    with pytest.raises(DeliveryError) as failed:
        send(texts, server, edit, "-100", replaces="1")
    assert failed.value.gone
    assert server.chats[-100] == {}


def test_a_bot_that_was_removed_cannot_reach_the_group(
    texts: Translator, server: TelegramServer
) -> None:
    server.kicked.add(-100)
    with pytest.raises(DeliveryError) as failed:
        send(texts, server, ROOM, "-100")
    assert failed.value.unreachable


def test_a_group_takes_twenty_messages_a_minute(texts: Translator, server: TelegramServer) -> None:
    server.chats[-100][1] = dict(STANDING)
    for number in range(20):
        send(texts, server, Reply(text=f"{number}", edits=True), "-100", replaces="1")
    with pytest.raises(DeliveryError) as failed:
        send(texts, server, Reply(text="ένα ακόμη"), "-100")
    assert 0 < failed.value.retry_after <= 60
