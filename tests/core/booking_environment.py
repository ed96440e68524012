"""An environment for bookings: a small municipality, loaded, and a clock that stands still."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from core.actor import Actor
from core.availability import slots
from core.bookings import holds
from core.bookings import service as bookings
from core.bookings.catalogue_update import load_catalogue
from core.catalogue.model import Consent, Municipality
from core.catalogue.registry import Registry
from core.catalogue.service_offer import ServiceOffer
from core.db.models import REMINDERS, Booking, Citizen, Contact, History, OutboxRow
from tests.core.small_municipality import MONDAY, NOW, at, small

PHONE, EMAIL = "+306912345678", "maria@example.gr"
DETAILS = {"name": "Μαρία Παπαδοπούλου", "phone": PHONE, "email": EMAIL}

CONTACT = select(Contact.id).where(Contact.citizen_id == bindparam("citizen"))


@dataclass
class BookingEnvironment:
    """Holds, confirms and changes bookings of one service at one branch."""

    session: Session
    body: Municipality = field(default_factory=small)
    accounts: frozenset[str] = frozenset({"email"})
    now: datetime = NOW
    registry: Registry = field(default_factory=lambda: Registry("secret"))

    def __post_init__(self) -> None:
        self.registry.accounts |= self.accounts
        self.registry.refresh(self.session)
        # Only where it is needed, for loading blocks all others.
        if self.body not in self.registry.municipalities:
            self.reload(self.body)
        self.choose: Callable[[Sequence[str]], str] = random.Random(1).choice
        self._contacts: dict[int, int] = {}

    @property
    def offer(self) -> ServiceOffer:
        return self.offer_of(self.body.groups[0].services[0].id)

    def offer_of(self, service: str, channel: str = "in_person") -> ServiceOffer:
        return self.registry[self.body.id].offer(service, self.body.branches[0].id, channel)

    def reload(self, body: Municipality) -> str:
        said = load_catalogue(self.session, body, self.now)
        self.body = body
        self.registry.refresh(self.session)
        return said

    def citizen(self, network: str | None = None) -> Actor:
        who = Citizen(details={}, created_at=self.now)
        self.session.add(who)
        self.session.flush()
        contact = Contact(account="webchat", address=f"{who.id}", citizen_id=who.id)
        self.session.add(contact)
        self.session.flush()
        self._contacts[who.id] = contact.id
        return replace(self.actor(who.id), network=network)

    def actor(self, citizen_id: int) -> Actor:
        """The citizen as an actor on the web page."""
        contact, page = self._contacts.get(citizen_id), "webchat"
        if contact is None:
            contact = self.session.scalar(CONTACT, {"citizen": citizen_id})
        return Actor(citizen_id, page, "el", "Europe/Athens", contact_id=contact, account=page)

    def later(self, **by: float) -> None:
        self.now += timedelta(**by)

    def hold(
        self,
        clock: str,
        who: Actor | None = None,
        old: Booking | None = None,
        *,
        day: date = MONDAY,
        offer: ServiceOffer | None = None,
    ) -> Booking:
        actor = who or self.citizen()
        return holds.hold(self.session, offer or self.offer, at(clock, day), self.now, actor, old)

    def confirm(
        self,
        booking: Booking,
        who: Actor | None = None,
        consent: Consent | None = None,
        offer: ServiceOffer | None = None,
        **details: str,
    ) -> Booking:
        bookings.confirm(
            self.session,
            self.registry,
            offer or self.offer,
            booking,
            self.now,
            who or self.actor(booking.citizen_id),
            details={k: v for k, v in (DETAILS | details).items() if v},
            consent=consent,
            choose=self.choose,
        )
        return booking

    def book(self, clock: str, who: Actor | None = None, *, day: date = MONDAY) -> Booking:
        """A confirmed booking, of a phone number of its own."""
        booking = self.hold(clock, who, day=day)
        return self.confirm(booking, phone=f"+3069{booking.id:08}")

    def move(self, booking: Booking, clock: str, *, day: date = MONDAY) -> None:
        who = Actor(booking.citizen_id, "telegram", "el", "Europe/Athens")
        start = at(clock, day)
        bookings.move(self.session, self.registry, self.offer, booking, start, self.now, who)

    def cancel(self, booking: Booking) -> None:
        who = Actor(booking.citizen_id, "telegram", "el", "Europe/Athens")
        bookings.cancel(self.session, self.registry, booking, self.now, who)

    def free(self, own: Booking | None = None) -> str:
        since, until = at("00:00"), at("00:00") + timedelta(days=1)
        number = own.id if own else None
        found = slots.free_times(self.session, self.offer, since, until, self.now, number)
        return " ".join(f"{start:%H:%M}" for start in found)

    def history(self, booking: Booking) -> list[str]:
        rows = self.session.scalars(
            select(History).where(History.booking_id == booking.id).order_by(History.id)
        )
        return [row.action for row in rows]

    def outbox(self) -> list[tuple[str, str]]:
        """The messages, but for reminders whose way isn't chosen yet."""
        chosen = select(OutboxRow).where(OutboxRow.account != REMINDERS)
        rows = self.session.scalars(chosen.order_by(OutboxRow.id))
        return [(row.platform, row.kind) for row in rows]
