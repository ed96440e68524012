"""What is stored, all of it, by noun."""

from core.tables.base import Base, Instant
from core.tables.bookings import LIVE, Booking, History
from core.tables.conversations import Conversation, InboundRow, PromptRow, Waiting
from core.tables.office import Desk, Kept, MunicipalityRow
from core.tables.outgoing import OWED, Outgoing, Suppression
from core.tables.people import Citizen, Contact, WrongTry

__all__ = [
    "LIVE",
    "OWED",
    "Base",
    "Booking",
    "Citizen",
    "Contact",
    "Conversation",
    "Desk",
    "History",
    "InboundRow",
    "Instant",
    "Kept",
    "MunicipalityRow",
    "Outgoing",
    "PromptRow",
    "Suppression",
    "Waiting",
    "WrongTry",
]
