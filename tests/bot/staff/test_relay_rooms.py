"""A thread and its room: its first message there, and texts that are written in other rooms."""

import pytest

from bot.delivery.addresses import suppress
from core.staff import rooms
from tests.bot.platforms.test_telegram import ACCOUNT
from tests.bot.staff.people import HELEN, NICK, STRANGER, People
from tests.bot.staff.test_relay import (
    ANSWER,
    CITIZEN,
    CLOSE,
    QUESTION,
    TO_CITIZEN,
    deliver,
    first,
    heard,
    maintain,
    move_to_telegram,
    says,
    talking,
    threads,
)
from tests.bot.staff_chat import GROUP
from tests.conftest import mostly_on
from tests.core.staff.two_towns import OPERATOR
from tests.fakes.telegram import failure

__all__ = ["talking"]


@mostly_on("sqlite")
def test_where_the_first_message_was_deleted_the_next_one_there_takes_its_place(
    talking: People,
) -> None:
    for text in (QUESTION, "Και το πρωί;", "Και Σάββατο;"):
        says(talking, text)
    shown = talking.chat.server.chats[GROUP]
    second, third = list(shown)[-2:]
    del shown[first(talking)]
    says(talking, "Ωραία")
    assert shown[second]["text"].startswith("Μήνυμα πολίτη\nΚαι το πρωί;\n")
    assert [n for n, each in shown.items() if CLOSE in str(each["markup"])] == [second]
    last = shown[next(reversed(shown))]
    assert (last["text"], last["answers"]) == ("Πολίτης: Ωραία", second)
    for number in (second, third):
        del shown[number]
    says(talking, "Ευχαριστώ")
    assert shown[first(talking)]["text"].startswith("Μήνυμα πολίτη\nΩραία\n")
    assert talking.tap(CLOSE) == "Η συνομιλία έκλεισε."
    deliver(talking)
    assert shown[first(talking)]["text"].endswith("Ωραία\n(Η συνομιλία έκλεισε.)")
    assert talking.chat.server.buttons(GROUP) == {}


BUILDING = -200
AT_BUILDING = ("Γεια", "town", "building", "permit", "υπάλληλος", "πίσω")
"""The words with which a citizen begins a booking, and then a conversation with that group."""


@pytest.fixture
def elsewhere(people: People) -> People:
    """A citizen who writes with the group for `building`, where an alert is in another one."""

    def make() -> None:
        people.chat.bind()
        people.chat.bind(BUILDING, group="building")
        for member, name in ((HELEN, "Ελένη Δήμου"), (NICK, "Νίκος Παππάς")):
            people.linked(member, name)
        for text in (*AT_BUILDING, QUESTION, "Για υπάλληλο"):
            says(people, text)
        assert QUESTION in people.chat.texts(BUILDING)[-1]

    people.begin("elsewhere", make)
    return people


def prompted(people: People, service: str) -> int:
    """Tap “Message…” under an alert of the citizen's booking; return the prompt in the group."""
    booking = people.chat.book(service=service)
    people.chat.do(lambda s: move_to_telegram(s, booking))
    people.deliver()
    people.tap("Μήνυμα…", HELEN)
    people.deliver()
    return list(people.chat.server.chats[GROUP])[-1]


@mostly_on("sqlite")
def test_for_an_appointment_that_is_not_the_other_rooms_the_answers_come_where_one_writes(
    elsewhere: People,
) -> None:
    prompt, chats = prompted(elsewhere, "tax"), elsewhere.chat.server.chats
    elsewhere.write("Και αύριο;", CITIZEN, private=True)  # and isn't delivered
    assert elsewhere.write(ANSWER, HELEN, to=prompt) == (
        "→ Στον πολίτη. Συνομιλούσε ήδη με άλλη ομάδα σας (town, building)· από εδώ και πέρα οι "
        "απαντήσεις του έρχονται εδώ."
    )
    deliver(elsewhere)
    assert heard(elsewhere)[-1] == f"Μήνυμα από: town\n{ANSWER}"
    assert ANSWER not in "".join(elsewhere.chat.texts(BUILDING))
    (number, former), *others = chats[BUILDING].items()
    assert (others, "tax" in former["text"], former["markup"]) == ([], False, {})
    assert former["text"] == (
        f"Μήνυμα πολίτη\n{QUESTION}\n(Συνάδελφος έγραψε στον πολίτη από άλλη ομάδα σας, town: "
        "εκεί πηγαίνουν οι απαντήσεις. Για να έρχονται πάλι εδώ, απαντήστε σε αυτό το μήνυμα.)"
    )
    says(elsewhere, "Ευχαριστώ")
    assert "tax" in chats[GROUP][first(elsewhere)]["text"]
    assert ["Και αύριο;" in elsewhere.chat.texts()[-2], "Ευχαριστώ" in elsewhere.chat.texts()[-1]]
    assert threads(elsewhere) == [True]
    said = elsewhere.write("Και Πέμπτη.", NICK, chat=BUILDING, to=number)
    assert said
    assert "(town)· από εδώ και πέρα" in said
    says(elsewhere, "Ωραία")
    assert elsewhere.chat.texts(BUILDING)[-1] == "Πολίτης: Ωραία"
    assert CLOSE in elsewhere.chat.server.buttons(BUILDING)
    assert CLOSE not in elsewhere.chat.server.buttons(GROUP)
    assert "άλλη ομάδα σας, town, building:" in chats[GROUP][first(elsewhere)]["text"]


@mostly_on("sqlite")
def test_what_another_room_has_got_of_a_thread_has_arrived(elsewhere: People) -> None:
    prompt = prompted(elsewhere, "tax")
    elsewhere.write("Και αύριο;", CITIZEN, private=True)  # and isn't delivered
    elsewhere.write(ANSWER, to=prompt)
    deliver(elsewhere)
    assert "Και αύριο;" in "".join(elsewhere.chat.texts(GROUP))
    number = next(iter(elsewhere.chat.server.chats[BUILDING]))
    elsewhere.write("Και Πέμπτη.", NICK, chat=BUILDING, to=number)
    deliver(elsewhere)
    elsewhere.tap(CLOSE, NICK, chat=BUILDING)
    deliver(elsewhere)
    assert heard(elsewhere)[-1].startswith("Η υπηρεσία έκλεισε τη συνομιλία: town\n")


@mostly_on("sqlite")
def test_both_rooms_are_told_that_the_citizen_has_not_got_a_colleagues_text(
    elsewhere: People,
) -> None:
    chat, prompt = elsewhere.chat, prompted(elsewhere, "permit")
    chat.do(lambda s: suppress(s, chat.services, ACCOUNT, str(CITIZEN)))
    elsewhere.write(ANSWER, HELEN, to=prompt)
    deliver(elsewhere)
    for room in (GROUP, BUILDING):
        assert chat.texts(room)[-1].startswith("Η απάντησή σας δεν έφτασε στον πολίτη.")
    assert elsewhere.write("Και αύριο;", HELEN, to=list(chat.server.chats[GROUP])[-1])
    deliver(elsewhere)
    assert "Και αύριο;" in "".join(chat.texts(BUILDING))


@mostly_on("sqlite")
def test_a_room_is_told_of_no_appointment_that_is_not_its_own(elsewhere: People) -> None:
    chat, prompt = elsewhere.chat, prompted(elsewhere, "tax")
    chat.do(lambda s: suppress(s, chat.services, ACCOUNT, str(CITIZEN)))
    elsewhere.write(ANSWER, NICK, chat=BUILDING, to=next(iter(chat.server.chats[BUILDING])))
    elsewhere.write("Και Πέμπτη.", HELEN, to=prompt)  # and so it is the tax appointment's
    deliver(elsewhere)
    unread = "Η απάντησή σας δεν έφτασε στον πολίτη."
    (told,) = (each for each in chat.texts(BUILDING) if each.startswith(unread))
    assert "tax" not in told
    assert "tax" in next(each for each in chat.texts() if each.startswith(unread))
    assert "Τηλέφωνο" not in str(chat.server.buttons(BUILDING))
    assert "Τηλέφωνο" in str(chat.server.buttons(GROUP))


@mostly_on("sqlite")
def test_whose_talk_ends_because_another_office_writes_is_told(people: People) -> None:
    people.chat.bind()
    people.chat.bind_of_city(BUILDING)
    people.linked(HELEN)
    for text in ("Γεια", "υπάλληλος", "city", QUESTION):
        says(people, text)
    assert QUESTION in people.chat.texts(BUILDING)[-1]
    people.write(ANSWER, HELEN, to=prompted(people, "permit"))
    deliver(people)
    assert heard(people)[-2] == "Έκλεισα τη συνομιλία σας με: city"
    assert ANSWER in heard(people)[-1]
    assert threads(people) == [False, True]


@mostly_on("sqlite")
def test_a_copy_for_a_room_that_is_unbound_is_shown_in_the_next(elsewhere: People) -> None:
    chat = elsewhere.chat
    elsewhere.write(ANSWER, HELEN, to=prompted(elsewhere, "permit"))  # and isn't delivered
    now = chat.services.clock()
    chat.do(lambda s: rooms.unbind(s, OPERATOR, 2, now))
    chat.bind(-300, group="building")
    maintain(elsewhere)
    assert chat.texts(-300) == [f"Ελένη Δήμου προς τον πολίτη: {ANSWER}"]
    assert heard(elsewhere)[-1].endswith(ANSWER)


@mostly_on("sqlite")
def test_whoever_writes_while_the_other_room_is_bound_no_more_gets_the_answers(
    elsewhere: People,
) -> None:
    chat, prompt = elsewhere.chat, prompted(elsewhere, "permit")
    elsewhere.write("Και αύριο;", CITIZEN, private=True)  # and isn't delivered
    now = chat.services.clock()
    chat.do(lambda s: rooms.unbind(s, OPERATOR, 2, now))
    assert elsewhere.write(ANSWER, HELEN, to=prompt) == TO_CITIZEN
    deliver(elsewhere)
    assert "Και αύριο;" in chat.texts()[-1]


@mostly_on("sqlite")
def test_who_serves_another_group_does_not_answer_what_the_former_room_has(
    elsewhere: People,
) -> None:
    number = list(elsewhere.chat.server.chats[BUILDING])[-1]
    elsewhere.write(ANSWER, HELEN, to=prompted(elsewhere, "tax"))
    deliver(elsewhere)
    elsewhere.employee(STRANGER, "money")
    said = elsewhere.write(ANSWER, STRANGER, chat=BUILDING, to=number)
    assert said
    assert said.startswith("Δεν το έστειλα: δεν εξυπηρετείτε")


@mostly_on("sqlite")
def test_whoever_writes_from_another_chat_is_told_where_the_conversation_goes_on(
    elsewhere: People,
) -> None:
    people = elsewhere
    said = people.write(ANSWER, HELEN, to=prompted(people, "permit"))
    assert said == (
        "→ Στον πολίτη. Η συνομιλία μαζί του γίνεται σε άλλη ομάδα σας (town, building): "
        "εκεί θα έρθει και η απάντησή του."
    )
    deliver(people)
    assert heard(people)[-1] == f"Μήνυμα από: town\n{ANSWER}"
    number, shown = list(people.chat.server.chats[BUILDING].items())[-1]
    assert shown["text"] == f"Ελένη Δήμου προς τον πολίτη: {ANSWER}"
    assert QUESTION in people.chat.server.chats[BUILDING][shown["answers"]]["text"]
    assert people.write("Και Πέμπτη.", NICK, chat=BUILDING, to=number) == TO_CITIZEN
    says(people, "Ευχαριστώ")
    assert people.chat.texts(BUILDING)[-1] == "Μ.Π.: Ευχαριστώ"
    assert ANSWER not in "".join(people.chat.texts())


def test_what_another_chat_wrote_and_cannot_be_shown_ends_no_conversation(
    elsewhere: People,
) -> None:
    people, prompt = elsewhere, prompted(elsewhere, "permit")
    people.chat.server.failures[BUILDING].append(failure(400, "Bad Request: not enough rights"))
    people.write(ANSWER, HELEN, to=prompt)
    deliver(people)
    assert ANSWER not in "".join(people.chat.texts(BUILDING))
    assert heard(people)[-1].endswith(ANSWER)
    assert threads(people) == [True]
