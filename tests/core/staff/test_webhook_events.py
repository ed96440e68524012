"""Events to webhook endpoints: one of each change of a booking, with the booking as it was then."""

import json
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from core.actor import Role, Staff
from core.bookings import attendance, by_staff, service
from core.bookings.catalogue_update import load_catalogue, remove_municipalities
from core.bookings.closures import service as closures
from core.bookings.closures.request import ExceptionRequest
from core.db.database import Database
from core.db.models import (
    Booking,
    Contact,
    DisabledBecause,
    ExceptionKind,
    HistoryAction,
    MunicipalityRow,
    OutboxRow,
    RelayThread,
    WebhookEndpoint,
)
from core.messaging.event_queue import EventType
from core.staff import codes, relay, rooms, webhook_sending, webhooks
from core.staff.rights import Action
from core.staff.webhook_events import EVENTS, enqueue_message_failed, enqueue_relay_opened
from tests.core.booking_environment import DETAILS, BookingEnvironment
from tests.core.conftest import on_postgres
from tests.core.small_municipality import MONDAY, at, desk, small, utc
from tests.core.staff.test_webhooks import add
from tests.core.staff.two_towns import CITY, OPERATOR, TOWN, TwoTowns

Change = Callable[[TwoTowns, Booking, Staff], object]


def sent(towns: TwoTowns | BookingEnvironment, endpoint: int | None = None) -> list[dict[str, Any]]:
    """Return the events so far, to one endpoint or to all."""
    rows = towns.session.scalars(
        select(OutboxRow).where(OutboxRow.kind == "event").order_by(OutboxRow.id)
    )
    return [json.loads(row.payload or "") for row in rows if endpoint in (None, row.endpoint_id)]


def move(towns: TwoTowns, booking: Booking, staff: Staff) -> None:
    by_staff.move(towns.session, towns.registry, staff, booking, at("10:30"), towns.now)


def cancel(towns: TwoTowns, booking: Booking, staff: Staff) -> None:
    by_staff.cancel(towns.session, towns.registry, staff, booking, towns.now, "απεργία")


def edit(towns: TwoTowns, booking: Booking, staff: Staff) -> None:
    actor, changes = by_staff.acting(staff, booking), {"name": "Άννα Παππά"}
    service.edit(towns.session, towns.registry, booking, changes, towns.now, actor)


def withdraw(towns: TwoTowns, booking: Booking, staff: Staff) -> None:
    actor = by_staff.acting(staff, booking)
    service.withdraw_consent(towns.session, towns.registry, booking, towns.now, actor)


def note(towns: TwoTowns, booking: Booking, staff: Staff) -> None:
    by_staff.note(towns.session, towns.registry, staff, booking, "με αναπηρικό", towns.now)


def end_sample(towns: TwoTowns, act: Callable[[], object]) -> None:
    towns.session.get_one(MunicipalityRow, TOWN).is_sample = True
    towns.session.flush()
    act()


def remove(towns: TwoTowns, _booking: Booking, _staff: Staff) -> None:
    end_sample(towns, lambda: remove_municipalities(towns.session, [TOWN], towns.now))


def replace(towns: TwoTowns, _booking: Booking, _staff: Staff) -> None:
    other = small(desk("four"), id=TOWN)
    end_sample(towns, lambda: load_catalogue(towns.session, other, towns.now))


def arrive(towns: TwoTowns, booking: Booking, staff: Staff) -> None:
    towns.now = at("09:30")
    attendance.mark_arrived(towns.session, towns.registry, staff, booking, towns.now)


def undo(towns: TwoTowns, booking: Booking, staff: Staff) -> None:
    arrive(towns, booking, staff)
    attendance.undo(towns.session, towns.registry, staff, booking, Action.ARRIVED, towns.now)


def outcome(action: Action) -> Change:
    def mark(towns: TwoTowns, booking: Booking, staff: Staff) -> None:
        towns.now = at("10:10")
        given = (towns.session, towns.registry, staff, booking, action, towns.now)
        attendance.mark_outcome(*given)

    return mark


CHANGES: dict[str, tuple[Change, str, str]] = {
    "moved": (move, "booking.moved", "confirmed"),
    "cancelled": (cancel, "booking.cancelled", "cancelled"),
    "consent withdrawn": (withdraw, "booking.cancelled", "cancelled"),
    "removed with its sample": (remove, "booking.cancelled", "cancelled"),
    "replaced with its sample": (replace, "booking.cancelled", "cancelled"),
    "edited": (edit, "booking.edited", "confirmed"),
    "noted": (note, "booking.edited", "confirmed"),
    "arrived": (arrive, "booking.arrived", "confirmed"),
    "completed": (outcome(Action.CAME), "booking.completed", "completed"),
    "no show": (outcome(Action.NO_SHOW), "booking.no_show", "no_show"),
    "undone": (undo, "booking.edited", "confirmed"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_each_change_is_an_event_with_the_booking_as_it_is_then(towns: TwoTowns, name: str) -> None:
    change, event_type, state = CHANGES[name]
    booking, staff = towns.book("10:00"), towns.staff(Role.MANAGER)
    add(towns)
    change(towns, booking, staff)
    event = sent(towns)[-1]
    assert (event["type"], event["data"]["state"]) == (event_type, state)
    assert event["data"]["version"] == booking.version
    assert event["timestamp"] == f"{utc(towns.now):%Y-%m-%dT%H:%M:%SZ}"


def test_a_confirmation_says_what_is_booked_and_nothing_of_whom(towns: TwoTowns) -> None:
    endpoint = add(towns)
    booking = towns.book("10:00")
    (event,) = sent(towns, endpoint)
    assert event["id"].startswith("evt_")
    assert event["type"] == "booking.confirmed"
    assert event["data"] == {
        "booking": booking.id,
        "version": booking.version,
        "municipality": "town",
        "service": "permit",
        "branch": "office",
        "desk": "office/one",
        "channel": "in_person",
        "state": "confirmed",
        "starts_at": "2026-12-07T08:00:00Z",
        "ends_at": "2026-12-07T08:30:00Z",
    }
    said = json.dumps(event, ensure_ascii=False)
    assert not any(str(value) in said for value in DETAILS.values())
    assert booking.code and booking.code not in said


def test_a_move_says_where_the_booking_was(towns: TwoTowns) -> None:
    booking, staff = towns.book("10:00"), towns.staff(Role.MANAGER)
    add(towns)
    move(towns, booking, staff)
    (event,) = sent(towns)
    assert event["data"]["starts_at"] == "2026-12-07T08:30:00Z"
    assert event["data"]["before"] == {
        "desk": "office/one",
        "starts_at": "2026-12-07T08:00:00Z",
        "ends_at": "2026-12-07T08:30:00Z",
    }


@pytest.mark.parametrize(("change", "name"), [(edit, "name"), (note, "note")])
def test_an_edit_names_the_fields_that_were_changed(
    towns: TwoTowns, change: Change, name: str
) -> None:
    booking, staff = towns.book("10:00"), towns.staff(Role.MANAGER)
    add(towns)
    change(towns, booking, staff)
    (event,) = sent(towns)
    assert event["data"]["fields"] == [name]
    said = json.dumps(event, ensure_ascii=False)
    assert "Άννα" not in said and "αναπηρικό" not in said


def test_an_earlier_event_shows_the_booking_as_it_was_whatever_came_later(
    towns: TwoTowns,
) -> None:
    add(towns)
    booking, staff = towns.book("10:00"), towns.staff(Role.MANAGER)
    move(towns, booking, staff)
    cancel(towns, booking, staff)
    confirmed, moved, cancelled = (event["data"] for event in sent(towns))
    assert confirmed["starts_at"] == "2026-12-07T08:00:00Z"
    assert [each["state"] for each in (confirmed, moved, cancelled)] == [
        "confirmed",
        "confirmed",
        "cancelled",
    ]
    assert confirmed["version"] < moved["version"] < cancelled["version"]


def test_a_closure_that_moves_bookings_to_another_desk_is_an_event_of_each(
    towns: TwoTowns,
) -> None:
    booking = towns.book("10:00")
    add(towns)
    asked = ExceptionRequest(
        kind=ExceptionKind.CLOSURE,
        municipality_id=TOWN,
        first=MONDAY,
        last=MONDAY,
        desk="office/one",
    )
    closures.make(towns.session, towns.registry, OPERATOR, asked, towns.now)
    (event,) = sent(towns)
    assert event["type"] == "booking.moved"
    assert event["data"]["booking"] == booking.id
    assert (event["data"]["before"]["desk"], event["data"]["desk"]) == ("office/one", "office/two")


def test_a_hold_is_no_event(towns: TwoTowns) -> None:
    add(towns)
    booking = towns.book("10:00")
    assert len(sent(towns)) == 1
    assert booking.state == "confirmed"


def test_every_change_but_those_of_holds_is_an_event() -> None:
    of_holds = {HistoryAction.HELD, HistoryAction.RELEASED, HistoryAction.EXPIRED}
    assert set(EVENTS) == set(HistoryAction) - of_holds


def test_an_endpoint_is_sent_what_it_wants_of_its_municipality_only(towns: TwoTowns) -> None:
    of_all, of_moves = add(towns), add(towns, "https://example.gr/2", TOWN, EventType.BOOKING_MOVED)
    of_city = add(towns, at=CITY)
    booking, staff = towns.book("10:00"), towns.staff(Role.MANAGER)
    move(towns, booking, staff)
    first, second = sent(towns, of_all)
    assert [first["type"], second["type"]] == ["booking.confirmed", "booking.moved"]
    assert sent(towns, of_moves) == [second]  # the same id
    assert sent(towns, of_city) == []


@pytest.mark.parametrize(
    ("because", "stored"),
    [
        (DisabledBecause.FAILED, ["failed"]),
        (DisabledBecause.GONE, []),
        (DisabledBecause.BY_HAND, []),
    ],
)
def test_events_are_stored_for_an_endpoint_that_failed(
    towns: TwoTowns, because: DisabledBecause, stored: list[str]
) -> None:
    endpoint = add(towns)
    found = towns.session.get_one(WebhookEndpoint, endpoint)
    webhook_sending.stop(towns.session, found, because, towns.now)
    towns.book("10:00")
    query = select(OutboxRow.status).where(OutboxRow.endpoint_id == endpoint)
    assert list(towns.session.scalars(query)) == stored
    assert webhook_sending.enable(towns.session, OPERATOR, endpoint, towns.now) == len(stored)


@pytest.mark.parametrize("about_it", [True, False])
def test_a_thread_with_the_office_is_an_event_once(towns: TwoTowns, about_it: bool) -> None:
    booking = towns.book("10:00")
    add(towns)
    code = codes.make_room_code(
        towns.session, towns.registry, OPERATOR, towns.now, municipality_id=TOWN
    )
    room = rooms.bind(
        towns.session, towns.registry, code, towns.now, account=towns.shared, chat="-100"
    )
    contact = towns.session.scalars(
        select(Contact.id).where(Contact.citizen_id == booking.citizen_id)
    ).one()
    for _time in range(2):
        thread = relay.open_thread(
            *(towns.session, towns.registry, contact, room, towns.now),
            booking=booking if about_it else None,
        )
    (event,) = sent(towns)
    (row,) = towns.session.scalars(select(OutboxRow).where(OutboxRow.kind == "event"))
    about = f"booking {booking.id}" if about_it else f"thread {thread.id}"
    assert about in row.recipient  # of which events are sent in order
    assert event["type"] == "relay.opened"
    assert event["data"]["thread"] == thread.id
    assert event["data"]["municipality"] == TOWN
    assert (event["data"]["booking"] or {}).get("booking") == (booking.id if about_it else None)


@on_postgres
def test_a_change_waits_where_another_event_of_its_booking_is_about_to_be_stored(
    empty: Database,
) -> None:
    def begin(session: Session) -> Booking:
        towns = TwoTowns(session)
        add(towns)
        return towns.book("10:00")

    booking = empty.write_sync(begin)
    given_up = OutboxRow(id=1, booking_id=booking.id, account="webchat")
    thread = RelayThread(id=1, municipality_id=TOWN, booking_id=booking.id)

    kinds: Sequence[tuple[Any, ...]] = (
        (enqueue_message_failed, given_up),
        (enqueue_relay_opened, thread),
    )
    for enqueue, *about in kinds:
        with Session(empty.engine) as first, Session(empty.engine) as second:
            towns = TwoTowns(first)
            enqueue(first, towns.registry, *about, towns.now)
            second.execute(text("SET lock_timeout = 50"))
            changing, found = TwoTowns(second), second.get_one(Booking, booking.id)
            with pytest.raises(OperationalError, match="lock timeout"):
                cancel(changing, found, OPERATOR)


def test_a_desk_that_a_new_catalogue_brings_is_named(session: Session) -> None:
    env = BookingEnvironment(session, small(desk("one")))
    url = "https://example.gr/hook"
    webhooks.add(session, env.registry, OPERATOR, env.now, municipality_id=TOWN, url=url)
    env.registry.refresh(session)
    env.book("10:00")
    load_catalogue(session, small(desk("four")), env.now, displacing=env.registry)
    moved = sent(env)[-1]["data"]
    assert (moved["before"]["desk"], moved["desk"]) == ("office/one", "office/four")
