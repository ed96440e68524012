"""Bookings on a real database: confirmed, moved, cancelled, edited; their notifications."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.actor import Actor
from core.bookings import service as bookings
from core.db.database import Database
from core.db.models import Booking, Citizen, History, OutboxRow
from core.errors import BookingRefused
from tests.core.booking_environment import EMAIL, PHONE, BookingEnvironment
from tests.core.small_municipality import TUESDAY, at, desk, service, small_municipality, utc

MakeEnvironment = Callable[..., BookingEnvironment]


def test_a_moved_booking_keeps_its_code(environment: BookingEnvironment) -> None:
    booking = environment.book("09:30")
    before = booking.id, booking.code, dict(booking.details), booking.citizen_id
    environment.move(booking, "10:30", day=TUESDAY)
    assert (booking.id, booking.code, booking.details, booking.citizen_id) == before
    assert booking.starts_at == utc(at("10:30", TUESDAY))
    assert booking.ends_at == utc(at("11:00", TUESDAY))
    assert environment.free() == "09:00 09:30 10:00 10:30"


def test_a_booking_moves_by_thirty_minutes_into_its_own_time(
    make_environment: MakeEnvironment,
) -> None:
    environment = make_environment(
        small_municipality(services=(service(duration=50, interval=30),))
    )
    booking = environment.book("09:00")
    assert environment.free(booking) == "09:00 09:30 10:00"
    environment.move(booking, "09:30")
    assert (booking.starts_at, booking.ends_at) == (utc(at("09:30")), utc(at("10:20")))


def test_a_refused_move_leaves_the_old_time(environment: BookingEnvironment) -> None:
    environment.hold("10:00")
    booking = environment.book("09:30")
    with pytest.raises(BookingRefused, match="taken"):
        environment.move(booking, "10:00")
    assert (booking.state, booking.starts_at) == ("confirmed", utc(at("09:30")))
    assert environment.history(booking) == ["held", "confirmed"]
    assert environment.outbox() == [("email", "confirmed")]


def test_a_move_takes_over_a_lapsed_hold(environment: BookingEnvironment) -> None:
    lapsed = environment.hold("10:00")
    booking = environment.book("09:30")
    environment.later(minutes=10)
    environment.move(booking, "10:00")
    environment.session.refresh(lapsed)
    assert (booking.starts_at, lapsed.state) == (utc(at("10:00")), "expired")


def test_a_move_finds_a_desk_that_is_free(make_environment: MakeEnvironment) -> None:
    environment = make_environment(small_municipality(desk("a"), desk("b")))
    first, second = environment.book("09:30"), environment.book("09:30")
    third = environment.book("10:00")
    environment.move(third, "09:00")
    with pytest.raises(BookingRefused, match="taken"):
        environment.move(third, "09:30")
    environment.cancel(second)
    environment.move(third, "09:30")
    assert {first.desk_id, third.desk_id} == set(environment.offer.desk_ids.values())


def change(environment: BookingEnvironment, booking: Booking, how: str) -> None:
    actor = Actor(booking.citizen_id, "sms", "el", "Europe/Athens")
    if how == "move":
        environment.move(booking, "10:30", day=TUESDAY)
    elif how == "cancel":
        environment.cancel(booking)
    elif how == "edit":
        bookings.edit(
            environment.session,
            environment.registry,
            booking,
            {"name": "Άννα Π."},
            environment.now,
            actor,
        )
    else:
        bookings.withdraw_consent(environment.session, booking, environment.now, actor)


@pytest.mark.parametrize(
    ("before", "how", "refusal"),
    [
        (timedelta(hours=24), "move", None),
        (timedelta(hours=24), "cancel", None),
        (timedelta(hours=24, seconds=-1), "move", "too_late"),
        (timedelta(hours=24, seconds=-1), "cancel", "too_late"),
        (timedelta(seconds=1), "edit", None),
        (timedelta(seconds=1), "withdraw", None),
        (timedelta(0), "edit", "not_confirmed"),
        (timedelta(0), "withdraw", "not_confirmed"),
        (timedelta(0), "move", "not_confirmed"),
        (timedelta(0), "cancel", "not_confirmed"),
    ],
)
def test_changes_have_a_deadline(
    environment: BookingEnvironment, before: timedelta, how: str, refusal: str | None
) -> None:
    booking = environment.book("09:30")
    environment.now = at("09:30") - before
    if refusal is None:
        change(environment, booking, how)
        return
    with pytest.raises(BookingRefused, match=refusal):
        change(environment, booking, how)
    assert (booking.state, booking.starts_at) == ("confirmed", utc(at("09:30")))


def test_without_a_deadline_a_booking_changes_until_it_begins(
    make_environment: MakeEnvironment,
) -> None:
    environment = make_environment(small_municipality(rules={"change_deadline_hours": 0}))
    booking = environment.book("09:30")
    environment.now = at("09:29")
    environment.cancel(booking)
    assert booking.state == "cancelled"


@pytest.mark.parametrize("how", ["move", "cancel", "edit", "withdraw"])
@pytest.mark.parametrize("state", ["held", "cancelled", "expired", "completed", "no_show"])
def test_only_a_confirmed_booking_changes(
    environment: BookingEnvironment, state: str, how: str
) -> None:
    booking = environment.book("09:30")
    booking.state = state
    with pytest.raises(BookingRefused, match="not_confirmed"):
        change(environment, booking, how)
    assert booking.state == state


def test_a_cancelled_time_is_free_again(environment: BookingEnvironment) -> None:
    booking = environment.book("09:30")
    environment.cancel(booking)
    assert booking.state == "cancelled"
    assert environment.free() == "09:00 09:30 10:00 10:30"
    assert environment.book("09:30").state == "confirmed"


def test_an_edit_changes_what_it_names_and_keeps_the_rest(environment: BookingEnvironment) -> None:
    booking = environment.book("09:30")
    actor = Actor(booking.citizen_id, "viber", "el", "Europe/Athens")
    changes = {"phone": "+306987654321", "email": ""}
    bookings.edit(
        environment.session, environment.registry, booking, changes, environment.now, actor
    )
    assert booking.details == {"name": "Μαρία Παπαδοπούλου", "phone": "+306987654321"}
    assert booking.phone_hash == environment.registry.keyed_hash("+306987654321")
    bookings.edit(
        environment.session, environment.registry, booking, {"phone": ""}, environment.now, actor
    )
    assert booking.details == {"name": "Μαρία Παπαδοπούλου"}
    assert booking.phone_hash is None


def test_consent_withdrawn_ends_the_booking_and_forgets_its_details(
    environment: BookingEnvironment,
) -> None:
    booking = environment.book("09:30")
    citizen = environment.session.get_one(Citizen, booking.citizen_id)
    citizen.details = dict(booking.details)
    environment.later(hours=1)
    change(environment, booking, "withdraw")
    assert citizen.details == {}
    assert (booking.state, booking.details, booking.phone_hash) == ("cancelled", {}, None)
    assert booking.consent_withdrawn_at == utc(environment.now)
    assert environment.free() == "09:00 09:30 10:00 10:30"


def test_history_names_fields_and_never_values(environment: BookingEnvironment) -> None:
    booking = environment.hold("09:30")
    environment.confirm(booking)
    environment.move(booking, "10:00")
    changes = {"phone": "+306987654321", "name": "Άννα Παππά"}
    actor = Actor(booking.citizen_id, "viber", "el", "Europe/Athens")
    bookings.edit(
        environment.session, environment.registry, booking, changes, environment.now, actor
    )
    environment.cancel(booking)
    rows = environment.session.scalars(select(History).order_by(History.id)).all()
    assert [(row.action, row.fields, row.platform) for row in rows] == [
        ("held", [], "webchat"),
        ("confirmed", [], "webchat"),
        ("moved", ["starts_at"], "telegram"),
        ("edited", ["name", "phone"], "viber"),
        ("cancelled", [], "telegram"),
    ]
    assert {(row.booking_id, row.citizen_id, row.at) for row in rows} == {
        (booking.id, booking.citizen_id, utc(environment.now))
    }


def test_upcoming_are_ones_own_confirmed_bookings_soonest_first(
    environment: BookingEnvironment,
) -> None:
    who = environment.citizen()
    later, sooner = environment.book("10:00", who), environment.book("09:00", who)
    environment.hold("10:30", environment.citizen())
    environment.book("09:30")
    assert bookings.upcoming(environment.session, who.citizen_id, environment.now) == [
        sooner,
        later,
    ]
    environment.now = at("09:29")
    assert bookings.upcoming(environment.session, who.citizen_id, environment.now) == [
        sooner,
        later,
    ]
    environment.now = at("09:30")
    assert bookings.upcoming(environment.session, who.citizen_id, environment.now) == [later]


# The outbox


@pytest.mark.parametrize(
    ("accounts", "sent"),
    [
        (("email",), ["confirmed", "moved", "cancelled"]),
        (("email", "sms"), ["confirmed", "moved", "cancelled"]),
        (("telegram",), []),
        ((), []),
    ],
    ids=["email", "email and SMS", "another platform", "none"],
)
def test_the_attendee_is_sent_an_email_only_where_one_can_be_sent(
    make_environment: MakeEnvironment, accounts: tuple[str, ...], sent: list[str]
) -> None:
    environment = make_environment(accounts=accounts)
    booking = environment.book("09:30")
    environment.move(booking, "10:00")
    environment.cancel(booking)
    assert environment.outbox() == [("email", kind) for kind in sent]


def test_nothing_is_enqueued_for_whom_gave_no_address(environment: BookingEnvironment) -> None:
    booking = environment.confirm(environment.hold("09:30"), email="")
    environment.cancel(booking)
    assert environment.outbox() == []


def test_a_booking_moved_there_and_back_in_the_same_second_owes_each_time(
    environment: BookingEnvironment,
) -> None:
    booking = environment.book("09:30")
    for clock in ("10:00", "09:30", "10:00"):
        environment.move(booking, clock)
    assert environment.outbox() == [
        ("email", kind) for kind in ("confirmed", "moved", "moved", "moved")
    ]


def test_the_outbox_holds_ids_and_no_personal_data(environment: BookingEnvironment) -> None:
    environment.confirm(environment.hold("09:30"))
    row = environment.session.scalars(select(OutboxRow)).one()
    stored = " ".join(str(getattr(row, column.key)) for column in OutboxRow.__table__.columns)
    assert not any(secret in stored for secret in (EMAIL, PHONE, PHONE[3:], "Μαρία"))


def test_what_fails_leaves_neither_booking_nor_message(empty: Database) -> None:
    class Crash(Exception):
        pass

    def book_and_crash(session: Session) -> None:
        BookingEnvironment(session).book("09:30")
        raise Crash

    with pytest.raises(Crash):
        empty.write_sync(book_and_crash)
    rows = empty.write_sync(
        lambda s: [s.scalars(select(table)).all() for table in (Booking, History, OutboxRow)]
    )
    assert rows == [[], [], []]
