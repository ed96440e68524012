"""What a change to a booking makes us owe, beside the emails that test_bookings.py counts."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from core.bookings import service as bookings
from core.db.models import Booking, OutboxRow
from core.messaging import page_inbox
from core.messaging.notifications import enqueue_fallback
from tests.core.booking_environment import BookingEnvironment
from tests.core.bookings.test_service import MakeEnvironment
from tests.core.small_municipality import at, small_municipality


@pytest.fixture
def environment(make_environment: MakeEnvironment) -> BookingEnvironment:
    return make_environment(accounts=("webchat",))


def rows(environment: BookingEnvironment) -> list[tuple[str, str, datetime]]:
    found = environment.session.scalars(select(OutboxRow).order_by(OutboxRow.id))
    return [(row.kind, row.status, row.due_at) for row in found]


def due(environment: BookingEnvironment, booking: Booking) -> list[str]:
    """What is due to whoever booked, on the page where they did."""
    who = booking.citizen_id
    return [
        row.kind
        for row in page_inbox.pending_for(environment.session, "webchat", who, environment.now)
    ]


def early(environment: BookingEnvironment) -> Booking:
    """A booking with time enough before it for a reminder."""
    environment.now = at("09:30") - timedelta(hours=30)
    return environment.book("09:30")


def test_a_reminder_is_due_a_day_before(environment: BookingEnvironment) -> None:
    booking = early(environment)
    assert rows(environment) == [("reminder", "pending", at("09:30") - timedelta(hours=24))]
    assert due(environment, booking) == []
    environment.now = at("09:30") - timedelta(hours=24)
    assert due(environment, booking) == ["reminder"]


def test_the_municipality_says_when_or_never(make_environment: MakeEnvironment) -> None:
    for hours, status in ((2, "pending"), (0, "cancelled")):
        body = small_municipality()
        rules = body.rules.model_copy(update={"reminder_hours": hours})
        body = body.model_copy(update={"rules": rules, "id": f"town{hours}"})
        environment = make_environment(body, accounts=("webchat",))
        early(environment)
        assert rows(environment)[-1] == ("reminder", status, at("09:30") - timedelta(hours=hours))


def test_nobody_is_reminded_of_what_was_booked_for_soon(environment: BookingEnvironment) -> None:
    environment.now = at("09:30") - timedelta(hours=20)
    booking = environment.book("09:30")
    environment.now = at("09:20")
    assert due(environment, booking) == []


def test_the_reminder_moves_with_the_booking_even_if_it_was_sent(
    environment: BookingEnvironment,
) -> None:
    booking = early(environment)
    environment.move(booking, "10:00")
    assert rows(environment) == [("reminder", "pending", at("10:00") - timedelta(hours=24))]
    sent = environment.session.scalars(select(OutboxRow)).one()
    sent.status = "delivered"
    environment.move(booking, "10:30")
    assert rows(environment) == [("reminder", "pending", at("10:30") - timedelta(hours=24))]


def test_who_was_reminded_another_way_is_reminded_once_of_a_moved_booking(
    make_environment: MakeEnvironment,
) -> None:
    environment = make_environment(accounts=("webchat", "email"))
    booking = early(environment)
    first = environment.session.scalars(select(OutboxRow).where(OutboxRow.kind == "reminder")).one()
    first.status = "failed"
    enqueue_fallback(environment.session, environment.registry, first, environment.now)
    assert len(reminders(environment)) == 2
    environment.move(booking, "10:00")
    assert reminders(environment) == [("webchat", "pending"), ("email", "cancelled")]
    enqueue_fallback(environment.session, environment.registry, first, environment.now)
    again = [("webchat", "pending"), ("email", "cancelled"), ("email", "pending")]
    assert reminders(environment) == again


def reminders(environment: BookingEnvironment) -> list[tuple[str, str]]:
    rows = select(OutboxRow).where(OutboxRow.kind == "reminder").order_by(OutboxRow.id)
    return [(row.account, row.status) for row in environment.session.scalars(rows)]


@pytest.mark.parametrize("how", ["cancelled", "consent withdrawn"])
def test_a_booking_that_is_off_is_not_reminded_of(
    environment: BookingEnvironment, how: str
) -> None:
    booking = early(environment)
    if how == "cancelled":
        environment.cancel(booking)
    else:
        who = environment.citizen()
        bookings.withdraw_consent(environment.session, booking, environment.now, who)
    assert [(kind, status) for kind, status, _at in rows(environment)] == [
        ("reminder", "cancelled")
    ]


def test_whoever_booked_is_told_of_what_another_changed(environment: BookingEnvironment) -> None:
    booking = early(environment)
    stranger, session = environment.citizen(), environment.session
    registry, now = environment.registry, environment.now
    bookings.move(session, registry, environment.offer, booking, at("10:00"), now, stranger)
    bookings.edit(session, registry, booking, {"name": "Ελένη Μαρή"}, now, stranger)
    bookings.cancel(session, registry, environment.body.rules, booking, now, stranger)
    assert due(environment, booking) == ["moved", "edited", "cancelled"]
    assert page_inbox.pending_for(session, "webchat", stranger.citizen_id, now) == []


def test_one_is_not_told_of_what_one_did_oneself(environment: BookingEnvironment) -> None:
    booking = early(environment)
    environment.move(booking, "10:00")
    environment.cancel(booking)
    assert due(environment, booking) == []


def test_nothing_is_enqueued_on_a_platform_that_is_not_configured(
    make_environment: MakeEnvironment,
) -> None:
    environment = make_environment(accounts=("telegram",))
    early(environment)
    assert rows(environment) == []


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
    make_environment: MakeEnvironment,
    accounts: list[str],
    own_accounts: dict[str, str],
    chosen: str | None,
) -> None:
    environment = make_environment(accounts=accounts)
    environment.registry.own_accounts = {
        account: environment.body.id if owner == "small" else owner
        for account, owner in own_accounts.items()
    }
    booking = early(environment)
    found = environment.session.execute(select(OutboxRow.account, OutboxRow.recipient)).all()
    recipient = f"email of booking {booking.id}"
    assert [tuple(row) for row in found] == ([(chosen, recipient)] if chosen else [])
