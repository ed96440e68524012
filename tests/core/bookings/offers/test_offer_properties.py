"""Whatever happens to offers, in whatever order, no desk serves two and no hold is left over."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.actor import OPERATOR
from core.bookings.closures import service as closures
from core.bookings.closures.request import ExceptionRequest
from core.bookings.expiry import expire_lapsed
from core.bookings.offers import service as time_offers
from core.db.database import Database
from core.db.models import Booking, ExceptionKind, OfferState, ScheduleException, TimeOffer
from core.errors import BookingRefused, StaffRefused
from tests.conftest import SOAK, portable
from tests.core.booking_environment import BookingEnvironment
from tests.core.bookings.offers import acting
from tests.core.bookings.offers.acting import accept, decline, held_for_offers, make, work_off
from tests.core.db.overlaps import overlaps
from tests.core.small_municipality import MONDAY, TUESDAY, desk, small

CLOCKS = ("09:00", "09:30", "10:00", "10:30")
DAYS = (MONDAY, TUESDAY)

World = BookingEnvironment


def confirmed(env: World, which: int) -> Booking | None:
    query = select(Booking).where(Booking.state == "confirmed").order_by(Booking.id)
    found = env.session.scalars(query).all()
    return found[which % len(found)] if found else None


def any_offer(env: World, which: int) -> TimeOffer | None:
    found = env.session.scalars(select(TimeOffer).order_by(TimeOffer.id)).all()
    return found[which % len(found)] if found else None


def book(env: World, which: int) -> None:
    env.book(CLOCKS[which % 4], day=DAYS[which // 4 % 2])


def hold(env: World, which: int) -> None:
    """One who has a booking holds another time."""
    if booking := confirmed(env, which):
        env.hold(CLOCKS[which % 4], env.actor(booking.citizen_id), day=DAYS[which // 4 % 2])


def ask(env: World, which: int) -> None:
    if booking := confirmed(env, which):
        acting.ask(env, booking)


def take(env: World, which: int) -> None:
    if offer := any_offer(env, which):
        accept(env, offer)


def refuse(env: World, which: int) -> None:
    if offer := any_offer(env, which):
        decline(env, offer)


def move(env: World, which: int) -> None:
    if booking := confirmed(env, which):
        env.move(booking, CLOCKS[which // 4 % 4], day=DAYS[which % 2])


def cancel(env: World, which: int) -> None:
    if booking := confirmed(env, which):
        env.cancel(booking)


def wait(env: World, which: int) -> None:
    env.later(hours=1 + which * 2)
    if which % 2:
        expire_lapsed(env.session, env.now)


def lose(env: World, which: int) -> None:
    """The time of an offer is closed, by a catalogue or by staff."""
    if held := held_for_offers(env):
        held[which % len(held)].state = "expired"


def close(env: World, which: int) -> None:
    """An hour is closed, at all desks or one of them."""
    desk_ = (None, "office/a", "office/b")[which % 3]
    hour = CLOCKS[which % 2], CLOCKS[which % 2 + 2]
    day = DAYS[which // 6]
    asked = ExceptionRequest(ExceptionKind.CLOSURE, "town", day, day, *hour, desk=desk_)
    closures.make(env.session, env.registry, OPERATOR, asked, env.now)


def withdraw(env: World, which: int) -> None:
    """A closure ends; how many offers are withdrawn at once differs."""
    still = select(ScheduleException.id).where(ScheduleException.withdrawn_at.is_(None))
    if found := env.session.scalars(still.order_by(ScheduleException.id)).all():
        number = found[which % len(found)]
        closures.withdraw(env.session, env.registry, OPERATOR, "town", number, env.now)
    env.registry.refresh(env.session)
    work_off(env, limit=which)


def end(env: World, _which: int) -> None:
    time_offers.end_overdue(env.session, env.registry, env.now)


def work(env: World, _which: int) -> None:
    work_off(env, limit=3)
    make(env, limit=3)


STEPS: tuple[Callable[[World, int], Any], ...] = (
    *(book, hold, ask, work, take, refuse, move, cancel, wait, lose, close, withdraw, end),
)


@portable  # the 400 examples of `make soak` are run on both
@pytest.mark.parametrize("examples", [10, pytest.param(400, marks=SOAK)])
def test_no_desk_serves_two_and_no_hold_is_left_over(shared: Database, examples: int) -> None:
    @settings(max_examples=examples, deadline=None)
    @given(steps=st.lists(st.tuples(st.sampled_from(STEPS), st.integers(0, 11)), max_size=25))
    def check(steps: list[tuple[Callable[[World, int], Any], int]]) -> None:
        run(shared, steps)

    check()


def run(shared: Database, steps: list[tuple[Callable[[World, int], Any], int]]) -> None:
    """Run the steps in a transaction that is rolled back; check after each."""
    with Session(shared.engine) as session:
        env = BookingEnvironment(session, small(desk("a"), desk("b")))
        for step, which in [(book, 0), (ask, 0), (work, 0), *steps]:
            with suppress(BookingRefused, StaffRefused), session.begin_nested():
                step(env, which)
            env.registry.refresh(session)
            check(env)


def check(env: World) -> None:
    session = env.session
    session.flush()
    assert overlaps(session) == 0
    offers = session.scalars(select(TimeOffer)).all()
    still_open = [each for each in offers if each.state in (OfferState.PENDING, OfferState.MADE)]
    of_bookings = [each.booking_id for each in still_open]
    assert len(set(of_bookings)) == len(of_bookings), "two open offers of one booking"
    held_by = {each.hold_id: each for each in still_open if each.hold_id}
    for hold_ in held_for_offers(env):
        offer = held_by.get(hold_.id)
        assert offer, "a hold without an open offer"
        assert offer.booking_id == hold_.offered_for_id
        booking = session.get_one(Booking, offer.booking_id)
        assert booking.state == "confirmed", "a hold that outlives its booking"
        assert hold_.held_until == offer.expires_at
        assert offer.expires_at <= booking.starts_at
        assert booking.citizen_id == hold_.citizen_id
    for offer in offers:
        assert (offer.ended_at is None) == (offer in still_open)
