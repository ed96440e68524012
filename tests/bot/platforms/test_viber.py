"""Viber's events as messages of ours, and our replies as Viber's."""

import json
from datetime import date
from typing import Any

import pytest

from bot.i18n.translator import Translator
from bot.messages import Inbound, Reply, ReplyChoice
from bot.platforms.viber.adapter import HEADER, Viber
from bot.platforms.viber.settings import ViberAccount
from bot.platforms.webhook import (
    UNREADABLE,
    Ignored,
    Reachability,
    Receipt,
    Unauthenticated,
    WebhookResult,
    parse_or_skip,
)
from tests.bot.platforms import viber_events as events
from tests.bot.platforms.viber_events import MARIA
from tests.bot.platforms.webhook_requests import post
from tests.fakes.viber import (
    TOKEN,
    wrong_in,
)

ACCOUNT = "viber:town"


def viber(texts: Translator, **settings: Any) -> Viber:
    return Viber(ACCOUNT, ViberAccount.model_validate({"token": TOKEN, **settings}), texts)


def read(texts: Translator, event: Any, **settings: Any) -> WebhookResult:
    bot = viber(texts, **settings)
    body = event if isinstance(event, bytes) else json.dumps(event).encode()
    return parse_or_skip(ACCOUNT, lambda: bot.parse(post({HEADER: bot.sign(body)}, body)))


def said_in(result: WebhookResult) -> Inbound:
    """The only event, which is a message."""
    (inbound,) = result.events
    assert isinstance(inbound, Inbound)
    return inbound


SAID = [
    pytest.param(events.text("Γεια"), {"text": "Γεια"}, id="text"),
    pytest.param(events.text("tap 7.2"), {"choice": "7.2"}, id="tap"),
    pytest.param(events.text("tap 7.month:2027-01"), {"choice": "7.month:2027-01"}, id="command"),
    pytest.param(events.text("7.2"), {"text": "7.2"}, id="what only looks like a tap"),
    pytest.param(events.text("<b>Μαρία & Νίκος</b>"), {"text": "<b>Μαρία & Νίκος</b>"}, id="html"),
    pytest.param(events.text("α" * 7000), {"text": "α" * 7000}, id="long text"),
    pytest.param(events.text(""), {"text": ""}, id="nothing"),
    pytest.param(
        events.message({"type": "text", "text": "ναι", "tracking_data": "x"}),
        {"text": "ναι"},
        id="with data of an older program",
    ),
    pytest.param(events.contact(), {"text": "+306912345678"}, id="phone without a plus"),
    pytest.param(events.contact("+306912345678"), {"text": "+306912345678"}, id="phone"),
    pytest.param(events.contact("6912345678"), {"text": "6912345678"}, id="phone as dialled"),
    pytest.param(events.contact("691 234-5678 "), {"text": "6912345678"}, id="as it is written"),
    pytest.param(events.contact("30 691 2345678"), {"text": "+306912345678"}, id="with spaces"),
    pytest.param(events.contact("00306912345678"), {"text": "00306912345678"}, id="with zeroes"),
    pytest.param(
        events.message({"type": "contact", "contact": {"name": "Νίκος"}}),
        {"unread": "other"},
        id="contact without a phone",
    ),
    pytest.param(
        events.message({"type": "location", "location": {"lat": 37.04, "lon": 22.11}}),
        {"unread": "other"},
        id="location",
    ),
    pytest.param(
        events.message({"type": "sticker", "sticker_id": 46105}), {"unread": "other"}, id="sticker"
    ),
    pytest.param(events.media("picture"), {"unread": "other"}, id="picture"),
    pytest.param(events.media("picture", text="ναι"), {"text": "ναι"}, id="picture with words"),
    pytest.param(events.media("picture", text=""), {"unread": "other"}, id="without words"),
    pytest.param(events.media("video", size=10_000, duration=10), {"unread": "other"}, id="video"),
    pytest.param(
        events.media("file", size=10_000, file_name="aitisi.pdf"), {"unread": "other"}, id="file"
    ),
    pytest.param(events.media("url"), {"unread": "other"}, id="link"),
    pytest.param(events.message({"type": "new"}), {"unread": "other"}, id="of later days"),
    pytest.param(events.started(), {"reply_in_response": True}, id="opened"),
    pytest.param(
        events.started("manage_KX7M2P", subscribed=True),
        {"link": "manage_KX7M2P"},
        id="by a link, when known already",
    ),
    pytest.param(
        events.started("book_epidoma"),
        {"link": "book_epidoma", "reply_in_response": True},
        id="by a link",
    ),
    pytest.param(events.started(""), {"reply_in_response": True}, id="by a link without words"),
]


@pytest.mark.parametrize(("event", "said"), SAID)
def test_what_a_citizen_sends(texts: Translator, event: Any, said: dict[str, Any]) -> None:
    received = read(texts, event)
    inbound = said_in(received)
    given = inbound.model_dump(
        include={"text", "choice", "unread", "link", "reply_in_response"}, exclude_defaults=True
    )
    assert given == said
    who = (inbound.account, inbound.address, inbound.message_id, inbound.number, inbound.language)
    assert who == (ACCOUNT, MARIA, str(events.TOKEN), events.AT, "el")
    assert bool(received.respond) == inbound.reply_in_response


@pytest.mark.parametrize(
    ("event", "news"),
    [
        pytest.param(events.receipt("delivered"), Receipt(MARIA, "7", "delivered"), id="delivered"),
        pytest.param(events.receipt("seen"), Receipt(MARIA, "7", "seen"), id="seen"),
        pytest.param(
            events.receipt("failed"),
            Receipt(MARIA, "7", "failed", "failure description"),
            id="failed",
        ),
        pytest.param(events.subscribed(), Reachability(MARIA, reachable=True), id="subscribed"),
        pytest.param(
            events.unsubscribed(), Reachability(MARIA, reachable=False), id="unsubscribed"
        ),
        pytest.param(events.ASKED, None, id="asked whether we are there"),
        pytest.param(events.started(subscribed=True), None, id="opened again"),
    ],
)
def test_what_viber_tells(
    texts: Translator, event: Any, news: Receipt | Reachability | None
) -> None:
    received = read(texts, event)
    assert received == WebhookResult([news] if news else [])


@pytest.mark.parametrize(
    ("name", "kind"), [("client_status", "client_status"), ("<b>", "unknown"), ("", "unknown")]
)
def test_what_nobody_knows_is_ignored(texts: Translator, name: str, kind: str) -> None:
    result = read(texts, {"event": name, "user": {}, "timestamp": "?"})
    assert result == WebhookResult([Ignored(kind)])


@pytest.mark.parametrize("signature", ["", "00", "é", "0" * 64])
def test_who_cannot_sign_is_refused(texts: Translator, signature: str) -> None:
    with pytest.raises(Unauthenticated):
        viber(texts).parse(post({HEADER: signature}, b"{}"))


def test_a_body_that_was_changed_is_refused(texts: Translator) -> None:
    bot = viber(texts)
    with pytest.raises(Unauthenticated):
        bot.parse(post({HEADER: bot.sign(b'{"event": "webhook"}')}, b'{"event": "webhook" }'))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff",
        b"null",
        b"[]",
        b"{}",
        b'{"event": 5}',
        b'{"event": "message"}',
        b'{"event": "seen", "message_token": 5}',
        b'{"event": "unsubscribed"}',
        b'{"event": "message", "sender": {"id": 5}, "message": {}}',
        b"[" * 100_000,
    ],
)
def test_what_cannot_be_read_is_skipped(texts: Translator, body: bytes) -> None:
    assert read(texts, body) == WebhookResult([Ignored(UNREADABLE)])


@pytest.mark.parametrize(
    ("code", "language"), [("el", "el"), ("el-GR", "el"), ("de", "en"), (None, None)]
)
def test_the_language_is_the_apps(
    texts: Translator, code: str | None, language: str | None
) -> None:
    event = events.text("α", sender={**events.WHO, "language": code})
    assert said_in(read(texts, event)).language == language


def test_a_bot_of_one_municipality_is_at_home_there(texts: Translator) -> None:
    assert said_in(read(texts, events.text("α"))).municipality_id is None
    own = read(texts, events.text("α"), municipality="chios")
    assert said_in(own).municipality_id == "chios"


CHOICES = [
    ReplyChoice(id="7.1", label="Ναι", number=1),
    ReplyChoice(id="7.2", label="Όχι", number=2),
]
BACK = ReplyChoice(id="7.back", label="Πίσω")
HELP = ReplyChoice(id="7.help", label="Βοήθεια")
LONG = "Πρόγραμμα Ελάχιστο Εγγυημένο Εισόδημα (ΕΕΕ/ΚΕΑ)"


def asked(**more: Any) -> Reply:
    return Reply.model_validate({"text": "Ποια;", "step": "service", **more})


def numbered(labels: list[str]) -> list[ReplyChoice]:
    return [
        ReplyChoice(id=f"7.{place}", label=label, number=place)
        for place, label in enumerate(labels, 1)
    ]


def keyboard(texts: Translator, reply: Reply) -> Any:
    """The keyboard's rows, with buttons as columns text=body; checked as Viber does."""
    (*_before, last) = viber(texts).render(reply).messages
    assert not wrong_in({"receiver": MARIA, **last})
    if "keyboard" not in last:
        return None
    rows: list[list[str]] = [[]]
    filled = 0
    for button in last["keyboard"]["Buttons"]:
        if filled == 6:
            rows, filled = [*rows, []], 0
        rows[-1].append(f"{button['Columns']} {button['Text']}={button['ActionBody']}")
        filled += button["Columns"]
    return rows


@pytest.mark.parametrize(
    ("reply", "rows"),
    [
        pytest.param(asked(choices=CHOICES), [["3 Ναι=tap 7.1", "3 Όχι=tap 7.2"]], id="yes or no"),
        pytest.param(
            asked(choices=numbered([LONG, "Όχι"])),
            [[f"6 {LONG}=tap 7.1"], ["6 Όχι=tap 7.2"]],
            id="a long one makes rows of one",
        ),
        pytest.param(
            asked(choices=[*CHOICES, BACK, HELP]),
            [["3 Ναι=tap 7.1", "3 Όχι=tap 7.2"], ["3 Πίσω=tap 7.back", "3 Βοήθεια=tap 7.help"]],
            id="commands stand below",
        ),
        pytest.param(
            asked(choices=numbered(["9:30", "10:30", "11:30", "12:30"])),
            [["2 9:30=tap 7.1", "2 10:30=tap 7.2", "1 11:30=tap 7.3", "1 12:30=tap 7.4"]],
            id="a row is filled",
        ),
        pytest.param(
            asked(choices=numbered(["<b>Α&Β</b>"])),
            [["6 &lt;b&gt;Α&amp;Β&lt;/b&gt;=tap 7.1"]],
            id="html in a label",
        ),
        pytest.param(
            asked(choices=numbered(["&" * 200])),
            [[f"6 {'&amp;' * 49}…=tap 7.1"]],
            id="a label too long once it is escaped",
        ),
        pytest.param(
            asked(choices=numbered(["α" * 300])),
            [[f"6 {'α' * 249}…=tap 7.1"]],
            id="a label too long",
        ),
        pytest.param(asked(), None, id="a question without choices"),
        pytest.param(Reply(text="Εντάξει."), None, id="no question"),
        pytest.param(
            asked(input="phone", choices=[BACK]),
            [["6 📱 Αποστολή του αριθμού μου=-"], ["6 Πίσω=tap 7.back"]],
            id="phone",
        ),
        pytest.param(asked(input="email", choices=[BACK]), [["6 Πίσω=tap 7.back"]], id="e-mail"),
    ],
)
def test_a_keyboard(texts: Translator, reply: Reply, rows: Any) -> None:
    assert keyboard(texts, reply) == rows


@pytest.mark.parametrize(
    ("count", "label", "beside"),
    [
        (12, LONG, 2),
        (10, LONG, 1),
        (31, "Κυριακή 6 Δεκεμβρίου", 3),
        (66, "Κυριακή 6 Δεκεμβρίου", 6),
    ],
)
def test_however_many_they_are_a_keyboard_has_twelve_rows_at_most(
    texts: Translator, count: int, label: str, beside: int
) -> None:
    rows = keyboard(texts, asked(choices=[*numbered([label] * count), BACK, HELP]))
    assert len(rows) <= 12
    assert len(rows[0]) == beside


def test_a_month_is_a_sheet_from_monday_to_saturday(texts: Translator) -> None:
    days = [ReplyChoice(id=f"7.{day}", label="…", number=day) for day in (1, 3, 31)]
    later = ReplyChoice(id="7.month:2027-01", label="Επόμενος μήνας")
    reply = asked(month=date(2026, 12, 1), layout="month", choices=[*days, later])
    head, *weeks, below = keyboard(texts, reply)
    assert head == ["1 Δευ=-", "1 Τρί=-", "1 Τετ=-", "1 Πέμ=-", "1 Παρ=-", "1 Σάβ=-"]
    assert weeks[0] == ["1  =-", "1 1=tap 7.1", "1 ·=-", "1 3=tap 7.3", "1 ·=-", "1 ·=-"]
    assert [len(week) for week in weeks] == [6] * 5
    assert weeks[-1][3] == "1 31=tap 7.31"
    assert below == ["6 Επόμενος μήνας=tap 7.month:2027-01"]


def test_a_month_with_free_sundays_is_a_list_of_its_days(texts: Translator) -> None:
    days = [ReplyChoice(id=f"7.{day}", label=f"Ημ {day} Δεκ", number=day) for day in range(1, 32)]
    rows = keyboard(texts, asked(month=date(2026, 12, 1), layout="month", choices=[*days, BACK]))
    assert sum(len(row) for row in rows) == 32
    assert len(rows) <= 12


@pytest.mark.parametrize(
    ("version", "needs", "rows"),
    [
        (None, 6, [["6 📱 Αποστολή του αριθμού μου=-"], ["6 Πίσω=tap 7.back"]]),
        (10, 6, [["6 📱 Αποστολή του αριθμού μου=-"], ["6 Πίσω=tap 7.back"]]),
        (5, 3, [["6 📱 Αποστολή του αριθμού μου=-"], ["6 Πίσω=Πίσω"]]),
        (2, 1, [["6 Πίσω=Πίσω"]]),
    ],
)
def test_an_older_app_gets_the_buttons_that_it_knows(
    texts: Translator, version: int | None, needs: int, rows: list[list[str]]
) -> None:
    reply = asked(input="phone", choices=[BACK], app_version=version)
    assert keyboard(texts, reply) == rows
    assert viber(texts).render(reply).messages[-1]["min_api_version"] == needs


def test_a_day_of_an_older_app_is_written_by_its_number(texts: Translator) -> None:
    days = [ReplyChoice(id="7.3", label="Πέμπτη 3 Δεκεμβρίου", number=3)]
    month = {"month": date(2026, 12, 1), "layout": "month"}
    _head, first, *_weeks = keyboard(texts, asked(**month, choices=days, app_version=1))
    assert first[3] == "1 3=3"


def test_a_text_without_buttons_is_for_every_app(texts: Translator) -> None:
    assert viber(texts).render(Reply(text="α")).messages[0]["min_api_version"] == 1


@pytest.mark.parametrize("version", [None, "7", 0, 1, [], 2.5])
def test_a_strange_version_loses_no_message(texts: Translator, version: Any) -> None:
    event = events.text("α", sender={**events.WHO, "api_version": version})
    assert said_in(read(texts, event)).text == "α"


def test_whoever_opens_the_chat_is_told_all_in_one_message(texts: Translator) -> None:
    received = read(texts, events.started())
    assert received.respond
    welcome = json.loads(received.respond([Reply(text="Γεια σας."), asked(choices=CHOICES)]).body)
    assert not wrong_in(welcome)
    assert "receiver" not in welcome
    assert welcome["text"] == "Γεια σας.\n\nΠοια;"
    assert len(welcome["keyboard"]["Buttons"]) == 2
    long = json.loads(received.respond([Reply(text="α" * 9000), asked(choices=CHOICES)]).body)
    assert not wrong_in(long)
    assert len(long["keyboard"]["Buttons"]) == 2
