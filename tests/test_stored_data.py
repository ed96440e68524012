"""What the former revision stored is opened by this one, and everybody can go on where they were.

tests/data holds a database of each kind and what the citizens' devices hold. The texts here are
those of the revision that made them.
"""

import gzip
import json
import random
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import TypeVar

import psycopg
import pytest
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session

from bot.context import Services
from bot.i18n.translator import Translator
from core.catalogue.model import Municipality
from core.catalogue.registry import Registry
from core.db.database import REVISIONS, Database, revision_of
from tests.conftest import BOTH, Clock, Deployment, copied
from tests.data.chats import (
    DEVICES,
    FIRST_OF_TESTS,
    POSTGRES,
    SQLITE,
    Chat,
    Chats,
    chats_with,
    token_of,
)
from tests.postgres import Server
from tests.stories.story_runner import ATHENS
from tests.webhooks.chat_client import Talker
from tests.webhooks.conftest import Serve, serve  # noqa: F401 a fixture here too
from tests.webhooks.web.test_page import bubbles, button, say

T = TypeVar("T")
Open = Callable[[str], Chat]

REVISION = "0005"
BACK = "(Πίσω) (Βοήθεια)"
BACK_ENGLISH = "(Back) (Help)"
TASKS = (
    "[Νέο ραντεβού] [Τα ραντεβού μου] [Αλλαγή ημέρας ή ώρας] [Ακύρωση ραντεβού] [Αλλαγή στοιχείων]"
)
PUSHED_TASKS = f"{TASKS} [Βοήθεια]"

STORED = json.loads(DEVICES.read_text("utf-8"))


def migrate(url: str) -> None:
    """Have this revision prepare a database of the former one."""
    with closing(Database(url)) as database:
        with database.engine.begin() as connection:
            assert revision_of(connection) == REVISION
        database.prepare()
        with database.engine.begin() as connection:
            assert revision_of(connection) == REVISIONS[-1]


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The stored database of SQLite, migrated, to be copied."""
    file = tmp_path_factory.mktemp("stored") / "stored.db"
    file.write_bytes(gzip.decompress(SQLITE.read_bytes()))
    migrate(f"sqlite:///{file}")
    return file


@pytest.fixture(scope="module")
def stored_postgres(postgres: Server) -> str:
    """The same on PostgreSQL: the name of a template."""
    url = postgres.make()
    with psycopg.connect(url) as connection:
        connection.execute(gzip.decompress(POSTGRES.read_bytes()))
    migrate(url)
    return str(make_url(url).database)


@pytest.fixture(params=BOTH)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A copy of a stored database, for a server."""
    with copied(request, request.param, tmp_path, "stored") as database:
        yield database


class Unchanged(Database):
    """A database to which nothing is ever committed: all is done in one session."""

    session: Session

    def write_sync(self, fn: Callable[[Session], T]) -> T:
        """Do it in the session, of which the next one sees what is in the tables only."""
        done = fn(self.session)
        self.session.flush()
        self.session.expunge_all()
        return done


@pytest.fixture(scope="module", params=BOTH)
def unchanged(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Unchanged]:
    """A copy of a stored database that all tests share."""
    folder = tmp_path_factory.mktemp("unchanged")
    with (
        copied(request, request.param, folder, "stored") as database,
        closing(Unchanged(database.url)) as unchanged,
    ):
        yield unchanged


@pytest.fixture(scope="module")
def registry() -> Registry:
    """The office, which is read once."""
    return Registry("secret")


@pytest.fixture
def chats(unchanged: Unchanged, registry: Registry, texts: Translator) -> Iterator[Chats]:
    """All chats with the town, of which nothing is kept after the test."""
    clock = Clock()
    services = Services(registry, texts, clock, random.Random(1).choice)
    with Session(unchanged.engine, expire_on_commit=False) as unchanged.session:
        yield chats_with(Deployment(unchanged, services, clock), texts, FIRST_OF_TESTS)


@pytest.fixture
def chat(chats: Chats) -> Open:
    """Go on as one of those whose chats are stored."""

    def go_on(who: str) -> Chat:
        device = dict(STORED[who])
        buttons = [(label, key) for label, key in device.pop("buttons")]
        return chats.chat(who, **device, buttons=buttons)

    return go_on


def booked(chats: Chats, when: str) -> list[str]:
    """The appointments of a time in Athens: municipality, state, and until when one is held."""
    start = datetime.fromisoformat(when).replace(tzinfo=ATHENS)
    rows = chats.deployment.rows(
        "SELECT municipality_id, state, held_until FROM bookings "
        f"WHERE starts_at = {start.timestamp():.0f} ORDER BY id"
    )
    return [
        f"{municipality} held until {datetime.fromtimestamp(until, ATHENS):%H:%M}"
        if state == "held"
        else f"{municipality} {state}"
        for municipality, state, until in rows
    ]


# In the middle of the details, with a time that is held, an answer changed and one taken back


def test_a_detail_is_typed_and_the_time_is_still_held(chat: Open, chats: Chats) -> None:
    citizen = chat("details")
    assert booked(chats, "2026-12-03 13:50") == ["kalamata held until 09:08"]
    assert booked(chats, "2026-12-03 12:30") == []
    assert citizen.write("6987654321") == [
        "Ποιος είναι ο ΑΦΜ του προσώπου που θα εξυπηρετηθεί;",
        "Ο ΑΦΜ έχει εννέα ψηφία.",
        BACK,
    ]
    assert booked(chats, "2026-12-03 13:50") == ["kalamata held until 09:10"]
    assert citizen.write("068933130", "συμφωνώ") == [
        "Ελέγξτε τα στοιχεία πριν κλείσω το ραντεβού:",
        "Δήμος Καλαμάτας, Επίδομα Στέγασης",
        "Τμήμα Κοινωνικής Αρωγής",
        "Φυσική παρουσία",
        "Πέμπτη 3 Δεκεμβρίου 2026, 13:50–14:20 (ώρα: Αθήνα)",
        "Ονοματεπώνυμο: Μαρία Παπαδοπούλου",
        "Email: maria@example.gr",
        "Κινητό τηλέφωνο: 698 765 4321",
        "ΑΦΜ: 068933130",
        "[Επιβεβαίωση: Πέμ 3 Δεκ, 13:50]",
        "(Αλλαγή απάντησης) (Πίσω) (Βοήθεια)",
    ]
    assert citizen.write("ναι") == [
        "Το ραντεβού σας κλείστηκε.",
        "Κωδικός: H68 KN8",
        "Δήμος Καλαμάτας, Επίδομα Στέγασης",
        "Πέμπτη 3 Δεκεμβρίου 2026, 13:50–14:20 (ώρα: Αθήνα)",
        "Φυσική παρουσία",
        "Τμήμα Κοινωνικής Αρωγής",
        "Διεύθυνση: Τμήμα Κοινωνικής Αρωγής, Καλαμάτα",
        "Θα χρειαστείτε:",
        "• Δελτίο ταυτότητας ή διαβατήριο",
        "• Μισθωτήριο της κατοικίας",
        "Ελάτε στο Τμήμα Κοινωνικής Αρωγής πέντε λεπτά νωρίτερα, με τα δικαιολογητικά σας.",
        (
            "Κρατήστε τον κωδικό: με αυτόν και το τηλέφωνό σας αλλάζετε ή ακυρώνετε το "
            "ραντεβού από οπουδήποτε."
        ),
        "Αλλαγή ή ακύρωση γίνεται έως Τετάρτη 2 Δεκεμβρίου, 13:50 (ώρα: Αθήνα).",
        "Τηλέφωνο υπηρεσίας: 2721000000",
        "Τι θέλετε να κάνουμε;",
        TASKS,
        "(Βοήθεια)",
    ]
    assert booked(chats, "2026-12-03 13:50") == ["kalamata confirmed"]


def test_an_answer_that_was_taken_back_is_offered_and_tapped(chat: Open) -> None:
    assert chat("details").tap("691 234 5610") == [
        "Ποιος είναι ο ΑΦΜ του προσώπου που θα εξυπηρετηθεί;",
        "Ο ΑΦΜ έχει εννέα ψηφία.",
        BACK,
    ]


def test_a_time_that_was_left_is_an_old_button_which_changes_nothing(
    chat: Open, chats: Chats
) -> None:
    assert chat("details").tap_old("12:30") == [
        "Το κουμπί «12:30» ήταν για προηγούμενη ερώτηση: Ώρα. Δεν άλλαξε τίποτα.",
        "Σε ποιο κινητό τηλέφωνο να σας βρούμε για το ραντεβού;",
        "[691 234 5610]",
        "(Αλλαγή: Ώρα) (Πίσω) (Βοήθεια)",
    ]
    assert booked(chats, "2026-12-03 13:50") == ["kalamata held until 09:10"]
    assert booked(chats, "2026-12-03 12:30") == []


def test_an_old_buttons_answer_can_be_changed_after_it(chat: Open, chats: Chats) -> None:
    citizen = chat("details")
    citizen.tap_old("Όχι")
    assert citizen.tap("Αλλαγή: Λαμβάνει ήδη το επίδομα") == [
        "Λαμβάνετε ήδη το επίδομα στέγασης;",
        "[Όχι] [Ναι]",
        BACK,
    ]
    assert citizen.write("πίσω") == [
        "Σε ποιο κινητό τηλέφωνο να σας βρούμε για το ραντεβού;",
        "[691 234 5610]",
        BACK,
    ]
    assert booked(chats, "2026-12-03 13:50") == ["kalamata held until 09:10"]


def test_back_goes_to_the_detail_before(chat: Open) -> None:
    citizen = chat("details")
    assert citizen.write("πίσω") == [
        "Σε ποιο email να στείλουμε την επιβεβαίωση;",
        "[maria@example.gr]",
        BACK,
    ]
    assert citizen.write("πίσω") == [
        "Ποιο είναι το ονοματεπώνυμο του προσώπου που θα εξυπηρετηθεί;",
        "[Μαρία Παπαδοπούλου]",
        BACK,
    ]
    assert citizen.write("πίσω") == [
        "Πέμπτη 3 Δεκεμβρίου: ποια ώρα σας εξυπηρετεί;",
        "[12:30] [13:10] [13:50]",
        BACK,
    ]


def test_the_page_shows_the_answers_so_far_and_each_can_be_changed(chat: Open) -> None:
    citizen = chat("details")
    page = citizen.page()
    assert page["answers"] == [
        "Δήμος: Δήμος Καλαμάτας",
        "Ομάδα υπηρεσιών: Διεύθυνση Πρόνοιας – Τμήμα Κοινωνικής Αρωγής",
        "Υπηρεσία: Επίδομα Στέγασης",
        "Τρόπος εξυπηρέτησης: Φυσική παρουσία",
        "Λαμβάνει ήδη το επίδομα: Όχι",
        "Ημέρα: Πέμ 3 Δεκ",
        "Ώρα: 13:50",
        "Ονοματεπώνυμο: Μαρία Παπαδοπούλου",
        "Email: maria@example.gr",
    ]
    assert page["held until"] == "09:08"
    assert page["useful"] == [
        "Επίδομα Στέγασης",
        "Διαρκεί 30 λεπτά.",
        "Θα χρειαστείτε:",
        "• Δελτίο ταυτότητας ή διαβατήριο",
        "• Μισθωτήριο της κατοικίας",
        (
            "Φυσική παρουσία: Ελάτε στο Τμήμα Κοινωνικής Αρωγής πέντε λεπτά νωρίτερα, με τα "
            "δικαιολογητικά σας."
        ),
        "• Σελίδα του επιδόματος: https://www.epidomastegasis.gr",
        "",
        "Δήμος Καλαμάτας",
        "• Ιστότοπος του Δήμου: https://www.kalamata.gr",
        "• Πλατφόρμα myDimosLive: https://mydimoslive.gov.gr",
        "Τηλέφωνο: 2721000000",
        "Email: info@kalamata.example",
        "Διεύθυνση: Δημαρχείο, Καλαμάτα",
        "Ωράριο: Δευτέρα έως Παρασκευή, 08:00–14:30",
        "https://www.kalamata.gr",
    ]
    assert page["consent"]
    assert [line for line in page["talk"] if line.startswith("›")] == [
        "› Γεια",
        "› Δήμος Καλαμάτας",
        "› Επίδομα Στέγασης",
        "› Όχι",
        "› Πέμ 3 Δεκ",
        "› 12:30",
        "› Μαρία Παπαδοπούλου",
        "› maria@example.gr",
        "› αλλαγή ώρα",
        "› 13:50",
        "› 6912345610",
        "› πίσω",
    ]
    assert page["talk"][-7:] == [
        "Ποιος είναι ο ΑΦΜ του προσώπου που θα εξυπηρετηθεί;",
        "Ο ΑΦΜ έχει εννέα ψηφία.",
        BACK,
        "› πίσω",
        "Σε ποιο κινητό τηλέφωνο να σας βρούμε για το ραντεβού;",
        "[691 234 5610]",
        BACK,
    ]
    assert page["asked"] == [
        "Σε ποιο κινητό τηλέφωνο να σας βρούμε για το ραντεβού;",
    ]
    assert citizen.tap("Ονοματεπώνυμο: Μαρία Παπαδοπούλου") == [
        "Ποιο είναι το ονοματεπώνυμο του προσώπου που θα εξυπηρετηθεί;",
        "[Μαρία Παπαδοπούλου]",
        BACK,
    ]


def test_a_hold_that_ran_out_while_nothing_ran_is_reported(chat: Open, chats: Chats) -> None:
    chats.deployment.clock.forward(hours=1)
    assert chat("details").write("6987654321") == [
        (
            "Δεν μπορούσα να κρατήσω άλλο αυτή την ώρα: Πέμπτη 3 Δεκεμβρίου, 13:50. Όσα "
            "γράψατε τα έχω κρατήσει."
        ),
        "Οι πλησιέστερες ελεύθερες ώρες:",
        (
            "[Τετ 2 Δεκ, 12:30] [Τετ 2 Δεκ, 13:10] [Τετ 2 Δεκ, 13:50] [Πέμ 3 Δεκ, 12:30] "
            "[Πέμ 3 Δεκ, 13:10] [Πέμ 3 Δεκ, 13:50]"
        ),
        BACK,
    ]


# At the review, on Telegram


def test_confirming_at_the_review_books_what_it_shows(chat: Open, chats: Chats) -> None:
    citizen = chat("review")
    assert booked(chats, "2026-12-09 12:30") == ["kalamata held until 09:08"]
    assert citizen.tap("Επιβεβαίωση: Τετ 9 Δεκ, 12:30") == [
        "(instead of message 405)",
        "Ελέγξτε τα στοιχεία πριν κλείσω το ραντεβού:",
        "Δήμος Καλαμάτας, Επίδομα Στέγασης",
        "Τμήμα Κοινωνικής Αρωγής",
        "Φυσική παρουσία",
        "Τετάρτη 9 Δεκεμβρίου 2026, 12:30–13:00 (ώρα: Αθήνα)",
        "Ονοματεπώνυμο: Μαρία Παπαδοπούλου",
        "Email: maria@example.gr",
        "Κινητό τηλέφωνο: 691 234 5611",
        "ΑΦΜ: 068933130",
        "✓ Επιβεβαίωση: Τετ 9 Δεκ, 12:30",
        "(no buttons any more)",
        "Το ραντεβού σας κλείστηκε.",
        "Κωδικός: H68 KN8",
        "Δήμος Καλαμάτας, Επίδομα Στέγασης",
        "Τετάρτη 9 Δεκεμβρίου 2026, 12:30–13:00 (ώρα: Αθήνα)",
        "Φυσική παρουσία",
        "Τμήμα Κοινωνικής Αρωγής",
        "Διεύθυνση: Τμήμα Κοινωνικής Αρωγής, Καλαμάτα",
        "Θα χρειαστείτε:",
        "• Δελτίο ταυτότητας ή διαβατήριο",
        "• Μισθωτήριο της κατοικίας",
        "Ελάτε στο Τμήμα Κοινωνικής Αρωγής πέντε λεπτά νωρίτερα, με τα δικαιολογητικά σας.",
        (
            "Κρατήστε τον κωδικό: με αυτόν και το τηλέφωνό σας αλλάζετε ή ακυρώνετε το "
            "ραντεβού από οπουδήποτε."
        ),
        "Αλλαγή ή ακύρωση γίνεται έως Τρίτη 8 Δεκεμβρίου, 12:30 (ώρα: Αθήνα).",
        "Τηλέφωνο υπηρεσίας: 2721000000",
        "(file rantevou.ics: BEGIN:VCALENDAR)",
        "(map: Τμήμα Κοινωνικής Αρωγής)",
        "Τι θέλετε να κάνουμε;",
        PUSHED_TASKS,
    ]
    assert booked(chats, "2026-12-09 12:30") == ["kalamata confirmed"]


def test_yes_at_the_review_books_too(chat: Open, chats: Chats) -> None:
    assert chat("review").write("ναι")[-2:] == [
        "Τι θέλετε να κάνουμε;",
        PUSHED_TASKS,
    ]
    assert booked(chats, "2026-12-09 12:30") == ["kalamata confirmed"]


def test_an_old_button_at_the_review_books_and_changes_nothing(chat: Open, chats: Chats) -> None:
    citizen = chat("review")
    assert citizen.tap_old("13:10") == [
        "(instead of message 405)",
        "Ελέγξτε τα στοιχεία πριν κλείσω το ραντεβού:",
        "Δήμος Καλαμάτας, Επίδομα Στέγασης",
        "Τμήμα Κοινωνικής Αρωγής",
        "Φυσική παρουσία",
        "Τετάρτη 9 Δεκεμβρίου 2026, 12:30–13:00 (ώρα: Αθήνα)",
        "Ονοματεπώνυμο: Μαρία Παπαδοπούλου",
        "Email: maria@example.gr",
        "Κινητό τηλέφωνο: 691 234 5611",
        "ΑΦΜ: 068933130",
        "(no buttons any more)",
        "Το κουμπί «13:10» ήταν για προηγούμενη ερώτηση: Ώρα. Δεν άλλαξε τίποτα.",
        "Ελέγξτε τα στοιχεία πριν κλείσω το ραντεβού:",
        "Δήμος Καλαμάτας, Επίδομα Στέγασης",
        "Τμήμα Κοινωνικής Αρωγής",
        "Φυσική παρουσία",
        "Τετάρτη 9 Δεκεμβρίου 2026, 12:30–13:00 (ώρα: Αθήνα)",
        "Ονοματεπώνυμο: Μαρία Παπαδοπούλου",
        "Email: maria@example.gr",
        "Κινητό τηλέφωνο: 691 234 5611",
        "ΑΦΜ: 068933130",
        "[Επιβεβαίωση: Τετ 9 Δεκ, 12:30] [Αλλαγή απάντησης] [Αλλαγή: Ώρα] [Πίσω] [Βοήθεια]",
    ]
    assert citizen.tap_old("10") == [
        "(instead of another message)",
        "Ελέγξτε τα στοιχεία πριν κλείσω το ραντεβού:",
        "Δήμος Καλαμάτας, Επίδομα Στέγασης",
        "Τμήμα Κοινωνικής Αρωγής",
        "Φυσική παρουσία",
        "Τετάρτη 9 Δεκεμβρίου 2026, 12:30–13:00 (ώρα: Αθήνα)",
        "Ονοματεπώνυμο: Μαρία Παπαδοπούλου",
        "Email: maria@example.gr",
        "Κινητό τηλέφωνο: 691 234 5611",
        "ΑΦΜ: 068933130",
        "(no buttons any more)",
        "Το κουμπί «Πέμ 10 Δεκ» ήταν για προηγούμενη ερώτηση: Ημέρα. Δεν άλλαξε τίποτα.",
        "Ελέγξτε τα στοιχεία πριν κλείσω το ραντεβού:",
        "Δήμος Καλαμάτας, Επίδομα Στέγασης",
        "Τμήμα Κοινωνικής Αρωγής",
        "Φυσική παρουσία",
        "Τετάρτη 9 Δεκεμβρίου 2026, 12:30–13:00 (ώρα: Αθήνα)",
        "Ονοματεπώνυμο: Μαρία Παπαδοπούλου",
        "Email: maria@example.gr",
        "Κινητό τηλέφωνο: 691 234 5611",
        "ΑΦΜ: 068933130",
        "[Επιβεβαίωση: Τετ 9 Δεκ, 12:30] [Αλλαγή απάντησης] [Αλλαγή: Ημέρα] [Πίσω] [Βοήθεια]",
    ]
    assert booked(chats, "2026-12-09 12:30") == ["kalamata held until 09:10"]


def test_back_from_the_review_asks_the_last_answer_again(chat: Open) -> None:
    assert chat("review").write("πίσω") == [
        "(instead of message 405)",
        "Ελέγξτε τα στοιχεία πριν κλείσω το ραντεβού:",
        "Δήμος Καλαμάτας, Επίδομα Στέγασης",
        "Τμήμα Κοινωνικής Αρωγής",
        "Φυσική παρουσία",
        "Τετάρτη 9 Δεκεμβρίου 2026, 12:30–13:00 (ώρα: Αθήνα)",
        "Ονοματεπώνυμο: Μαρία Παπαδοπούλου",
        "Email: maria@example.gr",
        "Κινητό τηλέφωνο: 691 234 5611",
        "ΑΦΜ: 068933130",
        "(no buttons any more)",
        (
            "Δείγμα κειμένου: Τα στοιχεία που έδωσα είναι αληθή. Συναινώ ελεύθερα να τα "
            "χρησιμοποιήσουν οι αρμόδιοι υπάλληλοι του Δήμου Καλαμάτας για το αίτημά μου. "
            "Γνωρίζω ότι μπορώ να ζητήσω να τα δω ή να διορθωθούν, και να ανακαλέσω τη "
            "συναίνεσή μου όποτε θέλω."
        ),
        "[Συμφωνώ] [Δεν συμφωνώ] [Πίσω] [Βοήθεια]",
    ]


def test_a_catalogue_that_is_loaded_anew_since_has_what_changed_asked_again(
    chat: Open, chats: Chats, shipped: dict[str, Municipality]
) -> None:
    body = shipped["kalamata"]
    consents = tuple(each.model_copy(update={"version": "new"}) for each in body.consents)
    assert chats.deployment.load(body.model_copy(update={"consents": consents})) == "updated"
    assert chat("review").write("ναι")[10:] == [
        "(no buttons any more)",
        "Αλλάζει και αυτό, γι’ αυτό ρωτώ ξανά: Συγκατάθεση.",
        (
            "Δείγμα κειμένου: Τα στοιχεία που έδωσα είναι αληθή. Συναινώ ελεύθερα να τα "
            "χρησιμοποιήσουν οι αρμόδιοι υπάλληλοι του Δήμου Καλαμάτας για το αίτημά μου. "
            "Γνωρίζω ότι μπορώ να ζητήσω να τα δω ή να διορθωθούν, και να ανακαλέσω τη "
            "συναίνεσή μου όποτε θέλω."
        ),
        "[Συμφωνώ] [Δεν συμφωνώ] [Πίσω] [Βοήθεια]",
    ]
    assert booked(chats, "2026-12-09 12:30") == ["kalamata held until 09:10"]


def test_an_answer_is_changed_from_the_review(chat: Open) -> None:
    citizen = chat("review")
    assert citizen.tap("Αλλαγή απάντησης") == [
        "(instead of message 405)",
        "Ποια απάντηση θέλετε να αλλάξετε;",
        (
            "[Δήμος] [Υπηρεσία] [Λαμβάνει ήδη το επίδομα] [Ημέρα] [Ώρα] [Ονοματεπώνυμο] "
            "[Email] [Κινητό τηλέφωνο] [ΑΦΜ] [Συγκατάθεση] [Καμία, συνεχίζουμε] [Πίσω] "
            "[Βοήθεια]"
        ),
    ]
    assert citizen.tap("Email") == [
        "(instead of message 405)",
        "Ποια απάντηση θέλετε να αλλάξετε;",
        "✓ Email",
        "(no buttons any more)",
        "Σε ποιο email να στείλουμε την επιβεβαίωση;",
        "[maria@example.gr] [Πίσω] [Βοήθεια]",
    ]
    assert citizen.write("maria.p@example.gr") == [
        "(instead of another message)",
        "Σε ποιο email να στείλουμε την επιβεβαίωση;",
        "(no buttons any more)",
        "Ελέγξτε τα στοιχεία πριν κλείσω το ραντεβού:",
        "Δήμος Καλαμάτας, Επίδομα Στέγασης",
        "Τμήμα Κοινωνικής Αρωγής",
        "Φυσική παρουσία",
        "Τετάρτη 9 Δεκεμβρίου 2026, 12:30–13:00 (ώρα: Αθήνα)",
        "Ονοματεπώνυμο: Μαρία Παπαδοπούλου",
        "Email: maria.p@example.gr",
        "Κινητό τηλέφωνο: 691 234 5611",
        "ΑΦΜ: 068933130",
        "[Επιβεβαίωση: Τετ 9 Δεκ, 12:30] [Αλλαγή απάντησης] [Πίσω] [Βοήθεια]",
    ]


def test_a_list_of_answers_to_change_stands_open(chat: Open, chats: Chats) -> None:
    assert chat("choosing").tap("Ώρα") == [
        "Πέμπτη 10 Δεκεμβρίου: ποια ώρα σας εξυπηρετεί;",
        "[12:30] [13:10] [13:50]",
        BACK,
    ]
    assert booked(chats, "2026-12-10 12:30") == ["kalamata held until 09:08"]


def test_no_answer_of_the_list_is_changed(chat: Open) -> None:
    assert chat("choosing").tap("Καμία, συνεχίζουμε") == [
        "Ελέγξτε τα στοιχεία πριν κλείσω το ραντεβού:",
        "Δήμος Καλαμάτας, Πρόγραμμα Ελάχιστο Εγγυημένο Εισόδημα (ΕΕΕ/ΚΕΑ)",
        "Τμήμα Κοινωνικής Αρωγής",
        "Φυσική παρουσία",
        "Πέμπτη 10 Δεκεμβρίου 2026, 12:30–13:00 (ώρα: Αθήνα)",
        "Ονοματεπώνυμο: Μαρία Παπαδοπούλου",
        "Email: maria@example.gr",
        "Κινητό τηλέφωνο: 691 234 5612",
        "ΑΦΜ: 068933130",
        "[Επιβεβαίωση: Πέμ 10 Δεκ, 12:30]",
        "(Αλλαγή απάντησης) (Πίσω) (Βοήθεια)",
    ]


def test_back_from_the_list_of_answers(chat: Open) -> None:
    assert chat("choosing").write("πίσω") == [
        (
            "Δείγμα κειμένου: Τα στοιχεία που έδωσα είναι αληθή. Συναινώ ελεύθερα να τα "
            "χρησιμοποιήσουν οι αρμόδιοι υπάλληλοι του Δήμου Καλαμάτας για το αίτημά μου. "
            "Γνωρίζω ότι μπορώ να ζητήσω να τα δω ή να διορθωθούν, και να ανακαλέσω τη "
            "συναίνεσή μου όποτε θέλω."
        ),
        "[Συμφωνώ] [Δεν συμφωνώ]",
        BACK,
    ]


def test_an_answer_of_the_list_is_written(chat: Open) -> None:
    assert chat("choosing").write("email") == [
        "Σε ποιο email να στείλουμε την επιβεβαίωση;",
        "[maria@example.gr]",
        BACK,
    ]


# Lists that were narrowed or turned, and their buttons


def test_a_list_that_was_narrowed_is_picked_from(chat: Open) -> None:
    assert chat("narrowed").write("2") == [
        "Τρόπος εξυπηρέτησης: Τηλεδιάσκεψη.",
        "Ποια ημέρα; Ελεύθερες ημέρες, Νοέμβριος 2026:",
        "[Δευ 30 Νοε]",
        "(Επόμενος μήνας) (Πίσω) (Βοήθεια)",
    ]


def test_a_list_that_was_narrowed_is_tapped(chat: Open) -> None:
    assert chat("narrowed").tap("ΚΕΠ Δήμου Νεάπολης – Συκεών") == [
        "Τρόπος εξυπηρέτησης: Τηλεδιάσκεψη.",
        "Ποια ημέρα; Ελεύθερες ημέρες, Νοέμβριος 2026:",
        "[Δευ 30 Νοε]",
        "(Επόμενος μήνας) (Πίσω) (Βοήθεια)",
    ]


def test_a_list_that_was_narrowed_is_shown_whole_again(chat: Open) -> None:
    assert chat("narrowed").tap("Όλες οι επιλογές") == [
        "Πού θέλετε να εξυπηρετηθείτε;",
        (
            "[ΚΕΠ Δήμου Αγίων Αναργύρων] [ΚΕΠ Δήμου Αμπελοκήπων Μενεμένης] [ΚΕΠ Δήμου "
            "Αργιθέας] [ΚΕΠ Δήμου Αργοστολίου] [ΚΕΠ Δήμου Άρτας] [ΚΕΠ Δήμου Αρχαίας "
            "Ολυμπίας] [ΚΕΠ Δήμου Αχαρνών] [ΚΕΠ Δήμου Βάρης – Βούλας – Βουλιαγμένης]"
        ),
        "(Περισσότερα) (Πίσω) (Βοήθεια)",
    ]


def test_an_old_button_for_more_of_a_list_says_so(chat: Open) -> None:
    assert chat("narrowed").tap_old("Περισσότερα") == [
        "Το κουμπί «Περισσότερα» ήταν για προηγούμενη ερώτηση.",
        "Πού θέλετε να εξυπηρετηθείτε;",
        "[ΚΕΠ Δήμου Νεάπολης – Συκεών] [ΚΕΠ Δήμου Νέας Σμύρνης]",
        "(Όλες οι επιλογές) (Πίσω) (Βοήθεια)",
    ]


def test_a_list_that_was_turned_goes_on_by_number_and_by_button(chat: Open) -> None:
    citizen = chat("paged")
    assert citizen.tap("Περισσότερα") == [
        "Πού θέλετε να εξυπηρετηθείτε;",
        (
            "[ΚΕΠ Δήμου Ηρακλείου Κρήτης] [ΚΕΠ Δήμου Ιλίου] [ΚΕΠ Δήμου Καβάλας] [ΚΕΠ Δήμου "
            "Καλλιθέας] [ΚΕΠ Δήμου Κηφισιάς] [ΚΕΠ Δήμου Κιλκίς] [ΚΕΠ Δήμου Κορδελιού – "
            "Ευόσμου] [ΚΕΠ Δήμου Κορυδαλλού]"
        ),
        "(Προηγούμενη σελίδα) (Περισσότερα) (Πίσω) (Βοήθεια)",
    ]
    assert citizen.tap_old("Περισσότερα") == [
        "Το κουμπί «Περισσότερα» ήταν για προηγούμενη ερώτηση.",
        "Πού θέλετε να εξυπηρετηθείτε;",
        (
            "[ΚΕΠ Δήμου Ηρακλείου Κρήτης] [ΚΕΠ Δήμου Ιλίου] [ΚΕΠ Δήμου Καβάλας] [ΚΕΠ Δήμου "
            "Καλλιθέας] [ΚΕΠ Δήμου Κηφισιάς] [ΚΕΠ Δήμου Κιλκίς] [ΚΕΠ Δήμου Κορδελιού – "
            "Ευόσμου] [ΚΕΠ Δήμου Κορυδαλλού]"
        ),
        "(Προηγούμενη σελίδα) (Περισσότερα) (Πίσω) (Βοήθεια)",
    ]
    assert citizen.tap("Προηγούμενη σελίδα") == [
        "Πού θέλετε να εξυπηρετηθείτε;",
        (
            "[ΚΕΠ Δήμου Βριλησίων] [ΚΕΠ Δήμου Δάφνης – Υμηττού] [ΚΕΠ Δήμου Διονύσου] [ΚΕΠ "
            "Δήμου Δράμας] [ΚΕΠ Δήμου Ελληνικού] [ΚΕΠ Δήμου Ευρώτα] [ΚΕΠ Δήμου Ζακύνθου] "
            "[ΚΕΠ Δήμου Ζωγράφου]"
        ),
        "(Προηγούμενη σελίδα) (Περισσότερα) (Πίσω) (Βοήθεια)",
    ]


def test_a_number_picks_from_the_page_that_was_turned_to(chat: Open) -> None:
    citizen = chat("paged")
    assert citizen.write("10") == [
        "Τρόπος εξυπηρέτησης: Τηλεδιάσκεψη.",
        "Ποια ημέρα; Ελεύθερες ημέρες, Νοέμβριος 2026:",
        "[Δευ 30 Νοε]",
        "(Επόμενος μήνας) (Πίσω) (Βοήθεια)",
    ]
    assert citizen.page()["answers"] == [
        "Δήμος: ΚΕΠ – Κέντρα Εξυπηρέτησης Πολιτών",
        "Ομάδα υπηρεσιών: Εξυπηρέτηση από το Δήμο σας",
        "Σημείο εξυπηρέτησης: ΚΕΠ Δήμου Δάφνης – Υμηττού",
        "Τρόπος εξυπηρέτησης: Τηλεδιάσκεψη",
    ]


def test_back_from_a_list_that_was_turned(chat: Open) -> None:
    assert chat("paged").write("πίσω") == [
        "Ποια ομάδα υπηρεσιών;",
        (
            "[Πληροφόρηση – Αίτηση] [Υπηρεσίες προς Επιχειρήσεις] [Εξυπηρέτηση Πολιτών με "
            "Αναπηρία] [Εξυπηρέτηση από το Δήμο σας]"
        ),
        BACK,
    ]


def test_a_month_that_was_turned_to_is_where_a_number_is_a_day(chat: Open) -> None:
    assert chat("turned").write("7") == [
        "(instead of message 495)",
        "Ποια ημέρα; Ελεύθερες ημέρες, Ιανουάριος 2027:",
        "(no buttons any more)",
        "Πέμπτη 7 Ιανουαρίου: ποια ώρα σας εξυπηρετεί;",
        "[12:30] [13:10] [13:50] [Πίσω] [Βοήθεια]",
    ]


def test_a_day_of_the_month_that_was_turned_to_is_tapped(chat: Open) -> None:
    assert chat("turned").tap("29") == [
        "(instead of message 495)",
        "Ποια ημέρα; Ελεύθερες ημέρες, Ιανουάριος 2027:",
        "✓ Παρ 29 Ιαν",
        "(no buttons any more)",
        "Παρασκευή 29 Ιανουαρίου: ποια ώρα σας εξυπηρετεί;",
        "[12:30] [13:10] [13:50] [Πίσω] [Βοήθεια]",
    ]


def test_a_month_is_turned_back(chat: Open) -> None:
    citizen = chat("turned")
    assert citizen.tap("Προηγούμενος μήνας") == [
        "(instead of message 495)",
        "Ποια ημέρα; Ελεύθερες ημέρες, Δεκέμβριος 2026:",
        (
            "[1] [2] [3] [7] [8] [9] [10] [11] [14] [15] [16] [17] [18] [21] [22] [23] [24] "
            "[28] [29] [30] [31] [Επόμενος μήνας] [Πίσω] [Βοήθεια]"
        ),
    ]
    assert citizen.tap_old("Επόμενος μήνας") == [
        "(instead of message 495)",
        "Ποια ημέρα; Ελεύθερες ημέρες, Δεκέμβριος 2026:",
        "(no buttons any more)",
        "Το κουμπί «Επόμενος μήνας» ήταν για προηγούμενη ερώτηση.",
        "Ποια ημέρα; Ελεύθερες ημέρες, Δεκέμβριος 2026:",
        (
            "[1] [2] [3] [7] [8] [9] [10] [11] [14] [15] [16] [17] [18] [21] [22] [23] [24] "
            "[28] [29] [30] [31] [Επόμενος μήνας] [Πίσω] [Βοήθεια]"
        ),
    ]


def test_an_old_button_of_a_month_says_what_it_was(chat: Open) -> None:
    assert chat("turned").tap_old("3") == [
        "(instead of message 495)",
        "Ποια ημέρα; Ελεύθερες ημέρες, Ιανουάριος 2027:",
        "(no buttons any more)",
        "Το κουμπί «Πέμ 3 Δεκ» ήταν για προηγούμενη ερώτηση: Ημέρα. Δεν άλλαξε τίποτα.",
        "Ποια ημέρα; Ελεύθερες ημέρες, Ιανουάριος 2027:",
        (
            "[4] [5] [7] [8] [11] [12] [13] [14] [15] [18] [19] [20] [21] [22] [25] [26] "
            "[27] [28] [29] [Προηγούμενος μήνας] [Πίσω] [Βοήθεια]"
        ),
    ]


def test_back_from_a_month_that_was_turned_to(chat: Open) -> None:
    assert chat("turned").write("πίσω") == [
        "(instead of message 495)",
        "Ποια ημέρα; Ελεύθερες ημέρες, Ιανουάριος 2027:",
        "(no buttons any more)",
        "Λαμβάνετε ήδη το επίδομα στέγασης;",
        "[Όχι] [Ναι] [Πίσω] [Βοήθεια]",
    ]


def test_times_near_one_that_is_not_free_are_tapped(chat: Open, chats: Chats) -> None:
    assert chat("near").tap("Τετ 9 Δεκ, 13:50") == [
        "Σας κρατώ την ώρα για 10 λεπτά: Τετάρτη 9 Δεκεμβρίου, 13:50.",
        "Ποιο είναι το ονοματεπώνυμο του προσώπου που θα εξυπηρετηθεί;",
        BACK,
    ]
    assert booked(chats, "2026-12-09 13:50") == ["kalamata held until 09:10"]


def test_times_near_one_that_is_not_free_stay_after_a_wrong_answer(chat: Open) -> None:
    assert chat("near").write("ίσως") == [
        "Επιλέξτε μια ελεύθερη ώρα ή γράψτε την, όπως 10:30.",
        "Οι πλησιέστερες ελεύθερες ώρες:",
        (
            "[Τετ 9 Δεκ, 12:30] [Τετ 9 Δεκ, 13:10] [Τετ 9 Δεκ, 13:50] [Πέμ 10 Δεκ, 13:10] "
            "[Πέμ 10 Δεκ, 13:50] [Παρ 11 Δεκ, 12:30]"
        ),
        BACK,
    ]


def test_an_hour_near_one_that_is_not_free_is_meant_on_the_day_that_was_picked(chat: Open) -> None:
    assert chat("near").write("13:10") == [
        "Σας κρατώ την ώρα για 10 λεπτά: Πέμπτη 10 Δεκεμβρίου, 13:10.",
        "Ποιο είναι το ονοματεπώνυμο του προσώπου που θα εξυπηρετηθεί;",
        BACK,
    ]


def test_back_from_the_times_near_one_that_is_not_free(chat: Open) -> None:
    assert chat("near").write("πίσω") == [
        "Ποια ημέρα; Ελεύθερες ημέρες, Δεκέμβριος 2026:",
        (
            "[Τρί 1 Δεκ] [Τετ 2 Δεκ] [Πέμ 3 Δεκ] [Παρ 4 Δεκ] [Δευ 7 Δεκ] [Τρί 8 Δεκ] [Τετ 9 "
            "Δεκ] [Πέμ 10 Δεκ] [Παρ 11 Δεκ] [Δευ 14 Δεκ] [Τρί 15 Δεκ] [Τετ 16 Δεκ] [Πέμ 17 "
            "Δεκ] [Παρ 18 Δεκ] [Δευ 21 Δεκ] [Τρί 22 Δεκ] [Τετ 23 Δεκ] [Πέμ 24 Δεκ] [Δευ 28 "
            "Δεκ] [Τρί 29 Δεκ] [Τετ 30 Δεκ] [Πέμ 31 Δεκ]"
        ),
        "(Επόμενος μήνας) (Πίσω) (Βοήθεια)",
    ]


def test_an_old_button_of_a_day_says_what_it_was_beside_the_times_near(chat: Open) -> None:
    assert chat("near").tap_old("Πέμ 3 Δεκ") == [
        "Το κουμπί «Πέμ 3 Δεκ» ήταν για προηγούμενη ερώτηση: Ημέρα. Δεν άλλαξε τίποτα.",
        "Οι πλησιέστερες ελεύθερες ώρες:",
        (
            "[Τετ 9 Δεκ, 12:30] [Τετ 9 Δεκ, 13:10] [Τετ 9 Δεκ, 13:50] [Πέμ 10 Δεκ, 13:10] "
            "[Πέμ 10 Δεκ, 13:50] [Παρ 11 Δεκ, 12:30]"
        ),
        "(Αλλαγή: Ημέρα) (Πίσω) (Βοήθεια)",
    ]


def test_a_button_that_gives_other_answers_does_so(chat: Open) -> None:
    assert chat("instead").tap("Φυσική παρουσία: Τετ 2 Δεκ") == [
        "Τετάρτη 2 Δεκεμβρίου: ποια ώρα σας εξυπηρετεί;",
        "[09:00] [09:30] [10:00] [10:30] [11:00] [11:30] [12:00] [12:30]",
        BACK,
    ]


def test_an_old_button_that_gives_other_answers_gives_none(chat: Open) -> None:
    assert chat("instead-old").tap_old("Φυσική παρουσία: Τετ 2 Δεκ") == [
        "(instead of message 556)",
        "Πέμπτη 3 Δεκεμβρίου: ποια ώρα σας εξυπηρετεί;",
        "(no buttons any more)",
        "Το κουμπί «Φυσική παρουσία: Τετ 2 Δεκ» ήταν για προηγούμενη ερώτηση.",
        "Πέμπτη 3 Δεκεμβρίου: ποια ώρα σας εξυπηρετεί;",
        "[09:00] [09:30] [10:00] [10:30] [11:00] [11:30] [12:00] [12:30] [Πίσω] [Βοήθεια]",
    ]


def test_back_from_a_question_with_a_button_that_gives_other_answers(chat: Open) -> None:
    assert chat("instead").write("πίσω") == [
        "Πώς θέλετε να γίνει το ραντεβού;",
        "[Φυσική παρουσία] [Τηλεφωνικά]",
        BACK,
    ]


def test_a_day_is_written_instead_of_the_button(chat: Open) -> None:
    assert chat("instead").write("3/12") == [
        "Πέμπτη 3 Δεκεμβρίου: ποια ώρα σας εξυπηρετεί;",
        "[09:00] [09:30] [10:00] [10:30] [11:00] [11:30] [12:00] [12:30]",
        BACK,
    ]


def test_a_button_that_changes_an_answer_asks_it_again(chat: Open) -> None:
    citizen = chat("changing")
    assert citizen.tap("Αλλαγή: Δήμος") == [
        "Σε ποιον δήμο θέλετε ραντεβού;",
        "[Δήμος Καλαμάτας] [Δήμος Λαρισαίων] [Δήμος Χίου] [ΚΕΠ – Κέντρα Εξυπηρέτησης Πολιτών]",
        BACK,
    ]
    assert citizen.tap_old("Αλλαγή: Δήμος") == [
        "Το κουμπί «Αλλαγή: Δήμος» ήταν για προηγούμενη ερώτηση.",
        "Σε ποιον δήμο θέλετε ραντεβού;",
        "[Δήμος Καλαμάτας] [Δήμος Λαρισαίων] [Δήμος Χίου] [ΚΕΠ – Κέντρα Εξυπηρέτησης Πολιτών]",
        BACK,
    ]


def test_a_question_with_a_button_that_changes_an_answer_is_answered(chat: Open) -> None:
    citizen = chat("changing")
    assert citizen.write("τηλεφωνικά") == [
        "Ποια ημέρα; Ελεύθερες ημέρες, Δεκέμβριος 2026:",
        (
            "[Τρί 1 Δεκ] [Πέμ 3 Δεκ] [Τρί 8 Δεκ] [Πέμ 10 Δεκ] [Τρί 15 Δεκ] [Πέμ 17 Δεκ] "
            "[Τρί 22 Δεκ] [Πέμ 24 Δεκ] [Τρί 29 Δεκ] [Πέμ 31 Δεκ]"
        ),
        "(Επόμενος μήνας) (Πίσω) (Βοήθεια)",
    ]
    assert citizen.tap_old("Δήμος Λαρισαίων") == [
        "Το κουμπί «Δήμος Λαρισαίων» ήταν για προηγούμενη ερώτηση: Δήμος. Δεν άλλαξε τίποτα.",
        "Ποια ημέρα; Ελεύθερες ημέρες, Δεκέμβριος 2026:",
        (
            "[Τρί 1 Δεκ] [Πέμ 3 Δεκ] [Τρί 8 Δεκ] [Πέμ 10 Δεκ] [Τρί 15 Δεκ] [Πέμ 17 Δεκ] "
            "[Τρί 22 Δεκ] [Πέμ 24 Δεκ] [Τρί 29 Δεκ] [Πέμ 31 Δεκ]"
        ),
        "(Επόμενος μήνας) (Αλλαγή: Δήμος) (Πίσω) (Βοήθεια)",
    ]


def test_back_from_a_question_with_a_button_that_changes_an_answer(chat: Open) -> None:
    assert chat("changing").write("πίσω") == [
        "Ποια ομάδα υπηρεσιών;",
        "[Κέντρο Κοινότητας] [Κέντρα Συμβουλευτικής Υποστήριξης Γυναικών] [Τμήμα Περιουσίας]",
        BACK,
    ]


# Questions in between


def test_stopping_is_answered_no_and_the_time_is_still_held(chat: Open, chats: Chats) -> None:
    assert chat("stopping").write("όχι") == [
        "Σε ποιο email να στείλουμε την επιβεβαίωση;",
        BACK,
    ]
    assert booked(chats, "2026-12-10 13:10") == ["kalamata held until 09:10"]


def test_stopping_is_answered_yes_and_the_time_is_given_up(chat: Open, chats: Chats) -> None:
    assert chat("stopping").tap("Ναι, σταματάμε") == [
        "Εντάξει, σταματήσαμε. Δεν κλείστηκε και δεν άλλαξε τίποτα.",
        "Τι θέλετε να κάνουμε;",
        "[Νέο ραντεβού] [Τα ραντεβού μου]",
        "(Βοήθεια)",
    ]
    assert booked(chats, "2026-12-10 13:10") == ["kalamata expired"]


def test_an_old_button_beside_the_question_whether_to_stop(chat: Open, chats: Chats) -> None:
    assert chat("stopping").tap_old("Ναι") == [
        "Το κουμπί «Ναι» ήταν για προηγούμενη ερώτηση: Λαμβάνει ήδη το επίδομα. Δεν άλλαξε τίποτα.",
        "Να σταματήσουμε εδώ; Θα χρειαστεί να ξεκινήσετε από την αρχή.",
        "[Ναι, σταματάμε] [Όχι, συνεχίζουμε]",
        BACK,
    ]
    assert booked(chats, "2026-12-10 13:10") == ["kalamata held until 09:10"]


def test_back_from_the_question_whether_to_stop(chat: Open) -> None:
    assert chat("stopping").write("πίσω") == [
        "Σε ποιο email να στείλουμε την επιβεβαίωση;",
        BACK,
    ]


def test_the_page_shows_the_question_whether_to_stop(chat: Open) -> None:
    page = chat("stopping").page()
    assert page["answers"] == [
        "Δήμος: Δήμος Καλαμάτας",
        "Ομάδα υπηρεσιών: Διεύθυνση Πρόνοιας – Τμήμα Κοινωνικής Αρωγής",
        "Υπηρεσία: Επίδομα Στέγασης",
        "Τρόπος εξυπηρέτησης: Φυσική παρουσία",
        "Λαμβάνει ήδη το επίδομα: Όχι",
        "Ημέρα: Πέμ 10 Δεκ",
        "Ώρα: 13:10",
        "Ονοματεπώνυμο: Μαρία Παπαδοπούλου",
    ]
    assert page["held until"] == "09:08"
    assert page["talk"][-3:] == [
        "Να σταματήσουμε εδώ; Θα χρειαστεί να ξεκινήσετε από την αρχή.",
        "[Ναι, σταματάμε] [Όχι, συνεχίζουμε]",
        BACK,
    ]
    assert page["asked"] == [
        "Να σταματήσουμε εδώ; Θα χρειαστεί να ξεκινήσετε από την αρχή.",
    ]


def test_another_task_is_gone_to(chat: Open, chats: Chats) -> None:
    assert chat("switching").tap("Ναι, να το αφήσουμε") == [
        "(instead of message 611)",
        "Δεν έχουμε τελειώσει το «Νέο ραντεβού». Να το αφήσουμε και να πάμε στο «Τα ραντεβού μου»;",
        "✓ Ναι, να το αφήσουμε",
        "(no buttons any more)",
        (
            "Δεν βρίσκω ραντεβού από αυτή τη συνομιλία. Αν το κλείσατε αλλού, θα το βρούμε "
            "με τον κωδικό του."
        ),
        "Ποιος είναι ο κωδικός του ραντεβού; Έχει έξι γράμματα και ψηφία, όπως KX7 M2P.",
        "[Πίσω] [Βοήθεια]",
    ]
    assert booked(chats, "2026-12-10 13:50") == ["kalamata expired"]


def test_another_task_is_not_gone_to(chat: Open, chats: Chats) -> None:
    assert chat("switching").write("όχι") == [
        "(instead of message 611)",
        "Δεν έχουμε τελειώσει το «Νέο ραντεβού». Να το αφήσουμε και να πάμε στο «Τα ραντεβού μου»;",
        "(no buttons any more)",
        "Σε ποιο email να στείλουμε την επιβεβαίωση;",
        "[Πίσω] [Βοήθεια]",
    ]
    assert booked(chats, "2026-12-10 13:50") == ["kalamata held until 09:10"]


def test_back_from_the_question_whether_to_go_to_another_task(chat: Open) -> None:
    assert chat("switching").write("πίσω") == [
        "(instead of message 611)",
        "Δεν έχουμε τελειώσει το «Νέο ραντεβού». Να το αφήσουμε και να πάμε στο «Τα ραντεβού μου»;",
        "(no buttons any more)",
        "Σε ποιο email να στείλουμε την επιβεβαίωση;",
        "[Πίσω] [Βοήθεια]",
    ]


def test_an_old_button_beside_the_question_whether_to_go_to_another_task(chat: Open) -> None:
    assert chat("switching").tap_old("11") == [
        "(instead of message 611)",
        "Δεν έχουμε τελειώσει το «Νέο ραντεβού». Να το αφήσουμε και να πάμε στο «Τα ραντεβού μου»;",
        "(no buttons any more)",
        "Το κουμπί «Παρ 11 Δεκ» ήταν για προηγούμενη ερώτηση: Ημέρα. Δεν άλλαξε τίποτα.",
        "Δεν έχουμε τελειώσει το «Νέο ραντεβού». Να το αφήσουμε και να πάμε στο «Τα ραντεβού μου»;",
        "[Ναι, να το αφήσουμε] [Όχι, συνεχίζουμε] [Πίσω] [Βοήθεια]",
    ]


def test_a_city_is_given_where_it_was_asked_for(chat: Open) -> None:
    citizen = chat("zone")
    assert citizen.write("Μελβούρνη") == [
        "Για τηλεδιάσκεψη και τηλέφωνο θα δείχνω την ώρα: Μελβούρνη.",
        "Ποια ημέρα; Ελεύθερες ημέρες, Δεκέμβριος 2026:",
        (
            "[Τρί 1 Δεκ] [Τετ 2 Δεκ] [Πέμ 3 Δεκ] [Παρ 4 Δεκ] [Δευ 7 Δεκ] [Τρί 8 Δεκ] [Τετ 9 "
            "Δεκ] [Πέμ 10 Δεκ] [Παρ 11 Δεκ] [Δευ 14 Δεκ] [Τρί 15 Δεκ] [Τετ 16 Δεκ] [Πέμ 17 "
            "Δεκ] [Παρ 18 Δεκ] [Δευ 21 Δεκ] [Τρί 22 Δεκ] [Τετ 23 Δεκ] [Πέμ 24 Δεκ] [Δευ 28 "
            "Δεκ] [Τρί 29 Δεκ] [Τετ 30 Δεκ] [Πέμ 31 Δεκ]"
        ),
        "(Επόμενος μήνας) (Πίσω) (Βοήθεια)",
    ]
    assert citizen.write("3/12") == [
        "Πέμπτη 3 Δεκεμβρίου: ποια ώρα σας εξυπηρετεί;",
        "(ώρα: Μελβούρνη)",
        "[18:00] [18:30] [19:00] [21:00]",
        BACK,
    ]


def test_a_city_is_not_given(chat: Open) -> None:
    citizen = chat("zone")
    assert citizen.tap_old("Τηλεδιάσκεψη") == [
        (
            "Το κουμπί «Τηλεδιάσκεψη» ήταν για προηγούμενη ερώτηση: Τρόπος εξυπηρέτησης. "
            "Δεν άλλαξε τίποτα."
        ),
        "Για τηλεδιάσκεψη και τηλέφωνο δείχνω τώρα την ώρα: Αθήνα. Σε ποια πόλη βρίσκεστε;",
        BACK,
    ]
    assert citizen.write("πίσω") == [
        "Ποια ημέρα; Ελεύθερες ημέρες, Δεκέμβριος 2026:",
        (
            "[Τρί 1 Δεκ] [Τετ 2 Δεκ] [Πέμ 3 Δεκ] [Παρ 4 Δεκ] [Δευ 7 Δεκ] [Τρί 8 Δεκ] [Τετ 9 "
            "Δεκ] [Πέμ 10 Δεκ] [Παρ 11 Δεκ] [Δευ 14 Δεκ] [Τρί 15 Δεκ] [Τετ 16 Δεκ] [Πέμ 17 "
            "Δεκ] [Παρ 18 Δεκ] [Δευ 21 Δεκ] [Τρί 22 Δεκ] [Τετ 23 Δεκ] [Πέμ 24 Δεκ] [Δευ 28 "
            "Δεκ] [Τρί 29 Δεκ] [Τετ 30 Δεκ] [Πέμ 31 Δεκ]"
        ),
        "(Επόμενος μήνας) (Πίσω) (Βοήθεια)",
    ]


def test_details_of_a_booking_that_was_stopped_are_offered_at_the_next(chat: Open) -> None:
    citizen = chat("stopped")
    citizen.tap("Νέο ραντεβού")
    citizen.write("Λάρισα", "ληξιαρχείο", "σύμφωνο", "φυσική παρουσία")
    assert citizen.write("10/12 10:00") == [
        "Σας κρατώ την ώρα για 10 λεπτά: Πέμπτη 10 Δεκεμβρίου, 10:00.",
        "Ποιο είναι το ονοματεπώνυμο του προσώπου που θα εξυπηρετηθεί;",
        "[Μαρία Παπαδοπούλου] [Πίσω] [Βοήθεια]",
    ]


# Questions after the booking


def test_an_appointment_is_moved_to_the_time_that_is_tapped(chat: Open, chats: Chats) -> None:
    citizen = chat("moving")
    assert booked(chats, "2026-12-04 12:30") == ["kalamata confirmed"]
    assert citizen.tap("13:50") == [
        "(instead of message 302)",
        "Τρίτη 8 Δεκεμβρίου: ποια ώρα σας εξυπηρετεί;",
        "✓ 13:50",
        "(no buttons any more)",
        "Να αλλάξω το ραντεβού;",
        "Από: Παρασκευή 4 Δεκεμβρίου 2026, 12:30–13:00 (ώρα: Αθήνα)",
        "Σε: Τρίτη 8 Δεκεμβρίου 2026, 13:50–14:20 (ώρα: Αθήνα)",
        "[Ναι, αλλαγή σε Τρί 8 Δεκ, 13:50] [Όχι, να μείνει η παλιά ώρα] [Πίσω] [Βοήθεια]",
    ]
    assert citizen.write("ναι") == [
        "(instead of another message)",
        "Να αλλάξω το ραντεβού;",
        "Από: Παρασκευή 4 Δεκεμβρίου 2026, 12:30–13:00 (ώρα: Αθήνα)",
        "Σε: Τρίτη 8 Δεκεμβρίου 2026, 13:50–14:20 (ώρα: Αθήνα)",
        "(no buttons any more)",
        "Το ραντεβού σας άλλαξε.",
        "Κωδικός: K2A AA9",
        "Δήμος Καλαμάτας, Επίδομα Στέγασης",
        "Τρίτη 8 Δεκεμβρίου 2026, 13:50–14:20 (ώρα: Αθήνα)",
        "Φυσική παρουσία",
        "Τμήμα Κοινωνικής Αρωγής",
        "Διεύθυνση: Τμήμα Κοινωνικής Αρωγής, Καλαμάτα",
        "(file rantevou.ics: BEGIN:VCALENDAR)",
        "Τι θέλετε να κάνουμε;",
        PUSHED_TASKS,
    ]
    assert booked(chats, "2026-12-04 12:30") == []
    assert booked(chats, "2026-12-08 13:50") == ["kalamata confirmed"]


def test_a_time_to_move_to_is_written(chat: Open) -> None:
    assert chat("moving").write("13:10") == [
        "(instead of message 302)",
        "Τρίτη 8 Δεκεμβρίου: ποια ώρα σας εξυπηρετεί;",
        "(no buttons any more)",
        "Να αλλάξω το ραντεβού;",
        "Από: Παρασκευή 4 Δεκεμβρίου 2026, 12:30–13:00 (ώρα: Αθήνα)",
        "Σε: Τρίτη 8 Δεκεμβρίου 2026, 13:10–13:40 (ώρα: Αθήνα)",
        "[Ναι, αλλαγή σε Τρί 8 Δεκ, 13:10] [Όχι, να μείνει η παλιά ώρα] [Πίσω] [Βοήθεια]",
    ]


def test_an_old_button_moves_nothing(chat: Open, chats: Chats) -> None:
    assert chat("moving").tap_old("9") == [
        "(instead of message 302)",
        "Τρίτη 8 Δεκεμβρίου: ποια ώρα σας εξυπηρετεί;",
        "(no buttons any more)",
        "Το κουμπί «Τετ 9 Δεκ» ήταν για προηγούμενη ερώτηση: Ημέρα. Δεν άλλαξε τίποτα.",
        "Τρίτη 8 Δεκεμβρίου: ποια ώρα σας εξυπηρετεί;",
        "[12:30] [13:10] [13:50] [Αλλαγή: Ημέρα] [Πίσω] [Βοήθεια]",
    ]
    assert chat("moving").tap_old("Ακύρωση ραντεβού") == [
        "(instead of another message)",
        "Τρίτη 8 Δεκεμβρίου: ποια ώρα σας εξυπηρετεί;",
        "(no buttons any more)",
        "Το κουμπί «Ακύρωση ραντεβού» ήταν για προηγούμενη ερώτηση.",
        "Τρίτη 8 Δεκεμβρίου: ποια ώρα σας εξυπηρετεί;",
        "[12:30] [13:10] [13:50] [Αλλαγή: Ημέρα] [Πίσω] [Βοήθεια]",
    ]
    assert booked(chats, "2026-12-04 12:30") == ["kalamata confirmed"]


def test_back_from_a_move(chat: Open) -> None:
    citizen = chat("moving")
    assert citizen.write("πίσω") == [
        "(instead of message 302)",
        "Τρίτη 8 Δεκεμβρίου: ποια ώρα σας εξυπηρετεί;",
        "(no buttons any more)",
        "Ποια ημέρα; Ελεύθερες ημέρες, Δεκέμβριος 2026:",
        (
            "[1] [2] [3] [4] [7] [8] [9] [10] [11] [14] [15] [16] [17] [18] [21] [22] [23] "
            "[24] [28] [29] [30] [31] [Επόμενος μήνας] [Πίσω] [Βοήθεια]"
        ),
    ]
    assert citizen.write("πίσω") == [
        "(instead of another message)",
        "Ποια ημέρα; Ελεύθερες ημέρες, Δεκέμβριος 2026:",
        "(no buttons any more)",
        "Τι θέλετε να κάνουμε;",
        PUSHED_TASKS,
    ]


def test_a_move_is_confirmed(chat: Open, chats: Chats) -> None:
    assert chat("moving-review").tap("Ναι, αλλαγή σε Τρί 8 Δεκ, 13:10") == [
        "Το ραντεβού σας άλλαξε.",
        "Κωδικός: A4P 5A8",
        "Δήμος Καλαμάτας, Επίδομα Στέγασης",
        "Τρίτη 8 Δεκεμβρίου 2026, 13:10–13:40 (ώρα: Αθήνα)",
        "Φυσική παρουσία",
        "Τμήμα Κοινωνικής Αρωγής",
        "Διεύθυνση: Τμήμα Κοινωνικής Αρωγής, Καλαμάτα",
        "Τι θέλετε να κάνουμε;",
        TASKS,
        "(Βοήθεια)",
    ]
    assert booked(chats, "2026-12-04 13:10") == []
    assert booked(chats, "2026-12-08 13:10") == ["kalamata confirmed"]


def test_a_move_is_not_confirmed(chat: Open, chats: Chats) -> None:
    assert chat("moving-review").write("όχι") == [
        "Εντάξει, το ραντεβού σας ισχύει όπως ήταν.",
        "Τι θέλετε να κάνουμε;",
        TASKS,
        "(Βοήθεια)",
    ]
    assert booked(chats, "2026-12-04 13:10") == ["kalamata confirmed"]


def test_back_from_the_question_whether_to_move(chat: Open) -> None:
    assert chat("moving-review").write("πίσω") == [
        "Τρίτη 8 Δεκεμβρίου: ποια ώρα σας εξυπηρετεί;",
        "[12:30] [13:10] [13:50]",
        BACK,
    ]


def test_an_appointment_is_cancelled(chat: Open, chats: Chats) -> None:
    assert chat("cancelling").tap("Ναι, ακύρωση") == [
        "✓ Ναι, ακύρωση",
        "",
        "Το ραντεβού σας ακυρώθηκε: Παρ 4 Δεκ 13:50, Επίδομα Στέγασης.",
        "Τι θέλετε να κάνουμε;",
        "[Νέο ραντεβού] [Τα ραντεβού μου] [Βοήθεια]",
    ]
    assert booked(chats, "2026-12-04 13:50") == ["kalamata cancelled"]


def test_an_appointment_is_not_cancelled(chat: Open, chats: Chats) -> None:
    assert chat("cancelling").write("όχι") == [
        "Εντάξει, το ραντεβού σας ισχύει όπως ήταν.",
        "Τι θέλετε να κάνουμε;",
        PUSHED_TASKS,
    ]
    assert booked(chats, "2026-12-04 13:50") == ["kalamata confirmed"]


def test_an_old_button_cancels_nothing(chat: Open, chats: Chats) -> None:
    assert chat("cancelling").tap_old("Όχι") == [
        "Το κουμπί «Όχι» ήταν για προηγούμενη ερώτηση.",
        "Να ακυρώσω αυτό το ραντεβού;",
        "Κωδικός: T67 9T3",
        "Δήμος Καλαμάτας, Επίδομα Στέγασης",
        "Παρασκευή 4 Δεκεμβρίου 2026, 13:50–14:20 (ώρα: Αθήνα)",
        "Φυσική παρουσία",
        "Τμήμα Κοινωνικής Αρωγής",
        "Διεύθυνση: Τμήμα Κοινωνικής Αρωγής, Καλαμάτα",
        "[Ναι, ακύρωση] [Όχι, να μείνει] [Πίσω] [Βοήθεια]",
    ]
    assert booked(chats, "2026-12-04 13:50") == ["kalamata confirmed"]


def test_back_from_the_question_whether_to_cancel(chat: Open) -> None:
    assert chat("cancelling").write("πίσω") == [
        "Τι θέλετε να κάνουμε;",
        PUSHED_TASKS,
    ]


def test_a_detail_of_an_appointment_is_changed(chat: Open, chats: Chats) -> None:
    assert chat("editing").write("maria.p@example.gr") == [
        "Το άλλαξα.",
        "Email: maria.p@example.gr",
        "Κωδικός: TT6 YA5",
        "Δήμος Καλαμάτας, Επίδομα Στέγασης",
        "Δευτέρα 7 Δεκεμβρίου 2026, 12:30–13:00 (ώρα: Αθήνα)",
        "Φυσική παρουσία",
        "Τμήμα Κοινωνικής Αρωγής",
        "Διεύθυνση: Τμήμα Κοινωνικής Αρωγής, Καλαμάτα",
        "Τι θέλετε να κάνουμε;",
        TASKS,
        "(Βοήθεια)",
    ]
    assert booked(chats, "2026-12-07 12:30") == ["kalamata confirmed"]


def test_a_detail_of_an_appointment_is_left_as_it_is(chat: Open) -> None:
    assert chat("editing").tap("maria@example.gr") == [
        "Το άλλαξα.",
        "Email: maria@example.gr",
        "Κωδικός: TT6 YA5",
        "Δήμος Καλαμάτας, Επίδομα Στέγασης",
        "Δευτέρα 7 Δεκεμβρίου 2026, 12:30–13:00 (ώρα: Αθήνα)",
        "Φυσική παρουσία",
        "Τμήμα Κοινωνικής Αρωγής",
        "Διεύθυνση: Τμήμα Κοινωνικής Αρωγής, Καλαμάτα",
        "Τι θέλετε να κάνουμε;",
        TASKS,
        "(Βοήθεια)",
    ]


def test_back_from_a_detail_of_an_appointment(chat: Open) -> None:
    assert chat("editing").write("πίσω") == [
        "Τι θέλετε να αλλάξετε;",
        "[Ονοματεπώνυμο] [Email] [Κινητό τηλέφωνο] [ΑΦΜ]",
        BACK,
    ]


def test_details_of_an_earlier_booking_are_offered(chat: Open, chats: Chats) -> None:
    citizen = chat("again")
    assert citizen.tap("maria@example.gr") == [
        "Σε ποιο κινητό τηλέφωνο να σας βρούμε για το ραντεβού;",
        "[691 234 5609]",
        BACK,
    ]
    assert booked(chats, "2026-12-07 10:00") == ["larissa held until 09:10"]
    citizen.tap("691 234 5609")
    citizen.write("-")
    assert citizen.write("ναι")[:5] == [
        "Το ραντεβού σας κλείστηκε.",
        "Κωδικός: H68 KN8",
        "Δήμος Λαρισαίων, Αίτηση για Σύμφωνο Συμβίωσης",
        "Δευτέρα 7 Δεκεμβρίου 2026, 10:00–10:15 (ώρα: Αθήνα)",
        "Φυσική παρουσία",
    ]
    assert booked(chats, "2026-12-07 10:00") == ["larissa confirmed"]


def test_the_confirm_button_of_a_booking_that_is_made_says_so(chat: Open) -> None:
    assert chat("again").tap_old("Επιβεβαίωση: Δευ 7 Δεκ, 13:10") == [
        "Το ραντεβού έχει ήδη κλειστεί: Δευ 7 Δεκ 13:10, Επίδομα Στέγασης.",
        "Σε ποιο email να στείλουμε την επιβεβαίωση;",
        "[maria@example.gr]",
        BACK,
    ]


def test_a_code_is_asked_for_and_given(chat: Open, chats: Chats) -> None:
    citizen = chat("code")
    assert citizen.write("MHX K76") == [
        "Και ποιο τηλέφωνο είχατε δώσει στην κράτηση;",
        BACK,
    ]
    assert citizen.write("6912345601") == [
        "Κωδικός: MHX K76",
        "Δήμος Χίου, Πληροφόρηση για μίσθωση δημοτικών ακινήτων",
        "Τρίτη 1 Δεκεμβρίου 2026, 09:00–09:20 (ώρα: Αθήνα)",
        "Τηλεφωνικά",
        "Θα σας καλέσουμε στο 691 234 5601.",
        "Ονοματεπώνυμο: Μαρία Παπαδοπούλου",
        "Email: maria@example.gr",
        "Κινητό τηλέφωνο: 691 234 5601",
        "Τι θέλετε να κάνουμε με αυτό;",
        (
            "[Αλλαγή ημέρας ή ώρας] [Ακύρωση ραντεβού] [Αλλαγή στοιχείων] [Τίποτα, να "
            "μείνει όπως είναι]"
        ),
        BACK,
    ]


def test_a_code_is_asked_for_and_not_given(chat: Open) -> None:
    assert chat("code").write("ΑΒΓ") == [
        "Ο κωδικός έχει έξι γράμματα και ψηφία. Για παράδειγμα: KX7 M2P.",
        "Ποιος είναι ο κωδικός του ραντεβού; Έχει έξι γράμματα και ψηφία, όπως KX7 M2P.",
        BACK,
    ]


def test_back_from_a_code(chat: Open) -> None:
    assert chat("code").write("πίσω") == [
        "Τι θέλετε να κάνουμε;",
        "[Νέο ραντεβού] [Τα ραντεβού μου]",
        "(Βοήθεια)",
    ]


def test_a_number_proves_no_code_that_is_unknown(chat: Open) -> None:
    assert chat("proof").write("6912345678") == [
        "Δεν βρήκα ραντεβού που να ισχύει με αυτόν τον κωδικό και αυτό το τηλέφωνο.",
        "(no keyboard any more)",
        "Ποιος είναι ο κωδικός του ραντεβού; Έχει έξι γράμματα και ψηφία, όπως KX7 M2P.",
        "[Πίσω] [Βοήθεια]",
    ]


def test_back_from_the_number_that_proves_a_code(chat: Open) -> None:
    assert chat("proof").write("πίσω") == [
        "✓",
        "(no keyboard any more)",
        (
            "Δεν βρίσκω ραντεβού από αυτή τη συνομιλία. Αν το κλείσατε αλλού, θα το βρούμε "
            "με τον κωδικό του."
        ),
        "Ποιος είναι ο κωδικός του ραντεβού; Έχει έξι γράμματα και ψηφία, όπως KX7 M2P.",
        "[Πίσω] [Βοήθεια]",
    ]


# Wrong answers, help, time zones, a municipality's own page, the telephone number


def test_a_third_wrong_answer_is_met_with_help(chat: Open) -> None:
    assert chat("failing").write("τι εννοείτε;") == [
        "Επιλέξτε μία από τις απαντήσεις παρακάτω.",
        (
            "Να σας βοηθήσω; Δείτε παρακάτω τι μπορείτε να κάνετε ή γράψτε «υπάλληλος» για "
            "να μιλήσετε με κάποιον."
        ),
        "Λαμβάνετε ήδη το επίδομα στέγασης;",
        "[Όχι] [Ναι]",
        (
            "(Πίσω) (Από την αρχή) (Διακοπή) (Για την υπηρεσία) (Χρήσιμοι σύνδεσμοι) "
            "(Επικοινωνία με υπάλληλο) (Τα ραντεβού μου) (English) (Ζώνη ώρας) (Βοήθεια)"
        ),
    ]


def test_after_two_wrong_answers_a_right_one_goes_on(chat: Open) -> None:
    citizen = chat("failing")
    citizen.write("όχι")
    assert citizen.write("ίσως")[0] == "Επιλέξτε μια ελεύθερη ημέρα ή γράψτε ημερομηνία, όπως 3/12."
    assert citizen.write("πίσω") == [
        "Λαμβάνετε ήδη το επίδομα στέγασης;",
        "[Όχι] [Ναι]",
        BACK,
    ]


def test_help_stands_open_and_its_buttons_work(chat: Open) -> None:
    assert chat("helped").tap("Για την υπηρεσία") == [
        "Επίδομα Στέγασης",
        "Διαρκεί 30 λεπτά.",
        "Θα χρειαστείτε:",
        "• Δελτίο ταυτότητας ή διαβατήριο",
        "• Μισθωτήριο της κατοικίας",
        (
            "Φυσική παρουσία: Ελάτε στο Τμήμα Κοινωνικής Αρωγής πέντε λεπτά νωρίτερα, με τα "
            "δικαιολογητικά σας."
        ),
        "• Σελίδα του επιδόματος: https://www.epidomastegasis.gr",
        "Λαμβάνετε ήδη το επίδομα στέγασης;",
        "[Όχι] [Ναι]",
        (
            "(Πίσω) (Από την αρχή) (Διακοπή) (Για την υπηρεσία) (Χρήσιμοι σύνδεσμοι) "
            "(Επικοινωνία με υπάλληλο) (Τα ραντεβού μου) (English) (Ζώνη ώρας) (Βοήθεια)"
        ),
    ]


def test_a_question_under_which_help_stands_is_answered(chat: Open) -> None:
    citizen = chat("helped")
    assert citizen.write("ναι") == [
        (
            "Δείτε την αίτησή σας στο www.epidomastegasis.gr. Επιβεβαιώνετε ότι η κατάστασή "
            "της είναι «Εγκεκριμένη (Σε μήνα λήξης ισχύος)» ή «Ακυρωμένη»;"
        ),
        "[Ναι, το επιβεβαιώνω] [Όχι, είναι άλλη]",
        BACK,
    ]
    assert citizen.tap_old("Χρήσιμοι σύνδεσμοι") == [
        "Το κουμπί «Χρήσιμοι σύνδεσμοι» ήταν για προηγούμενη ερώτηση.",
        (
            "Δείτε την αίτησή σας στο www.epidomastegasis.gr. Επιβεβαιώνετε ότι η κατάστασή "
            "της είναι «Εγκεκριμένη (Σε μήνα λήξης ισχύος)» ή «Ακυρωμένη»;"
        ),
        "[Ναι, το επιβεβαιώνω] [Όχι, είναι άλλη]",
        BACK,
    ]


def test_back_from_a_question_under_which_help_stands(chat: Open) -> None:
    assert chat("helped").write("πίσω") == [
        "Ποια υπηρεσία;",
        "[Επίδομα Στέγασης] [Πρόγραμμα Ελάχιστο Εγγυημένο Εισόδημα (ΕΕΕ/ΚΕΑ)]",
        BACK,
    ]


def test_who_is_abroad_books_in_their_own_time(chat: Open, chats: Chats) -> None:
    assert chat("abroad").tap("Επιβεβαίωση: Πέμ 3 Δεκ, 20:00") == [
        "Το ραντεβού σας κλείστηκε.",
        "Κωδικός: H68 KN8",
        "Δήμος Χίου, Εργασιακή συμβουλευτική",
        "Πέμπτη 3 Δεκεμβρίου 2026, 20:00–20:50 (ώρα: Μελβούρνη)",
        "δηλαδή Πέμπτη 3 Δεκεμβρίου 2026, 11:00–11:50 (ώρα: Αθήνα)",
        "Τηλεδιάσκεψη",
        "Η υπηρεσία θα στείλει τον σύνδεσμο της τηλεδιάσκεψης στο nikos@example.com.au.",
        "Θα χρειαστείτε:",
        "• Δελτίο ταυτότητας ή διαβατήριο",
        (
            "Έχετε δίπλα σας ταυτότητα ή διαβατήριο, γιατί θα σας ζητηθεί στην αρχή. Αν σας "
            "ζητηθεί αντίγραφο, στείλτε το στο it@chios.gov.gr."
        ),
        "Για να γίνει σωστά η τηλεδιάσκεψη:",
        "• Διαλέξτε ένα ήσυχο μέρος με καλή σύνδεση στο διαδίκτυο.",
        "• Ανοίξτε την κάμερα και το μικρόφωνο πριν συνδεθείτε.",
        "• Σε υπολογιστή με Windows, προτιμήστε το Teams μέσα από τον περιηγητή σας.",
        "• Όταν δείχνετε ένα έγγραφο, φέρτε το κοντά στην κάμερα, ώστε να γεμίζει την οθόνη.",
        "• Αν είστε σε κινητό, δείξτε τα έγγραφα με την κύρια (πίσω) κάμερα. Φαίνονται πιο καθαρά.",
        (
            "Κρατήστε τον κωδικό: με αυτόν και το τηλέφωνό σας αλλάζετε ή ακυρώνετε το "
            "ραντεβού από οπουδήποτε."
        ),
        "Αλλαγή ή ακύρωση γίνεται έως Τετάρτη 2 Δεκεμβρίου, 20:00 (ώρα: Μελβούρνη).",
        "Τηλέφωνο υπηρεσίας: 2271350004",
        "Τι θέλετε να κάνουμε;",
        TASKS,
        "(Βοήθεια)",
    ]
    assert booked(chats, "2026-12-03 11:00") == ["chios confirmed"]


def test_who_is_abroad_changes_the_time_in_their_own(chat: Open, chats: Chats) -> None:
    citizen = chat("abroad")
    assert citizen.write("αλλαγή ώρα") == [
        "Πέμπτη 3 Δεκεμβρίου: ποια ώρα σας εξυπηρετεί;",
        "(ώρα: Μελβούρνη)",
        "[18:00] [18:30] [19:00] [19:30] [20:00] [20:30] [21:00]",
        BACK,
    ]
    assert citizen.write("πίσω")[:6] == [
        "Ελέγξτε τα στοιχεία πριν κλείσω το ραντεβού:",
        "Δήμος Χίου, Εργασιακή συμβουλευτική",
        "Τηλεδιάσκεψη",
        "Πέμπτη 3 Δεκεμβρίου 2026, 20:00–20:50 (ώρα: Μελβούρνη)",
        "δηλαδή Πέμπτη 3 Δεκεμβρίου 2026, 11:00–11:50 (ώρα: Αθήνα)",
        "Ονοματεπώνυμο: Νίκος Παππάς",
    ]
    assert citizen.tap_old("Πέμ 3 Δεκ")[:1] == [
        "Το κουμπί «Πέμ 3 Δεκ» ήταν για προηγούμενη ερώτηση: Ημέρα. Δεν άλλαξε τίποτα.",
    ]
    assert booked(chats, "2026-12-03 11:00") == ["chios held until 09:10"]


def test_the_page_of_who_is_abroad_shows_their_own_time(chat: Open) -> None:
    assert chat("abroad").page()["answers"] == [
        "Δήμος: Δήμος Χίου",
        "Ομάδα υπηρεσιών: Κέντρα Συμβουλευτικής Υποστήριξης Γυναικών",
        "Υπηρεσία: Εργασιακή συμβουλευτική",
        "Σημείο εξυπηρέτησης: Κέντρο Συμβουλευτικής Υποστήριξης Γυναικών",
        "Τρόπος εξυπηρέτησης: Τηλεδιάσκεψη",
        "Ημέρα: Πέμ 3 Δεκ",
        "Ώρα: 20:00",
        "Ονοματεπώνυμο: Νίκος Παππάς",
        "Email: nikos@example.com.au",
        "Κινητό τηλέφωνο: +61 412 345 678",
        "Τρίτο πρόσωπο: Όχι",
        "Συγκατάθεση: Δόθηκε",
    ]


def test_a_municipalitys_own_page_asks_for_no_other(chat: Open) -> None:
    citizen = chat("home")
    assert citizen.tap("Φυσική παρουσία") == [
        "Ποια ημέρα; Ελεύθερες ημέρες, Δεκέμβριος 2026:",
        (
            "[Τρί 1 Δεκ] [Τετ 2 Δεκ] [Πέμ 3 Δεκ] [Παρ 4 Δεκ] [Δευ 7 Δεκ] [Τρί 8 Δεκ] [Τετ 9 "
            "Δεκ] [Πέμ 10 Δεκ] [Παρ 11 Δεκ] [Δευ 14 Δεκ] [Τρί 15 Δεκ] [Τετ 16 Δεκ] [Πέμ 17 "
            "Δεκ] [Παρ 18 Δεκ] [Δευ 21 Δεκ] [Τρί 22 Δεκ] [Τετ 23 Δεκ] [Πέμ 24 Δεκ] [Δευ 28 "
            "Δεκ] [Τρί 29 Δεκ] [Τετ 30 Δεκ] [Πέμ 31 Δεκ]"
        ),
        "(Επόμενος μήνας) (Πίσω) (Βοήθεια)",
    ]
    assert citizen.write("πίσω", "πίσω") == [
        "Ποια ομάδα υπηρεσιών;",
        "[Κέντρο Κοινότητας] [Κέντρα Συμβουλευτικής Υποστήριξης Γυναικών] [Τμήμα Περιουσίας]",
        "(Βοήθεια)",
    ]
    assert citizen.write("πίσω") == [
        "Αυτή είναι η πρώτη ερώτηση.",
        "Ποια ομάδα υπηρεσιών;",
        "[Κέντρο Κοινότητας] [Κέντρα Συμβουλευτικής Υποστήριξης Γυναικών] [Τμήμα Περιουσίας]",
        "(Βοήθεια)",
    ]


def test_a_municipalitys_own_page_begins_again_without_asking_for_one(chat: Open) -> None:
    citizen = chat("home")
    assert citizen.write("από την αρχή") == [
        "Ξεκινάμε από την αρχή.",
        "Δήμος: Δήμος Χίου.",
        "Ποια ομάδα υπηρεσιών;",
        "[Κέντρο Κοινότητας] [Κέντρα Συμβουλευτικής Υποστήριξης Γυναικών] [Τμήμα Περιουσίας]",
        "(Βοήθεια)",
    ]


def test_the_page_does_not_take_back_what_was_asked_of_language_and_time_zone(chat: Open) -> None:
    citizen = chat("other-language")
    assert citizen.write("help")[1:3] == [
        "What time on Thursday 17 December?",
        "(time of New York)",
    ]
    assert citizen.write("greek") == [
        "Από εδώ και πέρα μιλάμε ελληνικά.",
        "Πέμπτη 17 Δεκεμβρίου: ποια ώρα σας εξυπηρετεί;",
        "(ώρα: Νέα Υόρκη)",
        "[02:00] [02:30] [03:00] [03:30] [04:00] [04:30] [05:00]",
        (
            "(Πίσω) (Από την αρχή) (Διακοπή) (Για την υπηρεσία) (Χρήσιμοι σύνδεσμοι) "
            "(Επικοινωνία με υπάλληλο) (Τα ραντεβού μου) (English) (Ζώνη ώρας) (Βοήθεια)"
        ),
    ]
    assert citizen.write("4:00") == [
        "Σας κρατώ την ώρα για 10 λεπτά: Πέμπτη 17 Δεκεμβρίου, 04:00 (ώρα: Νέα Υόρκη).",
        "Ποιο είναι το ονοματεπώνυμο του προσώπου που θα εξυπηρετηθεί;",
        BACK,
    ]


def test_a_municipalitys_own_page_shows_the_answers_so_far(chat: Open) -> None:
    page = chat("home").page()
    assert page["answers"] == [
        "Δήμος: Δήμος Χίου",
        "Ομάδα υπηρεσιών: Τμήμα Περιουσίας",
        "Υπηρεσία: Πληροφόρηση για μίσθωση δημοτικών ακινήτων",
    ]
    assert page["talk"] == [
        "› Γεια",
        (
            "Γεια σας! Είμαι το Rantevou και κλείνω ραντεβού με τον δήμο σας. Όποτε θέλετε, "
            "γράψτε «βοήθεια» ή «πίσω»."
        ),
        "Δήμος: Δήμος Χίου.",
        "Ποια ομάδα υπηρεσιών;",
        "[Κέντρο Κοινότητας] [Κέντρα Συμβουλευτικής Υποστήριξης Γυναικών] [Τμήμα Περιουσίας]",
        "(Βοήθεια)",
        "› περιουσία",
        "Ομάδα υπηρεσιών: Τμήμα Περιουσίας.",
        "Υπηρεσία: Πληροφόρηση για μίσθωση δημοτικών ακινήτων.",
        "Σημείο εξυπηρέτησης: Τμήμα Περιουσίας.",
        "Πώς θέλετε να γίνει το ραντεβού;",
        "[Φυσική παρουσία] [Τηλεφωνικά]",
        BACK,
    ]


def test_a_number_is_given_on_viber(chat: Open, chats: Chats) -> None:
    assert chat("phone").write("6912345678") == [
        "Ποιος είναι ο ΑΦΜ του προσώπου που θα εξυπηρετηθεί;",
        "Ο ΑΦΜ έχει εννέα ψηφία.",
        "[Πίσω] [Βοήθεια]",
    ]
    assert booked(chats, "2026-12-09 13:10") == ["kalamata held until 09:10"]


def test_an_old_button_on_viber_says_what_it_was(chat: Open, chats: Chats) -> None:
    assert chat("phone").tap_old("31") == [
        "Το κουμπί «Πέμ 31 Δεκ» ήταν για προηγούμενη ερώτηση: Ημέρα. Δεν άλλαξε τίποτα.",
        "Σε ποιο κινητό τηλέφωνο να σας βρούμε για το ραντεβού;",
        "[📱 Αποστολή του αριθμού μου] [Αλλαγή: Ημέρα] [Πίσω] [Βοήθεια]",
    ]
    assert booked(chats, "2026-12-09 13:10") == ["kalamata held until 09:10"]


def test_a_text_on_viber_that_was_written_before_another_is_not_taken(
    chat: Open, chats: Chats
) -> None:
    assert chat("phone").write_late("6912345678") == [
        (
            "Αυτό το έλαβα μετά από το επόμενο μήνυμά σας, γι’ αυτό δεν το υπολόγισα. Αν "
            "ισχύει ακόμη, γράψτε το ξανά."
        ),
        "Σε ποιο κινητό τηλέφωνο να σας βρούμε για το ραντεβού;",
        "[📱 Αποστολή του αριθμού μου] [Πίσω] [Βοήθεια]",
    ]
    assert booked(chats, "2026-12-09 13:10") == ["kalamata held until 09:10"]


def test_back_on_viber(chat: Open) -> None:
    assert chat("phone").tap("Πίσω") == [
        "✓ Πίσω",
        "",
        "Σε ποιο email να στείλουμε την επιβεβαίωση;",
        "[maria@example.gr] [Πίσω] [Βοήθεια]",
    ]


# What is to be delivered


def test_an_answer_that_waits_is_delivered_in_place_of_its_question(chat: Open) -> None:
    citizen = chat("waiting-telegram")
    assert citizen.delivered() == [
        "(instead of message 678)",
        "Σε ποιον δήμο θέλετε ραντεβού;",
        "✓ Δήμος Χίου",
        "(no buttons any more)",
        "Ποια ομάδα υπηρεσιών;",
        (
            "[Κέντρο Κοινότητας] [Κέντρα Συμβουλευτικής Υποστήριξης Γυναικών] [Τμήμα "
            "Περιουσίας] [Πίσω] [Βοήθεια]"
        ),
    ]
    assert citizen.delivered() == []
    assert citizen.tap("Τμήμα Περιουσίας") == [
        "(instead of another message)",
        "Ποια ομάδα υπηρεσιών;",
        "✓ Τμήμα Περιουσίας",
        "(no buttons any more)",
        "Υπηρεσία: Πληροφόρηση για μίσθωση δημοτικών ακινήτων.",
        "Σημείο εξυπηρέτησης: Τμήμα Περιουσίας.",
        "Πώς θέλετε να γίνει το ραντεβού;",
        "[Φυσική παρουσία] [Τηλεφωνικά] [Πίσω] [Βοήθεια]",
    ]


def test_a_page_of_a_list_that_waits_is_delivered_in_place_of_the_one_before(chat: Open) -> None:
    citizen = chat("waiting-page")
    assert citizen.delivered() == [
        "(instead of message 698)",
        "Πού θέλετε να εξυπηρετηθείτε;",
        (
            "[ΚΕΠ Δήμου Βριλησίων] [ΚΕΠ Δήμου Δάφνης – Υμηττού] [ΚΕΠ Δήμου Διονύσου] [ΚΕΠ "
            "Δήμου Δράμας] [ΚΕΠ Δήμου Ελληνικού] [ΚΕΠ Δήμου Ευρώτα] [ΚΕΠ Δήμου Ζακύνθου] "
            "[ΚΕΠ Δήμου Ζωγράφου] [Προηγούμενη σελίδα] [Περισσότερα] [Πίσω] [Βοήθεια]"
        ),
    ]
    assert citizen.tap("ΚΕΠ Δήμου Διονύσου") == [
        "(instead of message 698)",
        "Πού θέλετε να εξυπηρετηθείτε;",
        "✓ ΚΕΠ Δήμου Διονύσου",
        "(no buttons any more)",
        "Τρόπος εξυπηρέτησης: Τηλεδιάσκεψη.",
        "Ποια ημέρα; Ελεύθερες ημέρες, Νοέμβριος 2026:",
        "[30] [Επόμενος μήνας] [Πίσω] [Βοήθεια]",
    ]


def test_a_month_that_waits_is_delivered_as_a_sheet(chat: Open) -> None:
    citizen = chat("waiting-month")
    assert citizen.delivered() == [
        "(instead of message 714)",
        "Λαμβάνετε ήδη το επίδομα στέγασης;",
        "✓ Όχι",
        "(no buttons any more)",
        "Ποια ημέρα; Ελεύθερες ημέρες, Δεκέμβριος 2026:",
        (
            "[1] [2] [3] [7] [8] [9] [10] [11] [14] [15] [16] [17] [18] [21] [22] [23] [24] "
            "[28] [29] [30] [31] [Επόμενος μήνας] [Πίσω] [Βοήθεια]"
        ),
    ]
    assert citizen.tap("3") == [
        "(instead of another message)",
        "Ποια ημέρα; Ελεύθερες ημέρες, Δεκέμβριος 2026:",
        "✓ Πέμ 3 Δεκ",
        "(no buttons any more)",
        "Πέμπτη 3 Δεκεμβρίου: ποια ώρα σας εξυπηρετεί;",
        "[12:30] [13:10] [Πίσω] [Βοήθεια]",
    ]


def test_an_answer_that_waits_removes_the_keyboard_of_the_question_before(chat: Open) -> None:
    citizen = chat("waiting-phone")
    assert citizen.delivered() == [
        "✓",
        "(no keyboard any more)",
        "Ποιος είναι ο ΑΦΜ του προσώπου που θα εξυπηρετηθεί;",
        "Ο ΑΦΜ έχει εννέα ψηφία.",
        "[Πίσω] [Βοήθεια]",
    ]
    assert citizen.write("068933130") == [
        "(instead of another message)",
        "Ποιος είναι ο ΑΦΜ του προσώπου που θα εξυπηρετηθεί;",
        "Ο ΑΦΜ έχει εννέα ψηφία.",
        "(no buttons any more)",
        (
            "Δείγμα κειμένου: Τα στοιχεία που έδωσα είναι αληθή. Συναινώ ελεύθερα να τα "
            "χρησιμοποιήσουν οι αρμόδιοι υπάλληλοι του Δήμου Καλαμάτας για το αίτημά μου. "
            "Γνωρίζω ότι μπορώ να ζητήσω να τα δω ή να διορθωθούν, και να ανακαλέσω τη "
            "συναίνεσή μου όποτε θέλω."
        ),
        "[Συμφωνώ] [Δεν συμφωνώ] [Πίσω] [Βοήθεια]",
    ]


def test_a_confirmation_that_waits_is_delivered_with_its_file_and_map(
    chat: Open, chats: Chats
) -> None:
    citizen = chat("waiting-card")
    assert booked(chats, "2026-12-11 13:10") == ["kalamata confirmed"]
    assert citizen.delivered() == [
        "(instead of message 826)",
        "Ελέγξτε τα στοιχεία πριν κλείσω το ραντεβού:",
        "Δήμος Καλαμάτας, Επίδομα Στέγασης",
        "Τμήμα Κοινωνικής Αρωγής",
        "Φυσική παρουσία",
        "Παρασκευή 11 Δεκεμβρίου 2026, 13:10–13:40 (ώρα: Αθήνα)",
        "Ονοματεπώνυμο: Μαρία Παπαδοπούλου",
        "Email: maria@example.gr",
        "Κινητό τηλέφωνο: 691 234 5613",
        "ΑΦΜ: 068933130",
        "✓ Επιβεβαίωση: Παρ 11 Δεκ, 13:10",
        "(no buttons any more)",
        "Το ραντεβού σας κλείστηκε.",
        "Κωδικός: 784 E7T",
        "Δήμος Καλαμάτας, Επίδομα Στέγασης",
        "Παρασκευή 11 Δεκεμβρίου 2026, 13:10–13:40 (ώρα: Αθήνα)",
        "Φυσική παρουσία",
        "Τμήμα Κοινωνικής Αρωγής",
        "Διεύθυνση: Τμήμα Κοινωνικής Αρωγής, Καλαμάτα",
        "Θα χρειαστείτε:",
        "• Δελτίο ταυτότητας ή διαβατήριο",
        "• Μισθωτήριο της κατοικίας",
        "Ελάτε στο Τμήμα Κοινωνικής Αρωγής πέντε λεπτά νωρίτερα, με τα δικαιολογητικά σας.",
        (
            "Κρατήστε τον κωδικό: με αυτόν και το τηλέφωνό σας αλλάζετε ή ακυρώνετε το "
            "ραντεβού από οπουδήποτε."
        ),
        "Αλλαγή ή ακύρωση γίνεται έως Πέμπτη 10 Δεκεμβρίου, 13:10 (ώρα: Αθήνα).",
        "Τηλέφωνο υπηρεσίας: 2721000000",
        "(file rantevou.ics: BEGIN:VCALENDAR)",
        "(map: Τμήμα Κοινωνικής Αρωγής)",
        "Τι θέλετε να κάνουμε;",
        PUSHED_TASKS,
    ]
    assert citizen.write("τα ραντεβού μου")[3:8] == [
        "Ραντεβού: Παρ 11 Δεκ 13:10, Επίδομα Στέγασης.",
        "Κωδικός: 784 E7T",
        "Δήμος Καλαμάτας, Επίδομα Στέγασης",
        "Παρασκευή 11 Δεκεμβρίου 2026, 13:10–13:40 (ώρα: Αθήνα)",
        "Φυσική παρουσία",
    ]


def test_a_text_written_before_the_answer_was_there_is_not_taken(chat: Open) -> None:
    assert chat("waiting-telegram").write("περιουσία") == [
        "(instead of message 678)",
        "Σε ποιον δήμο θέλετε ραντεβού;",
        "✓ Δήμος Χίου",
        "(no buttons any more)",
        "Ποια ομάδα υπηρεσιών;",
        (
            "[Κέντρο Κοινότητας] [Κέντρα Συμβουλευτικής Υποστήριξης Γυναικών] [Τμήμα "
            "Περιουσίας] [Πίσω] [Βοήθεια]"
        ),
        "(instead of another message)",
        "Ποια ομάδα υπηρεσιών;",
        "(no buttons any more)",
        (
            "Αυτό το γράψατε πριν δείτε την ερώτηση που ακολουθεί, γι’ αυτό δεν το "
            "υπολόγισα. Αν απαντά και σε αυτήν, γράψτε το ξανά."
        ),
        "Ποια ομάδα υπηρεσιών;",
        (
            "[Κέντρο Κοινότητας] [Κέντρα Συμβουλευτικής Υποστήριξης Γυναικών] [Τμήμα "
            "Περιουσίας] [Πίσω] [Βοήθεια]"
        ),
    ]


def test_an_answer_that_waits_is_delivered_on_viber(chat: Open) -> None:
    citizen = chat("waiting-viber")
    assert citizen.delivered() == [
        "✓ Δήμος Χίου",
        "",
        "Ποια ομάδα υπηρεσιών;",
        (
            "[Κέντρο Κοινότητας] [Κέντρα Συμβουλευτικής Υποστήριξης Γυναικών] [Τμήμα "
            "Περιουσίας] [Πίσω] [Βοήθεια]"
        ),
    ]
    assert citizen.delivered() == []
    assert citizen.tap("Τμήμα Περιουσίας") == [
        "✓ Τμήμα Περιουσίας",
        "",
        "Υπηρεσία: Πληροφόρηση για μίσθωση δημοτικών ακινήτων.",
        "Σημείο εξυπηρέτησης: Τμήμα Περιουσίας.",
        "Πώς θέλετε να γίνει το ραντεβού;",
        "[Φυσική παρουσία] [Τηλεφωνικά] [Πίσω] [Βοήθεια]",
    ]


def test_a_reminder_is_delivered_on_telegram_once(chat: Open) -> None:
    citizen = chat("reminded-telegram")
    assert citizen.delivered() == [
        "Σας θυμίζω το ραντεβού σας:",
        "Κωδικός: 74P K7A",
        "Δήμος Χίου, Εργασιακή συμβουλευτική",
        "Τρίτη 1 Δεκεμβρίου 2026, 09:00–09:50 (ώρα: Αθήνα)",
        "Τηλεδιάσκεψη",
        "Η υπηρεσία θα στείλει τον σύνδεσμο της τηλεδιάσκεψης στο maria@example.gr.",
        "Θα χρειαστείτε:",
        "• Δελτίο ταυτότητας ή διαβατήριο",
        "Αν σας τύχει κάτι, ενημερώστε την υπηρεσία.",
        "Τηλέφωνο υπηρεσίας: 2271350004",
    ]
    assert citizen.delivered() == []


def test_a_reminder_is_delivered_on_viber_once(chat: Open) -> None:
    citizen = chat("reminded-viber")
    assert citizen.delivered() == [
        "Σας θυμίζω το ραντεβού σας:",
        "Κωδικός: 45A 6XT",
        "Δήμος Λαρισαίων, Αίτηση για Σύμφωνο Συμβίωσης",
        "Τρίτη 1 Δεκεμβρίου 2026, 09:00–09:15 (ώρα: Αθήνα)",
        "Φυσική παρουσία",
        "Ληξιαρχείο - Δημοτολόγιο",
        "Διεύθυνση: Ληξιαρχείο - Δημοτολόγιο, Λάρισα",
        "Θα χρειαστείτε:",
        "• Δελτίο ταυτότητας ή διαβατήριο",
        "• Το σύμφωνο συμβίωσης από τον συμβολαιογράφο",
        "Αν σας τύχει κάτι, ενημερώστε την υπηρεσία.",
        "Τηλέφωνο υπηρεσίας: 2410000000",
    ]
    assert citizen.delivered() == []


def test_a_reminder_is_fetched_by_its_page_once(chat: Open) -> None:
    citizen = chat("reminded")
    assert citizen.later() == [
        "Σας θυμίζω το ραντεβού σας:",
        "Κωδικός: MHX K76",
        "Δήμος Χίου, Πληροφόρηση για μίσθωση δημοτικών ακινήτων",
        "Τρίτη 1 Δεκεμβρίου 2026, 09:00–09:20 (ώρα: Αθήνα)",
        "Τηλεφωνικά",
        "Θα σας καλέσουμε στο 691 234 5601.",
        "Θα χρειαστείτε:",
        "• Δελτίο ταυτότητας ή διαβατήριο",
        "Αν σας τύχει κάτι, ενημερώστε την υπηρεσία.",
        "Τηλέφωνο υπηρεσίας: 2271350004",
    ]
    assert citizen.later() == []


def test_no_reminder_of_an_appointment_that_was_cancelled_since(chat: Open, chats: Chats) -> None:
    citizen = chat("cancelling")
    citizen.tap("Ναι, ακύρωση")
    chats.deployment.clock.forward(days=3, hours=6)
    assert citizen.delivered() == []


def test_a_reminder_goes_with_the_appointment_that_is_moved(chat: Open, chats: Chats) -> None:
    citizen = chat("moving")
    citizen.tap("13:50")
    citizen.write("ναι")
    chats.deployment.clock.forward(days=7, hours=4)
    assert citizen.delivered() == []
    chats.deployment.clock.forward(hours=1)
    assert citizen.delivered()[:5] == [
        "Σας θυμίζω το ραντεβού σας:",
        "Κωδικός: K2A AA9",
        "Δήμος Καλαμάτας, Επίδομα Στέγασης",
        "Τρίτη 8 Δεκεμβρίου 2026, 13:50–14:20 (ώρα: Αθήνα)",
        "Φυσική παρουσία",
    ]


# The history of a page


def test_the_page_shows_all_that_was_said_up_to_the_confirmation(chat: Open) -> None:
    page = chat("reminded").page()
    assert page["talk"] == [
        "› Γεια",
        (
            "Γεια σας! Είμαι το Rantevou και κλείνω ραντεβού με τον δήμο σας. Όποτε θέλετε, "
            "γράψτε «βοήθεια» ή «πίσω»."
        ),
        "Σε ποιον δήμο θέλετε ραντεβού;",
        "[Δήμος Καλαμάτας] [Δήμος Λαρισαίων] [Δήμος Χίου] [ΚΕΠ – Κέντρα Εξυπηρέτησης Πολιτών]",
        "(Βοήθεια)",
        "› Χίος",
        "Ποια ομάδα υπηρεσιών;",
        "[Κέντρο Κοινότητας] [Κέντρα Συμβουλευτικής Υποστήριξης Γυναικών] [Τμήμα Περιουσίας]",
        BACK,
        "› περιουσία",
        "Ομάδα υπηρεσιών: Τμήμα Περιουσίας.",
        "Υπηρεσία: Πληροφόρηση για μίσθωση δημοτικών ακινήτων.",
        "Σημείο εξυπηρέτησης: Τμήμα Περιουσίας.",
        "Πώς θέλετε να γίνει το ραντεβού;",
        "[Φυσική παρουσία] [Τηλεφωνικά]",
        BACK,
        "› Τηλεφωνικά",
        "Ποια ημέρα; Ελεύθερες ημέρες, Νοέμβριος 2026:",
        "[Πέμ 26 Νοε]",
        "(Επόμενος μήνας) (Πίσω) (Βοήθεια)",
        "› 1/12 09:00",
        "Σας κρατώ την ώρα για 10 λεπτά: Τρίτη 1 Δεκεμβρίου, 09:00.",
        "Ποιο είναι το ονοματεπώνυμο του προσώπου που θα εξυπηρετηθεί;",
        BACK,
        "› Μαρία Παπαδοπούλου",
        "Σε ποιο email να στείλουμε την επιβεβαίωση;",
        BACK,
        "› maria@example.gr",
        "Ποια είναι η διεύθυνση κατοικίας;",
        "(προαιρετικό)",
        "[Παράλειψη]",
        BACK,
        "› -",
        "Σε ποιο κινητό τηλέφωνο να σας βρούμε για το ραντεβού;",
        BACK,
        "› 6912345601",
        "Τι χρειάζεστε για να σας εξυπηρετήσουμε καλύτερα;",
        "Για παράδειγμα, πρόσβαση με αμαξίδιο.",
        "(προαιρετικό)",
        "[Παράλειψη]",
        BACK,
        "› -",
        "Τι άλλο θέλετε να γνωρίζουμε;",
        "(προαιρετικό)",
        "[Παράλειψη]",
        BACK,
        "› -",
        (
            "Δείγμα κειμένου: Τα στοιχεία που έδωσα είναι αληθή και συμφωνώ να τα "
            "χρησιμοποιήσει ο Δήμος Χίου για το ραντεβού μου."
        ),
        "[Συμφωνώ] [Δεν συμφωνώ]",
        BACK,
        "› συμφωνώ",
        "Ελέγξτε τα στοιχεία πριν κλείσω το ραντεβού:",
        "Δήμος Χίου, Πληροφόρηση για μίσθωση δημοτικών ακινήτων",
        "Τηλεφωνικά",
        "Τρίτη 1 Δεκεμβρίου 2026, 09:00–09:20 (ώρα: Αθήνα)",
        "Ονοματεπώνυμο: Μαρία Παπαδοπούλου",
        "Email: maria@example.gr",
        "Κινητό τηλέφωνο: 691 234 5601",
        "[Επιβεβαίωση: Τρί 1 Δεκ, 09:00]",
        "(Αλλαγή απάντησης) (Πίσω) (Βοήθεια)",
        "› ναι",
        "Το ραντεβού σας κλείστηκε.",
        "Κωδικός: MHX K76",
        "Δήμος Χίου, Πληροφόρηση για μίσθωση δημοτικών ακινήτων",
        "Τρίτη 1 Δεκεμβρίου 2026, 09:00–09:20 (ώρα: Αθήνα)",
        "Τηλεφωνικά",
        "Θα σας καλέσουμε στο 691 234 5601.",
        "Θα χρειαστείτε:",
        "• Δελτίο ταυτότητας ή διαβατήριο",
        "Την ώρα του ραντεβού έχετε το τηλέφωνό σας κοντά σας και ανοιχτό.",
        (
            "Κρατήστε τον κωδικό: με αυτόν και το τηλέφωνό σας αλλάζετε ή ακυρώνετε το "
            "ραντεβού από οπουδήποτε."
        ),
        "Αλλαγή ή ακύρωση γίνεται έως Δευτέρα 30 Νοεμβρίου, 09:00 (ώρα: Αθήνα).",
        "Τηλέφωνο υπηρεσίας: 2271350004",
        "Τι θέλετε να κάνουμε;",
        TASKS,
        "(Βοήθεια)",
    ]
    assert page["asked"] == ["Τι θέλετε να κάνουμε;"]
    assert (page["answers"], page["held until"]) == ([], None)


def test_the_page_shows_an_english_conversation(chat: Open) -> None:
    citizen = chat("english")
    assert citizen.page()["talk"] == [
        "› hello",
        (
            "Hello! I'm Rantevou and I book appointments with your municipality. At any "
            "time you can write “help” or “back”."
        ),
        "With which municipality would you like an appointment?",
        (
            "[Municipality of Kalamata] [Municipality of Larissa] [Municipality of Chios] "
            "[KEP – Citizens' Service Centres]"
        ),
        "(Help)",
        "› Municipality of Kalamata",
        "Group of services: Welfare Directorate – Social Assistance Department.",
        "Which service?",
        "[Housing Benefit] [Guaranteed Minimum Income programme (EEE/KEA)]",
        BACK_ENGLISH,
        "› guaranteed minimum income",
        "Service: Guaranteed Minimum Income programme (EEE/KEA).",
        "Place: Social Assistance Department.",
        "How: In person.",
        "Which day? Free days in December 2026:",
        (
            "[Tue 1 Dec] [Wed 2 Dec] [Thu 3 Dec] [Fri 4 Dec] [Mon 7 Dec] [Tue 8 Dec] [Wed 9 "
            "Dec] [Thu 10 Dec] [Fri 11 Dec] [Mon 14 Dec] [Tue 15 Dec] [Wed 16 Dec] [Thu 17 "
            "Dec] [Fri 18 Dec] [Mon 21 Dec] [Tue 22 Dec] [Wed 23 Dec] [Thu 24 Dec] [Mon 28 "
            "Dec] [Tue 29 Dec] [Wed 30 Dec] [Thu 31 Dec]"
        ),
        "(Next month) (Back) (Help)",
        "› 3/12 13:10",
        "I'm keeping this time for you for 10 minutes: Thursday 3 December, 13:10.",
        "What is the full name of the person the appointment is for?",
        BACK_ENGLISH,
        "› Anna Nowak",
        "Which email address should we send the confirmation to?",
        BACK_ENGLISH,
        "› anna@example.com",
        "Which mobile number can we reach you on about the appointment?",
        BACK_ENGLISH,
        "› 6912345604",
        "What is the tax number (AFM) of the person the appointment is for?",
        "The tax number has nine digits.",
        BACK_ENGLISH,
        "› 068933130",
        (
            "Sample text: The details I gave are true. I freely consent to their use by the "
            "responsible employees of the Municipality of Kalamata for my request. I "
            "understand that I may ask to see or correct them, and that I may withdraw my "
            "consent whenever I wish."
        ),
        "[I agree] [I don't agree]",
        BACK_ENGLISH,
        "› yes",
        "Please check before I book:",
        "Municipality of Kalamata, Guaranteed Minimum Income programme (EEE/KEA)",
        "Social Assistance Department",
        "In person",
        "Thursday 3 December 2026, 13:10–13:40 (time of Athens)",
        "Full name: Anna Nowak",
        "Email: anna@example.com",
        "Mobile phone: 691 234 5604",
        "Tax number (AFM): 068933130",
        "[Confirm: Thu 3 Dec, 13:10]",
        "(Change an answer) (Back) (Help)",
        "› ok",
        "Your appointment is booked.",
        "Code: 858 PYY",
        "Municipality of Kalamata, Guaranteed Minimum Income programme (EEE/KEA)",
        "Thursday 3 December 2026, 13:10–13:40 (time of Athens)",
        "In person",
        "Social Assistance Department",
        "Address: Social Assistance Department, Kalamata",
        "Please have with you:",
        "• Identity card or passport",
        "• Income tax assessment",
        "Please come to the Department five minutes early, with your documents.",
        "Keep the code: with it and your phone number you can move or cancel from any chat.",
        "You can do so until Wednesday 2 December, 13:10 (time of Athens).",
        "Telephone of the office: 2721000000",
        "What would you like to do?",
        (
            "[New booking] [My bookings] [Move an appointment] [Cancel an appointment] "
            "[Change my details]"
        ),
        "(Help)",
    ]
    assert citizen.write("my bookings") == [
        "Appointment: Thu 3 Dec 13:10, Guaranteed Minimum Income programme (EEE/KEA).",
        "Code: 858 PYY",
        "Municipality of Kalamata, Guaranteed Minimum Income programme (EEE/KEA)",
        "Thursday 3 December 2026, 13:10–13:40 (time of Athens)",
        "In person",
        "Social Assistance Department",
        "Address: Social Assistance Department, Kalamata",
        "Full name: Anna Nowak",
        "Email: anna@example.com",
        "Mobile phone: 691 234 5604",
        "Tax number (AFM): 068933130",
        "What would you like to do with it?",
        (
            "[Move an appointment] [Cancel an appointment] [Change my details] [Withdraw my "
            "consent] [Nothing, keep it]"
        ),
        BACK_ENGLISH,
    ]


def test_a_task_is_tapped_and_gone_back_from_after_the_confirmation(chat: Open) -> None:
    citizen = chat("reminded")
    assert citizen.tap_old("Τηλεφωνικά") == [
        "Το κουμπί «Τηλεφωνικά» ήταν για προηγούμενη ερώτηση.",
        "Τι θέλετε να κάνουμε;",
        TASKS,
        "(Βοήθεια)",
    ]
    assert citizen.tap("Τα ραντεβού μου") == [
        "Ραντεβού: Τρί 1 Δεκ 09:00, Πληροφόρηση για μίσθωση δημοτικών ακινήτων.",
        "Κωδικός: MHX K76",
        "Δήμος Χίου, Πληροφόρηση για μίσθωση δημοτικών ακινήτων",
        "Τρίτη 1 Δεκεμβρίου 2026, 09:00–09:20 (ώρα: Αθήνα)",
        "Τηλεφωνικά",
        "Θα σας καλέσουμε στο 691 234 5601.",
        "Ονοματεπώνυμο: Μαρία Παπαδοπούλου",
        "Email: maria@example.gr",
        "Κινητό τηλέφωνο: 691 234 5601",
        "Τι θέλετε να κάνουμε με αυτό;",
        (
            "[Αλλαγή ημέρας ή ώρας] [Ακύρωση ραντεβού] [Αλλαγή στοιχείων] [Τίποτα, να "
            "μείνει όπως είναι]"
        ),
        BACK,
    ]
    assert citizen.write("πίσω") == [
        "Τι θέλετε να κάνουμε;",
        TASKS,
        "(Βοήθεια)",
    ]


def test_a_task_is_written_in_english_after_the_confirmation(chat: Open) -> None:
    citizen = chat("english")
    assert citizen.tap_old("Municipality of Chios") == [
        "The button “Municipality of Chios” was for an earlier question.",
        "What would you like to do?",
        (
            "[New booking] [My bookings] [Move an appointment] [Cancel an appointment] "
            "[Change my details]"
        ),
        "(Help)",
    ]
    assert citizen.write("change details", "email") == [
        "Which email address should we send the confirmation to?",
        "[anna@example.com]",
        BACK_ENGLISH,
    ]
    assert citizen.write("back") == [
        "What would you like to change?",
        "[Full name] [Email] [Mobile phone] [Tax number (AFM)]",
        BACK_ENGLISH,
    ]


def test_a_browser_shows_the_stored_pages_and_goes_on(serve: Serve) -> None:  # noqa: F811
    client = serve()
    client.cookies.set("rantevou", token_of("details"))
    page = client.get("/").text
    assert bubbles(page)[-1] == "bot: Σε ποιο κινητό τηλέφωνο να σας βρούμε για το ραντεβού;"
    assert bubbles(page)[3] == "citizen: Εσείς: Δήμος Καλαμάτας"
    assert "Σας κρατώ την ώρα για 10 λεπτά: Πέμπτη 3 Δεκεμβρίου, 13:50." in page
    page = say(client, choice=button(page, "691 234 5610")).text
    assert "ΑΦΜ" in bubbles(page)[-1]
    page = say(client, choice=button(page, "13:50")).text
    assert bubbles(page)[-1] == "bot: Πέμπτη 3 Δεκεμβρίου: ποια ώρα σας εξυπηρετεί;"
    client.cookies.clear()
    client.cookies.set("rantevou", token_of("reminded"))
    page = client.get("/").text
    assert any(each.startswith("bot: Σας θυμίζω το ραντεβού σας:") for each in bubbles(page))
    assert bubbles(page)[-1] == "bot: Τι θέλετε να κάνουμε;"
    assert '<article class="card"><p class="title">Σας θυμίζω το ραντεβού σας:</p>' in page
    assert "DTSTART:20261201T070000Z" in client.get("/appointments/1.ics").text
    client.cookies.clear()
    client.cookies.set("rantevou", token_of("instead"))
    page = client.get("/").text
    assert '<table class="month">' in page
    assert button(page, "Φυσική παρουσία: Τετ 2 Δεκ")
    client.cookies.clear()
    client.cookies.set("rantevou", token_of("english"))
    page = client.get("/").text
    assert '<html lang="en">' in page
    assert '<article class="card"><p class="title">Your appointment is booked.</p>' in page
    assert bubbles(page)[3] == "citizen: You: Municipality of Kalamata"
    client.cookies.set("rantevou-chios", token_of("home"))
    page = say(client, "/m/chios", text="Φυσική παρουσία").text
    assert bubbles(page)[-1].startswith("bot: Ποια ημέρα;")


def test_a_program_goes_on_over_http(serve: Serve) -> None:  # noqa: F811
    citizen = Talker(serve())
    citizen.token = token_of("english")
    assert citizen.say("my bookings").startswith("Appointment: Thu 3 Dec 13:10, Guaranteed Min")
    assert citizen.labels[:2] == ["Move an appointment", "Cancel an appointment"]
    citizen.token = token_of("stopping")
    assert citizen.say("πίσω") == "Σε ποιο email να στείλουμε την επιβεβαίωση;"
