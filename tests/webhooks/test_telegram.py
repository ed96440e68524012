"""A citizen on Telegram, from webhook to what stands in the chat: real server, real client."""

import itertools
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from sqlalchemy import select, update
from structlog.testing import capture_logs

from bot.i18n.translator import Translator
from bot.platforms.layout import ANSWERED
from bot.platforms.telegram.adapter import HEADER, Telegram
from bot.platforms.telegram.rendering import NO_CHOICE
from bot.platforms.telegram.settings import TelegramAccount
from core.catalogue.model import Municipality
from core.db.models import Booking, Conversation
from core.i18n import LocalizedText
from core.messaging.receipts import SEND_GRACE
from tests.bot.platforms import telegram_updates as updates
from tests.bot.platforms.telegram_updates import WHO
from tests.bot.push_deployment import settled
from tests.conftest import Deployment, mostly_on
from tests.core.wait_until import until
from tests.fakes.http_server import cut_short, late, lost
from tests.fakes.telegram import BLOCKED, TOKEN, TelegramServer, failure, telegram_server
from tests.webhooks.chat_client import ServedClient
from tests.webhooks.conftest import Serve

CHAT = 4711
CONFIRM = "Επιβεβαίωση: Πέμ 3 Δεκ, 12:30"


class Person:
    """Somebody who writes to the bot, and what they see."""

    def __init__(
        self, deployment: Deployment, client: ServedClient, server: TelegramServer
    ) -> None:
        self.server = server
        self._deployment, self._client = deployment, client
        (self._bot,) = deployment.services.platforms.values()
        self._numbers = itertools.count(1000)

    def send(self, update: dict[str, Any]) -> httpx.Response:
        """Have Telegram tell the update, and wait until all is delivered."""
        if said := update.get("message"):
            update = {"message": {**said, "message_id": self.server.number()}}
        told = self.tell({**update, "update_id": next(self._numbers)})
        assert told.status_code == 200, told.text
        self.wait()
        return told

    def tell(self, update: dict[str, Any]) -> httpx.Response:
        assert isinstance(self._bot, Telegram)
        headers = {HEADER: self._bot.secret}
        return self._client.post("/webhooks/telegram/town", json=update, headers=headers)

    def wait(self) -> None:
        """Wait until nothing is on its way."""
        unsent = "SELECT 1 FROM outgoing WHERE status IN ('pending', 'claimed') AND kind = 'reply'"
        until(lambda: self._deployment.rows(unsent) == [])

    def write(self, *texts: str) -> None:
        for text in texts:
            self.send(updates.message(text=text))

    def tap(self, label: str) -> httpx.Response:
        data = self.server.buttons(CHAT)[label]
        return self.send(updates.tap(data))

    @property
    def chat(self) -> list[str]:
        """The texts that stand there."""
        return [message["text"] for message in self.server.chats[CHAT].values()]

    @property
    def with_buttons(self) -> list[dict[str, Any]]:
        """The messages under which something can be tapped."""
        standing = self.server.chats[CHAT].values()
        return [message for message in standing if "inline_keyboard" in message["markup"]]

    @property
    def last(self) -> dict[str, Any]:
        return list(self.server.chats[CHAT].values())[-1]


@pytest.fixture
def maria(deployment: Deployment, serve: Serve, texts: Translator) -> Iterator[Person]:
    with telegram_server() as server:
        account = TelegramAccount.model_validate({"token": TOKEN, "api_url": server.url})
        deployment.connect({"telegram:town": Telegram("telegram:town", account, texts)})
        yield Person(deployment, serve(), server)


@mostly_on("sqlite")
def test_a_whole_booking_reads_as_a_record(maria: Person) -> None:
    maria.write("Γεια")
    for label in ("Δήμος Καλαμάτας", "Επίδομα Στέγασης", "Όχι", "3", "12:30"):
        answered = maria.tap(label)
        assert answered.json()["method"] == "answerCallbackQuery"
    maria.write("Μαρία <b>Παπαδοπούλου</b>", "Μαρία Παπαδοπούλου", "maria@example.gr")
    assert maria.last["markup"]["keyboard"][0][0]["request_contact"]
    maria.send(updates.contact())
    assert maria.chat[-2] == ANSWERED
    assert list(maria.server.chats[CHAT].values())[-2]["markup"]["remove_keyboard"]
    maria.write("068933130")
    for label in ("Συμφωνώ", CONFIRM):
        maria.tap(label)
    assert any("Το ραντεβού σας κλείστηκε" in text for text in maria.chat)
    (sheet,) = (given for method, given in maria.server.calls if method == "sendDocument")
    assert sheet["file_name"] == "rantevou.ics"
    assert "BEGIN:VCALENDAR" in sheet["document"]
    assert "DTSTART:20261203T103000Z" in sheet["document"]
    (door,) = (given for method, given in maria.server.calls if method == "sendVenue")
    assert (door["latitude"], door["longitude"]) == (37.0389, 22.1142)
    assert door["title"] == "Τμήμα Κοινωνικής Αρωγής"
    picked = [text.rpartition("\n")[2] for text in maria.chat if ANSWERED in text]
    assert picked == [
        f"{ANSWERED} Δήμος Καλαμάτας",
        f"{ANSWERED} Επίδομα Στέγασης",
        f"{ANSWERED} Όχι",
        f"{ANSWERED} Πέμ 3 Δεκ",
        f"{ANSWERED} 12:30",
        ANSWERED,
        f"{ANSWERED} Συμφωνώ",
        f"{ANSWERED} {CONFIRM}",
    ]
    assert maria.with_buttons == [maria.last]


def test_what_telegram_quotes_of_a_message_is_neither_noted_nor_logged(
    maria: Person, deployment: Deployment, capsys: pytest.CaptureFixture[str]
) -> None:
    said = 'Bad Request: can\'t parse entities: Unsupported start tag "Μαρία" at byte offset 12'
    maria.server.failures[CHAT] = [failure(400, said)]
    maria.tell({**updates.message(text="Μαρία"), "update_id": 5000})
    noted = "SELECT last_error FROM outgoing WHERE last_error IS NOT NULL"
    until(lambda: deployment.rows(noted) != [])
    ((why,),) = deployment.rows(noted)
    assert why.endswith(" start tag … at byte offset 12")
    maria.wait()
    logged = capsys.readouterr()
    assert "byte offset 12" in logged.out + logged.err
    assert "Μαρία" not in logged.out + logged.err


def test_a_file_of_an_appointment_that_is_off_by_then_is_not_sent(
    maria: Person, deployment: Deployment
) -> None:
    maria.write("Γεια", "Καλαμάτα", "Επίδομα Στέγασης", "όχι", "3/12", "12:30")
    maria.write("Μαρία Παπαδοπούλου", "maria@example.gr", "6912345678", "068933130")
    maria.tap("Συμφωνώ")
    confirm = maria.server.buttons(CHAT)[CONFIRM]
    maria.server.failures[CHAT] = [failure(429, "Too Many Requests", retry_after=60)]
    maria.tell({**updates.tap(confirm), "update_id": 5000})
    until(lambda: deployment.rows("SELECT 1 FROM outgoing WHERE last_error IS NOT NULL") != [])
    deployment.database.write_sync(lambda s: s.execute(update(Booking).values(state="cancelled")))
    deployment.clock.forward(seconds=61)
    maria.wait()
    assert not any(method == "sendDocument" for method, _given in maria.server.calls)


def test_who_moves_an_appointment_gets_the_file_anew_and_not_the_map(maria: Person) -> None:
    maria.write("Γεια", "Καλαμάτα", "Επίδομα Στέγασης", "όχι", "3/12", "12:30")
    maria.write("Μαρία Παπαδοπούλου", "maria@example.gr", "6912345678", "068933130")
    maria.tap("Συμφωνώ")
    maria.tap(CONFIRM)
    maria.write("αλλαγή ραντεβού", "4/12", "13:10")
    maria.tap("Ναι, αλλαγή σε Παρ 4 Δεκ, 13:10")
    methods = [method for method, _given in maria.server.calls]
    assert (methods.count("sendDocument"), methods.count("sendVenue")) == (2, 1)


def test_a_reminder_leaves_the_button_that_sends_the_number(
    maria: Person, deployment: Deployment
) -> None:
    booking = ("Καλαμάτα", "Επίδομα Στέγασης", "όχι", "3/12", "12:30", "Μαρία Παπαδοπούλου")
    maria.write("Γεια", *booking, "maria@example.gr", "6912345678", "068933130")
    for label in ("Συμφωνώ", CONFIRM):
        maria.tap(label)
    maria.write("αλλαγή στοιχείων", "τηλέφωνο")
    assert "keyboard" in maria.last["markup"]
    deployment.clock.forward(days=2, hours=4)
    until(lambda: "Σας θυμίζω το ραντεβού σας" in maria.chat[-1])
    assert maria.last["markup"] == {}
    maria.write("12")
    assert "keyboard" in maria.last["markup"]
    maria.write("6987654321")
    told = list(maria.server.chats[CHAT].values())[-3:]
    assert any("remove_keyboard" in message["markup"] for message in told)


def test_going_from_month_to_month_changes_the_message_where_it_stands(maria: Person) -> None:
    maria.write("Γεια", "Καλαμάτα", "Επίδομα Στέγασης", "όχι")
    before = maria.chat
    maria.tap("Επόμενος μήνας")
    assert len(maria.chat) == len(before)
    assert "Ιανουάριος" in maria.chat[-1]
    maria.tap("Προηγούμενος μήνας")
    assert maria.chat == before
    maria.tap("Επόμενος μήνας")
    maria.tap("7")
    assert maria.chat[len(before) - 1].endswith(f"{ANSWERED} Πέμ 7 Ιαν")


def test_a_tap_that_comes_twice_is_one_answer_and_no_more_words(maria: Person) -> None:
    maria.write("Γεια", "Καλαμάτα", "Επίδομα Στέγασης")
    no = maria.server.buttons(CHAT)["Όχι"]
    maria.send(updates.tap(no))
    before = maria.chat
    assert maria.send(updates.tap(no)).json()["method"] == "answerCallbackQuery"
    assert maria.chat == before


def test_help_by_a_tap_stands_before_the_question(maria: Person) -> None:
    maria.write("Γεια", "Καλαμάτα")
    maria.tap("Βοήθεια")
    assert "Πατήστε μια απάντηση" in maria.chat[-2]
    assert "Ποια υπηρεσία;" in maria.chat[-1]
    assert maria.with_buttons == [maria.last]


def test_a_command_is_never_an_answer(maria: Person, deployment: Deployment) -> None:
    booking = ("Καλαμάτα", "Επίδομα Στέγασης", "όχι", "3/12", "12:30")
    maria.write("Γεια", *booking, "/whoever")
    assert "Δεν γνωρίζω αυτή την εντολή" in maria.chat[-2]
    assert "ονοματεπώνυμο" in maria.chat[-1]
    maria.write("/bookings")
    assert "Να το αφήσουμε" in maria.chat[-1]
    states = deployment.database.write_sync(lambda s: s.scalars(select(Conversation.state)).all())
    assert "kalamata" in str(states)
    assert "whoever" not in str(states)


def test_a_typed_answer_leaves_no_buttons_behind(maria: Person) -> None:
    maria.write("Γεια", "Καλαμάτα")
    assert "Δήμος Χίου" not in maria.server.buttons(CHAT)
    assert ANSWERED not in "".join(maria.chat)
    maria.write("κάτι άλλο")
    assert sum("Ποια υπηρεσία" in text for text in maria.chat) == 2
    assert len(maria.with_buttons) == 1


def test_a_day_that_is_not_free_is_answered_and_nothing_else(maria: Person) -> None:
    maria.write("Γεια", "Καλαμάτα", "Επίδομα Στέγασης", "όχι")
    calls = len(maria.server.calls)
    assert maria.send(updates.tap(NO_CHOICE)).json()["callback_query_id"] == "92"
    assert len(maria.server.calls) == calls


def test_a_question_that_was_deleted_is_asked_anew(maria: Person) -> None:
    maria.write("Γεια", "Καλαμάτα", "Επίδομα Στέγασης", "όχι")
    data = maria.server.buttons(CHAT)["Επόμενος μήνας"]
    maria.server.chats[CHAT].popitem()
    maria.send(updates.tap(data))
    assert "Ιανουάριος" in maria.chat[-1]
    maria.server.chats[CHAT].popitem()
    maria.write("7/1")
    assert "ποια ώρα" in maria.chat[-1]


def test_a_link_leads_where_it_says(maria: Person) -> None:
    maria.write("/start book_kalamata_epidoma-stegasis")
    assert "Λαμβάνετε ήδη" in maria.chat[-1]


def test_a_link_in_the_midst_of_a_booking_asks_first(maria: Person) -> None:
    maria.write("Γεια", "Χίος", "/start book_kalamata")
    assert "Να το πιάσουμε από την αρχή;" in maria.chat[-1]
    maria.tap("Ναι, από την αρχή")
    assert "Ποια υπηρεσία" in maria.chat[-1]


def test_of_a_service_that_two_have_only_the_municipality_is_asked(
    maria: Person, deployment: Deployment, shipped: dict[str, Municipality]
) -> None:
    other = {"id": "pylos", "name": LocalizedText(el="Δήμος Πύλου", en="Pylos"), "aliases": ()}
    deployment.load(shipped["kalamata"].model_copy(update=other))
    maria.write("/start book_epidoma-stegasis")
    assert "Σε ποιον δήμο" in maria.chat[-1]
    maria.tap("Δήμος Πύλου")
    assert "Λαμβάνετε ήδη" in maria.chat[-1]


@pytest.mark.parametrize(
    ("update", "told"),
    [
        (updates.edited(text="Χίος"), "πριν το αλλάξετε"),
        (updates.contact(owner=1), "επαφή κάποιου άλλου"),
        (updates.message(voice={**updates.FILE, "duration": 3}), "ηχητικά μηνύματα"),
        (updates.message(photo=updates.PHOTO), "ό,τι γράφετε"),
        (updates.message(checklist=updates.CHECKLIST), "ό,τι γράφετε"),
        (updates.message(something_new={"id": 1}), "ό,τι γράφετε"),
    ],
)
def test_what_cannot_be_read_is_said_and_the_question_repeated(
    maria: Person, update: dict[str, Any], told: str
) -> None:
    maria.write("Γεια", "Καλαμάτα")
    maria.send(update)
    assert told in maria.chat[-2]
    assert "Ποια υπηρεσία" in maria.chat[-1]


def test_the_words_under_a_picture_are_read(maria: Person) -> None:
    maria.write("Γεια")
    maria.send(updates.message(photo=updates.PHOTO, caption="Καλαμάτα"))
    assert "Ποια υπηρεσία" in maria.chat[-1]


def test_an_album_is_answered_once(maria: Person) -> None:
    def send(**more: Any) -> None:
        maria.send(updates.message(photo=updates.PHOTO, **more))

    maria.write("Γεια", "Καλαμάτα")
    before = len(maria.chat)
    for _picture in range(3):
        send(media_group_id="1")
    assert len(maria.chat) == before + 2
    assert "ό,τι γράφετε" in maria.chat[-2]
    send(media_group_id="2", caption="Επίδομα Στέγασης")
    assert "Λαμβάνετε ήδη" in maria.chat[-1]
    send(media_group_id="2")
    assert "Λαμβάνετε ήδη" in maria.chat[-1]
    send(media_group_id="3")
    assert "ό,τι γράφετε" in maria.chat[-2]
    send(media_group_id="3", caption="όχι")
    assert "Ποια ημέρα" in maria.chat[-1]
    send()
    assert "ό,τι γράφετε" in maria.chat[-2]


def test_in_a_group_it_answers_commands_to_itself_in_their_topic(maria: Person) -> None:
    def said(text: str) -> Any:
        topic = {"message_thread_id": 7, "is_topic_message": True}
        answer = maria.tell(updates.message(text=text, chat=updates.GROUP, **topic))
        return answer.json() if answer.content else None

    until(lambda: said("/start@rantevou_bot") is not None)  # it has asked Telegram for its name
    assert said("/start@rantevou_bot")["message_thread_id"] == 7
    assert said("/start@weather_bot") is None


def test_an_update_that_comes_again_changes_nothing(maria: Person) -> None:
    update = updates.message(text="Γεια")
    assert [maria.tell(update).status_code for _time in range(3)] == [200] * 3
    maria.wait()
    assert len(maria.chat) == 2


def test_no_secret_no_record(maria: Person, deployment: Deployment) -> None:
    client = maria._client
    assert client.post("/webhooks/telegram/town", json=updates.message(text="α")).status_code == 403
    assert deployment.rows("SELECT 1 FROM inbounds") == []


def test_what_is_no_message_is_counted(maria: Person) -> None:
    assert maria.send(updates.blocked("member", chat=updates.GROUP)).status_code == 200
    counted = 'rantevou_ignored_total{kind="my_chat_member",platform="telegram"} 1.0'
    assert counted in maria._client.management.get("/metrics").text


@pytest.mark.parametrize("update", updates.UNREADABLE)
def test_an_update_that_cannot_be_read_is_counted_and_does_not_come_again(
    maria: Person, update: dict[str, Any]
) -> None:
    with capture_logs() as logs:
        assert maria.tell(update).status_code == 200
    counted = 'rantevou_ignored_total{kind="unreadable",platform="telegram"} 1.0'
    assert counted in maria._client.management.get("/metrics").text
    assert [each["log_level"] for each in logs if each.get("places")] == ["warning"]
    assert "Μαρία" not in str(logs)
    maria.write("Γεια")
    assert len(maria.chat) == 2


def test_who_was_told_to_wait_is_written_to_later(maria: Person, deployment: Deployment) -> None:
    maria.server.failures[CHAT] = [failure(429, "Too Many Requests", retry_after=60)]
    maria.tell(updates.message(text="Γεια"))
    until(lambda: deployment.rows("SELECT 1 FROM outgoing WHERE last_error IS NOT NULL") != [])
    assert maria.chat == []
    deployment.clock.forward(seconds=61)
    maria.wait()
    assert len(maria.chat) == 2


def test_an_answer_that_is_lost_or_cannot_be_read_doubles_no_greeting(
    maria: Person, deployment: Deployment
) -> None:
    maria.server.answer_faults[CHAT] = [cut_short, lost, lost, lost]
    maria.tell(updates.message(text="Γεια"))
    until(lambda: settled(deployment))
    for _time in range(3):
        deployment.clock.forward(minutes=1)
        until(lambda: settled(deployment))
    greeting, question, again = maria.chat
    assert (greeting == question, question == again) == (False, True)


@pytest.mark.soak
def test_an_answer_that_takes_seven_seconds_is_waited_for(maria: Person) -> None:
    maria.server.answer_faults[CHAT] = [late(7)]
    maria.tell(updates.message(text="Γεια"))
    until(lambda: len(maria.chat) == 2)
    maria.wait()
    assert len(maria.chat) == 2


def test_who_blocked_the_bot_is_left_alone_until_they_write(
    maria: Person, deployment: Deployment
) -> None:
    maria.server.failures[CHAT] = [BLOCKED] * 2
    maria.write("Γεια")
    assert maria.chat == []
    assert len(deployment.rows("SELECT 1 FROM suppressions")) == 1
    deployment.clock.forward(seconds=SEND_GRACE.total_seconds())
    maria.write("Καλαμάτα")
    assert len(maria.chat) > 0
    assert deployment.rows("SELECT 1 FROM suppressions") == []


def test_who_blocks_the_bot_is_suppressed_at_once_and_found_again(
    maria: Person, deployment: Deployment
) -> None:
    maria.send(updates.blocked())
    assert len(deployment.rows("SELECT 1 FROM suppressions")) == 1
    maria.send(updates.blocked("member"))
    assert deployment.rows("SELECT 1 FROM suppressions") == []


def test_the_language_of_the_app_is_spoken_from_the_first_word(maria: Person) -> None:
    english = {**WHO, "language_code": "en-AU"}
    maria.send(updates.message(text="/start", **{"from": english}))
    assert maria.chat[0].startswith("Hello!")
