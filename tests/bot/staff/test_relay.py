"""A citizen and the employees of a room write to one another, both at Telegram."""

import json
import re
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.delivery.addresses import suppress
from core.bookings.closures import service as closures
from core.bookings.closures.request import ExceptionRequest
from core.db.models import (
    Booking,
    Contact,
    ExceptionKind,
    OutboxRow,
    RelayMessage,
    RelayThread,
    StaffAction,
)
from core.staff import members, relay_upkeep, webhooks
from tests.bot.platforms import telegram_updates as updates
from tests.bot.platforms.test_telegram import ACCOUNT
from tests.bot.staff.people import HELEN, NICK, STRANGER, People
from tests.bot.staff_chat import GROUP
from tests.conftest import mark_replies_sent, mostly_on
from tests.core.staff.two_towns import OPERATOR, TOWN, with_groups

CITIZEN = 700
OPENED, TO_OFFICE, TO_CITIZEN = "Ό,τι γράψετε από εδώ", "→ Προς: ", "→ Στον πολίτη."
QUESTION, ANSWER = "Δέχεστε και απόγευμα;", "Ναι, κάθε Τετάρτη."
CLOSE = "Κλείσιμο συνομιλίας"


@pytest.fixture
def talking(people: People) -> People:
    """A group with two colleagues, and a citizen who has asked for a human."""

    def make() -> None:
        people.chat.bind()
        people.linked(HELEN)
        people.linked(NICK, "Νίκος Παππάς")
        for text in ("Γεια", "υπάλληλος", "town"):
            people.chat.do(mark_replies_sent)
            people.write(text, CITIZEN, private=True)
        deliver(people)
        assert OPENED in "".join(heard(people))

    people.begin("talking", make)
    return people


def says(people: People, text: str) -> None:
    """Write as the citizen; deliver all that is due."""
    people.write(text, CITIZEN, private=True)
    deliver(people)


def deliver(people: People) -> None:
    people.chat.deployment.clock.forward(seconds=20)
    people.chat.deliver()


def heard(people: People) -> list[str]:
    """Return what the citizen's chat has of the bot."""
    return [message["text"] for message in people.chat.server.chats[CITIZEN].values()]


def first(people: People) -> int:
    """Return the id of the thread's first message in the group."""
    shown = people.chat.server.chats[GROUP].items()
    return next(number for number, message in shown if "Μήνυμα πολίτη" in message["text"])


def threads(people: People) -> list[bool]:
    """Return of each thread whether it is open."""
    rows = people.chat.do(
        lambda s: s.scalars(select(RelayThread.closed_at).order_by(RelayThread.id)).all()
    )
    return [closed_at is None for closed_at in rows]


def texts_kept(people: People) -> list[str | None]:
    kept = select(RelayMessage.text.label("text")).order_by(RelayMessage.id)
    return list(people.chat.do(lambda s: s.scalars(kept).all()))


def maintain(people: People, **later: float) -> None:
    """Let time pass, and run the upkeep."""
    people.chat.deployment.clock.forward(**later)
    registry, now = people.chat.services.registry, people.chat.services.clock()
    people.chat.do(lambda s: relay_upkeep.maintain(s, registry, now, "webchat"))
    deliver(people)


def move_to_telegram(session: Session, booking_id: int) -> None:
    """Make the booking the Telegram citizen's."""
    contact = session.scalars(select(Contact).where(Contact.account == ACCOUNT)).one()
    session.get_one(Booking, booking_id).citizen_id = contact.citizen_id


@mostly_on("sqlite")
def test_texts_go_both_ways_and_are_recorded_without_words(talking: People) -> None:
    says(talking, QUESTION)
    assert heard(talking)[-1].startswith(TO_OFFICE)
    assert QUESTION in talking.chat.texts()[-1]
    assert talking.write(ANSWER, to=first(talking)) == TO_CITIZEN
    deliver(talking)
    assert heard(talking)[-1] == f"Μήνυμα από: town\n{ANSWER}"
    says(talking, "Ωραία")
    shown = talking.chat.server.chats[GROUP]
    last = list(shown.values())[-1]
    assert (last["text"], last["answers"]) == ("Πολίτης: Ωραία", first(talking))
    done = talking.chat.do(lambda s: s.scalars(select(StaffAction)).all())
    assert [(each.action, each.reason) for each in done][-1] == ("relay", None)
    stored = talking.chat.deployment.everything()
    assert (stored.count(ANSWER), stored.count(QUESTION)) == (1, 1)  # with the thread alone


@pytest.mark.parametrize("word", ["μενού", "/menu", "/end", "τέλος συνομιλίας", "διακοπή", "/stop"])
def test_the_citizen_ends_it_by_a_word_or_a_command(talking: People, word: str) -> None:
    says(talking, QUESTION)
    says(talking, word)
    assert threads(talking) == [False]
    assert "Τελειώσατε τη συνομιλία" in "".join(heard(talking))


@mostly_on("sqlite")
def test_on_a_closed_day_who_asks_for_an_employee_reads_so(talking: People) -> None:
    says(talking, "μενού")
    deployment = talking.chat.deployment
    day, registry = deployment.clock().date(), deployment.services.registry
    asked = ExceptionRequest(ExceptionKind.CLOSURE, TOWN, day, day, reason="απεργία")
    talking.chat.do(lambda s: closures.make(s, registry, OPERATOR, asked, deployment.clock()))
    for text in ("υπάλληλος", "town"):
        says(talking, text)
    [said] = [text for text in heard(talking) if "Σήμερα είναι κλειστά" in text]
    assert "Σήμερα είναι κλειστά.\nΛόγος: απεργία\n" in said


def test_who_ends_what_the_office_has_closed_is_told_that_alone(talking: People) -> None:
    says(talking, QUESTION)
    shown = talking.chat.server.buttons(CITIZEN).items()
    end = next(data for label, data in shown if "Τέλος συνομιλίας" in label)
    talking.tap(CLOSE)
    deliver(talking)
    talking.tap_data(end, CITIZEN, chat=CITIZEN)
    deliver(talking)
    said = "".join(heard(talking))
    assert "Η συνομιλία με την υπηρεσία έχει ήδη κλείσει." in said
    assert "δεν το έστειλα" not in said


@mostly_on("sqlite")
def test_no_word_that_the_help_names_goes_to_the_office(talking: People) -> None:
    said = len(talking.chat.texts())
    says(talking, "βοήθεια")
    end, *words = re.findall("«(.*?)»", heard(talking)[-2])
    assert end == "μενού"
    assert {"διακοπή", "ακύρωση ραντεβού", "αλλαγή ραντεβού"} <= set(words)
    for word in [*words, end]:
        assert threads(talking) == [True], word
        says(talking, word)
    assert threads(talking) == [False]
    assert len(talking.chat.texts()) == said


@pytest.mark.parametrize(
    "word", ["μιλήστε με υπάλληλο", "θέλω να γράψω στην υπηρεσία", "chat with an employee"]
)
def test_a_citizen_asks_for_an_employee_in_their_own_words(talking: People, word: str) -> None:
    says(talking, "μενού")
    says(talking, word)
    says(talking, "town")
    assert threads(talking) == [False, True]


def test_two_who_answer_at_once_both_reach_the_citizen(talking: People) -> None:
    says(talking, QUESTION)
    assert talking.write(ANSWER, HELEN, to=first(talking)) == TO_CITIZEN
    assert talking.write("Και Πέμπτη.", NICK, to=first(talking)) == TO_CITIZEN
    deliver(talking)
    assert [ANSWER in heard(talking)[-2], "Και Πέμπτη." in heard(talking)[-1]] == [True, True]


def test_a_reply_after_the_end_is_refused_and_the_first_message_shows_the_end(
    talking: People,
) -> None:
    says(talking, QUESTION)
    assert talking.tap(CLOSE) == "Η συνομιλία έκλεισε."
    deliver(talking)
    assert "(Η συνομιλία έκλεισε.)" in talking.chat.server.chats[GROUP][first(talking)]["text"]
    assert talking.chat.server.buttons(GROUP) == {}
    assert heard(talking)[-1].startswith("Η υπηρεσία έκλεισε τη συνομιλία: town")
    said = talking.write(ANSWER, to=first(talking))
    assert said and "έχει κλείσει" in said
    assert threads(talking) == [False]
    before = heard(talking)
    says(talking, QUESTION)
    assert not heard(talking)[-1].startswith(TO_OFFICE)
    assert len(heard(talking)) > len(before)


@mostly_on("sqlite")
def test_an_answer_to_a_message_that_was_deleted_in_the_group_reaches_the_citizen(
    talking: People,
) -> None:
    says(talking, QUESTION)
    deleted, shown = first(talking), talking.chat.server.chats[GROUP]
    del shown[deleted]
    assert talking.write(ANSWER, to=deleted) == TO_CITIZEN
    deliver(talking)
    assert heard(talking)[-1] == f"Μήνυμα από: town\n{ANSWER}"
    says(talking, "Ωραία")
    last = next(reversed(shown))
    assert shown[last]["text"].startswith("Μήνυμα πολίτη\nΩραία\n")
    assert "answers" not in shown[last]  # to what isn't there any more
    assert CLOSE in talking.chat.server.buttons(GROUP)
    assert talking.write("Παρακαλώ", to=last) == TO_CITIZEN
    says(talking, "Γεια σας")
    next_one = shown[next(reversed(shown))]
    assert (next_one["text"], next_one["answers"]) == ("Πολίτης: Γεια σας", last)
    assert not next_one["markup"]
    maintain(talking, hours=25)
    assert threads(talking) == [False]
    assert heard(talking)[-1].startswith("Η συνομιλία σας έκλεισε")
    assert deleted not in shown
    assert shown[last]["text"].endswith("Ωραία\n(Η συνομιλία έκλεισε.)")
    assert talking.chat.server.buttons(GROUP) == {}
    assert "έχει κλείσει" in str(talking.write(ANSWER, to=last))
    assert texts_kept(talking) == [QUESTION, ANSWER, "Ωραία", "Παρακαλώ", "Γεια σας"]


def test_where_all_messages_were_deleted_the_end_is_shown_nowhere(talking: People) -> None:
    for text in (QUESTION, "Και το πρωί;"):
        says(talking, text)
    talking.chat.server.chats[GROUP].clear()
    maintain(talking, hours=25)
    (said,) = talking.chat.texts()
    assert said.startswith("Κανείς δεν απάντησε στον πολίτη")  # which isn't about a message
    assert [row for row in talking.chat.rows() if row[0] == "relay_edit"] == [
        ("relay_edit", "cancelled")
    ]


def test_only_who_may_answer_closes_a_thread(talking: People) -> None:
    says(talking, QUESTION)
    assert "/link" in talking.tap(CLOSE, STRANGER)
    assert threads(talking) == [True]
    data = talking.chat.server.buttons(GROUP)[CLOSE]
    assert talking.tap(CLOSE, NICK) == "Η συνομιλία έκλεισε."
    assert talking.tap_data(data) == "Αυτή η συνομιλία είχε ήδη κλείσει."
    assert threads(talking) == [False]


def test_the_employee_is_named_only_where_the_municipality_wants_it(talking: People) -> None:
    says(talking, QUESTION)
    named = with_groups("town", staff_chat={"names_staff": True})
    talking.chat.deployment.load(named)
    talking.write(ANSWER, to=first(talking))
    deliver(talking)
    assert heard(talking)[-1] == f"Μήνυμα από: town, Ελένη Δήμου\n{ANSWER}"


def test_another_municipality_is_asked_and_the_first_thread_is_closed(talking: People) -> None:
    says(talking, QUESTION)
    talking.chat.bind_of_city(-300)
    for text in ("υπάλληλος", "city"):
        says(talking, text)
    assert "Έκλεισα τη συνομιλία σας με: town" in "".join(heard(talking))
    assert threads(talking) == [False, True]
    says(talking, "Καλημέρα")
    assert "Καλημέρα" in talking.chat.texts(-300)[-1]


def test_strangers_and_the_disabled_reach_nobody(talking: People) -> None:
    says(talking, QUESTION)
    before = heard(talking)
    says_so = "Δεν το έστειλα στον πολίτη"
    assert (talking.write(ANSWER, STRANGER, to=first(talking)) or "").startswith(says_so)
    now = talking.chat.services.clock()
    talking.chat.do(lambda s: members.disable(s, OPERATOR, 1, now))
    talking.write(ANSWER, HELEN, to=first(talking))
    deliver(talking)
    assert heard(talking) == before
    assert texts_kept(talking) == [QUESTION]


@mostly_on("sqlite")
def test_who_is_not_linked_learns_each_time_that_the_citizen_got_nothing(talking: People) -> None:
    says(talking, QUESTION)
    talking.write("/today", STRANGER)  # and the line of this hour is used up
    for written in (ANSWER, "Με ακούτε;"):
        said = talking.write(written, STRANGER, to=first(talking))
        assert said
        assert said.startswith("Δεν το έστειλα στον πολίτη")
        talking.chat.deployment.clock.forward(minutes=1)
    told = [
        talking.write(ANSWER, STRANGER, to=first(talking), message_id=900 + n) for n in range(9)
    ]
    assert told == [told[0]] * 5 + [None] * 4
    assert talking.reactions == {905 + number: "👎" for number in range(4)}
    assert texts_kept(talking) == [QUESTION]


def test_who_serves_another_group_does_not_answer_in_the_rooms_thread(people: People) -> None:
    people.chat.bind(group="building")
    people.employee(HELEN, "money")
    for text in ("Γεια", "town", "building", "permit", "υπάλληλος"):
        says(people, text)
    assert "Το επόμενο μήνυμά σας πηγαίνει" in "".join(heard(people))
    says(people, QUESTION)
    said = people.write(ANSWER, HELEN, to=first(people))
    assert said and said.startswith("Δεν το έστειλα: δεν εξυπηρετείτε")
    assert texts_kept(people) == [QUESTION]


@pytest.mark.parametrize(
    ("update", "said"),
    [
        (updates.message(voice={**updates.FILE, "duration": 3}), "φτάνει μόνο κείμενο"),
        (updates.message(photo=updates.PHOTO), "φτάνει μόνο κείμενο"),
        (updates.edited(text=ANSWER), "αυτό που γράψατε αρχικά"),
        (updates.message(photo=updates.PHOTO, caption=QUESTION), "όχι το αρχείο"),
        (updates.message(text="α" * 4097), "πολύ μεγάλο"),
    ],
    ids=["voice", "photo", "edited", "caption", "long"],
)
def test_only_text_of_a_message_reaches_the_office(
    talking: People, update: dict[str, dict[str, object]], said: str
) -> None:
    says(talking, "Καλημέρα")
    (kind,) = set(update) - {"update_id"}
    whose = {"chat": {**updates.CHAT, "id": CITIZEN}, "from": {**updates.WHO, "id": CITIZEN}}
    talking._receive({kind: {**update[kind], **whose}})
    deliver(talking)
    assert said in heard(talking)[-1]
    expected = "Καλημέρα" if said != "όχι το αρχείο" else QUESTION
    assert expected in talking.chat.texts()[-1]


def test_a_picture_of_staff_is_answered_that_it_was_not_sent(talking: People) -> None:
    says(talking, QUESTION)
    update = updates.answering("", to=first(talking), photo=updates.PHOTO)
    del update["message"]["text"]
    update["message"] |= {"from": {**updates.WHO, "id": HELEN}}
    update["message"]["chat"] = {**updates.GROUP, "id": GROUP}
    sent = talking._receive(update)
    assert sent and sent["text"].startswith("Στον πολίτη φτάνει μόνο κείμενο")


@pytest.mark.parametrize("blank", ["   ", "\u200b", " \u200b\n\u2060"])
def test_a_blank_text_is_not_brought_to_the_office(talking: People, blank: str) -> None:
    says(talking, blank)
    assert heard(talking)[-1] == "Το μήνυμά σας ήταν κενό."
    assert texts_kept(talking) == []


def test_a_flood_is_held_off_so_that_the_group_takes_the_rest(talking: People) -> None:
    for number in range(12):
        talking.write(f"Γραμμή {number}", CITIZEN, private=True)
    deliver(talking)
    assert texts_kept(talking) == [f"Γραμμή {number}" for number in range(10)]
    assert "σε ένα λεπτό" in heard(talking)[-1]


def test_a_flood_is_held_off_also_where_it_is_spread_over_several_conversations(
    talking: People,
) -> None:
    for number in range(12):
        if number == 6:
            talking.write("μενού", CITIZEN, private=True)
            says(talking, "υπάλληλος")
            talking.write("town", CITIZEN, private=True)
        talking.write(f"Γραμμή {number}", CITIZEN, private=True)
    deliver(talking)
    assert threads(talking) == [False, True]
    assert texts_kept(talking) == [f"Γραμμή {number}" for number in range(10)]
    assert "σε ένα λεπτό" in heard(talking)[-1]
    talking.chat.deployment.clock.forward(seconds=50)
    says(talking, "Γραμμή 12")
    assert texts_kept(talking)[-1] == "Γραμμή 12"


def test_one_who_has_blocked_the_bot_is_to_be_called(talking: People) -> None:
    services = talking.chat.services
    hook: dict[str, Any] = {"municipality_id": TOWN, "url": "https://example.gr/hook"}
    talking.chat.do(
        lambda s: webhooks.add(s, services.registry, OPERATOR, services.clock(), **hook)
    )
    says(talking, QUESTION)
    now_blocked = (ACCOUNT, str(CITIZEN))
    talking.chat.do(lambda s: suppress(s, talking.chat.services, *now_blocked))
    talking.write(ANSWER, to=first(talking))
    deliver(talking)
    last = list(talking.chat.server.chats[GROUP].values())[-1]
    assert last["text"] == "Η απάντησή σας δεν έφτασε στον πολίτη."  # no number is known
    assert last["answers"] == first(talking)
    told = talking.chat.do(
        lambda s: s.scalars(select(OutboxRow.payload).filter_by(kind="event")).all()
    )
    (failed,) = (json.loads(each or "") for each in told)
    assert failed["data"] == {
        "booking": None,
        "municipality": TOWN,
        "thread": 1,
        "message": {"kind": "relay_answer", "platform": "telegram"},
    }
