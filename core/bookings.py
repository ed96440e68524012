"""Hold, confirm, move, cancel, edit, expire. No desk ever serves two citizens at once."""

import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, TextClause, and_, case, func, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core import calendar, guard
from core.actor import Actor
from core.calendar import Plan
from core.catalogue import Consent, Rules
from core.codes import new_code
from core.conversations import forget_said
from core.errors import Refusal
from core.limits import check_citizen, check_holds, check_phone
from core.locks import wait_for
from core.notices import REMINDER, owe
from core.office import Office
from core.outbox import call_off
from core.tables import LIVE, Booking, Citizen, History
from core.tally import note
from core.text import _, _n


def hold(
    session: Session,
    plan: Plan,
    starts_at: datetime,
    now: datetime,
    actor: Actor,
    old: Booking | None = None,
) -> Booking:
    """Keep a time for the actor, on the least busy desk that has it free.

    `old` is the actor's hold before this one: its row gets the new time, or stays as it was.
    The same time kept for something else is no new hold: it ends no later than it would have.
    Raises Refusal: taken, too_many_bookings, too_many_holds.
    """
    rules = plan.municipality.rules
    check_citizen(session, plan, now, actor.citizen_id)
    check_holds(session, rules, now, actor.network, old)
    booking = old if old and old.state == "held" else Booking(details={})
    same = booking is old and is_live(booking, now) and booking.starts_at == starts_at
    held_at = booking.held_at if same else now
    until = _held_until(rules, held_at, now)

    def take(desk_id: int) -> None:
        booking.municipality_id = plan.municipality.id
        booking.branch, booking.service = plan.branch.id, plan.service.id
        booking.channel, booking.desk_id = plan.channel, desk_id
        booking.starts_at = starts_at
        booking.ends_at = starts_at + timedelta(minutes=plan.service.duration)
        booking.state, booking.held_at, booking.held_until = "held", held_at, until
        booking.citizen_id, booking.network = actor.citizen_id, actor.network
        booking.language, booking.timezone = actor.language, actor.timezone
        session.add(booking)

    _take_a_desk(session, plan, starts_at, now, take, old)
    _record(session, booking, "held", now, actor)
    return booking


def is_live(booking: Booking, now: datetime) -> bool:
    """Whether it is a hold that hasn't run out."""
    return booking.state == "held" and booking.held_until > now


def _held_until(rules: Rules, held_at: datetime, now: datetime) -> datetime:
    most = held_at + timedelta(minutes=rules.hold_max_minutes)
    return min(now + timedelta(minutes=rules.hold_minutes), most)


def extend(booking: Booking, rules: Rules, now: datetime) -> bool:
    """Keep a live hold longer because its citizen is active; False when it has run out."""
    if not is_live(booking, now):
        return False
    booking.held_until = max(booking.held_until, _held_until(rules, booking.held_at, now))
    return True


def release(session: Session, booking: Booking, now: datetime, actor: Actor) -> None:
    """Give up a hold that isn't wanted any more."""
    if booking.state == "held":
        booking.state = "expired"
        _record(session, booking, "released", now, actor)


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
    if booking.state not in ("held", "expired") or booking.starts_at <= now:
        raise taken()
    phone_hash = office.keyed_hash(details["phone"]) if details.get("phone") else None
    check_citizen(session, plan, now, actor.citizen_id)
    if phone_hash:
        check_phone(session, plan.municipality, plan.service.id, now, phone_hash)

    def take(desk_id: int) -> None:
        # The code first, for looking it up writes what has changed: all of it is one UPDATE.
        booking.code = _unused_code(session, choose)
        booking.desk_id = desk_id
        booking.state = "confirmed"
        booking.details = dict(details)
        booking.phone_hash = phone_hash
        booking.language, booking.timezone = actor.language, actor.timezone
        if consent:
            booking.consent_version = f"{consent.id} {consent.version}"
            booking.consented_at = now

    if is_live(booking, now) and _still_serves(plan, booking):
        take(booking.desk_id)
    else:
        _take_a_desk(session, plan, booking.starts_at, now, take, booking)
    done = _record(session, booking, "confirmed", now, actor)
    owe(session, office, booking, done, now, actor)


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
    done = _record(session, booking, "moved", now, actor, ["starts_at"])
    owe(session, office, booking, done, now, actor)


def cancel(
    session: Session, office: Office, rules: Rules, booking: Booking, now: datetime, actor: Actor
) -> None:
    """End a booking. Raises Refusal: too_late, not_confirmed."""
    check_changeable(booking, rules, now)
    booking.state = "cancelled"
    done = _record(session, booking, "cancelled", now, actor)
    owe(session, office, booking, done, now, actor)


def edit(
    session: Session,
    office: Office,
    booking: Booking,
    changes: Mapping[str, str],
    now: datetime,
    actor: Actor,
) -> None:
    """Change details of a booking. Raises Refusal: not_confirmed, too_many_bookings."""
    check_open(booking, now)
    phone = changes.get("phone", booking.details.get("phone"))
    phone_hash = office.keyed_hash(phone) if phone else None
    if phone_hash and phone_hash != booking.phone_hash:
        body = office[booking.municipality_id].body
        check_phone(session, body, booking.service, now, phone_hash)
    kept = {name: value for name, value in booking.details.items() if name not in changes}
    booking.details = kept | {name: value for name, value in changes.items() if value}
    booking.phone_hash = phone_hash
    done = _record(session, booking, "edited", now, actor, sorted(changes))
    owe(session, office, booking, done, now, actor)


def withdraw_consent(session: Session, booking: Booking, now: datetime, actor: Actor) -> None:
    """Take consent back: without it the details can't be kept, nor so the booking.

    What the citizen is offered from before and what was said in their chats goes too, and in that
    of the actor, who may have proved another's booking to be theirs. No deadline stands in the way
    of it. Nobody is written about it: the address is gone.
    """
    check_open(booking, now)
    booking.consent_withdrawn_at = now
    booking.state = "cancelled"
    booking.details = {}
    booking.phone_hash = None
    session.get_one(Citizen, booking.citizen_id).details = {}
    for citizen_id in {booking.citizen_id, actor.citizen_id}:
        forget_said(session, citizen_id)
    call_off(session, booking.id, REMINDER)
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
    return _note_expired(session, _expire(session, now, Booking.held_until <= now))


def taken() -> Refusal:
    """What is said when a time is gone."""
    return Refusal("taken", _("I'm sorry, that time has just gone."))


def _still_serves(plan: Plan, booking: Booking) -> bool:
    """Whether the booking's desk works then, as far as the catalogue knows by now."""
    return any(
        desk_id == booking.desk_id
        and calendar.covered(plan, desk, booking.starts_at, booking.ends_at)
        for desk_id, desk in plan.desks
    )


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
    for desk_id in _least_busy_first(session, plan, desks, starts_at, ends_at, now, own):
        try:
            with session.begin_nested():
                # Before any row, or two who want it at once wait for one another until one of
                # them is stopped.
                wait_for(session, f"desk {desk_id}")
                expired = _expire_overlapping(session, desk_id, starts_at, ends_at, now, own)
                take(desk_id)
                session.flush()
        except IntegrityError as error:
            if not guard.refused(error):
                raise
            continue
        _note_expired(session, expired)
        return
    raise taken()


def _least_busy_first(
    session: Session,
    plan: Plan,
    desks: list[int],
    starts_at: datetime,
    ends_at: datetime,
    now: datetime,
    own: Booking | None,
) -> list[int]:
    """The desks by what they have that day, without those that are seen to be taken then."""
    since, until = calendar.bounds(starts_at.astimezone(plan.zone).date(), plan.zone)
    overlaps = and_(Booking.starts_at < ends_at, Booking.ends_at > starts_at)
    rows = session.execute(
        select(Booking.desk_id, func.count(), func.max(case((overlaps, 1), else_=0)))
        .where(
            Booking.desk_id.in_(desks),
            Booking.starts_at > since - timedelta(days=1),
            Booking.starts_at < until,
            Booking.ends_at > since,
            LIVE,
            or_(Booking.state == "confirmed", Booking.held_until > now),
            Booking.id != (own.id if own else 0),
        )
        .group_by(Booking.desk_id)
    ).all()
    load = {desk: count for desk, count, _taken in rows}
    taken = {desk for desk, _count, overlapping in rows if overlapping}
    return sorted(set(desks) - taken, key=lambda desk: (load.get(desk, 0), desk))


def _expire_overlapping(
    session: Session,
    desk_id: int,
    starts_at: datetime,
    ends_at: datetime,
    now: datetime,
    own: Booking | None,
) -> int:
    return _expire(
        session,
        now,
        LIVE,
        Booking.held_until <= now,
        Booking.desk_id == desk_id,
        Booking.starts_at < ends_at,
        Booking.ends_at > starts_at,
        Booking.starts_at > starts_at - timedelta(days=1),
        Booking.id != (own.id if own else 0),
    )


def _expire(session: Session, now: datetime, *which: ColumnElement[bool] | TextClause) -> int:
    # The literal words once more, for the partial index over holds.
    expired = session.scalars(
        update(Booking)
        .where(Booking.state == "held", *which)
        .values(state="expired", version=Booking.version + 1)
        .returning(Booking.id)
    ).all()
    for booking_id in expired:
        session.add(
            History(booking_id=booking_id, at=now, action="expired", fields=[], citizen_id=None)
        )
    return len(expired)


def _note_expired(session: Session, count: int) -> int:
    for _each in range(count):
        note(session, "booking", "expired")
    return count


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
    actor: Actor,
    fields: Iterable[str] = (),
) -> History:
    session.flush()
    done = History(
        booking_id=booking.id,
        at=now,
        action=action,
        fields=list(fields),
        citizen_id=actor.citizen_id,
        platform=actor.platform,
    )
    session.add(done)
    session.flush()
    note(session, "booking", action)
    return done
