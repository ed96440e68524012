"""The tables."""

from core.db.models.api import ApiKey, ApiRequest
from core.db.models.base import Base, UtcDateTime
from core.db.models.bookings import (
    HELD,
    LIVE,
    Booking,
    BookingState,
    Confirmation,
    History,
    HistoryAction,
)
from core.db.models.catalogue import Desk, MunicipalityRow, StoredSecret
from core.db.models.conversations import Conversation, InboundRow, PendingInbound, PromptRow
from core.db.models.dialog_ends import DialogEnd
from core.db.models.joining import JoinRequest
from core.db.models.links import BookingLink, CodeRequest
from core.db.models.outbox import (
    REMINDERS,
    SENDABLE,
    UNSENT,
    WITHOUT_WAY,
    OutboxRow,
    OutboxStatus,
    Suppression,
    TextCount,
)
from core.db.models.people import Citizen, Contact, FailedAttempt, PhoneProof, address_key
from core.db.models.preferences import PreferencesRow, ReminderLink
from core.db.models.relay import RelayMessage, RelayThread
from core.db.models.schedule import ExceptionKind, ScheduleException
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
from core.db.models.time_offers import OfferState, TimeOffer
from core.db.models.webhooks import NOT_REMOVED, DisabledBecause, WebhookEndpoint

__all__ = [
    "HELD",
    "LIVE",
    "NOT_REMOVED",
    "REMINDERS",
    "SENDABLE",
    "UNSENT",
    "WITHOUT_WAY",
    "ApiKey",
    "ApiRequest",
    "Base",
    "Booking",
    "BookingLink",
    "BookingState",
    "Citizen",
    "CodePurpose",
    "CodeRequest",
    "Confirmation",
    "Contact",
    "Conversation",
    "Desk",
    "DialogEnd",
    "DisabledBecause",
    "ExceptionKind",
    "FailedAttempt",
    "History",
    "HistoryAction",
    "InboundRow",
    "JoinRequest",
    "MunicipalityRow",
    "OfferState",
    "OutboxRow",
    "OutboxStatus",
    "PendingInbound",
    "PhoneProof",
    "PreferencesRow",
    "PromptRow",
    "RelayMessage",
    "RelayThread",
    "ReminderLink",
    "ScheduleException",
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
    "TextCount",
    "TimeOffer",
    "UtcDateTime",
    "WebhookEndpoint",
    "address_key",
]
