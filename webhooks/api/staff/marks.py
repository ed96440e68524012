"""POST of /api/v1: mark that a citizen is here, came or didn't come; take that back."""

from fastapi import APIRouter, Response

from core.bookings import attendance
from core.bookings.true_state import changed
from core.db.models import Booking as BookingRow
from core.i18n import _
from core.staff.rights import Action
from webhooks.api.staff.caller import PREFIX, StaffRoute, Work
from webhooks.api.staff.changing import CHANGES, change
from webhooks.api.staff.once import IfMatch, Once, OnceOnly
from webhooks.api.staff.reading import BookingId

router = APIRouter(prefix=PREFIX, tags=["staff"], route_class=StaffRoute)


@router.post("/bookings/{booking_id}/arrived", summary="Mark as here", **CHANGES)
async def mark_arrived(booking_id: BookingId, once: OnceOnly, if_match: IfMatch = None) -> Response:
    """Mark that the citizen is here, on the day of the appointment."""
    return await change(
        once,
        booking_id,
        Action.ARRIVED,
        if_match,
        lambda work, booking: attendance.mark_arrived(
            work.session, work.registry, work.staff, booking, work.now
        ),
    )


@router.post("/bookings/{booking_id}/came", summary="Mark as come", **CHANGES)
async def mark_came(booking_id: BookingId, once: OnceOnly, if_match: IfMatch = None) -> Response:
    """Mark that the citizen came: from the start of the appointment on, for a week."""
    return await _outcome(once, booking_id, Action.CAME, if_match)


@router.post("/bookings/{booking_id}/no-show", summary="Mark as not come", **CHANGES)
async def mark_no_show(booking_id: BookingId, once: OnceOnly, if_match: IfMatch = None) -> Response:
    """Mark that the citizen didn't come: from the start of the appointment on, for a week."""
    return await _outcome(once, booking_id, Action.NO_SHOW, if_match)


@router.post("/bookings/{booking_id}/undo", summary="Undo the last mark", **CHANGES)
async def undo_mark(booking_id: BookingId, once: OnceOnly, if_match: IfMatch = None) -> Response:
    """Take back what was marked last, on the same day."""

    def undo(work: Work, booking: BookingRow) -> None:
        marked = attendance.last_mark(booking)
        if marked is None:
            raise changed(_("Nothing is marked of this appointment."))
        attendance.undo(work.session, work.registry, work.staff, booking, marked, work.now)

    return await change(once, booking_id, Action.UNDO, if_match, undo)


async def _outcome(once: Once, booking_id: int, action: Action, if_match: str | None) -> Response:
    return await change(
        once,
        booking_id,
        action,
        if_match,
        lambda work, booking: attendance.mark_outcome(
            work.session, work.registry, work.staff, booking, action, work.now
        ),
    )
