"""Alerts in a group of staff: a booking's first is edited, and answered by what comes later."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from bot.messages import WEBCHAT
from core.actor import Staff
from core.bookings import attendance, by_staff, seen, service
from core.db.models import Booking, HistoryAction
from core.messaging import outbox_admin
from core.staff import codes, rooms
from core.staff.rights import Action
from dialogs.messages.staff_alert import HEADINGS
from tests.bot.platforms.test_telegram import ACCOUNT
from tests.bot.staff_chat import GROUP, StaffChat
from tests.conftest import mostly_on
from tests.core.booking_environment import BookingEnvironment
from tests.core.small_municipality import at
from tests.core.staff.two_towns import CITY, OPERATOR, TOWN, with_groups
from tests.fakes.telegram import failure

FACTS = "Φυσική παρουσία · {code} · Μ.Π."
START = at("10:00")
NUMBER = "Τηλέφωνο"


def code(chat: StaffChat, booking: int) -> str:
    found = chat.do(lambda s: s.get_one(Booking, booking).code) or ""
    return f"{found[:3]} {found[3:]}"


def facts(chat: StaffChat, booking: int) -> str:
    return FACTS.format(code=code(chat, booking))


def cancel(env: BookingEnvironment, booking: Booking) -> None:
    env.cancel(booking)


def move(env: BookingEnvironment, booking: Booking) -> None:
    env.move(booking, "10:30")


def cancel_by_office(env: BookingEnvironment, booking: Booking) -> None:
    by_staff.cancel(env.session, env.registry, OPERATOR, booking, env.now, "Απεργία")


def withdraw(env: BookingEnvironment, booking: Booking) -> None:
    actor = env.actor(booking.citizen_id)
    service.withdraw_consent(env.session, env.registry, booking, env.now, actor)


def edit(env: BookingEnvironment, booking: Booking) -> None:
    given = {"name": "Άννα Παππά", "phone": "+306900000001", "email": "anna@example.gr"}
    service.edit(env.session, env.registry, booking, given, env.now, env.actor(booking.citizen_id))


@mostly_on("sqlite")
def test_a_booking_is_told_of_with_buttons(staff_chat: StaffChat) -> None:
    staff_chat.bind()
    booking = staff_chat.book()
    staff_chat.deliver()
    (message,) = staff_chat.server.chats[GROUP].values()
    assert message["text"] == (
        f"Νέο ραντεβού: Δευ 7 Δεκ 10:00, permit\n{facts(staff_chat, booking)}"
    )
    rows = [[button["text"] for button in row] for row in message["markup"]["inline_keyboard"]]
    assert rows == [
        ["Το είδα", "Είναι εδώ"],
        ["Ήρθε", "Δεν ήρθε"],
        ["Άλλη ώρα…", "Μήνυμα…"],
        ["Τηλέφωνο", "Ακύρωση…"],
    ]


@pytest.mark.parametrize(
    ("how", "said"),
    [
        (move, "Μεταφέρθηκε από Δευ 7 Δεκ 10:00 σε Δευ 7 Δεκ 10:30: permit\n{facts}"),
        (cancel, "Ακυρώθηκε: Δευ 7 Δεκ 10:00, permit\n{facts}"),
        (edit, "Άλλαξαν στοιχεία ({fields}): Δευ 7 Δεκ 10:00, permit\n{changed}"),
        (withdraw, "Ακυρώθηκε, ανακλήθηκε η συγκατάθεση: Δευ 7 Δεκ 10:00, permit\n{erased}"),
    ],
    ids=["moved", "cancelled", "edited", "withdrawn"],
)
@mostly_on("sqlite")
def test_a_change_edits_the_first_alert_and_answers_it(
    staff_chat: StaffChat, how: Any, said: str
) -> None:
    staff_chat.bind()
    booking = staff_chat.book()
    staff_chat.deliver()
    staff_chat.change(booking, how)
    staff_chat.deliver()
    now = facts(staff_chat, booking)
    words = said.format(
        facts=now,
        changed=now.replace("Μ.Π.", "Α.Π."),
        erased=now.removesuffix(" · Μ.Π."),
        fields="email, name, phone",
    )
    first, second = staff_chat.server.chats[GROUP].items()
    assert first[1]["text"] == second[1]["text"] == f"{words}\n(ο πολίτης, 30/11/2026 09:00)"
    assert second[1]["answers"] == first[0]
    assert not second[1]["markup"]
    still = staff_chat.do(lambda s: s.get_one(Booking, booking).state) == "confirmed"
    assert bool(first[1]["markup"]) == still
    assert staff_chat.rows() == [("alert", "sent"), ("alert", "sent"), ("alert_edit", "sent")]


def test_of_several_edits_that_wait_the_last_is_made(staff_chat: StaffChat) -> None:
    staff_chat.bind()
    booking = staff_chat.book()
    staff_chat.deliver()
    for how in (move, edit, cancel):
        staff_chat.change(booking, how)
    staff_chat.deliver()
    edits = [status for kind, status in staff_chat.rows() if kind == "alert_edit"]
    assert edits == ["cancelled", "cancelled", "sent"]
    assert [words.partition(" ")[0] for words in staff_chat.texts()] == [
        "Ακυρώθηκε:",
        "Μεταφέρθηκε",
        "Άλλαξαν",
        "Ακυρώθηκε:",
    ]


@mostly_on("sqlite")
def test_each_move_that_waits_tells_from_when_to_when_it_was(staff_chat: StaffChat) -> None:
    staff_chat.bind()
    booking = staff_chat.book()
    staff_chat.deliver()
    staff_chat.change(booking, move)
    staff_chat.change(booking, lambda env, found: env.move(found, "09:30"))
    staff_chat.deliver()
    now, *record = [words.partition("\n")[0] for words in staff_chat.texts()]
    assert record == [
        "Μεταφέρθηκε από Δευ 7 Δεκ 10:00 σε Δευ 7 Δεκ 10:30: permit",
        "Μεταφέρθηκε από Δευ 7 Δεκ 10:30 σε Δευ 7 Δεκ 09:30: permit",
    ]
    assert now == record[-1]


def test_a_first_alert_of_a_move_shows_when_it_is_now(staff_chat: StaffChat) -> None:
    booking = staff_chat.book()
    staff_chat.bind()
    staff_chat.change(booking, move)
    staff_chat.change(booking, lambda env, found: env.move(found, "09:30"))
    (first,) = staff_chat.claim("worker")
    words = "Μεταφέρθηκε από Δευ 7 Δεκ 10:00 σε Δευ 7 Δεκ 09:30: permit"
    assert first.reply.text.partition("\n")[0] == words


def test_a_move_whose_former_time_was_not_kept_tells_when_it_is(staff_chat: StaffChat) -> None:
    staff_chat.bind()
    booking = staff_chat.book()
    staff_chat.change(booking, move)
    staff_chat.do(lambda s: s.execute(text("UPDATE history SET starts_before = NULL")))
    staff_chat.deliver()
    assert staff_chat.texts()[-1].startswith("Μεταφέρθηκε: Δευ 7 Δεκ 10:30, permit\n")


@pytest.mark.parametrize("staff_chat", [{"shows": ["service"]}], indirect=True)
def test_where_no_time_is_shown_a_move_names_none(staff_chat: StaffChat) -> None:
    staff_chat.bind()
    booking = staff_chat.book()
    staff_chat.change(booking, move)
    staff_chat.deliver()
    assert staff_chat.texts()[-1].startswith("Μεταφέρθηκε: permit\n")


@pytest.mark.parametrize(
    ("action", "heading"),
    [(Action.ARRIVED, "Είναι εδώ"), (Action.CAME, "Ήρθε"), (Action.NO_SHOW, "Δεν ήρθε")],
)
def test_what_is_marked_is_shown_and_what_is_undone_shown_no_more(
    staff_chat: StaffChat, action: Action, heading: str
) -> None:
    staff_chat.bind()
    who = staff_chat.member()
    booking = staff_chat.book()
    staff_chat.deliver()
    staff_chat.deployment.clock.now = START

    def marked(env: BookingEnvironment, found: Booking) -> None:
        given = (env.session, env.registry, who, found)
        if action is Action.ARRIVED:
            attendance.mark_arrived(*given, env.now)
        else:
            attendance.mark_outcome(*given, action, env.now)

    staff_chat.change(booking, marked)
    staff_chat.deliver()
    (words,) = staff_chat.texts()
    said = facts(staff_chat, booking)
    assert words == (f"{heading}: Δευ 7 Δεκ 10:00, permit\n{said}\n(Ελένη Δήμου, 7/12/2026 10:00)")
    assert f"Αναίρεση «{heading}»" in staff_chat.server.buttons(GROUP)
    staff_chat.change(
        booking,
        lambda env, found: attendance.undo(env.session, env.registry, who, found, action, env.now),
    )
    staff_chat.deliver()
    assert staff_chat.texts() == [f"Νέο ραντεβού: Δευ 7 Δεκ 10:00, permit\n{said}"]


def test_who_saw_it_is_shown(staff_chat: StaffChat) -> None:
    staff_chat.bind()
    who: Staff = staff_chat.member("Νίκος Ιωάννου")
    booking = staff_chat.book()
    staff_chat.deliver()
    staff_chat.change(
        booking,
        lambda env, found: seen.mark_seen(env.session, env.registry, who, found, env.now),
    )
    staff_chat.deliver()
    (words,) = staff_chat.texts()
    assert words.endswith("\nΤο είδε: Νίκος Ιωάννου")


def test_of_a_cancellation_by_the_office_the_reason_is_shown(staff_chat: StaffChat) -> None:
    staff_chat.bind()
    who = staff_chat.member()
    booking = staff_chat.book()
    staff_chat.change(
        booking,
        lambda env, found: by_staff.cancel(
            env.session, env.registry, who, found, env.now, "Απεργία"
        ),
    )
    staff_chat.deliver()
    first, answer = staff_chat.texts()
    assert first == answer
    assert first.endswith("\n(Ελένη Δήμου, 30/11/2026 09:00)\nΛόγος: Απεργία")
    assert staff_chat.server.buttons(GROUP) == {}


@pytest.mark.parametrize(("minutes", "soon"), [(119, True), (121, False)])
def test_what_begins_within_two_hours_says_so(
    staff_chat: StaffChat, minutes: int, *, soon: bool
) -> None:
    staff_chat.bind()
    booking = staff_chat.book()
    staff_chat.deployment.clock.now = START - timedelta(minutes=minutes)
    staff_chat.change(booking, cancel_by_office)
    staff_chat.deliver()
    beginning = "Εντός δύο ωρών! Ακυρώθηκε: " if soon else "Ακυρώθηκε: "
    assert staff_chat.texts()[-1].startswith(beginning)


@pytest.mark.parametrize(
    ("staff_chat", "said"),
    [
        ({"shows": ["code"]}, "Νέο ραντεβού\n{code}"),
        ({"shows": ["service"]}, "Νέο ραντεβού: permit"),
        (
            {"shows": ["desk", "name", "time"]},
            "Νέο ραντεβού: Δευ 7 Δεκ 10:00\noffice/one · Μαρία Παπαδοπούλου",
        ),
    ],
    indirect=["staff_chat"],
)
def test_the_municipality_decides_what_is_shown(staff_chat: StaffChat, said: str) -> None:
    staff_chat.bind()
    booking = staff_chat.book()
    staff_chat.deliver()
    assert staff_chat.texts() == [said.format(code=code(staff_chat, booking))]


def test_an_alert_that_was_deleted_is_not_sent_again_and_its_answers_are_sent_plainly(
    staff_chat: StaffChat,
) -> None:
    staff_chat.bind()
    booking = staff_chat.book()
    staff_chat.deliver()
    staff_chat.server.chats[GROUP].clear()
    staff_chat.change(booking, cancel)
    staff_chat.deliver()
    (message,) = staff_chat.server.chats[GROUP].values()
    assert message["text"].startswith("Ακυρώθηκε")
    assert "answers" not in message
    assert {status for _kind, status in staff_chat.rows()} == {"sent"}


@mostly_on("sqlite")
def test_where_the_first_was_deleted_the_next_has_the_buttons_and_counts_as_the_first(
    staff_chat: StaffChat,
) -> None:
    staff_chat.bind()
    booking = staff_chat.book()
    staff_chat.deliver()
    staff_chat.server.chats[GROUP].clear()
    staff_chat.change(booking, move)
    staff_chat.deliver()
    ((number, moved),) = staff_chat.server.chats[GROUP].items()
    assert moved["text"].startswith("Μεταφέρθηκε")
    assert NUMBER in staff_chat.server.buttons(GROUP)
    staff_chat.deployment.clock.forward(minutes=1)  # for the group's pace
    staff_chat.change(booking, edit)
    staff_chat.deliver()
    first, answer = staff_chat.server.chats[GROUP].values()
    assert first["text"] == answer["text"]
    assert answer["text"].startswith("Άλλαξαν στοιχεία")
    assert answer["answers"] == number
    assert NUMBER in staff_chat.server.buttons(GROUP)
    assert not answer["markup"]
    assert {status for _kind, status in staff_chat.rows()} == {"sent"}


@mostly_on("sqlite")
def test_where_all_of_a_booking_was_deleted_the_next_alert_has_the_buttons(
    staff_chat: StaffChat,
) -> None:
    staff_chat.bind()
    who = staff_chat.member()
    booking = staff_chat.book()
    staff_chat.deliver()
    staff_chat.server.chats[GROUP].clear()
    staff_chat.change(
        booking,
        lambda env, found: seen.mark_seen(env.session, env.registry, who, found, env.now),
    )
    staff_chat.deliver()
    assert staff_chat.texts() == []
    assert staff_chat.rows() == [("alert", "sent"), ("alert_edit", "cancelled")]
    staff_chat.change(booking, move)
    staff_chat.deliver()
    (told,) = staff_chat.server.chats[GROUP].values()
    assert "answers" not in told
    assert NUMBER in staff_chat.server.buttons(GROUP)


def test_a_room_that_was_bound_later_is_told_of_the_change_with_buttons(
    staff_chat: StaffChat,
) -> None:
    booking = staff_chat.book()
    staff_chat.bind()
    staff_chat.change(booking, move)
    staff_chat.deliver()
    assert [words.partition(" ")[0] for words in staff_chat.texts()] == ["Μεταφέρθηκε"]
    assert NUMBER in staff_chat.server.buttons(GROUP)


def test_topics_are_told_of_what_is_theirs(staff_chat: StaffChat) -> None:
    staff_chat.server.topics[GROUP] = {7: "open", 8: "open"}
    staff_chat.bind(topic="7", group="building")
    staff_chat.bind(topic="8", desk="office/three")
    staff_chat.book(service="permit")
    staff_chat.book(service="tax", clock="10:30")
    staff_chat.deliver()
    shown = staff_chat.server.chats[GROUP].values()
    assert sorted((each["topic"], each["text"].split("\n")[0]) for each in shown) == [
        (7, "Νέο ραντεβού: Δευ 7 Δεκ 10:00, permit"),
        (8, "Νέο ραντεβού: Δευ 7 Δεκ 10:30, tax"),
    ]


def test_a_room_that_was_unbound_is_told_nothing(staff_chat: StaffChat) -> None:
    staff_chat.bind()
    staff_chat.book()
    staff_chat.do(lambda s: s.execute(text("UPDATE staff_rooms SET unbound_at = 1")))
    staff_chat.deliver()
    assert staff_chat.rows() == [("alert", "cancelled")]
    assert staff_chat.texts() == []


def bind_anew(chat: StaffChat, room: int, at: str, **what: Any) -> None:
    """Bind a room's chat again, a minute later, for others."""
    chat.deployment.clock.forward(minutes=1)
    registry, now = chat.services.registry, chat.services.clock()

    def run(session: Session) -> None:
        registry.refresh(session)
        if at != TOWN:
            rooms.unbind(session, OPERATOR, room, now)
        code = codes.make_room_code(session, registry, OPERATOR, now, municipality_id=at, **what)
        assert rooms.bind(session, registry, code, now, account=ACCOUNT, chat=str(GROUP)).id == room

    chat.do(run)


@mostly_on("sqlite")
def test_a_chat_that_is_another_municipalitys_now_gets_nothing_of_the_first(
    staff_chat: StaffChat,
) -> None:
    staff_chat.deployment.load(with_groups(CITY))
    room = staff_chat.bind()
    staff_chat.book()
    bind_anew(staff_chat, room, CITY)
    staff_chat.deliver()
    assert staff_chat.texts() == []
    assert staff_chat.rows() == [("alert", "cancelled")]


@mostly_on("sqlite")
@pytest.mark.parametrize(("at", "what"), [(CITY, {}), (TOWN, {"group": "money"})])
def test_what_is_retried_is_sent_only_to_a_chat_that_is_for_it_now(
    staff_chat: StaffChat, at: str, what: dict[str, str]
) -> None:
    staff_chat.deployment.load(with_groups(CITY))
    room = staff_chat.bind()
    staff_chat.book()
    staff_chat.server.failures[GROUP] = [failure(400, "Bad Request: not enough rights")]
    staff_chat.deliver()
    assert staff_chat.rows() == [("alert", "failed")]
    bind_anew(staff_chat, room, at, **what)
    now = staff_chat.services.clock()
    assert staff_chat.do(lambda s: outbox_admin.retry(s, WEBCHAT, now, None)) == 1
    staff_chat.deliver()
    assert staff_chat.texts() == []
    assert staff_chat.rows() == [("alert", "cancelled")]


def test_what_waited_is_sent_to_a_chat_bound_anew_where_it_is_for_it(
    staff_chat: StaffChat,
) -> None:
    room = staff_chat.bind()
    staff_chat.book(service="permit")
    staff_chat.book(service="tax", clock="10:30")
    bind_anew(staff_chat, room, TOWN, group="building")
    staff_chat.deliver()
    (told,) = staff_chat.texts()
    assert "permit" in told


@mostly_on("sqlite")
def test_a_chat_that_is_another_groups_now_is_told_no_more_of_the_first(
    staff_chat: StaffChat,
) -> None:
    room = staff_chat.bind()
    booking = staff_chat.book(service="permit")
    staff_chat.deliver()
    bind_anew(staff_chat, room, TOWN, group="money")
    staff_chat.change(booking, move)
    staff_chat.deliver()
    (words,) = staff_chat.texts()
    assert words.startswith("Νέο ραντεβού")


def test_a_service_that_is_offered_no_more_is_named_by_its_id(staff_chat: StaffChat) -> None:
    staff_chat.bind()
    staff_chat.book()

    def rename(session: Session) -> None:
        session.execute(text("UPDATE bookings SET service = 'once'"))

    staff_chat.do(rename)
    staff_chat.deliver()
    (words,) = staff_chat.texts()
    assert words.startswith("Νέο ραντεβού: Δευ 7 Δεκ 10:00, once\n")


def test_every_told_change_has_a_heading() -> None:
    assert set(HistoryAction) - set(HEADINGS) == {
        HistoryAction.HELD,
        HistoryAction.RELEASED,
        HistoryAction.EXPIRED,
        HistoryAction.UNDONE,
    }
