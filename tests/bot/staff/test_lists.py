"""The commands by which staff look at appointments."""

import itertools
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import select

from core.bookings import by_staff
from core.db.models import Booking, StaffAction
from core.staff.chat_pace import BURST, INTERVAL
from tests.bot.staff.people import HELEN, NICK, People
from tests.bot.staff_chat import GROUP
from tests.conftest import mostly_on
from tests.core.small_municipality import ATHENS
from tests.core.staff.two_towns import OPERATOR

HERE = "Είναι εδώ"


@pytest.fixture
def room(people: People) -> People:
    """A group with Helen linked, on the day of two bookings."""

    def make() -> None:
        people.chat.bind()
        people.linked(HELEN)
        people.chat.book("09:30", name="Μαρία Παπαδοπούλου")
        people.chat.book("10:00", service="tax", name="Νίκος Παππάς")
        people.chat.deployment.clock.now = datetime(2026, 12, 7, 9, 40, tzinfo=ATHENS)

    people.begin("a day of two bookings", make)
    return people


def lines(said: str | None) -> list[str]:
    assert said
    return said.split("\n")


def code(people: People, which: int = 0) -> str:
    return str(
        people.chat.do(lambda s: s.scalars(select(Booking.code).order_by(Booking.id)).all())[which]
    )


@pytest.mark.parametrize(
    "text", ["/today", "/σήμερα", "/simera", "/today 7/12", "/today Δευτέρα 7/12"]
)
def test_a_day_is_listed_by_its_hours(room: People, text: str) -> None:
    first, *rest = lines(room.write(text))
    assert first == "Δευτέρα 7 Δεκεμβρίου: 2 ραντεβού"
    assert [line[:5] for line in rest] == ["09:30", "10:00"]
    assert "Μ.Π." in rest[0]
    assert "Παπαδοπούλου" not in str(rest)


def test_a_day_without_appointments_says_so(room: People) -> None:
    assert "κανένα ραντεβού" in lines(room.write("/αύριο"))[0]


def test_a_day_of_another_year_has_its_year(room: People) -> None:
    assert room.write("/today 3/12/2025") == "Τετάρτη 3 Δεκεμβρίου 2025: κανένα ραντεβού."
    assert room.write("/today 3/12/2026") == "Πέμπτη 3 Δεκεμβρίου: κανένα ραντεβού."


@pytest.mark.parametrize("day", ["31/11", "ψψψ", "99/99", "<b>"])
def test_a_day_that_is_none_gets_a_clear_text(room: People, day: str) -> None:
    said = room.write(f"/today {day}")
    assert said
    assert f"«{day}»" in said
    assert "3/12" in said


def test_the_next_are_from_now_on(room: People) -> None:
    heading, *rest = lines(room.write("/επόμενα"))
    assert heading == "Τα επόμενα ραντεβού:"
    assert len(rest) == 1
    assert "10:00" in rest[0]
    room.chat.deployment.clock.forward(days=1)
    assert "επτά" in str(room.write("/next"))


def test_one_is_found_by_its_code_with_its_buttons(room: People) -> None:
    said = room.write(f"/find {code(room)}")
    assert said
    assert "Μ.Π." in said
    assert room.tap("Ήρθε") == "Σημειώθηκε: ήρθε."
    assert room.tap("Ακύρωση…")


def test_one_is_found_by_the_surname(room: People) -> None:
    said = room.write("/vres παπαδοπουλου")
    assert said
    assert "09:30" in said
    several = lines(room.write("/βρες Παπ"))
    assert (several[0], len(several)) == ("2 ραντεβού:", 3)
    assert "Δεν βρήκα" in str(room.write("/find Αγγελοπούλου"))
    assert "/βρες" in str(room.write("/find"))
    assert "Δεν υπάρχει" in str(room.write("/find KX7 M2P"))


def test_what_is_looked_up_is_recorded(room: People) -> None:
    for text in ("/today", "/next", "/find Παπ", f"/find {code(room)}"):
        room.write(text)
    actions = select(StaffAction.action).order_by(StaffAction.id)
    assert room.chat.do(lambda s: s.scalars(actions).all())[-4:] == ["list", "list", "find", "show"]


@pytest.mark.parametrize(
    ("what", "clocks"),
    [({"group": "building"}, ["09:30"]), ({"desk": "office/three"}, ["10:00"])],
)
def test_a_room_of_a_group_or_desk_has_its_own_only(
    people: People, what: dict[str, Any], clocks: list[str]
) -> None:
    people.chat.bind(**what)
    people.linked(HELEN)
    people.chat.book("09:30")
    people.chat.book("10:00", service="tax")
    people.chat.deployment.clock.now = datetime(2026, 12, 7, 8, 0, tzinfo=ATHENS)
    assert [line[:5] for line in lines(people.write("/today"))[1:]] == clocks
    found = [
        bool("Δεν υπάρχει" not in str(people.write(f"/find {code(people, n)}"))) for n in (0, 1)
    ]
    assert found == [clocks == ["09:30"], clocks == ["10:00"]]
    assert len(lines(people.write("/find Παπαδοπούλου"))) > 1


def test_privately_a_member_has_the_lists_and_cancels_in_the_room(room: People) -> None:
    assert lines(room.write("/today", private=True)) == lines(room.write("/today"))
    room.write(f"/find {code(room)}", private=True)
    assert "Ήρθε" in room.chat.server.buttons(HELEN)
    assert "Ακύρωση…" not in room.chat.server.buttons(HELEN)
    assert room.tap("Τηλέφωνο", chat=HELEN).startswith("Μαρία")


def test_a_word_in_an_answer_to_ours_is_a_command(room: People) -> None:
    room.write("/help")
    ours = list(room.chat.server.chats[GROUP])[-1]
    assert room.write("σήμερα", to=ours) == room.write("/today")
    assert room.write("σήμερα Δευτέρα 7/12", to=ours) == room.write("/today")
    assert "31/2" in str(room.write("σήμερα 31/2", to=ours))
    assert room.write("@rantevou_bot βρες Παππάς") == room.write("/find Παππάς")


@pytest.mark.parametrize(
    "text",
    [
        "ευχαριστώ πολύ",
        "Σήμερα δεν προλαβαίνω",
        "Σήμερα δεν προλαβαίνω, την Παρασκευή θα το δω",
        "αύριο θα λείπω",
        "βρες Παππάς",
        "Βρες μου κάποιον να πάει",
        "βοήθεια χρειάζεται ο Νίκος",
        "επόμενα Χριστούγεννα",
    ],
)
def test_what_colleagues_say_in_an_answer_to_ours_is_no_command(room: People, text: str) -> None:
    room.write("/help")
    assert room.write(text, to=list(room.chat.server.chats[GROUP])[-1]) is None


def test_a_long_day_is_shortened_by_what_is_over(
    people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.staff.lists.MAX_UNITS", 100)
    people.chat.bind()
    people.linked(HELEN)
    for clock in ("09:00", "09:30", "10:00", "10:30"):
        people.chat.book(clock)
    people.chat.deployment.clock.now = datetime(2026, 12, 7, 9, 40, tzinfo=ATHENS)
    heading, *rest = lines(people.write("/today"))
    assert "4 ραντεβού" in heading
    assert rest[0].startswith("09:30")
    assert rest[-1].startswith("και ")


def test_the_link_for_a_caller_leads_to_the_private_chat(room: People) -> None:
    assert "https://t.me/rantevou_bot?start=caller" in str(room.write("/book"))


def test_help_names_every_command(room: People) -> None:
    said = str(room.write("/βοήθεια"))
    for name in ("/σήμερα", "/αύριο", "/επόμενα", "/βρες", "/κράτηση"):
        assert name in said


def test_privately_help_is_a_citizens_and_a_members(room: People) -> None:
    said = str(room.write("/help", private=True))
    for told in ("«πίσω»", "/σήμερα", "/αύριο", "/επόμενα", "/βρες", "/caller"):
        assert told in said
    assert "/κράτηση" not in said  # is a citizen's there


def test_the_day_of_another_municipality_stays_hidden(room: People) -> None:
    chios = room.room_code("chios")
    room.write(f"/bind {chios}", NICK, chat=-300)
    assert "/link" in str(room.write("/today", chat=-300))  # Helen is nobody there


@mostly_on("sqlite")
def test_a_tap_under_an_answer_has_it_show_how_the_appointment_is(room: People) -> None:
    room.deliver()
    room.write(f"/find {code(room)}")
    answer, stale = list(room.chat.server.chats[GROUP].items())[-1]
    room.chat.deployment.clock.forward(minutes=1)  # so that the group takes both edits
    assert room.tap(HERE) == "Σημειώθηκε: είναι εδώ."
    room.deliver()
    # The alerts of the two bookings are sent at once, so either may be the first.
    in_group = room.chat.server.chats[GROUP].values()
    alert, shown = [each for each in in_group if each["text"].startswith("Είναι εδώ: ")]
    assert shown is room.chat.server.chats[GROUP][answer]
    assert shown["markup"] != stale["markup"]
    assert (shown["text"], shown["markup"]) == (alert["text"], alert["markup"])


@mostly_on("sqlite")
def test_a_stale_button_under_an_answer_tells_the_true_state_which_it_shows_then(
    room: People,
) -> None:
    room.deliver()
    room.write(f"/find {code(room)}")
    answer, _shown = list(room.chat.server.chats[GROUP].items())[-1]
    room.chat.deployment.clock.forward(minutes=1)
    stale = room.chat.server.buttons(GROUP)[HERE]
    number = room.chat.do(lambda s: s.scalars(select(Booking.id).order_by(Booking.id)).first())
    room.chat.change(
        number or 0,
        lambda env, found: by_staff.cancel(
            env.session, env.registry, OPERATOR, found, env.now, "Απεργία"
        ),
    )
    room.deliver()
    assert room.tap_data(stale, under=answer).startswith("Το ραντεβού έχει ακυρωθεί")
    room.deliver()
    shown = room.chat.server.chats[GROUP][answer]
    assert (shown["text"].startswith("Ακυρώθηκε: "), shown["markup"]) == (True, {})
    # Where it was deleted meanwhile, nothing is sent in its place.
    del room.chat.server.chats[GROUP][answer]
    before = room.chat.texts()
    room.tap_data(stale, under=answer)
    room.deliver()
    assert room.chat.texts() == before


@mostly_on("sqlite")
def test_answers_use_up_what_the_group_takes_and_alerts_wait_behind_them(people: People) -> None:
    people.chat.bind()
    people.linked(HELEN)
    for _time in range(BURST):
        assert people.write("/today")
    people.chat.book()
    assert people.chat.claim("worker") == []
    people.chat.deployment.clock.forward(seconds=INTERVAL.total_seconds())
    assert len(people.chat.claim("worker")) == 1


def test_what_is_written_privately_keeps_no_alert_waiting(people: People) -> None:
    people.chat.bind()
    people.linked(HELEN)
    for _time in range(BURST):
        assert people.write("/today", private=True)
    people.chat.book()
    assert len(people.chat.claim("worker")) == 1


def test_however_much_is_asked_an_alert_waits_a_minute_at_most(people: People) -> None:
    people.chat.bind()
    people.linked(HELEN)
    people.chat.server.clock = itertools.count(0, 4).__next__  # by which it refuses none
    for _time in range(30):
        assert people.write("/help")
    people.chat.book()
    assert people.chat.claim("worker") == []
    people.chat.deployment.clock.forward(minutes=1)
    assert len(people.chat.claim("worker")) == 1
