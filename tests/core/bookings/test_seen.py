"""Staff say that they saw a booking, and see whom to call."""

import pytest
from sqlalchemy import select, update

from core.actor import Role, Staff
from core.bookings import by_staff, seen
from core.db.models import OutboxRow, StaffAction
from core.errors import StaffRefusalKind, StaffRefused
from core.staff import codes, record, rooms
from tests.core.small_municipality import at
from tests.core.staff.two_towns import OPERATOR, TOWN, TwoTowns


@pytest.fixture
def employee(towns: TwoTowns) -> Staff:
    return towns.staff(Role.EMPLOYEE)


def bind(towns: TwoTowns) -> None:
    code = codes.make_room_code(
        towns.session, towns.registry, OPERATOR, towns.now, municipality_id=TOWN
    )
    rooms.bind(towns.session, towns.registry, code, towns.now, account=towns.shared, chat="-100")


def test_the_first_who_saw_it_is_named_to_the_second(towns: TwoTowns, employee: Staff) -> None:
    bind(towns)
    booking = towns.book("09:30")
    assert seen.seen_by(towns.session, booking) is None
    seen.mark_seen(towns.session, towns.registry, employee, booking, towns.now)
    known = seen.seen_by(towns.session, booking)
    assert known
    assert known.name == "Ελένη Δήμου"
    with pytest.raises(StaffRefused) as refused:
        seen.mark_seen(towns.session, towns.registry, employee, booking, towns.now)
    assert refused.value.kind == StaffRefusalKind.CHANGED
    assert "Ελένη Δήμου" in str(refused.value.text)
    edits = select(OutboxRow.dedupe_key).where(OutboxRow.kind == "alert_edit")
    (key,) = towns.session.scalars(edits)
    assert key.startswith("seen ")


def test_what_was_changed_since_is_to_be_seen_again(towns: TwoTowns, employee: Staff) -> None:
    booking = towns.book("09:30")
    seen.mark_seen(towns.session, towns.registry, employee, booking, towns.now)
    towns.later(minutes=1)
    by_staff.move(towns.session, towns.registry, employee, booking, at("10:30"), towns.now)
    assert seen.seen_by(towns.session, booking) is None
    seen.mark_seen(towns.session, towns.registry, employee, booking, towns.now)
    assert seen.seen_by(towns.session, booking)


def test_what_was_seen_and_changed_within_one_second_is_to_be_seen_again(
    towns: TwoTowns, employee: Staff
) -> None:
    booking = towns.book("09:30")
    seen.mark_seen(towns.session, towns.registry, employee, booking, towns.now)
    by_staff.move(towns.session, towns.registry, employee, booking, at("10:30"), towns.now)
    assert seen.seen_by(towns.session, booking) is None
    seen.mark_seen(towns.session, towns.registry, employee, booking, towns.now)
    assert seen.seen_by(towns.session, booking)


def test_what_was_seen_before_that_was_kept_is_told_by_its_time(
    towns: TwoTowns, employee: Staff
) -> None:
    booking = towns.book("09:30")
    seen.mark_seen(towns.session, towns.registry, employee, booking, towns.now)
    towns.session.execute(update(StaffAction).values(change_id=None))
    assert seen.seen_by(towns.session, booking)
    towns.later(minutes=1)
    by_staff.move(towns.session, towns.registry, employee, booking, at("10:30"), towns.now)
    assert seen.seen_by(towns.session, booking) is None


def test_of_what_was_cancelled_the_true_state_is_told(towns: TwoTowns, employee: Staff) -> None:
    booking = towns.book("09:30")
    by_staff.cancel(towns.session, towns.registry, employee, booking, towns.now, "απεργία")
    with pytest.raises(StaffRefused) as refused:
        seen.mark_seen(towns.session, towns.registry, employee, booking, towns.now)
    assert "cancelled" in str(refused.value.text)


def test_a_number_is_shown_and_that_is_recorded(towns: TwoTowns, employee: Staff) -> None:
    booking = towns.book("09:30")
    number = seen.show_number(towns.session, towns.registry, employee, booking, towns.now)
    assert number == booking.details["phone"]
    done = record.entries(towns.session, OPERATOR, municipality_id=TOWN, booking_id=booking.id)
    assert [(entry.action, entry.member_id) for entry in done] == [("number", employee.member_id)]
