"""A day's list, with as little personal data as is needed, and one booking with its history."""

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from core.actor import Role
from core.bookings import agenda, booking_details, by_staff
from core.db.database import Database
from core.errors import StaffRefused
from core.staff import record
from core.staff.rights import Action
from tests.core.booking_environment import DETAILS, BookingEnvironment
from tests.core.db.query_plans import plans
from tests.core.small_municipality import MONDAY, at, utc
from tests.core.staff.two_towns import OPERATOR, TOWN, TwoTowns


def listed(towns: TwoTowns, by_days: int = 0) -> list[agenda.AgendaEntry]:
    day = MONDAY + timedelta(days=by_days)
    return [
        *agenda.list_day(towns.session, towns.registry, OPERATOR, TOWN, day, towns.now),
    ]


def test_a_day_is_listed_by_time_and_desk_with_initials_only(towns: TwoTowns) -> None:
    first, second, third = towns.book("09:30"), towns.book("09:30"), towns.book("09:00")
    entries = listed(towns)
    assert [entry.booking_id for entry in entries] == [third.id, first.id, second.id]
    assert [entry.desk for entry in entries] == ["office/one", "office/one", "office/two"]
    entry = entries[1]
    assert (entry.starts_at, entry.ends_at) == (utc(at("09:30")), utc(at("10:00")))
    assert (entry.code, entry.service, entry.channel) == (first.code, "permit", "in_person")
    assert (entry.desk, entry.state, entry.arrived_at) == ("office/one", "confirmed", None)
    assert entry.initials == "Μ.Π."
    assert not any(value in repr(entries) for value in DETAILS.values())
    assert listed(towns, 1) == listed(towns, -1) == []


def test_holds_are_not_listed_and_what_was_cancelled_is(towns: TwoTowns) -> None:
    booking = towns.book("09:30")
    BookingEnvironment(towns.session, towns.registry[TOWN].body).hold("10:00")
    by_staff.cancel(towns.session, towns.registry, OPERATOR, booking, towns.now, "απεργία")
    assert [(entry.code, entry.state) for entry in listed(towns)] == [(booking.code, "cancelled")]


def test_a_municipality_that_is_not_there_is_refused(towns: TwoTowns) -> None:
    with pytest.raises(StaffRefused, match="not_found"):
        agenda.list_day(towns.session, towns.registry, OPERATOR, "village", MONDAY, towns.now)


def test_a_booking_is_shown_with_who_changed_it(towns: TwoTowns) -> None:
    booking, manager = towns.book("09:30"), towns.staff(Role.MANAGER)
    by_staff.move(towns.session, towns.registry, manager, booking, at("10:00"), towns.now)
    found = booking_details.show(
        towns.session, towns.registry, manager, str(booking.code), towns.now
    )
    assert (found.booking, found.desk) == (booking, "office/one")
    assert [
        (each.action, each.platform, each.by_citizen, each.member, each.fields)
        for each in found.history
    ] == [
        ("held", "webchat", True, None, []),
        ("confirmed", "webchat", True, None, []),
        ("moved", "telegram", False, "Ελένη Δήμου", ["starts_at"]),
    ]


def test_who_looked_is_recorded(towns: TwoTowns) -> None:
    booking, manager = towns.book(), towns.staff(Role.MANAGER)
    agenda.list_day(towns.session, towns.registry, manager, TOWN, MONDAY, towns.now)
    booking_details.show(towns.session, towns.registry, manager, booking.id, towns.now)
    done = record.entries(towns.session, OPERATOR, municipality_id=TOWN, limit=2)
    assert [(each.action, each.member_id, each.code) for each in done] == [
        (Action.SHOW, manager.member_id, booking.code),
        (Action.LIST, manager.member_id, None),
    ]


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Μαρία Παπαδοπούλου", "Μ.Π."),
        ("  άννα  έλλη ώρα ", "Α.Ε.Ω."),
        ("Ÿves", "Y."),
        ("", ""),
    ],
)
def test_initials(name: str, shown: str) -> None:
    assert agenda.initials(name) == shown


def test_a_day_is_found_by_the_index_of_its_municipality(empty: Database) -> None:
    def list_it(session: Session) -> None:
        listed(TwoTowns(session))

    (plan,) = plans(empty, list_it)
    assert "ix_bookings_municipality_id_ends_at" in plan
