"""POST of /api/v1: book for a caller; move, cancel and note a booking."""

from collections.abc import Callable, Sequence
from typing import Any

from fastapi import APIRouter, Response
from fastapi.exceptions import RequestValidationError
from sqlalchemy.orm import Session

from core.actor import KeyScope
from core.bookings import booking_details, by_staff
from core.catalogue.service_offer import ServiceOffer
from core.db.models import Booking as BookingRow
from core.db.models import HistoryAction
from core.messaging.notifications import notified_on
from core.messaging.routes import sends_email
from core.staff.api_requests import DoneRequest
from core.staff.rights import Action
from dialogs.booking.given import WrongAnswer, check_given
from webhooks.api.staff.caller import PREFIX, Caller, StaffRoute, Work
from webhooks.api.staff.models import (
    Booking,
    BookingChange,
    Cancellation,
    ChangedBooking,
    Move,
    NewBooking,
    Note,
)
from webhooks.api.staff.once import IfMatch, Once, OnceOnly, check_version
from webhooks.api.staff.problems import problems
from webhooks.api.staff.reading import BookingId, MunicipalityId, answer, find_offer, invalid, show
from webhooks.api.staff.showing import whole

router = APIRouter(prefix=PREFIX, tags=["staff"], route_class=StaffRoute)

TOLD = (HistoryAction.MOVED, HistoryAction.CANCELLED, HistoryAction.EDITED)
"""The changes of which the citizen is told, on which platforms the answer says."""

CHANGES: dict[str, Any] = {
    "response_model": ChangedBooking,
    "responses": problems(404, 409, 412, 413, 428),
}
"""The options of the routes that change a booking."""


@router.post(
    "/municipalities/{municipality}/bookings",
    summary="Book for a caller",
    status_code=201,
    response_model=Booking,
    responses=problems(404, 409, 413),
)
async def book(municipality: MunicipalityId, body: NewBooking, once: OnceOnly) -> Response:
    """Book for somebody at the counter or on the telephone; they get the messages by e-mail.

    409 (`not_free`) where no desk is open and free then; `detail` names the nearest times.
    """
    caller = once.caller

    def run(work: Work) -> tuple[int, Booking]:
        what = (body.service, body.branch, body.channel)
        offer = find_offer(work, municipality, *what)
        consent = offer.municipality.consent_of(offer.service, offer.channel)
        details = _details(caller, offer, body)
        if consent and body.consent != str(consent.reference):
            raise invalid("consent", f"Ask for it, and send {consent.reference!s}.", "body")
        booking = by_staff.book(
            work.session,
            work.registry,
            work.staff,
            offer,
            body.starts_at,
            work.now,
            language=body.language,
            details=details,
            consent=consent,
            choose=caller.application.services.choose,
        )
        work.session.flush()
        found = booking_details.details_of_new(
            work.registry, booking, work.staff, caller.holder.member, work.now
        )
        return booking.id, whole(found, personal=caller.has(KeyScope.PERSONAL))

    made = await once.change(run, lambda work, done: show(caller, work, done.subject_id))
    return answer(made, 201, Location=f"{caller.root}{PREFIX}/bookings/{made.id}")


def _details(caller: Caller, offer: ServiceOffer, body: NewBooking) -> dict[str, str]:
    """Return the details as they are stored. Raises RequestValidationError."""
    texts = caller.application.services.texts
    taken, wrong = check_given(
        offer.municipality,
        offer.service,
        offer.channel,
        texts,
        questions=body.questions,
        details=body.details,
        sends_email=sends_email(caller.application.services.registry, offer.municipality.id),
    )
    check_right_answers(caller, wrong)
    return dict(taken)


def check_right_answers(caller: Caller, wrong: Sequence[WrongAnswer]) -> None:
    """Raise RequestValidationError where there are wrong answers."""
    if wrong:
        say, language = caller.application.services.texts.say, caller.language
        raise RequestValidationError(
            [
                {
                    "type": "value_error",
                    "loc": ("body", "questions" if each.is_question else "details", each.name),
                    "msg": say(each.reason, language),
                    "input": None,
                }
                for each in wrong
            ]
        )


@router.post("/bookings/{booking_id}/move", summary="Move a booking", **CHANGES)
async def move_booking(
    booking_id: BookingId, body: Move, once: OnceOnly, if_match: IfMatch = None
) -> Response:
    """Move a booking that isn't over, to a time at which a desk is open and free; tell the citizen.

    409 (`not_free`) where none is; `detail` names the nearest times.
    """
    return await change(
        once,
        booking_id,
        Action.MOVE,
        if_match,
        lambda work, booking: by_staff.move(
            work.session, work.registry, work.staff, booking, body.starts_at, work.now
        ),
    )


@router.post("/bookings/{booking_id}/cancel", summary="Cancel a booking", **CHANGES)
async def cancel_booking(
    booking_id: BookingId,
    body: Cancellation,
    once: OnceOnly,
    if_match: IfMatch = None,
) -> Response:
    """Cancel a booking that isn't over; tell the citizen, with the reason."""
    return await change(
        once,
        booking_id,
        Action.CANCEL,
        if_match,
        lambda work, booking: by_staff.cancel(
            work.session, work.registry, work.staff, booking, work.now, body.reason
        ),
    )


@router.post("/bookings/{booking_id}/note", summary="Note something", **CHANGES)
async def note_booking(
    booking_id: BookingId, body: Note, once: OnceOnly, if_match: IfMatch = None
) -> Response:
    """Keep a note for colleagues, in place of the one before; the citizen isn't told."""
    return await change(
        once,
        booking_id,
        Action.EDIT,
        if_match,
        lambda work, booking: by_staff.note(
            work.session, work.registry, work.staff, booking, body.text, work.now
        ),
    )


async def change(
    once: Once,
    booking_id: int,
    action: Action,
    if_match: str | None,
    act: Callable[[Work, BookingRow], object],
) -> Response:
    """Do something with a booking of that version, once; return it as it is then."""

    def run(work: Work) -> tuple[int, ChangedBooking]:
        booking = by_staff.find(work.session, work.registry, work.staff, action, booking_id)
        check_version(work.session, booking, if_match)
        before = booking.version
        act(work, booking)
        shown = _show(once.caller, work, booking)
        change = shown.history[-1] if shown.version != before else None
        return shown.id, _changed(work.session, shown, change)

    def again(work: Work, done: DoneRequest) -> ChangedBooking:
        shown = show(once.caller, work, done.subject_id)
        at_once = (each for each in reversed(shown.history) if each.at == done.at)
        change = next(at_once, None)
        return _changed(work.session, shown, change)

    return answer(await once.change(run, again))


def _show(caller: Caller, work: Work, booking: BookingRow) -> Booking:
    """Return what was changed; that it is shown isn't recorded besides."""
    work.session.flush()
    found = booking_details.details_of(work.session, work.registry, booking)
    return whole(found, personal=caller.has(KeyScope.PERSONAL))


def _changed(session: Session, shown: Booking, change: BookingChange | None) -> ChangedBooking:
    """Return a booking with where somebody is told of the change that a request made, if any."""
    told: Sequence[str] = ()
    if change and change.change in TOLD:
        told = notified_on(session, session.get_one(BookingRow, shown.id), change.at)
    return ChangedBooking(**shown.model_dump(), told_on=list(told))
