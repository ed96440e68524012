"""A citizen on Telegram, from webhook to what stands in the chat: real server, real client."""

from typing import Any

import pytest
from sqlalchemy import select, update

from bot.platforms.layout import ANSWERED
from bot.platforms.telegram.rendering import NO_CHOICE
from core.catalogue.model import Municipality
from core.db.models import Booking, Conversation
from core.i18n import LocalizedText
from tests.bot.platforms import telegram_updates as updates
from tests.bot.platforms.telegram_updates import WHO
from tests.conftest import Deployment, mostly_on
from tests.core.wait_until import until
from tests.fakes.telegram import failure
from tests.webhooks.telegram_person import CHAT, Person

CONFIRM = "Επιβεβαίωση: Πέμ 3 Δεκ, 12:30"


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
    assert set(maria.last["markup"]) == {"inline_keyboard"}
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


def test_the_language_of_the_app_is_spoken_from_the_first_word(maria: Person) -> None:
    english = {**WHO, "language_code": "en-AU"}
    maria.send(updates.message(text="/start", **{"from": english}))
    assert maria.chat[0].startswith("Hello!")
