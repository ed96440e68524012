"""Making, accepting and declining offers of another time in tests, and what causes them."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.actor import OPERATOR, Role, Staff
from core.bookings.offers import service as time_offers
from core.bookings.offers.making import make_offers, plan_offers
from core.bookings.offers.service import ask_for_offer
from core.bookings.offers.withdrawal import plan_withdrawals, withdraw_planned
from core.catalogue.registry import Registry
from core.catalogue.schedule_exceptions import update_digest
from core.db.models import (
    Booking,
    ExceptionKind,
    ScheduleException,
    StaffMember,
    StaffRoom,
    TimeOffer,
)
from core.staff import members
from tests.core.booking_environment import BookingEnvironment
from tests.core.small_municipality import MONDAY


def manager(env: BookingEnvironment) -> Staff:
    """A new employee of the municipality."""
    given = {"name": "Ελένη", "municipality_id": "town"}
    number = members.add(env.session, env.registry, OPERATOR, env.now, role=Role.MANAGER, **given)
    return Staff(Role.MANAGER, "telegram", member_id=number, municipality_id="town")


def ask(env: BookingEnvironment, booking: Booking) -> None:
    """Ask for an offer: because of what keeps it from its time, else as an employee."""
    ask_at(env.session, env.registry, booking, env.now)


def ask_at(session: Session, registry: Registry, booking: Booking, now: datetime) -> None:
    """Ask for an offer so at a time."""
    home = booking.municipality_id
    helen = StaffMember(municipality_id=home, role=Role.MANAGER, name="Ελένη", added_at=now)
    session.add(helen)
    session.flush()
    ask_for_offer(session, registry[home], booking, now, member_id=helen.id)


def offer(env: BookingEnvironment, booking: Booking) -> TimeOffer:
    """Ask for an offer, and make it; return it."""
    ask(env, booking)
    make(env)
    return latest(env, booking)


def make(env: BookingEnvironment, limit: int = 100) -> int:
    """Make the offers that were asked for, as the server's job does."""
    planned = plan_offers(env.session, env.registry, env.now, limit)
    return make_offers(env.session, env.registry, planned, env.now, lambda: False)


def work_off(env: BookingEnvironment, limit: int = 100) -> int:
    """Withdraw the offers that aren't needed any more, as the server's job does."""
    planned = plan_withdrawals(env.session, env.registry, env.now, limit, {})
    return withdraw_planned(env.session, env.registry, planned, env.now, lambda: False)


def latest(env: BookingEnvironment, booking: Booking) -> TimeOffer:
    found = time_offers.latest_offer(env.session, booking.id)
    assert found
    return found


def accept(env: BookingEnvironment, made: TimeOffer) -> bool:
    booking = env.session.get_one(Booking, made.booking_id)
    who = env.actor(booking.citizen_id)
    return time_offers.accept(env.session, env.registry, made, env.now, who)


def decline(env: BookingEnvironment, made: TimeOffer) -> None:
    time_offers.decline(env.session, env.registry, made, env.now)


def hold_of(env: BookingEnvironment, made: TimeOffer) -> Booking:
    assert made.hold_id
    return env.session.get_one(Booking, made.hold_id)


def held_for_offers(env: BookingEnvironment) -> Sequence[Booking]:
    """The live holds of offers."""
    held = Booking.offered_for_id.is_not(None) & (Booking.state == "held")
    return env.session.scalars(select(Booking).where(held)).all()


def told(env: BookingEnvironment) -> list[tuple[str, str]]:
    """Return what was enqueued because of offers, or of what became of them."""
    others = {"confirmed", "alert", "alert_edit"}
    return [(platform, kind) for platform, kind in env.outbox() if kind not in others]


def exception_of(env: BookingEnvironment, day: date = MONDAY) -> int:
    """A closure of the municipality, of which nobody in its way was told."""
    made = ScheduleException(
        municipality_id="town",
        kind=ExceptionKind.CLOSURE,
        first=day,
        last=day,
        reason="απεργία",
        made_at=env.now,
    )
    env.session.add(made)
    reread(env)
    return made.id


def reread(env: BookingEnvironment) -> None:
    env.session.flush()
    update_digest(env.session, "town")
    env.registry.refresh(env.session)


def end_closure(env: BookingEnvironment, exception: int) -> None:
    """End a closure; what was offered for it is withdrawn afterwards."""
    env.session.get_one(ScheduleException, exception).withdrawn_at = env.now
    reread(env)


def room(env: BookingEnvironment) -> StaffRoom:
    """A room of the municipality."""
    made = StaffRoom(
        municipality_id="town", account="telegram", chat="-1", topic="", bound_at=env.now
    )
    env.session.add(made)
    env.session.flush()
    return made
