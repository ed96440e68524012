"""Closing and opening by commands in a room: previewed, and done at a tap."""

import asyncio
import re
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import select

from bot.ops.time_offers import work_once
from core.bookings.catalogue_update import load_catalogue
from core.catalogue.model import Municipality
from core.db.models import Booking, ScheduleException, TimeOffer
from core.staff import rooms
from tests.bot.staff.people import HELEN, NICK, STRANGER, People
from tests.bot.staff_chat import GROUP
from tests.core.bookings.offers.acting import ask_at
from tests.core.small_municipality import ATHENS
from tests.core.staff.two_towns import OPERATOR

CLOSE, OPEN, LEAVE = "Κλείσιμο", "Άνοιγμα", "Να μείνει"


@pytest.fixture
def room(people: People) -> People:
    """A group with Helen linked, a week before the bookings."""

    def make() -> None:
        people.chat.bind()
        people.linked(HELEN)
        people.chat.deployment.clock.now = datetime(2026, 11, 30, 9, 0, tzinfo=ATHENS)

    people.begin("a week before", make)
    return people


def made(people: People) -> list[tuple[Any, ...]]:
    columns = (
        ScheduleException.kind,
        ScheduleException.first,
        ScheduleException.start,
        ScheduleException.end,
        ScheduleException.branch,
        ScheduleException.withdrawn_at.is_(None),
    )
    return people.chat.do(lambda s: [tuple(row) for row in s.execute(select(*columns))])


def offered(people: People) -> list[str]:
    return people.chat.do(lambda s: list(s.scalars(select(TimeOffer.state).order_by(TimeOffer.id))))


def work(people: People) -> None:
    """Make and withdraw offers, as the server does."""
    asyncio.run(work_once(people.chat.deployment.database, people.chat.services))


@pytest.mark.parametrize(
    "text",
    [
        "/close 7/12 09:30-10:30 απεργία",
        "/κλείσιμο 7/12 09:30-10:30 απεργία",
        "/kleisimo Δευτέρα 7/12 9:30-10:30 απεργία",
    ],
)
def test_a_closure_is_previewed_made_at_a_tap_and_told(room: People, text: str) -> None:
    moved, offer = room.chat.book("09:30"), room.chat.book("10:00", service="tax")
    said = str(room.write(text))
    assert said.startswith("Να κλείσει; town · Δευ 7/12/2026, 09:30–10:30\nΛόγος: απεργία\n")
    assert "Για 2 ραντεβού" in said
    first, second = said.splitlines()[-2:]
    assert re.fullmatch(r"Δευ 7 Δεκ 09:30 · \w{3} \w{3} · Μ\.Π\.", first), said
    assert second.startswith("Δευ 7 Δεκ 10:00 · ")
    assert made(room) == []
    pop_up = room.tap(CLOSE)
    assert pop_up == "Έκλεισε, αριθμός 1."
    assert [row[0] for row in made(room)] == ["closure"]
    assert offered(room) == ["pending", "pending"]
    room.deliver()
    told = room.chat.texts()[-1]
    assert told.startswith("Κλειστά: town · Δευ 7/12/2026, 09:30–10:30\nΛόγος: απεργία\n")
    assert "Για 2 ραντεβού" in told
    assert "(Ελένη Δήμου· για να αρθεί: /άνοιγμα 1)" in told
    states = room.chat.do(lambda s: [s.get_one(Booking, each).state for each in (moved, offer)])
    assert states == ["confirmed"] * 2


def test_a_desk_is_closed_and_its_bookings_go_to_another(room: People) -> None:
    room.chat.book("09:30")
    said = str(room.write("/close office/one 7/12"))
    assert said.startswith("Να κλείσει; γραφείο office/one · Δευ 7/12/2026, όλη την ημέρα")
    assert "(office/two: 1)" in said
    assert said.endswith(" · Μ.Π. · → office/two")
    room.tap(CLOSE)
    room.deliver()
    room.chat.deployment.clock.forward(minutes=1)  # the answers count in the group's pace
    room.deliver()
    told = "\n".join(room.chat.texts())
    assert "Τώρα στο γραφείο office/two" in told
    assert "(office/two: 1)" in told
    assert offered(room) == []


@pytest.mark.parametrize(("bound", "to", "named"), [("MAX_NAMED", 1, 1), ("MAX_UNITS", 100, 0)])
def test_a_preview_names_as_many_bookings_as_one_message_holds(
    room: People, monkeypatch: pytest.MonkeyPatch, bound: str, to: int, named: int
) -> None:
    monkeypatch.setattr(f"bot.views.closure.{bound}", to)
    for clock in ("09:30", "10:00", "10:30"):
        room.chat.book(clock)
    said = str(room.write("/close 7/12 βλάβη"))
    assert said.count("Μ.Π.") == named
    assert said.endswith(f"\nκαι {3 - named} ακόμη")


def test_who_is_to_be_called_and_who_loses_an_offered_time_is_counted(room: People) -> None:
    room.chat.book("09:30")
    room.chat.book("10:30")
    room.chat.deployment.clock.now = datetime(2026, 12, 7, 8, 0, tzinfo=ATHENS)
    said = str(room.write("/close 7/12 09:00-11:00 βλάβη"))
    assert "Για 1 ραντεβού προτείνεται άλλη ώρα" in said
    assert "1 ραντεβού αρχίζει σε λιγότερο από δύο ώρες: παρακαλούμε τηλεφωνήστε" in said
    room.tap(CLOSE)
    room.deliver()
    assert "1 ραντεβού αρχίζει σε λιγότερο" in room.chat.texts()[-1]
    work(room)
    held = room.chat.do(lambda s: s.query(Booking).filter_by(state="held").one()).starts_at
    said = str(room.write(f"/close {held.astimezone(ATHENS):%d/%m %H:%M}-14:00"))
    lost = "Σε 1 πολίτη, που είχε πρόταση για εκείνη την ώρα, προτείνεται άλλη."
    assert lost in said
    room.tap(CLOSE)
    room.deliver()
    assert lost in room.chat.texts()[-1]


def test_who_is_in_the_way_and_loses_an_offered_time_is_counted_once(room: People) -> None:
    room.chat.book("09:30")
    services = room.chat.services
    room.chat.do(lambda s: ask_at(s, services.registry, s.query(Booking).one(), services.clock()))
    work(room)
    assert room.chat.do(lambda s: s.query(Booking).filter_by(state="held").count()) == 1
    said = str(room.write("/close 7/12 απεργία"))
    assert "Για 1 ραντεβού προτείνεται άλλη ώρα" in said
    assert "που είχε πρόταση" not in said


@pytest.mark.parametrize("is_private", [False, True])
def test_a_second_tap_and_one_after_leaving_do_nothing(room: People, is_private: bool) -> None:
    where = HELEN if is_private else GROUP
    room.chat.book("09:30")
    room.write("/close 7/12", private=is_private)
    room.tap(CLOSE, chat=where)
    assert room.tap(CLOSE, chat=where) == "Έχει ήδη γίνει, αριθμός 1."
    assert room.tap(LEAVE, chat=where) == "Έχει ήδη γίνει, αριθμός 1."
    room.write("/close 8/12", private=is_private)
    assert room.tap(LEAVE, chat=where) == "Έμεινε ως έχει."
    assert "ήδη απαντηθεί" in room.tap(CLOSE, chat=where)
    assert len(made(room)) == 1


def test_an_old_button_does_nothing(room: People) -> None:
    room.write("/close 7/12")
    room.chat.deployment.clock.forward(hours=1)
    assert "παλιό" in room.tap(CLOSE)
    assert made(room) == []


@pytest.mark.parametrize(
    ("label", "said"), [(CLOSE, "Έγινε, αριθμός 1."), (LEAVE, "Έμεινε ως έχει.")]
)
def test_an_answered_preview_shows_the_answer_and_has_no_buttons(
    room: People, label: str, said: str
) -> None:
    preview = room.write("/close 7/12 βλάβη")
    room.tap(label)
    room.deliver()
    assert f"{preview}\n\n{said}" in room.chat.texts()
    assert CLOSE not in room.chat.server.buttons(GROUP)


@pytest.mark.parametrize("place", ["office/nine", "εννέα", "το γραφείο 9"])
def test_an_unknown_desk_is_told_which_there_are(room: People, place: str) -> None:
    said = room.write(f"/close {place} 7/12 βλάβη")
    assert said == (
        f"Δεν υπάρχει σημείο ή γραφείο «{place}». Γραφεία: office/one, office/two, office/three. "
        "Ο λόγος γράφεται στο τέλος."
    )
    said = room.write(f"/open {place} 7/12 17:00-19:00")  # which has no reason
    assert str(said).endswith("Γραφεία: office/one, office/two, office/three.")


def test_the_help_names_a_desk_that_is_still_there(room: People) -> None:
    assert "office/one" in str(room.write("/close"))
    (branch,) = room.chat.town.branches
    left = branch.model_copy(update={"desks": tuple(branch.desks[1:])})
    room.chat.deployment.load(room.chat.town.model_copy(update={"branches": (left,)}))
    assert "office/two" in str(room.write("/close"))


def test_only_a_linked_colleague_with_the_right_closes(room: People) -> None:
    room.write("/close 7/12")
    for who in (STRANGER, NICK):
        assert "συνδεδεμένος συνάδελφος" in room.tap(CLOSE, who)
    assert made(room) == []
    room.linked(NICK, "Νίκος Παππάς")
    room.tap(CLOSE, NICK)  # another one than who wrote it
    assert len(made(room)) == 1


def test_an_opening_in_a_closure_names_the_command_that_ends_it(room: People) -> None:
    room.write("/close 7/12")
    room.tap(CLOSE)
    said = str(room.write("/open 7/12 10:00-11:00"))
    assert said.startswith("Είναι κλειστά τότε (κλείσιμο 1).")
    assert said.endswith("/άνοιγμα 1")


def test_a_closure_ends_by_its_number(room: People) -> None:
    room.chat.book("09:30")
    room.write("/close 7/12 βλάβη")
    room.tap(CLOSE)
    listed = str(room.write("/κλεισίματα"))
    assert listed.startswith("1 · κλειστά · town · Δευ 7/12/2026, όλη την ημέρα · βλάβη\n")
    assert room.write("/άνοιγμα 1") == "Το κλείσιμο 1 ήρθη."
    work(room)
    assert offered(room) == ["withdrawn"]
    assert "έχει ήδη αρθεί" in str(room.write("/open 1"))
    assert "Δεν υπάρχει κλείσιμο ή άνοιγμα 9" in str(room.write("/open 9"))
    assert str(room.write("/closures")).startswith("Τίποτα")
    room.deliver()
    assert room.chat.texts()[-1].startswith("Ήρθη το κλείσιμο 1: town")


@pytest.mark.parametrize("booked", [False, True])
def test_the_end_of_a_closure_tells_of_offers_where_there_were_any(
    room: People, booked: bool
) -> None:
    if booked:
        room.chat.book("09:30")
    room.write("/close 7/12")
    room.tap(CLOSE)
    room.write("/open 1")
    room.deliver()
    told = [text for text in room.chat.texts() if text.startswith("Ήρθη το κλείσιμο 1")]
    assert ["άλλη ώρα" in text for text in told] == [booked]


def test_a_desk_has_an_extra_opening(room: People) -> None:
    said = str(room.write("/open office/one 7/12 17:00-19:00"))
    assert said == "Να ανοίξει έκτακτα; γραφείο office/one · Δευ 7/12/2026, 17:00–19:00"
    assert room.tap(OPEN) == "Άνοιξε, αριθμός 1."
    room.chat.book("17:00")


def test_an_extra_opening_ends_by_its_number(room: People) -> None:
    room.write("/open office/three 7/12 17:00-19:00")
    room.tap(OPEN)
    room.chat.book("17:00", service="tax")
    asked = str(room.write("/open 1"))
    assert asked.startswith("Να σταματήσει το έκτακτο άνοιγμα 1; γραφείο office/three · Δευ 7/12")
    assert "Για 1 ραντεβού" in asked
    assert offered(room) == []
    assert room.tap("Να σταματήσει") == "Το έκτακτο άνοιγμα 1 σταμάτησε."
    assert offered(room) == ["pending"]
    assert "έχει ήδη σταματήσει" in str(room.write("/open 1"))
    room.deliver()
    room.chat.deployment.clock.forward(minutes=1)
    room.deliver()
    told = "\n".join(room.chat.texts())
    assert "Το έκτακτο άνοιγμα 1 σταμάτησε: γραφείο office/three" in told
    work(room)
    assert offered(room) == ["made"]
    room.write("/open office/three 8/12 17:00-19:00")
    room.tap(OPEN)
    assert room.write("/open 2") == "Το έκτακτο άνοιγμα 2 σταμάτησε."


def test_the_end_of_an_extra_opening_in_which_times_are_held_only_is_previewed(
    room: People,
) -> None:
    room.write("/open office/three 7/12 11:00-12:00")
    room.tap(OPEN)
    room.chat.book("10:30", service="tax")
    services = room.chat.services
    room.chat.do(lambda s: ask_at(s, services.registry, s.query(Booking).one(), services.clock()))
    work(room)
    held = room.chat.do(lambda s: s.query(Booking).filter_by(state="held").one()).starts_at
    assert f"{held.astimezone(ATHENS):%H:%M}" == "11:00"
    said = str(room.write("/open 1"))
    assert said.startswith("Να σταματήσει το έκτακτο άνοιγμα 1;")
    assert "Σε 1 πολίτη, που είχε πρόταση για εκείνη την ώρα, προτείνεται άλλη." in said
    assert room.tap("Να σταματήσει") == "Το έκτακτο άνοιγμα 1 σταμάτησε."
    assert offered(room) == ["replaced", "pending"]


def test_the_chat_of_a_desk_closes_that_desk_and_of_a_group_asks_which(people: People) -> None:
    people.linked(HELEN)
    people.chat.deployment.clock.now = datetime(2026, 11, 30, 9, 0, tzinfo=ATHENS)
    people.chat.bind(desk="office/three")
    assert "γραφείο office/three" in str(people.write("/close 7/12"))
    people.chat.bind(chat=GROUP - 1, group="building")
    asked = str(people.write("/close 7/12", chat=GROUP - 1))
    assert "office/one, office/two" in asked
    assert "γραφείο office/one" in str(people.write("/close one 7/12", chat=GROUP - 1))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("/close", "Γράψτε την ημέρα"),
        ("/close απεργία", "Γράψτε την ημέρα"),
        ("/close χτες", "Δεν κατάλαβα την ημέρα «χτες». Γράψτε την ημέρα"),
        ("/close 3 Δεκεμβίου απεργία", "Δεν κατάλαβα την ημέρα «3 Δεκεμβίου»."),
        ("/close 7/12, 8/12 απεργία", "Δεν κατάλαβα την ημέρα «7/12, 8/12 απεργία»."),
        ("/close 31/11 απεργία", "Δεν υπάρχει τέτοια ημέρα: 31/11"),
        ("/close 31 Νοεμβρίου απεργία", "Δεν υπάρχει τέτοια ημέρα: 31 Νοεμβρίου"),
        ("/close 7/12 25:00-26:00", "Δεν υπάρχουν τέτοιες ώρες"),
        ("/close 29/11/2026", "έχει περάσει"),
        ("/close 7/12 12:00-10:00", "12:00-10:00"),
        ("/close 8/12-7/12", "τελευταία ημέρα"),
        ("/close <b> 7/12", "Γράψτε την ημέρα"),
        ("/open 7/12", "Δώστε και τις ώρες"),
        ("/open 99999999999", "Γράψτε την ημέρα"),
        ("/close 7/12 " + "α" * 301, "300"),
    ],
)
def test_bad_input_gets_a_clear_text(room: People, text: str, said: str) -> None:
    assert said in str(room.write(text))
    assert made(room) == []


def test_the_list_of_a_day_begins_with_what_is_closed(room: People) -> None:
    room.write("/close 7/12 απεργία")
    room.tap(CLOSE)
    line = "1 · κλειστά · town · Δευ 7/12/2026, όλη την ημέρα · απεργία"
    assert room.write("/today 7/12") == f"{line}\nΔευτέρα 7 Δεκεμβρίου: κανένα ραντεβού."
    assert line not in str(room.write("/today 8/12"))


def test_the_list_of_a_day_marks_who_has_an_appointment_in_closed_hours(room: People) -> None:
    room.chat.book("09:30")
    room.chat.book("10:00")
    room.write("/close 7/12 10:00-10:30 βλάβη")
    room.tap(CLOSE)
    marked = [line for line in str(room.write("/today 7/12")).split("\n") if "κλειστά τότε" in line]
    assert [line[:5] for line in marked] == ["10:00"]


def test_talk_among_colleagues_closes_nothing(room: People) -> None:
    assert room.write("Κλείσιμο 7/12 λέει;") is None
    assert room.write("open 7/12 17:00-19:00") is None


def test_a_room_that_became_another_municipalitys_is_told_of_no_closure(room: People) -> None:
    room.write("/close 7/12 ασθένεια")
    room.tap(CLOSE)  # and it isn't told yet
    now = room.chat.services.clock()
    room.chat.do(lambda s: rooms.unbind(s, OPERATOR, 1, now))
    room.chat.bind_of_city()
    before = len(room.chat.texts())
    room.deliver()
    assert "ασθένεια" not in "".join(room.chat.texts()[before:])


@pytest.mark.parametrize("again", [False, True])
def test_the_room_is_told_what_became_of_the_bookings_in_the_way_of_a_catalogue(
    room: People, *, again: bool
) -> None:
    chat, registry = room.chat, room.chat.services.registry
    for clock, service in (("09:30", "permit"), ("10:00", "tax")):
        chat.book(clock, service=service)
    given = chat.town.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    desks = {each["id"]: each for each in given["branches"][0]["desks"]}
    numbers = registry["town"].desk_ids
    served = chat.do(lambda s: set(s.scalars(select(Booking.desk_id))))
    for name, each in desks.items():
        if numbers["office", name] in served:
            each["openings"] = [{**opening, "days": ["tue"]} for opening in each["openings"]]
    changed, now = Municipality.model_validate(given), chat.services.clock()
    chat.do(lambda s: load_catalogue(s, changed, now, displacing=registry))
    chat.deployment.clock.forward(seconds=20)
    if again:  # another one, with nothing in its way, before the room is told
        given["name"] = {"el": "Νέο όνομα", "en": "A new name"}
        changed, now = Municipality.model_validate(given), chat.services.clock()
        loaded = chat.do(lambda s: load_catalogue(s, changed, now, displacing=registry))
        assert loaded == "updated"
    chat.do(registry.refresh)
    room.deliver()
    (told,) = [text for text in chat.texts() if text.startswith("Φορτώθηκε νέος κατάλογος")]
    _heading, moved, offer = told.splitlines()
    assert moved.startswith("1 ραντεβού")
    assert offer.startswith("Για 1 ραντεβού προτείνεται άλλη ώρα")
