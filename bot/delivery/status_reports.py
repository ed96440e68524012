"""The reports of platforms on what was sent, which come later, and on addresses."""

from datetime import timedelta

from sqlalchemy.orm import Session

from bot.context import Services
from bot.delivery.addresses import is_reported_again, stop, suppress, unsuppress
from bot.delivery.dispatch import give_up_address, give_up_on, set_status
from bot.platforms.webhook import Reachability, Receipt
from core.db.models import Booking, OutboxRow, OutboxStatus, StaffRoom
from core.messaging import outbox, receipts
from core.messaging.reminder_ways import quiet_hours
from core.messaging.routes import ADDRESS_FIELDS

MOST_CALLS = 3
"""The most times that a telephone is called to tell one thing."""

CALL_PAUSE = timedelta(minutes=30)
"""The time after which a telephone is called again that nobody has answered."""


def apply_status(
    session: Session, services: Services, account: str, report: Receipt | Reachability
) -> bool:
    """Record a platform's report about a sent message, or about an address.

    A message's status only goes forward: sent, delivered, seen. One that failed is sent another
    way, unless its appointment is over. Return whether the message is known. Raises
    RetryTransaction.
    """
    if isinstance(report, Reachability):
        unreachable = stop if services.platforms[account].has_stop_word else suppress
        act = unsuppress if report.reachable else unreachable
        act(session, services, account, report.address)
        return True
    services.registry.refresh(session)
    now = services.clock()
    if report.row is not None:
        row = receipts.find_call(session, account, report.row, report.message, now)
    else:
        row = receipts.find_by_provider_id(session, account, report.address, report.message, now)
    if row is None:
        return False
    # A call that is to be made again, for a machine seemed to answer, may have reached somebody.
    is_answered = report.row is not None and report.status != "unanswered"
    is_to_be_made = row.status == OutboxStatus.PENDING and is_answered
    is_sent = row.status in outbox.SENT_STATUSES
    if report.status == "delayed" or not (is_sent or is_to_be_made):
        return True
    if report.status == "unanswered":
        if row.status == OutboxStatus.SENT:
            _call_again(session, services, row, report.why)
        return True
    status = OutboxStatus(report.status)
    if status is OutboxStatus.FAILED:
        if row.status in (OutboxStatus.SENT, OutboxStatus.PENDING):
            _fail(session, services, row, report)
    elif not is_sent or outbox.SENT_STATUSES.index(status) > outbox.SENT_STATUSES.index(row.status):
        set_status(session, row, status)
    return True


def _call_again(session: Session, services: Services, row: OutboxRow, why: str) -> None:
    """Have a telephone called again that nobody has answered, or give it up.

    That is after CALL_PAUSE, and not in quiet hours, nor once the appointment has begun.
    """
    booking, again = session.get_one(Booking, row.booking_id), services.clock() + CALL_PAUSE
    again = quiet_hours(session, services.registry, booking).end_of(again) or again
    if row.attempts >= MOST_CALLS or again >= booking.starts_at:
        give_up_on(session, services, row, why)
        return
    row.due_at = row.try_at = again  # as if it were due then: nothing waits for it
    set_status(session, row, OutboxStatus.PENDING, why)


def _fail(session: Session, services: Services, row: OutboxRow, report: Receipt) -> None:
    """Give up a message, as if it had been refused when it was sent, and an address that is dead.

    That is only the address which the message has now: it may have been changed since, and the
    report may name another, to which a mail server forwarded it, or which somebody made up. Where
    reports prove nothing, it takes those on two messages.
    """
    why = report.why.replace(report.address, "…") if report.address else report.why
    if row.expires_at is not None and row.expires_at <= services.clock():
        set_status(session, row, OutboxStatus.FAILED, why)
    else:
        give_up_on(session, services, row, why)
    address = _address(session, row) if report.unreachable else None
    if address is None or address.casefold() != report.address.casefold():
        return
    if report.is_proven or is_reported_again(session, services, row.account, address):
        give_up_address(session, services, row, address)


def _address(session: Session, row: OutboxRow) -> str | None:
    """Return the address of a row to a room or to an attendee; None where it has none any more."""
    if row.room_id is not None:
        return session.get_one(StaffRoom, row.room_id).chat
    booking = session.get(Booking, row.booking_id) if row.booking_id else None
    return booking.details.get(ADDRESS_FIELDS.get(row.platform, "")) if booking else None
