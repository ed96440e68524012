"""What citizens know of their appointments when closures come, overlap and end."""

import re
from collections.abc import Callable

import pytest
from sqlalchemy.orm import Session

from core.actor import OPERATOR
from core.bookings import by_staff
from core.bookings.catalogue_update import load_catalogue
from core.bookings.closures import listing
from core.bookings.closures import service as closures
from core.bookings.offers.service import end_overdue
from core.bookings.offers.withdrawal import Checked, plan_withdrawals
from core.db.database import Database
from core.db.models import OfferState, ScheduleException
from tests.bot.test_turn import counted
from tests.conftest import portable
from tests.core.booking_environment import BookingEnvironment
from tests.core.bookings.closures.test_closures import (
    close,
    desk_name,
    extra_opening,
    offers,
    withdraw,
)
from tests.core.bookings.offers.acting import (
    accept,
    decline,
    exception_of,
    hold_of,
    latest,
    manager,
    work_off,
)
from tests.core.bookings.offers.acting import make as make_offers_of
from tests.core.db.query_plans import plans
from tests.core.small_municipality import TUESDAY, at, desk, opening, small

MakeEnv = Callable[..., BookingEnvironment]

EVENING = small(desk("desk", opening("17:00", "19:00")))


@portable
@pytest.mark.parametrize("answer", ["none yet", "declined"])
@pytest.mark.parametrize("why", ["catalogue", "opening"])
def test_whose_desk_has_no_hours_then_is_not_told_that_the_appointment_stands(
    env: BookingEnvironment, why: str, answer: str
) -> None:
    extra = extra_opening(env, "11:00", "12:00")
    booking = env.book("11:00" if why == "opening" else "09:00")
    closed = close(env, start="09:00", end="11:30", desk="office/desk")
    make_offers_of(env)
    if answer == "declined":
        decline(env, latest(env, booking))
    if why == "opening":
        withdraw(env, extra.id)
    else:
        load_catalogue(env.session, EVENING, env.now, displacing=env.registry)
        env.registry.refresh(env.session)
    withdraw(env, closed.id)
    again = latest(env, booking)
    stands = (why, answer) == ("catalogue", "none yet")  # what is held is in the extra opening
    assert again.state == (OfferState.MADE if stands else OfferState.PENDING)
    assert again.exception_id != closed.id
    make_offers_of(env)
    told = [kind for _platform, kind in env.outbox() if kind.startswith(("time", "offer"))]
    assert told == ["time_offered"] * (1 if stands else 2)


@portable
@pytest.mark.parametrize("answer", ["declined", "none free"])
def test_whom_another_desk_takes_after_all_is_told_that_the_appointment_stands(
    make_env: MakeEnv, answer: str
) -> None:
    env = make_env(small(desk("one"), desk("two")))
    first, second = env.book("09:00"), env.book("09:00")
    here = desk_name(env, first)
    if answer == "none free":
        env.now = at("08:00")  # too late for another
    close(env, desk=f"office/{here}", start="08:30", end="10:00")
    make_offers_of(env)
    if answer == "declined":
        decline(env, latest(env, first))
    by_staff.cancel(env.session, env.registry, OPERATOR, second, env.now, "απεργία")
    close(env, desk=f"office/{here}", start="09:00", end="11:00")
    assert desk_name(env, first) != here
    assert offers(env) == [(first.id, OfferState.WITHDRAWN)]
    assert env.outbox().count(("email", "offer_withdrawn")) == 1


@portable
def test_what_an_employee_offers_in_a_closure_is_about_the_closure(
    env: BookingEnvironment,
) -> None:
    helen = manager(env)
    booking, kept = env.book("09:00"), env.book("10:00", day=TUESDAY)
    made = close(env)
    make_offers_of(env)
    decline(env, latest(env, booking))
    for each in (booking, kept):
        by_staff.offer(env.session, env.registry, helen, each, env.now)
    make_offers_of(env)
    why = [latest(env, each) for each in (booking, kept)]
    assert [(each.exception_id, each.member_id) for each in why] == [
        (made.id, None),
        (None, helen.member_id),
    ]
    assert [each.by_choice for each in why] == [False, True]
    decline(env, latest(env, booking))
    withdraw(env, made.id)
    assert env.outbox().count(("email", "offer_withdrawn")) == 1


def test_what_an_employee_offered_long_ago_told_nobody_of_a_closure(
    env: BookingEnvironment,
) -> None:
    booking = env.book("09:00")
    by_staff.offer(env.session, env.registry, manager(env), booking, env.now)
    make_offers_of(env)
    decline(env, latest(env, booking))
    env.later(hours=1)
    withdraw(env, close(env).id)
    assert offers(env)[-1] == (booking.id, OfferState.WITHDRAWN)
    assert ("email", "offer_withdrawn") not in env.outbox()


@portable
def test_whom_nothing_could_be_offered_is_told_that_it_stands_after_two_closures(
    env: BookingEnvironment,
) -> None:
    booking = env.book("10:30")
    env.now = at("08:40")  # too late for another
    first = close(env, start="10:00", end="12:00")
    second = close(env, start="09:30", end="11:00")
    make_offers_of(env)
    withdraw(env, first.id)
    assert latest(env, booking).state == OfferState.PENDING
    withdraw(env, second.id)
    assert env.outbox().count(("email", "offer_withdrawn")) == 1


@portable
@pytest.mark.parametrize("state", ["pending", "made"])
def test_a_closure_over_what_an_employee_offered_is_told(
    env: BookingEnvironment, state: str
) -> None:
    booking = env.book("10:00")
    by_staff.offer(env.session, env.registry, manager(env), booking, env.now)
    if state == "made":
        make_offers_of(env)
        env.later(hours=1)
    made = close(env)
    row = env.session.get_one(ScheduleException, made.id)
    told = listing.outcome_of(env.session, env.registry["town"], row, env.now)
    assert told.offered == len(made.plan.offers) == 1
    make_offers_of(env)
    last = latest(env, booking)
    assert (last.state, last.exception_id, last.by_choice) == (OfferState.MADE, made.id, False)
    assert withdraw(env, made.id) == 1
    assert latest(env, booking).state == OfferState.WITHDRAWN


@pytest.mark.parametrize("state", ["pending", "made", "accepted since", "the other ended since"])
def test_whom_a_time_is_offered_for_another_closure_is_counted_in_the_next(
    env: BookingEnvironment, state: str
) -> None:
    booking = env.book("09:00")
    first = close(env, start="08:00", end="09:15")
    if state != "pending":
        make_offers_of(env)
    env.later(minutes=5)
    other = close(env, first=TUESDAY, last=TUESDAY)
    made = close(env, start="08:30", end="09:30")
    at_once = env.now
    assert len(made.plan.offers) == 1
    if state == "accepted since":
        env.later(minutes=5)
        accept(env, latest(env, booking))
    elif state == "the other ended since":
        env.later(minutes=5)
        withdraw(env, first.id)
    counted = [
        listing.outcome_of(
            env.session,
            env.registry["town"],
            env.session.get_one(ScheduleException, number),
            at_once,
        ).offered
        for number in (made.id, other.id)
    ]
    assert counted == [1, 0]


def test_a_catalogue_over_what_an_employee_offered_is_told(env: BookingEnvironment) -> None:
    booking = env.book("10:00")
    by_staff.offer(env.session, env.registry, manager(env), booking, env.now)
    load_catalogue(env.session, EVENING, env.now, displacing=env.registry)
    env.registry.refresh(env.session)
    make_offers_of(env)
    assert (latest(env, booking).state, latest(env, booking).by_choice) == ("made", False)


def test_an_employees_offer_that_is_lost_when_the_day_is_closed_is_about_the_closure(
    env: BookingEnvironment,
) -> None:
    booking = env.book("10:00")
    by_staff.offer(env.session, env.registry, manager(env), booking, env.now)
    make_offers_of(env)
    hold_of(env, latest(env, booking)).state = "expired"
    made = exception_of(env)
    assert end_overdue(env.session, env.registry, env.now) == 1
    assert latest(env, booking).exception_id == made


def test_whose_employees_offer_is_gone_for_a_closure_that_ends_is_told_that_it_stands(
    env: BookingEnvironment,
) -> None:
    booking = env.book("10:00")
    by_staff.offer(env.session, env.registry, manager(env), booking, env.now)
    make_offers_of(env)
    withdraw(env, close(env).id)
    assert latest(env, booking).state == OfferState.WITHDRAWN
    assert env.outbox().count(("email", "offer_withdrawn")) == 1


@portable
@pytest.mark.parametrize("answer", ["none yet", "declined"])
@pytest.mark.parametrize("why", ["catalogue", "opening"])
def test_whose_desk_has_hours_again_is_told_that_the_appointment_stands(
    env: BookingEnvironment, why: str, answer: str
) -> None:
    extra = extra_opening(env, "11:00", "12:00")
    booking = env.book("11:00" if why == "opening" else "09:00")
    if why == "opening":
        withdraw(env, extra.id)
    else:
        load_catalogue(env.session, EVENING, env.now, displacing=env.registry)
        env.registry.refresh(env.session)
    make_offers_of(env)
    assert latest(env, booking).state == OfferState.MADE
    if answer == "declined":
        decline(env, latest(env, booking))
    if why == "opening":
        extra_opening(env, "11:00", "12:00")
    else:
        load_catalogue(env.session, small(), env.now)
    work_off(env)
    make_offers_of(env)
    assert latest(env, booking).state == OfferState.WITHDRAWN
    assert env.outbox().count(("email", "offer_withdrawn")) == 1


def test_what_is_needed_no_more_is_looked_for_when_a_municipality_was_changed(
    env: BookingEnvironment, shared: Database
) -> None:
    env.book("09:00")
    checked: Checked = {}

    def look() -> tuple[int, int]:
        """Return how many offers were found, and how many statements read them."""
        with counted(shared) as statements:
            found = plan_withdrawals(env.session, env.registry, env.now, 10, checked)
        return len(found), statements["SELECT"]

    assert (look(), look()) == ((0, 2), (0, 1))
    number = close(env).id
    assert (look(), look()) == ((0, 2), (0, 1))
    closures.withdraw(env.session, env.registry, OPERATOR, "town", number, env.now)
    assert [look()[0], look()[0]] == [1, 1]  # until it is withdrawn
    work_off(env)
    assert (look(), look()) == ((0, 2), (0, 1))


def test_what_is_needed_no_more_is_found_without_reading_the_past(empty: Database) -> None:
    def look(session: Session) -> None:
        env = BookingEnvironment(session)
        plan_withdrawals(session, env.registry, env.now, 10, {})

    (plan,) = plans(empty, look, r"SELECT .*FROM time_offers JOIN bookings")
    assert re.search(r"municipality_id=\? AND ends_at>\?|ends_at > ", plan)


@portable
@pytest.mark.parametrize("state", ["pending", "made"])
def test_what_an_employee_offers_goes_on_when_the_desk_is_closed(
    make_env: MakeEnv, state: str
) -> None:
    env = make_env(small(desk("one"), desk("two")))
    booking = env.book("09:00")
    by_staff.offer(env.session, env.registry, manager(env), booking, env.now)
    if state == "made":
        make_offers_of(env)
    here = desk_name(env, booking)
    close(env, desk=f"office/{here}", start="09:00", end="09:30")
    assert desk_name(env, booking) != here
    assert offers(env) == [(booking.id, state)]


def test_who_loses_appointment_and_offered_time_to_one_closure_is_counted_once(
    env: BookingEnvironment,
) -> None:
    env.book("09:00")
    close(env, start="08:00", end="09:15")
    make_offers_of(env)
    env.later(minutes=5)
    made = close(env)
    row = env.session.get_one(ScheduleException, made.id)
    planned = listing.outcome_of_plan(made.plan, env.now)
    told = listing.outcome_of(env.session, env.registry["town"], row, env.now)
    assert (told.offered, told.again) == (planned.offered, planned.again) == (1, 0)
