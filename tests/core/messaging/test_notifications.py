"""What a change to a booking makes us owe, beside the emails that test_bookings.py counts."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from core.bookings import service as bookings
from core.db.models import Booking, OutboxRow
from core.messaging import page_inbox
from core.messaging.notifications import enqueue_fallback
from tests.core.booking_environment import BookingEnvironment
from tests.core.bookings.test_service import Opener
from tests.core.small_municipality import at, small


@pytest.fixture
def counter(open_counter: Opener) -> BookingEnvironment:
    return open_counter(accounts=("webchat",))


def rows(counter: BookingEnvironment) -> list[tuple[str, str, datetime]]:
    found = counter.session.scalars(select(OutboxRow).order_by(OutboxRow.id))
    return [(row.kind, row.status, row.due_at) for row in found]


def due(counter: BookingEnvironment, booking: Booking) -> list[str]:
    """What is due to whoever booked, on the page where they did."""
    who = booking.citizen_id
    return [
        row.kind for row in page_inbox.pending_for(counter.session, "webchat", who, counter.now)
    ]


def early(counter: BookingEnvironment) -> Booking:
    """A booking with time enough before it for a reminder."""
    counter.now = at("09:30") - timedelta(hours=30)
    return counter.book("09:30")


def test_a_reminder_is_due_a_day_before(counter: BookingEnvironment) -> None:
    booking = early(counter)
    assert rows(counter) == [("reminder", "pending", at("09:30") - timedelta(hours=24))]
    assert due(counter, booking) == []
    counter.now = at("09:30") - timedelta(hours=24)
    assert due(counter, booking) == ["reminder"]


def test_the_municipality_says_when_or_never(open_counter: Opener) -> None:
    for hours, status in ((2, "pending"), (0, "cancelled")):
        body = small()
        rules = body.rules.model_copy(update={"reminder_hours": hours})
        body = body.model_copy(update={"rules": rules, "id": f"town{hours}"})
        counter = open_counter(body, accounts=("webchat",))
        early(counter)
        assert rows(counter)[-1] == ("reminder", status, at("09:30") - timedelta(hours=hours))


def test_nobody_is_reminded_of_what_was_booked_for_soon(counter: BookingEnvironment) -> None:
    counter.now = at("09:30") - timedelta(hours=20)
    booking = counter.book("09:30")
    counter.now = at("09:20")
    assert due(counter, booking) == []


def test_the_reminder_moves_with_the_booking_even_if_it_was_sent(
    counter: BookingEnvironment,
) -> None:
    booking = early(counter)
    counter.move(booking, "10:00")
    assert rows(counter) == [("reminder", "pending", at("10:00") - timedelta(hours=24))]
    sent = counter.session.scalars(select(OutboxRow)).one()
    sent.status = "delivered"
    counter.move(booking, "10:30")
    assert rows(counter) == [("reminder", "pending", at("10:30") - timedelta(hours=24))]


def test_who_was_reminded_another_way_is_reminded_once_of_a_moved_booking(
    open_counter: Opener,
) -> None:
    counter = open_counter(accounts=("webchat", "email"))
    booking = early(counter)
    first = counter.session.scalars(select(OutboxRow).where(OutboxRow.kind == "reminder")).one()
    first.status = "failed"
    enqueue_fallback(counter.session, counter.registry, first, counter.now)
    assert len(reminders(counter)) == 2
    counter.move(booking, "10:00")
    assert reminders(counter) == [("webchat", "pending"), ("email", "cancelled")]
    enqueue_fallback(counter.session, counter.registry, first, counter.now)
    again = [("webchat", "pending"), ("email", "cancelled"), ("email", "pending")]
    assert reminders(counter) == again


def reminders(counter: BookingEnvironment) -> list[tuple[str, str]]:
    rows = select(OutboxRow).where(OutboxRow.kind == "reminder").order_by(OutboxRow.id)
    return [(row.account, row.status) for row in counter.session.scalars(rows)]


@pytest.mark.parametrize("how", ["cancelled", "consent withdrawn"])
def test_a_booking_that_is_off_is_not_reminded_of(counter: BookingEnvironment, how: str) -> None:
    booking = early(counter)
    if how == "cancelled":
        counter.cancel(booking)
    else:
        who = counter.citizen()
        bookings.withdraw_consent(counter.session, booking, counter.now, who)
    assert [(kind, status) for kind, status, _at in rows(counter)] == [("reminder", "cancelled")]


def test_whoever_booked_is_told_of_what_another_changed(counter: BookingEnvironment) -> None:
    booking = early(counter)
    stranger, session = counter.citizen(), counter.session
    registry, now = counter.registry, counter.now
    bookings.move(session, registry, counter.offer, booking, at("10:00"), now, stranger)
    bookings.edit(session, registry, booking, {"name": "Ελένη Μαρή"}, now, stranger)
    bookings.cancel(session, registry, counter.body.rules, booking, now, stranger)
    assert due(counter, booking) == ["moved", "edited", "cancelled"]
    assert page_inbox.pending_for(session, "webchat", stranger.citizen_id, now) == []


def test_one_is_not_told_of_what_one_did_oneself(counter: BookingEnvironment) -> None:
    booking = early(counter)
    counter.move(booking, "10:00")
    counter.cancel(booking)
    assert due(counter, booking) == []


def test_nothing_is_owed_on_a_platform_that_is_not_configured(open_counter: Opener) -> None:
    counter = open_counter(accounts=("telegram",))
    early(counter)
    assert rows(counter) == []


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
    open_counter: Opener, accounts: list[str], own_accounts: dict[str, str], chosen: str | None
) -> None:
    counter = open_counter(accounts=accounts)
    counter.registry.own_accounts = {
        account: counter.body.id if owner == "small" else owner
        for account, owner in own_accounts.items()
    }
    booking = early(counter)
    found = counter.session.execute(select(OutboxRow.account, OutboxRow.recipient)).all()
    recipient = f"email of booking {booking.id}"
    assert [tuple(row) for row in found] == ([(chosen, recipient)] if chosen else [])
