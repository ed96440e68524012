"""GET of /api/v1: the catalogue, free times, bookings."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Path, Query, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import StreamingResponse

from core.actor import KeyScope
from core.availability import slots
from core.availability.schedule import day_bounds
from core.bookings import agenda, booking_details
from core.bookings.agenda import ListPlace
from core.bookings.export_formats import MEDIA_TYPES, ExportFormat
from core.bookings.staff_rights import bookable_part
from core.catalogue.model import Channel
from core.catalogue.service_offer import ServiceOffer
from core.db.models import BookingState
from core.i18n import _
from core.staff.members import find_desk, find_municipality
from core.staff.rights import Action, check_municipality, no_booking, not_found
from webhooks.api.bookings_export import export_response
from webhooks.api.staff.caller import PREFIX, Caller, KeyCaller, StaffRoute, Work, check_scope
from webhooks.api.staff.catalogue_models import (
    Municipalities,
    MunicipalityModel,
    MunicipalityName,
    show_municipality,
)
from webhooks.api.staff.cursor import dump_cursor, parse_cursor
from webhooks.api.staff.models import (
    FIRST_YEAR,
    LAST_YEAR,
    MAX_DAYS,
    MAX_ID,
    Booking,
    BookingPage,
    Found,
    FreeTimes,
    KeyAnswer,
    Name,
    Search,
)
from webhooks.api.staff.problems import problems
from webhooks.api.staff.showing import summary, whole

router = APIRouter(prefix=PREFIX, tags=["staff"], route_class=StaffRoute)

MunicipalityId = Annotated[Name, Path(description="The id of a municipality.")]
BookingId = Annotated[int, Path(description="The id of a booking.", ge=1, le=MAX_ID)]
First = Annotated[
    date | None, Query(alias="from", description="The first day; today if not given.")
]
Last = Annotated[
    date | None,
    Query(alias="to", description="The last day; the first if not given."),
]
Limit = Annotated[int, Query(ge=1, le=200, description="The most of a page.")]
Cursor = Annotated[Name | None, Query(description="The `next` of the page before.")]


def invalid(field: str, message: str, where: str = "query") -> RequestValidationError:
    """Return the error of a value that is wrong."""
    return RequestValidationError(
        [{"type": "value_error", "loc": (where, field), "msg": message, "input": None}]
    )


def days(
    first: date | None, last: date | None, today: date, most: int = MAX_DAYS
) -> tuple[date, date]:
    """Return the days that are asked for. Raises RequestValidationError."""
    since = first or today
    until = last or since
    if not FIRST_YEAR <= since.year <= LAST_YEAR:
        raise invalid("from", f"Send a day of the years {FIRST_YEAR} to {LAST_YEAR}.")
    if not since <= until <= since + timedelta(days=most - 1):
        least = "`from` on" if first else "today on, for `from` isn't given"
        raise invalid("to", f"Send a day from {least}; at most {most} days in all.")
    return since, until


@router.get("/key", summary="Read what this key is", responses=problems())
async def read_key(caller: KeyCaller) -> KeyAnswer:
    """Return the key's name, scopes and end, and for whom it acts."""
    holder, staff = caller.holder, await caller.read(lambda work: work.staff)
    return KeyAnswer(
        name=holder.name,
        member=staff.member_id or 0,
        role=staff.role,
        municipality=staff.municipality_id,
        scopes=sorted(holder.scopes),
        expires_at=holder.expires_at,
    )


@router.get("/municipalities", summary="List the municipalities", responses=problems())
async def list_municipalities(caller: KeyCaller) -> Municipalities:
    """Return the municipalities of the key's member: theirs, if it is offered."""

    def run(work: Work) -> Municipalities:
        home = work.staff.municipality_id
        return Municipalities(
            municipalities=[
                MunicipalityName(id=body.id, name=show_municipality(body).name)
                for body in work.registry.municipalities
                if home in (None, body.id)
            ]
        )

    return await caller.read(run)


@router.get("/municipalities/{municipality}", summary="Read the catalogue", responses=problems(404))
async def read_municipality(municipality: MunicipalityId, caller: KeyCaller) -> MunicipalityModel:
    """Return a municipality's branches, desks and services, with what a booking needs."""

    def run(work: Work) -> MunicipalityModel:
        check_municipality(work.staff, Action.LIST, municipality)
        return show_municipality(find_municipality(work.registry, municipality).body)

    return await caller.read(run)


@router.get(
    "/municipalities/{municipality}/times", summary="List free times", responses=problems(404)
)
async def list_times(
    municipality: MunicipalityId,
    service: Annotated[Name, Query()],
    branch: Annotated[Name, Query()],
    channel: Annotated[Channel, Query()],
    caller: KeyCaller,
    first: First = None,
    last: Last = None,
) -> FreeTimes:
    """Return the starts at which staff can book: at desks that they serve, without notice."""

    def run(work: Work) -> FreeTimes:
        offer = find_offer(work, municipality, service, branch, channel).for_staff()
        since, until = days(first, last, work.now.astimezone(offer.zone).date())
        bounds = day_bounds(since, offer.zone)[0], day_bounds(until, offer.zone)[1]
        starts = slots.free_times(work.session, offer, *bounds, work.now, None)
        return FreeTimes(starts=starts, duration=offer.service.duration)

    return await caller.read(run)


def find_offer(
    work: Work, municipality: str, service: str, branch: str, channel: Channel
) -> ServiceOffer:
    """Return what is to be booked. Raises StaffRefused: not_allowed, not_found."""
    check_municipality(work.staff, Action.BOOK, municipality)
    part = bookable_part(find_municipality(work.registry, municipality), work.staff)
    offer = part.offer(service, branch, channel) if part and part.has(service, branch) else None
    if offer and offer.desks:
        return offer
    channels = [each for each in Channel if offer and replace(offer, channel=each).desks]
    if not channels:
        raise not_found(_("There is no such service at this branch."))
    raise not_found(
        _(
            "There is no such channel for this service at this branch. There is: {channels}.",
            channels=", ".join(channels),
        )
    )


@router.get(
    "/municipalities/{municipality}/bookings", summary="List bookings", responses=problems(404)
)
async def list_bookings(
    municipality: MunicipalityId,
    caller: KeyCaller,
    first: First = None,
    last: Last = None,
    desk: Annotated[Name | None, Query(description="Of this desk only: BRANCH/DESK.")] = None,
    state: Annotated[
        list[BookingState] | None,
        Query(description="In this state only; may be repeated. Holds aren't listed."),
    ] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> BookingPage:
    """Return the bookings that begin on some days, by time: those that the member serves."""
    listed = ("bookings", municipality, first, last, desk, sorted(set(state or ())))
    after = place_after(cursor, *listed)

    def run(work: Work) -> BookingPage:
        check_municipality(work.staff, Action.LIST, municipality)
        loaded = find_municipality(work.registry, municipality)
        zone = ZoneInfo(loaded.body.timezone)
        today = (after.starts_at if after else work.now).astimezone(zone).date()
        since, until = days(first, last, today)  # the next page is of the same days after midnight
        found = agenda.list_page(
            work.session,
            work.registry,
            work.staff,
            municipality,
            work.now,
            first=since,
            last=until,
            most=limit + 1,
            desk_id=None if desk is None else find_desk(loaded, desk),
            states=[each for each in agenda.LISTED if state is None or each in state],
            after=after,
        )
        shown = found[:limit]
        end = shown[-1] if len(found) > limit else None
        return BookingPage(
            bookings=[summary(loaded, each) for each in shown],
            next=dump_cursor(ListPlace(end.starts_at, end.booking_id), *listed) if end else None,
        )

    return await caller.write(run)


@router.get(
    "/municipalities/{municipality}/bookings.{file_format}",
    summary="Export bookings",
    response_class=StreamingResponse,
    responses=problems(404)
    | {200: {"description": "The file", "content": {each: {} for each in MEDIA_TYPES.values()}}},
)
async def export_bookings(
    municipality: MunicipalityId,
    file_format: Annotated[ExportFormat, Path(description="CSV, or a JSON object a line.")],
    caller: KeyCaller,
    first: Annotated[
        date | None, Query(alias="from", description="The first day; if not given, all before.")
    ] = None,
    last: Annotated[
        date | None, Query(alias="to", description="The last day; if not given, all after.")
    ] = None,
    details: Annotated[
        bool, Query(description="With what attendees gave; needs the scope `personal`.")
    ] = False,
) -> Response:
    """Return the bookings that begin on some days, by time: those that the member serves.

    The file is made while it is sent; what goes wrong on the way cuts it off. It is recorded.
    429 while two for this key are being sent, 503 while several others are.
    """
    for name, day in (("from", first), ("to", last)):
        if day is not None and not FIRST_YEAR <= day.year <= LAST_YEAR:
            raise invalid(name, f"Send a day of the years {FIRST_YEAR} to {LAST_YEAR}.")
    if first is not None and last is not None and last < first:
        raise invalid("to", "Send a day from the first on.")
    if details:
        check_scope(caller.holder.scopes, KeyScope.PERSONAL)
    return await export_response(
        caller.application,
        caller.exports,
        await caller.read(lambda work: work.staff),
        municipality,
        file_format,
        first,
        last,
        details=details,
    )


def place_after(cursor: str | None, *listed: object) -> ListPlace | None:
    """Return the place of a cursor. Raises RequestValidationError."""
    try:
        return None if cursor is None else parse_cursor(cursor, *listed)
    except ValueError as error:
        raise invalid("cursor", str(error)) from None


@router.post(
    "/municipalities/{municipality}/bookings/search",
    summary="Find bookings by code or name",
    responses=problems(404, 413),
)
async def search_bookings(municipality: MunicipalityId, search: Search, caller: KeyCaller) -> Found:
    """Return the booking of a code, or the bookings of a name. It is recorded."""
    code, name = search.code, search.name
    if (code is None) == (name is None):
        raise invalid("code", "Send either a code or a name.", "body")
    if name is not None:
        check_scope(caller.holder.scopes, KeyScope.PERSONAL)

    def run(work: Work) -> Found:
        check_municipality(work.staff, Action.FIND, municipality)
        loaded = find_municipality(work.registry, municipality)
        session, registry, staff = work.session, work.registry, work.staff
        if name is not None:
            entries = agenda.find_named(session, registry, staff, municipality, name, work.now)
        else:
            booking = booking_details.show(session, registry, staff, code or "", work.now).booking
            if booking.municipality_id != municipality:
                raise no_booking()
            entries = [agenda.entry_of(loaded, booking)]
        return Found(bookings=[summary(loaded, each) for each in entries])

    return await caller.write(run)


@router.get(
    "/bookings/{booking_id}",
    summary="Read a booking",
    response_model=Booking,
    responses=problems(404),
)
async def read_booking(booking_id: BookingId, caller: KeyCaller) -> Response:
    """Return a booking with its history, and its version as ETag."""
    return answer(await caller.write(lambda work: show(caller, work, booking_id)))


def show(caller: Caller, work: Work, booking_id: int) -> Booking:
    """Return a booking as the caller may see it; it is recorded. Raises StaffRefused."""
    found = booking_details.show(work.session, work.registry, work.staff, booking_id, work.now)
    return whole(found, personal=caller.has(KeyScope.PERSONAL))


def answer(booking: Booking, status: int = 200, **headers: str) -> Response:
    """Return the answer that shows a booking, with its version as ETag.

    FastAPI would validate once more what was validated when it was made.
    """
    text = booking.model_dump_json()
    headers["ETag"] = f'"{booking.version}"'
    return Response(text, status, headers, "application/json")
