"""After any sequence of messages, a booking can be completed and the conversation left."""

import random
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text

from bot import conversation_state
from bot.context import Services
from bot.i18n.translator import Translator
from core.catalogue.registry import Registry
from core.db.database import Database
from core.db.models import Conversation
from dialogs.booking.selection import HOLD
from tests.conftest import SOAK, Clock, Deployment
from tests.dialogs.scripted_citizen import complete_a_booking
from tests.postgres import KEY

WORDS = [
    *("καλαματα", "Λάρισα", "χιος", "κεπ", "στεγ", "εργασιακή", "τηλεδιάσκεψη", "φυσική", "1", "2"),
    *("ναι", "όχι", "3", "7", "10", "3/12", "15 Δεκεμβρίου", "25/12", "9:00", "12:30", "10:30"),
    *("Μαρία Παπαδοπούλου", "maria@example.gr", "6912345678", "068933130", "ΑΒ 123456"),
    *("συμφωνώ", "δεν συμφωνώ", "επιβεβαίωση", "παράλειψη", "αλλαγή", "αλλαγή ώρας", "πίσω"),
    *("από την αρχή", "ακύρωση", "ακύρωση ραντεβού", "τα ραντεβού μου", "νέο ραντεβού", "βοήθεια"),
    *("english", "ελληνικά", "γλώσσα", "ζώνη ώρας", "ζώνη ώρας Μελβούρνη", "για την υπηρεσία"),
    *("χρήσιμοι σύνδεσμοι", "υπάλληλος", "αλλαγή στοιχείων", "ανάκληση συγκατάθεσης"),
    *(
        "αλλαγή ραντεβού",
        "KX7 M2P",
        "",
        "👍",
        "<b>'; DROP TABLE bookings; --",
        "א" * 40,
        "ξ" * 5000,
    ),
]

typed = st.one_of(st.sampled_from(WORDS), st.text(max_size=30)).map(lambda word: ("say", word))
tapped = st.tuples(st.just("tap"), st.integers(0, 30))
old = st.tuples(st.just("old"), st.integers(0, 200))
time_passes = st.tuples(st.just("wait"), st.sampled_from([1, 11, 45, 60 * 30]))
# An expired hold followed by "back" would be rare if it were left to chance.
back = st.just(("say", "πίσω"))
lapses = st.tuples(st.just("wait"), st.sampled_from([11, 45]))
sequences = st.lists(
    st.one_of(typed, tapped, tapped, tapped, old, time_passes, lapses, back), max_size=25
)

STEGASI = ("Γεια", "Καλαμάτα", "Επίδομα Στέγασης", "όχι", "3/12", "12:30", "Μαρία Παπαδοπούλου")
CHIOS = ("Γεια", "Χίου", "Κέντρα Συμβουλευτικής", "Τηλεδιάσκεψη", "3/12", "09:00")
LAPSED: list[tuple[str, str | int]] = [("wait", 11), ("say", "maria@example.gr"), ("say", "πίσω")]
beginnings = st.sampled_from([("/start",), STEGASI, CHIOS])
"""The first messages: the more is answered, the more can go wrong."""


@contextmanager
def open_deployment(migrated: Path, texts: Translator) -> Iterator[Deployment]:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "rantevou.db"
        file.write_bytes(migrated.read_bytes())
        database = Database(f"sqlite:///{file}", KEY)
        clock = Clock()
        services = Services(Registry("secret"), texts, clock, random.Random(1).choice)
        yield Deployment(database, services, clock)
        database.close()


@pytest.mark.parametrize("tries", [15, pytest.param(200, marks=SOAK)])
def test_a_booking_can_be_completed_or_left_after_any_sequence(
    migrated: Path, texts: Translator, tries: int
) -> None:
    @settings(max_examples=tries, deadline=None)
    @given(beginning=beginnings, sequence=sequences, leaves=st.booleans())
    @example(beginning=STEGASI, sequence=LAPSED, leaves=False)
    @example(
        beginning=STEGASI,
        sequence=[("say", "αλλαγή ώρας"), ("wait", 45), ("say", "πίσω")],
        leaves=False,
    )
    @example(
        beginning=STEGASI,
        sequence=[("say", "αλλαγή ημέρας"), ("wait", 11), ("say", "πίσω")],
        leaves=True,
    )
    @example(
        beginning=CHIOS,
        sequence=[("say", "αλλαγή τρόπος"), ("wait", 11), ("say", "φυσική")],
        leaves=False,
    )
    @example(beginning=STEGASI, sequence=[], leaves=True)
    def run(
        beginning: tuple[str, ...], sequence: list[tuple[str, str | int]], leaves: bool
    ) -> None:
        with open_deployment(migrated, texts) as deployment:
            deployment.talk(*beginning)
            ids = [choice.id for choice in deployment.last[-1].choices]
            for kind, what in sequence:
                if kind == "wait":
                    deployment.clock.forward(minutes=int(what))
                    continue
                if kind == "say":
                    deployment.say(str(what))
                elif kind == "tap":
                    now = deployment.last[-1].choices
                    deployment.say(choice=now[int(what) % len(now)].id)
                else:
                    deployment.say(choice=ids[int(what) % len(ids)])
                ids += [choice.id for choice in deployment.last[-1].choices]
                check_turn(deployment)
            if leaves:
                leave_conversation(deployment)
            else:
                complete_a_booking(deployment)
            check_turn(deployment)

    run()


def check_turn(deployment: Deployment) -> None:
    """Assert that the turn ends with a question with choices, and that the hold is the answer's."""
    asked = deployment.last[-1]
    assert asked.step
    assert asked.text
    assert asked.choices
    assert all(reply.text.strip() for reply in deployment.last)
    assert count_holds(deployment) <= 1
    check_answered_time(deployment)


def count_holds(deployment: Deployment) -> int:
    """Return how many times are held now."""
    now = {"now": int(deployment.clock.now.timestamp())}
    with deployment.database.engine.connect() as connection:
        count: int = connection.execute(
            text("SELECT count(*) FROM bookings WHERE state = 'held' AND held_until > :now"),
            now,
        ).scalar_one()
    return count


def check_answered_time(deployment: Deployment) -> None:
    """Assert that a time that counts as answered is held, and hasn't expired."""
    with deployment.database.engine.connect() as connection:
        stored = connection.execute(select(Conversation.state)).scalar_one()
        state, _transport = conversation_state.load(stored, "el", "Europe/Athens")
        if state.dialog != "book" or "time" not in state.values:
            return
        start, kind, until = connection.execute(
            text("SELECT starts_at, state, held_until FROM bookings WHERE id = :id"),
            {"id": int(state.data[HOLD])},
        ).one()
    assert start == datetime.fromisoformat(state.values["time"]).timestamp()
    assert kind == "held"
    assert until > deployment.clock.now.timestamp()


def leave_conversation(deployment: Deployment) -> None:
    """Write "cancel", and "yes" if asked; assert that this ends at the menu, with nothing held."""
    for _ in range(4):
        step = deployment.last[-1].step
        if step == "task":
            break
        deployment.say("ναι" if step == "stop" else "ακύρωση")
    assert deployment.last[-1].step == "task"
    assert count_holds(deployment) == 0
