"""POST /chat/turns, over real HTTP: bookings, fields, tokens, repeated messages."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from bot.bootstrap import Application
from core.actor import OPERATOR
from core.bookings import by_staff
from core.db.models import Booking, InboundRow
from core.errors import DatabaseUnavailable
from core.messaging.notifications import notified_on
from tests.conftest import Deployment, mostly_on
from tests.webhooks.chat_client import CODE, ENGLISH, GREEK, Answers, ChatClient
from tests.webhooks.conftest import Serve


def post(client: httpx.Client, **body: Any) -> Any:
    answer = client.post("/chat/turns", json={"conversation": None, **body})
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.parametrize("taps", [True, False], ids=["by choices", "by texts"])
@pytest.mark.parametrize(
    ("language", "hello", "answers", "booked"),
    [
        ("el", "Γεια", GREEK, "Το ραντεβού σας κλείστηκε."),
        ("en", "Hello", ENGLISH, "Your appointment is booked."),
    ],
    ids=["el", "en"],
)
def test_a_booking_is_made_from_greeting_to_confirmation(
    serve: Serve, language: str, hello: str, answers: Answers, booked: str, taps: bool
) -> None:
    citizen = ChatClient(serve(), language=language, timezone="Europe/Athens")
    citizen.say(hello)
    said = citizen.answer(answers, taps=taps)
    assert booked in said
    assert CODE.search(said)
    assert "12:30–13:00" in said


def test_an_answer_has_exactly_the_documented_fields(client: httpx.Client) -> None:
    answer = client.post(
        "/chat/turns", json={"conversation": None, "message_id": "1", "text": "Γεια"}
    )
    assert answer.headers["content-type"] == "application/json"
    body = answer.json()
    assert set(body) == {"conversation", "replies"}
    assert [set(reply) for reply in body["replies"]] == [{"text", "blocks", "step", "choices"}] * 2
    said, asked = body["replies"]
    assert (said["step"], said["choices"]) == (None, [])
    assert asked["step"] == "municipality"
    assert all(set(choice) == {"id", "label"} for choice in asked["choices"])


def test_a_structured_message_is_given_as_blocks_too(client: httpx.Client) -> None:
    citizen = ChatClient(client, language="en", timezone="Europe/Athens")
    citizen.say("Hello")
    assert [reply["blocks"] for reply in citizen.replies] == [[], []]
    citizen.answer(ENGLISH, taps=True)
    booked = citizen.replies[0]
    assert [block["type"] for block in booked["blocks"]] == [
        *("heading", "facts", "place", "checklist", "paragraph", "note", "facts"),
        *("attachment", "actions"),
    ]
    assert booked["blocks"][0]["text"] == booked["text"].partition("\n")[0]
    code = booked["blocks"][1]["rows"][0]
    assert f"{code['label']}: {code['value']}" in booked["text"]
    assert booked["blocks"][-3]["rows"][0]["kind"] == "phone"


def test_a_choice_carries_its_prompts_number_new_at_each_asking(client: httpx.Client) -> None:
    citizen = ChatClient(client)
    citizen.say("Γεια")
    first = {choice["id"].partition(".")[0] for choice in citizen.replies[-1]["choices"]}
    citizen.say("βοήθεια")
    second = {choice["id"].partition(".")[0] for choice in citizen.replies[-1]["choices"]}
    assert len(first) == len(second) == 1
    assert first != second


@pytest.mark.parametrize(
    ("fields", "hello", "greeted"),
    [
        ({}, "Γεια", "Γεια σας!"),
        ({}, "hello", "Hello!"),
        ({"language": "en"}, "Γεια", "Hello!"),
        ({"language": "el"}, "hello", "Γεια σας!"),
    ],
)
def test_the_pages_language_decides_else_the_first_words(
    client: httpx.Client, fields: dict[str, str], hello: str, greeted: str
) -> None:
    assert ChatClient(client, **fields).say(hello).startswith(greeted)


@pytest.mark.parametrize(("header", "greeted"), [("de-DE", "Hello!"), ("el-GR", "Γεια σας!")])
def test_a_header_states_the_language_where_no_field_does(
    client: httpx.Client, header: str, greeted: str
) -> None:
    client.headers["Accept-Language"] = header
    assert ChatClient(client).say("1000").startswith(greeted)
    assert ChatClient(client, language="el").say("1000").startswith("Γεια σας!")


@pytest.mark.parametrize(
    ("stated", "greeting"),
    [
        ("el-GR", "Γεια σας!"),
        ("EL", "Γεια σας!"),
        ("en_AU", "Hello!"),
        ("fr-FR", "Hello!"),  # as by the header
        ("", "Γεια σας!"),
        ("no language; at all", "Γεια σας!"),
        ("\ud800", "Γεια σας!"),
        ("x" * 5000, "Γεια σας!"),
    ],
)
def test_no_language_refuses_a_message(client: httpx.Client, stated: str, greeting: str) -> None:
    assert ChatClient(client, language=stated).say("1000").startswith(greeting)


@pytest.mark.parametrize(
    "stated", ["Mars", "", "../../etc/passwd", "\ud800", "Etc/Unknown", "x" * 5000]
)
def test_no_time_zone_refuses_a_message(serve: Serve, deployment: Deployment, stated: str) -> None:
    citizen = ChatClient(serve(), timezone=stated)
    assert citizen.say("Γεια").startswith("Γεια σας!")
    assert deployment.rows("SELECT timezone FROM conversations") == [("Europe/Athens",)]
    citizen.fields["timezone"] = "Australia/Melbourne"
    citizen.say("Χίος")
    assert deployment.rows("SELECT timezone FROM conversations") == [("Australia/Melbourne",)]


def test_a_header_does_not_switch_the_language_in_mid_conversation(client: httpx.Client) -> None:
    client.headers["Accept-Language"] = "el-GR"
    citizen = ChatClient(client, language="en")
    citizen.say("1000")
    del citizen.fields["language"]
    assert "With which municipality" in citizen.say("1000")


def test_a_language_asked_for_stays_though_the_page_says_another(client: httpx.Client) -> None:
    citizen = ChatClient(client, language="el")
    citizen.say("Γεια")
    assert "Which" in citizen.say("english") or "municipality" in citizen.say("english")
    assert "With which municipality" in citizen.say("1000")
    citizen.fields["language"] = "en"
    citizen.say("ελληνικά")
    citizen.fields["language"] = "el"
    assert "Σε ποιον δήμο" in citizen.say("1000")


def test_a_citizen_in_melbourne_sees_video_times_of_melbourne(client: httpx.Client) -> None:
    citizen = ChatClient(client, language="en", timezone="Australia/Melbourne")
    for text in ("hello", "Chios", "Women's Counselling", "video"):
        citizen.say(text)
    citizen.say("3/12")
    assert citizen.labels[0] == "18:00"  # 9:00 in Chios


def test_tokens_are_long_and_different_even_for_the_same_short_message_id(
    client: httpx.Client,
) -> None:
    tokens = {post(client, message_id="1", text="Γεια")["conversation"] for _ in range(20)}
    assert len(tokens) == 20
    assert min(map(len, tokens)) >= 40


def test_two_clients_with_the_same_message_ids_have_two_conversations(
    client: httpx.Client,
) -> None:
    one, other = (post(client, message_id="1", text="Γεια")["conversation"] for _ in range(2))
    chose = post(client, conversation=one, message_id="2", text="Καλαμάτα")
    still = post(client, conversation=other, message_id="2", text="hjkl")
    assert chose["replies"][-1]["step"] == "service"
    assert still["replies"][-1]["step"] == "municipality"


def test_the_same_message_again_gives_the_same_replies_and_changes_nothing(
    client: httpx.Client,
) -> None:
    token = post(client, message_id="1", text="Γεια")["conversation"]
    once = post(client, conversation=token, message_id="2", text="Καλαμάτα")
    again = post(client, conversation=token, message_id="2", text="δημος χιου")
    after = post(client, conversation=token, message_id="3", choice=choice(once, "Επίδομα"))
    assert again == once
    assert after["replies"][-1]["step"] == "screening.receives"


def test_a_confirmation_sent_twice_books_once(serve: Serve) -> None:
    client = serve()
    citizen = ChatClient(client)
    citizen.say("Γεια")
    citizen.answer(GREEK, taps=True, until="review")
    confirm = {
        "conversation": citizen.token,
        "message_id": "confirm",
        "choice": citizen.choice("Επιβεβαίωση"),
    }
    once, again = (post(client, **confirm) for _ in range(2))
    assert once == again
    assert CODE.search(once["replies"][0]["text"])
    citizen.say("τα ραντεβού μου")
    assert citizen.step == "action"  # there is one, so it isn't asked which


@pytest.mark.parametrize("act", ["move", "cancel"])
def test_what_the_office_changes_is_told_before_the_replies_to_the_next_message(
    serve: Serve, deployment: Deployment, act: str
) -> None:
    citizen, services = ChatClient(serve(), language="en"), deployment.services
    services.registry.accounts = frozenset({"webchat"})
    citizen.say("Hello")
    citizen.answer(ENGLISH, taps=True)
    citizen.say("my bookings")

    def change(session: Session) -> list[str]:
        booking, now = session.scalars(select(Booking)).one(), services.clock()
        if act == "cancel":
            by_staff.cancel(session, services.registry, OPERATOR, booking, now, "Strike")
        else:
            later = booking.starts_at + timedelta(days=7)
            by_staff.move(session, services.registry, OPERATOR, booking, later, now)
        session.flush()
        return list(notified_on(session, booking, now))

    assert deployment.database.write_sync(change) == ["webchat"]
    citizen.tap("Cancel")
    if act == "cancel":
        assert "Strike" in citizen.replies[0]["text"]
        assert "Your appointment was cancelled: " in citizen.replies[1]["text"]
        assert citizen.step == "task"
    else:
        assert "moved" in citizen.replies[0]["text"]
        assert citizen.step == "sure"
    told = citizen.replies[0]["text"]
    assert told not in citizen.say("hello")


@mostly_on("sqlite")
def test_what_a_lost_answer_told_comes_again_with_the_same_message(
    serve: Serve, deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    citizen, services = ChatClient(serve(), language="en"), deployment.services
    services.registry.accounts = frozenset({"webchat"})
    citizen.say("Hello")
    citizen.answer(ENGLISH, taps=True)

    def cancel(session: Session) -> None:
        booking, now = session.scalars(select(Booking)).one(), services.clock()
        by_staff.cancel(session, services.registry, OPERATOR, booking, now, "Strike")

    def fail(*_given: Any) -> None:
        raise DatabaseUnavailable

    deployment.database.write_sync(cancel)
    asked = {"conversation": citizen.token, "message_id": "a", "text": "hello"}
    with monkeypatch.context() as away:
        away.setattr(Application, "handle_message", fail)  # after the notice was fetched
        assert citizen.client.post("/chat/turns", json=asked).status_code == 503
    once, again = (post(citizen.client, **asked) for _time in range(2))
    assert "Strike" in once["replies"][0]["text"]
    assert once == again
    later = post(citizen.client, **{**asked, "message_id": "b"})
    assert "Strike" not in str(later)
    assert post(citizen.client, **asked) == once


def test_a_first_message_with_a_random_uuid_sent_again_finds_its_conversation(
    client: httpx.Client,
) -> None:
    message_id = str(uuid4())
    once, again = (post(client, message_id=message_id, text="Γεια") for _ in range(2))
    assert once == again
    went_on = post(client, conversation=once["conversation"], message_id="2", text="δημος χιου")
    assert went_on["replies"][-1]["step"] == "group"
    assert post(client, message_id=message_id, text="Γεια") == once


def test_a_first_message_whose_replies_are_forgotten_begins_anew(
    serve: Serve, deployment: Deployment
) -> None:
    client, message_id = serve(), str(uuid4())
    old = post(client, message_id=message_id, text="Καλαμάτα")["conversation"]

    def forget(session: Session) -> None:
        session.execute(delete(InboundRow))

    deployment.database.write_sync(forget)
    anew = post(client, message_id=message_id, text="Γεια")
    assert anew["conversation"] != old
    assert anew["replies"][-1]["step"] == "municipality"
    assert post(client, conversation=old, message_id="2", text="1000")["replies"][-1]["step"] == (
        "service"
    )


@pytest.mark.parametrize(
    "message_id", ["1", "hello", "1bf4d7d0-e596-11f1-9bd1-02fc00000001", "0" * 32]
)
def test_a_first_message_whose_id_could_be_guessed_opens_a_conversation_each_time(
    client: httpx.Client, message_id: str
) -> None:
    once, again = (post(client, message_id=message_id, text="Γεια") for _ in range(2))
    assert once["conversation"] != again["conversation"]


def test_a_text_of_ten_thousand_characters_is_answered_and_nothing_lost(
    client: httpx.Client,
) -> None:
    citizen = ChatClient(client)
    citizen.say("Γεια")
    citizen.say("Καλαμάτα")
    said = citizen.say("ω" * 10_000)
    assert "1000" in said or "1.000" in said
    assert citizen.step == "service"


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "\x00",
        "😀",
        "שלום",
        "\u202eabc",
        "\ud800",
        "<script>alert(1)</script>",
        "'; DROP TABLE bookings; --",
        "{name}",
        "%s",
        "9" * 500,
    ],
)
def test_an_odd_text_is_answered_and_the_question_stays(client: httpx.Client, text: str) -> None:
    citizen = ChatClient(client)
    citizen.say("Γεια")
    citizen.say("Καλαμάτα")
    said = citizen.say(text)
    assert citizen.step == "service"
    assert said


@pytest.mark.parametrize(
    "choice_id",
    ["", "1", "x.y", "99999999999999999999.1", "1.help.x", ".", "-1.1", "٣.1", "1.0"],
)
def test_a_choice_of_nonsense_changes_nothing(client: httpx.Client, choice_id: str) -> None:
    citizen = ChatClient(client)
    citizen.say("Γεια")
    answer = post(client, conversation=citizen.token, message_id="2", choice=choice_id)
    assert answer["replies"][-1]["step"] == "municipality"
    opening = post(client, message_id="1", choice=choice_id)
    assert opening["replies"][-1]["step"] == "municipality"


def test_a_stale_choice_says_what_it_was_and_changes_nothing(client: httpx.Client) -> None:
    citizen = ChatClient(client)
    citizen.say("Γεια")
    stale = citizen.choice("Δήμος Χίου")
    citizen.say("Καλαμάτα")
    answer = post(client, conversation=citizen.token, message_id="9", choice=stale)
    assert "Δήμος Χίου" in answer["replies"][0]["text"]
    assert answer["replies"][-1]["step"] == "service"


def choice(answer: Any, label: str) -> str:
    found = (c["id"] for c in answer["replies"][-1]["choices"] if c["label"].startswith(label))
    return str(next(found))
