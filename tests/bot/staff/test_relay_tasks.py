"""A conversation with an office about a booking, or in the middle of one."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from bot.ops.cleanup import clean_up
from core.bookings.links import link_token
from core.bookings.offers.making import make_offers, plan_offers
from core.db.models import Booking, Conversation, RelayThread
from tests.bot.staff.people import HELEN, People
from tests.bot.staff.test_relay import (
    ANSWER,
    CITIZEN,
    QUESTION,
    TO_CITIZEN,
    TO_OFFICE,
    deliver,
    first,
    heard,
    maintain,
    move_to_telegram,
    says,
    talking,
    texts_kept,
    threads,
)
from tests.bot.staff_chat import GROUP
from tests.conftest import mostly_on
from tests.core.bookings.offers.acting import ask_at

__all__ = ["talking"]


def test_a_member_begins_from_an_alert_and_the_citizen_answers_there(people: People) -> None:
    people.chat.bind()
    people.linked(HELEN)
    says(people, "Γεια")
    booking = people.chat.book()
    people.chat.do(lambda s: move_to_telegram(s, booking))
    people.deliver()
    assert people.tap("Μήνυμα…") == "Απαντήστε στο μήνυμά μου."
    people.deliver()
    number = list(people.chat.server.chats[GROUP])[-1]
    assert people.chat.texts()[-1].startswith("Ελένη Δήμου, τι να γράψω στον πολίτη;")
    assert people.write(ANSWER, to=number) == TO_CITIZEN
    deliver(people)
    assert heard(people)[-1].startswith(f"Μήνυμα από: town\n{ANSWER}\nΓράψτε εδώ")
    says(people, QUESTION)
    assert heard(people)[-1].startswith(
        "Αυτό που γράψατε είναι για υπάλληλο"
    )  # a booking may begin
    says(people, "Για υπάλληλο")
    assert TO_OFFICE in heard(people)[-2]
    assert QUESTION in people.chat.texts()[-1]
    assert "Μ.Π." in people.chat.texts()[-1]
    says(people, "μενού")
    said = people.write(ANSWER, to=number)
    assert said and said.endswith("πατήστε «Μήνυμα…» κάτω από το ραντεβού.")
    assert threads(people) == [False]


@pytest.mark.parametrize(
    ("word", "is_for_office"),
    [
        *((each, True) for each in ("άλλη μέρα", "Άλλη ώρα", "another time", "δέχομαι", "όχι")),
        ("Άλλη ημέρα ή ώρα", False),
        ("Another day or time", False),
    ],
)
def test_a_plain_answer_to_an_office_is_no_answer_to_an_offer(
    talking: People, word: str, is_for_office: bool
) -> None:
    chat = talking.chat
    chat.book("09:30")
    registry, clock = chat.services.registry, chat.services.clock

    def offer(session: Session) -> None:
        booking = session.scalars(select(Booking)).one()
        move_to_telegram(session, booking.id)
        ask_at(session, registry, booking, clock())
        planned = plan_offers(session, registry, clock(), 10)
        make_offers(session, registry, planned, clock(), lambda: False)

    chat.do(offer)
    deliver(talking)
    says(talking, QUESTION)
    talking.write("Ποια μέρα σας βολεύει;", to=first(talking))
    deliver(talking)
    says(talking, word)
    assert (word in chat.texts()[-1]) == is_for_office
    assert heard(talking)[-1].startswith("Ποια ημέρα") != is_for_office


@pytest.mark.parametrize("is_own", [True, False], ids=["own", "by link alone"])
def test_who_followed_a_link_writes_of_that_appointment_only_where_it_is_their_own(
    people: People, *, is_own: bool
) -> None:
    people.chat.bind()
    people.linked(HELEN)
    says(people, "Γεια")
    booking, registry = people.chat.book(), people.chat.services.registry
    if is_own:
        people.chat.do(lambda s: move_to_telegram(s, booking))
    token = people.chat.do(lambda s: link_token(s, registry, s.get_one(Booking, booking)))
    says(people, f"/start move_{token}")
    says(people, "υπάλληλος")
    about = people.chat.do(lambda s: s.scalars(select(RelayThread.booking_id)).all())
    assert about == [booking if is_own else None]
    says(people, QUESTION)
    assert ("Μ.Π." in people.chat.texts()[-1]) == is_own


def test_who_answers_an_office_after_their_conversation_was_forgotten_is_asked_nothing(
    people: People,
) -> None:
    people.chat.bind()
    people.linked(HELEN)
    says(people, "Γεια")
    booking = people.chat.book()
    people.chat.do(lambda s: move_to_telegram(s, booking))
    people.deliver()
    kept, now = timedelta(days=1), people.chat.services.clock()
    people.chat.do(lambda s: s.execute(update(Conversation).values(forget_at=now - kept)))
    people.chat.do(lambda s: clean_up(s, now, kept, kept))
    people.tap("Μήνυμα…")
    people.deliver()
    people.write(ANSWER, to=list(people.chat.server.chats[GROUP])[-1])
    deliver(people)
    for text in (QUESTION, "Ωραία"):
        says(people, text)
        assert text in people.chat.texts()[-1]
        assert "ομάδα υπηρεσιών" not in heard(people)[-1]


@pytest.fixture
def asked_whose(talking: People) -> People:
    """A citizen in a booking who is asked whether what they wrote is for an employee."""

    def make() -> None:
        says(talking, "Νέο ραντεβού")
        says(talking, QUESTION)
        assert heard(talking)[-1].startswith("Αυτό που γράψατε είναι για υπάλληλο")
        assert texts_kept(talking) == [QUESTION]

    talking.begin("asked_whose", make)
    return talking


def test_who_asks_for_an_employee_in_a_booking_writes_the_next_text_to_them_alone(
    people: People,
) -> None:
    people.chat.bind()
    for text in ("Γεια", "town", "building", "permit", "υπάλληλος"):
        says(people, text)
    assert "Το επόμενο μήνυμά σας πηγαίνει σε υπάλληλο: town" in "".join(heard(people))
    says(people, QUESTION)
    assert QUESTION in people.chat.texts()[-1]
    says(people, "Μαρία Παπά")
    assert heard(people)[-1].startswith("Αυτό που γράψατε είναι για υπάλληλο")
    assert "Μαρία Παπά" not in "".join(people.chat.texts())
    for text in ("Για υπάλληλο", "Ευχαριστώ"):  # asked once
        says(people, text)
    assert "Ευχαριστώ" in people.chat.texts()[-1]


@mostly_on("sqlite")
@pytest.mark.parametrize("whose", ["Για υπάλληλο", "Απάντηση στην ερώτηση"])
def test_a_booking_outlives_a_talk_that_is_longer_than_its_questions_are_kept(
    talking: People, whose: str
) -> None:
    for text in ("Νέο ραντεβού", "town", "building"):
        says(talking, text)
    asked = heard(talking)[-1]
    for text in (QUESTION, whose):
        says(talking, text)
    day, chat = timedelta(days=1), talking.chat
    for text in ("Και αύριο;", "Ευχαριστώ"):
        chat.deployment.clock.forward(hours=26)
        chat.do(lambda s: clean_up(s, chat.services.clock(), day, day))
        says(talking, text)
        if whose != "Για υπάλληλο":
            assert text not in "".join(chat.texts())  # nobody's but the question's
            continue
        assert text in chat.texts()[-1]
        assert heard(talking)[-2].endswith("→ Προς: town")
        assert heard(talking)[-1] == asked
    assert "Συνέχεια εδώ" in str(chat.server.buttons(CITIZEN)) or whose != "Για υπάλληλο"
    says(talking, "μενού")
    assert heard(talking)[-1] == asked


NOT_TAKEN = "Αυτό που γράψατε πριν δεν το έστειλα"


@pytest.mark.parametrize(
    "left_by",
    [
        *("/menu", "/start", "/start manage_KX7M2P", "μενού", "πίσω", "διακοπή"),
        *("από την αρχή", "τα ραντεβού μου", "ζώνη ώρας", "/book", "/cancel"),
    ],
)
def test_who_leaves_the_question_whose_a_text_is_is_told_that_it_went_nowhere(
    asked_whose: People, left_by: str
) -> None:
    before = len(heard(asked_whose))
    says(asked_whose, left_by)
    said, kept = "".join(heard(asked_whose)[before:]), texts_kept(asked_whose)
    is_asked_still = "είναι για υπάλληλο" in heard(asked_whose)[-1]
    assert (NOT_TAKEN in said, kept) == (
        not is_asked_still,
        [QUESTION] if is_asked_still else [None],
    )
    assert is_asked_still == (left_by == "/start")


@pytest.mark.parametrize("whose", ["Για υπάλληλο", "Απάντηση στην ερώτηση"])
def test_who_says_whose_a_text_is_is_told_of_nothing_else(asked_whose: People, whose: str) -> None:
    says(asked_whose, "βοήθεια")
    says(asked_whose, whose)
    assert NOT_TAKEN not in "".join(heard(asked_whose))
    assert texts_kept(asked_whose) == [QUESTION if whose == "Για υπάλληλο" else None]


def test_a_text_that_cannot_be_sent_any_more_is_told_of_once_and_erased(
    asked_whose: People,
) -> None:
    maintain(asked_whose, hours=25)
    says(asked_whose, "Για υπάλληλο")
    said = "".join(heard(asked_whose))
    assert ("έκλεισε στο μεταξύ" in said, NOT_TAKEN in said) == (True, False)
    assert texts_kept(asked_whose) == [None]


def test_the_help_says_no_more_goes_to_the_office_than_the_next_text(people: People) -> None:
    people.chat.bind()
    for text in ("Γεια", "town", "building", "permit", "υπάλληλος"):
        says(people, text)
    assert "Το επόμενο μήνυμά σας πηγαίνει σε υπάλληλο" in "\n".join(heard(people))
    before = len(heard(people))
    says(people, "βοήθεια")
    said = "\n".join(heard(people)[before:])
    assert said
    assert "Όσα γράφετε πηγαίνουν" not in said
