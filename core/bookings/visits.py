"""A citizen's coming appointments: their answers to reminders, and what they have ready."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from hashlib import sha256

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.actor import Actor
from core.bookings.last_told import Reminded, reminded_last, was_notified_since
from core.bookings.service import check_open, upcoming
from core.db.models import Booking
from core.i18n import LANGUAGES, LocalizedText
from core.messaging.reminders import reminded


def documents_key(documents: Iterable[LocalizedText]) -> str:
    """Return a short key of documents by their names, for the catalogue's list may change."""
    names = "\n".join(map(document_name, documents))
    return sha256(names.encode()).hexdigest()[:16]


def document_name(document: LocalizedText) -> str:
    """Return the name by which a document is kept as ready: the Greek one."""
    return document.in_language(LANGUAGES[0])


def is_ready(booking: Booking, document: LocalizedText) -> bool:
    """Return whether the citizen of a booking has a document ready.

    One that the catalogue words anew since isn't.
    """
    return document_name(document) in (booking.ready or [])


def ready_documents(booking: Booking, documents: Iterable[LocalizedText]) -> Sequence[str]:
    """Return the names of those documents of a booking's service that are ready, in their order."""
    return [document_name(each) for each in documents if is_ready(booking, each)]


def will_come(booking: Booking, now: datetime) -> None:
    """Keep with a booking that its citizen will come. Raises BookingRefused."""
    check_open(booking, now)
    booking.coming_at = now


def set_ready(
    booking: Booking, documents: Collection[LocalizedText], now: datetime, *, ready: bool
) -> None:
    """Keep with a booking that these documents are ready, or aren't. Raises BookingRefused."""
    check_open(booking, now)
    names = set(map(document_name, documents))
    kept = set(booking.ready or [])
    booking.ready = sorted(kept | names if ready else kept - names)


class CitizenVisits:
    """The coming appointments of the citizen who chats, for one turn.

    `came` is when the message arrived that the turn answers.
    """

    def __init__(self, session: Session, now: datetime, actor: Actor, came: datetime) -> None:
        self._session, self._now, self._actor, self._came = session, now, actor, came

    def own(self, booking_id: int) -> Booking | None:
        """Return the citizen's booking of an id; None where none of theirs has it."""
        found = self._session.get(Booking, booking_id)
        return found if found and found.citizen_id == self._actor.citizen_id else None

    def coming(self) -> Sequence[Booking]:
        """Return the citizen's confirmed bookings that haven't started, the soonest first."""
        found = upcoming(self._session, self._actor.citizen_id, self._now)
        return [booking for booking in found if booking.starts_at > self._now]

    def asked(self) -> Sequence[Booking]:
        """Return those of `coming` that a reminder asks about, without an answer."""
        open_ones = [booking for booking in self.coming() if booking.coming_at is None]
        asked = reminded(
            self._session,
            select(Booking.id).where(Booking.id.in_([booking.id for booking in open_ones])),
        )
        return [booking for booking in open_ones if booking.id in asked]

    def were_notified_since(self, at: datetime) -> bool:
        """Return whether this chat was told of an appointment after a time, but by no answer."""
        citizen_id, contact_id = self._actor.citizen_id, self._actor.contact_id
        if contact_id is None:
            return False
        return was_notified_since(self._session, citizen_id, contact_id, at)

    def reminded_last(self) -> Sequence[Reminded]:
        """Return the booking whose reminder asked this chat last, of all it was told, if one did.

        Several where they were due at once.
        """
        contact_id = self._actor.contact_id
        if not contact_id:
            return []
        return reminded_last(self._session, self._actor.citizen_id, contact_id, self._came)

    def will_come(self, booking: Booking) -> None:
        """Keep with a booking that its citizen will come. Raises BookingRefused."""
        will_come(booking, self._now)

    def set_ready(
        self, booking: Booking, documents: Collection[LocalizedText], *, ready: bool
    ) -> None:
        """Keep with a booking that these documents are ready, or aren't. Raises BookingRefused."""
        set_ready(booking, documents, self._now, ready=ready)
