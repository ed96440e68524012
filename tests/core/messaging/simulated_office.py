"""A municipality in time: citizens book, move and cancel, days are closed, reminders are sent."""

import random
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

from sqlalchemy import select

from core.actor import OPERATOR, Actor
from core.availability import slots
from core.availability.schedule import day_bounds
from core.bookings.closures import service as closures
from core.bookings.closures.request import ExceptionRequest
from core.db.models import Booking, BookingState, Citizen, Contact, ExceptionKind, OutboxRow
from core.messaging.keys import Cause
from core.messaging.reminder_times import spread
from core.messaging.reminders import REMINDERS, choose_ways
from tests.core.booking_environment import BookingEnvironment
from tests.core.small_municipality import ATHENS

ACCOUNTS = ("email", "telegram")
HOURS = (48, 3)

Reminder = tuple[int, int, datetime]
"""A booking's id, the hours of a reminder, and when it is sent."""


def fail(_row: OutboxRow, error: Exception) -> None:
    raise error


@dataclass
class Stay:
    """A time that a booking has had, since when and until when (None: it has it still)."""

    booking_id: int
    starts_at: datetime
    since: datetime
    until: datetime | None = None


@dataclass
class SimulatedOffice:
    """Plays days, and keeps what was done and sent."""

    env: BookingEnvironment
    choose: random.Random
    stays: dict[int, Stay] = field(default_factory=dict)
    past: list[Stay] = field(default_factory=list)
    sent: list[Reminder] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)

    def play(self, first: date, days: int, actions: int) -> None:
        """Play so many days with so many things done on each, at any time of it."""
        for number in range(days):
            day = first + timedelta(days=number)
            since, until = day_bounds(day, ATHENS)
            length = int((until - since).total_seconds())
            for second in sorted(self.choose.randrange(length) for _ in range(actions)):
                self.wait_until(since + timedelta(seconds=second))
                self.act()
            if number % 10 == 5:
                self.close(day + timedelta(days=self.choose.randrange(2, 9)))
        self.wait_until(self.env.now + timedelta(days=15))

    def wait_until(self, moment: datetime) -> None:
        """Let time pass; what is due meanwhile is sent at its second."""
        session, env = self.env.session, self.env
        due = select(OutboxRow.try_at).where(
            OutboxRow.account == REMINDERS,
            OutboxRow.status == "pending",
            OutboxRow.try_at <= moment,
        )
        while (at := session.scalar(due.order_by(OutboxRow.try_at).limit(1))) is not None:
            env.now = at
            choose_ways(session, env.registry, at, 100, fail)
            ready = select(OutboxRow).where(
                OutboxRow.kind == "reminder",
                OutboxRow.account.in_(ACCOUNTS),
                OutboxRow.status == "pending",
                OutboxRow.try_at <= at,
            )
            for row in session.scalars(ready).all():
                row.status = "sent"
                hours = Cause.parse(row.dedupe_key, row.recipient).text.split()[2]
                self.sent.append((row.booking_id or 0, int(hours), at))
                self.counts[f"reminded by {row.account}"] += 1
        env.now = moment

    def act(self) -> None:
        """Do one thing at random."""
        coming = [each for each in self.stays.values() if each.starts_at > self.env.now]
        what = self.choose.choices(("book", "move", "cancel"), (6, 2, 1))[0]
        if what == "book" or not coming:
            self.book()
            return
        booking = self.env.session.get_one(Booking, self.choose.choice(coming).booking_id)
        if what == "move":
            self.move(booking)
        else:
            self.cancel(booking)

    def book(self) -> None:
        if (at := self.free_time()) is None:
            return
        env = self.env
        who = Citizen(details={}, created_at=env.now)
        env.session.add(who)
        env.session.flush()
        contact = Contact(account="telegram", address=f"{who.id}", citizen_id=who.id)
        on_telegram = self.choose.random() < 0.7
        if on_telegram:
            env.session.add(contact)
            env.session.flush()
        account = "telegram" if on_telegram else "console"
        number = contact.id if on_telegram else None
        actor = Actor(who.id, account, "el", ATHENS.key, contact_id=number, account=account)
        local = at.astimezone(ATHENS)
        held = env.hold(f"{local:%H:%M}", actor, day=local.date())
        env.confirm(held, actor, phone=f"+3069{held.id:08}", name=f"Α{who.id}")
        self.begin(held)
        self.counts["booked"] += 1

    def move(self, booking: Booking) -> None:
        if (at := self.free_time()) is None:
            return
        local = at.astimezone(ATHENS)
        self.env.move(booking, f"{local:%H:%M}", day=local.date())
        self.end(booking)
        self.begin(booking)
        self.counts["moved"] += 1

    def cancel(self, booking: Booking) -> None:
        self.env.cancel(booking)
        self.end(booking)
        self.counts["cancelled"] += 1

    def close(self, day: date) -> None:
        """Close a day; who has an appointment then cancels it."""
        for stay in [*self.stays.values()]:
            if stay.starts_at.astimezone(ATHENS).date() == day and stay.starts_at > self.env.now:
                self.cancel(self.env.session.get_one(Booking, stay.booking_id))
        env = self.env
        asked = ExceptionRequest(ExceptionKind.CLOSURE, env.body.id, day, day)
        closures.make(env.session, env.registry, OPERATOR, asked, env.now)
        env.registry.refresh(env.session)
        self.counts["days closed"] += 1

    def free_time(self) -> datetime | None:
        """Return a free start within the next ten days, sooner ones more often."""
        ahead = timedelta(days=min(self.choose.expovariate(1 / 3), 10))
        day = (self.env.now + ahead).astimezone(ATHENS).date()
        since, until = day_bounds(day, ATHENS)
        env = self.env
        found = slots.free_times(env.session, env.offer, since, until, env.now, None)
        return self.choose.choice(found) if found else None

    def begin(self, booking: Booking) -> None:
        stay = Stay(booking.id, booking.starts_at.astimezone(UTC), self.env.now.astimezone(UTC))
        self.stays[booking.id] = stay

    def end(self, booking: Booking) -> None:
        stay = self.stays.pop(booking.id)
        stay.until = self.env.now
        self.past.append(stay)

    def expected(self) -> list[Reminder]:
        """Return what must have been sent: reckoned by the clock on the wall, without our code."""
        found: list[Reminder] = []
        for stay in (*self.past, *self.stays.values()):
            said = stay.since
            for hours in HOURS:
                at = datetime.fromtimestamp(stay.starts_at.timestamp() - hours * 3600, UTC)
                wall = at.astimezone(ATHENS)
                forward = wall.hour >= 21 or wall.hour < 8
                if forward:
                    evening = wall.date() if wall.hour >= 21 else wall.date() - timedelta(days=1)
                    at = datetime.combine(evening, time(20, 55), ATHENS).astimezone(UTC)
                if at <= stay.since or (forward and (at - said).total_seconds() < 3600):
                    continue
                rules = self.env.body.rules
                sooner = at - spread(stay.booking_id, rules.reminder_spread_minutes)
                is_day = 8 <= sooner.astimezone(ATHENS).hour < 21
                if is_day and (sooner - said).total_seconds() >= 3600:
                    at = sooner
                said = at
                if stay.until is None or at < stay.until:
                    found.append((stay.booking_id, hours, at))
        return found

    def overlapping(self) -> int:
        """Return how many confirmed bookings overlap the one before them at their desk."""
        rows = self.env.session.scalars(
            select(Booking)
            .where(Booking.state == BookingState.CONFIRMED)
            .order_by(Booking.desk_id, Booking.starts_at)
        ).all()
        pairs = pairwise(rows)
        return sum(a.desk_id == b.desk_id and b.starts_at < a.ends_at for a, b in pairs)
