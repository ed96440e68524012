"""The tables."""

from core.db.models.base import Base, UtcDateTime
from core.db.models.bookings import (
    LIVE,
    Booking,
    BookingState,
    Confirmation,
    History,
    HistoryAction,
)
from core.db.models.catalogue import Desk, MunicipalityRow, StoredSecret
from core.db.models.conversations import Conversation, InboundRow, PendingInbound, PromptRow
from core.db.models.outbox import UNSENT, OutboxRow, OutboxStatus, Suppression
from core.db.models.people import Citizen, Contact, FailedAttempt, address_key
from core.db.models.staff import (
    CodePurpose,
    StaffAction,
    StaffArea,
    StaffCode,
    StaffContact,
    StaffInbound,
    StaffMember,
    StaffQuestion,
    StaffRoom,
)

__all__ = [
    "LIVE",
    "UNSENT",
    "Base",
    "Booking",
    "BookingState",
    "Citizen",
    "CodePurpose",
    "Confirmation",
    "Contact",
    "Conversation",
    "Desk",
    "FailedAttempt",
    "History",
    "HistoryAction",
    "InboundRow",
    "MunicipalityRow",
    "OutboxRow",
    "OutboxStatus",
    "PendingInbound",
    "PromptRow",
    "StaffAction",
    "StaffArea",
    "StaffCode",
    "StaffContact",
    "StaffInbound",
    "StaffMember",
    "StaffQuestion",
    "StaffRoom",
    "StoredSecret",
    "Suppression",
    "UtcDateTime",
    "address_key",
]
