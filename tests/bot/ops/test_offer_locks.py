"""On PostgreSQL, those who make, accept and end offers don't wait for each other in a circle."""

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.bookings.offers import service as time_offers
from core.bookings.offers.making import PlannedOffer, make_offers, plan_offers
from core.db.models import Booking, TimeOffer
from core.errors import BookingRefused
from tests.bot.delivery.test_room_locks import together
from tests.bot.staff_chat import StaffChat
from tests.conftest import BOTH
from tests.core.bookings.offers.acting import ask_at
from tests.core.small_municipality import TUESDAY, at

pytestmark = pytest.mark.parametrize("database", BOTH[1:], indirect=True)


def ask(chat: StaffChat, booking_id: int) -> int:
    """Ask for an offer for a booking; return its id."""

    def run(session: Session) -> int:
        registry, now = chat.services.registry, chat.services.clock()
        ask_at(session, registry, session.get_one(Booking, booking_id), now)
        session.flush()
        offer = time_offers.latest_offer(session, booking_id)
        assert offer
        return offer.id

    return chat.do(run)


def test_two_who_make_offers_at_the_same_desks_take_them_one_after_the_other(
    staff_chat: StaffChat,
) -> None:
    for clock in ("09:00", "09:30", "10:00", "10:30"):  # at both desks in turns
        staff_chat.book(clock, TUESDAY)
    offers = [ask(staff_chat, staff_chat.book(clock)) for clock in ("09:00", "09:30") * 2]
    registry, now = staff_chat.services.registry, staff_chat.services.clock()

    def make(numbers: slice, *clocks: str) -> Callable[[Session], object]:
        planned = [
            PlannedOffer(offer, [at(clock, TUESDAY)])
            for offer, clock in zip(offers[numbers], clocks, strict=True)
        ]
        return lambda s: make_offers(s, registry, planned, now, lambda: False)

    tried = together(
        staff_chat,
        lambda statement: "INSERT INTO bookings" in statement,
        one=make(slice(2), "09:00", "09:30"),
        other=make(slice(2, 4), "10:30", "10:00"),
    )
    assert tried == ["one", "other"]
    states = staff_chat.do(lambda s: s.scalars(select(TimeOffer.state)).all())
    assert states == ["made"] * 4


def test_who_accepts_and_the_job_that_ends_the_offer_lock_in_one_order(
    staff_chat: StaffChat,
) -> None:
    staff_chat.bind()
    booking_id = staff_chat.book("10:00")
    offer_id = ask(staff_chat, booking_id)
    registry, now = staff_chat.services.registry, staff_chat.services.clock()

    def make(session: Session) -> None:
        make_offers(session, registry, plan_offers(session, registry, now, 1), now, lambda: False)

    def accept(session: Session) -> None:
        env = staff_chat.environment(session)
        booking = session.get_one(Booking, booking_id)
        offer = session.get_one(TimeOffer, offer_id)
        with suppress(BookingRefused):
            who = env.actor(booking.citizen_id)
            time_offers.accept(session, registry, offer, now, who)

    staff_chat.do(make)
    tried = together(
        staff_chat,
        lambda statement: "FOR UPDATE" in statement or "FOR NO KEY UPDATE" in statement,
        accept=accept,
        end=lambda s: time_offers.end_overdue(s, registry, now + timedelta(days=2)),
    )
    assert tried == ["accept", "end"]
