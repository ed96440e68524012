"""Look-ups of bookings that aren't the conversation's, for one turn: by code, by link."""

from datetime import date, datetime

from sqlalchemy.orm import Session

from core.actor import Actor
from core.bookings import keyed_codes, links, lookup
from core.bookings.lost_codes import request_code
from core.catalogue.registry import Registry
from core.db.models import Booking, BookingLink


class CitizenLookup:
    """The look-ups of the citizen who acts."""

    def __init__(self, session: Session, registry: Registry, now: datetime, actor: Actor) -> None:
        self._session, self._registry, self._now, self._actor = session, registry, now, actor

    def check_allowed(self) -> None:
        """Raise BookingRefused while the citizen has too many failed attempts."""
        lookup.check_unlocked(self._session, self._actor, self._now)

    def own(self, code: str) -> Booking | None:
        """Return the citizen's own upcoming booking that has a code; None if none of theirs has."""
        return lookup.own_booking(self._session, code, self._actor, self._now)

    def of_proven_phone(self, code: str) -> Booking | None:
        """Return the upcoming booking of a code, and of the number that the citizen has proven."""
        return lookup.booking_of_proven_phone(self._session, code, self._actor, self._now)

    def by_code(self, code: str, phone: str) -> Booking | None:
        """Return the upcoming booking of a code and phone number. Raises BookingRefused."""
        return lookup.find_booking(
            self._session, self._registry, code, phone, self._actor, self._now
        )

    def by_keys(self, code: str, phone: str, day: date) -> Booking | None:
        """Return the upcoming booking of a code as it is keyed, a phone number and a day.

        Raises BookingRefused.
        """
        return keyed_codes.find_booking(
            self._session, self._registry, code, phone, day, self._actor, self._now
        )

    def link(self, token: str) -> BookingLink | None:
        """Return the link of a token; None where there is none, or it is revoked."""
        return links.find_link(self._session, token)

    def is_valid_link(self, link_id: int) -> bool:
        """Return whether a link that was followed isn't revoked since."""
        return links.is_valid(self._session, link_id)

    def request_code(self, given: str) -> None:
        """Have the codes of a phone number or e-mail address sent by e-mail, if it has bookings.

        Raises BookingRefused (locked).
        """
        request_code(self._session, self._registry, given, self._actor, self._now)
