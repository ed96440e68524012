"""What staff write and tap in Telegram, as messages of ours, and the answers as Telegram's."""

import json
from typing import Any

import pytest

from bot.i18n.translator import Translator
from bot.messages import Inbound, Reply, ReplyChoice
from bot.platforms.telegram.staff_updates import MAX_POP_UP_UNITS
from bot.platforms.webhook import Ignored, RoomLeft, RoomMoved, WebhookResult
from bot.staff_messages import StaffAnswer, StaffButton, StaffInbound, StaffTap
from tests.bot.platforms import telegram_updates as updates
from tests.bot.platforms.telegram_updates import (
    ANONYMOUS,
    BOT,
    GROUP,
    WHO,
    answering,
    in_group,
    message,
)
from tests.bot.platforms.test_telegram import read, read_as
from tests.fakes.telegram import USERNAME, wrong_in

CHAT = str(GROUP["id"])
TOPIC = {"message_thread_id": 7, "is_topic_message": True}
SEEN = StaffTap(StaffButton.SEEN, 12, 1_796_000_000).dump()


def staff_in(result: WebhookResult) -> StaffInbound:
    """The only event, which is a message of staff."""
    (inbound,) = result.events
    assert isinstance(inbound, StaffInbound)
    return inbound


@pytest.mark.parametrize(
    ("text", "command", "argument"),
    [
        ("/today", "today", ""),
        ("/today@rantevou_bot", "today", ""),
        ("/today@Rantevou_Bot 3/12", "today", "3/12"),
        ("/σήμερα", "today", ""),
        ("/ΣΗΜΕΡΑ", "today", ""),
        ("/simera", "today", ""),
        ("/avrio", "tomorrow", ""),
        ("/αύριο", "tomorrow", ""),
        ("/epomeno", "next", ""),
        ("/επόμενα", "next", ""),
        ("/vres Παπαδοπούλου", "find", "Παπαδοπούλου"),
        ("/βρες@rantevou_bot  KX7\nM2P", "find", "KX7 M2P"),
        ("/book", "book", ""),
        ("/kratisi", "book", ""),
        ("/help", "help", ""),
        ("/βοήθεια", "help", ""),
        ("/bind 1234 5678 9012", "bind", "1234 5678 9012"),
        ("/link 1234 5678 9012", "link", "1234 5678 9012"),
    ],
)
def test_a_command_in_a_group_is_staffs(
    texts: Translator, text: str, command: str, argument: str
) -> None:
    said = staff_in(read_as(USERNAME, texts, in_group(text)))
    assert (said.command, said.argument) == (command, argument)
    assert (said.chat, said.topic, said.address) == (CHAT, "", str(WHO["id"]))
    assert (said.message_id, said.is_private, said.language) == ("555", False, "el")


@pytest.mark.parametrize(
    "update",
    [
        in_group("/today@weather_bot"),
        in_group("/weather"),
        in_group("/start@rantevou_bot"),
        in_group("σήμερα"),
        in_group("Καλημέρα σε όλους"),
        in_group("@weather_bot σήμερα"),
        answering("εντάξει", who=WHO),
        answering("εντάξει", who={**BOT, "id": 98}),
        {"update_id": 555, "edited_message": in_group("/today", edit_date=5)["message"]},
    ],
)
def test_what_colleagues_say_to_each_other_is_not_ours(
    texts: Translator, update: dict[str, Any]
) -> None:
    assert read_as(USERNAME, texts, update).events == [Ignored("supergroup message")]


def test_the_topic_is_known_and_an_answer_is_none(texts: Translator) -> None:
    assert staff_in(read(texts, in_group("/today", **TOPIC))).topic == "7"
    assert staff_in(read(texts, in_group("/today", message_thread_id=7))).topic == ""


def test_an_answer_to_our_message_is_a_text(texts: Translator) -> None:
    said = staff_in(read(texts, answering("Ο υπάλληλος\n ασθενεί", to=31)))
    assert (said.text, said.answers, said.command) == ("Ο υπάλληλος ασθενεί", "31", None)


def test_what_is_addressed_to_us_by_name_is_a_text(texts: Translator) -> None:
    said = staff_in(read_as(USERNAME, texts, in_group("@rantevou_bot σήμερα")))
    assert (said.text, said.answers) == ("σήμερα", None)


@pytest.mark.parametrize(
    "update",
    [
        in_group("/today", **ANONYMOUS),
        answering("ασθένεια", **ANONYMOUS),
        in_group("/today", **{**ANONYMOUS, "sender_chat": updates.CHANNEL}),
    ],
)
def test_who_writes_for_the_group_shows_no_address(
    texts: Translator, update: dict[str, Any]
) -> None:
    assert staff_in(read(texts, update)).address is None


def test_a_tap_on_a_button_of_staff(texts: Translator) -> None:
    tapped = read(texts, updates.tap(SEEN, chat=GROUP))
    said = staff_in(tapped)
    assert (said.tap, said.chat, said.address, said.is_private) == (SEEN, CHAT, "4711", False)
    assert staff_in(read(texts, updates.tap(SEEN))).is_private
    old = {"message_id": 11, "date": 0, "chat": GROUP}
    assert staff_in(read(texts, updates.tap(SEEN, message=old))).chat == CHAT
    assert not read(texts, updates.tap(SEEN, message=None, inline_message_id="5")).events


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("/today", "today"),
        ("/σήμερα", "today"),
        ("/find KX7 M2P", "find"),
        ("/link 1234 5678 9012", "link"),
        ("/link", "link"),
        ("/bind 1234 5678 9012", "bind"),
        ("/bind", "bind"),
        ("/help", "help"),
    ],
)
def test_privately_it_is_a_citizens_message_too(texts: Translator, text: str, command: str) -> None:
    said = staff_in(read(texts, message(text=text)))
    assert (said.command, said.is_private, said.chat) == (command, True, "4711")
    citizen = said.citizen
    assert isinstance(citizen, Inbound)
    assert (citizen.address, citizen.message_id, citizen.chat_sequence) == ("4711", "555", 12)
    latin = text.isascii()
    assert (citizen.command, citizen.text) == ((command, None) if latin else (None, text))


@pytest.mark.parametrize("text", ["/book", "/links", "σήμερα", "/start", "/bookings"])
def test_privately_all_else_is_a_citizens(texts: Translator, text: str) -> None:
    (event,) = read(texts, message(text=text)).events
    assert isinstance(event, Inbound)


@pytest.mark.parametrize("status", ["left", "kicked"])
def test_a_group_that_removes_the_bot_is_left(texts: Translator, status: str) -> None:
    update = updates.blocked(status, chat=GROUP)
    assert read(texts, update).events == [RoomLeft(CHAT)]


def test_a_group_that_became_a_supergroup_has_moved(texts: Translator) -> None:
    small = {"id": -5, "type": "group", "title": "α"}
    before = message(migrate_to_chat_id=-1001, chat=small)
    after = message(migrate_from_chat_id=-5, chat={**small, "id": -1001, "type": "supergroup"})
    for update in (before, after):
        assert read(texts, update).events == [RoomMoved("-5", "-1001")]


def respond(result: WebhookResult, answer: StaffAnswer | None) -> dict[str, Any]:
    assert result.respond_to_staff
    body = result.respond_to_staff(answer).body
    return json.loads(body) if body else {}


def test_a_tap_is_answered_by_a_pop_up(texts: Translator) -> None:
    tapped = read(texts, updates.tap(SEEN, chat=GROUP))
    confirmed = {"method": "answerCallbackQuery", "callback_query_id": "92"}
    assert respond(tapped, None) == confirmed
    glance = StaffAnswer(where="pop_up", reply=Reply(text="Σημειώθηκε."))
    assert respond(tapped, glance) == {**confirmed, "text": "Σημειώθηκε."}
    stays = StaffAnswer(where="pop_up", reply=Reply(text="Όχι."), stays=True)
    assert respond(tapped, stays) == {**confirmed, "text": "Όχι.", "show_alert": True}
    long = respond(tapped, StaffAnswer(where="pop_up", reply=Reply(text="😀 α" * 200)))
    assert long["show_alert"] is True
    assert len(long["text"].encode("utf-16-le")) // 2 <= MAX_POP_UP_UNITS


def test_a_command_is_answered_where_it_was_written(texts: Translator) -> None:
    asked = read(texts, in_group("/today", **TOPIC))
    reply = Reply(text="Σήμερα", choices=[ReplyChoice(id=SEEN, label="Το είδα")])
    answer = respond(asked, StaffAnswer(where="room", reply=reply))
    assert answer.pop("method") == "sendMessage"
    assert not wrong_in(answer)
    assert answer == {
        "chat_id": GROUP["id"],
        "message_thread_id": 7,
        "reply_parameters": {"message_id": 12, "allow_sending_without_reply": True},
        "text": "Σήμερα",
        "reply_markup": {"inline_keyboard": [[{"text": "Το είδα", "callback_data": SEEN}]]},
    }
    assert respond(asked, StaffAnswer(where="reaction", reply=Reply(text=""))) == {
        "method": "setMessageReaction",
        "chat_id": GROUP["id"],
        "message_id": 12,
        "reaction": [{"type": "emoji", "emoji": "👎"}],
    }
    private = respond(asked, StaffAnswer(where="private", reply=Reply(text="Γεια")))
    assert private == {"method": "sendMessage", "chat_id": WHO["id"], "text": "Γεια"}


@pytest.mark.parametrize(
    ("text", "answered"), [("/help", True), ("/book", True), ("/today", False), ("/σήμερα", False)]
)
def test_without_an_answer_to_staff_a_citizens_command_is_answered_as_ever(
    texts: Translator, text: str, answered: bool
) -> None:
    said = respond(read(texts, in_group(text)), None)
    assert ("ιδιωτική συνομιλία" in said.get("text", "")) == answered
