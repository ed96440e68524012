"""Staff find, cancel and move bookings, and book for callers, without citizens' limits."""

import random
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from bot.i18n.translator import Translator
from core.actor import Actor, Role, Staff
from core.bookings import attendance, by_staff, holds, service
from core.db.database import Database
from core.db.models import REMINDERS, Booking, Citizen, Contact, Conversation, History, OutboxRow
from core.errors import BookingRefused, StaffRefused
from core.i18n import FormattedDate, JoinedText, Language
from core.messaging.keys import MessageKind
from core.office import Office
from core.staff import record
from core.staff.rights import Action
from tests.core.booking_environment import DETAILS, BookingEnvironment
from tests.core.bookings.test_race import race
from tests.core.conftest import on_postgres
from tests.core.small_municipality import MONDAY, at, utc
from tests.core.staff.two_towns import OPERATOR, TOWN, TwoTowns
from tests.postgres import KEY


@pytest.fixture
def employee(towns: TwoTowns) -> Staff:
    return towns.staff(Role.EMPLOYEE)


def cancel(towns: TwoTowns, staff: Staff, booking: Booking, reason: str = "απεργία") -> None:
    by_staff.cancel(towns.session, towns.registry, staff, booking, towns.now, reason)


def move(towns: TwoTowns, staff: Staff, booking: Booking, clock: str) -> None:
    by_staff.move(towns.session, towns.registry, staff, booking, at(clock), towns.now)


def history(towns: TwoTowns, booking: Booking) -> list[tuple[str, int | None, int | None]]:
    rows = towns.session.scalars(
        select(History).where(History.booking_id == booking.id).order_by(History.id)
    )
    return [(row.action, row.citizen_id, row.member_id) for row in rows]


def told(towns: TwoTowns) -> list[tuple[str, str]]:
    """The messages to citizens about what the office did."""
    rows = towns.session.scalars(select(OutboxRow).order_by(OutboxRow.id))
    return [(row.account, row.kind) for row in rows if row.kind.endswith("_by_office")]


def test_a_booking_is_found_by_its_code_in_any_alphabet_and_by_its_id(
    towns: TwoTowns, employee: Staff
) -> None:
    booking = towns.book()
    code = str(booking.code)
    in_greek = code.lower().translate(str.maketrans("aehkmnptxy", "αεηκμνρτχυ"))
    for which in (code, f"{code[:3]} {code[3:]}", in_greek, booking.id):
        found = by_staff.find(towns.session, towns.registry, employee, Action.SHOW, which)
        assert found is booking


def test_a_hold_is_not_there_for_staff(towns: TwoTowns) -> None:
    held = BookingEnvironment(towns.session, towns.registry[TOWN].body).hold("09:00")
    for which in (held.id, held.id + 99, "KX7 M2P", ""):
        with pytest.raises(StaffRefused, match="not_found"):
            by_staff.find(towns.session, towns.registry, OPERATOR, Action.SHOW, which)


@pytest.mark.parametrize("left", [timedelta(hours=1), timedelta(0), timedelta(minutes=-29)])
def test_staff_cancel_and_move_until_the_appointment_is_over(
    towns: TwoTowns, employee: Staff, left: timedelta
) -> None:
    moved, cancelled = towns.book("09:30"), towns.book("09:30")
    towns.now = at("09:30") - left
    move(towns, employee, moved, "10:30")
    cancel(towns, employee, cancelled)
    assert (moved.starts_at, cancelled.state) == (utc(at("10:30")), "cancelled")


def test_what_is_over_is_neither_cancelled_nor_moved(towns: TwoTowns, employee: Staff) -> None:
    booking = towns.book("09:30")
    towns.now = at("10:00")
    with pytest.raises(StaffRefused, match="changed"):
        cancel(towns, employee, booking)
    with pytest.raises(StaffRefused, match="changed"):
        move(towns, employee, booking, "10:30")
    assert (booking.state, booking.starts_at) == ("confirmed", utc(at("09:30")))


def test_a_cancellation_needs_a_reason_of_some_letters(towns: TwoTowns, employee: Staff) -> None:
    booking = towns.book()
    for reason in ("", " \n ", "α" * 301):
        with pytest.raises(StaffRefused, match="invalid"):
            cancel(towns, employee, booking, reason)
    cancel(towns, employee, booking, "  Απεργία\n της ΠΟΕ-ΟΤΑ ")
    assert record.cancellation_reason(towns.session, booking.id) == "Απεργία της ΠΟΕ-ΟΤΑ"
    stored = towns.session.execute(text("SELECT reason FROM staff_actions")).scalars()
    assert not any("Απεργία".encode() in bytes(each) for each in stored if each)


def test_a_move_needs_an_open_and_a_free_desk(towns: TwoTowns, employee: Staff) -> None:
    booking = towns.book("09:30")
    for _desk in ("one", "two"):
        towns.book("10:00")
    for clock in ("10:00", "08:30", "11:00", "09:45"):
        with pytest.raises(StaffRefused, match="not_free") as refused:
            move(towns, employee, booking, clock)
        free = refused.value.text.args["times"]
        assert isinstance(free, JoinedText)
        assert at("09:00") in [each.at for each in free.parts if isinstance(each, FormattedDate)]
    towns.now = at("10:15", MONDAY - timedelta(days=7))
    with pytest.raises(StaffRefused, match="not_free"):
        by_staff.move(
            towns.session,
            towns.registry,
            employee,
            booking,
            towns.now - timedelta(minutes=15),
            towns.now,
        )
    assert booking.starts_at == utc(at("09:30"))


def test_an_employee_of_a_desk_moves_nothing_to_another_desk(towns: TwoTowns) -> None:
    of_desk = towns.staff(Role.EMPLOYEE, desks=["office/one"])
    booking = next(each for _ in range(2) if towns.desk("one") == (each := towns.book()).desk_id)
    both = [towns.book("09:00") for _ in range(2)]
    cancel(towns, OPERATOR, next(each for each in both if each.desk_id != booking.desk_id))
    with pytest.raises(StaffRefused, match="not_free"):
        move(towns, of_desk, booking, "09:00")
    move(towns, of_desk, booking, "09:30")
    assert booking.desk_id == towns.desk("one")


def test_staff_move_beyond_the_days_that_citizens_may_book(
    towns: TwoTowns, employee: Staff
) -> None:
    booking = towns.book("09:30")
    later = at("10:00", MONDAY + timedelta(days=120))
    by_staff.move(towns.session, towns.registry, employee, booking, later, towns.now)
    assert booking.starts_at == utc(later)


def test_who_arrived_and_is_moved_has_not_arrived_there(towns: TwoTowns, employee: Staff) -> None:
    booking = towns.book("09:30")
    towns.now = at("09:20")
    attendance.mark_arrived(towns.session, towns.registry, employee, booking, towns.now)
    move(towns, employee, booking, "10:30")
    assert booking.arrived_at is None


def test_a_move_to_its_own_time_and_the_same_note_change_nothing(
    towns: TwoTowns, employee: Staff
) -> None:
    booking, registry = towns.book("09:30"), towns.registry
    by_staff.note(towns.session, registry, employee, booking, "Ράμπα", towns.now)
    towns.now = at("09:20")
    attendance.mark_arrived(towns.session, registry, employee, booking, towns.now)
    so_far = history(towns, booking), booking.version, booking.desk_id, booking.arrived_at
    by_staff.note(towns.session, registry, employee, booking, " Ράμπα ", towns.now)
    move(towns, employee, booking, "09:30")
    towns.session.flush()
    now = history(towns, booking), booking.version, booking.desk_id, booking.arrived_at
    assert (now, told(towns)) == (so_far, [])


def test_history_names_the_member_and_the_record_says_what_they_did(
    towns: TwoTowns, employee: Staff
) -> None:
    booking = towns.book("09:30")
    move(towns, employee, booking, "10:00")
    cancel(towns, OPERATOR, booking, "Απεργία")
    citizen = booking.citizen_id
    assert history(towns, booking) == [
        ("held", citizen, None),
        ("confirmed", citizen, None),
        ("moved", None, employee.member_id),
        ("cancelled", None, None),
    ]
    done = record.entries(towns.session, OPERATOR, municipality_id=TOWN, booking_id=booking.id)
    assert [
        (each.action, each.member_id, each.member, each.platform, each.code, each.reason)
        for each in done
    ] == [
        (Action.CANCEL, None, None, "cli", booking.code, "Απεργία"),
        (Action.MOVE, employee.member_id, "Ελένη Δήμου", "telegram", booking.code, None),
    ]


def test_the_citizen_is_told_where_they_booked_and_the_attendee_by_email(
    towns: TwoTowns, employee: Staff
) -> None:
    citizen = Citizen(details={}, created_at=towns.now)
    towns.session.add(citizen)
    towns.session.flush()
    for account in (towns.shared, "webchat"):
        towns.session.add(Contact(account=account, address="7", citizen_id=citizen.id))
        towns.session.flush()
    who = Actor(citizen.id, "webchat", "el", "Europe/Athens", account="webchat")
    booking = towns.book("09:30", who=who)
    move(towns, employee, booking, "10:00")
    cancel(towns, employee, booking)
    assert told(towns) == [
        ("email", MessageKind.MOVED_BY_OFFICE),
        (towns.shared, MessageKind.MOVED_BY_OFFICE),  # the page where they booked only waits
        ("webchat", MessageKind.MOVED_BY_OFFICE),
        ("email", MessageKind.CANCELLED_BY_OFFICE),
        (towns.shared, MessageKind.CANCELLED_BY_OFFICE),
        ("webchat", MessageKind.CANCELLED_BY_OFFICE),
    ]


def test_a_caller_is_a_new_citizen_without_contacts(towns: TwoTowns, employee: Staff) -> None:
    offer = towns.registry[TOWN].offer("permit", "office", "in_person")
    towns.now = at("09:50")

    def book(clock: str) -> Booking:
        actor = by_staff.caller(towns.session, employee, towns.now, Language.EL)
        held = holds.hold(towns.session, offer, at(clock), towns.now, actor)
        towns.confirm(held, offer, actor)
        return held

    first, second = book("10:00"), book("10:00")
    assert book("10:30").state == "confirmed"
    assert first.citizen_id != second.citizen_id
    assert towns.session.get(Citizen, first.citizen_id)
    for table in (Contact, Conversation):
        assert towns.session.scalars(select(table)).all() == []
    assert history(towns, first)[-1] == ("confirmed", None, employee.member_id)
    rows = towns.session.scalars(select(OutboxRow)).all()
    told = Counter((row.account, row.kind) for row in rows)
    assert told == {("email", "confirmed"): 3, (REMINDERS, "reminder"): 6}
    done = record.entries(towns.session, OPERATOR, municipality_id=TOWN, booking_id=first.id)
    assert [(each.action, each.member_id) for each in done] == [(Action.BOOK, employee.member_id)]


def test_staff_are_shown_the_times_that_they_may_book(towns: TwoTowns, employee: Staff) -> None:
    towns.now = at("09:50")

    def free(who: Actor) -> list[str]:
        office = Office(
            towns.session,
            towns.registry,
            towns.now,
            who,
            choose=random.choice,
            known_details={},
            citizen_public_id=b"",
        )
        offer = office.offer(TOWN, "permit", "office", "in_person")
        return [f"{each:%H:%M}" for each in office.free_times(offer, MONDAY, offer.zone, None)]

    by = by_staff.caller(towns.session, employee, towns.now, Language.EL)
    assert free(by) == ["10:00", "10:30"]
    assert free(replace(by, staff=None)) == []


def test_staff_book_no_service_of_another_group(towns: TwoTowns, employee: Staff) -> None:
    actor = by_staff.caller(towns.session, employee, towns.now, Language.EL)
    offer = towns.registry[TOWN].offer("tax", "office", "in_person")
    with pytest.raises(StaffRefused, match="not_found"):
        holds.hold(towns.session, offer, at("10:00"), towns.now, actor)
    at_desk = towns.staff(Role.EMPLOYEE, desks=["office/three"])
    held = holds.hold(towns.session, offer, at("10:00"), towns.now, replace(actor, staff=at_desk))
    with pytest.raises(StaffRefused, match="not_found"):
        towns.confirm(held, offer, actor)


def test_staff_correct_details_without_the_limits_of_citizens(
    towns: TwoTowns, employee: Staff
) -> None:
    env = BookingEnvironment(towns.session, towns.registry[TOWN].body)
    who = env.citizen()
    for clock in ("09:00", "09:30"):
        towns.book(clock, who=who)
    booking = towns.book("10:00", who=who, name="Νίκος Παππάς")
    by, changes = by_staff.acting(employee, booking), {"name": DETAILS["name"]}
    with pytest.raises(BookingRefused, match="too_many_bookings"):
        service.edit(towns.session, towns.registry, booking, changes, towns.now, who)
    service.edit(towns.session, towns.registry, booking, changes, towns.now, by)
    assert booking.details["name"] == DETAILS["name"]
    assert told(towns)[-1] == ("webchat", MessageKind.EDITED_BY_OFFICE)


def act(towns: TwoTowns, staff: Staff, booking: Booking, what: str, shown: str | None) -> None:
    """Do something to a booking, of which that start was shown."""
    session, registry, now = towns.session, towns.registry, towns.now
    start = at(shown) if shown else None
    match what:
        case "cancel":
            by_staff.cancel(session, registry, staff, booking, now, "απεργία", shown=start)
        case "move":
            by_staff.move(session, registry, staff, booking, at("10:30"), now, shown=start)
        case "arrived":
            attendance.mark_arrived(session, registry, staff, booking, now, shown=start)
        case "citizen cancels":
            who = replace(by_staff.acting(staff, booking), staff=None)
            service.cancel(session, registry, booking, now - timedelta(minutes=9), who)
        case _:
            attendance.mark_outcome(
                session, registry, staff, booking, Action(what), now, shown=start
            )


@pytest.mark.parametrize(
    ("first", "second", "told"),
    [
        ("cancel", "cancel", "This appointment was cancelled (Ελένη Δήμου, 7/12/2026 09:31)."),
        ("cancel", "came", "This appointment was cancelled (Ελένη Δήμου, 7/12/2026 09:31)."),
        (
            "citizen cancels",
            "cancel",
            "This appointment was cancelled (the citizen, 7/12/2026 09:22).",
        ),
        ("came", "cancel", "It is marked already that the citizen came (Ελένη Δήμου,"),
        ("came", "came", "It is marked already that the citizen came (Ελένη Δήμου,"),
        ("no_show", "move", "It is marked already that the citizen didn't come (Ελένη Δήμου,"),
        ("arrived", "arrived", "It is marked already that the citizen is here (Ελένη Δήμου,"),
        (
            "move",
            "move",
            "This appointment was moved to 7/12/2026 10:30 (Ελένη Δήμου, 7/12/2026 09:31).",
        ),
        (
            "move",
            "came",
            "This appointment was moved to 7/12/2026 10:30 (Ελένη Δήμου, 7/12/2026 09:31).",
        ),
        ("move", "arrived", "This appointment was moved to 7/12/2026 10:30 (Ελένη Δήμου,"),
    ],
)
def test_whoever_comes_second_is_told_how_it_is(
    towns: TwoTowns, employee: Staff, texts: Translator, first: str, second: str, told: str
) -> None:
    booking = towns.book("09:30")
    towns.now = at("09:31")
    act(towns, employee, booking, first, None)
    done = history(towns, booking)
    with pytest.raises(StaffRefused, match="changed") as refused:
        act(towns, OPERATOR, booking, second, "09:30")
    assert texts.say(refused.value.text, "en").startswith(told)
    assert history(towns, booking) == done


@on_postgres
def test_of_two_at_once_one_wins_and_the_other_is_told(empty: Database, texts: Translator) -> None:
    def begin(session: Session) -> int:
        towns = TwoTowns(session)
        towns.add()
        return towns.book("09:30").id

    number = empty.write_sync(begin)

    def run(what: str, wait: Callable[[], object]) -> str:
        seen = iter([wait])

        def once(session: Session) -> None:
            towns = TwoTowns(session, at("09:31"))
            booking = by_staff.find(session, towns.registry, OPERATOR, Action(what), number)
            next(seen, lambda: None)()  # until both have seen it confirmed
            act(towns, OPERATOR, booking, what, "09:30")

        with closing(Database(empty.url, KEY)) as own:
            try:
                own.write_sync(once)
            except StaffRefused as refused:
                return texts.say(refused.text, "en")
        return what

    outcomes = race(["cancel", "came"], run)
    by = "(the operator, 7/12/2026 09:31)."
    assert outcomes in (
        {"cancel": 1, f"This appointment was cancelled {by}": 1},
        {"came": 1, f"It is marked already that the citizen came {by}": 1},
    )
