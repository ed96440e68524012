"""Closures and extra openings over /api/v1: previewed, made, listed, ended."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime, time
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Path

from core.bookings.agenda import entry_of
from core.bookings.closures import listing
from core.bookings.closures import service as closures
from core.bookings.closures.displaced import Plan
from core.bookings.closures.request import ExceptionRequest
from core.bookings.true_state import changed
from core.catalogue.registry import LoadedMunicipality
from core.catalogue.times import MIDNIGHT
from core.db.models import Booking, ScheduleException
from core.errors import ClosedThen, StaffRefused
from core.i18n import _
from core.staff.members import find_municipality
from core.staff.rights import Action, check_booking, target_of
from webhooks.api.staff.caller import PREFIX, KeyCaller, StaffRoute, Work
from webhooks.api.staff.models import MAX_ID, BookingSummary
from webhooks.api.staff.office_models import (
    Closure,
    Closures,
    MadeClosure,
    MovedBooking,
    NewClosure,
    Preview,
)
from webhooks.api.staff.once import OnceOnly
from webhooks.api.staff.problems import problems
from webhooks.api.staff.reading import MunicipalityId, invalid
from webhooks.api.staff.showing import summary

router = APIRouter(prefix=PREFIX, tags=["staff"], route_class=StaffRoute)

ClosureId = Annotated[int, Path(description="The id of a closure.", ge=1, le=MAX_ID)]


@router.get(
    "/municipalities/{municipality}/closures", summary="List closures", responses=problems(404)
)
async def list_closures(municipality: MunicipalityId, caller: KeyCaller) -> Closures:
    """Return the closures and extra openings that aren't over; the catalogue's aren't in it."""

    def run(work: Work) -> Closures:
        listed = listing.list_exceptions(
            work.session, work.registry, work.staff, municipality, work.now
        )
        loaded = find_municipality(work.registry, municipality)
        rows = [work.session.get_one(ScheduleException, each.id) for each in listed]
        return Closures(closures=[Closure(**show_closure(loaded, row)) for row in rows])

    return await caller.read(run)


@router.post(
    "/municipalities/{municipality}/closures/preview",
    summary="Preview a closure",
    responses=problems(404, 409, 413),
)
async def preview_closure(
    municipality: MunicipalityId, body: NewClosure, caller: KeyCaller
) -> Preview:
    """Return what would become of the bookings in the way. It changes nothing."""

    def run(work: Work) -> Preview:
        asked = _asked(municipality, body)
        with _told_what_to_end(municipality):
            planned = closures.preview(work.session, work.registry, work.staff, asked, work.now)
        return _plan(work, municipality, planned)

    return await caller.read(run)


@router.post(
    "/municipalities/{municipality}/closures",
    summary="Make a closure or an extra opening",
    status_code=201,
    responses=problems(404, 409, 413),
)
async def make_closure(
    municipality: MunicipalityId, body: NewClosure, once: OnceOnly
) -> MadeClosure:
    """Close, or make an extra opening. Bookings in the way go elsewhere, or are offered a time."""

    def run(work: Work) -> tuple[int, MadeClosure]:
        asked = _asked(municipality, body)
        with _told_what_to_end(municipality):
            number = closures.make(work.session, work.registry, work.staff, asked, work.now).id
        return number, _made(work, number)

    return await once.change(run, lambda work, done: _made(work, done.subject_id), alone=True)


@router.get(
    "/municipalities/{municipality}/closures/{closure_id}/end/preview",
    summary="Preview the end of a closure",
    responses=problems(404, 409),
)
async def preview_end(
    municipality: MunicipalityId, closure_id: ClosureId, caller: KeyCaller
) -> Preview:
    """Return what would become of the bookings in the way if an extra opening ended now.

    There are none where a closure ends: its bookings stand. It changes nothing.
    """

    def run(work: Work) -> Preview:
        planned = closures.preview_end(
            work.session, work.registry, work.staff, municipality, closure_id, work.now
        )
        return _plan(work, municipality, planned)

    return await caller.read(run)


@router.post(
    "/municipalities/{municipality}/closures/{closure_id}/end",
    summary="End a closure",
    responses=problems(404, 409, 413),
)
async def end_closure(
    municipality: MunicipalityId, closure_id: ClosureId, once: OnceOnly
) -> MadeClosure:
    """End a closure or an extra opening before its time.

    A closure's offers that weren't accepted are withdrawn; an opening's bookings are in the way.
    """

    def run(work: Work) -> tuple[int, MadeClosure]:
        closures.withdraw(
            work.session, work.registry, work.staff, municipality, closure_id, work.now
        )
        return closure_id, _ended(work, closure_id)

    return await once.change(run, lambda work, _done: _ended(work, closure_id), alone=True)


@contextmanager
def _told_what_to_end(municipality: str) -> Iterator[None]:
    """Name the request that ends a closure to whom an opening is refused for it."""
    try:
        yield
    except ClosedThen as refused:
        path = f"{PREFIX}/municipalities/{municipality}/closures/{refused.number}/end"
        how = _("{refusal} First: {request}", refusal=refused.text, request=f"POST {path}")
        raise changed(how) from None


def _plan(work: Work, municipality: str, planned: Plan) -> Preview:
    loaded = find_municipality(work.registry, municipality)
    names = {row_id: f"{at}/{desk}" for (at, desk), row_id in loaded.desk_ids.items()}
    lost = (work.session.get_one(Booking, each) for each in sorted(planned.lost))

    def shown(bookings: Iterable[Booking]) -> list[BookingSummary]:
        return [summary(loaded, entry_of(loaded, each)) for each in bookings]

    return Preview(
        moved=[
            MovedBooking(
                **summary(loaded, entry_of(loaded, booking)).model_dump(), to_desk=names[desk_id]
            )
            for booking, desk_id in planned.moves
        ],
        offered=shown(planned.in_time(work.now)),
        too_soon=shown(planned.too_soon(work.now)),
        offered_again=shown(each for each in lost if _may_see(work, loaded, each)),
    )


def _may_see(work: Work, loaded: LoadedMunicipality, booking: Booking) -> bool:
    """Return whether a booking is the member's: a time may be held at a desk that isn't its own."""
    target = target_of(loaded.body, booking.service, [booking.desk_id])
    try:
        check_booking(work.staff, Action.LIST, target)
    except StaffRefused:
        return False
    return True


def _asked(municipality: str, body: NewClosure) -> ExceptionRequest:
    """Return what is asked for. Raises RequestValidationError."""
    if (body.start is None) != (body.end is None):
        raise invalid("start", "Send both start and end, or neither.", "body")
    return ExceptionRequest(
        kind=body.kind,
        municipality_id=municipality,
        first=body.first,
        last=body.last or body.first,
        start=_clock(body.start),
        end=_clock(body.end),
        branch=body.branch,
        desk=body.desk,
        reason=body.reason or None,
    )


def _clock(given: time | None) -> str | None:
    """Return a time of day as it is stored."""
    if given is None:
        return None
    return "24:00" if given == MIDNIGHT else f"{given:%H:%M}"


def _made(work: Work, closure_id: int) -> MadeClosure:
    row = work.session.get_one(ScheduleException, closure_id)
    return _outcome(work, row, row.made_at)


def _ended(work: Work, closure_id: int) -> MadeClosure:
    row = work.session.get_one(ScheduleException, closure_id)
    return _outcome(work, row, row.withdrawn_at or row.made_at)


def _outcome(work: Work, row: ScheduleException, at: datetime) -> MadeClosure:
    """Return a closure, and what became of the bookings in the way when it was made or ended."""
    loaded = work.registry[row.municipality_id]
    came = listing.outcome_of(work.session, loaded, row, at)
    return MadeClosure(
        **show_closure(loaded, row),
        moved=sum(came.moved.values()),
        offered=came.offered - came.soon,
        too_soon=came.soon,
        offered_again=came.again,
    )


def show_closure(loaded: LoadedMunicipality, row: ScheduleException) -> dict[str, Any]:
    """Return the values of a Closure."""
    asked, zone = listing.request_of(loaded, row), ZoneInfo(loaded.body.timezone)
    kept = {name: value for name, value in asdict(asked).items() if name != "municipality_id"}
    return {
        "id": row.id,
        **kept,
        "made_at": row.made_at.astimezone(zone),
        "ended_at": row.withdrawn_at and row.withdrawn_at.astimezone(zone),
    }
