"""A municipality in time: citizens book, move and cancel, days are closed, messages are sent.

They are claimed, rendered and settled as the delivery worker does. Some can't be sent at the first
try, or over Telegram at all, and for some hours nothing runs. Whose day is closed is offered
another time.
"""

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from pathlib import Path

from sqlalchemy import select

from bot.context import Services
from bot.delivery.claimed import ClaimedMessage
from bot.delivery.dispatch import claim_and_render, mark_failed
from bot.delivery.settlement import mark_sent
from bot.i18n.translator import Translator
from core.actor import OPERATOR, Actor
from core.availability import slots
from core.availability.schedule import day_bounds
from core.bookings.closures import service as closures
from core.bookings.closures.request import ExceptionRequest
from core.db.models import (
    UNSENT,
    Booking,
    BookingState,
    Citizen,
    ExceptionKind,
    OutboxRow,
    TimeOffer,
)
from core.errors import DeliveryError
from core.messaging import conversations, reminder_ways
from core.messaging.keys import Cause
from core.messaging.outbox import is_due
from core.messaging.reminder_times import spread
from tests.bot.platforms.send_only_platform import LetterAccount, Letters
from tests.core.booking_environment import BookingEnvironment
from tests.core.messaging.simulated_offers import TOLD, SimulatedOffers
from tests.core.small_municipality import ATHENS

ACCOUNTS = ("email", "telegram")
HOURS = (48, 3)

GIVE_UP = timedelta(hours=24)
FIRST_RETRY = timedelta(seconds=3)
HOUR = timedelta(hours=1)

Sent = tuple[int, str, datetime]
"""A booking's id, its message, as "moved" or "reminder 48", and when that is sent."""


@dataclass
class Stay:
    """A time that a booking has had, since when and until when (None: it has it still)."""

    booking_id: int
    starts_at: datetime
    since: datetime
    until: datetime | None = None
    closed_at: datetime | None = None
    """The time at which its day was closed; nobody is reminded of what can't take place."""


@dataclass
class SimulatedOffice:
    """Plays days, and keeps what was done and sent. Nothing runs in the `outages`."""

    env: BookingEnvironment
    choose: random.Random
    outages: Sequence[tuple[datetime, datetime]] = ()
    stays: dict[int, Stay] = field(default_factory=dict)
    past: list[Stay] = field(default_factory=list)
    sent: list[Sent] = field(default_factory=list)
    at_once: list[Sent] = field(default_factory=list)
    """The messages that are to be sent when what they tell of happens."""
    failed: set[int] = field(default_factory=set)
    counts: Counter[str] = field(default_factory=Counter)
    chats: dict[int, str] = field(default_factory=dict)
    """The addresses of those who booked over Telegram, by the ids of their bookings."""

    def play(self, first: date, days: int, actions: int) -> None:
        """Play so many days with so many things done on each, at any time of it."""
        for number in range(days):
            day = first + timedelta(days=number)
            since, until = day_bounds(day, ATHENS)
            length = int((until - since).total_seconds())
            for second in sorted(self.choose.randrange(length) for _ in range(actions)):
                moment = since + timedelta(seconds=second)
                if self.after_outage(moment) == moment:
                    self.wait_until(moment)
                    self.act()
                    self.deliver()
            if number % 7 == 5:
                # Later than the last messages: the next ones to the same people would wait for one
                # that failed.
                self.wait_until(self.after_outage(self.env.now + timedelta(minutes=1)))
                self.close_busiest(day)
                self.deliver()
        self.wait_until(self.env.now + timedelta(days=15))

    def __post_init__(self) -> None:
        env = self.env
        platforms = {each: Letters(each, LetterAccount(folder=Path()), None) for each in ACCOUNTS}
        self.services = Services(
            env.registry, Translator(), lambda: env.now, env.choose, platforms=platforms
        )
        number = self.choose.randrange(20)
        self.blocking = {f"{each}" for each in range(number, 100_000, 20)}
        self.offers = SimulatedOffers(self, random.Random(number))

    def after_outage(self, moment: datetime) -> datetime:
        """Return a time as it is, or the end of the outage that it is in."""
        return next((end for begin, end in self.outages if begin <= moment < end), moment)

    def wait_until(self, moment: datetime) -> None:
        """Let time pass; what is due meanwhile is sent at its second, or after the outage."""
        session, env = self.env.session, self.env
        moment = max(moment, env.now)
        while True:
            due = select(OutboxRow.try_at).where(
                UNSENT, OutboxRow.try_at > env.now, OutboxRow.try_at <= moment
            )
            sending = session.scalar(due.order_by(OutboxRow.try_at).limit(1))
            times = [*self.offers.times(), *([sending] if sending else [])]
            if not times or (at := self.after_outage(max(min(times), env.now))) > moment:
                break
            env.now = at
            self.offers.play()
            self.deliver()
        env.now = moment

    def deliver(self) -> None:
        """Send what is due, as the delivery worker does."""
        session, env = self.env.session, self.env
        claimed = 1
        while claimed and (
            is_due(session, ACCOUNTS, env.now) or reminder_ways.is_due(session, env.now)
        ):
            messages, claimed, *_counts = claim_and_render(
                session, self.services, ACCOUNTS, "worker", 100, GIVE_UP
            )
            for message in messages:
                if error := self.failure(message):
                    mark_failed(session, self.services, message, error, GIVE_UP)
                else:
                    self.note(session.get_one(OutboxRow, message.id))
                    mark_sent(session, self.services, message, f"{message.id}")
            session.flush()
            session.expire_all()
            session.info.clear()  # with it the transaction ends

    def failure(self, message: ClaimedMessage) -> DeliveryError | None:
        """Return why a message can't be sent, now or at all."""
        if message.account == "telegram" and message.address in self.blocking:
            self.counts["refused by telegram"] += 1
            return DeliveryError("status 403", unreachable=True)
        if message.id % 10 == 0 and message.id not in self.failed:
            self.failed.add(message.id)
            self.counts["failed once"] += 1
            return DeliveryError("status 500")
        return None

    def note(self, row: OutboxRow) -> None:
        """Note a message that is sent; one that failed counts as sent when it was due."""
        late = self.env.now - row.due_at
        assert timedelta() <= late <= (FIRST_RETRY if row.id in self.failed else timedelta())
        what, at = row.kind, row.due_at.astimezone(UTC)
        if what == "reminder":
            hours = Cause.parse(row.dedupe_key, row.recipient).as_reminder()
            what = f"reminder {hours}"
        by = f"{what} by {row.account}"
        self.sent.append((row.booking_id or 0, by if what in TOLD.values() else what, at))
        self.counts[by] += 1

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
        address, zone = f"{self.counts['booked']}", ATHENS.key
        if self.choose.random() < 0.7:
            chat = conversations.create(env.session, "telegram", address, env.now)
            who, number = chat.citizen_id, chat.contact_id
            actor = Actor(who, "telegram", "el", zone, contact_id=number, account="telegram")
        else:
            citizen = Citizen(details={}, created_at=env.now)
            env.session.add(citizen)
            env.session.flush()
            actor = Actor(citizen.id, "console", "el", zone, account="console")
        local = at.astimezone(ATHENS)
        held = env.hold(f"{local:%H:%M}", actor, day=local.date())
        env.confirm(held, actor, phone=f"+3069{held.id:08}", name=f"Α{held.id}")
        if actor.platform == "telegram":
            self.chats[held.id] = address
        self.begin(held)
        self.say(held, "confirmed")
        self.counts["booked"] += 1

    def move(self, booking: Booking) -> None:
        if (at := self.free_time()) is None:
            return
        local = at.astimezone(ATHENS)
        self.env.move(booking, f"{local:%H:%M}", day=local.date())
        self.end(booking)
        self.begin(booking)
        self.say(booking, "moved")

    def cancel(self, booking: Booking) -> None:
        self.env.cancel(booking)
        self.end(booking)
        self.say(booking, "cancelled")

    def close_busiest(self, day: date) -> None:
        """Close that day of a week, two days from now, on which most appointments are."""
        busy = Counter(each.starts_at.astimezone(ATHENS).date() for each in self.stays.values())
        self.close(max((day + timedelta(days=each) for each in range(2, 9)), key=busy.__getitem__))

    def close(self, day: date) -> None:
        """Close a day; who has an appointment then is offered another, and reminded of none."""
        env, before = self.env, self.offers.last_id
        for stay in self.stays.values():
            if stay.starts_at.astimezone(ATHENS).date() == day and stay.starts_at > env.now:
                stay.closed_at = stay.closed_at or env.now
                self.counts["closed"] += 1
        asked = ExceptionRequest(ExceptionKind.CLOSURE, env.body.id, day, day)
        closures.make(env.session, env.registry, OPERATOR, asked, env.now)
        env.registry.refresh(env.session)
        self.counts["days closed"] += 1
        closed = {each.booking_id for each in self.stays.values() if each.closed_at == env.now}
        self.offers.make()
        made = select(TimeOffer.booking_id).where(TimeOffer.id > before)
        assert closed <= set(env.session.scalars(made))

    def free_time(self) -> datetime | None:
        """Return a free start within the next ten days, sooner ones more often."""
        ahead = timedelta(days=min(self.choose.expovariate(1 / 3), 10))
        day = (self.env.now + ahead).astimezone(ATHENS).date()
        since, until = day_bounds(day, ATHENS)
        env = self.env
        found = slots.free_times(env.session, env.offer, since, until, env.now, None)
        return self.choose.choice(found) if found else None

    def chats_of(self, booking_id: int) -> Sequence[str]:
        """Return the account of the chat in which a booking was made, if it takes messages."""
        address = self.chats.get(booking_id)
        return ["telegram"] if address and address not in self.blocking else []

    def say(self, booking: Booking, what: str) -> None:
        self.expect(booking.id, what, self.env.now)
        self.counts[what] += 1

    def expect(self, booking_id: int, what: str, at: datetime) -> None:
        self.at_once.append((booking_id, what, at.astimezone(UTC)))

    def begin(self, booking: Booking) -> None:
        stay = Stay(booking.id, booking.starts_at.astimezone(UTC), self.env.now.astimezone(UTC))
        self.stays[booking.id] = stay

    def end(self, booking: Booking) -> None:
        stay = self.stays.pop(booking.id)
        stay.until = self.env.now
        self.past.append(stay)

    def expected(self) -> list[Sent]:
        """Return what must have been sent: reckoned by the clock on the wall, without our code."""
        found = [*self.at_once]
        for stay in (*self.past, *self.stays.values()):
            due, said = dict[int, datetime](), stay.since
            for hours in HOURS:
                wanted = at = datetime.fromtimestamp(stay.starts_at.timestamp() - hours * 3600, UTC)
                if is_quiet(at):
                    at = local_time(at, time(20, 55), days=-(at.astimezone(ATHENS).hour < 8))
                if at <= stay.since or (at != wanted and at - said < HOUR):
                    continue
                minutes = self.env.body.rules.reminder_spread_minutes
                sooner = at - spread(stay.booking_id, minutes)
                if not is_quiet(sooner) and sooner - said >= HOUR:
                    at = sooner
                said = due[hours] = at
            for hours, at in due.items():
                sent = self.after_outage(at).astimezone(UTC)
                if is_quiet(sent):
                    sent = local_time(sent, time(8), days=sent.astimezone(ATHENS).hour >= 21)
                late = sent.timestamp() - (stay.starts_at.timestamp() - hours * 3600)
                ahead = HOUR if late >= 3600 else timedelta()
                ends = [end for end in (stay.until, stay.closed_at, stay.starts_at) if end]
                is_overtaken = any(due[each] <= sent + ahead for each in due if each < hours)
                if sent < min(ends) and not is_overtaken:
                    found.append((stay.booking_id, f"reminder {hours}", sent))
                    self.counts["late"] += sent != at
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


def is_quiet(moment: datetime) -> bool:
    return not 8 <= moment.astimezone(ATHENS).hour < 21


def local_time(moment: datetime, clock: time, *, days: int) -> datetime:
    """Return a time of the clock on the wall, on the day of a moment or so many days from it."""
    day = moment.astimezone(ATHENS).date() + timedelta(days=days)
    return datetime.combine(day, clock, ATHENS).astimezone(UTC)
