"""A municipality's rules for bookings, and its settings for the chats of its staff."""

from datetime import time
from enum import StrEnum

from pydantic import Field

from core.catalogue.base import CatalogueModel
from core.catalogue.times import Clock, ReminderHours


class Texts(StrEnum):
    """The rule for text messages about appointments, where an account sends them."""

    NEVER = "never"
    UNREACHED = "unreached"
    """To whom nothing else reaches: no e-mail address, and no chat but a page."""
    ALWAYS = "always"
    """Beside whatever else is sent."""


class Rules(CatalogueModel):
    """A municipality's rules for holding and changing bookings."""

    hold_minutes: int = Field(default=10, ge=1, le=60)
    hold_max_minutes: int = Field(default=30, ge=1, le=240)
    change_deadline_hours: int = Field(default=0, ge=0)
    open_bookings: int = Field(default=2, ge=1)
    """The coming bookings of a service that one attendee may have."""
    open_bookings_per_citizen: int = Field(default=10, ge=1)
    """Those that one citizen may have, for a whole family; as many as an attendee at least."""
    reminder_hours: ReminderHours = (48, 3)
    """The hours before an appointment at which reminders are sent, the most first."""
    reminder_spread_minutes: int = Field(default=0, ge=0, le=60)
    """The minutes over which reminders are spread that were due at once: some go so much sooner."""
    holds_per_address: int = Field(default=100, ge=1)
    """The times that may be held at once from one network address, which many may share."""
    confirmations_per_address: int = Field(default=30, ge=1)
    """The bookings that may be confirmed from one network address in 24 hours, by citizens who
    haven't proven that the telephone number is theirs."""
    offer_hours: int = Field(default=24, ge=1, le=14 * 24)
    """The hours for which another time, that the office offers, is held for the citizen."""
    email_required: bool = False
    """Whether nobody books without an e-mail address, where e-mails are sent."""
    texts: Texts = Texts.UNREACHED
    """The rule of who gets text messages: that it is booked, moved or cancelled, and reminders."""
    text_parts_per_month: int = Field(default=2000, ge=1)
    """The parts of text messages in a month, after which nobody is reminded by them."""
    phone_proofs_per_day: int = Field(default=200, ge=0)
    """The texts in a day by which citizens prove that a number is theirs; anybody may ask for them.
    """

    @property
    def most_bookings_of_citizen(self) -> int:
        """Return the coming bookings of a service that one citizen may have."""
        return max(self.open_bookings, self.open_bookings_per_citizen)


class AlertFact(StrEnum):
    """A fact of a booking that an alert to staff shows."""

    SERVICE = "service"
    TIME = "time"
    CHANNEL = "channel"
    CODE = "code"
    INITIALS = "initials"
    NAME = "name"
    DESK = "desk"


class StaffChat(CatalogueModel):
    """The municipality's settings for the chats of its staff."""

    shows: tuple[AlertFact, ...] = Field(
        default=(
            AlertFact.SERVICE,
            AlertFact.TIME,
            AlertFact.CHANNEL,
            AlertFact.CODE,
            AlertFact.INITIALS,
        ),
        min_length=1,
    )
    """The facts that an alert shows of a booking. Initials and name are the attendee's."""
    day_list_at: Clock | None = time(7, 30)
    """The time of day at which the day's bookings are listed; null for never."""
    relay_hours: int = Field(default=24, ge=1, le=14 * 24)
    """The hours of silence after which a conversation of a citizen with the office is closed."""
    names_staff: bool = False
    """Whether the citizen is told the name of the employee who answers."""
