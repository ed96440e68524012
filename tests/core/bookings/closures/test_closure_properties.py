"""Properties of closures, openings and bookings in any order, on both databases."""

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.actor import OPERATOR
from core.availability.schedule import overlaps
from core.bookings import by_staff
from core.bookings.closures import service as closures
from core.bookings.closures.request import ExceptionRequest
from core.bookings.offers.ends import open_offer
from core.bookings.offers.served import can_be_kept
from core.catalogue.schedule_exceptions import is_about, special_hours
from core.db.database import Database
from core.db.models import (
    Booking,
    BookingState,
    ExceptionKind,
    OfferState,
    OutboxRow,
    ScheduleException,
    TimeOffer,
)
from core.errors import BookingRefused, StaffRefused
from core.messaging.keys import Cause
from tests.conftest import portable
from tests.core.booking_environment import BookingEnvironment
from tests.core.bookings.offers.acting import decline, make, manager, work_off
from tests.core.small_municipality import ATHENS, MONDAY, closure, desk, opening, small

DAYS = [MONDAY, MONDAY + timedelta(days=1)]
CLOCKS = [f"{hour:02}:{minute}" for hour in (9, 10, 17) for minute in ("00", "30")]
EDGES = ["08:00", "09:10", "09:30", "10:00", "10:30", "11:00", "17:00", "18:00"]
TOWN = small(
    desk("one"),
    desk("two", opening("09:00", "10:30")),
    desk(
        "three", opening(days=["mon"]), closures=[closure("2026-12-07", start="09:00", end="10:00")]
    ),
)

days, clocks = st.sampled_from(DAYS), st.sampled_from(CLOCKS)
hours = st.lists(st.sampled_from(EDGES), min_size=2, max_size=2, unique=True).map(sorted)
wheres = st.sampled_from(
    [{}, {"branch": "office"}, *({"desk": f"office/{n}"} for n in ("one", "two", "three"))]
)
Op = tuple[str, Any]
ops: st.SearchStrategy[list[Op]] = st.lists(
    st.one_of(
        st.tuples(st.just("book"), st.tuples(days, clocks)),
        st.tuples(st.just("book"), st.tuples(days, clocks)),
        st.tuples(st.just("hold"), st.tuples(days, clocks)),
        st.tuples(st.just("close"), st.tuples(wheres, days, st.none() | hours)),
        st.tuples(st.just("open"), st.tuples(wheres, days, hours)),
        st.tuples(st.just("close"), st.tuples(wheres, days, st.none() | hours)),
        st.tuples(st.just("withdraw"), st.integers(0, 2)),
        st.tuples(st.just("withdraw"), st.integers(0, 2)),
        st.tuples(st.just("cancel"), st.integers(0, 5)),
        st.tuples(st.just("move"), st.tuples(st.integers(0, 5), days, clocks)),
        st.tuples(st.just("work"), st.none()),
        st.tuples(st.just("decline"), st.none()),
        st.tuples(st.just("offer"), st.integers(0, 5)),
        st.tuples(st.just("wait"), st.sampled_from([5, 15])),
    ),
    min_size=10,
    max_size=25,
)


class Office:
    """An environment, and what can be done in it."""

    def __init__(self, session: Session) -> None:
        self.env = BookingEnvironment(session, TOWN)
        self.made: list[int] = []
        self.booked: list[Booking] = []
        self.helen = manager(self.env)

    def do(self, op: Op) -> None:
        act: Callable[[Any], None] = getattr(self, op[0])
        try:
            with self.env.session.begin_nested():
                act(op[1])
        except (StaffRefused, BookingRefused):
            pass
        self.env.registry.refresh(self.env.session)

    def book(self, given: Any) -> None:
        self.booked.append(self.env.book(given[1], day=given[0]))

    def hold(self, given: Any) -> None:
        self.env.hold(given[1], day=given[0])

    def close(self, given: Any, kind: ExceptionKind = ExceptionKind.CLOSURE) -> None:
        where, day, span = given
        start, end = span or (None, None)
        asked = ExceptionRequest(kind, "town", day, day, start, end, **where)
        made = closures.make(self.env.session, self.env.registry, OPERATOR, asked, self.env.now)
        self.made.append(made.id)

    def open(self, given: Any) -> None:
        self.close(given, ExceptionKind.OPENING)

    def withdraw(self, which: int) -> None:
        if which < len(self.made):
            env = self.env
            number = self.made[which]
            closures.withdraw(env.session, env.registry, OPERATOR, "town", number, env.now)

    def cancel(self, which: int) -> None:
        if which < len(self.booked):
            self.env.cancel(self.booked[which])

    def move(self, given: Any) -> None:
        if given[0] < len(self.booked):
            self.env.move(self.booked[given[0]], given[2], day=given[1])

    def offer(self, which: int) -> None:
        """An employee offers another time."""
        if which < len(self.booked):
            env = self.env
            by_staff.offer(env.session, env.registry, self.helen, self.booked[which], env.now)

    def work(self, _given: Any) -> None:
        work_off(self.env)
        make(self.env)

    def decline(self, _given: Any) -> None:
        make(self.env)
        made = TimeOffer.state == OfferState.MADE
        for each in self.env.session.scalars(select(TimeOffer).where(made)).all():
            decline(self.env, each)

    def wait(self, minutes: int) -> None:
        self.env.later(minutes=minutes)


def live(session: Session, now: datetime) -> list[Booking]:
    session.flush()
    session.expire_all()
    found = session.scalars(select(Booking).order_by(Booking.desk_id, Booking.starts_at))
    return [
        each
        for each in found
        if each.state == BookingState.CONFIRMED
        or (each.state == BookingState.HELD and each.held_until > now)
    ]


def check(session: Session, now: datetime) -> None:
    """No desk serves two; nobody waits in a closure whom nobody thought of."""
    bookings = live(session, now)
    for one, next_one in pairwise(bookings):
        assert one.desk_id != next_one.desk_id or one.ends_at <= next_one.starts_at
    rows = session.scalars(
        select(ScheduleException).where(
            ScheduleException.kind == ExceptionKind.CLOSURE,
            ScheduleException.withdrawn_at.is_(None),
        )
    ).all()
    asked = TimeOffer.state.not_in((OfferState.WITHDRAWN, OfferState.REPLACED))
    offered = set(session.scalars(select(TimeOffer.booking_id).where(asked, ~TimeOffer.by_choice)))
    for booking in bookings:
        is_closed = any(
            is_about(row, booking.branch, booking.desk_id)
            and overlaps(special_hours(row), booking.starts_at, booking.ends_at, ATHENS)
            for row in rows
        )
        assert not is_closed or booking.id in offered, booking.state


TOLD = {"time_offered": False, "no_time_free": False, "offer_withdrawn": True, "moved": True}
"""The messages that say whether the appointment takes place, as booked or as it is now."""


def check_told(env: BookingEnvironment) -> None:
    """Check that who was told that it can't take place knows when it can again."""
    work_off(env)
    rows = env.session.scalars(
        select(OutboxRow)
        .where(OutboxRow.kind.in_(TOLD), OutboxRow.platform == "email")
        .order_by(OutboxRow.id)
    )
    asked = set(env.session.scalars(select(TimeOffer.id).where(TimeOffer.by_choice)))
    told = {
        row.booking_id: TOLD[row.kind]
        for row in rows
        if row.kind == "moved" or Cause.parse(row.dedupe_key, row.recipient).number not in asked
    }
    for booking in live(env.session, env.now):
        if booking.state == BookingState.CONFIRMED:
            said, stands = told.get(booking.id), can_be_kept(env.registry["town"], booking)
            assert said is not False or not stands, "still in doubt"
            assert not said or stands or open_offer(env.session, booking.id), "told wrongly"


def run(database: Database, done: list[Op]) -> None:
    with Session(database.engine) as session:
        office = Office(session)
        for op in done:
            office.do(op)
            check(session, office.env.now)
        check_told(office.env)


SLOW: dict[str, Any] = {
    "deadline": None,
    "derandomize": True,
    "suppress_health_check": [HealthCheck.function_scoped_fixture],
}


@portable  # the 400 examples of `make soak` are run on both
@settings(max_examples=8, **SLOW)
@given(ops)
def test_nobody_is_forgotten_and_no_desk_serves_two(shared: Database, done: list[Op]) -> None:
    run(shared, done)


@pytest.mark.soak
@settings(max_examples=400, **SLOW)
@given(ops)
def test_nobody_is_forgotten_however_long(shared: Database, done: list[Op]) -> None:
    run(shared, done)
