"""Check after failures that every confirmation was delivered, in order, and nothing is lost."""

import time

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from core.db.database import Database
from core.db.models import UNSENT, Booking, Contact, Conversation, History, InboundRow, OutboxRow
from core.messaging.keys import MessageKind
from core.messaging.reminder_times import LEAST_APART
from tests.core.db.overlaps import overlaps
from tests.fakes.push_platform import ACCOUNT, PushPlatformServer
from tests.proofs.push_citizens import Citizens

TIMEOUT_SECONDS = 90
"""The time after which messages are taken for lost that wait while none is sent."""

OLD_QUESTION = (
    (OutboxRow.kind == MessageKind.REPLY)
    & (OutboxRow.status == "unknown")
    & OutboxRow.last_error.is_(None)
)
"""The condition for a question over which a process died, where another is open now."""


def wait_until_delivered(database: Database) -> None:
    """Wait until no message that is due is unsent; a group takes 20 a minute of many."""

    def unsent(session: Session) -> int:
        now = int(time.time())
        query = select(OutboxRow.id).where(UNSENT, OutboxRow.due_at <= text(str(now)))
        return len(session.scalars(query).all())

    fewest, since = database.write_sync(unsent), time.monotonic()
    while left := database.write_sync(unsent):
        if left < fewest:
            fewest, since = left, time.monotonic()
        assert time.monotonic() < since + TIMEOUT_SECONDS, f"{left} messages are still unsent"
        time.sleep(0.2)


def check_nothing_lost(
    database: Database, citizens: Citizens, push_platform: PushPlatformServer
) -> int:
    """Check when all citizens have finished; return how many messages arrived more than once."""
    wait_until_delivered(database)
    assert not citizens.stuck, citizens.stuck
    assert len(citizens.booked) == citizens.begun

    def check(session: Session) -> int:
        confirmed = select(Booking).where(Booking.state == "confirmed")
        bookings = {booking.code: booking for booking in session.scalars(confirmed)}
        assert set(bookings) == set(citizens.booked.values())
        assert overlaps(session) == 0
        check_outbox(session)
        mailed = {
            booking.details["email"]
            for booking in bookings.values()
            if booking.details.get("email")
        }
        assert mailed <= set(push_platform.by_address)
        twice = 0
        talks = select(Conversation.id, Contact.address).join(Contact)
        talks = talks.where(Contact.account == ACCOUNT)
        for number, address in session.execute(talks).all():
            query = select(InboundRow.replies).where(InboundRow.conversation_id == number)
            answered = session.scalars(query.order_by(InboundRow.id))
            expected = [reply["text"] for replies in answered for reply in replies or []]
            got = [message.text for message in push_platform.by_address[address]]
            twice += _delivered(expected, got, address)
        return twice

    return database.write_sync(check)


def check_outbox(session: Session) -> None:
    """Check, once all that is due is delivered, that no message is lost, reminders included."""
    is_reminder = OutboxRow.kind == MessageKind.REMINDER
    others = select(OutboxRow.status).where(~is_reminder, ~OLD_QUESTION).distinct()
    assert set(session.scalars(others)) <= {"sent"}
    # A reminder whose time had passed when its booking was confirmed is stored as cancelled; also
    # one that quiet hours brought forward to soon after.
    reminders = (
        select(Booking.code, History.at, OutboxRow.due_at, OutboxRow.status)
        .join(History, (History.booking_id == Booking.id) & (History.action == "confirmed"))
        .outerjoin(
            OutboxRow,
            (OutboxRow.booking_id == Booking.id)
            & is_reminder
            & (OutboxRow.expires_at == Booking.starts_at),
        )
        .where(Booking.state == "confirmed")
    )
    for code, confirmed_at, due_at, status in session.execute(reminders):
        assert due_at is not None, f"{code} has no reminder"
        right = {"pending", "sent"} if due_at > confirmed_at + LEAST_APART else {"cancelled"}
        if confirmed_at < due_at <= confirmed_at + LEAST_APART:
            right = {"pending", "sent", "cancelled"}
        assert status in right, f"{code}, {confirmed_at}: reminder of {due_at} is {status}"


def _delivered(expected: list[str], got: list[str], who: str) -> int:
    """Check that all arrived in order; return how many arrived again."""
    arrived = twice = 0
    for text_ in got:
        if arrived < len(expected) and text_ == expected[arrived]:
            arrived += 1
        else:
            assert text_ in expected[:arrived], (who, "out of order", text_, expected[arrived:])
            twice += 1
    assert arrived == len(expected), (who, "never arrived", expected[arrived:])
    return twice
