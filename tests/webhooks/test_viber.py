"""A citizen on Viber, from webhook to what stands in the chat: real server, real client."""

import itertools
import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from bot.i18n.translator import Translator
from bot.platforms.layout import ANSWERED
from bot.platforms.viber.adapter import HEADER, Viber
from bot.platforms.viber.settings import ViberAccount
from core.messaging.conversations import erase_messages
from core.messaging.receipts import SEND_GRACE
from tests.bot.platforms import viber_events as events
from tests.bot.platforms.viber_events import MARIA, WHO
from tests.conftest import Deployment, mostly_on
from tests.core.wait_until import until
from tests.fakes.http_server import Answer, lost
from tests.fakes.viber import (
    NOT_SUBSCRIBED,
    TOKEN,
    TOO_MANY,
    ViberServer,
    failure,
    viber_server,
    wrong_in,
)
from tests.webhooks.chat_client import ServedClient
from tests.webhooks.conftest import Serve

CONFIRM = "Επιβεβαίωση: Πέμ 3 Δεκ, 12:30"


class Person:
    """Somebody who writes to the bot, and what they see."""

    def __init__(self, deployment: Deployment, client: ServedClient, server: ViberServer) -> None:
        self.server, self.client = server, client
        self._deployment = deployment
        (self._bot,) = deployment.services.platforms.values()
        self._numbers = itertools.count(events.AT)

    def send(self, event: dict[str, Any]) -> httpx.Response:
        """Have Viber tell something new, and wait until all is delivered."""
        number = next(self._numbers)
        told = self.tell({**event, "message_token": number, "timestamp": number})
        assert told.status_code == 200, told.text
        self.wait()
        return told

    def tell(self, event: dict[str, Any]) -> httpx.Response:
        assert isinstance(self._bot, Viber)
        body = json.dumps(event).encode()
        headers = {HEADER: self._bot.sign(body)}
        return self.client.post("/webhooks/viber/town", content=body, headers=headers)

    def open(self, *context: str) -> dict[str, Any]:
        """Open the chat; the welcome, which arrives as a message."""
        welcome: dict[str, Any] = self.send(events.started(*context)).json()
        assert not wrong_in(welcome)
        self.server.take(MARIA, welcome)
        return welcome

    def wait(self) -> None:
        """Wait until nothing is on its way."""
        unsent = "SELECT 1 FROM outgoing WHERE status IN ('pending', 'claimed') AND kind = 'reply'"
        until(lambda: self._deployment.rows(unsent) == [])

    def write(self, *texts: str) -> None:
        for text in texts:
            self.send(events.text(text))

    def tap(self, label: str) -> None:
        self.send(events.text(self.server.keyboards[MARIA][label]))

    def statuses(self) -> list[str]:
        return [row[0] for row in self._deployment.rows("SELECT status FROM outgoing ORDER BY id")]

    @property
    def chat(self) -> list[str]:
        """Our texts."""
        return self.server.chats[MARIA]


@pytest.fixture
def maria(deployment: Deployment, serve: Serve, texts: Translator) -> Iterator[Person]:
    with viber_server() as server:
        account = ViberAccount.model_validate({"token": TOKEN, "api_url": server.url})
        deployment.connect({"viber:town": Viber("viber:town", account, texts)})
        yield Person(deployment, serve(), server)


@mostly_on("sqlite")
def test_a_whole_booking(maria: Person) -> None:
    welcome = maria.open()
    assert welcome["text"].startswith("Γεια σας!")
    assert welcome["text"].endswith("Σε ποιον δήμο θέλετε ραντεβού;")
    for label in ("Δήμος Καλαμάτας", "Επίδομα Στέγασης", "Όχι", "3", "12:30"):
        maria.tap(label)
    maria.write("Μαρία <b>Παπαδοπούλου</b>", "Μαρία Παπαδοπούλου", "maria@example.gr")
    maria.send(events.contact())
    maria.write("068933130")
    for label in ("Συμφωνώ", CONFIRM):
        maria.tap(label)
    assert any("Το ραντεβού σας κλείστηκε" in text for text in maria.chat)
    assert json.dumps({"lat": 37.0389, "lon": 22.1142}) in maria.chat
    picked = [text.partition("\n")[0] for text in maria.chat if text.startswith(ANSWERED)]
    assert picked == [
        f"{ANSWERED} Δήμος Καλαμάτας",
        f"{ANSWERED} Επίδομα Στέγασης",
        f"{ANSWERED} Όχι",
        f"{ANSWERED} Πέμ 3 Δεκ",
        f"{ANSWERED} 12:30",
        f"{ANSWERED} Συμφωνώ",
        f"{ANSWERED} {CONFIRM}",
    ]


@pytest.mark.parametrize("version", [1, 4])
def test_an_older_app_is_served_with_what_it_knows(
    maria: Person, deployment: Deployment, version: int
) -> None:
    maria.server.api_versions[MARIA] = version
    old = {**WHO, "api_version": version}

    def tap(label: str) -> None:
        said = maria.server.keyboards[MARIA][label]
        maria.send(events.text(said, sender=old))

    maria.send({**events.text("Γεια"), "sender": old})
    for label in ("Δήμος Καλαμάτας", "Επίδομα Στέγασης", "Όχι", "3", "12:30"):
        tap(label)
    for text in ("Μαρία Παπαδοπούλου", "maria@example.gr", "6912345678", "068933130"):
        maria.send(events.text(text, sender=old))
    for label in ("Συμφωνώ", CONFIRM):
        tap(label)
    assert any("Το ραντεβού σας κλείστηκε" in text for text in maria.chat)
    deployment.clock.forward(days=2, hours=4)
    until(lambda: "Σας θυμίζω το ραντεβού σας" in maria.chat[-1])
    assert not any("\n1. " in text for text in maria.chat)  # the simplest form wasn't needed


def test_whose_app_states_no_version_gets_the_simplest_form(maria: Person) -> None:
    maria.server.api_versions[MARIA] = 2
    unknown = {name: value for name, value in WHO.items() if name != "api_version"}
    maria.send(events.text("Γεια", sender=unknown))
    assert "1. Δήμος Καλαμάτας" in maria.chat[-1]
    maria.send(events.text("1", sender=unknown))
    assert "Ποια υπηρεσία" in maria.chat[-1]


def test_a_tap_that_comes_twice_answers_one_question(maria: Person) -> None:
    maria.open()
    maria.write("Καλαμάτα", "Επίδομα Στέγασης")
    no = maria.server.keyboards[MARIA]["Όχι"]
    maria.send(events.text(no))
    assert "Ποια ημέρα;" in maria.chat[-1]
    before = list(maria.chat)
    maria.send(events.text(no))
    assert maria.chat == before
    maria.write("βοήθεια")
    maria.send(events.text(no))
    assert "ήταν για προηγούμενη ερώτηση" in maria.chat[-2]


def test_going_from_month_to_month_is_not_said_back(maria: Person) -> None:
    maria.open()
    maria.write("Καλαμάτα", "Επίδομα Στέγασης", "όχι")
    maria.tap("Επόμενος μήνας")
    assert maria.chat[-1].startswith("Ποια ημέρα;")
    assert "Προηγούμενος μήνας" in maria.server.keyboards[MARIA]


def test_the_welcome_is_the_same_when_it_is_asked_for_again(
    maria: Person, deployment: Deployment
) -> None:
    first, again = (maria.tell(events.started()).json() for _time in range(2))
    assert first == again
    assert len(deployment.rows("SELECT 1 FROM inbounds")) == 1
    assert deployment.rows("SELECT 1 FROM outgoing") == []


def test_whoever_comes_back_goes_on_where_they_were(maria: Person) -> None:
    maria.open()
    maria.write("Καλαμάτα")
    before = list(maria.chat)
    assert maria.send(events.started(subscribed=True)).content == b""
    assert maria.chat == before
    maria.tap("Επίδομα Στέγασης")
    assert "Λαμβάνετε ήδη" in maria.chat[-1]
    maria.send(events.started("manage_KX7M2P", subscribed=True))
    assert "Να το αφήσουμε" in maria.chat[-1]
    maria.tap("Ναι, να το αφήσουμε")
    assert "Και ποιο τηλέφωνο" in maria.chat[-1]


def test_whoever_left_and_opens_the_chat_anew_is_asked_the_open_question(maria: Person) -> None:
    maria.open()
    maria.write("Καλαμάτα")
    assert maria.open()["text"] == "Ποια υπηρεσία;"


def test_a_welcome_that_was_erased_meanwhile_is_not_made_up(
    maria: Person, deployment: Deployment
) -> None:
    event = events.started()
    assert maria.tell(event).json()["text"]
    deployment.database.write_sync(lambda s: erase_messages(s, [1]))
    again = maria.tell(event)
    assert (again.status_code, again.content) == (200, b"")


def test_a_link_leads_where_it_says(maria: Person) -> None:
    assert "Λαμβάνετε ήδη" in maria.open("book_epidoma-stegasis")["text"]


def test_the_language_of_the_app_is_spoken_from_the_first_word(maria: Person) -> None:
    english = {**events.started(), "user": {**WHO, "language": "en-AU"}}
    assert maria.send(english).json()["text"].startswith("Hello!")


@pytest.mark.parametrize(
    "event",
    [
        events.media("picture"),
        events.media("file"),
        events.message({"type": "sticker", "sticker_id": 46105}),
        events.message({"type": "location", "location": {"lat": 37.04, "lon": 22.11}}),
    ],
)
def test_what_cannot_be_read_is_said_and_the_question_repeated(
    maria: Person, event: dict[str, Any]
) -> None:
    maria.open()
    maria.send(event)
    assert "ό,τι γράφετε" in maria.chat[-2]
    assert "Σε ποιον δήμο" in maria.chat[-1]


def test_a_message_that_comes_again_changes_nothing(maria: Person) -> None:
    event = events.text("Γεια")
    assert [maria.tell(event).status_code for _time in range(3)] == [200] * 3
    maria.wait()
    assert len(maria.chat) == 2


@mostly_on("sqlite")
def test_a_receipt_moves_a_message_forward_only(maria: Person) -> None:
    maria.write("Γεια")
    assert maria.statuses() == ["sent", "sent"]
    first, second = maria.server.tokens[MARIA]
    for status, number, statuses in (
        ("delivered", first, ["delivered", "sent"]),
        ("seen", first, ["seen", "sent"]),
        ("delivered", first, ["seen", "sent"]),
        ("failed", first, ["seen", "sent"]),
        ("failed", second, ["seen", "failed"]),
        ("seen", second, ["seen", "failed"]),
        ("seen", 99, ["seen", "failed"]),
    ):
        for _time in range(2):
            assert maria.tell(events.receipt(status, number)).status_code == 200
            assert maria.statuses() == statuses
    # That it was seen is as good as that it was sent: the answer counts.
    maria.write("Καλαμάτα")


def test_a_receipt_of_her_own_message_is_not_taken_for_anothers(
    maria: Person, deployment: Deployment
) -> None:
    maria.write("Γεια")
    assert maria.tell(events.receipt("seen", events.AT)).status_code == 200
    assert maria.statuses() == ["sent", "sent"]


def test_a_receipt_that_comes_before_the_message_is_noted_waits_for_it(maria: Person) -> None:
    maria.server.slow = 1
    maria.tell(events.text("Γεια"))
    until(lambda: maria.server.tokens[MARIA] != [])
    number = maria.server.tokens[MARIA][0]
    assert maria.tell(events.receipt("seen", number)).status_code == 200
    assert maria.statuses()[0] == "seen"


def test_who_unsubscribes_is_suppressed_until_they_come_back(
    maria: Person, deployment: Deployment
) -> None:
    maria.write("Γεια")
    maria.send(events.unsubscribed())
    assert len(deployment.rows("SELECT 1 FROM suppressions")) == 1
    maria.send(events.unsubscribed())
    maria.send(events.subscribed())
    assert deployment.rows("SELECT 1 FROM suppressions") == []


def test_who_is_not_subscribed_is_left_alone_until_they_write(
    maria: Person, deployment: Deployment
) -> None:
    maria.server.failures[MARIA] = [NOT_SUBSCRIBED] * 2
    maria.write("Γεια")
    assert maria.chat == []
    assert len(deployment.rows("SELECT 1 FROM suppressions")) == 1
    deployment.clock.forward(seconds=SEND_GRACE.total_seconds())
    maria.write("Καλαμάτα")
    assert len(maria.chat) > 0
    assert deployment.rows("SELECT 1 FROM suppressions") == []


def test_what_viber_says_of_a_failure_is_noted_without_the_address(
    maria: Person, deployment: Deployment
) -> None:
    maria.server.failures[MARIA] = [failure(3, f"badData for {MARIA}")]
    maria.write("Γεια")
    (number,) = maria.server.tokens[MARIA]
    maria.tell({**events.receipt("failed", number), "desc": f"{MARIA} is away"})
    why = [row[0] for row in deployment.rows("SELECT last_error FROM outgoing ORDER BY id")]
    assert why == ["3 badData for …", "… is away"]


@pytest.mark.parametrize("answer", [TOO_MANY, Answer(500, {}), Answer(503, b"<html>")])
def test_what_failed_for_the_moment_is_tried_again(
    maria: Person, deployment: Deployment, answer: Answer
) -> None:
    maria.server.failures[MARIA] = [answer]
    maria.tell(events.text("Γεια"))
    until(lambda: deployment.rows("SELECT 1 FROM outgoing WHERE last_error IS NOT NULL") != [])
    deployment.clock.forward(minutes=1)
    maria.wait()
    assert len(maria.chat) == 2


def test_an_answer_that_is_lost_doubles_no_greeting(maria: Person, deployment: Deployment) -> None:
    maria.server.answer_faults[MARIA] = [lost] * 4
    maria.tell(events.text("Γεια"))
    until(lambda: len(maria.chat) == 2)
    for _time in range(3):
        until(lambda: deployment.rows("SELECT 1 FROM outgoing WHERE status = 'claimed'") == [])
        deployment.clock.forward(minutes=1)
    maria.wait()
    greeting, question, again = maria.chat
    assert (greeting == question, question == again) == (False, True)


def test_no_signature_no_record(maria: Person, deployment: Deployment) -> None:
    said = events.text("α")
    assert maria.client.post("/webhooks/viber/town", json=said).status_code == 403
    assert deployment.rows("SELECT 1 FROM inbounds") == []


@pytest.mark.parametrize(
    ("event", "kind"),
    [
        ({"event": "message"}, "unreadable"),
        (events.text("α", timestamp="soon"), "unreadable"),
        ({"event": "client_status"}, "client_status"),
    ],
)
def test_what_cannot_be_read_or_nobody_knows_is_counted(
    maria: Person, event: dict[str, Any], kind: str
) -> None:
    assert maria.tell(event).status_code == 200
    counted = f'rantevou_ignored_total{{kind="{kind}",platform="viber"}} 1.0'
    assert counted in maria.client.management.get("/metrics").text


def test_viber_is_told_that_we_are_there(maria: Person) -> None:
    assert maria.tell(events.ASKED).status_code == 200
