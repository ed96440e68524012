"""The answers to a reminder: the buttons under it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum

from core.bookings.change_deadline import changeable_until
from core.bookings.visits import is_ready
from core.catalogue.registry import LoadedMunicipality
from core.db.models import Booking
from core.i18n import TextTemplate, _

LINK_PREFIX = "visit_"


class ReminderAnswer(StrEnum):
    """An answer of the citizen to a reminder; its link has the booking's id and start, too."""

    COMING = "coming"
    MOVE = "move"
    CANCEL = "cancel"
    DOCUMENTS = "documents"


ANSWERS: Mapping[ReminderAnswer, TextTemplate] = {
    ReminderAnswer.COMING: _("I'm coming"),
    ReminderAnswer.MOVE: _("Another day or time"),
    ReminderAnswer.CANCEL: _("Cancel the appointment"),
    ReminderAnswer.DOCUMENTS: _("My documents"),
}
"""The labels of the buttons, in their order."""


def link_of(answer: ReminderAnswer, booking: Booking) -> str:
    """Return the link under a button of a reminder, such as "visit_coming_7_1796000000".

    With the start, in seconds since 1970, that the reminder says.
    """
    return f"{LINK_PREFIX}{answer}_{booking.id}_{int(booking.starts_at.timestamp())}"


def is_changeable(
    loaded: LoadedMunicipality, booking: Booking, now: datetime, *, is_offered: bool = False
) -> bool:
    """Return whether the citizen may still move or cancel a booking, as `check_changeable` has it.

    They may at any time where it `is_offered` to move it.
    """
    return is_offered or now <= changeable_until(loaded.body, booking)


def possible_answers(
    loaded: LoadedMunicipality, booking: Booking, now: datetime, *, is_offered: bool
) -> Sequence[ReminderAnswer]:
    """Return the answers that a reminder of a booking offers now."""
    coming = [] if booking.coming_at else [ReminderAnswer.COMING]
    changes = (ReminderAnswer.MOVE, ReminderAnswer.CANCEL)
    left = any(
        not is_ready(booking, each) for each in loaded.body.services[booking.service].documents
    )
    return [
        *coming,
        *(changes if is_changeable(loaded, booking, now, is_offered=is_offered) else ()),
        *([ReminderAnswer.DOCUMENTS] if left else []),
    ]
