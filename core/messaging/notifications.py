"""Notifications: the messages that a change to a booking causes, to whom and when."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.actor import Actor
from core.catalogue.registry import Registry
from core.db.advisory_locks import lock
from core.db.models import (
    REMINDERS,
    UNSENT,
    Booking,
    BookingState,
    Contact,
    Conversation,
    History,
    HistoryAction,
    OutboxRow,
    OutboxStatus,
)
from core.messaging.addresses import OWN_CHANGES, chat_of_email, citizen_change, was_answered
from core.messaging.keys import Cause, MessageKind
from core.messaging.outbox import SENT_STATUSES, OutboxMessage, enqueue, platform_of
from core.messaging.preferences import preferences_of
from core.messaging.recipients import ContactRecipient
from core.messaging.reminder_ways import take_key
from core.messaging.reminders import cancel_reminders, reminder_messages
from core.messaging.routes import (
    EMAIL,
    PAGE,
    SMS,
    VOICE,
    WAITING,
    Route,
    all_routes,
    always_texted,
    attendee_routes,
    citizen_routes,
    each_once,
    notification,
    text_routes,
    told_routes,
)
from core.messaging.text_budget import affordable

CHANGES_SENT_TO_CITIZEN = frozenset({MessageKind.MOVED, MessageKind.CANCELLED, MessageKind.EDITED})
"""The changes that the citizen who booked is sent, where somebody else made them by the code."""

TEXTED = frozenset({MessageKind.CONFIRMED, MessageKind.MOVED, MessageKind.CANCELLED})
"""The changes of which text messages tell; each costs."""

BY_OFFICE = {
    MessageKind.MOVED: MessageKind.MOVED_BY_OFFICE,
    MessageKind.CANCELLED: MessageKind.CANCELLED_BY_OFFICE,
    MessageKind.EDITED: MessageKind.EDITED_BY_OFFICE,
}
"""The kinds of message about changes that staff made."""


def enqueue_notifications(
    session: Session,
    registry: Registry,
    booking: Booking,
    change: History,
    now: datetime,
    actor: Actor,
) -> None:
    """Enqueue the notifications of a change, where their accounts are configured."""
    cause, routes = Cause.change(change.id), []
    preferences = preferences_of(session, booking.citizen_id)
    messages: list[OutboxMessage] = []
    if change.action in OWN_CHANGES:
        routes += _email_routes(registry, booking)
    is_answered = _answers_chat(actor) and change.citizen_id == booking.citizen_id
    if change.action in TEXTED and not is_answered:
        routes += text_routes(session, registry, booking)
    elif change.action in TEXTED and not _is_told_by_text(actor, booking):
        routes += always_texted(registry, booking, preferences)
    if change.action in CHANGES_SENT_TO_CITIZEN and change.citizen_id != booking.citizen_id:
        routes += told_routes(session, registry, booking)
    if is_call(actor):  # they have heard it, and the number that they gave may be anybody's
        routes = [each for each in routes if platform_of(each.account) != VOICE]
    if routes:
        kind = MessageKind(change.action)
        kind = BY_OFFICE.get(kind, kind) if actor.staff else kind
        messages = [notification(booking, each, cause, kind, now) for each in each_once(routes)]
    if change.action == MessageKind.CONFIRMED:
        # Asked of nobody else: a confirmation has statements enough.
        own = Route(actor.account, ContactRecipient(actor.contact_id or 0))
        chat = [own] if actor.contact_id and not actor.staff and not is_call(actor) else []
        messages += reminder_messages(registry, booking, now, chat, preferences)
    elif change.action == MessageKind.MOVED:
        cancel_reminders(session, booking)
        redirect_from_ended(session, registry, booking.citizen_id, now)
        routes = citizen_routes(session, registry, booking)
        messages += reminder_messages(registry, booking, now, routes, preferences)
    elif booking.state == BookingState.CANCELLED:
        cancel_reminders(session, booking)
    enqueue(session, {*registry.accounts, REMINDERS}, messages, now)


def enqueue_by_office(
    session: Session,
    registry: Registry,
    booking: Booking,
    cause: Cause,
    kind: MessageKind,
    now: datetime,
    expires_at: datetime | None = None,
) -> Sequence[str]:
    """Enqueue a message of the office about a booking, which is no change of it.

    It goes where its changes are told. Return the platforms.
    """
    citizen = told_routes(session, registry, booking)
    texts = text_routes(session, registry, booking)
    routes = each_once((*_email_routes(registry, booking), *texts, *citizen))
    messages = [
        replace(
            notification(booking, route, cause, kind, now), expires_at=expires_at or booking.ends_at
        )
        for route in routes
    ]
    enqueue(session, registry.accounts, messages, now)
    return [platform_of(route.account) for route in routes]


def enqueue_code(
    session: Session,
    registry: Registry,
    booking: Booking,
    platform: str,
    asked_at: datetime,
    now: datetime,
) -> int:
    """Enqueue a booking's code, which was asked for, for a platform; return how many there are.

    An e-mail has the codes of all upcoming bookings with that address; a text message, its own.
    There is none where the booking has no such address, or no account sends to it.
    """
    cause, kind = Cause.code(asked_at), MessageKind.CODE_SENT
    ways = attendee_routes(registry, booking)
    routes = [route for route in ways if platform_of(route.account) == platform]
    messages = [notification(booking, route, cause, kind, now) for route in routes]
    enqueue(session, registry.accounts, messages, now)
    return len(messages)


def reaches_anybody(session: Session, registry: Registry, booking: Booking) -> bool:
    """Return whether anybody would be sent a message of a change by the office."""
    preferences = preferences_of(session, booking.citizen_id)
    ways = attendee_routes(registry, booking, preferences)
    return bool(ways or citizen_routes(session, registry, booking))


def citizen_contact(session: Session, registry: Registry, booking: Booking) -> int | None:
    """Return the contact at which the citizen of a booking can be written to; None for none."""
    contacts = (route.contact_id for route in citizen_routes(session, registry, booking))
    return next((each for each in contacts if each is not None), None)


def notified_on(session: Session, booking: Booking, now: datetime) -> Sequence[str]:
    """Return the platforms on which a change by the office, made now, is told to anybody.

    A terminal, which is seldom opened again, doesn't count.
    """
    return session.scalars(
        select(OutboxRow.platform)
        .where(
            OutboxRow.booking_id == booking.id,
            OutboxRow.kind.in_(BY_OFFICE.values()),
            OutboxRow.platform.not_in(WAITING - {PAGE}),
            OutboxRow.due_at == now,
        )
        .order_by(OutboxRow.id)
    ).all()


def redirect_from_ended(
    session: Session, registry: Registry, citizen_id: int, now: datetime
) -> Sequence[OutboxRow]:
    """Send what a citizen's ended conversations would be sent another way, if there is one.

    Return what is due already, for which there is none: a reminder to come isn't missed.
    """
    unreached = []
    rows = session.scalars(
        select(OutboxRow)
        .join(Booking, OutboxRow.booking_id == Booking.id)
        .join(Conversation, OutboxRow.contact_id == Conversation.contact_id)
        .where(Booking.citizen_id == citizen_id, Conversation.ended_at.is_not(None))
        .order_by(OutboxRow.id)
    ).all()
    for row in rows:
        if row.status == OutboxStatus.PENDING:
            row.status = OutboxStatus.CANCELLED
            if row.kind == MessageKind.REMINDER:  # which goes another way in any case
                continue
            if not enqueue_fallback(session, registry, row, now) and row.due_at <= now:
                unreached.append(row)
    return unreached


def redirect_from_strangers(
    session: Session, registry: Registry, citizens: Collection[int], now: datetime
) -> None:
    """Send another way what waits for contacts about bookings that aren't their citizen's any more.

    These are bookings of `citizens`, who were one. A reply is left, for it answers that chat; so is
    what tells whoever gave an e-mail address that it is refused. What is being sent is left, too:
    it is rendered for no stranger at another try.
    """
    rows = session.scalars(
        select(OutboxRow)
        .join(Booking, OutboxRow.booking_id == Booking.id)
        .join(Contact, OutboxRow.contact_id == Contact.id)
        .where(
            Booking.citizen_id.in_(citizens),
            Contact.citizen_id != Booking.citizen_id,
            UNSENT,
            OutboxRow.kind.not_in((MessageKind.REPLY, MessageKind.ADDRESS_REFUSED)),
        )
        .order_by(OutboxRow.id)
    ).all()
    for row in rows:
        if row.status == OutboxStatus.PENDING:
            row.status = OutboxStatus.CANCELLED
        # A reminder that waits on a page has another row besides, whose way is chosen when due.
        if row.kind != MessageKind.REMINDER or row.platform not in WAITING:
            enqueue_fallback(session, registry, row, now)


def enqueue_fallback(session: Session, registry: Registry, row: OutboxRow, now: datetime) -> bool:
    """Enqueue a message, which can't be delivered, for the citizen's next route, if any.

    Return whether it reaches, or has reached, the citizen or the attendee another way. A change
    that the citizen made has reached them where the chat or page that made it answered: it isn't
    told there as if it came from elsewhere, but that the e-mail didn't arrive.
    """
    booking = session.get(Booking, row.booking_id) if row.booking_id else None
    if booking is None:
        return False
    if row.kind == MessageKind.REMINDER and row.expires_at != booking.starts_at:
        return True  # it was of another time, before a move
    if row.kind == MessageKind.ADDRESS_REFUSED:
        return True  # it is for that chat alone
    # Of two messages that are given up at once, the second sees that the first was.
    lock(session, f"fallback {booking.id}")
    cause, kind = Cause.parse(row.dedupe_key, row.recipient), MessageKind(row.kind)
    change = citizen_change(session, cause, kind)
    if change and row.platform == EMAIL and row.status == OutboxStatus.FAILED:
        _tell_of_address(session, registry, booking, change, now)
    own = change if change and change.citizen_id == booking.citizen_id else None
    answers_change = False
    if kind is MessageKind.REPLY:
        # As the email of the confirmation, so that the attendee gets it only once.
        last = _last_change(session, booking)
        answers_change = last is not None and last.at == row.due_at
        cause, kind = Cause.change(last.id if last else None), MessageKind.CONFIRMED
    routes = all_routes(session, registry, booking, kind)
    recipients = [str(route.recipient) for route in routes]
    after = recipients.index(row.recipient) + 1 if row.recipient in recipients else 0
    left: Sequence[Route] = [
        each for each in routes[after:] if not _is_same_number(row, each, routes)
    ]
    if kind is MessageKind.REMINDER:
        by_id = {booking.id: list(left)}
        left = affordable(session, registry, [booking], by_id, now)[booking.id]
    for route in left:
        if own and route.contact_id and platform_of(route.account) == own.platform:
            continue
        if change and change.platform == platform_of(route.account) == VOICE:
            continue  # who made it on the telephone has heard it
        message = notification(booking, route, cause, kind, max(now, row.due_at))
        if kind is MessageKind.REMINDER:
            take_key(session, message.dedupe_key, row.expires_at)
        known = select(OutboxRow.status).where(OutboxRow.dedupe_key == message.dedupe_key)
        is_other = row.kind != MessageKind.REPLY
        if (is_other or answers_change) and session.scalar(known) == OutboxStatus.FAILED:
            continue  # it was sent both ways at once, and the other was given up first
        fallback = replace(message, expires_at=row.expires_at)
        enqueue(session, registry.accounts, [fallback], now)
        if platform_of(route.account) not in WAITING:
            return True
    if own and was_answered(session, own):
        return True
    others = session.scalars(
        select(OutboxRow).where(
            OutboxRow.booking_id == booking.id,
            OutboxRow.id != row.id,
            OutboxRow.room_id.is_(None),
            OutboxRow.status.in_(SENT_STATUSES)
            | OutboxRow.status.in_((OutboxStatus.PENDING, OutboxStatus.CLAIMED))
            & OutboxRow.platform.not_in(WAITING),
        )
    )
    return any(Cause.parse(other.dedupe_key, other.recipient) == cause for other in others)


def _is_same_number(row: OutboxRow, route: Route, routes: Sequence[Route]) -> bool:
    """Return whether a route has a failed text's number and account: as its chat, or without it."""
    if row.platform != SMS or route.account != row.account:
        return False
    failed = next((each for each in routes if str(each.recipient) == row.recipient), None)
    is_attendees = row.contact_id is None or (failed is not None and failed.is_attendees)
    return is_attendees and (route.is_attendees or route.contact_id is None)


def _email_routes(registry: Registry, booking: Booking) -> list[Route]:
    routes = attendee_routes(registry, booking)
    return [route for route in routes if platform_of(route.account) == EMAIL]


def _answers_chat(actor: Actor) -> bool:
    """Return whether who made a change is answered in a chat that doesn't wait for them."""
    is_chat = actor.contact_id and not actor.staff and not is_call(actor)
    return bool(is_chat) and actor.platform not in WAITING


def is_call(actor: Actor) -> bool:
    """Return whether who acts calls by telephone, where nothing can be read again."""
    return actor.calls_from is not None


def _is_told_by_text(actor: Actor, booking: Booking) -> bool:
    """Return whether the answer to who made a change is a text to the attendee's number."""
    return bool(actor.own_phone) and actor.own_phone == booking.details.get("phone")


def _last_change(session: Session, booking: Booking) -> History | None:
    changes = select(History).where(History.booking_id == booking.id)
    return session.scalar(changes.order_by(History.id.desc()).limit(1))


def _tell_of_address(
    session: Session, registry: Registry, booking: Booking, change: History, now: datetime
) -> None:
    """Tell the chat that gave an e-mail address, once, that an e-mail wasn't delivered there."""
    found = chat_of_email(session, registry, booking)
    if found is None or change.action == HistoryAction.CANCELLED:
        return
    given, route = found
    cause, kind = Cause.refused(given.id), MessageKind.ADDRESS_REFUSED
    enqueue(session, registry.accounts, [notification(booking, route, cause, kind, now)], now)
