"""Buttons under alerts: what they do, who may tap them, and what is told where it isn't so."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

import pytest
from sqlalchemy import select

from bot.ops.cleanup import clean_up
from bot.platforms.telegram.staff_updates import MAX_GLANCE
from bot.staff_messages import StaffButton, StaffTap
from bot.views.staff_alert import UNDOABLE
from core.db.models import Booking, StaffAction, StaffInbound, StaffQuestion
from core.staff import members
from core.staff.rights import Action
from tests.bot.staff.people import HELEN, NICK, STRANGER, People
from tests.bot.staff_chat import GROUP
from tests.core.small_municipality import ATHENS
from tests.core.staff.two_towns import OPERATOR

SEEN, HERE, CAME, NOT_COME = "Το είδα", "Είναι εδώ", "Ήρθε", "Δεν ήρθε"
CANCEL, NUMBER, UNDO = "Ακύρωση…", "Τηλέφωνο", "Αναίρεση"
START = datetime(2026, 12, 7, 10, 0, tzinfo=ATHENS)
NOBODY_S = "μόνο συνδεδεμένος συνάδελφος"


@pytest.fixture
def alerted(people: People) -> People:
    """A group that has an alert of a booking, with Helen and Nick linked."""

    def make() -> None:
        people.chat.bind()
        people.linked(HELEN)
        people.linked(NICK, "Νίκος Παππάς")
        people.chat.book()
        people.deliver()

    people.begin("alerted", make)
    return people


def the_alert(people: People) -> str:
    return people.chat.texts()[0]


def booking(people: People) -> Booking:
    return people.chat.do(lambda s: s.scalars(select(Booking)).one())


def done(people: People) -> list[str]:
    query = select(StaffAction.action).where(StaffAction.booking_id.is_not(None))
    return list(people.chat.do(lambda s: s.scalars(query.order_by(StaffAction.id)).all()))


def go_to(people: People, when: datetime) -> None:
    people.chat.deployment.clock.now = when


def test_the_first_to_tap_has_seen_it_and_the_second_is_told(alerted: People) -> None:
    assert alerted.tap(SEEN) == "Σημειώθηκε: το είδατε."
    assert "Ελένη Δήμου" in alerted.tap(SEEN, NICK)  # whose alert doesn't show it yet
    alerted.deliver()
    assert "Ελένη Δήμου" in the_alert(alerted)
    assert SEEN not in str(alerted.chat.server.buttons(GROUP))
    assert done(alerted) == ["seen"]


def test_who_arrived_and_came_is_marked_and_the_alert_shows_it(alerted: People) -> None:
    go_to(alerted, START - timedelta(minutes=10))
    assert alerted.tap(HERE) == "Σημειώθηκε: είναι εδώ."
    alerted.deliver()
    assert HERE in the_alert(alerted)
    assert "αρχίζει" in alerted.tap(CAME)  # not before it begins
    go_to(alerted, START)
    came = alerted.chat.server.buttons(GROUP)[CAME]
    assert alerted.tap(CAME) == "Σημειώθηκε: ήρθε."
    assert "Ελένη Δήμου" in alerted.tap_data(came.replace("came", "no_show"), NICK)
    alerted.deliver()
    assert alerted.tap(UNDO, NICK) == "Αναιρέθηκε."
    alerted.deliver()
    assert alerted.tap(NOT_COME) == "Σημειώθηκε: δεν ήρθε."
    assert done(alerted) == ["arrived", "came", "undo", "no_show"]
    assert booking(alerted).state == "no_show"


def test_a_number_is_in_the_pop_up_alone_and_recorded(alerted: People) -> None:
    number, data = booking(alerted).details["phone"], alerted.chat.server.buttons(GROUP)[NUMBER]
    for _time in range(3):
        alerted.updates = 700  # one tap, which we get three times
        assert alerted.tap_data(data) == f"Μαρία Παπαδοπούλου: {number}"
    assert number not in str(alerted.chat.server.calls)
    assert done(alerted) == ["number"]
    answers = alerted.chat.do(
        lambda s: s.scalars(select(StaffInbound.answer.label("answer"))).all()
    )
    assert number not in str(answers)  # it is erased with the booking, and stands nowhere else


def test_a_number_and_a_refusal_stay_until_they_are_closed(people: People) -> None:
    people.chat.bind()
    people.linked(HELEN)
    people.chat.book(name="Εύα Ρω")
    people.deliver()
    go_to(people, START)
    assert len(people.tap(NUMBER)) <= MAX_GLANCE
    people.tap(CAME)
    undo = StaffTap(StaffButton.UNDO, booking(people).id, option=UNDOABLE.index(Action.CAME)).dump()
    assert people.tap_data(undo) == "Αναιρέθηκε."
    assert people.tap_data(undo) == "Έχει ήδη αναιρεθεί."
    assert people.stayed == [True, False, False, True]


@pytest.mark.parametrize("label", [SEEN, CAME, NUMBER, CANCEL])
def test_anybody_elses_tap_gets_a_pop_up_alone(alerted: People, label: str) -> None:
    go_to(alerted, START)
    before = len(alerted.chat.server.calls)
    assert NOBODY_S in alerted.tap(label, STRANGER)
    alerted.deliver()
    assert (len(alerted.chat.server.calls), done(alerted)) == (before, [])


@pytest.mark.parametrize("label", [SEEN, NUMBER, CANCEL])
def test_a_member_who_was_disabled_meanwhile_is_nobody(alerted: People, label: str) -> None:
    member = alerted.chat.do(lambda s: s.scalars(select(StaffAction.member_id)).all())
    helen = next(each for each in member if each)
    now = alerted.chat.services.clock()
    alerted.chat.do(lambda s: members.disable(s, OPERATOR, helen, now))
    assert NOBODY_S in alerted.tap(label)
    assert done(alerted) == []


def test_an_employee_of_another_group_is_nobody(alerted: People) -> None:
    alerted.employee(504, "money", "Άννα Λάμπρου")
    for label in (SEEN, NUMBER, CANCEL):
        assert NOBODY_S in alerted.tap(label, 504)
    assert done(alerted) == []


def test_an_alert_of_last_year_tells_the_true_state_and_is_edited(alerted: People) -> None:
    go_to(alerted, START + timedelta(days=365))
    assert "7/12/2026 10:00" in alerted.tap(CAME)
    alerted.deliver()
    assert alerted.chat.server.buttons(GROUP) == {}


def test_each_alert_that_is_out_of_date_is_edited_however_long_nobody_tapped(
    alerted: People,
) -> None:
    alerted.chat.book("10:30")
    alerted.deliver()
    shown = [
        each["markup"]["inline_keyboard"][1][0]["callback_data"]
        for each in alerted.chat.server.chats[GROUP].values()
    ]
    keep = timedelta(hours=48)
    go_to(alerted, START + timedelta(days=30))
    for data in shown:  # before a weekend and after it
        now = alerted.chat.services.clock()
        alerted.chat.do(partial(clean_up, now=now, keep_replies=keep, keep_answers=keep))
        alerted.tap_data(data)
        alerted.deliver()
        go_to(alerted, now + timedelta(hours=65))
    assert alerted.chat.server.buttons(GROUP) == {}


@pytest.mark.parametrize("state", ["confirmed", "cancelled"])
def test_a_number_is_shown_for_a_week_also_where_it_was_cancelled(
    alerted: People, state: str
) -> None:
    number = alerted.chat.server.buttons(GROUP)[NUMBER]
    if state == "cancelled":
        cancelled(alerted)
    go_to(alerted, START + timedelta(days=7))
    assert "+3069" in alerted.tap_data(number)
    go_to(alerted, START + timedelta(days=7, minutes=1))
    assert "7/12/2026 10:00" in alerted.tap_data(number)
    assert done(alerted) == ["number"]


def test_what_is_over_cannot_be_marked_as_seen(alerted: People) -> None:
    go_to(alerted, booking(alerted).ends_at)
    assert alerted.tap(SEEN) == "Το ραντεβού έχει περάσει."
    alerted.deliver()
    shown = alerted.chat.server.buttons(GROUP)
    assert SEEN not in shown
    assert NUMBER in shown
    assert done(alerted) == []


def moved(people: People) -> None:
    people.chat.change(booking(people).id, lambda env, each: env.move(each, "10:30"))


def cancelled(people: People) -> None:
    people.chat.change(booking(people).id, lambda env, each: env.cancel(each))


@pytest.mark.parametrize(("change", "told"), [(moved, "7/12/2026 10:30"), (cancelled, "ακυρωθεί")])
@pytest.mark.parametrize("label", [SEEN, CAME, CANCEL])
def test_what_was_changed_meanwhile_is_told(
    alerted: People, change: Callable[[People], None], told: str, label: str
) -> None:
    data = alerted.chat.server.buttons(GROUP)[label]
    change(alerted)
    assert told in alerted.tap_data(data)
    assert done(alerted) == []
    assert alerted.chat.do(lambda s: s.scalars(select(StaffQuestion)).all()) == []


@pytest.mark.parametrize(
    "data",
    [
        "staff:",
        "staff:seen:1",
        "staff:fly:1:0:0",
        "staff:seen:x:0:0",
        "staff:seen:99999999999999999999999:0:0",
        "staff:seen:-1:0:0",
        "staff:undo:1:0:99",
        StaffTap(StaffButton.REASON, 1, option=99).dump(),
    ],
)
def test_data_that_no_button_has_does_nothing(alerted: People, data: str) -> None:
    assert alerted.tap_data(data) == ""
    assert done(alerted) == []


def test_a_booking_or_question_that_is_not_there_is_nobodys(alerted: People) -> None:
    for button in StaffButton:
        if button is not StaffButton.UNDO:
            assert NOBODY_S in alerted.tap_data(StaffTap(button, 10**9).dump())


def test_a_tap_that_comes_again_is_done_once(alerted: People) -> None:
    data = alerted.chat.server.buttons(GROUP)[SEEN]
    for _time in range(2):
        alerted.updates = 700
        assert alerted.tap_data(data) == "Σημειώθηκε: το είδατε."
    assert done(alerted) == ["seen"]
