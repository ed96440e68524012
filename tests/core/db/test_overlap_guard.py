"""At every revision the database itself refuses that a desk serves two at once."""

import re
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import JSON, Connection, MetaData, Table, insert, select, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import IntegrityError

from core.db import overlap_guard
from core.db.database import REVISIONS, Database, revision_of, upgrade
from core.db.encryption import EncryptionKey
from core.db.models import Base
from core.db.personal import PersonalColumn, new_public_id
from core.errors import ConfigurationError
from tests.conftest import BOTH, SOAK
from tests.core.db.overlaps import drop_guard
from tests.postgres import KEY, OwnServer, Server

LIVE = ["held", "confirmed"]
SERVED = ["completed", "no_show"]
ENDED = ["cancelled", "expired"]
OVERLAPPING = [(600, 630), (610, 620), (570, 601), (629, 700), (590, 640), (0, 1440)]
"""With 600 to 630: the same, inside, into its start, into its end, around, a whole day."""

FIRST_WITH_SERVED = "0014"
"""The first revision in which a desk stays taken until the end of what it has served."""

CONVERTING_REVISION = "0006"
STATE_BEFORE = {"number": 1}
STATE_AFTER = {"dialog": "book", "number": 1}
OFFERED_BEFORE = [{"key": "1", "value": "yes", "el": "Ναι", "en": "Yes", "number": 1}]
OFFERED_AFTER = [{"key": "1", "labels": {"el": "Ναι", "en": "Yes"}, "number": 1, "value": "yes"}]
"""A conversation and a prompt before that revision, and as it converts them."""

PERSONAL = {
    table.name: [each.name for each in table.columns if isinstance(each.type, PersonalColumn)]
    for table in Base.metadata.sorted_tables
}
"""The personal columns by table; a revision that has them has `public_id` there, too."""

ENCRYPTION = EncryptionKey(KEY)

PARTS = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'",
    "postgresql": "SELECT conname FROM pg_constraint WHERE contype = 'x'",
}


class Old:
    """A database at some revision, with two desks and a citizen; times are minutes."""

    def __init__(self, connection: Connection, tables: dict[str, Table]) -> None:
        self.connection = connection
        self.frees_served = str(revision_of(connection)) < FIRST_WITH_SERVED
        self._tables = tables
        self.add("municipalities", id="t")
        self.add("desks", id=1, municipality_id="t", name="one")
        self.add("desks", id=2, municipality_id="t", name="two")
        self.add("citizens", id=1)

    def add(self, table: str, **values: object) -> Any:
        """Insert a row; columns that must have a value and are not named get an empty one."""
        into = self._tables[table]
        for column in into.columns:
            if not (column.nullable or column.primary_key or column.server_default):
                nothing = {} if isinstance(column.type, JSON) else column.type.python_type()
                values.setdefault(column.name, nothing)
        if "public_id" in into.columns:
            values["public_id"] = owner = new_public_id()
            for name in PERSONAL[table]:
                given = values.get(name, {} if name in ("details", "state") else None)
                if given is not None:
                    values[name] = ENCRYPTION.encrypt(owner, name, given)
        with self.connection.begin_nested():
            statement = insert(into).values(values).returning(*into.primary_key)
            return self.connection.execute(statement).scalars().first()

    def book(self, start: int, end: int, state: str = "held", desk: int = 1) -> int:
        number: int = self.add(
            "bookings",
            municipality_id="t",
            desk_id=desk,
            citizen_id=1,
            starts_at=start * 60,
            ends_at=end * 60,
            state=state,
        )
        return number

    @contextmanager
    def undone(self, case: object) -> Iterator[None]:
        """Take back what is done meanwhile; name the case where it fails."""
        with self.connection.begin_nested() as point:
            try:
                yield
            except BaseException as error:
                error.add_note(f"case: {case}")
                raise
            point.rollback()

    def change(self, number: int, what: str) -> None:
        with self.connection.begin_nested():
            self.connection.execute(text(f"UPDATE bookings SET {what} WHERE id = {number}"))


def tables_of(connection: Connection) -> dict[str, Table]:
    """Return a database's tables as they are."""
    (found := MetaData()).reflect(connection)
    return dict(found.tables)


def migrated_tables(connection: Connection) -> dict[str, Table]:
    """Return the tables of a database at the last revision, as in any other of its kind."""
    kind = connection.dialect.name
    if kind not in MIGRATED:
        MIGRATED[kind] = tables_of(connection)
    return MIGRATED[kind]


MIGRATED: dict[str, dict[str, Table]] = {}


@dataclass
class Edition:
    """A database of a revision, to be copied or never committed to; its tables as they were."""

    database: Database
    tables: dict[str, Table]


TURNING_POINTS = ("0001", "0005", CONVERTING_REVISION, "0012", "0013", FIRST_WITH_SERVED)
"""The revisions at and before which the guard or what is stored changes, beside the last; the
others, which add tables and columns, are proven in `make soak`: each takes a migration."""


def is_short(revision: str) -> bool:
    """Return whether a revision is one of those that `make test` proves."""
    return revision in TURNING_POINTS or revision == REVISIONS[-1]


@pytest.fixture(
    scope="session",
    params=[
        pytest.param(
            (kind, revision),
            id=f"{kind}-{revision}",
            marks=() if is_short(revision) else SOAK,
        )
        for kind in BOTH
        for revision in REVISIONS
    ],
)
def edition(
    request: pytest.FixtureRequest, editions: dict[tuple[str, str], str]
) -> Iterator[Edition]:
    kind, revision = request.param
    former = max((each for each in editions if (kind, "") < each <= request.param), default=None)
    if kind == "postgresql":
        server: Server = request.getfixturevalue("postgres")
        url = server.make(*([str(make_url(editions[former]).database)] if former else []))
    else:
        factory: pytest.TempPathFactory = request.getfixturevalue("tmp_path_factory")
        file = factory.mktemp("old") / "old.db"
        url = f"sqlite:///{file}"
        if former:
            file.write_bytes(Path(str(make_url(editions[former]).database)).read_bytes())
    with closing(Database(url, KEY)) as database:
        with database.engine.begin() as connection:
            upgrade(connection, revision)
            tables = tables_of(connection)
        editions[kind, revision] = url
        yield Edition(database, tables)


@pytest.fixture(scope="session")
def editions() -> dict[tuple[str, str], str]:
    """Return the URLs of the databases that were made, of which later revisions are made."""
    return {}


@pytest.fixture
def old(edition: Edition) -> Iterator[Old]:
    """At every revision, one of which nothing is kept."""
    with edition.database.engine.connect() as connection:
        yield Old(connection, edition.tables)


@pytest.fixture
def copied(edition: Edition, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """At every revision, one to be migrated."""
    edition.database.engine.dispose()  # what is connected to can't be copied
    if file := edition.database.backend.file:
        (tmp_path / "old.db").write_bytes(file.read_bytes())
        with closing(Database(f"sqlite:///{tmp_path / 'old.db'}", KEY)) as database:
            yield database
        return
    server: Server = request.getfixturevalue("postgres")
    template = make_url(edition.database.url).database
    with server.database(str(template)) as url, closing(Database(url, KEY)) as database:
        yield database


@contextmanager
def taken() -> Iterator[None]:
    """Check that the block is refused by the guard, and by nothing else."""
    with pytest.raises(IntegrityError) as error:
        yield
    assert overlap_guard.is_violation(error.value)
    assert re.search("this desk is taken at that time|bookings_guard", str(error.value.orig))


def test_every_revision_has_the_guard(old: Old) -> None:
    kind = old.connection.dialect.name
    parts = set(old.connection.execute(text(PARTS[kind])).scalars())
    assert parts >= set(overlap_guard.TRIGGERS if kind == "sqlite" else overlap_guard.CONSTRAINTS)


def test_every_revision_refuses_an_insert_that_overlaps(old: Old) -> None:
    for case in product(LIVE, LIVE, OVERLAPPING):
        there, state, (start, end) = case
        with old.undone(case):
            old.book(600, 630, there)
            with taken():
                old.book(start, end, state)
            old.book(start, end, state, desk=2)


def test_a_desk_stays_taken_until_the_end_of_what_it_served(old: Old) -> None:
    for case in product(SERVED, [*LIVE, *SERVED]):
        there, state = case
        with old.undone(case):
            old.book(600, 630, there)
            with nullcontext() if old.frees_served else taken():
                old.book(610, 640, state)
            old.book(640, 670, state)


def test_what_was_served_is_marked_and_taken_back_in_its_own_time(old: Old) -> None:
    number = old.book(600, 630, "confirmed")
    old.book(630, 660, "confirmed")
    for state in ("completed", "confirmed", "no_show", "confirmed"):
        old.change(number, f"state = '{state}'")


def test_every_revision_refuses_an_overlap_with_the_day_before(old: Old) -> None:
    old.book(600, 600 + 1440)
    with taken():
        old.book(2039, 2100)
    old.book(2040, 2100)


def test_every_revision_refuses_a_move_that_overlaps(old: Old) -> None:
    for what in (
        "starts_at = 629 * 60",
        "starts_at = 610 * 60, ends_at = 620 * 60",
        "starts_at = 500 * 60",
        "state = 'confirmed', starts_at = 600 * 60, ends_at = 630 * 60",
    ):
        with old.undone(what):
            old.book(600, 630, "confirmed")
            other = old.book(630, 660)
            with taken():
                old.change(other, what)
            old.change(other, "state = 'confirmed', starts_at = 631 * 60")


def test_every_revision_refuses_to_revive_or_shift_what_overlaps(old: Old) -> None:
    for case in product(ENDED, LIVE):
        was, state = case
        with old.undone(case):
            old.book(600, 630)
            ended, elsewhere = old.book(600, 630, was), old.book(600, 630, state, desk=2)
            with taken():
                old.change(ended, f"state = '{state}'")
            with taken():
                old.change(elsewhere, "desk_id = 1")


def test_every_revision_lets_pass_what_does_not_overlap(old: Old) -> None:
    first = old.book(600, 630)
    old.book(570, 600)
    old.book(630, 660)
    old.change(first, "state = 'confirmed'")
    for state in ENDED:
        old.book(600, 630, state)
    old.change(first, "state = 'cancelled'")
    again = old.book(600, 630)
    old.change(again, "starts_at = 605 * 60")


def test_every_revision_refuses_a_length_that_the_guard_could_not_see(old: Old) -> None:
    for end in (600, 599, 600 + 1441):  # none, negative, over a day
        with pytest.raises(IntegrityError, match="length") as error:
            old.book(600, end)
        assert not overlap_guard.is_violation(error.value)


def test_every_revision_is_migrated_keeping_its_data(edition: Edition, copied: Database) -> None:
    def rows(
        connection: Connection, present: Mapping[str, Table]
    ) -> dict[str, list[dict[str, Any]]]:
        """Return all rows by table, decrypted, with the columns of the older revision."""
        found = {}
        for name, former in edition.tables.items():
            query = select(present[name]).order_by(*present[name].primary_key)
            all_rows = [dict(row) for row in connection.execute(query).mappings()]
            for row in all_rows:
                for column in PERSONAL.get(name, []) if "public_id" in row else []:
                    if (stored := row.get(column)) is not None:
                        row[column] = ENCRYPTION.decrypt(row["public_id"], column, stored)
            found[name] = [
                {each.name: row[each.name] for each in former.columns} for row in all_rows
            ]
        for other in ("alembic_version", "kept"):  # which has the key's fingerprint afterwards
            found.pop(other, None)
        return found

    with copied.engine.begin() as connection:
        is_converted = str(revision_of(connection)) >= CONVERTING_REVISION
        old = Old(connection, edition.tables)
        numbers = [old.book(600, 630, "confirmed"), old.book(660, 690, "cancelled")]
        contact = old.add("contacts", citizen_id=1, address="α")
        state = STATE_AFTER if is_converted else STATE_BEFORE
        talk = old.add("conversations", contact_id=contact, state=state)
        old.add("inbounds", conversation_id=talk, message_id="1", replies=["γεια"])
        offered = OFFERED_AFTER if is_converted else OFFERED_BEFORE
        old.add("prompts", conversation_id=talk, number=1, offered=offered)
        old.add("history", booking_id=numbers[0], action="confirmed")
        old.add("outgoing", booking_id=numbers[0], due_at=60, status="sent")
        old.add("wrong_tries", source="β")
    with copied.engine.begin() as connection:
        expected = rows(connection, edition.tables)
    copied.prepare()
    with copied.engine.begin() as connection:
        after = rows(connection, migrated_tables(connection))
        assert revision_of(connection) == REVISIONS[-1]
        assert overlap_guard.missing(connection) == []
    assert [row["id"] for row in after["bookings"]] == numbers
    assert [row["state"] for row in expected["conversations"]] == [state]
    assert [row["offered"] for row in expected["prompts"]] == [offered]
    expected["conversations"][0]["state"] = STATE_AFTER
    expected["prompts"][0]["offered"] = OFFERED_AFTER
    assert after == expected


@pytest.mark.parametrize("altered", [False, True], ids=["missing", "altered"])
@pytest.mark.parametrize(
    ("empty", "name"),
    [("sqlite", name) for name in overlap_guard.TRIGGERS]
    + [("postgresql", name) for name in overlap_guard.CONSTRAINTS],
    indirect=["empty"],
)
def test_a_database_without_its_guard_is_refused(empty: Database, name: str, altered: bool) -> None:
    drop_guard(empty, name)
    if altered:
        again = overlap_guard.TRIGGERS.get(name) or (
            f"ALTER TABLE bookings ADD CONSTRAINT {name} {overlap_guard.CONSTRAINTS[name]}"
        )
        with empty.engine.begin() as connection:
            connection.exec_driver_sql(again.replace("'held'", "'confirmed'"))
    with pytest.raises(ConfigurationError, match=rf"lacks its overlap guard \({name}\).*Restore"):
        empty.prepare()


@pytest.mark.parametrize("form", ["plain", "custom"])
def test_a_database_is_used_after_it_was_dumped_and_restored(
    postgres: Server, tmp_path: Path, form: str
) -> None:
    if not isinstance(postgres, OwnServer):
        pytest.skip("pg_dump comes with a server of our own")
    made, restored = postgres.make(), postgres.make()
    with closing(Database(made, KEY)) as database:
        database.prepare()
    file = tmp_path / "dump"
    run = partial(subprocess.run, check=True, capture_output=True)
    run([postgres.program("pg_dump"), f"--format={form}", f"--file={file}", made])
    if form == "plain":
        run([postgres.program("psql"), "--quiet", f"--file={file}", restored])
    else:
        run([postgres.program("pg_restore"), f"--dbname={restored}", file])
    with closing(Database(restored, KEY)) as database:
        database.prepare()
        with database.engine.begin() as connection:
            assert overlap_guard.missing(connection) == []
