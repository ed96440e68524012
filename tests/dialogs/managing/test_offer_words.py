"""Few words that accept an offer of another time, and where they don't."""

from datetime import date

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from bot.messages import LINK_CHOICE
from core.actor import OPERATOR
from core.bookings.closures import service as closures
from core.bookings.closures.request import ExceptionRequest
from core.bookings.offers.ends import end_offer
from core.bookings.offers.making import make_offers, plan_offers
from core.bookings.offers.service import end_overdue
from core.db.models import (
    Booking,
    Contact,
    ExceptionKind,
    OfferState,
    OutboxRow,
    RelayMessage,
    RelayThread,
    StaffMember,
    StaffRoom,
    TimeOffer,
)
from tests.conftest import Deployment
from tests.core.bookings.offers.acting import ask_at
from tests.dialogs.custom_municipality import custom_municipality
from tests.dialogs.managing.reminding import remind

NAME, PHONE = "Μαρία Παπαδοπούλου", "6912345678"
ACCEPTING = [
    "δέχομαι",
    "οκ δέχομαι τη νέα ώρα",
    "ναι δέχομαι",
    "accept",
    "I accept",
    "dexomai",
    "ναι",
    "yes",
]


def offer_times(deployment: Deployment, told: str = "citizen") -> None:
    """Offer another time for each booking, and tell whoever is named, or nobody."""
    registry, now = deployment.services.registry, deployment.clock.now
    registry.accounts = frozenset({"console"})

    def run(session: Session) -> None:
        for booking in session.scalars(select(Booking).where(Booking.state == "confirmed")):
            ask_at(session, registry, booking, now)
        make_offers(session, registry, plan_offers(session, registry, now, 10), now, lambda: False)
        offered = update(OutboxRow).where(OutboxRow.kind == "time_offered")
        if told:
            [chat] = [each for each in session.scalars(select(Contact)) if each.address == told]
            session.execute(offered.values(status="sent", contact_id=chat.id))

    deployment.database.write_sync(run)


def book_and_offer(deployment: Deployment) -> None:
    """Book at 9:30, and offer another time for it a minute later; another minute passes."""
    deployment.load(custom_municipality())
    deployment.talk("Γεια", "town", "7/12", "9:30", NAME, PHONE, "ναι")
    deployment.clock.forward(minutes=1)
    offer_times(deployment)
    deployment.clock.forward(minutes=1)


def offers(deployment: Deployment) -> list[str]:
    """Return the states of the offers."""
    states = select(TimeOffer.state).order_by(TimeOffer.id)
    return list(deployment.database.write_sync(lambda s: s.scalars(states).all()))


def confirmed(deployment: Deployment) -> list[Booking]:
    query = select(Booking).where(Booking.state == "confirmed")
    return list(deployment.database.write_sync(lambda s: s.scalars(query).all()))


@pytest.mark.parametrize("word", ACCEPTING)
def test_an_offer_that_was_said_last_is_accepted_in_few_words(
    deployment: Deployment, word: str
) -> None:
    book_and_offer(deployment)
    said, _asked = deployment.talk(word)
    assert said.text.startswith("Το ραντεβού σας άλλαξε.")
    assert offers(deployment) == ["accepted"]


@pytest.mark.parametrize(
    ("word", "state", "step"),
    [
        ("Άλλη ημέρα ή ώρα", "made", "day"),
        ("Another day or time", "made", "day"),
        ("Ακύρωση του ραντεβού", "made", "sure"),
        ("Cancel the appointment", "made", "sure"),
        *((each, "declined", "task") for each in ("όχι", "Όχι, ευχαριστώ", "no", "no thanks")),
        ("δεν θέλω τη νέα ώρα", "declined", "task"),
    ],
)
def test_an_offer_that_was_said_last_is_answered_by_the_words_of_its_buttons(
    deployment: Deployment, word: str, state: str, step: str
) -> None:
    book_and_offer(deployment)
    said = deployment.talk(word)
    assert (offers(deployment), said[-1].step) == ([state], step)


@pytest.mark.parametrize(
    ("before", "word", "said"),
    [
        (["δέχομαι"], "δέχομαι", "Έχετε ήδη δεχτεί τη νέα ώρα"),
        (["δέχομαι"], "δέχομαι τη νέα ώρα", "Έχετε ήδη δεχτεί τη νέα ώρα"),
        (["δέχομαι"], "δεν θέλω τη νέα ώρα", "Έχετε ήδη δεχτεί τη νέα ώρα"),
        (["όχι"], "δέχομαι τη νέα ώρα", "Αυτή η πρόταση έχει λήξει. Το ραντεβού σας είναι:"),
        (["όχι"], "δεν θέλω τη νέα ώρα", "Εντάξει"),
        (["όχι"], "όχι ευχαριστώ", "Εντάξει"),
        (["όχι"], "no thanks", "Εντάξει"),
        (["όχι"], "άλλη ημέρα ή ώρα", "Ραντεβού: Δευ 7 Δεκ 09:30"),
        (["όχι"], "another day or time", "Ραντεβού: Δευ 7 Δεκ 09:30"),
        (["δέχομαι"], "όχι ευχαριστώ", "Επιλέξτε ένα από τα παρακάτω."),
        (["βοήθεια"], "όχι ευχαριστώ", "Σας κρατώ ακόμη τη νέα ώρα."),
    ],
)
def test_who_answers_twice_or_too_late_is_told_how_it_is(
    deployment: Deployment, before: list[str], word: str, said: str
) -> None:
    book_and_offer(deployment)
    assert deployment.talk(*before, word)[0].text.startswith(said)


@pytest.mark.parametrize(
    ("is_offered", "word", "states", "step"),
    [
        (True, "εντάξει, δέχομαι", ["accepted"], "task"),
        (True, "δέχομαι", ["accepted"], "task"),
        (True, "άλλη ημέρα ή ώρα", ["made"], "day"),
        (False, "άλλη ημέρα ή ώρα", [], "day"),
    ],
)
def test_words_answer_among_the_tasks_of_a_shown_appointment(
    deployment: Deployment, is_offered: bool, word: str, states: list[str], step: str
) -> None:
    deployment.load(custom_municipality())
    deployment.talk("Γεια", "town", "7/12", "9:30", NAME, PHONE, "ναι")
    if is_offered:
        offer_times(deployment)
    deployment.clock.forward(minutes=1)
    shown = deployment.talk("τα ραντεβού μου")[-1]
    assert shown.step == "action"
    asked = deployment.talk(word)[-1]
    assert (offers(deployment), asked.step) == (states, step)


@pytest.mark.parametrize("ended", [OfferState.EXPIRED, OfferState.WITHDRAWN])
@pytest.mark.parametrize(
    ("word", "said", "step"),
    [
        *(
            (word, "Αυτή η πρόταση έχει λήξει. Το ραντεβού σας είναι:", "task")
            for word in ("όχι ευχαριστώ", "oxi efxaristo", "no thanks")
        ),
        ("άλλη ημέρα ή ώρα", "Ραντεβού: Δευ 7 Δεκ 09:30", "day"),
        ("another day or time", "Ραντεβού: Δευ 7 Δεκ 09:30", "day"),
    ],
)
def test_few_words_are_understood_after_the_offer_has_ended(
    deployment: Deployment, ended: OfferState, word: str, said: str, step: str
) -> None:
    deployment.load(custom_municipality())
    deployment.talk("Γεια", "town", "7/12", "9:30", NAME, PHONE, "ναι")
    offer_times(deployment)
    deployment.clock.forward(minutes=1)
    now = deployment.clock()
    deployment.database.write_sync(
        lambda s: end_offer(s, s.scalars(select(TimeOffer)).one(), ended, now)
    )
    deployment.clock.forward(minutes=1)
    replies = deployment.talk(word)
    assert replies[0].text.startswith(said)
    assert replies[-1].step == step


@pytest.mark.parametrize(
    ("accepted", "said"),
    [
        (1, "Αυτή η πρόταση έχει λήξει. Το ραντεβού σας είναι: Δευ 7 Δεκ 10:00"),
        (2, "Αυτή η πρόταση έχει λήξει. Το ραντεβού σας είναι: Δευ 7 Δεκ 09:30"),
        (None, "Σας προτάθηκαν άλλες ώρες για περισσότερα"),
    ],
)
def test_who_answers_too_late_means_the_offer_that_ended_last(
    deployment: Deployment, accepted: int | None, said: str
) -> None:
    deployment.load(custom_municipality())
    for time in ("9:30", "10:00"):
        deployment.talk("νέο ραντεβού", "town", "7/12", time, NAME, PHONE, "ναι")
    offer_times(deployment)
    deployment.clock.forward(minutes=1)
    if accepted:
        deployment.say(choice=f"{LINK_CHOICE}offer_accept_{accepted}")
    deployment.clock.forward(hours=25)
    registry, clock = deployment.services.registry, deployment.clock
    deployment.database.write_sync(lambda s: end_overdue(s, registry, clock()))
    assert deployment.talk("δέχομαι τη νέα ώρα")[0].text.startswith(said)


@pytest.mark.parametrize("told", ["", "elsewhere"])
@pytest.mark.parametrize("word", ["ναι", "δέχομαι", "όχι", "όχι ευχαριστώ"])
def test_few_words_answer_no_offer_of_which_this_chat_wasnt_told(
    deployment: Deployment, told: str, word: str
) -> None:
    deployment.load(custom_municipality())
    deployment.say("Γεια", who="elsewhere")
    deployment.talk("Γεια", "town", "7/12", "9:30", NAME, PHONE, "ναι")
    deployment.clock.forward(minutes=1)
    offer_times(deployment, told)
    deployment.clock.forward(minutes=1)
    said = deployment.talk(word)
    assert (offers(deployment), said[-1].step) == (["made"], "task")


@pytest.mark.parametrize(
    ("word", "state"), [("δέχομαι", "accepted"), ("ναι", "made"), ("όχι ευχαριστώ", "made")]
)
def test_an_offer_that_was_told_by_email_is_accepted_in_the_chat(
    deployment: Deployment, word: str, state: str
) -> None:
    deployment.load(custom_municipality())
    deployment.talk("Γεια", "town", "7/12", "9:30", NAME, PHONE, "ναι")
    deployment.clock.forward(minutes=1)
    offer_times(deployment, "")
    by_email = {"status": "sent", "platform": "email", "contact_id": None}
    offered = update(OutboxRow).where(OutboxRow.kind == "time_offered").values(by_email)
    deployment.database.write_sync(lambda session: session.execute(offered))
    deployment.clock.forward(minutes=1)
    deployment.talk(word)
    assert offers(deployment) == [state]


@pytest.mark.parametrize(
    ("between", "booked", "word"),
    [
        (["τα ραντεβού μου", "πίσω"], 1, "ναι"),  # something else was said since
        (["νέο ραντεβού"], 1, "ναι"),
        (["νέο ραντεβού", "town", "7/12"], 1, "δέχομαι"),
        ([], 2, "ναι"),  # which of them?
        ([], 2, "δέχομαι"),
        ([], 2, "όχι"),
        (["τα ραντεβού μου", "πίσω"], 1, "όχι"),
    ],
)
def test_a_word_that_may_mean_something_else_accepts_no_offer(
    deployment: Deployment, between: list[str], booked: int, word: str
) -> None:
    deployment.load(custom_municipality())
    for time in ("9:30", "10:00")[:booked]:
        deployment.talk("νέο ραντεβού", "town", "7/12", time, NAME, PHONE, "ναι")
    deployment.clock.forward(minutes=1)
    offer_times(deployment)
    deployment.clock.forward(minutes=1)
    deployment.talk(*between, word)
    assert offers(deployment) == ["made"] * booked


@pytest.mark.parametrize("word", ["ναι", "όχι", "εντάξει", "δέχομαι", "yes please"])
def test_few_words_within_a_task_answer_nothing_until_the_offer_was_said_again(
    deployment: Deployment, word: str
) -> None:
    deployment.load(custom_municipality())
    deployment.talk("Γεια", "town", "7/12", "9:30", NAME, PHONE, "ναι")
    deployment.talk("νέο ραντεβού", "town", "8/12", "9:30", NAME, PHONE)
    deployment.clock.forward(minutes=1)
    offer_times(deployment)
    deployment.clock.forward(minutes=1)
    before = deployment.last[-1]
    said, asked = deployment.talk(word)
    assert said.text.startswith("Η υπηρεσία σας παρακαλεί")
    assert [choice.label for choice in said.choices] == [
        "Δέχομαι τη νέα ώρα",
        "Άλλη ημέρα ή ώρα",
        "Δεν θέλω τη νέα ώρα",
        "Ακύρωση του ραντεβού",
    ]
    assert (asked.step, asked.text) == (before.step, before.text)
    assert (offers(deployment), len(confirmed(deployment))) == (["made"], 1)
    deployment.say(choice=said.choices[0].id)
    deployment.talk("ναι")  # to the task, whose question came after it
    assert (offers(deployment), len(confirmed(deployment))) == (["accepted"], 2)


@pytest.mark.parametrize("said_since", ["reminder", "relay"])
@pytest.mark.parametrize("word", ["ναι", "όχι"])
def test_a_word_answers_no_offer_after_which_something_else_was_said(
    deployment: Deployment, said_since: str, word: str
) -> None:
    deployment.load(custom_municipality())
    deployment.talk("Γεια", "town", "7/12", "9:30", NAME, PHONE, "ναι")
    deployment.clock.forward(minutes=1)
    offer_times(deployment)
    deployment.clock.forward(hours=2)
    now = deployment.clock.now

    def say_something(session: Session) -> None:
        booking = session.scalars(select(Booking).where(Booking.state == "confirmed")).one()
        [chat] = [each for each in session.scalars(select(Contact)) if each.address == "citizen"]
        if said_since == "reminder":
            remind(session, booking, now)
            return
        room = StaffRoom(
            municipality_id="town", account="console", chat="room", topic="", bound_at=now
        )
        session.add(room)
        session.flush()
        helen = session.scalars(select(StaffMember.id)).first()
        thread = RelayThread(
            municipality_id="town",
            room_id=room.id,
            contact_id=chat.id,
            opened_at=now,
            expires_at=now,
            closed_at=now,
        )
        session.add(thread)
        session.flush()
        session.add(RelayMessage(thread_id=thread.id, member_id=helen, written_at=now))

    deployment.database.write_sync(say_something)
    deployment.clock.forward(minutes=1)
    deployment.talk(word)
    assert offers(deployment) == ["made"]


@pytest.mark.parametrize(
    ("word", "states", "step"),
    [
        ("δέχομαι τη νέα ώρα", ["made", "accepted"], "task"),
        ("δέχομαι", ["made", "accepted"], "task"),
        ("ναι", ["made", "accepted"], "task"),
        ("όχι", ["made", "declined"], "task"),
        ("άλλη ημέρα ή ώρα", ["made", "made"], "day"),
    ],
)
def test_of_several_offers_words_ask_which_is_meant(
    deployment: Deployment, word: str, states: list[str], step: str
) -> None:
    deployment.load(custom_municipality())
    for time in ("9:30", "10:00"):
        deployment.talk("νέο ραντεβού", "town", "7/12", time, NAME, PHONE, "ναι")
    deployment.clock.forward(minutes=1)
    offer_times(deployment)
    deployment.clock.forward(minutes=1)
    asked = deployment.talk(word)[-1]
    assert asked.text.startswith("Σας προτάθηκαν άλλες ώρες για περισσότερα")
    assert [choice.label for choice in asked.choices[:2]] == [
        "Δευ 7 Δεκ 09:30, papers",
        "Δευ 7 Δεκ 10:00, papers",
    ]
    answered = deployment.talk("2")
    assert (offers(deployment), answered[-1].step) == (states, step)


def test_the_button_of_an_offer_that_was_lost_names_the_time_that_is_held_now(
    deployment: Deployment,
) -> None:
    deployment.load(custom_municipality())
    deployment.talk("Γεια", "town", "7/12", "9:30", NAME, PHONE, "ναι")
    offer_times(deployment)
    deployment.database.write_sync(lambda s: s.execute(update(TimeOffer).values(state="replaced")))
    offer_times(deployment)
    assert offers(deployment) == ["replaced", "made"]
    said, _asked = deployment.say(choice=f"{LINK_CHOICE}offer_accept_1")
    assert said.text.startswith("Εκείνη την ώρα δεν την κρατώ πια. Σας κρατώ άλλη: Δευ 7 Δεκ,")
    for answer, step in (("other", "day"), ("cancel", "sure")):  # these don't depend on the time
        asked = deployment.say(choice=f"{LINK_CHOICE}offer_{answer}_1")
        assert [each.step for each in asked] == [step]
    assert offers(deployment) == ["replaced", "made"]


def test_the_button_of_an_accepted_offer_tells_that_its_time_is_closed_too(
    deployment: Deployment,
) -> None:
    book_and_offer(deployment)
    deployment.talk("δέχομαι")
    day, registry, now = date(2026, 12, 7), deployment.services.registry, deployment.clock.now
    asked = ExceptionRequest(ExceptionKind.CLOSURE, "town", day, day)
    deployment.database.write_sync(lambda s: closures.make(s, registry, OPERATOR, asked, now))
    accept = f"{LINK_CHOICE}offer_accept_1"
    said = deployment.say(choice=accept)[0].text
    assert said.startswith("Αυτή η πρόταση έχει λήξει. Το ραντεβού σας δεν μπορεί να γίνει")
    offer_times(deployment)
    assert offers(deployment) == ["accepted", "made"]
    assert deployment.say(choice=accept)[0].text.startswith("Εκείνη την ώρα δεν την κρατώ πια.")


def test_the_button_of_an_offer_whose_time_is_held_by_another_offer_takes_it(
    deployment: Deployment,
) -> None:
    deployment.load(custom_municipality())
    deployment.talk("Γεια", "town", "7/12", "9:30", NAME, PHONE, "ναι")
    offer_times(deployment)

    def lose(session: Session) -> None:
        session.execute(update(TimeOffer).values(state="replaced"))
        session.execute(update(Booking).where(Booking.state == "held").values(state="expired"))

    deployment.database.write_sync(lose)
    offer_times(deployment)
    said, _asked = deployment.say(choice=f"{LINK_CHOICE}offer_accept_1")
    assert said.text.startswith("Το ραντεβού σας άλλαξε.")
    assert offers(deployment) == ["replaced", "accepted"]


def test_the_button_of_an_accepted_offer_says_no_standing_time_is_lost(
    deployment: Deployment,
) -> None:
    book_and_offer(deployment)
    deployment.talk("δέχομαι")
    deployment.clock.forward(minutes=1)
    offer_times(deployment)  # by choice: the appointment can be kept
    assert offers(deployment) == ["accepted", "made"]
    said = deployment.say(choice=f"{LINK_CHOICE}offer_accept_1")[0].text
    assert said.startswith("Έχετε ήδη δεχτεί τη νέα ώρα.")


@pytest.mark.parametrize(
    ("words", "state"),
    [(("ναι", "ναι"), "accepted"), (("ναι", "όχι"), "declined"), (("όχι", "όχι"), "declined")],
)
def test_a_reminder_that_names_an_offer_is_answered_by_one_more_question(
    deployment: Deployment, words: tuple[str, str], state: str
) -> None:
    book_and_offer(deployment)
    now = deployment.clock.now
    deployment.database.write_sync(
        lambda s: remind(
            s, s.scalars(select(Booking).where(Booking.state == "confirmed")).one(), now
        )
    )
    deployment.clock.forward(minutes=1)
    asked = deployment.talk(words[0])[-1]
    assert asked.step == "answer"
    assert asked.choices[0].label.startswith("Δέχομαι τη νέα ώρα")
    assert offers(deployment) == ["made"]
    deployment.talk(words[1])
    assert offers(deployment) == [state]
