"""Notifications of a change to a booking, beside the emails, which test_service.py counts."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from core.bookings import service as bookings
from core.db.models import Booking, Contact, History, OutboxRow
from core.messaging import page_inbox
from core.messaging.conversations import contacts_of
from core.messaging.notifications import enqueue_fallback
from core.messaging.reminder_ways import choose_ways
from core.messaging.reminders import reminded
from tests.core.booking_environment import BookingEnvironment
from tests.core.bookings.test_service import MakeEnv
from tests.core.small_municipality import at, desk, opening, small


@pytest.fixture
def env(make_env: MakeEnv) -> BookingEnvironment:
    return make_env(accounts=("webchat",))


def rows(env: BookingEnvironment) -> list[tuple[str, str, datetime]]:
    found = env.session.scalars(select(OutboxRow).order_by(OutboxRow.id))
    return [(row.kind, row.status, row.due_at) for row in found]


def due(env: BookingEnvironment, booking: Booking) -> list[str]:
    """Return the messages due to the citizen who booked, on the page."""
    who = env.session.scalars(contacts_of(booking.citizen_id)).one()
    return [row.kind for row in page_inbox.pending_for(env.session, "webchat", who, env.now)]


def early(env: BookingEnvironment) -> Booking:
    """A booking with time enough before it for both reminders."""
    env.now = at("09:30") - timedelta(hours=60)
    return env.book("09:30")


def before(clock: str, hours: int) -> datetime:
    """The time so long before an appointment on Monday."""
    return at(clock) - timedelta(hours=hours)


EVENING = at("20:55") - timedelta(days=1)
"""Just before the quiet hours in which the second reminder of an appointment at 9:30 would be."""


def test_reminders_are_due_two_days_and_three_hours_before(env: BookingEnvironment) -> None:
    booking = early(env)
    first = before("09:30", 48)
    assert rows(env) == [("reminder", "pending", first), ("reminder", "pending", EVENING)]
    env.now = first - timedelta(seconds=1)
    assert due(env, booking) == []
    env.now = first
    assert due(env, booking) == ["reminder"]


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        pytest.param(2, [(2, "pending")], id="one number"),
        pytest.param([1, 72, 24, 24], [(72, "cancelled"), (24, "pending"), (1, "pending")], id="3"),
        pytest.param(0, [], id="none"),
        pytest.param([], [], id="an empty list"),
    ],
)
def test_the_municipality_says_when_or_never(
    make_env: MakeEnv, given: Any, stored: list[tuple[int, str]]
) -> None:
    late = opening("09:00", "19:00")
    env = make_env(
        small(desk("desk", late), rules={"reminder_hours": given}), accounts=("webchat",)
    )
    env.now = before("14:00", 60)
    env.book("14:00")
    expected = [("reminder", status, before("14:00", hours)) for hours, status in stored]
    assert rows(env) == expected


def test_nobody_is_reminded_of_what_was_booked_for_soon(env: BookingEnvironment) -> None:
    env.now = at("21:30") - timedelta(days=1)
    booking = env.book("09:30")
    env.now = at("09:20")
    assert due(env, booking) == []


def test_the_reminders_move_with_the_booking_even_if_they_were_sent(
    env: BookingEnvironment,
) -> None:
    booking = early(env)
    old = [("reminder", "cancelled", before("09:30", 48)), ("reminder", "cancelled", EVENING)]
    env.move(booking, "10:00")
    new = [("reminder", "pending", before("10:00", 48)), ("reminder", "pending", EVENING)]
    assert rows(env) == [*old, *new]
    sent = env.session.scalars(select(OutboxRow).order_by(OutboxRow.id)).all()[-2]
    sent.status = "delivered"
    asked = select(Booking.id)
    assert reminded(env.session, asked) == {booking.id}
    env.move(booking, "10:30")
    assert rows(env)[2:] == [
        ("reminder", "delivered", before("10:00", 48)),
        ("reminder", "cancelled", EVENING),
        ("reminder", "pending", before("10:30", 48)),
        ("reminder", "pending", EVENING),
    ]
    assert reminded(env.session, asked) == set()


def test_a_reminder_of_former_rules_is_not_sent_of_a_moved_booking(make_env: MakeEnv) -> None:
    env = make_env(small(rules={"reminder_hours": [24]}), accounts=("webchat",))
    booking = early(env)
    # As former revisions stored it, of which there was only one.
    (row,) = env.session.scalars(select(OutboxRow))
    row.dedupe_key = f"reminder {booking.id} {row.recipient}"
    env.reload(small(rules={"reminder_hours": [36, 2]}))
    env.move(booking, "10:30")
    assert rows(env) == [
        ("reminder", "cancelled", before("09:30", 24)),
        ("reminder", "pending", EVENING - timedelta(days=1)),
        ("reminder", "pending", before("10:30", 2)),
    ]


def choose(env: BookingEnvironment) -> list[tuple[str, str]]:
    """Choose the ways of the reminders that are due; return the reminders."""
    choose_ways(env.session, env.registry, env.now, 10, fail)
    return reminders(env)


def fail(_row: OutboxRow, error: Exception) -> None:
    raise error


def test_a_page_waits_with_a_reminder_and_what_else_there_is_sends_it(make_env: MakeEnv) -> None:
    env = make_env(accounts=("webchat", "email"))
    early(env)
    stored = [("webchat", "pending"), ("reminder", "pending")] * 2
    assert reminders(env) == stored == choose(env)
    env.now = before("09:30", 48)
    assert choose(env) == [("webchat", "pending"), ("email", "pending"), *stored[2:]]
    assert choose(env) == [("webchat", "pending"), ("email", "pending"), *stored[2:]]


@pytest.mark.parametrize(
    ("booked_on", "ways"),
    [
        ("telegram", ["telegram", "email"]),
        ("webchat", ["email", "telegram"]),
        ("console", ["email", "telegram"]),
        (None, ["telegram", "email"]),
    ],
)
def test_where_it_was_booked_comes_first_but_email_where_that_only_waits(
    make_env: MakeEnv, booked_on: str | None, ways: list[str]
) -> None:
    env = make_env(accounts=("webchat", "email", "telegram"))
    booking = early(env)
    chat = Contact(account="telegram", address="x", citizen_id=booking.citizen_id)
    env.session.add(chat)
    env.session.execute(update(History).values(platform=booked_on))
    env.now = before("09:30", 48)
    assert choose(env)[1] == (ways[0], "pending")
    first = select(OutboxRow).where(OutboxRow.account == ways[0], OutboxRow.kind == "reminder")
    row = env.session.scalars(first).one()
    recipients = {"telegram": f"contact {chat.id}", "email": f"email of booking {booking.id}"}
    assert (row.platform, row.recipient) == (ways[0], recipients[ways[0]])
    assert row.contact_id == (chat.id if ways[0] == "telegram" else None)
    # One that is given up goes on the other way.
    assert enqueue_fallback(env.session, env.registry, row, env.now)
    assert reminders(env)[-1] == (ways[1], "pending")


def test_nobody_is_reminded_where_there_is_no_way(make_env: MakeEnv) -> None:
    env = make_env(accounts=("telegram",))
    early(env)
    env.now = before("09:30", 48)
    assert choose(env) == [("reminder", "cancelled"), ("reminder", "pending")]
    env.now = at("09:30")
    assert choose(env) == [("reminder", "cancelled"), ("reminder", "expired")]


@pytest.mark.parametrize("state", ["cancelled", "completed"])
def test_no_way_is_chosen_for_what_is_off_by_then(make_env: MakeEnv, state: str) -> None:
    env = make_env()
    booking = early(env)
    booking.state = state
    env.now = before("09:30", 48)
    assert choose(env)[0] == ("reminder", "cancelled")


def test_who_was_reminded_another_way_is_reminded_once_of_a_moved_booking(
    make_env: MakeEnv,
) -> None:
    env = make_env(accounts=("webchat", "email"))
    booking = early(env)
    first = env.session.scalars(select(OutboxRow).where(OutboxRow.kind == "reminder")).all()[0]
    first.status = "failed"
    enqueue_fallback(env.session, env.registry, first, env.now)
    assert reminders(env)[-1] == ("email", "pending")
    env.move(booking, "10:00")
    moved = [("webchat", "pending"), ("reminder", "pending")] * 2
    assert reminders(env)[4:] == [("email", "cancelled"), *moved]
    # A report that comes late of the one before has nothing sent.
    assert enqueue_fallback(env.session, env.registry, first, env.now)
    assert reminders(env)[5:] == moved


def reminders(env: BookingEnvironment) -> list[tuple[str, str]]:
    rows = select(OutboxRow).where(OutboxRow.kind == "reminder").order_by(OutboxRow.id)
    return [(row.account, row.status) for row in env.session.scalars(rows)]


@pytest.mark.parametrize(
    ("account", "has_links", "asked"),
    [
        ("telegram", False, True),
        ("email", True, True),
        ("email", False, False),
        ("sms", True, False),
    ],
)
def test_only_who_was_asked_counts_as_reminded(
    make_env: MakeEnv, account: str, has_links: bool, asked: bool
) -> None:
    """By e-mail, they are where it has the link to the page on which they can answer."""
    env = make_env(accounts=(account,))
    booking = early(env)
    if account == "telegram":
        env.session.add(Contact(account=account, address="x", citizen_id=booking.citizen_id))
    env.now = before("09:30", 48)
    assert choose(env)[0] == (account, "pending")
    sent = update(OutboxRow).where(OutboxRow.account == account).values(status="sent")
    env.session.execute(sent)
    found = reminded(env.session, select(Booking.id), has_links=has_links)
    assert found == ({booking.id} if asked else set())


@pytest.mark.parametrize("how", ["cancelled", "consent withdrawn"])
def test_a_booking_that_is_off_is_not_reminded_of(env: BookingEnvironment, how: str) -> None:
    booking = early(env)
    if how == "cancelled":
        env.cancel(booking)
    else:
        who = env.citizen()
        bookings.withdraw_consent(env.session, env.registry, booking, env.now, who)
    assert [(kind, status) for kind, status, _at in rows(env)] == [("reminder", "cancelled")] * 2


def test_who_booked_is_notified_of_changes_by_others(env: BookingEnvironment) -> None:
    booking = early(env)
    stranger, session = env.citizen(), env.session
    registry, now = env.registry, env.now
    bookings.move(session, registry, env.offer, booking, at("10:00"), now, stranger)
    bookings.edit(session, registry, booking, {"name": "Ελένη Μαρή"}, now, stranger)
    bookings.cancel(session, registry, booking, now, stranger)
    assert due(env, booking) == ["moved", "edited", "cancelled"]
    assert page_inbox.pending_for(session, "webchat", stranger.contact_id or 0, now) == []


def test_one_is_not_notified_of_own_changes(env: BookingEnvironment) -> None:
    booking = early(env)
    env.move(booking, "10:00")
    env.cancel(booking)
    assert due(env, booking) == []


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
    query = select(OutboxRow.account, OutboxRow.recipient)
    found = env.session.execute(query.where(OutboxRow.kind == "confirmed")).all()
    recipient = f"email of booking {booking.id}"
    assert [tuple(row) for row in found] == ([(chosen, recipient)] if chosen else [])
