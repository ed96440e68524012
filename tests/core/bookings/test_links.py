"""Links to bookings, and codes that were lost: what proves what, and what ends it."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import func, select, text

from core.actor import Actor
from core.bookings import service as bookings
from core.bookings.links import (
    KEPT_AFTER,
    forget_links,
    link_token,
    linked_booking,
    text_link_token,
)
from core.bookings.lookup import OF_CONVERSATION
from core.bookings.lost_codes import (
    MOST_A_DAY,
    MOST_BOOKINGS,
    bookings_of_address,
    has_requests,
    request_code,
    send_codes,
)
from core.catalogue.registry import Registry
from core.db.models import Booking, BookingLink, CodeRequest, OutboxRow
from core.errors import BookingRefused, UnreadableValue
from tests.core.booking_environment import EMAIL, PHONE, BookingEnvironment
from tests.core.bookings.test_lookup import asker
from tests.core.bookings.test_service import MakeEnv
from tests.core.conftest import mostly_on_sqlite
from tests.core.small_municipality import TUESDAY, desk, opening, small

pytestmark = mostly_on_sqlite


@pytest.fixture
def booking(env: BookingEnvironment) -> Booking:
    return env.confirm(env.hold("09:30"))


def token(env: BookingEnvironment, booking: Booking) -> str:
    found = link_token(env.session, env.registry, booking)
    env.session.flush()
    return found


def edit(env: BookingEnvironment, booking: Booking, **changes: str) -> None:
    who = env.actor(booking.citizen_id)
    bookings.edit(env.session, env.registry, booking, changes, env.now, who)


def test_a_link_in_texts_is_short_and_holds_for_one_number_alone(
    env: BookingEnvironment, booking: Booking
) -> None:
    def in_text() -> str:
        return text_link_token(env.session, env.registry, booking)

    by_email, first = token(env, booking), in_text()
    assert re.fullmatch("[a-z2-7]{16}", first)
    assert in_text() == first
    edit(env, booking, email="other@example.gr")
    assert token(env, booking) != by_email
    assert linked_booking(env.session, first) is booking
    of_address = token(env, booking)
    edit(env, booking, phone="+306900000002")
    assert linked_booking(env.session, first) is None
    second = in_text()
    assert second != first
    assert {linked_booking(env.session, each) for each in (second, of_address)} == {booking}


def test_each_email_has_the_same_link_of_which_only_a_hash_is_stored(
    env: BookingEnvironment, booking: Booking
) -> None:
    first = token(env, booking)
    env.move(booking, "10:00", day=TUESDAY)
    assert token(env, booking) == first
    (link,) = env.session.scalars(select(BookingLink))
    assert re.fullmatch("[a-z2-7]{26}", first)
    assert first not in (link.nonce, link.token_hash)
    assert linked_booking(env.session, first) is booking
    other = env.book("10:30")
    assert linked_booking(env.session, token(env, other)) is other
    assert token(env, other) != first


@pytest.mark.parametrize(
    "forge",
    [str.upper, lambda t: t[:-1], lambda t: f"{t}a", lambda t: t[::-1], lambda _t: "é" * 26],
)
def test_a_forged_token_leads_nowhere(
    env: BookingEnvironment, booking: Booking, forge: Callable[[str], str]
) -> None:
    assert linked_booking(env.session, forge(token(env, booking))) is None


def test_a_new_secret_makes_a_new_link_and_leaves_the_old_one(
    env: BookingEnvironment, booking: Booking
) -> None:
    first = token(env, booking)
    second = link_token(env.session, Registry("another"), booking)
    assert second != first
    assert {linked_booking(env.session, each) for each in (first, second)} == {booking}


def test_another_email_address_ends_the_link_that_the_former_one_got(
    env: BookingEnvironment, booking: Booking
) -> None:
    first = token(env, booking)
    edit(env, booking, name="Άννα Παππά", email=EMAIL)
    assert linked_booking(env.session, first) is booking
    edit(env, booking, email="anna@example.gr")
    assert linked_booking(env.session, first) is None
    second = token(env, booking)
    assert second != first
    assert linked_booking(env.session, second) is booking
    edit(env, booking, email="anna@example.com")  # within the same second
    assert linked_booking(env.session, second) is None


def test_links_are_deleted_some_time_after_the_appointment(
    env: BookingEnvironment, booking: Booking
) -> None:
    def links() -> int:
        forget_links(env.session, env.now)
        return env.session.scalar(select(func.count()).select_from(BookingLink)) or 0

    token(env, booking)
    env.now = booking.ends_at + KEPT_AFTER
    assert links() == 1
    booking.ends_at += timedelta(hours=1)  # moved, and no e-mail was sent of it
    env.later(seconds=1)
    assert links() == 1
    env.later(hours=1)
    assert links() == 0


def ask(env: BookingEnvironment, given: str, who: Actor | None = None) -> int:
    """Ask for a code, from a conversation of its own; return how many e-mails are sent for it."""
    env.later(seconds=1)
    who = who or asker(contact=int(env.now.timestamp()), network=None)
    request_code(env.session, env.registry, given, who, env.now)
    env.session.flush()
    assert has_requests(env.session)
    sent = send_codes(env.session, env.registry, env.now)
    env.session.flush()
    assert not has_requests(env.session)
    return sent


@pytest.mark.parametrize("given", [PHONE, EMAIL, EMAIL.upper()])
def test_a_lost_code_is_sent_to_the_address_of_the_booking(
    env: BookingEnvironment, booking: Booking, given: str
) -> None:
    assert ask(env, given) == 1
    row = env.session.scalars(select(OutboxRow).order_by(OutboxRow.id.desc())).first()
    assert row
    assert (row.kind, row.recipient) == ("code_sent", f"email of booking {booking.id}")


def test_a_booking_that_cannot_be_read_delays_no_other_code(env: BookingEnvironment) -> None:
    first, second = env.book("09:00"), env.book("09:30")
    unreadable = text("UPDATE bookings SET details = :nothing WHERE id = :id")
    env.session.flush()
    env.session.execute(unreadable, {"nothing": b"\0", "id": first.id})
    for number, booking in enumerate((first, second)):
        who = asker(contact=number, network=None)
        phone = f"+3069{booking.id:08}"
        request_code(env.session, env.registry, phone, who, env.now)
    env.session.flush()
    env.session.expire_all()
    errors: list[Exception] = []
    assert send_codes(env.session, env.registry, env.now, errors.append) == 1
    assert [type(each) for each in errors] == [UnreadableValue]
    assert not has_requests(env.session)


def test_nothing_is_sent_where_there_is_no_such_booking_or_no_address(
    env: BookingEnvironment, booking: Booking
) -> None:
    without = env.confirm(env.hold("10:30"), phone="+306911111111", email="")
    assert without.email_hash is None
    for given in ("+306911111111", "+306922222222", "nobody@example.gr"):
        assert ask(env, given) == 0
    edit(env, booking, email="anna@example.gr", phone="+306933333333")
    assert [ask(env, each) for each in (EMAIL, PHONE, "anna@example.gr")] == [0, 0, 1]
    env.cancel(booking)
    assert ask(env, "anna@example.gr") == 0


def test_a_booking_gets_so_many_a_day_whoever_asks(
    env: BookingEnvironment, booking: Booking
) -> None:
    assert [ask(env, PHONE) for _ in range(MOST_A_DAY + 2)] == [1] * MOST_A_DAY + [0, 0]
    env.later(days=1)
    assert ask(env, EMAIL) == 1


@pytest.mark.parametrize(
    ("given", "addresses", "sent"),
    [
        (PHONE, 1, [1, 1, 1, 0]),  # a family's
        (EMAIL, 1, [1, 1, 1, 0]),
        (PHONE, 2, [2, 2, 2, 0]),
        (PHONE, 12, [MOST_BOOKINGS] * 3 + [0]),  # a clerk's number
    ],
)
def test_an_address_gets_one_email_of_all_its_bookings_and_few_a_day(
    make_env: MakeEnv, given: str, addresses: int, sent: list[int]
) -> None:
    env = make_env(small(desk("desk", opening("09:00", "19:00"))))
    who = env.citizen()
    for number in range(12):
        clock = f"{9 + number // 2:02}:{number % 2 * 30:02}"
        other = number % addresses
        address = f"{other}{EMAIL}" if other else EMAIL
        name = f"Μαρία {'αβγδεζηθικλμ'[number]}"
        booking = env.hold(clock, who if number < 10 else env.citizen())
        env.confirm(booking, phone=PHONE, email=address, name=name)
    assert [ask(env, given) for _time in sent] == sent
    if given == EMAIL:
        (first, *_rest) = env.session.scalars(select(Booking).order_by(Booking.starts_at))
        found = bookings_of_address(env.session, first, env.now)
        assert [each.starts_at for each in found] == sorted(each.starts_at for each in found)
        assert (len(found), found[0]) == (MOST_BOOKINGS, first)


def test_a_conversation_may_ask_so_often_whether_or_not_there_is_a_booking(
    env: BookingEnvironment, booking: Booking
) -> None:
    for contact, given in ((1, PHONE), (2, "+306922222222")):
        who = asker(contact, network=None)
        for _ in range(OF_CONVERSATION.most):
            ask(env, given, who)
        with pytest.raises(BookingRefused):
            ask(env, given, who)
    assert env.session.scalar(select(func.count()).select_from(CodeRequest)) == 0
