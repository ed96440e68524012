"""Staff mark who arrived, came or didn't, and take it back on the same day."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from core.actor import Role, Staff
from core.bookings import attendance, by_staff, holds
from core.bookings import service as bookings
from core.db.models import Booking, History
from core.errors import BookingRefused, StaffRefused
from core.i18n import Language
from core.staff import record
from core.staff.rights import Action
from tests.core.small_municipality import MONDAY, at, utc
from tests.core.staff.two_towns import OPERATOR, TOWN, TwoTowns

OUTCOMES = [(Action.CAME, "completed"), (Action.NO_SHOW, "no_show")]


@pytest.fixture
def employee(towns: TwoTowns) -> Staff:
    return towns.staff(Role.EMPLOYEE)


def mark(towns: TwoTowns, staff: Staff, booking: Booking, action: Action) -> None:
    if action is Action.ARRIVED:
        attendance.mark_arrived(towns.session, towns.registry, staff, booking, towns.now)
    else:
        attendance.mark_outcome(towns.session, towns.registry, staff, booking, action, towns.now)


def undo(towns: TwoTowns, staff: Staff, booking: Booking, action: Action) -> None:
    attendance.undo(towns.session, towns.registry, staff, booking, action, towns.now)


def changes(towns: TwoTowns, booking: Booking) -> list[str]:
    rows = towns.session.scalars(
        select(History).where(History.booking_id == booking.id).order_by(History.id)
    )
    return [row.action for row in rows][2:]


@pytest.mark.parametrize("clock", ["00:00", "09:10", "09:40", "23:59"])
def test_an_arrival_is_a_time_on_the_day_of_the_appointment(
    towns: TwoTowns, employee: Staff, clock: str
) -> None:
    booking = towns.book("09:30")
    towns.now = at(clock)
    mark(towns, employee, booking, Action.ARRIVED)
    assert (booking.state, booking.arrived_at) == ("confirmed", utc(at(clock)))
    assert changes(towns, booking) == ["arrived"]


@pytest.mark.parametrize("by", [timedelta(minutes=-1), timedelta(days=1)])
def test_nobody_arrives_on_another_day(towns: TwoTowns, employee: Staff, by: timedelta) -> None:
    booking = towns.book("09:30")
    towns.now = at("00:00") + by
    with pytest.raises(StaffRefused, match="changed"):
        mark(towns, employee, booking, Action.ARRIVED)
    assert booking.arrived_at is None


@pytest.mark.parametrize(("action", "state"), OUTCOMES)
def test_who_came_is_marked_from_the_start_on_for_a_week(
    towns: TwoTowns, employee: Staff, action: Action, state: str
) -> None:
    booking, late = towns.book("09:30"), towns.book("09:30")
    wrong = {"too_early": at("09:29"), "too_late": at("09:30") + timedelta(days=7, seconds=1)}
    for kind, towns.now in wrong.items():
        with pytest.raises(StaffRefused, match=kind):
            mark(towns, employee, booking, action)
    towns.now = at("09:30")
    mark(towns, employee, booking, action)
    towns.now = at("09:30") + timedelta(days=7)
    mark(towns, employee, late, action)
    assert (booking.state, late.state) == (state, state)


@pytest.mark.parametrize(("action", "state"), OUTCOMES)
def test_a_desk_stays_taken_until_the_end(
    towns: TwoTowns, employee: Staff, action: Action, state: str
) -> None:
    first, second = towns.book("09:30"), towns.book("09:30")
    towns.now = at("09:30")
    caller = by_staff.caller(towns.session, employee, towns.now, Language.EL)
    offer = towns.registry[TOWN].offer("permit", "office", "in_person")
    for booking in (first, second):
        mark(towns, employee, booking, action)
        assert booking.state == state
    with pytest.raises(BookingRefused, match="taken"):
        holds.hold(towns.session, offer, at("09:30"), towns.now, caller)
    assert holds.hold(towns.session, offer, at("10:00"), towns.now, caller)


@pytest.mark.parametrize(("action", "state"), OUTCOMES)
def test_what_was_marked_is_undone_on_the_same_day_and_both_stay_recorded(
    towns: TwoTowns, employee: Staff, action: Action, state: str
) -> None:
    booking = towns.book("09:30")
    towns.now = at("09:20")
    mark(towns, employee, booking, Action.ARRIVED)
    towns.now = at("09:35")
    mark(towns, employee, booking, action)
    assert attendance.last_mark(booking) is action
    towns.now = at("23:59")
    undo(towns, employee, booking, action)
    assert (booking.state, booking.arrived_at) == ("confirmed", utc(at("09:20")))
    # Another who taps "undo" of the same takes back nothing more.
    with pytest.raises(StaffRefused, match="changed"):
        undo(towns, OPERATOR, booking, action)
    assert attendance.last_mark(booking) is Action.ARRIVED
    undo(towns, employee, booking, Action.ARRIVED)
    assert (booking.arrived_at, attendance.last_mark(booking)) == (None, None)
    assert changes(towns, booking) == ["arrived", state, "undone", "undone"]
    done = record.entries(towns.session, OPERATOR, municipality_id=TOWN, booking_id=booking.id)
    assert [each.action for each in done] == [
        Action.UNDO,
        Action.UNDO,
        action,
        Action.ARRIVED,
    ]


@pytest.mark.parametrize("action", [Action.ARRIVED, Action.CAME, Action.NO_SHOW])
def test_nothing_is_undone_on_another_day(towns: TwoTowns, employee: Staff, action: Action) -> None:
    booking = towns.book("09:30")
    towns.now = at("09:30")
    mark(towns, employee, booking, action)
    towns.now = at("00:00", MONDAY + timedelta(days=1))
    with pytest.raises(StaffRefused, match="too_late"):
        undo(towns, employee, booking, action)
    assert attendance.last_mark(booking) is action


def test_the_citizen_changes_nothing_of_what_is_marked_until_it_is_undone(
    towns: TwoTowns, employee: Staff
) -> None:
    booking = towns.book("09:30")
    towns.now = at("09:30")
    mark(towns, employee, booking, Action.CAME)
    assert bookings.upcoming(towns.session, booking.citizen_id, towns.now) == []
    with pytest.raises(BookingRefused, match="not_confirmed"):
        bookings.check_open(booking, towns.now - timedelta(minutes=1))
    undo(towns, employee, booking, Action.CAME)
    assert bookings.upcoming(towns.session, booking.citizen_id, towns.now) == [booking]
