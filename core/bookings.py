"""Hold, confirm, move, cancel, edit, expire. No desk ever serves two citizens at once."""

import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core import calendar
from core.calendar import Plan
from core.catalogue import Consent, Rules
from core.codes import new_code
from core.errors import Refusal
from core.notices import owe
from core.office import Office
from core.tables import LIVE, Booking, History
from core.text import _, _n


@dataclass(frozen=True)
class Actor:
    """Who acts, and over what. `network` is a keyed hash of an anonymous web chat's address."""

    citizen_id: int
    platform: str
    language: str
    timezone: str
    network: str | None = None


def hold(
    session: Session,
    plan: Plan,
    starts_at: datetime,
    now: datetime,
    actor: Actor,
    old: Booking | None = None,
) -> Booking:
    """Keep a time for the actor, on the least busy desk that has it free.

    `old` is the actor's hold before this one: given up only once the new time is taken.
    Raises Refusal: taken, too_many_bookings, too_many_holds.
    """
    rules = plan.municipality.rules
    _check_open_bookings(session, plan, now, Booking.citizen_id == actor.citizen_id)
    if actor.network:
        held = session.scalar(
            select(func.count()).where(
                Booking.network == actor.network, Booking.state == "held", Booking.held_until > now
            )
        )
        if (held or 0) - (old is not None) >= rules.holds_per_address:
            raise Refusal(
                "too_many_holds",
                _("Too many times are being kept from your network. Please try again later."),
            )
    booking = Booking(
        municipality_id=plan.municipality.id,
        branch=plan.branch.id,
        service=plan.service.id,
        channel=plan.channel,
        starts_at=starts_at,
        ends_at=starts_at + timedelta(minutes=plan.service.duration),
        state="held",
        held_at=now,
        held_until=now + timedelta(minutes=rules.hold_minutes),
        citizen_id=actor.citizen_id,
        network=actor.network,
        details={},
        language=actor.language,
        timezone=actor.timezone,
    )
    with session.begin_nested():
        if old is not None:
            release(session, old, now)
            session.flush()

        def take(desk_id: int) -> None:
            booking.desk_id = desk_id
            session.add(booking)

        _take_a_desk(session, plan, starts_at, now, take)
    _record(session, booking, "held", now, actor)
    return booking


def extend(booking: Booking, rules: Rules, now: datetime) -> bool:
    """Keep a live hold longer because its citizen is active; False when it has run out."""
    if booking.state != "held" or booking.held_until <= now:
        return False
    most = booking.held_at + timedelta(minutes=rules.hold_max_minutes)
    booking.held_until = max(
        booking.held_until, min(now + timedelta(minutes=rules.hold_minutes), most)
    )
    return True


def release(session: Session, booking: Booking, now: datetime) -> None:
    """Give up a hold that isn't wanted any more."""
    if booking.state == "held":
        booking.state = "expired"
        _record(session, booking, "released", now, None)


def confirm(
    session: Session,
    office: Office,
    plan: Plan,
    booking: Booking,
    now: datetime,
    actor: Actor,
    *,
    details: Mapping[str, str],
    consent: Consent | None,
    choose: Callable[[Sequence[str]], str] = secrets.choice,
) -> None:
    """Turn a hold into a booking with a code; a lapsed one too, while its time is still free.

    Raises Refusal: taken, too_many_bookings.
    """
    if booking.starts_at <= now:
        raise taken()
    phone_hash = office.keyed_hash(details["phone"]) if details.get("phone") else None
    _check_open_bookings(session, plan, now, Booking.citizen_id == actor.citizen_id)
    if phone_hash:
        _check_open_bookings(session, plan, now, Booking.phone_hash == phone_hash)
    _expire_overlapping(
        session, [booking.desk_id], booking.starts_at, booking.ends_at, now, booking
    )
    try:
        with session.begin_nested():
            booking.state = "confirmed"
            session.flush()
    except IntegrityError:
        raise taken() from None
    booking.code = _unused_code(session, choose)
    booking.details = dict(details)
    booking.phone_hash = phone_hash
    booking.language, booking.timezone = actor.language, actor.timezone
    if consent:
        booking.consent_version = f"{consent.id} {consent.version}"
        booking.consented_at = now
    _record(session, booking, "confirmed", now, actor)
    owe(session, office, booking, "confirmed", now)


def move(
    session: Session,
    office: Office,
    plan: Plan,
    booking: Booking,
    starts_at: datetime,
    now: datetime,
    actor: Actor,
) -> None:
    """Give a booking another time, as one UPDATE of its row; refused, the old time stands.

    Raises Refusal: taken, too_late, not_confirmed.
    """
    check_changeable(booking, plan.municipality.rules, now)

    def take(desk_id: int) -> None:
        booking.desk_id = desk_id
        booking.starts_at = starts_at
        booking.ends_at = starts_at + timedelta(minutes=plan.service.duration)

    _take_a_desk(session, plan, starts_at, now, take, booking)
    _record(session, booking, "moved", now, actor, ["starts_at"])
    owe(session, office, booking, "moved", now)


def cancel(
    session: Session, office: Office, rules: Rules, booking: Booking, now: datetime, actor: Actor
) -> None:
    """End a booking. Raises Refusal: too_late, not_confirmed."""
    check_changeable(booking, rules, now)
    booking.state = "cancelled"
    _record(session, booking, "cancelled", now, actor)
    owe(session, office, booking, "cancelled", now)


def edit(
    session: Session,
    office: Office,
    booking: Booking,
    changes: Mapping[str, str],
    now: datetime,
    actor: Actor,
) -> None:
    """Change details of a booking. Raises Refusal: not_confirmed."""
    check_open(booking, now)
    kept = {name: value for name, value in booking.details.items() if name not in changes}
    booking.details = kept | {name: value for name, value in changes.items() if value}
    if "phone" in changes:
        booking.phone_hash = office.keyed_hash(changes["phone"])
    _record(session, booking, "edited", now, actor, sorted(changes))


def withdraw_consent(
    session: Session, office: Office, booking: Booking, now: datetime, actor: Actor
) -> None:
    """Take consent back: without it the details can't be kept, nor so the booking.

    No deadline stands in the way of it.
    """
    check_open(booking, now)
    owe(session, office, booking, "cancelled", now)
    booking.consent_withdrawn_at = now
    booking.state = "cancelled"
    booking.details = {}
    booking.phone_hash = None
    _record(session, booking, "consent_withdrawn", now, actor)


def upcoming(session: Session, citizen_id: int, now: datetime) -> Sequence[Booking]:
    """The citizen's confirmed bookings that aren't over, soonest first."""
    return session.scalars(
        select(Booking)
        .where(
            Booking.citizen_id == citizen_id, Booking.ends_at > now, Booking.state == "confirmed"
        )
        .order_by(Booking.starts_at)
    ).all()


def check_open(booking: Booking, now: datetime) -> None:
    """Raise Refusal not_confirmed unless it is confirmed and still to come."""
    if booking.state != "confirmed" or booking.starts_at <= now:
        raise Refusal("not_confirmed", _("This appointment is over or was cancelled."))


def check_changeable(booking: Booking, rules: Rules, now: datetime) -> None:
    """Raise Refusal, also when the municipality's deadline for changes has passed."""
    check_open(booking, now)
    hours = rules.change_deadline_hours
    if booking.starts_at - now < timedelta(hours=hours):
        raise Refusal(
            "too_late",
            _n(
                "This appointment can be changed until {count} hour before it. "
                "Please contact the office.",
                "This appointment can be changed until {count} hours before it. "
                "Please contact the office.",
                hours,
            ),
        )


def expire_lapsed(session: Session, now: datetime) -> int:
    """Expire every hold that has run out; how many there were."""
    return _expire(session, now, Booking.held_until <= now)


def taken() -> Refusal:
    """What is said when a time is gone."""
    return Refusal("taken", _("I'm sorry, that time has just gone."))


def _take_a_desk(
    session: Session,
    plan: Plan,
    starts_at: datetime,
    now: datetime,
    take: Callable[[int], None],
    own: Booking | None = None,
) -> None:
    """Try each desk that may start then, the least busy first, until the guard lets one pass."""
    if not plan.first(now) <= starts_at < plan.last(now):
        raise taken()
    desks = calendar.desks_for(plan, starts_at)
    ends_at = starts_at + timedelta(minutes=plan.service.duration)
    _expire_overlapping(session, desks, starts_at, ends_at, now, own)
    for desk_id in _least_busy_first(session, plan, desks, starts_at):
        try:
            with session.begin_nested():
                take(desk_id)
                session.flush()
        except IntegrityError:
            continue
        return
    raise taken()


def _least_busy_first(
    session: Session, plan: Plan, desks: list[int], starts_at: datetime
) -> list[int]:
    since, until = calendar.bounds(starts_at.astimezone(plan.zone).date(), plan.zone)
    rows = session.execute(
        select(Booking.desk_id, func.count())
        .where(
            Booking.desk_id.in_(desks), Booking.starts_at >= since, Booking.starts_at < until, LIVE
        )
        .group_by(Booking.desk_id)
    )
    load = dict(rows.all())
    return sorted(desks, key=lambda desk: (load.get(desk, 0), desk))


def _expire_overlapping(
    session: Session,
    desks: list[int],
    starts_at: datetime,
    ends_at: datetime,
    now: datetime,
    own: Booking | None,
) -> None:
    _expire(
        session,
        now,
        LIVE,
        Booking.held_until <= now,
        Booking.desk_id.in_(desks),
        Booking.starts_at < ends_at,
        Booking.ends_at > starts_at,
        Booking.starts_at > starts_at - timedelta(days=1),
        Booking.id != (own.id if own else 0),
    )


def _expire(session: Session, now: datetime, *which: object) -> int:
    # The literal words once more, for the partial index over holds.
    expired = session.scalars(
        update(Booking)
        .where(Booking.state == "held", *which)  # type: ignore[arg-type]
        .values(state="expired")
        .returning(Booking.id)
    ).all()
    for booking_id in expired:
        session.add(
            History(booking_id=booking_id, at=now, action="expired", fields=[], citizen_id=None)
        )
    return len(expired)


def _check_open_bookings(session: Session, plan: Plan, now: datetime, whose: object) -> None:
    most = plan.municipality.rules.open_bookings
    count = session.scalar(
        select(func.count()).where(
            whose,  # type: ignore[arg-type]
            Booking.ends_at > now,
            Booking.municipality_id == plan.municipality.id,
            Booking.service == plan.service.id,
            Booking.state == "confirmed",
        )
    )
    if (count or 0) >= most:
        raise Refusal(
            "too_many_bookings",
            _n(
                "You already have {count} appointment for this service. "
                "You can move or cancel it: write “my bookings”.",
                "You already have {count} appointments for this service. "
                "You can move or cancel them: write “my bookings”.",
                count or 0,
            ),
        )


def _unused_code(session: Session, choose: Callable[[Sequence[str]], str]) -> str:
    while True:
        code = new_code(choose)
        if session.scalar(select(Booking.id).where(Booking.code == code)) is None:
            return code


def _record(
    session: Session,
    booking: Booking,
    action: str,
    now: datetime,
    actor: Actor | None,
    fields: Iterable[str] = (),
) -> None:
    session.flush()
    session.add(
        History(
            booking_id=booking.id,
            at=now,
            action=action,
            fields=list(fields),
            citizen_id=actor.citizen_id if actor else None,
            platform=actor.platform if actor else None,
        )
    )
