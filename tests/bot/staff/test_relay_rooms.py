"""A thread and its room: its first message there, and texts that are written in other rooms."""

from tests.bot.staff.people import HELEN, NICK, People
from tests.bot.staff.test_relay import (
    ANSWER,
    CLOSE,
    QUESTION,
    TO_CITIZEN,
    deliver,
    first,
    heard,
    move_to_telegram,
    says,
    talking,
    threads,
)
from tests.bot.staff_chat import GROUP
from tests.conftest import mostly_on
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


@mostly_on("sqlite")
def test_whoever_writes_from_another_chat_is_told_where_the_conversation_goes_on(
    people: People,
) -> None:
    people.chat.bind()
    people.chat.bind(-200, group="building")
    for member, name in ((HELEN, "Ελένη Δήμου"), (NICK, "Νίκος Παππάς")):
        people.linked(member, name)
    for text in ("Γεια", "town", "building", "permit", "υπάλληλος"):
        says(people, text)
    says(people, QUESTION)
    assert QUESTION in people.chat.texts(-200)[-1]
    booking = people.chat.book()
    people.chat.do(lambda s: move_to_telegram(s, booking))
    people.deliver()
    people.tap("Μήνυμα…", HELEN)
    people.deliver()
    said = people.write(ANSWER, HELEN, to=list(people.chat.server.chats[GROUP])[-1])
    assert said == (
        "→ Στον πολίτη. Η συνομιλία μαζί του γίνεται σε άλλη ομάδα σας (town, building): "
        "εκεί θα έρθει και η απάντησή του."
    )
    deliver(people)
    assert heard(people)[-1] == f"Μήνυμα από: town\n{ANSWER}"
    number, shown = list(people.chat.server.chats[-200].items())[-1]
    assert shown["text"] == f"Ελένη Δήμου προς τον πολίτη: {ANSWER}"
    assert QUESTION in people.chat.server.chats[-200][shown["answers"]]["text"]
    assert people.write("Και Πέμπτη.", NICK, chat=-200, to=number) == TO_CITIZEN
    says(people, "Ευχαριστώ")
    assert people.chat.texts(-200)[-1] == "Μ.Π.: Ευχαριστώ"
    assert ANSWER not in "".join(people.chat.texts())


def test_what_another_chat_wrote_and_cannot_be_shown_ends_no_conversation(
    people: People,
) -> None:
    people.chat.bind()
    people.chat.bind(-200, group="building")
    people.linked(HELEN)
    for text in ("Γεια", "town", "building", "permit", "υπάλληλος", QUESTION):
        says(people, text)
    booking = people.chat.book()
    people.chat.do(lambda s: move_to_telegram(s, booking))
    people.deliver()
    people.tap("Μήνυμα…", HELEN)
    people.deliver()
    prompt = list(people.chat.server.chats[GROUP])[-1]
    people.chat.server.failures[-200].append(failure(400, "Bad Request: not enough rights"))
    people.write(ANSWER, HELEN, to=prompt)
    deliver(people)
    assert ANSWER not in "".join(people.chat.texts(-200))
    assert heard(people)[-1].endswith(ANSWER)
    assert threads(people) == [True]
