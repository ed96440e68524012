"""Bookings on a real database: confirmed, moved, cancelled, edited, notified."""

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
from tests.core.small_municipality import TUESDAY, at, desk, service, small, utc

MakeEnv = Callable[..., BookingEnvironment]


def test_a_moved_booking_keeps_its_code(env: BookingEnvironment) -> None:
    booking = env.book("09:30")
    before = booking.id, booking.code, dict(booking.details), booking.citizen_id
    env.move(booking, "10:30", day=TUESDAY)
    assert (booking.id, booking.code, booking.details, booking.citizen_id) == before
    assert booking.starts_at == utc(at("10:30", TUESDAY))
    assert booking.ends_at == utc(at("11:00", TUESDAY))
    assert env.free() == "09:00 09:30 10:00 10:30"


def test_a_booking_moves_by_thirty_minutes_into_its_own_time(make_env: MakeEnv) -> None:
    env = make_env(small(services=(service(duration=50, interval=30),)))
    booking = env.book("09:00")
    assert env.free(booking) == "09:00 09:30 10:00"
    env.move(booking, "09:30")
    assert (booking.starts_at, booking.ends_at) == (utc(at("09:30")), utc(at("10:20")))


def test_a_refused_move_leaves_the_old_time(env: BookingEnvironment) -> None:
    env.hold("10:00")
    booking = env.book("09:30")
    with pytest.raises(BookingRefused, match="taken"):
        env.move(booking, "10:00")
    assert (booking.state, booking.starts_at) == ("confirmed", utc(at("09:30")))
    assert env.history(booking) == ["held", "confirmed"]
    assert env.outbox() == [("email", "confirmed")]


def test_a_move_takes_over_a_lapsed_hold(env: BookingEnvironment) -> None:
    lapsed = env.hold("10:00")
    booking = env.book("09:30")
    env.later(minutes=10)
    env.move(booking, "10:00")
    env.session.refresh(lapsed)
    assert (booking.starts_at, lapsed.state) == (utc(at("10:00")), "expired")


def test_a_move_finds_a_desk_that_is_free(make_env: MakeEnv) -> None:
    env = make_env(small(desk("a"), desk("b")))
    first, second = env.book("09:30"), env.book("09:30")
    third = env.book("10:00")
    env.move(third, "09:00")
    with pytest.raises(BookingRefused, match="taken"):
        env.move(third, "09:30")
    env.cancel(second)
    env.move(third, "09:30")
    assert {first.desk_id, third.desk_id} == set(env.offer.desk_ids.values())


def change(env: BookingEnvironment, booking: Booking, how: str) -> None:
    actor = Actor(booking.citizen_id, "sms", "el", "Europe/Athens")
    if how == "move":
        env.move(booking, "10:30", day=TUESDAY)
    elif how == "cancel":
        env.cancel(booking)
    elif how == "edit":
        bookings.edit(env.session, env.registry, booking, {"name": "Άννα Π."}, env.now, actor)
    else:
        bookings.withdraw_consent(env.session, env.registry, booking, env.now, actor)


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
def test_changes_have_a_deadline_where_the_municipality_sets_one(
    make_env: MakeEnv, before: timedelta, how: str, refusal: str | None
) -> None:
    env = make_env(small(rules={"change_deadline_hours": 24}))
    booking = env.book("09:30")
    env.now = at("09:30") - before
    if refusal is None:
        change(env, booking, how)
        return
    with pytest.raises(BookingRefused, match=refusal) as refused:
        change(env, booking, how)
    if refusal == "too_late":
        assert "2100000000" in str(refused.value.text.args)
    assert (booking.state, booking.starts_at) == ("confirmed", utc(at("09:30")))


def test_without_a_deadline_a_booking_changes_until_it_begins(make_env: MakeEnv) -> None:
    env = make_env()
    booking = env.book("09:30")
    env.now = at("09:29")
    env.cancel(booking)
    assert booking.state == "cancelled"


@pytest.mark.parametrize("how", ["move", "cancel", "edit", "withdraw"])
@pytest.mark.parametrize("state", ["held", "cancelled", "expired", "completed", "no_show"])
def test_only_a_confirmed_booking_changes(env: BookingEnvironment, state: str, how: str) -> None:
    booking = env.book("09:30")
    booking.state = state
    with pytest.raises(BookingRefused, match="not_confirmed"):
        change(env, booking, how)
    assert booking.state == state


def test_a_cancelled_time_is_free_again(env: BookingEnvironment) -> None:
    booking = env.book("09:30")
    env.cancel(booking)
    assert booking.state == "cancelled"
    assert env.free() == "09:00 09:30 10:00 10:30"
    assert env.book("09:30").state == "confirmed"


def test_an_edit_changes_what_it_names_and_keeps_the_rest(env: BookingEnvironment) -> None:
    booking = env.book("09:30")
    actor = Actor(booking.citizen_id, "viber", "el", "Europe/Athens")
    changes = {"phone": "+306987654321", "email": ""}
    bookings.edit(env.session, env.registry, booking, changes, env.now, actor)
    assert booking.details == {"name": "Μαρία Παπαδοπούλου", "phone": "+306987654321"}
    assert booking.phone_hash == env.registry.keyed_hash("+306987654321")
    bookings.edit(env.session, env.registry, booking, {"phone": ""}, env.now, actor)
    assert booking.details == {"name": "Μαρία Παπαδοπούλου"}
    assert booking.phone_hash is None


def test_consent_withdrawn_ends_the_booking_and_forgets_its_details(
    env: BookingEnvironment,
) -> None:
    booking = env.book("09:30")
    citizen = env.session.get_one(Citizen, booking.citizen_id)
    citizen.details = dict(booking.details)
    env.later(hours=1)
    change(env, booking, "withdraw")
    assert citizen.details == {}
    assert (booking.state, booking.details, booking.phone_hash) == ("cancelled", {}, None)
    assert booking.consent_withdrawn_at == utc(env.now)
    assert env.free() == "09:00 09:30 10:00 10:30"


def test_history_names_fields_and_never_values(env: BookingEnvironment) -> None:
    booking = env.hold("09:30")
    env.confirm(booking)
    env.move(booking, "10:00")
    changes = {"phone": "+306987654321", "name": "Άννα Παππά"}
    actor = Actor(booking.citizen_id, "viber", "el", "Europe/Athens")
    bookings.edit(env.session, env.registry, booking, changes, env.now, actor)
    env.cancel(booking)
    rows = env.session.scalars(select(History).order_by(History.id)).all()
    assert [(row.action, row.fields, row.platform) for row in rows] == [
        ("held", [], "webchat"),
        ("confirmed", [], "webchat"),
        ("moved", ["starts_at"], "telegram"),
        ("edited", ["name", "phone"], "viber"),
        ("cancelled", [], "telegram"),
    ]
    assert {(row.booking_id, row.citizen_id, row.at) for row in rows} == {
        (booking.id, booking.citizen_id, utc(env.now))
    }


def test_upcoming_are_ones_own_confirmed_bookings_soonest_first(
    env: BookingEnvironment,
) -> None:
    who = env.citizen()
    later, sooner = env.book("10:00", who), env.book("09:00", who)
    env.hold("10:30", env.citizen())
    env.book("09:30")
    assert bookings.upcoming(env.session, who.citizen_id, env.now) == [sooner, later]
    env.now = at("09:29")
    assert bookings.upcoming(env.session, who.citizen_id, env.now) == [sooner, later]
    env.now = at("09:30")
    assert bookings.upcoming(env.session, who.citizen_id, env.now) == [later]


# The outbox


@pytest.mark.parametrize(
    ("accounts", "kinds"),
    [
        (("email",), ["confirmed", "moved", "cancelled"]),
        (("email", "sms"), ["confirmed", "moved", "cancelled"]),
        (("telegram",), []),
        ((), []),
    ],
    ids=["email", "email and SMS", "another platform", "none"],
)
def test_the_attendee_is_owed_an_email_only_where_one_can_be_sent(
    make_env: MakeEnv, accounts: tuple[str, ...], kinds: list[str]
) -> None:
    env = make_env(accounts=accounts)
    booking = env.book("09:30")
    env.move(booking, "10:00")
    env.cancel(booking)
    assert env.outbox() == [("email", kind) for kind in kinds]


def test_nothing_is_sent_to_whom_gave_no_address(env: BookingEnvironment) -> None:
    booking = env.confirm(env.hold("09:30"), email="")
    env.cancel(booking)
    assert env.outbox() == []


def test_a_booking_moved_there_and_back_in_the_same_second_owes_each_time(
    env: BookingEnvironment,
) -> None:
    booking = env.book("09:30")
    for clock in ("10:00", "09:30", "10:00"):
        env.move(booking, clock)
    assert env.outbox() == [("email", kind) for kind in ("confirmed", "moved", "moved", "moved")]


def test_the_outbox_holds_ids_and_no_personal_data(env: BookingEnvironment) -> None:
    env.confirm(env.hold("09:30"))
    row = env.session.scalars(select(OutboxRow).where(OutboxRow.kind == "confirmed")).one()
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
