"""Tells what a change of an appointment was: its former time, or which details."""

from dataclasses import replace
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from core.catalogue.registry import LoadedMunicipality
from core.db.models import Booking, History, HistoryAction, OutboxRow
from core.i18n import Text, _, join
from core.messaging.keys import Cause, MessageKind
from dialogs.messages.appointment import appointment_time
from dialogs.messages.blocks import Fact, Facts, Message

MOVES = {MessageKind.MOVED, MessageKind.MOVED_BY_OFFICE}
EDITS = {MessageKind.EDITED, MessageKind.EDITED_BY_OFFICE}


def with_change(
    session: Session,
    loaded: LoadedMunicipality,
    row: OutboxRow,
    booking: Booking,
    citizen: ZoneInfo,
    message: Message | None,
) -> Message | None:
    """Return a notification of a change, with what was changed below its heading."""
    if message is None or row.kind not in MOVES | EDITS:
        return message
    change = session.get(History, Cause.parse(row.dedupe_key, row.recipient).number)
    if change is None or change.booking_id != booking.id:
        return message
    fact = _former_time(loaded, booking, change, citizen) or _changed_details(
        loaded, booking, change
    )
    heading, *others = message.blocks
    return replace(message, blocks=(heading, Facts((fact,)), *others)) if fact else message


def _former_time(
    loaded: LoadedMunicipality, booking: Booking, change: History, citizen: ZoneInfo
) -> Fact | None:
    begin, end = change.starts_before, change.ends_before
    if not (begin and end) or begin == booking.starts_at:
        return None
    minutes = int((end - begin).total_seconds() // 60)
    time = appointment_time(begin, minutes, loaded.body, booking.channel, citizen)
    return Fact(_("Former time"), time)


def _changed_details(loaded: LoadedMunicipality, booking: Booking, change: History) -> Fact | None:
    """Return the names of the changed details, and never what they are: others may read it."""
    if change.action != HistoryAction.EDITED:
        return None
    fields = loaded.body.fields_of(loaded.body.services[booking.service])
    names: list[Text] = [each.label for each in fields if each.id in change.fields]
    return Fact(_("What was changed"), join(", ", *names)) if names else None
