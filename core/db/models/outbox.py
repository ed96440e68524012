"""The outbox."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, false, text
from sqlalchemy.orm import Mapped, mapped_column

from core.db.models.base import Base, only

UNSENT = text("outgoing.status IN ('pending','claimed')")
"""The condition for messages still to be delivered; literal, as `bookings.LIVE` is."""

REMINDERS = "reminder"
"""The account of reminders whose way isn't chosen yet."""

SENDABLE = text("outgoing.status IN ('pending','claimed') AND outgoing.account <> 'reminder'")
"""The condition for those that an account sends, and for reminders whose way is chosen."""

WITHOUT_WAY = text("outgoing.status IN ('pending','claimed') AND outgoing.account = 'reminder'")
"""The condition for reminders whose way isn't chosen yet."""

_ONLY_UNSENT = only("status IN ('pending','claimed')")
_ONLY_SENDABLE = only("status IN ('pending','claimed') AND account <> 'reminder'")
_ONLY_WITHOUT_WAY = only("status IN ('pending','claimed') AND account = 'reminder'")
_ONLY_UNSENT_OF_BOOKINGS = only("status IN ('pending','claimed') AND booking_id IS NOT NULL")
_ONLY_UNSENT_OF_THREADS = only("status IN ('pending','claimed') AND thread_id IS NOT NULL")
_ONLY_SENT = only("provider_id IS NOT NULL")
_ONLY_SENT_TO_ROOMS = only("provider_id IS NOT NULL AND room_id IS NOT NULL")
_ONLY_EVENTS = only("endpoint_id IS NOT NULL")


class OutboxStatus(StrEnum):
    """The status of a message's delivery.

    pending → claimed → sent, or failed, expired, cancelled; sent → delivered → seen, or failed,
    on platforms that send receipts. On one that fetches its messages itself, pending → delivered.
    It is unknown where the message may have arrived, and isn't sent again.
    """

    PENDING = "pending"
    CLAIMED = "claimed"
    SENT = "sent"
    DELIVERED = "delivered"
    SEEN = "seen"
    UNKNOWN = "unknown"
    FAILED = "failed"
    EXPIRED = "expired"
    CANCELLED = "cancelled"


class OutboxRow(Base):
    """A message to be delivered. It has ids only, and is rendered when it is sent.

    An event to an endpoint has its text, for it tells of a change as it was.
    """

    __tablename__ = "outgoing"
    __table_args__ = (
        Index(None, "platform", "status", "due_at"),
        Index(None, "platform", "status", "expires_at"),
        # With the account, so that rows which pages fetch are skipped within the index.
        Index("ix_outgoing_owed", "try_at", "account", **_ONLY_SENDABLE),
        # By themselves, for thousands may be due at once, through which each claim would go.
        Index("ix_outgoing_reminders", "try_at", **_ONLY_WITHOUT_WAY),
        Index("ix_outgoing_recipient", "recipient", "due_at", **_ONLY_UNSENT),
        # Small, for open pages ask for their bookings' every other second.
        Index("ix_outgoing_unsent_booking", "booking_id", **_ONLY_UNSENT_OF_BOOKINGS),
        # For the messages of a thread, which are sent in order.
        Index("ix_outgoing_unsent_thread", "thread_id", "due_at", **_ONLY_UNSENT_OF_THREADS),
        # Only rows that were sent.
        Index("ix_outgoing_provider_id", "provider_id", **_ONLY_SENT),
        # For a chat that gets another address, in which all of them have other ids.
        Index("ix_outgoing_sent_to_room", "room_id", **_ONLY_SENT_TO_ROOMS),
        # For events that are to be sent once more, by their time.
        Index("ix_outgoing_endpoint", "endpoint_id", "due_at", **_ONLY_EVENTS),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    dedupe_key: Mapped[str] = mapped_column(unique=True)
    platform: Mapped[str]
    account: Mapped[str]
    recipient: Mapped[str]
    """The stored form of a `Recipient`, whose messages are sent one after the other."""
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contacts.id"))
    kind: Mapped[str]
    """A MessageKind."""
    booking_id: Mapped[int | None] = mapped_column(ForeignKey("bookings.id"), index=True)
    inbound_id: Mapped[int | None] = mapped_column(
        ForeignKey("inbounds.id", ondelete="CASCADE"), index=True
    )
    """The inbound message of a reply, which is the one at `position`; both are deleted together."""
    position: Mapped[int | None]
    replaces_id: Mapped[int | None]
    """The row whose message is replaced by this one in the chat."""
    room_id: Mapped[int | None]
    """The room of staff that it goes to."""
    change_id: Mapped[int | None]
    """The change in a booking's history that it is about."""
    relay_message_id: Mapped[int | None]
    """The text of a relay thread that it carries."""
    thread_id: Mapped[int | None]
    """The relay thread among whose messages it is sent in order; None for an edit."""
    gathered_by: Mapped[int | None]
    """The row in whose message it was sent, with others."""
    endpoint_id: Mapped[int | None]
    """The webhook endpoint that it goes to."""
    event_id: Mapped[str | None]
    """The id of an event, the same for each endpoint."""
    payload: Mapped[str | None]
    """An event as it is sent, in JSON; nothing personal."""
    due_at: Mapped[datetime]
    try_at: Mapped[datetime]
    """The time from which it may be claimed: its due time, a retry's, or the end of a lease."""
    expires_at: Mapped[datetime | None]
    status: Mapped[str]
    """An OutboxStatus."""
    attempts: Mapped[int]
    claimed_by: Mapped[str | None]
    may_have_arrived: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Whether it may have arrived at an earlier try."""
    provider_id: Mapped[str | None]
    last_error: Mapped[str | None]


class Suppression(Base):
    """An address (its keyed hash) that an account can't reach until further notice.

    One that was so reported only once, without a proof, has another hash; so has, besides its own,
    one whose owner stopped messages.
    """

    __tablename__ = "suppressions"

    account: Mapped[str] = mapped_column(primary_key=True)
    address: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime]


class TextCount(Base):
    """A count of text messages until a time: of a municipality's parts, or of those of a number.

    `key` has the keyed hash of a number, never the number.
    """

    __tablename__ = "text_counts"

    key: Mapped[str] = mapped_column(primary_key=True)
    count: Mapped[int]
    until: Mapped[datetime]
