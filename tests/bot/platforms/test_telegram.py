"""Telegram's updates as messages of ours, and our replies as Telegram's."""

import json
from datetime import date
from typing import Any

import pytest
from telegram import TelegramObject, Update

from bot.i18n.translator import Translator
from bot.messages import Inbound, Reply, ReplyChoice
from bot.platforms.telegram.adapter import HEADER, Telegram
from bot.platforms.telegram.rendering import NO_CHOICE
from bot.platforms.telegram.settings import TelegramAccount
from bot.platforms.webhook import (
    UNREADABLE,
    Ignored,
    Reachability,
    Unauthenticated,
    WebhookResult,
    parse_or_skip,
)
from tests.bot.platforms import telegram_updates as updates
from tests.bot.platforms.telegram_updates import CHAT, FILE, GROUP, LINKED, WHO, message
from tests.bot.platforms.webhook_requests import post
from tests.fakes.telegram import TOKEN, USERNAME

ACCOUNT = "telegram:town"


def telegram(texts: Translator, **settings: Any) -> Telegram:
    return Telegram(ACCOUNT, TelegramAccount.model_validate({"token": TOKEN, **settings}), texts)


def read(texts: Translator, update: Any, **settings: Any) -> WebhookResult:
    bot = telegram(texts, **settings)
    body = update if isinstance(update, bytes) else json.dumps(update).encode()
    return parse_or_skip(ACCOUNT, lambda: bot.parse(post({HEADER: bot.secret}, body)))


def read_as(username: str, texts: Translator, update: Any) -> WebhookResult:
    """Read an update as the bot of that name."""
    bot = telegram(texts)
    bot._parser.username = username
    return bot.parse(post({HEADER: bot.secret}, json.dumps(update).encode()))


def said_in(result: WebhookResult) -> Inbound:
    """The only event, which is a message."""
    (inbound,) = result.events
    assert isinstance(inbound, Inbound)
    return inbound


OWN_NUMBER = {"text": "+306912345678", "proves_phone": True}

SAID = [
    pytest.param(message(text="Γεια"), {"text": "Γεια"}, id="text"),
    pytest.param(message(text="/start"), {"text": "/start"}, id="start"),
    pytest.param(
        message(text="/start book_epidoma"), {"link": "book_epidoma"}, id="start by a link"
    ),
    pytest.param(message(text="/start manage_KX7M2P"), {"link": "manage_KX7M2P"}, id="a code"),
    pytest.param(message(text="/start@a_bot book_x"), {"link": "book_x"}, id="with a name"),
    pytest.param(message(text="/start@a_bot"), {"text": "/start"}, id="start with a name"),
    pytest.param(message(text="/bookings"), {"command": "bookings"}, id="command"),
    pytest.param(
        message(text="/start_over@a_bot"), {"command": "start_over"}, id="command with a name"
    ),
    pytest.param(message(text="/foo bar"), {"command": "foo"}, id="command that nobody knows"),
    pytest.param(message(text="/ 5"), {"text": "/ 5"}, id="what only looks like a command"),
    pytest.param(message(text="<b>Μαρία & Νίκος</b>"), {"text": "<b>Μαρία & Νίκος</b>"}, id="html"),
    pytest.param(message(text="ναι", **LINKED), {"text": "ναι"}, id="forwarded text"),
    pytest.param(message(text="α" * 4096), {"text": "α" * 4096}, id="long text"),
    pytest.param(updates.contact(), OWN_NUMBER, id="own contact"),
    pytest.param(updates.contact("+306912345678"), OWN_NUMBER, id="with a plus"),
    pytest.param(updates.contact(owner=4712), {"unread": "contact"}, id="another's contact"),
    pytest.param(updates.contact(owner=None), {"unread": "contact"}, id="contact of no user"),
    pytest.param(updates.edited(text="όχι"), {"unread": "edited"}, id="edited"),
    pytest.param(message(voice={**FILE, "duration": 3}), {"unread": "voice"}, id="voice"),
    pytest.param(
        message(video_note={**FILE, "length": 240, "duration": 3}), {"unread": "voice"}, id="round"
    ),
    pytest.param(message(photo=updates.PHOTO), {"unread": "other"}, id="photo"),
    pytest.param(
        message(photo=updates.PHOTO, caption="ναι"), {"text": "ναι"}, id="photo with words"
    ),
    pytest.param(
        message(
            sticker={
                **FILE,
                "type": "regular",
                "width": 512,
                "height": 512,
                "is_animated": False,
                "is_video": False,
                "emoji": "👍",
            }
        ),
        {"unread": "other"},
        id="sticker",
    ),
    pytest.param(message(location=updates.VENUE), {"unread": "other"}, id="location"),
    pytest.param(
        message(document={**FILE, "file_name": "aitisi.pdf"}), {"unread": "other"}, id="file"
    ),
    pytest.param(
        message(voice={**FILE, "duration": 3}, caption="Χίος"), {"text": "Χίος"}, id="voice, words"
    ),
    pytest.param(
        updates.edited(photo=updates.PHOTO, caption="α"), {"unread": "edited"}, id="edited caption"
    ),
    pytest.param(message(checklist=updates.CHECKLIST), {"unread": "other"}, id="checklist"),
    pytest.param(message(dice={"emoji": "🎲", "value": 5}), {"unread": "other"}, id="dice"),
    pytest.param(message(story={"id": 5, "chat": CHAT}), {"unread": "other"}, id="story"),
    pytest.param(message(something_new={"id": 1}), {"unread": "other"}, id="of later days"),
    pytest.param(updates.tap(), {"choice": "7.2"}, id="tap"),
]


@pytest.mark.parametrize(("update", "said"), SAID)
def test_what_a_citizen_sends(
    texts: Translator, update: dict[str, Any], said: dict[str, Any]
) -> None:
    inbound = said_in(read(texts, update))
    given = inbound.model_dump(
        include={"text", "proves_phone", "choice", "unread", "link", "command"},
        exclude_none=True,
        exclude_defaults=True,
    )
    assert given == said
    who = (inbound.account, inbound.address, inbound.message_id, inbound.number, inbound.language)
    assert who == (ACCOUNT, "4711", "555", 555, "el")
    assert inbound.chat_sequence == (None if "choice" in said else 12)


IGNORED = [
    pytest.param(message(text="/start", chat=GROUP), "supergroup message", id="group"),
    pytest.param({"update_id": 555, "channel_post": updates.POST}, "channel_post", id="channel"),
    pytest.param(
        updates.blocked("member", chat=updates.GROUP), "my_chat_member", id="put into a group"
    ),
    pytest.param(updates.edited(location=updates.VENUE), "edited_message", id="a place that moves"),
    pytest.param(message(pinned_message=updates.POST), "service message", id="pin"),
    pytest.param(
        message(checklist_tasks_done={"marked_as_done_task_ids": [1]}),
        "service message",
        id="a task is done",
    ),
    pytest.param(message(write_access_allowed={}), "service message", id="allowed to write"),
    pytest.param({"update_id": 555, "something_new": {"id": 1}}, "unknown", id="of later days"),
]


@pytest.mark.parametrize(("update", "kind"), IGNORED)
def test_what_is_no_message_to_us(texts: Translator, update: dict[str, Any], kind: str) -> None:
    assert read(texts, update).events == [Ignored(kind)]


@pytest.mark.parametrize(("status", "reachable"), [("kicked", False), ("member", True)])
def test_who_blocks_the_bot_is_known_at_once(
    texts: Translator, status: str, reachable: bool
) -> None:
    assert read(texts, updates.blocked(status)).events == [Reachability("4711", reachable)]


@pytest.mark.parametrize(
    ("update", "messages"),
    [
        pytest.param(updates.tap(), 1, id="a choice"),
        pytest.param(updates.tap(NO_CHOICE), 0, id="a day that isn't free"),
        pytest.param(updates.tap(None, game_short_name="a"), 0, id="a game"),
        pytest.param(updates.tap(chat=GROUP), 0, id="in a group"),
        pytest.param(
            updates.tap(message={"message_id": 11, "date": 0, "chat": CHAT}), 1, id="very old"
        ),
        pytest.param(updates.tap(message=None, inline_message_id="5"), 0, id="of no message"),
    ],
)
def test_every_tap_is_answered_at_once(texts: Translator, update: Any, messages: int) -> None:
    received = read(texts, update)
    answer = {"method": "answerCallbackQuery", "callback_query_id": "92"}
    assert json.loads(received.response.body) == answer
    assert len(received.events) == messages


@pytest.mark.parametrize(
    ("text", "answered"),
    [
        ("/start@rantevou_bot", True),
        ("/start@Rantevou_Bot", True),
        ("/start@weather_bot", False),
        ("/help@weather_bot", False),
        ("/bookings", True),
        ("/weather", False),
        ("/", False),
        ("Γεια", False),
    ],
)
def test_in_a_group_only_a_command_is_answered(
    texts: Translator, text: str, answered: bool
) -> None:
    received = read_as(USERNAME, texts, message(text=text, chat=GROUP))
    assert received.events == [Ignored("supergroup message")]
    assert bool(received.response.body) == answered
    if answered:
        answer = json.loads(received.response.body)
        assert answer["chat_id"] == GROUP["id"]
        assert "ιδιωτική συνομιλία" in answer["text"]


def test_before_its_name_is_known_it_answers_no_command_with_a_name(texts: Translator) -> None:
    assert not read(texts, message(text="/start@rantevou_bot", chat=GROUP)).response.body


@pytest.mark.parametrize(
    ("more", "topic"),
    [
        ({"message_thread_id": 7, "is_topic_message": True}, {"message_thread_id": 7}),
        ({"message_thread_id": 7}, {}),  # a reply, and no topic
        ({}, {}),
    ],
)
def test_in_a_topic_it_answers_in_the_topic(
    texts: Translator, more: dict[str, Any], topic: dict[str, int]
) -> None:
    received = read(texts, message(text="/start", chat=GROUP, **more))
    answer = json.loads(received.response.body)
    del answer["text"]
    assert answer == {"method": "sendMessage", "chat_id": GROUP["id"], **topic}


@pytest.mark.parametrize("secret", ["", "guessed", "é"])
def test_who_does_not_know_the_secret_is_refused(texts: Translator, secret: str) -> None:
    with pytest.raises(Unauthenticated):
        telegram(texts).parse(post({HEADER: secret}, b"{}"))


@pytest.mark.parametrize(
    "body",
    [
        json.dumps({**message(text="α"), "update_id": 10**400}).encode(),
        json.dumps(message(text="α", date=10**18)).encode(),
        b"",
        b"{",
        b"\xff",
        b"null",
        b"[]",
        b"{}",
        b'{"update_id": 1, "message": 5}',
        b"[" * 100_000,
    ],
)
def test_what_cannot_be_read_is_skipped(texts: Translator, body: bytes) -> None:
    assert read(texts, body) == WebhookResult([Ignored(UNREADABLE)])


@pytest.mark.parametrize(("code", "language"), [("el", "el"), ("el-GR", "el"), ("de", "en")])
def test_the_language_is_the_apps(texts: Translator, code: str, language: str) -> None:
    update = message(text="α", **{"from": {**WHO, "language_code": code}})
    assert said_in(read(texts, update)).language == language


def test_a_name_comes_with_a_message_as_the_app_shows_it(texts: Translator) -> None:
    who: dict[str, Any] = {"from": {**WHO, "last_name": "Παππά"}}
    for update in (message(text="α", **who), updates.tap(**who)):
        assert said_in(read(texts, update)).name == "Μαρία Παππά"


def test_a_bot_of_one_municipality_is_at_home_there(texts: Translator) -> None:
    assert said_in(read(texts, message(text="α"))).municipality_id is None
    own = read(texts, message(text="α"), municipality="chios")
    assert said_in(own).municipality_id == "chios"


def test_the_library_reads_our_updates_as_we_wrote_them() -> None:
    """It drops nothing of them: what we recorded is of the published shapes."""
    for case in (*SAID, *IGNORED):
        update = case.values[0]
        assert isinstance(update, dict)
        known = Update.de_json(dict(update))
        assert known
        assert _dropped(known) == (["something_new"] if case.id == "of later days" else []), case.id


def _dropped(known: Any) -> list[str]:
    """The names, at any depth, that the library found and doesn't know."""
    if isinstance(known, tuple | list):
        return [name for each in known for name in _dropped(each)]
    if not isinstance(known, TelegramObject):
        return []
    inner = (getattr(known, slot) for kind in type(known).__mro__ for slot in _slots(kind))
    return [*known.api_kwargs, *(name for each in inner for name in _dropped(each))]


def _slots(kind: type) -> list[str]:
    return [slot for slot in getattr(kind, "__slots__", ()) if not slot.startswith("_")]


CHOICES = [
    ReplyChoice(id="7.1", label="Ναι", number=1),
    ReplyChoice(id="7.2", label="Όχι", number=2),
]
BACK = ReplyChoice(id="7.back", label="Πίσω")
HELP = ReplyChoice(id="7.help", label="Βοήθεια")


def asked(**more: Any) -> Reply:
    return Reply.model_validate({"text": "Ποια;", "step": "service", **more})


def keyboard(texts: Translator, reply: Reply) -> Any:
    """The markup, with buttons as text=data or text."""
    markup = telegram(texts).render(reply).markup
    if markup is None:
        return None
    given = markup.to_dict()
    if "inline_keyboard" in given:
        return [
            [f"{b['text']}={b['callback_data']}" for b in row] for row in given["inline_keyboard"]
        ]
    return given


LONG = "Πρόγραμμα Ελάχιστο Εγγυημένο Εισόδημα (ΕΕΕ/ΚΕΑ)"
TIMES = [ReplyChoice(id=f"7.{i}", label=f"{9 + i}:30", number=i) for i in range(1, 6)]
SHARE = {"text": "📱 Αποστολή του αριθμού μου", "request_contact": True}


@pytest.mark.parametrize(
    ("reply", "rows"),
    [
        pytest.param(asked(choices=CHOICES), [["Ναι=7.1", "Όχι=7.2"]], id="short ones share a row"),
        pytest.param(
            asked(choices=[CHOICES[0].model_copy(update={"label": LONG}), CHOICES[1]]),
            [[f"{LONG}=7.1"], ["Όχι=7.2"]],
            id="a long one has its own",
        ),
        pytest.param(
            asked(choices=[*CHOICES, BACK, HELP]),
            [["Ναι=7.1", "Όχι=7.2"], ["Πίσω=7.back", "Βοήθεια=7.help"]],
            id="commands stand below",
        ),
        pytest.param(
            asked(choices=TIMES, layout="times"),
            [["10:30=7.1", "11:30=7.2", "12:30=7.3", "13:30=7.4"], ["14:30=7.5"]],
            id="times",
        ),
        pytest.param(asked(), None, id="a question without choices"),
        pytest.param(Reply(text="Εντάξει."), None, id="no question"),
        pytest.param(
            Reply(text="Εντάξει.", clears=True),
            {"remove_keyboard": True},
            id="after one whose buttons are at the keyboard",
        ),
        pytest.param(
            asked(input="phone", choices=[BACK, HELP]),
            {
                "keyboard": [[SHARE], [{"text": "Πίσω"}, {"text": "Βοήθεια"}]],
                "resize_keyboard": True,
                "one_time_keyboard": True,
            },
            id="phone",
        ),
        pytest.param(asked(input="email"), None, id="e-mail"),
    ],
)
def test_buttons(texts: Translator, reply: Reply, rows: Any) -> None:
    shown = keyboard(texts, reply)
    if isinstance(rows, dict):
        rows = {name: value for name, value in rows.items() if value is not None}
        shown = {name: shown[name] for name in rows}
    assert shown == rows


def test_a_month_is_a_sheet_of_seven_columns(texts: Translator) -> None:
    days = [ReplyChoice(id=f"7.{day}", label="…", number=day) for day in (1, 3, 31)]
    later = ReplyChoice(id="7.month:2027-01", label="Επόμενος μήνας")
    reply = asked(month=date(2026, 12, 1), layout="month", choices=[*days, later])
    head, *weeks, below = keyboard(texts, reply)
    assert [name.partition("=")[0] for name in head] == [
        "Δευ",
        "Τρί",
        "Τετ",
        "Πέμ",
        "Παρ",
        "Σάβ",
        "Κυρ",
    ]
    assert weeks[0] == [" =-", "1=7.1", "·=-", "3=7.3", "·=-", "·=-", "·=-"]
    assert [len(week) for week in weeks] == [7] * 5
    assert weeks[-1] == ["·=-", "·=-", "·=-", "31=7.31", " =-", " =-", " =-"]
    assert below == ["Επόμενος μήνας=7.month:2027-01"]
