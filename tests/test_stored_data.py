"""Data of the former revision is migrated, and every chat continues as it did there.

tests/data/README.md says how the databases and the expected conversations were made.
"""

import gzip
import random
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import TypeVar

import psycopg
import pytest
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session

from bot.context import Services
from bot.i18n.translator import Translator
from bot.secret_key import secret_file
from core.catalogue.model import Municipality
from core.catalogue.registry import Registry
from core.db.database import REVISIONS, Database, revision_of
from core.db.database_key import key_file
from tests.bot.moving import rows
from tests.bot.processes import run_here
from tests.conftest import BOTH, SOAK, Clock, Deployment, copied
from tests.data.chats import FIRST_OF_TESTS, POSTGRES, SQLITE, Chats, chats_with, token_of
from tests.data.replay import FILES, STORED_BY, Replay, bookings_at, cases
from tests.postgres import KEY, Server
from tests.preloaded import SECRET
from tests.webhooks.chat_client import ChatClient
from tests.webhooks.conftest import Serve, serve  # noqa: F401 a fixture here too
from tests.webhooks.web.test_page import bubbles, button, say
from webhooks import app

T = TypeVar("T")

CASES = [
    pytest.param(text, id=f"{file.stem}: {title}") for file in FILES for title, text in cases(file)
]


def migrate(url: str) -> None:
    """Migrate a database of the former revision to the present one."""
    with closing(Database(url, KEY)) as database:
        with database.engine.begin() as connection:
            assert revision_of(connection) == STORED_BY
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


@pytest.fixture(scope="module")
def moved_postgres(stored: Path, postgres: Server, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The name of a template that `rantevou database move` makes of the file."""
    file = tmp_path_factory.mktemp("moved") / "stored.db"
    file.write_bytes(stored.read_bytes())
    secret_file(file).write_text(SECRET)
    key_file(file).write_text(KEY)
    url = postgres.make()
    done = run_here(file, "database", "move", url)
    assert (done.returncode, done.stderr) == (0, "")
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


@pytest.fixture(
    scope="module",
    params=[
        each if each == "sqlite" else pytest.param(each, marks=SOAK) for each in (*BOTH, "moved")
    ],
)
def unchanged(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Unchanged]:
    """A copy of a stored database that all tests share."""
    folder = tmp_path_factory.mktemp("unchanged")
    moved = request.param == "moved"
    kind, prepared = ("postgresql", "moved") if moved else (request.param, "stored")
    with (
        copied(request, kind, folder, prepared) as database,
        closing(Unchanged(database.url, KEY)) as unchanged,
    ):
        yield unchanged


@pytest.fixture(scope="module")
def registry() -> Registry:
    """The loaded catalogues, read once for all tests."""
    return Registry("secret")


@pytest.fixture
def chats(unchanged: Unchanged, registry: Registry, texts: Translator) -> Iterator[Chats]:
    """All stored chats; whatever a test changes in them is undone after it."""
    clock = Clock()
    services = Services(registry, texts, clock, random.Random(1).choice)
    with Session(unchanged.engine, expire_on_commit=False) as unchanged.session:
        yield chats_with(Deployment(unchanged, services, clock), texts, FIRST_OF_TESTS)


@pytest.mark.parametrize("case", CASES)
def test_a_stored_chat_continues_as_expected(chats: Chats, case: str) -> None:
    assert Replay(chats).play(case) == case


def test_a_catalogue_that_is_loaded_anew_since_has_what_changed_asked_again(
    chats: Chats, shipped: dict[str, Municipality]
) -> None:
    body = shipped["kalamata"]
    consents = tuple(each.model_copy(update={"version": "new"}) for each in body.consents)
    assert chats.deployment.load(body.model_copy(update={"consents": consents})) == "updated"
    replay = Replay(chats)
    replay.on_chat("review")
    assert replay.chat.write("ναι")[10:] == [
        "(no buttons any more)",
        "Στο μεταξύ κάτι άλλαξε στην υπηρεσία, γι’ αυτό ρωτώ ξανά: Συγκατάθεση.",
        (
            "Δείγμα κειμένου: Τα στοιχεία που έδωσα είναι αληθή. Συναινώ ελεύθερα να τα "
            "χρησιμοποιήσουν οι αρμόδιοι υπάλληλοι του Δήμου Καλαμάτας για το αίτημά μου. "
            "Γνωρίζω ότι μπορώ να ζητήσω να τα δω ή να διορθωθούν, και να ανακαλέσω τη "
            "συναίνεσή μου όποτε θέλω."
        ),
        "[Συμφωνώ] [Δεν συμφωνώ] [Πίσω] [Βοήθεια]",
    ]
    assert bookings_at(chats, "2026-12-09 12:30") == ["kalamata held until 09:10"]


def test_all_that_is_stored_can_be_moved_to_postgresql(
    stored: Path, postgres: Server, moved_postgres: str
) -> None:
    with (
        postgres.database(moved_postgres) as url,
        closing(Database(url, KEY)) as new,
        closing(Database(f"sqlite:///{stored}", KEY)) as former,
    ):
        new.prepare()
        fingerprint = {"kept": rows(new)["kept"]}  # which the former revision had not
        assert rows(new) == rows(former) | fingerprint


def test_a_browser_shows_the_stored_pages_and_goes_on(
    serve: Serve,  # noqa: F811
    deployment: Deployment,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(app, "START_SECONDS", 0)  # what is old is erased at once
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
    # A page of the former revision that is still open names its conversation.
    open_page = deployment.services.registry.keyed_hash(f"page {token_of('home')}")[:16]
    page = say(client, "/m/chios", text="Φυσική παρουσία", page=open_page).text
    assert bubbles(page)[-1].startswith("bot: Ποια ημέρα;")


def test_a_program_goes_on_over_http(serve: Serve) -> None:  # noqa: F811
    citizen = ChatClient(serve())
    citizen.token = token_of("english")
    assert citizen.say("my bookings").startswith("Appointment: Thu 3 Dec 13:10, Guaranteed Min")
    assert citizen.labels[:2] == ["Move an appointment", "Cancel an appointment"]
    citizen.token = token_of("stopping")
    assert citizen.say("πίσω").startswith("Σε ποιο email μπορεί να σας γράψει η υπηρεσία")
