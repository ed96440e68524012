"""Preferences of citizens: by which way messages go, and when reminders are due."""

from datetime import datetime, time, timedelta

import pytest
from sqlalchemy import select

from core.bookings import service as bookings
from core.bookings.citizen_preferences import CitizenPreferences
from core.db.models import Booking, Contact, OutboxRow, PreferencesRow
from core.messaging.keys import Cause, MessageKind
from core.messaging.notifications import enqueue_by_office, enqueue_fallback
from core.messaging.preferences import NONE, preferences_of
from core.messaging.reminder_ways import choose_ways
from core.messaging.routes import citizen_routes
from tests.core.booking_environment import DETAILS, BookingEnvironment
from tests.core.bookings.test_service import MakeEnv
from tests.core.conftest import mostly_on_sqlite
from tests.core.messaging.test_notifications import EVENING, before, early, fail
from tests.core.small_municipality import ATHENS, TUESDAY, at

pytestmark = mostly_on_sqlite

ALL = ("webchat", "email", "telegram", "viber:town")


@pytest.fixture
def env(make_env: MakeEnv) -> BookingEnvironment:
    return make_env(accounts=ALL)


def preferences(env: BookingEnvironment, booking: Booking) -> CitizenPreferences:
    who = env.actor(booking.citizen_id)
    return CitizenPreferences(env.session, env.registry, env.now, who, {})


def add_contact(env: BookingEnvironment, booking: Booking, account: str) -> Contact:
    contact = Contact(account=account, address=account, citizen_id=booking.citizen_id)
    env.session.add(contact)
    env.session.flush()
    return contact


def routes(env: BookingEnvironment, booking: Booking) -> list[str]:
    return [each.account for each in citizen_routes(env.session, env.registry, booking)]


def due(env: BookingEnvironment, booking: Booking) -> list[tuple[str, str, datetime]]:
    found = select(OutboxRow).where(
        OutboxRow.booking_id == booking.id, OutboxRow.kind == "reminder"
    )
    rows = env.session.scalars(
        found.order_by(OutboxRow.id).execution_options(populate_existing=True)
    )
    return [(row.account, row.status, row.due_at) for row in rows if row.platform != "webchat"]


@pytest.mark.parametrize(
    ("chosen", "first"),
    [
        (None, ["telegram", "viber:town", "webchat"]),
        ("viber", ["viber:town", "telegram", "webchat"]),
        ("email", ["email", "telegram", "viber:town", "webchat"]),
        ("signal", ["telegram", "viber:town", "webchat"]),
    ],
)
def test_the_chosen_platform_comes_first_and_the_page_last(
    env: BookingEnvironment, chosen: str | None, first: list[str]
) -> None:
    booking = early(env)
    for account in ("telegram", "viber:town"):
        add_contact(env, booking, account)
    preferences(env, booking).choose_platform(chosen)
    assert routes(env, booking) == first


def test_who_chose_email_is_written_to_once(env: BookingEnvironment) -> None:
    booking = early(env)
    add_contact(env, booking, "telegram")
    preferences(env, booking).choose_platform("email")
    kind, cause = MessageKind.TIME_OFFERED, Cause.offer(1, "made")
    given = (env.session, env.registry, booking, cause, kind, env.now)
    assert enqueue_by_office(*given) == ["email", "webchat"]
    env.now = before("09:30", 48)
    choose_ways(env.session, env.registry, env.now, 10, fail)
    assert due(env, booking)[0][0] == "email"
    # What fails there goes to the chat, not to the same address again.
    row = env.session.scalars(
        select(OutboxRow).where(OutboxRow.account == "email", OutboxRow.kind == "reminder")
    ).one()
    row.status = "failed"
    assert enqueue_fallback(env.session, env.registry, row, env.now)
    assert due(env, booking)[-1][0] == "telegram"
    telegram = env.session.scalars(select(OutboxRow).where(OutboxRow.account == "telegram")).one()
    telegram.status = "failed"
    assert not enqueue_fallback(env.session, env.registry, telegram, env.now)


def test_only_what_reaches_them_can_be_chosen(make_env: MakeEnv) -> None:
    env = make_env(accounts=ALL)
    booking = early(env)
    assert preferences(env, booking).configured() == ["email", "telegram", "viber"]
    assert preferences(env, booking).reaching() == ["email"]
    contact = add_contact(env, booking, "viber:town")
    add_contact(env, booking, "telegram:former")
    assert preferences(env, booking).reaching() == ["email", "viber"]
    contact.account = "viber:former"
    booking.details = DETAILS | {"email": ""}
    env.session.flush()
    assert preferences(env, booking).reaching() == []
    who = env.actor(booking.citizen_id)
    known = CitizenPreferences(env.session, env.registry, env.now, who, DETAILS)
    assert known.reaching() == ["email"]


NIGHT = (time(22), time(7), ATHENS)


def test_other_quiet_hours_schedule_anew_what_is_to_come(env: BookingEnvironment) -> None:
    booking = early(env)
    first, second = before("09:30", 48), at("21:55") - timedelta(days=1)
    assert due(env, booking) == [("reminder", "pending", first), ("reminder", "pending", EVENING)]
    assert preferences(env, booking).choose_quiet(*NIGHT) == []
    assert due(env, booking) == [("reminder", "pending", first), ("reminder", "pending", second)]
    # Those of the page, too, which wait there.
    pages = env.session.scalars(select(OutboxRow).where(OutboxRow.account == "webchat")).all()
    assert [row.due_at for row in pages if row.kind == "reminder"] == [first, second]
    other = env.book("10:00", env.actor(booking.citizen_id), day=TUESDAY)
    assert due(env, other)[-1][2] == before("10:00", 3) + timedelta(days=1)
    env.move(other, "09:30", day=TUESDAY)
    assert due(env, other)[-1][2] == second + timedelta(days=1)
    preferences(env, booking).reset_quiet()
    assert due(env, booking)[-1][2] == EVENING
    assert due(env, other)[-1][2] == EVENING + timedelta(days=1)


def test_what_was_sent_is_not_sent_again(env: BookingEnvironment) -> None:
    """It was sent in the evening before the usual quiet hours, and would be due at 6:30 now."""
    booking = early(env)
    for now in (before("09:30", 48), EVENING):
        env.now = now
        choose_ways(env.session, env.registry, env.now, 10, fail)
    for row in env.session.scalars(select(OutboxRow).where(OutboxRow.account == "email")):
        row.status = "sent"
    before_change = due(env, booking)
    env.later(minutes=5)
    preferences(env, booking).choose_quiet(time(23), time(6), ATHENS)
    assert due(env, booking) == before_change
    assert {row[0] for row in before_change} == {"email"}


def test_one_that_was_dropped_may_be_due_again(env: BookingEnvironment) -> None:
    env.now = EVENING + timedelta(minutes=20)
    booking = env.book("09:30")
    assert {row[1] for row in due(env, booking)} == {"cancelled"}
    lost = preferences(env, booking).choose_quiet(time(23), time(6), ATHENS)
    assert lost == []
    assert due(env, booking)[-1] == ("reminder", "pending", before("09:30", 3))


@pytest.mark.parametrize("how", ["booked", "moved"])
def test_what_was_dropped_so_soon_after_that_stays_dropped(
    env: BookingEnvironment, how: str
) -> None:
    """It would come 40 minutes after the appointment was booked, or moved, now as then."""
    booking = early(env) if how == "moved" else None
    if booking:
        env.move(booking, "10:00")
    env.now = EVENING - timedelta(minutes=40)
    if booking:
        env.move(booking, "09:30")
    booking = booking or env.book("09:30")
    assert {row[1] for row in due(env, booking)} == {"cancelled"}
    env.later(minutes=1)
    preferences(env, booking).choose_quiet(time(21), time(7), ATHENS)
    assert {row[1] for row in due(env, booking)} == {"cancelled"}


def test_hours_that_begin_soon_drop_no_reminder_but_those_that_have_begun_do(
    env: BookingEnvironment,
) -> None:
    booking = early(env)
    env.now = EVENING - timedelta(minutes=10)
    env.session.flush()
    choose_ways(env.session, env.registry, env.now, 10, fail)  # the first of the two
    assert preferences(env, booking).choose_quiet(time(21, 30), time(9), ATHENS) == []
    late = at("21:25") - timedelta(days=1)
    assert due(env, booking)[-1] == ("reminder", "pending", late)
    env.now = late - timedelta(minutes=1)
    assert preferences(env, booking).choose_quiet(time(20), time(9), ATHENS) == [booking]
    assert due(env, booking)[-1][1] == "cancelled"


def test_a_moved_booking_s_former_reminders_stay_cancelled(env: BookingEnvironment) -> None:
    booking = early(env)
    env.move(booking, "10:00")
    env.move(booking, "09:30")
    preferences(env, booking).choose_quiet(*NIGHT)
    assert [row[1] for row in due(env, booking)] == ["cancelled"] * 4 + ["pending"] * 2


def test_withdrawing_consent_deletes_them(env: BookingEnvironment) -> None:
    booking = early(env)
    who = env.actor(booking.citizen_id)
    other = env.book("09:30", who, day=TUESDAY)
    kept = preferences(env, booking)
    kept.choose_platform("email")
    kept.choose_language("en")
    kept.choose_quiet(*NIGHT)
    assert preferences_of(env.session, who.citizen_id) != NONE
    bookings.withdraw_consent(env.session, env.registry, booking, env.now, who)
    assert preferences_of(env.session, who.citizen_id) == NONE
    assert env.session.scalars(select(PreferencesRow)).all() == []
    assert due(env, other)[-1][2] == EVENING + timedelta(days=1)
