"""PATCH of /api/v1: the details of a booking."""

from fastapi import APIRouter, Response

from core.bookings import by_staff
from core.db.models import Booking as BookingRow
from core.messaging.routes import sends_email
from core.staff.rights import Action
from dialogs.managing.given_changes import check_changes
from webhooks.api.staff.caller import PREFIX, StaffRoute, Work
from webhooks.api.staff.changing import CHANGES, change, check_right_answers
from webhooks.api.staff.models import Edit
from webhooks.api.staff.once import IfMatch, OnceOnly
from webhooks.api.staff.reading import BookingId

router = APIRouter(prefix=PREFIX, tags=["staff"], route_class=StaffRoute)


@router.patch("/bookings/{booking_id}", summary="Edit a booking's details", **CHANGES)
async def edit_booking(
    booking_id: BookingId, body: Edit, once: OnceOnly, if_match: IfMatch = None
) -> Response:
    """Change details of a booking that isn't over; tell the citizen.

    Each is checked as a citizen's answer: 422 names the field, and what is expected. A detail that
    a change makes necessary must be sent with it; one that it makes needless goes. Where nothing
    differs, nothing is changed.
    """
    caller = once.caller

    def edit(work: Work, booking: BookingRow) -> None:
        by_staff.check_editable(work.session, work.registry, work.staff, booking, work.now)
        town, texts = work.registry[booking.municipality_id].body, caller.application.services.texts
        by_email = sends_email(work.registry, town.id)
        changes, wrong = check_changes(town, booking, texts, body.details, sends_email=by_email)
        check_right_answers(caller, wrong)
        if changes:
            by_staff.edit(work.session, work.registry, work.staff, booking, changes, work.now)

    return await change(once, booking_id, Action.EDIT, if_match, edit)
