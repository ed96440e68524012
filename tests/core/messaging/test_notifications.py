"""Notifications of a change to a booking, beside the emails, which test_service.py counts."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from core.bookings import service as bookings
from core.db.models import Booking, OutboxRow
from core.messaging import page_inbox
from core.messaging.notifications import enqueue_fallback
from tests.core.booking_environment import BookingEnvironment
from tests.core.bookings.test_service import MakeEnv
from tests.core.small_municipality import at, small


@pytest.fixture
def env(make_env: MakeEnv) -> BookingEnvironment:
    return make_env(accounts=("webchat",))


def rows(env: BookingEnvironment) -> list[tuple[str, str, datetime]]:
    found = env.session.scalars(select(OutboxRow).order_by(OutboxRow.id))
    return [(row.kind, row.status, row.due_at) for row in found]


def due(env: BookingEnvironment, booking: Booking) -> list[str]:
    """Return the messages due to the citizen who booked, on the page."""
    who = booking.citizen_id
    return [row.kind for row in page_inbox.pending_for(env.session, "webchat", who, env.now)]


def early(env: BookingEnvironment) -> Booking:
    """A booking with time enough before it for a reminder."""
    env.now = at("09:30") - timedelta(hours=30)
    return env.book("09:30")


def test_a_reminder_is_due_a_day_before(env: BookingEnvironment) -> None:
    booking = early(env)
    assert rows(env) == [("reminder", "pending", at("09:30") - timedelta(hours=24))]
    assert due(env, booking) == []
    env.now = at("09:30") - timedelta(hours=24)
    assert due(env, booking) == ["reminder"]


def test_the_municipality_says_when_or_never(make_env: MakeEnv) -> None:
    for hours, status in ((2, "pending"), (0, "cancelled")):
        body = small()
        rules = body.rules.model_copy(update={"reminder_hours": hours})
        body = body.model_copy(update={"rules": rules, "id": f"town{hours}"})
        env = make_env(body, accounts=("webchat",))
        early(env)
        assert rows(env)[-1] == ("reminder", status, at("09:30") - timedelta(hours=hours))


def test_nobody_is_reminded_of_what_was_booked_for_soon(env: BookingEnvironment) -> None:
    env.now = at("09:30") - timedelta(hours=20)
    booking = env.book("09:30")
    env.now = at("09:20")
    assert due(env, booking) == []


def test_the_reminder_moves_with_the_booking_even_if_it_was_sent(
    env: BookingEnvironment,
) -> None:
    booking = early(env)
    env.move(booking, "10:00")
    assert rows(env) == [("reminder", "pending", at("10:00") - timedelta(hours=24))]
    sent = env.session.scalars(select(OutboxRow)).one()
    sent.status = "delivered"
    env.move(booking, "10:30")
    assert rows(env) == [("reminder", "pending", at("10:30") - timedelta(hours=24))]


def test_who_was_reminded_another_way_is_reminded_once_of_a_moved_booking(
    make_env: MakeEnv,
) -> None:
    env = make_env(accounts=("webchat", "email"))
    booking = early(env)
    first = env.session.scalars(select(OutboxRow).where(OutboxRow.kind == "reminder")).one()
    first.status = "failed"
    enqueue_fallback(env.session, env.registry, first, env.now)
    assert len(reminders(env)) == 2
    env.move(booking, "10:00")
    assert reminders(env) == [("webchat", "pending"), ("email", "cancelled")]
    enqueue_fallback(env.session, env.registry, first, env.now)
    again = [("webchat", "pending"), ("email", "cancelled"), ("email", "pending")]
    assert reminders(env) == again


def reminders(env: BookingEnvironment) -> list[tuple[str, str]]:
    rows = select(OutboxRow).where(OutboxRow.kind == "reminder").order_by(OutboxRow.id)
    return [(row.account, row.status) for row in env.session.scalars(rows)]


@pytest.mark.parametrize("how", ["cancelled", "consent withdrawn"])
def test_a_booking_that_is_off_is_not_reminded_of(env: BookingEnvironment, how: str) -> None:
    booking = early(env)
    if how == "cancelled":
        env.cancel(booking)
    else:
        who = env.citizen()
        bookings.withdraw_consent(env.session, env.registry, booking, env.now, who)
    assert [(kind, status) for kind, status, _at in rows(env)] == [("reminder", "cancelled")]


def test_who_booked_is_notified_of_changes_by_others(env: BookingEnvironment) -> None:
    booking = early(env)
    stranger, session = env.citizen(), env.session
    registry, now = env.registry, env.now
    bookings.move(session, registry, env.offer, booking, at("10:00"), now, stranger)
    bookings.edit(session, registry, booking, {"name": "Ελένη Μαρή"}, now, stranger)
    bookings.cancel(session, registry, env.body.rules, booking, now, stranger)
    assert due(env, booking) == ["moved", "edited", "cancelled"]
    assert page_inbox.pending_for(session, "webchat", stranger.citizen_id, now) == []


def test_one_is_not_notified_of_own_changes(env: BookingEnvironment) -> None:
    booking = early(env)
    env.move(booking, "10:00")
    env.cancel(booking)
    assert due(env, booking) == []


def test_nothing_is_sent_on_a_platform_that_is_not_configured(make_env: MakeEnv) -> None:
    env = make_env(accounts=("telegram",))
    early(env)
    assert rows(env) == []


@pytest.mark.parametrize(
    ("accounts", "own_accounts", "chosen"),
    [
        pytest.param(["email"], {}, "email", id="one without a name of its own"),
        pytest.param(["email:town"], {}, "email:town", id="one with any name"),
        pytest.param(["emails:town"], {}, None, id="one of another platform"),
        pytest.param(["email:all", "email:x"], {"email:x": "small"}, "email:x", id="its own first"),
        pytest.param(["email:a", "email:x"], {"email:a": "other"}, "email:x", id="a shared one"),
        pytest.param(["email:a"], {"email:a": "other"}, None, id="only another municipality's"),
        pytest.param(["email:b", "email:a"], {}, "email:a", id="the first by name of several"),
    ],
)
def test_an_address_is_served_by_an_account_of_its_platform(
    make_env: MakeEnv, accounts: list[str], own_accounts: dict[str, str], chosen: str | None
) -> None:
    env = make_env(accounts=accounts)
    env.registry.own_accounts = {
        account: env.body.id if owner == "small" else owner
        for account, owner in own_accounts.items()
    }
    booking = early(env)
    found = env.session.execute(select(OutboxRow.account, OutboxRow.recipient)).all()
    recipient = f"email of booking {booking.id}"
    assert [tuple(row) for row in found] == ([(chosen, recipient)] if chosen else [])
