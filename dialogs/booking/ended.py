"""The end of a booking dialog, which statistics count: at which step, and with what result."""

from collections.abc import Sequence
from typing import NamedTuple

from core.db.models import BookingState
from dialogs.booking.hold import release_hold
from dialogs.booking.selection import current_hold
from dialogs.context import Context
from dialogs.engine.state import State


class Reached(NamedTuple):
    """The last step that a booking dialog asked, and those that were answered; no answer."""

    municipality_id: str
    step: str
    answered: Sequence[str]


def reached(state: State) -> Reached | None:
    """Return how far a booking dialog has come.

    None before its citizen has answered something, which is how it begins, and where no
    municipality is known.
    """
    body, answered = state.values.get("municipality"), state.answered_by_citizen
    return Reached(body, state.asked, answered) if body and answered and state.asked else None


def leave(ctx: Context) -> None:
    """Count the end of a booking dialog, and release its hold."""
    if end := reached(ctx.state):
        booking = current_hold(ctx)
        is_booked = booking is not None and booking.state == BookingState.CONFIRMED
        ctx.office.count_end(end.municipality_id, end.step, end.answered, booked=is_booked)
    release_hold(ctx)
