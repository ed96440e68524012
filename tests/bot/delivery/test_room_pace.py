"""A group takes 20 messages a minute: alerts that pile up are gathered, none lost, none twice."""

from collections import Counter
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select, text

from bot.delivery import dispatch, doubt, settlement
from bot.messages import WEBCHAT
from bot.platforms.layout import ROOM_UNITS
from bot.platforms.telegram import request as telegram_request
from core.db.models import Booking, OutboxRow, StaffRoom
from core.messaging import outbox, outbox_admin
from core.staff import rooms
from core.staff.chat_pace import BURST
from tests.bot.platforms.test_telegram import ACCOUNT
from tests.bot.staff_chat import GROUP, StaffChat
from tests.conftest import mostly_on
from tests.core.booking_environment import BookingEnvironment
from tests.core.small_municipality import MONDAY
from tests.fakes.http_server import late
from tests.fakes.telegram import DROPPED, PER_MINUTE, failure

CLOCKS = ("09:00", "09:30", "10:00", "10:30")
NEW = -1005


@pytest.fixture(autouse=True)
def counted_by_the_same_clock(staff_chat: StaffChat) -> None:
    staff_chat.server.clock = lambda: staff_chat.deployment.clock().timestamp()


def book(chat: StaffChat, count: int, first: date = MONDAY) -> list[int]:
    """Book so many, four a day."""
    return [
        chat.book(CLOCKS[number % 4], first + timedelta(days=number // 4))
        for number in range(count)
    ]


def cancel(env: BookingEnvironment, booking: Booking) -> None:
    env.cancel(booking)


def told(chat: StaffChat, group: int = GROUP) -> Counter[str]:
    """Return how often the group was told of each code."""
    codes = chat.do(lambda s: s.scalars(select(Booking.code)).all())
    shown = [f"{code[:3]} {code[3:]}" for code in codes if code]
    words = "\n".join(chat.texts(group))
    return Counter({code: words.count(code) for code in shown})


def all_rows(chat: StaffChat, *columns: Any) -> list[tuple[Any, ...]]:
    query = select(*columns).where(OutboxRow.room_id.is_not(None)).order_by(OutboxRow.id)
    return chat.do(lambda s: [tuple(row) for row in s.execute(query)])


@mostly_on("sqlite")
def test_those_that_pile_up_come_in_one_message(staff_chat: StaffChat) -> None:
    staff_chat.bind()
    bookings = book(staff_chat, 12)
    staff_chat.deliver()
    (words,) = staff_chat.texts()
    heading, *lines, last = words.split("\n")
    assert heading == "12 ενημερώσεις:"
    assert last == "Για τα κουμπιά ενός ραντεβού, γράψτε /find και τον κωδικό ή το επώνυμο."
    assert len(lines) == 12
    assert lines[0].startswith("• Νέο ραντεβού: Δευ 7 Δεκ 09:00, permit · Φυσική παρουσία · ")
    assert set(told(staff_chat).values()) == {1}
    assert staff_chat.server.buttons(GROUP) == {}
    by = all_rows(staff_chat, OutboxRow.gathered_by, OutboxRow.status)
    first = staff_chat.do(lambda s: s.scalar(select(OutboxRow.id).where(OutboxRow.kind == "alert")))
    assert set(by) == {(first, "sent")}
    assert len(bookings) == 12


@mostly_on("sqlite")
def test_few_come_one_by_one(staff_chat: StaffChat) -> None:
    staff_chat.bind()
    book(staff_chat, BURST)
    staff_chat.deliver()
    assert len(staff_chat.texts()) == BURST
    assert set(all_rows(staff_chat, OutboxRow.gathered_by)) == {(None,)}


def test_what_was_gathered_is_answered_by_the_change_which_has_the_buttons(
    staff_chat: StaffChat,
) -> None:
    staff_chat.bind()
    booking, *_others = book(staff_chat, 12)
    staff_chat.deliver()
    (gathered,) = staff_chat.server.chats[GROUP]
    before = staff_chat.texts()
    staff_chat.deployment.clock.forward(minutes=1)
    staff_chat.change(
        booking, lambda env, found: env.move(found, "10:00", day=MONDAY.replace(day=20))
    )
    staff_chat.deliver()
    assert staff_chat.texts()[:1] == before
    moved = list(staff_chat.server.chats[GROUP].values())[-1]
    assert moved["answers"] == gathered
    assert moved["text"].startswith("Μεταφέρθηκε")
    assert "Τηλέφωνο" in staff_chat.server.buttons(GROUP)
    # From now on it is the first.
    staff_chat.change(booking, cancel)
    staff_chat.deliver()
    _list, first, answer = staff_chat.server.chats[GROUP].items()
    assert first[1]["text"].startswith("Ακυρώθηκε")
    assert answer[1]["answers"] == first[0]


@mostly_on("sqlite")
def test_a_group_never_gets_more_than_it_takes(staff_chat: StaffChat) -> None:
    staff_chat.bind()
    bookings: list[int] = []
    for number in range(26):  # with the cancellations, 39 alerts in 26 seconds
        bookings += book(staff_chat, 1, MONDAY + timedelta(days=number))
        if number % 2 == 0:
            staff_chat.change(bookings[number // 2], cancel)
        staff_chat.deliver()
        staff_chat.deployment.clock.forward(seconds=1)
    for _rest in range(26):
        staff_chat.deliver()
        staff_chat.deployment.clock.forward(seconds=4)
    taken = staff_chat.server.taken[GROUP]
    busiest = max(sum(at - 60 < other <= at for other in taken) for at in taken)
    assert busiest <= PER_MINUTE
    assert {error for (error,) in all_rows(staff_chat, OutboxRow.last_error)} == {None}
    assert {status for _kind, status in staff_chat.rows()} <= {"sent", "cancelled"}
    assert min(told(staff_chat).values()) >= 1


def test_the_topics_of_a_group_share_what_it_takes(staff_chat: StaffChat) -> None:
    staff_chat.server.topics[GROUP] = {7: "open", 8: "open"}
    for topic in ("7", "8"):
        staff_chat.bind(topic=topic)
    for clock in CLOCKS:
        staff_chat.book(clock)
        staff_chat.deliver()
    assert len(staff_chat.texts()) == BURST
    staff_chat.deployment.clock.forward(seconds=20)
    staff_chat.deliver()
    assert set(told(staff_chat).values()) == {2}


def test_more_than_a_message_holds_come_in_several(staff_chat: StaffChat) -> None:
    staff_chat.bind()
    book(staff_chat, 60)
    staff_chat.deliver()
    for _rest in range(2):
        staff_chat.deployment.clock.forward(seconds=20)
        staff_chat.deliver()
    assert 1 < len(staff_chat.texts()) < 5
    assert max(len(words) for words in staff_chat.texts()) <= ROOM_UNITS
    assert set(told(staff_chat).values()) == {1}


@mostly_on("sqlite")
def test_while_the_platform_is_away_they_wait_and_come_gathered(staff_chat: StaffChat) -> None:
    staff_chat.bind()
    down = [failure(502, "Bad Gateway")] * 50
    staff_chat.server.failures[GROUP] = list(down)
    for number in range(3):
        book(staff_chat, 4, MONDAY + timedelta(days=number))
        staff_chat.deliver()
        staff_chat.deployment.clock.forward(minutes=1)
    assert staff_chat.texts() == []
    assert {status for _kind, status in staff_chat.rows()} == {"pending"}
    staff_chat.server.failures[GROUP] = []
    staff_chat.deployment.clock.forward(minutes=10)
    staff_chat.deliver()
    staff_chat.deployment.clock.forward(minutes=10)
    staff_chat.deliver()
    assert set(told(staff_chat).values()) == {1}
    assert len(staff_chat.texts()) <= 2


def test_one_is_given_up_for_its_own_age_and_not_for_that_of_what_it_was_gathered_with(
    staff_chat: StaffChat,
) -> None:
    staff_chat.bind()
    staff_chat.server.failures[GROUP] = [failure(502, "Bad Gateway")] * 1000
    old = book(staff_chat, 6)
    staff_chat.deployment.clock.forward(minutes=40)
    fresh = book(staff_chat, 6, MONDAY + timedelta(days=7))
    for _try in range(4):
        staff_chat.deliver()
        staff_chat.deployment.clock.forward(minutes=9)
    booking = OutboxRow.booking_id
    ended = {row[0]: row[1] for row in all_rows(staff_chat, booking, OutboxRow.status)}
    assert {ended[each] for each in old} == {"failed"}
    assert {ended[each] for each in fresh} == {"pending"}


def test_what_is_given_up_is_given_up_together_and_can_be_retried(staff_chat: StaffChat) -> None:
    staff_chat.bind()
    book(staff_chat, 12)
    staff_chat.server.failures[GROUP] = [failure(400, "Bad Request: not enough rights")]
    staff_chat.deliver()
    assert {status for _kind, status in staff_chat.rows()} == {"failed"}
    assert len(staff_chat.rows()) == 12
    now = staff_chat.services.clock()
    assert staff_chat.do(lambda s: outbox_admin.retry(s, WEBCHAT, now, None)) == 12
    staff_chat.deliver()
    assert set(staff_chat.rows()) == {("alert", "sent")}
    assert set(told(staff_chat).values()) == {1}


@mostly_on("sqlite")
def test_a_gathered_message_that_may_have_arrived_is_sent_once_more_as_it_was(
    staff_chat: StaffChat,
) -> None:
    staff_chat.bind()
    book(staff_chat, 12)
    staff_chat.server.failures[GROUP] = [DROPPED]
    staff_chat.deliver()
    states = all_rows(staff_chat, OutboxRow.status, OutboxRow.may_have_arrived)
    assert set(states) == {("pending", True)}
    later = book(staff_chat, 2, MONDAY + timedelta(days=7))
    staff_chat.deployment.clock.now += doubt.PAUSE
    staff_chat.deliver()
    assert Counter(words.split("\n")[0].partition(":")[0] for words in staff_chat.texts()) == {
        "12 ενημερώσεις": 1,
        "Νέο ραντεβού": len(later),
    }
    assert set(told(staff_chat).values()) == {1}


def test_after_a_second_doubt_it_is_left_at_that(
    staff_chat: StaffChat, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(telegram_request, "ANSWER_SECONDS", 0.2)
    staff_chat.bind()
    book(staff_chat, 12)
    staff_chat.server.answer_faults[GROUP] = [late(0.6)] * 2
    staff_chat.deliver()
    staff_chat.deployment.clock.now += doubt.PAUSE
    staff_chat.deliver()
    assert {status for _kind, status in staff_chat.rows()} == {"unknown"}
    assert set(told(staff_chat).values()) == {2}


@mostly_on("sqlite")
def test_it_waits_as_long_as_the_platform_asks(staff_chat: StaffChat) -> None:
    staff_chat.bind()
    book(staff_chat, 2)
    staff_chat.server.failures[GROUP] = [failure(429, "Too Many Requests", retry_after=50)]
    staff_chat.deliver()
    staff_chat.deployment.clock.forward(seconds=49)
    staff_chat.deliver()
    assert staff_chat.texts() == []
    staff_chat.deployment.clock.forward(seconds=10)
    staff_chat.deliver()
    assert set(told(staff_chat).values()) == {1}


@mostly_on("sqlite")
@pytest.mark.parametrize(("bookings", "deaths"), [(12, 1), (12, outbox.MOST_SENDS), (30, 1)])
def test_what_a_worker_had_that_died_is_sent_again_when_its_lease_has_run_out(
    staff_chat: StaffChat, bookings: int, deaths: int
) -> None:
    staff_chat.bind()
    book(staff_chat, bookings)
    for number in range(deaths):
        claim = staff_chat.claim(f"dead {number}")
        first_lines = [message.reply.text.split("\n")[0] for message in claim]
        assert first_lines == [f"{bookings} ενημερώσεις:"]
        assert {status for _kind, status in staff_chat.rows()} == {"claimed"}
        staff_chat.deployment.clock.now += outbox.LEASE + timedelta(seconds=1)
    staff_chat.deliver()
    assert set(told(staff_chat).values()) == ({1} if deaths == 1 else {0})
    ended = "sent" if deaths == 1 else "failed"
    assert {status for _kind, status in staff_chat.rows()} == {ended}


@pytest.mark.parametrize("broken", [0, 5])
def test_one_that_cannot_be_put_into_words_delays_no_other(
    staff_chat: StaffChat, broken: int
) -> None:
    staff_chat.bind()
    bookings = book(staff_chat, 12)
    unreadable = text(f"UPDATE bookings SET details = x'00' WHERE id = {bookings[broken]}")
    staff_chat.do(lambda s: s.execute(unreadable))
    for _round in range(2):
        staff_chat.deliver()
        staff_chat.deployment.clock.forward(minutes=3)
    staff_chat.deliver()
    words = "\n".join(staff_chat.texts())
    assert words.count("Νέο ραντεβού") == 11
    statuses = [status for _kind, status in staff_chat.rows()]
    assert Counter(statuses) == {"sent": 11, "pending": 1}
    assert statuses[broken] == "pending"


@mostly_on("sqlite")
def test_a_group_that_became_a_supergroup_is_followed_at_once(staff_chat: StaffChat) -> None:
    room = staff_chat.bind()
    first = staff_chat.book("09:00")
    staff_chat.deliver()
    staff_chat.server.migrated[GROUP] = NEW
    staff_chat.book("09:30")
    staff_chat.deliver()
    assert len(staff_chat.texts(NEW)) == 1
    assert staff_chat.do(lambda s: s.get_one(StaffRoom, room).chat) == str(NEW)
    # Messages have other ids there: what was sent before is told of anew.
    staff_chat.change(first, cancel)
    staff_chat.deliver()
    assert [words.partition(":")[0] for words in staff_chat.texts(NEW)] == [
        "Νέο ραντεβού",
        "Ακυρώθηκε",
    ]


def test_an_id_of_the_group_before_is_none_of_the_supergroup(staff_chat: StaffChat) -> None:
    staff_chat.bind()
    booking = staff_chat.book("09:00")
    (message,) = staff_chat.claim("worker")
    # It was sent; before that is recorded, the group moves.
    services = staff_chat.services
    moved = (services, ACCOUNT, str(GROUP), str(NEW))
    staff_chat.do(lambda s: dispatch.move_room(s, *moved))
    assert staff_chat.do(lambda s: settlement.mark_sent(s, services, message, "77"))
    staff_chat.server.chats[NEW][77] = {"text": "another's alert", "markup": {}}
    staff_chat.change(booking, cancel)
    staff_chat.deliver()
    assert staff_chat.server.chats[NEW][77]["text"] == "another's alert"
    assert staff_chat.texts(NEW)[-1].startswith("Ακυρώθηκε")


@mostly_on("sqlite")
def test_a_bot_that_was_removed_leaves_the_room_and_what_waits_is_listed(
    staff_chat: StaffChat,
) -> None:
    room = staff_chat.bind()
    book(staff_chat, 3)
    staff_chat.server.kicked.add(GROUP)
    staff_chat.deliver()
    assert staff_chat.do(lambda s: s.get_one(StaffRoom, room).unbound_at) is not None
    errors = all_rows(staff_chat, OutboxRow.status, OutboxRow.last_error)
    kicked = "Forbidden: bot was kicked from the supergroup chat"
    assert errors == [("failed", kicked), ("failed", rooms.LEFT), ("failed", rooms.LEFT)]
    book(staff_chat, 1, MONDAY + timedelta(days=3))
    staff_chat.deliver()
    assert len(staff_chat.rows()) == 3


def test_several_workers_send_nothing_twice(staff_chat: StaffChat) -> None:
    staff_chat.bind()
    book(staff_chat, 30)
    staff_chat.deliver(workers=3)
    staff_chat.deployment.clock.forward(minutes=1)
    staff_chat.deliver(workers=3)
    assert set(told(staff_chat).values()) == {1}
