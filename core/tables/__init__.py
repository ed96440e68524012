"""What is stored, all of it, by noun."""

from core.tables.base import Base, Instant
from core.tables.bookings import LIVE, Booking, History
from core.tables.conversations import Conversation, InboundRow, PromptRow
from core.tables.office import Desk, MunicipalityRow
from core.tables.outgoing import Outgoing
from core.tables.people import Citizen, Contact, WrongTry

__all__ = [
    "LIVE",
    "Base",
    "Booking",
    "Citizen",
    "Contact",
    "Conversation",
    "Desk",
    "History",
    "InboundRow",
    "Instant",
    "MunicipalityRow",
    "Outgoing",
    "PromptRow",
    "WrongTry",
]
