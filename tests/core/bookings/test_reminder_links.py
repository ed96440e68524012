"""Links that end the reminders to an e-mail address."""

import re

import pytest
from sqlalchemy import select

from bot.ops.secret_replacement import hash_anew
from core.bookings import links
from core.bookings import service as bookings
from core.bookings.citizen_preferences import CitizenPreferences
from core.bookings.links import KEPT_AFTER, link_token
from core.bookings.reminder_links import (
    forget_reminder_links,
    gets_reminders,
    linked_booking,
    reminder_token,
    resume_reminders,
    stop_reminders,
)
from core.catalogue.registry import Registry
from core.db.models import Booking, ReminderLink
from tests.core.booking_environment import BookingEnvironment
from tests.core.bookings.test_links import edit
from tests.core.conftest import mostly_on_sqlite

pytestmark = mostly_on_sqlite


@pytest.fixture
def booking(env: BookingEnvironment) -> Booking:
    return env.confirm(env.hold("09:30"))


def token(env: BookingEnvironment, booking: Booking) -> str:
    found = reminder_token(env.session, env.registry, booking)
    env.session.flush()
    assert found
    return found


def test_it_is_a_link_of_its_own_of_which_only_a_hash_is_stored(
    env: BookingEnvironment, booking: Booking
) -> None:
    ours, page = token(env, booking), link_token(env.session, env.registry, booking)
    env.session.flush()
    assert token(env, booking) == ours != page
    (link,) = env.session.scalars(select(ReminderLink))
    assert re.fullmatch("[a-z2-7]{26}", ours)
    assert ours not in (link.nonce, link.token_hash)
    assert links.linked_booking(env.session, ours) is None
    assert linked_booking(env.session, page) is None
    assert linked_booking(env.session, ours) == (booking, False)


def test_it_ends_the_reminders_to_the_address_whosever_booking_it_is(
    env: BookingEnvironment, booking: Booking
) -> None:
    same = env.confirm(env.hold("10:00"), phone="+306911111111")
    other = env.confirm(env.hold("10:30"), phone="+306922222222", email="anna@example.gr")
    ours, elsewhere = token(env, booking), token(env, same)
    for _twice in range(2):
        assert stop_reminders(env.session, ours, env.now)
        assert [gets_reminders(env.session, each) for each in (booking, same, other)] == [
            False,
            False,
            True,
        ]
    assert linked_booking(env.session, elsewhere) == (same, True)
    # Who booked is told so in the chat, but only who reads the mailbox can take it back.
    for each in (booking, same, other):
        who = env.actor(each.citizen_id)
        chosen = CitizenPreferences(env.session, env.registry, env.now, who, {})
        chosen.choose_platform("email")
        assert chosen.has_ended_emails() == (each is not other)
    assert not gets_reminders(env.session, booking)
    assert resume_reminders(env.session, elsewhere)
    assert gets_reminders(env.session, booking)


def test_a_forged_one_ends_nothing(env: BookingEnvironment, booking: Booking) -> None:
    ours = token(env, booking)
    for forged in (ours.upper(), ours[:-1], f"{ours}a", ours[::-1], "é" * 26, ""):
        assert linked_booking(env.session, forged) is None
        assert not stop_reminders(env.session, forged, env.now)
        assert not resume_reminders(env.session, forged)
    assert gets_reminders(env.session, booking)


def test_it_holds_for_the_address_that_it_was_sent_to(
    env: BookingEnvironment, booking: Booking
) -> None:
    former = token(env, booking)
    edit(env, booking, email="anna@example.gr")
    assert token(env, booking) != former
    stop_reminders(env.session, former, env.now)
    assert gets_reminders(env.session, booking)
    edit(env, booking, email="maria@example.gr")
    assert not gets_reminders(env.session, booking)
    edit(env, booking, email="")
    assert reminder_token(env.session, env.registry, booking) is None
    assert gets_reminders(env.session, booking)


def test_one_that_was_used_is_kept(env: BookingEnvironment, booking: Booking) -> None:
    ours = token(env, booking)
    second = token(env, env.confirm(env.hold("10:00"), phone="+306911111111", email="b@example.gr"))
    stop_reminders(env.session, ours, env.now)
    env.now = booking.ends_at + KEPT_AFTER
    forget_reminder_links(env.session, env.now)
    assert linked_booking(env.session, second)
    env.later(hours=1)
    forget_reminder_links(env.session, env.now)
    assert linked_booking(env.session, second) is None
    assert linked_booking(env.session, ours) == (booking, True)


def test_of_withdrawn_consent_only_one_that_was_used_keeps_the_address(
    env: BookingEnvironment, booking: Booking
) -> None:
    other = env.confirm(env.hold("10:00"), phone="+306911111111", email="b@example.gr")
    for each in (booking, other):
        edit(env, each, email=f"of.{each.id}@example.gr")  # also the former address's goes
        token(env, each)
    stop_reminders(env.session, token(env, other), env.now)
    kept = []
    for each in (booking, other):
        who = env.actor(each.citizen_id)
        kept.append(bookings.withdraw_consent(env.session, env.registry, each, env.now, who))
    env.session.flush()
    assert kept == [False, True]
    left = env.session.scalars(select(ReminderLink)).all()
    assert [(link.booking_id, link.stopped_at) for link in left] == [(other.id, env.now)]


def test_another_secret_changes_neither_what_was_ended_nor_the_links_sent(
    env: BookingEnvironment, booking: Booking
) -> None:
    same = env.confirm(env.hold("10:00"), phone="+306911111111")
    other = env.confirm(env.hold("10:30"), phone="+306922222222", email="b@example.gr")
    ours, former, edited = (token(env, each) for each in (booking, other, same))
    stop_reminders(env.session, ours, env.now)
    stop_reminders(env.session, former, env.now)
    edit(env, booking, email="anna@example.gr")
    edit(env, other, email="")
    hash_anew(env.session, Registry("another"), env.now)
    env.session.expire_all()
    # Of the booking itself, the address has changed since; another has it still.
    assert [gets_reminders(env.session, each) for each in (booking, same)] == [True, False]
    assert linked_booking(env.session, ours) == (same, True)
    assert linked_booking(env.session, edited) == (same, True)
    assert linked_booking(env.session, former) is None
    assert reminder_token(env.session, Registry("another"), same) not in (ours, edited)
