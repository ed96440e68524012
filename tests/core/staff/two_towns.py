"""Two municipalities with the same service groups and desks, and staff of both."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from core.actor import Actor, Role, Staff
from core.bookings import service as bookings
from core.bookings.catalogue_update import load_catalogue
from core.catalogue.model import Municipality
from core.catalogue.registry import Registry
from core.catalogue.service_offer import ServiceOffer
from core.db.models import Booking
from core.staff import members
from tests.core.booking_environment import DETAILS, BookingEnvironment
from tests.core.small_municipality import NOW, desk, service, small, words

OPERATOR = Staff(Role.OPERATOR, "cli")
"""Whoever has the machine."""

TOWN, CITY = "town", "city"


def with_groups(municipality_id: str, **more: Any) -> Municipality:
    """Two groups of one service each: permits at the desks `one` and `two`, taxes at `tax`."""
    groups: list[dict[str, Any]] = [
        {"id": name, "name": words(name), "services": [service(of, notice_hours=24)]}
        for name, of in (("building", "permit"), ("money", "tax"))
    ]
    return small(
        desk("one", services=["permit"]),
        desk("two", services=["permit"]),
        desk("three", services=["tax"]),
        id=municipality_id,
        name=words(municipality_id),
        groups=groups,
        **more,
    )


@dataclass
class TwoTowns:
    """The office of both; only `town_only`, an account of TOWN alone, isn't shared by both."""

    session: Session
    now: datetime = NOW
    registry: Registry = field(init=False)

    town_only = "telegram:town"
    shared = "telegram:shared"

    def __post_init__(self) -> None:
        accounts = frozenset({self.town_only, self.shared, "webchat", "email"})
        self.registry = Registry("secret", accounts, {self.town_only: TOWN})
        self.registry.refresh(self.session)
        # Only where they are needed, for loading blocks all others.
        for each in {TOWN, CITY} - {body.id for body in self.registry.municipalities}:
            load_catalogue(self.session, with_groups(each), self.now)
        self.registry.refresh(self.session)

    def later(self, **by: float) -> None:
        self.now += timedelta(**by)

    def add(
        self,
        role: Role = Role.EMPLOYEE,
        at: str | None = TOWN,
        by: Staff = OPERATOR,
        name: str = "Ελένη Δήμου",
        **areas: Any,
    ) -> int:
        """Add a member; an employee of whom no group or desk is named serves `building`."""
        if role is Role.EMPLOYEE and not areas:
            areas = {"groups": ["building"]}
        return members.add(
            self.session,
            self.registry,
            by,
            self.now,
            name=name,
            role=role,
            municipality_id=at,
            **areas,
        )

    def staff(self, role: Role, at: str | None = TOWN, **areas: Any) -> Staff:
        """Add a member; return them as they act on Telegram."""
        who = members.load(self.session, self.add(role, at, **areas), "telegram")
        assert who
        return who

    def book(
        self,
        clock: str = "10:00",
        service: str = "permit",
        at: str = TOWN,
        who: Actor | None = None,
        **details: Any,
    ) -> Booking:
        """Book for a citizen with one contact, who chats on the page."""
        registry = self.registry
        env = BookingEnvironment(
            self.session, with_groups(at), registry.accounts, self.now, registry
        )
        offer = env.offer_of(service)
        held = env.hold(clock, who, offer=offer)
        return env.confirm(held, offer=offer, phone=f"+3069{held.id:08}", **details)

    def confirm(self, held: Booking, offer: ServiceOffer, actor: Actor) -> None:
        """Confirm what an actor holds, such as staff for a caller."""
        bookings.confirm(
            self.session,
            self.registry,
            offer,
            held,
            self.now,
            actor,
            details=DETAILS,
            consent=None,
        )

    def desk(self, name: str, at: str = TOWN) -> int:
        return self.registry[at].desk_ids["office", name]
