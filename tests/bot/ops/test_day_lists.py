"""Each morning, a room of staff gets the list of its bookings of the day, once."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from bot.ops import day_lists
from bot.ops.day_lists import enqueue_lists
from bot.platforms.layout import ROOM_UNITS
from core.actor import OPERATOR
from core.bookings import attendance
from core.bookings.closures import service as closures
from core.bookings.closures.request import ExceptionRequest
from core.db.events import events
from core.db.models import Booking, Contact, ExceptionKind, OutboxRow
from core.messaging.outbox import OutboxMessage
from core.staff.day_lists import due_lists
from tests.bot.delivery.test_alerts import code
from tests.bot.staff_chat import GROUP, StaffChat
from tests.conftest import mostly_on
from tests.core.booking_environment import BookingEnvironment
from tests.core.small_municipality import ATHENS, MONDAY

MORNING = datetime(2026, 12, 7, 7, 30, tzinfo=ATHENS)


def due(chat: StaffChat) -> Sequence[OutboxMessage]:
    registry, now = chat.services.registry, chat.services.clock()
    return chat.do(lambda s: due_lists(s, registry, now))


def send(chat: StaffChat) -> list[str]:
    """Forget what was sent; return what is due now and sent."""
    chat.deliver()
    chat.server.chats[GROUP].clear()
    look(chat)
    chat.deliver()
    return chat.texts()


def look(chat: StaffChat) -> None:
    asyncio.run(enqueue_lists(chat.deployment.database, chat.services))


@mostly_on("sqlite")
def test_the_bookings_of_the_day_are_listed_once(staff_chat: StaffChat) -> None:
    staff_chat.bind()
    first = staff_chat.book("09:00")
    second = staff_chat.book("10:30", service="tax", name="Νίκος Ιωάννου")
    cancelled = staff_chat.book("10:00")
    staff_chat.book("10:00", MONDAY + timedelta(days=1))
    staff_chat.change(cancelled, lambda env, found: env.cancel(found))
    staff_chat.deployment.clock.now = MORNING - timedelta(minutes=1)
    assert send(staff_chat) == []
    staff_chat.deployment.clock.now = MORNING
    assert send(staff_chat) == [
        "Δευτέρα 7 Δεκεμβρίου: 2 ραντεβού\n"
        f"09:00 · permit · Φυσική παρουσία · {code(staff_chat, first)} · Μ.Π.\n"
        f"10:30 · tax · Φυσική παρουσία · {code(staff_chat, second)} · Ν.Ι."
    ]
    assert not due(staff_chat)
    assert send(staff_chat) == []
    staff_chat.deployment.clock.forward(days=1)
    assert len(send(staff_chat)) == 1


@mostly_on("sqlite")
def test_who_has_not_answered_a_reminder_is_marked(staff_chat: StaffChat) -> None:
    staff_chat.bind()
    asked, answered, not_asked, here = map(staff_chat.book, ("09:00", "09:30", "10:00", "10:30"))

    def remind(session: Session) -> None:
        for number, status in ((asked, "sent"), (answered, "seen"), (not_asked, "failed")):
            add_row(session, status, number)
        add_row(session, "delivered", here)
        session.get_one(Booking, answered).coming_at = staff_chat.deployment.clock()
        session.get_one(Booking, here).arrived_at = MORNING

    staff_chat.do(remind)
    staff_chat.deployment.clock.now = MORNING
    (listed,) = send(staff_chat)
    marks = ["δεν έχει απαντήσει στην υπενθύμιση", "Μ.Π.", "Μ.Π.", "Είναι εδώ"]
    assert [line.split(" · ")[-1] for line in listed.splitlines()[1:]] == marks


def add_row(session: Session, status: str, booking_id: int) -> None:
    """Add a reminder of a booking to the outbox."""
    now = MORNING - timedelta(days=2)
    row = OutboxRow(dedupe_key=f"r {booking_id}", platform="x", account="x", recipient="x")
    row.kind, row.booking_id, row.status = "reminder", booking_id, status
    row.due_at, row.try_at, row.attempts = now, now, 0
    booking = session.get_one(Booking, booking_id)
    row.expires_at = booking.starts_at
    chat = Contact(account="x", address=f"{booking_id}", citizen_id=booking.citizen_id)
    session.add(chat)
    session.flush()
    row.contact_id = chat.id
    session.add(row)


@mostly_on("sqlite")
def test_what_is_closed_that_day_comes_first(staff_chat: StaffChat) -> None:
    staff_chat.bind(desk="office/one")
    registry, now = staff_chat.services.registry, staff_chat.services.clock()
    for desk, day in (("one", MONDAY), ("two", MONDAY), ("one", MONDAY + timedelta(days=2))):
        asked = ExceptionRequest(
            ExceptionKind.CLOSURE, "town", day, day, "12:00", "13:00", desk=f"office/{desk}"
        )
        staff_chat.do(lambda s, a=asked: closures.make(s, registry, OPERATOR, a, now))  # type: ignore[misc]
    staff_chat.deployment.clock.now = MORNING
    closed = "1 · κλειστά · γραφείο office/one · Δευ 7/12/2026, 12:00–13:00 · σήμερα"
    assert send(staff_chat) == [f"{closed}\nΔευτέρα 7 Δεκεμβρίου: κανένα ραντεβού."]
    staff_chat.deployment.clock.forward(days=1)
    assert send(staff_chat) == []


@pytest.mark.parametrize("staff_chat", [{"day_list_at": None}], indirect=True)
def test_where_the_municipality_wants_none_there_is_none(staff_chat: StaffChat) -> None:
    staff_chat.bind()
    staff_chat.book()
    staff_chat.deployment.clock.now = MORNING
    assert send(staff_chat) == []


@pytest.mark.parametrize(
    ("staff_chat", "clock", "sent"),
    [
        ({}, "11:59", True),
        ({}, "12:00", False),
        ({"day_list_at": "11:45"}, "12:44", True),
        ({"day_list_at": "13:00"}, "12:59", False),
        ({"day_list_at": "13:00"}, "13:00", True),
        ({"day_list_at": "13:00"}, "14:00", False),
    ],
    indirect=["staff_chat"],
)
def test_after_a_late_start_it_comes_until_noon(
    staff_chat: StaffChat, clock: str, *, sent: bool
) -> None:
    staff_chat.bind()
    staff_chat.book()
    hours, minutes = map(int, clock.split(":"))
    staff_chat.deployment.clock.now = MORNING.replace(hour=hours, minute=minutes)
    assert bool(due(staff_chat)) == sent


def test_a_day_without_bookings_has_no_list(staff_chat: StaffChat) -> None:
    staff_chat.bind()
    staff_chat.deployment.clock.now = MORNING
    assert send(staff_chat) == []
    assert staff_chat.rows() == [("day_list", "cancelled")]


def test_a_room_that_was_bound_after_the_time_gets_its_first_on_the_next_day(
    staff_chat: StaffChat,
) -> None:
    staff_chat.deployment.clock.now = MORNING + timedelta(minutes=1)
    staff_chat.bind()
    assert not due(staff_chat)
    staff_chat.deployment.clock.now = MORNING + timedelta(days=1)
    assert due(staff_chat)


@mostly_on("sqlite")
def test_the_lists_of_many_rooms_are_enqueued_in_portions(
    staff_chat: StaffChat, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(day_lists, "PORTION", 2)
    for chat in range(5):
        staff_chat.bind(-200 - chat)
    staff_chat.deployment.clock.now = MORNING
    enqueued: list[int] = []

    def committed(info: dict[Any, Any]) -> None:
        if ("posted",) in events(info):
            enqueued.append(len(staff_chat.rows()))

    staff_chat.deployment.database.on_commit.append(committed)
    look(staff_chat)
    assert enqueued == [2, 4, 5]


def test_a_room_of_a_group_or_desk_gets_its_own(staff_chat: StaffChat) -> None:
    staff_chat.server.topics[GROUP] = {7: "open", 8: "open", 9: "open"}
    staff_chat.bind(topic="7", group="money")
    staff_chat.bind(topic="8", desk="office/one")
    staff_chat.bind(topic="9", desk="office/two")
    staff_chat.book("09:00", service="permit")
    staff_chat.book("10:00", service="tax")
    staff_chat.deployment.clock.now = MORNING
    send(staff_chat)
    shown = staff_chat.server.chats[GROUP].values()
    assert sorted((each["topic"], each["text"].split("\n")[1][:12]) for each in shown) == [
        (7, "10:00 · tax "),
        (8, "09:00 · perm"),
    ]


@pytest.mark.parametrize("staff_chat", [{"shows": ["time", "name"]}], indirect=True)
def test_of_more_than_a_message_holds_the_rest_is_counted(staff_chat: StaffChat) -> None:
    staff_chat.bind()
    name = "Μαρία " + "Παπαδοπούλου " * 40
    for clock in ("09:00", "09:30", "10:00", "10:30"):
        for _desk in range(2):
            staff_chat.book(clock, name=name)
    staff_chat.deployment.clock.now = MORNING
    (words,) = send(staff_chat)
    heading, *lines, last = words.split("\n")
    assert heading == "Δευτέρα 7 Δεκεμβρίου: 8 ραντεβού"
    assert (len(lines), last) == (7, "και άλλο 1: /today")
    assert len(words) <= ROOM_UNITS


def test_who_is_here_already_is_marked(staff_chat: StaffChat) -> None:
    staff_chat.bind()
    who = staff_chat.member()
    booking = staff_chat.book("09:00")
    staff_chat.deployment.clock.now = MORNING + timedelta(hours=1)

    def arrived(env: BookingEnvironment, found: Booking) -> None:
        attendance.mark_arrived(env.session, env.registry, who, found, env.now)

    staff_chat.change(booking, arrived)
    (words,) = send(staff_chat)
    assert words.endswith(" · Μ.Π. · Είναι εδώ")


def test_a_list_that_was_late_is_not_sent_on_another_day(staff_chat: StaffChat) -> None:
    staff_chat.bind()
    staff_chat.book("09:00")
    staff_chat.deliver()
    staff_chat.deployment.clock.now = MORNING
    look(staff_chat)
    staff_chat.deployment.clock.forward(days=1)
    staff_chat.deliver()
    assert staff_chat.rows()[-1] == ("day_list", "expired")
