"""The office itself over /api/v1: messages to citizens, the record, statistics."""

from dataclasses import asdict
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query

from core.bookings import by_staff, statistics
from core.bookings.agenda import ListPlace
from core.bookings.to_citizen import chat_of_citizen, write_to_citizen
from core.db.models import Booking
from core.staff import record
from core.staff.members import find_municipality
from core.staff.rights import Action, check_municipality
from webhooks.api.staff.caller import PREFIX, KeyCaller, StaffRoute, Work
from webhooks.api.staff.closures import show_closure
from webhooks.api.staff.cursor import dump_cursor
from webhooks.api.staff.models import MAX_ID
from webhooks.api.staff.office_models import (
    Closure,
    NewMessage,
    Record,
    RecordedAction,
    Sent,
    Statistics,
)
from webhooks.api.staff.once import OnceOnly
from webhooks.api.staff.problems import problems
from webhooks.api.staff.reading import (
    BookingId,
    Cursor,
    First,
    Last,
    Limit,
    MunicipalityId,
    days,
    place_after,
)

router = APIRouter(prefix=PREFIX, tags=["staff"], route_class=StaffRoute)

MAX_COUNTED_DAYS = 366


@router.post(
    "/bookings/{booking_id}/messages",
    summary="Write to the citizen",
    status_code=202,
    responses=problems(404, 409, 413),
)
async def send_message(booking_id: BookingId, body: NewMessage, once: OnceOnly) -> Sent:
    """Write to the citizen who booked, in their chat; what they answer goes to the staff's chat."""

    def find(work: Work) -> Booking:
        return by_staff.find(work.session, work.registry, work.staff, Action.RELAY, booking_id)

    def sent(work: Work, booking: Booking) -> Sent:
        return Sent(over=chat_of_citizen(work.session, work.registry, booking))

    def run(work: Work) -> tuple[int, Sent]:
        booking = find(work)
        write_to_citizen(work.session, work.registry, work.staff, booking, body.text, work.now)
        return booking_id, sent(work, booking)

    return await once.change(run, lambda work, _done: sent(work, find(work)))


@router.get(
    "/municipalities/{municipality}/record", summary="Read the record", responses=problems(404)
)
async def read_record(
    municipality: MunicipalityId,
    caller: KeyCaller,
    booking: Annotated[
        int | None, Query(ge=1, le=MAX_ID, description="With this booking only.")
    ] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Record:
    """Return what staff did, the newest first; who looked at something is in it, too."""
    listed = ("record", municipality, booking)
    after = place_after(cursor, *listed)

    def run(work: Work) -> Record:
        check_municipality(work.staff, Action.LIST_RECORD, municipality)
        loaded = find_municipality(work.registry, municipality)
        found = record.entries(
            work.session,
            work.staff,
            municipality_id=loaded.body.id,
            booking_id=booking,
            limit=limit + 1,
            before=after,
        )
        shown = found[:limit]
        end = shown[-1] if len(found) > limit else None
        return Record(
            actions=[
                RecordedAction(
                    id=each.id,
                    at=each.at,
                    member=each.member,
                    key=each.key,
                    over=each.platform,
                    action=each.action,
                    booking=each.booking_id,
                    code=each.code,
                    of_member=each.of_member,
                    room=each.room_id,
                    reason=each.reason,
                    closure=each.exception and Closure(**show_closure(loaded, each.exception)),
                )
                for each in shown
            ],
            next=dump_cursor(ListPlace(end.at, end.id), *listed) if end else None,
        )

    return await caller.read(run)


@router.get(
    "/municipalities/{municipality}/statistics", summary="Read counts", responses=problems(404)
)
async def read_statistics(
    municipality: MunicipalityId, caller: KeyCaller, first: First = None, last: Last = None
) -> Statistics:
    """Return counts of the bookings that begin on some days, and of the messages about them.

    Besides, where the booking dialogs that ended on those days ended. At most 366 days.
    """

    def run(work: Work) -> Statistics:
        check_municipality(work.staff, Action.STATISTICS, municipality)
        zone = ZoneInfo(find_municipality(work.registry, municipality).body.timezone)
        since, until = days(first, last, work.now.astimezone(zone).date(), MAX_COUNTED_DAYS)
        counted = statistics.count_all(
            work.session, work.registry, work.staff, municipality, first=since, last=until
        )
        return Statistics(
            first=since,
            last=until,
            bookings=[asdict(each) for each in counted.bookings],
            no_show_rate=counted.no_show_rate,
            lead_days=dict(counted.lead_days),
            holds=[asdict(each) for each in counted.holds],
            messages=[asdict(each) for each in counted.messages],
            steps=[asdict(each) for each in counted.steps],
        )

    return await caller.read(run)
