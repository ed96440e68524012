"""The preferences of the citizen who chats, for one turn."""

from collections.abc import Mapping, Sequence
from datetime import datetime, time
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.actor import Actor
from core.bookings.reminder_links import gets_reminders
from core.bookings.service import upcoming
from core.catalogue.registry import Registry
from core.db.models import Booking, Contact, Conversation
from core.messaging.outbox import platform_of
from core.messaging.preferences import (
    Preferences,
    keep_language,
    keep_platform,
    keep_quiet,
    keep_texts,
    preferences_of,
)
from core.messaging.reminder_times import QuietHours
from core.messaging.reminders import schedule_anew
from core.messaging.routes import (
    ADDRESS_FIELDS,
    SMS,
    VOICE,
    WAITING,
    attendee_routes,
    may_be_called,
    may_be_texted,
)


class CitizenPreferences:
    """The preferences of the citizen who chats, for one turn. `known_details` are their own."""

    def __init__(
        self,
        session: Session,
        registry: Registry,
        now: datetime,
        actor: Actor,
        known_details: Mapping[str, str],
    ) -> None:
        self._session, self._registry, self._now = session, registry, now
        self._citizen_id, self._known_details = actor.citizen_id, known_details
        self.here = actor.platform
        """The platform of this chat."""

    def current(self) -> Preferences:
        """Return the preferences as they are."""
        return preferences_of(self._session, self._citizen_id)

    def configured(self) -> Sequence[str]:
        """Return the platforms on which anybody can be written to, in the order of their names."""
        return sorted({platform_of(each) for each in self._registry.accounts} - WAITING)

    def reaching(self) -> Sequence[str]:
        """Return those of `configured` on which this citizen can be.

        They have a conversation there, or an appointment to come, or their known details, the
        address to which it sends.
        """
        ours = select(Contact.account).outerjoin(
            Conversation, Conversation.contact_id == Contact.id
        )
        accounts = self._session.scalars(
            ours.where(Contact.citizen_id == self._citizen_id, Conversation.ended_at.is_(None))
        )
        found = {platform_of(each) for each in accounts if each in self._registry.accounts}
        found.discard(VOICE)  # a number that called may be forged; those that they gave are called
        coming = upcoming(self._session, self._citizen_id, self._now)
        for booking in coming:
            ways = attendee_routes(self._registry, booking)
            found |= {platform_of(each.account) for each in ways}
        for name, field in ADDRESS_FIELDS.items():
            address = self._known_details.get(field)
            if address and self._takes(name, address):
                found.add(name)
        phones = (booking.details.get(ADDRESS_FIELDS[VOICE]) for booking in coming)
        if any(phone and self._takes(VOICE, phone) for phone in phones):
            found.add(VOICE)
        return [each for each in self.configured() if each in found]

    def _takes(self, platform: str, address: str) -> bool:
        """Return whether some municipality sends to an address on a platform."""
        if platform == SMS:
            return may_be_texted(self._registry, address)
        return platform != VOICE or may_be_called(self._registry, address)

    def choose_platform(self, platform: str | None) -> None:
        """Write on a platform from now on; None: where the citizen books.

        Who chooses text messages, or all that there is, refuses them no more.
        """
        keep_platform(self._session, self._citizen_id, platform)
        if platform in (SMS, None) and self.current().no_texts:
            keep_texts(self._session, self._citizen_id, no_texts=False)

    def refuse_texts(self) -> None:
        """Send no text messages from now on."""
        keep_texts(self._session, self._citizen_id, no_texts=True)
        if self.current().platform == SMS:
            keep_platform(self._session, self._citizen_id, None)

    def choose_language(self, language: str) -> None:
        """Write in a language from now on."""
        keep_language(self._session, self._citizen_id, language)

    def choose_quiet(self, since: time, until: time, zone: ZoneInfo) -> Sequence[Booking]:
        """Remind at no time between these, by a zone's clock; what is to come is scheduled anew.

        Return the bookings of which no reminder is to come any more.
        """
        return self._set_quiet(QuietHours(since, until, zone))

    def reset_quiet(self) -> Sequence[Booking]:
        """Remind as the municipalities do, as `choose_quiet` does."""
        return self._set_quiet(None)

    def _set_quiet(self, quiet: QuietHours | None) -> Sequence[Booking]:
        keep_quiet(self._session, self._citizen_id, quiet)
        return schedule_anew(self._session, self._registry, self._citizen_id, self._now)

    def has_ended_emails(self) -> bool:
        """Return whether an address of an appointment to come gets no reminders.

        Only a link takes that back: anybody may book with an address that isn't theirs.
        """
        coming = upcoming(self._session, self._citizen_id, self._now)
        return not all(gets_reminders(self._session, each) for each in coming)
