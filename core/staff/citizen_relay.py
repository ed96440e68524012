"""The citizen's end of the relay, within one turn."""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.availability.office_hours import next_open
from core.catalogue.model import Municipality
from core.catalogue.registry import Registry
from core.db.models import (
    Booking,
    Contact,
    ExceptionKind,
    RelayMessage,
    RelayThread,
    ScheduleException,
    StaffRoom,
)
from core.staff import relay, relay_messages, relay_sending
from core.staff.relay_upkeep import erase, follow_room


class CitizenRelay:
    """The thread of a citizen's contact with an office, if one is open."""

    def __init__(
        self,
        session: Session,
        registry: Registry,
        now: datetime,
        contact_id: int | None,
        thread_id: int | None,
    ) -> None:
        """`thread_id` is the contact's open thread, as its conversation was loaded with it."""
        self._session, self._registry, self._now = session, registry, now
        self._contact_id, self._is_open = contact_id, thread_id is not None

    @property
    def is_open(self) -> bool:
        """Return whether a thread is open."""
        return self._is_open

    def _thread(self) -> RelayThread | None:
        """Return the open thread, locked; None where it was closed meanwhile."""
        found = None
        if self._is_open and self._contact_id:
            found = relay.find_open(self._session, self._contact_id)
        self._is_open = found is not None
        return found

    def office(self) -> Municipality | None:
        """Return the municipality of the open thread."""
        thread = self._thread()
        return self._registry[thread.municipality_id].body if thread else None

    def _room(
        self, body: Municipality, service: str | None, booking: Booking | None
    ) -> StaffRoom | None:
        """Return the room that can answer, if answers can be sent to the contact at all."""
        contact = self._session.get(Contact, self._contact_id) if self._contact_id else None
        if contact is None or contact.account not in self._registry.accounts:
            return None
        if booking is not None:
            service = booking.service
        desk_id = booking.desk_id if booking else None
        return relay.find_room(self._session, self._registry, body, service, desk_id)

    def reachable(self, bodies: Sequence[Municipality]) -> Sequence[Municipality]:
        """Return those municipalities whose employees can be written to as a whole."""
        return [body for body in bodies if self._room(body, None, None)]

    def open(
        self, body: Municipality, service: str | None = None, booking: Booking | None = None
    ) -> bool:
        """Open a thread with a municipality; return False where no room of it can answer."""
        room = self._room(body, service, booking)
        if room is None or self._contact_id is None:
            return False
        relay.open_thread(
            self._session,
            self._registry,
            self._contact_id,
            room,
            self._now,
            booking=booking,
            service=service,
        )
        self._is_open = True
        return True

    def opens_at(self, body: Municipality, branch: str | None) -> datetime | None:
        """Return when somebody works next at an office: now, later, or None within two weeks."""
        return next_open(self._registry[body.id], self._now, branch)

    def closure_today(self, body: Municipality, branch: str | None) -> ScheduleException | None:
        """Return the closure of a branch, or of all of them, that takes the whole of today."""
        today = self._now.astimezone(ZoneInfo(body.timezone)).date()
        found = select(ScheduleException).where(
            ScheduleException.municipality_id == body.id,
            ScheduleException.kind == ExceptionKind.CLOSURE,
            ScheduleException.withdrawn_at.is_(None),
            ScheduleException.first <= today,
            ScheduleException.last >= today,
            ScheduleException.start.is_(None),
            ScheduleException.desk_id.is_(None),
            ScheduleException.branch.is_(None) | (ScheduleException.branch == branch),
        )
        return self._session.scalar(found.order_by(ScheduleException.id).limit(1))

    def last_answer(self) -> int:
        """Return the id of the last text of the office in the open thread; 0 for none.

        It locks nothing: a page is shown with it, too.
        """
        last = (
            select(func.max(RelayMessage.id))
            .join(RelayThread, RelayMessage.thread_id == RelayThread.id)
            .where(
                RelayThread.contact_id == self._contact_id,
                RelayThread.closed_at.is_(None),
                RelayMessage.member_id.is_not(None),
            )
        )
        return self._session.scalar(last) or 0

    def may_write(self) -> bool:
        """Return whether the citizen hasn't written too much within the last minute."""
        return self._contact_id is None or relay.may_write(
            self._session, self._contact_id, self._now
        )

    def send(self, text: str) -> bool:
        """Send a text to the office; return False where no room takes it any more."""
        thread = self._followed()
        if thread is None:
            return False
        written = relay_sending.keep(self._session, thread, text, self._now)
        relay_sending.send_to_room(self._session, self._registry, thread, written, self._now)
        return True

    def keep(self, text: str) -> int | None:
        """Store a text of which the citizen is to say whose it is; return its id.

        None where the thread was closed meanwhile.
        """
        thread = self._thread()
        return relay_sending.keep(self._session, thread, text, self._now).id if thread else None

    def send_kept(self, message_id: int) -> bool:
        """Send a text that was kept; return False where the thread was closed meanwhile."""
        thread = self._followed()
        written = self._session.get(RelayMessage, message_id)
        if thread is None or written is None or written.thread_id != thread.id:
            return False
        relay_sending.send_to_room(self._session, self._registry, thread, written, self._now)
        return True

    def take_kept(self, message_id: int) -> str | None:
        """Return a text that was kept and is the dialog's; with the thread it is erased.

        A page keeps it as it does any other answer.
        """
        written = self._session.get(RelayMessage, message_id)
        if written is None:
            return None
        text, written.text = written.text, None
        return text

    def drop_kept(self, message_id: int) -> bool:
        """Erase a text that was kept, unless it was sent; return whether it was erased.

        Also where a page has it.
        """
        written = self._session.get(RelayMessage, message_id)
        if written is None or written.text is None:
            return False
        if relay_messages.is_sent(self._session, written):
            return False
        erase(self._session, [message_id])
        return True

    def _followed(self) -> RelayThread | None:
        """Return the open thread, in the room that it has now."""
        thread = self._thread()
        if thread is None or follow_room(self._session, self._registry, thread, self._now):
            return thread
        self._is_open = False
        return None

    def close(self) -> None:
        """Close the thread."""
        if thread := self._thread():
            relay.close(self._session, self._registry, thread, self._now)
        self._is_open = False
