"""What is stored, all of it, by noun."""

from core.db.models.base import Base, UtcDateTime
from core.db.models.bookings import LIVE, Booking, History
from core.db.models.catalogue import Desk, MunicipalityRow, StoredSecret
from core.db.models.conversations import Conversation, InboundRow, PendingInbound, PromptRow
from core.db.models.outbox import UNSENT, OutboxRow, Suppression
from core.db.models.people import Citizen, Contact, FailedAttempt

__all__ = [
    "LIVE",
    "UNSENT",
    "Base",
    "Booking",
    "Citizen",
    "Contact",
    "Conversation",
    "Desk",
    "FailedAttempt",
    "History",
    "InboundRow",
    "MunicipalityRow",
    "OutboxRow",
    "PendingInbound",
    "PromptRow",
    "StoredSecret",
    "Suppression",
    "UtcDateTime",
]
