"""Shared fixtures: a database of each test's own, a fixed clock, an application on them."""

import gc
import os
import random
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy
from _pytest.unraisableexception import gc_collect_iterations_key
from jinja2 import BytecodeCache, Environment
from jinja2.bccache import Bucket
from sqlalchemy import update
from sqlalchemy.engine import make_url
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.orm import Session
from sqlalchemy.util import LRUCache

from bot import secret_key
from bot.context import Services
from bot.i18n.translator import Translator
from bot.messages import Inbound, Reply
from bot.platforms.base import Platform
from bot.secret_key import secret_file
from bot.turn import receive
from core.bookings.catalogue_update import load_catalogue
from core.catalogue.loader import SHIPPED, read_catalogue
from core.catalogue.model import Municipality
from core.catalogue.registry import Registry
from core.db.database import Database
from core.db.database_key import key_file
from core.db.encryption import EncryptionKey
from core.db.models import UNSENT, Base, OutboxRow, StoredSecret
from core.db.personal import _KEY as DIALECT_KEY
from tests.fakes.push_platform import PushPlatformServer, push_platform_server
from tests.migrations_once import FOLDER
from tests.postgres import KEY, Server, running
from tests.preloaded import FINGERPRINT, SECRET

pytest_plugins = ["tests.described_once", "tests.programs", "tests.short", "tests.soak.tell"]

gc.disable()  # until the tests are collected: what is imported stays
gc.set_threshold(50_000)  # as in bot/cli/main.py

# Each client of httpx reads 140 certificates, which takes 20 ms; no client of the tests needs any.
os.environ.pop("SSL_CERT_FILE", None)
os.environ["SSL_CERT_DIR"] = os.devnull

# A response takes longer than httpx's 5 seconds on a machine with much else to do.
for phase in ("connect", "read", "write", "pool"):
    setattr(httpx._config.DEFAULT_TIMEOUT_CONFIG, phase, 60)

BOTH = ("sqlite", "postgresql")

NOW = datetime(2026, 11, 30, 7, 0, tzinfo=UTC)


MEMORY, ROOM = Path("/dev/shm"), 2 * 2**30  # noqa: S108


def pytest_configure(config: pytest.Config) -> None:
    """Put temporary files into memory where it has room: a test waits for a disk 1,000 times.

    At the end, pass over all objects once for what couldn't be closed: pytest does it five times.
    """
    config.stash[gc_collect_iterations_key] = 1
    is_there = "TMPDIR" not in os.environ and os.access(MEMORY, os.W_OK)
    if is_there and shutil.disk_usage(MEMORY).free > ROOM:
        os.environ["TMPDIR"] = tempfile.tempdir = str(MEMORY)
    config.addinivalue_line("markers", "portable: on PostgreSQL, to be run in `make soak` only")
    if FOLDER not in os.environ:  # else of the process that started this one
        folder = tempfile.TemporaryDirectory(prefix="rantevou-migrations-")
        config.add_cleanup(folder.cleanup)
        os.environ[FOLDER] = folder.name


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """Collect the tests without the garbage collector, which then leaves alone what there is."""
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--rewrite-stories", action="store_true", help="write the bot's lines into the stories"
    )
    parser.addoption(
        "--database",
        choices=BOTH,
        default="sqlite",
        help="the database of tests that don't name one",
    )


@dataclass
class Clock:
    """A clock that only `forward` moves."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **by: float) -> None:
        self.now += timedelta(**by)


@dataclass
class Deployment:
    """A database with the application's services, and a way to send messages to it."""

    database: Database
    services: Services
    clock: Clock
    sent: int = 0
    platform: str = "console"
    account: str = "console"
    last: list[Reply] = field(default_factory=list)

    def say(
        self, text: str | None = None, *, choice: str | None = None, who: str = "citizen"
    ) -> list[Reply]:
        """Send a text or a tap; return the replies."""
        self.sent += 1
        inbound = Inbound(
            platform=self.platform,
            account=self.account,
            address=who,
            message_id=f"{who} {self.sent}",
            written_at=self.clock().timestamp(),
            text=text,
            choice=choice,
        )
        return self.receive(inbound)

    def tap(self, label: str, who: str = "citizen") -> list[Reply]:
        """Tap the button of the last replies whose label begins so; return the replies."""
        found = (c for c in self.last[-1].choices if c.label.startswith(label))
        return self.say(choice=next(found).id, who=who)

    def receive(self, inbound: Inbound) -> list[Reply]:
        self.last = self.database.write_sync(lambda s: receive(s, self.services, inbound))
        return self.last

    def talk(self, *texts: str, who: str = "citizen") -> list[Reply]:
        """Send texts, each when all earlier replies were delivered; return the last replies."""
        for text in texts:
            self.database.write_sync(mark_replies_sent)
            self.say(text, who=who)
        return self.last

    @property
    def file(self) -> Path:
        """The file of the SQLite database."""
        return file_of(self.database)

    def connect(self, platforms: Mapping[str, Platform]) -> None:
        """Configure accounts that push messages."""
        self.services = replace(self.services, platforms=platforms)
        self.services.registry.accounts = frozenset({"webchat", *platforms})

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        """Return the rows of a query."""
        query = sqlalchemy.text(statement)
        return self.database.write_sync(lambda s: [tuple(row) for row in s.execute(query)])

    def everything(self) -> str:
        """Return everything that is stored, as one text; personal values as they are read."""
        tables = Base.metadata.sorted_tables

        def read(session: Session) -> str:
            rows = (row for each in tables for row in session.execute(sqlalchemy.select(each)))
            return "".join(str(tuple(row)) for row in rows)

        return self.database.write_sync(read)

    def load(self, body: Municipality) -> str:
        return self.database.write_sync(lambda s: load_catalogue(s, body, self.clock()))


def file_of(database: Database) -> Path:
    """Return the file of a SQLite database."""
    assert database.backend.file
    return database.backend.file


def mark_replies_sent(session: Session) -> None:
    """Mark all replies so far as sent."""
    answers = update(OutboxRow).where(UNSENT, OutboxRow.inbound_id.is_not(None))
    session.execute(answers.values(status="sent"))


class CompiledTemplates(BytecodeCache):
    """Templates that were compiled in this process."""

    def __init__(self) -> None:
        self._compiled: dict[tuple[str, str], Any] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._compiled.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._compiled[bucket.key, bucket.checksum] = bucket.code


@pytest.fixture(scope="session", autouse=True)
def compiled_templates() -> Iterator[None]:
    """Compile each template once, not for each test's server, where it takes 40 ms a page."""
    with pytest.MonkeyPatch.context() as patch:
        cached = partial(Environment, bytecode_cache=CompiledTemplates())
        patch.setattr("webhooks.web.templating.Environment", cached)
        yield


class ReadOnce:
    """The model of a municipality, which reads each stored document once in this process."""

    model_validate_json = staticmethod(lru_cache(maxsize=64)(Municipality.model_validate_json))


@pytest.fixture(scope="session", autouse=True)
def read_catalogues() -> Iterator[None]:
    """Read each catalogue once, not for each test's registry, where all four take 11 ms."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("core.catalogue.registry.Municipality", ReadOnce)
        yield


@pytest.fixture(scope="session", autouse=True)
def compiled_statements() -> Iterator[None]:
    """Compile each statement once, not for each test's database, where it takes 1 ms each.

    SQLAlchemy has a statement's SQL by dialect, which each engine has of its own. Those of one
    class with one encryption key, which is all that ours change in them, count as one here.
    """
    shared: LRUCache[Any, Any] = LRUCache(5_000)

    def is_alike(one: DefaultDialect, other: object) -> bool:
        return type(one) is type(other) and fingerprint(one) == fingerprint(other)

    def fingerprint(dialect: object) -> str | None:
        key = vars(dialect).get(DIALECT_KEY)
        return key.fingerprint if isinstance(key, EncryptionKey) else None

    def create(*arguments: Any, **options: Any) -> sqlalchemy.Engine:
        engine = sqlalchemy.create_engine(*arguments, **options)
        engine.update_execution_options(compiled_cache=shared)
        return engine

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DefaultDialect, "__eq__", is_alike)
        patch.setattr(DefaultDialect, "__hash__", lambda dialect: hash(type(dialect)))
        patch.setattr("core.db.sqlite.create_engine", create)
        patch.setattr("core.db.postgresql.create_engine", create)
        yield


@pytest.fixture(scope="session")
def texts() -> Translator:
    return Translator()


@pytest.fixture(scope="session")
def shipped() -> dict[str, Municipality]:
    """Return the shipped catalogues by id."""
    bodies = [read_catalogue(file) for file in sorted(SHIPPED.glob("*.yaml"))]
    return {body.id: body for body in bodies}


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """Run a PostgreSQL server."""
    with running() as server:
        yield server


def load_shipped(database: Database, shipped: dict[str, Municipality]) -> None:
    """Prepare a database with the shipped catalogues, of which copies are made."""
    database.prepare()

    def load_all(session: Session) -> None:
        for body in shipped.values():
            load_catalogue(session, body, NOW - timedelta(days=30))
        if database.backend.file is None:
            session.add(StoredSecret(name="secret", value=SECRET))
        session.add(StoredSecret(name=secret_key.FINGERPRINT, value=FINGERPRINT))

    database.write_sync(load_all)
    database.close()


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory, shipped: dict[str, Municipality]) -> Path:
    """Return a prepared database file with the shipped catalogues, to be copied."""
    file = tmp_path_factory.mktemp("database") / "office.db"
    load_shipped(Database(f"sqlite:///{file}", KEY), shipped)
    return file


@pytest.fixture(scope="session")
def migrated_postgres(postgres: Server, shipped: dict[str, Municipality]) -> str:
    """Return the name of the same database on PostgreSQL, to be used as a template."""
    url = postgres.make()
    load_shipped(Database(url, KEY), shipped)
    return str(make_url(url).database)


on_both = pytest.mark.parametrize("database", BOTH, indirect=True)
"""Run a test on SQLite and on PostgreSQL."""

on_sqlite = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
"""Run a test on SQLite only, for what is specific to it."""

SOAK = pytest.mark.soak


def mostly_on(kind: str) -> pytest.MarkDecorator:
    """Run a slow test on one kind of database, and on the other in `make soak` only."""
    kinds = [each if each == kind else pytest.param(each, marks=SOAK) for each in BOTH]
    return pytest.mark.parametrize("database", kinds, indirect=True)


portable = pytest.mark.portable
"""Run a test of both databases on PostgreSQL in `make soak` only: where Python decides, over SQL
that is the same for both, and no transaction meets another."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Function]) -> None:
    """Mark what `portable` leaves to `make soak`."""
    for item in items:
        if item.get_closest_marker("portable") and "postgresql" in item.callspec.params.values():
            item.add_marker(SOAK)


@contextmanager
def copied(
    request: pytest.FixtureRequest, kind: str, folder: Path, prepared: str
) -> Iterator[Database]:
    """Yield a copy of the database of the fixture `prepared`; on SQLite, in that folder."""
    with ExitStack() as stack:
        if kind == "postgresql":
            server: Server = request.getfixturevalue("postgres")
            template = request.getfixturevalue(f"{prepared}_postgres")
            url = stack.enter_context(server.copy(template))
        else:
            file = folder / "rantevou.db"
            file.write_bytes(request.getfixturevalue(prepared).read_bytes())
            secret_file(file).write_text(SECRET)
            key_file(file).write_text(KEY)
            url = f"sqlite:///{file}"
        yield stack.enter_context(closing(Database(url, KEY)))


@pytest.fixture
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """Yield a prepared database with the shipped catalogues; by default on SQLite."""
    kind = getattr(request, "param", request.config.getoption("--database"))
    with copied(request, kind, tmp_path, "migrated") as database:
        yield database


@pytest.fixture
def push_platform() -> Iterator[PushPlatformServer]:
    """Run the server of a push platform."""
    with push_platform_server() as server:
        yield server


@pytest.fixture(scope="session")
def registries() -> dict[str, Registry]:
    """Return what was read of the shipped catalogues, by kind of database."""
    return {}


@pytest.fixture
def deployment(
    database: Database, texts: Translator, registries: dict[str, Registry]
) -> Deployment:
    clock, registry, kind = Clock(), Registry(SECRET), type(database.backend).__name__
    if kind not in registries:
        registries[kind] = Registry(SECRET)
        database.write_sync(registries[kind].refresh)
    registry._loaded = {**registries[kind]._loaded}  # to read all four again takes 5 ms
    services = Services(registry, texts, clock, random.Random(1).choice)
    return Deployment(database, services, clock)
