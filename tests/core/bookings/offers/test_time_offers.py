"""Offers of another time: what is held, for how long, and how they end."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from core.actor import Role, Staff
from core.bookings import by_staff
from core.bookings import service as bookings
from core.bookings.expiry import expire_lapsed
from core.bookings.history import record_change
from core.bookings.limits import check_citizen
from core.bookings.offers import service as time_offers
from core.bookings.offers.making import has_pending, make_offers, plan_offers
from core.bookings.offers.withdrawal import plan_withdrawals, withdraw_planned
from core.catalogue.schedule_exceptions import update_digest
from core.db.models import ExceptionKind, HistoryAction, OutboxRow, ScheduleException, StaffRoom
from core.errors import BookingRefused, StaffRefused
from tests.core.booking_environment import BookingEnvironment
from tests.core.bookings.offers.acting import (
    accept,
    ask,
    decline,
    held_for_offers,
    hold_of,
    latest,
    make,
    manager,
    offer,
    work_off,
)
from tests.core.small_municipality import MONDAY, NOW, TUESDAY, at, desk, small, utc

MakeEnv = Callable[..., BookingEnvironment]
OPERATOR = Staff(Role.OPERATOR, "cli")


def told(env: BookingEnvironment) -> list[tuple[str, str]]:
    """What was enqueued because of offers, or of what became of them."""
    others = {"confirmed", "alert", "alert_edit"}
    return [(platform, kind) for platform, kind in env.outbox() if kind not in others]


def exception_of(env: BookingEnvironment, day: date = MONDAY) -> int:
    """A closure of the municipality, of which nobody in its way was told."""
    made = ScheduleException(
        municipality_id="town",
        kind=ExceptionKind.CLOSURE,
        first=day,
        last=day,
        reason="απεργία",
        made_at=env.now,
    )
    env.session.add(made)
    reread(env)
    return made.id


def reread(env: BookingEnvironment) -> None:
    env.session.flush()
    update_digest(env.session, "town")
    env.registry.refresh(env.session)


def end_closure(env: BookingEnvironment, exception: int) -> None:
    """End a closure; what was offered for it is withdrawn afterwards."""
    env.session.get_one(ScheduleException, exception).withdrawn_at = env.now
    reread(env)


def room(env: BookingEnvironment) -> StaffRoom:
    """A room of the municipality."""
    made = StaffRoom(
        municipality_id="town", account="telegram", chat="-1", topic="", bound_at=env.now
    )
    env.session.add(made)
    env.session.flush()
    return made


def test_what_was_left_over_of_an_ended_closure_keeps_nobody_waiting(
    env: BookingEnvironment,
) -> None:
    """After an outage of days, in which nothing was withdrawn."""
    booking, closure = env.book("09:30"), exception_of(env)
    ask(env, booking)
    end_closure(env, closure)
    env.now = at("09:00", MONDAY + timedelta(days=3))
    work_off(env)
    make(env)
    assert not has_pending(env.session)
    assert latest(env, booking).state == "withdrawn"
    assert told(env) == []


def test_the_nearest_time_is_held_until_the_municipalitys_hours_are_over(
    env: BookingEnvironment,
) -> None:
    booking = env.book("10:00")
    made = offer(env, booking)
    hold = hold_of(env, made)
    assert (made.state, made.expires_at) == ("made", utc(NOW + timedelta(hours=24)))
    assert hold.starts_at == utc(at("10:30"))
    assert (hold.state, hold.held_until, hold.offered_for_id) == (
        "held",
        made.expires_at,
        booking.id,
    )
    assert env.free() == "09:00 09:30"
    assert told(env) == [("email", "time_offered")]


def test_on_another_day_the_same_time_of_day_is_preferred(env: BookingEnvironment) -> None:
    booking = env.book("10:00")
    for clock in ("09:00", "09:30", "10:30"):
        env.book(clock)
    assert hold_of(env, offer(env, booking)).starts_at == utc(at("10:00", TUESDAY))


@pytest.mark.parametrize("hours", [3, 300])
def test_the_hold_ends_with_the_old_appointment_at_the_latest(
    make_env: MakeEnv, hours: int
) -> None:
    env = make_env(small(rules={"offer_hours": hours}))
    made = offer(env, env.book("10:30"))
    assert made.expires_at == utc(min(NOW + timedelta(hours=hours), at("10:30")))


def test_nothing_is_offered_that_begins_before_the_answer_is_due(env: BookingEnvironment) -> None:
    env.now = at("08:00")
    booking = env.book("10:30")
    assert hold_of(env, offer(env, booking)).starts_at == utc(at("10:30", TUESDAY))


def test_where_no_time_is_free_the_citizen_and_the_room_are_told(make_env: MakeEnv) -> None:
    body = small(desk("a", {"days": ["mon"], "start": "09:00", "end": "09:30"}))
    env = make_env(body, ("email", "telegram"))
    room(env)
    booking = env.book("09:00")
    for week in range(1, 8):
        env.book("09:00", day=MONDAY + timedelta(weeks=week))
    made = offer(env, booking)
    assert (made.state, made.hold_id) == ("none_free", None)
    assert told(env)[-2:] == [("email", "no_time_free"), ("telegram", "offer_alert")]


def test_too_late_for_an_answer_the_room_is_told_to_call(make_env: MakeEnv) -> None:
    env = make_env(accounts=("email", "telegram"))
    room(env)
    env.now = at("08:31")
    booking = env.book("10:30")
    assert offer(env, booking).state == "none_free"
    assert ("telegram", "offer_alert") in told(env)


def test_an_offer_is_asked_for_once(env: BookingEnvironment) -> None:
    booking = env.book("10:00")
    first = offer(env, booking)
    assert offer(env, booking) is first
    assert not has_pending(env.session)


def test_accepting_turns_desk_and_time_into_the_bookings(make_env: MakeEnv) -> None:
    env = make_env(small(desk("a"), desk("b")))
    booking = env.book("10:00")
    env.hold("10:00")
    made = offer(env, booking)
    hold = hold_of(env, made)
    env.later(hours=1)
    assert accept(env, made)
    assert (booking.desk_id, booking.starts_at) == (hold.desk_id, hold.starts_at)
    assert (booking.state, hold.state, made.state) == ("confirmed", "expired", "accepted")
    assert env.history(booking) == ["held", "confirmed", "moved"]
    assert env.history(hold) == ["held", "released"]
    assert told(env) == [("email", "time_offered"), ("email", "moved")]


def test_accepting_twice_changes_nothing_more(env: BookingEnvironment) -> None:
    made = offer(env, env.book("10:00"))
    assert accept(env, made)
    before = env.outbox()
    assert accept(env, made)
    assert env.outbox() == before


def test_an_offer_is_accepted_after_the_deadline_for_changes(env: BookingEnvironment) -> None:
    booking = env.book("10:30")
    env.now = at("05:00")
    with pytest.raises(BookingRefused, match="too_late"):
        env.move(booking, "10:30", day=TUESDAY)
    made = offer(env, booking)
    assert accept(env, made)
    assert booking.starts_at == utc(at("10:30", TUESDAY))


def test_while_another_time_is_offered_the_citizen_may_pick_another_after_the_deadline(
    env: BookingEnvironment,
) -> None:
    booking = env.book("10:30")
    env.now = at("05:00")
    made = offer(env, booking)
    env.move(booking, "09:30", day=TUESDAY)
    assert made.state == "withdrawn"
    assert held_for_offers(env) == []
    with pytest.raises(BookingRefused, match="offer_ended"):
        accept(env, made)


@pytest.mark.parametrize("late", [timedelta(hours=24), timedelta(days=3 * 365)])
def test_an_offer_is_accepted_in_time_only(env: BookingEnvironment, late: timedelta) -> None:
    booking = env.book("10:00")
    made = offer(env, booking)
    env.now += late
    with pytest.raises(BookingRefused, match="offer_ended"):
        accept(env, made)
    with pytest.raises(BookingRefused, match="offer_ended"):
        decline(env, made)
    assert booking.starts_at == utc(at("10:00"))


def test_declining_frees_the_time_and_tells_the_room(make_env: MakeEnv) -> None:
    env = make_env(accounts=("email", "telegram"))
    room(env)
    booking = env.book("10:00")
    made = offer(env, booking)
    decline(env, made)
    decline(env, made)
    assert (made.state, booking.state, hold_of(env, made).state) == (
        "declined",
        "confirmed",
        "expired",
    )
    assert env.free() == "09:00 09:30 10:30"
    assert [kind for _, kind in told(env)].count("offer_alert") == 1
    with pytest.raises(BookingRefused, match="offer_ended"):
        accept(env, made)


def test_an_offer_that_nobody_answers_expires(make_env: MakeEnv) -> None:
    env = make_env(accounts=("email", "telegram"))
    room(env)
    booking = env.book("10:00")
    made = offer(env, booking)
    assert not time_offers.has_overdue(env.session, env.now)
    env.later(hours=24)
    expire_lapsed(env.session, env.now)  # the clean-up may come first
    assert time_offers.end_overdue(env.session, env.registry, env.now) == 1
    assert (made.state, booking.state) == ("expired", "confirmed")
    assert held_for_offers(env) == []
    kinds = [kind for _, kind in told(env)]
    assert kinds.count("offer_expired") == 1
    assert kinds.count("offer_alert") == 1
    assert not time_offers.has_overdue(env.session, env.now)


@pytest.mark.parametrize("change", ["cancel", "move", "withdraw", "by staff"])
def test_a_booking_that_is_changed_otherwise_ends_its_offer(
    env: BookingEnvironment, change: str
) -> None:
    booking = env.book("10:00")
    made = offer(env, booking)
    if change == "cancel":
        env.cancel(booking)
    elif change == "move":
        env.move(booking, "09:00")
    elif change == "withdraw":
        who = env.actor(booking.citizen_id)
        bookings.withdraw_consent(env.session, env.registry, booking, env.now, who)
    else:
        to = at("09:00")
        by_staff.move(env.session, env.registry, OPERATOR, booking, to, env.now)
    assert made.state == "withdrawn"
    assert held_for_offers(env) == []
    with pytest.raises(BookingRefused, match="offer_ended"):
        accept(env, made)


def test_a_pending_offer_of_a_cancelled_booking_is_never_made(env: BookingEnvironment) -> None:
    booking = env.book("10:00")
    ask(env, booking)
    env.cancel(booking)
    assert make(env) == 0
    assert latest(env, booking).state == "withdrawn"


def test_a_hold_of_an_offer_counts_toward_no_limit_and_stays(make_env: MakeEnv) -> None:
    env = make_env(small(rules={"open_bookings": 1, "open_bookings_per_citizen": 2}))
    booking = env.book("10:00")
    hold = hold_of(env, offer(env, booking))
    who = env.actor(booking.citizen_id)
    assert list(check_citizen(env.session, env.body, "papers", env.now, who.citizen_id)) == []
    env.hold("09:00", who)
    assert hold.state == "held"
    assert len(bookings.upcoming(env.session, who.citizen_id, env.now)) == 1


def test_withdrawn_offers_release_their_holds_and_the_citizens_are_told(
    make_env: MakeEnv,
) -> None:
    env = make_env(accounts=("email",))
    booking, pending = env.book("10:00"), env.book("09:00")
    exception = exception_of(env)
    made = offer(env, booking)
    ask(env, pending)
    end_closure(env, exception)
    assert work_off(env) == 2
    assert {made.state, latest(env, pending).state} == {"withdrawn"}
    assert held_for_offers(env) == []
    assert [kind for _, kind in told(env)] == ["time_offered", "offer_withdrawn"]


def test_what_a_kill_left_is_withdrawn_later_and_told_once(env: BookingEnvironment) -> None:
    booked = [env.book(clock) for clock in ("09:00", "09:30", "10:00")]
    exception = exception_of(env)
    made = [offer(env, each) for each in booked]
    end_closure(env, exception)
    planned = plan_withdrawals(env.session, env.registry, env.now, 10, {})
    assert planned == [each.id for each in made]
    given = env.session, env.registry, planned, env.now
    assert withdraw_planned(*given, lambda: True) == 1
    assert [each.state for each in made] == ["withdrawn", "made", "made"]
    withdraw_planned(*given, lambda: False)  # by a process that planned the same
    assert work_off(env) == 0
    assert {each.state for each in made} == {"withdrawn"}
    assert [kind for _, kind in told(env)].count("offer_withdrawn") == 3


def test_nothing_is_offered_any_more_whose_closure_has_ended(env: BookingEnvironment) -> None:
    booking, exception = env.book("10:00"), exception_of(env)
    ask(env, booking)
    planned = plan_offers(env.session, env.registry, env.now, 10)
    end_closure(env, exception)
    make_offers(env.session, env.registry, planned, env.now, lambda: False)
    assert held_for_offers(env) == []
    assert (latest(env, booking).state, told(env)) == ("withdrawn", [])


@pytest.mark.parametrize("ended", ["declined", "expired", "none_free"])
@pytest.mark.parametrize("since", ["nothing", "moved", "cancelled"])
def test_who_was_told_that_it_cannot_take_place_is_told_that_it_stands_after_all(
    make_env: MakeEnv, ended: str, since: str
) -> None:
    weekly = small(desk("a", {"days": ["mon"], "start": "09:00", "end": "09:30"}))
    env = make_env(weekly if ended == "none_free" else small(), accounts=("email",))
    booking = env.book("09:00")
    for week in range(1, 8) if ended == "none_free" else ():
        env.book("09:00", day=MONDAY + timedelta(weeks=week))
    exception = exception_of(env)
    made = offer(env, booking)
    if ended == "declined":
        decline(env, made)
    elif ended == "expired":
        env.later(hours=24)
        time_offers.end_overdue(env.session, env.registry, env.now)
    assert made.state == ended
    if since == "moved":
        who = env.actor(booking.citizen_id)
        record_change(env.session, booking, HistoryAction.MOVED, env.now, who)
    elif since == "cancelled":
        env.cancel(booking)
    end_closure(env, exception)
    count = work_off(env)
    said = [kind for _, kind in told(env)].count("offer_withdrawn")
    assert (count, said) == ((1, 1) if since == "nothing" else (0, 0))


@pytest.mark.parametrize("times", [1, 2])
def test_whose_offer_is_being_replaced_is_told_that_the_appointment_stands(
    env: BookingEnvironment, times: int
) -> None:
    booking, exception = env.book("10:00"), exception_of(env)
    for _time in range(times):
        made = offer(env, booking)
        hold_of(env, made).state = "expired"  # its time was closed too
        env.later(minutes=1)
        assert time_offers.end_overdue(env.session, env.registry, env.now) == 1
    assert latest(env, booking).state == "pending"
    end_closure(env, exception)
    env.later(minutes=1)
    work_off(env)
    said = [kind for _, kind in told(env)]
    assert said == ["time_offered"] * times + ["offer_withdrawn"]


def test_whom_only_an_old_offer_told_otherwise_is_told_nothing(env: BookingEnvironment) -> None:
    booking = env.book("10:00")
    exception_of(env)
    assert accept(env, offer(env, booking))
    env.later(hours=1)
    exception = exception_of(env, TUESDAY)
    ask(env, booking)
    end_closure(env, exception)
    assert work_off(env) == 1
    assert "offer_withdrawn" not in [kind for _, kind in told(env)]


def test_who_declined_and_is_offered_nothing_new_is_told_that_it_stands(
    env: BookingEnvironment,
) -> None:
    booking = env.book("10:00")
    exception_of(env)
    decline(env, offer(env, booking))
    ask(env, booking)
    for each in env.session.scalars(select(ScheduleException)):
        end_closure(env, each.id)
    assert work_off(env) == 1
    assert [kind for _, kind in told(env)] == ["time_offered", "offer_withdrawn"]


def test_a_time_that_was_closed_since_is_replaced_by_another(env: BookingEnvironment) -> None:
    booking = env.book("10:00")
    made = offer(env, booking)
    hold = hold_of(env, made)
    hold.state = "expired"  # as loading a catalogue leaves a hold in its way
    env.session.flush()
    assert not accept(env, made)
    assert has_pending(env.session)
    make(env)
    assert latest(env, booking).state == "made"


def test_a_lost_time_is_replaced_before_anybody_accepts_it(env: BookingEnvironment) -> None:
    booking = env.book("10:00")
    hold_of(env, offer(env, booking)).state = "expired"
    env.session.flush()
    assert time_offers.end_overdue(env.session, env.registry, env.now) == 1
    make(env)
    assert latest(env, booking).state == "made"
    assert len(held_for_offers(env)) == 1


def test_many_offers_of_one_time_take_different_times(make_env: MakeEnv) -> None:
    env = make_env(small(desk("a"), desk("b")))
    booked = [env.book(clock) for clock in ("09:00", "09:00", "09:30", "09:30", "10:00")]
    for each in booked:
        ask(env, each)
    assert make(env, limit=3) == 3
    while has_pending(env.session):
        make(env, limit=3)
    taken = [(hold.desk_id, hold.starts_at) for hold in held_for_offers(env)]
    assert len(set(taken)) == 5


def test_a_portion_ends_when_it_has_taken_long_enough(env: BookingEnvironment) -> None:
    for clock in ("09:00", "09:30", "10:00"):
        ask(env, env.book(clock))
    planned = plan_offers(env.session, env.registry, env.now, 10)
    assert make_offers(env.session, env.registry, planned, env.now, lambda: True) == 1
    assert make(env) == 2


def test_whom_only_a_page_reaches_the_room_is_told_to_call(make_env: MakeEnv) -> None:
    env = make_env(accounts=("webchat", "telegram"))
    room(env)
    offer(env, env.book("10:00"))
    assert told(env)[-2:] == [("webchat", "time_offered"), ("telegram", "offer_alert")]


def test_staff_have_a_time_offered_once(env: BookingEnvironment) -> None:
    booking, helen = env.book("10:00"), manager(env)
    by_staff.offer(env.session, env.registry, helen, booking, env.now)
    with pytest.raises(StaffRefused, match="changed"):
        by_staff.offer(env.session, env.registry, helen, booking, env.now)
    make(env)
    assert hold_of(env, latest(env, booking)).starts_at != booking.starts_at


def test_an_unsent_offer_is_in_the_outbox_until_it_ends(env: BookingEnvironment) -> None:
    made = offer(env, env.book("10:00"))
    row = env.session.scalars(select(OutboxRow).where(OutboxRow.kind == "time_offered")).one()
    assert row.expires_at == made.expires_at
