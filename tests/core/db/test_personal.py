"""Personal columns: nothing of them can be read without the key, or as another row's."""

from collections.abc import Iterator
from typing import Any, cast

import pytest
from sqlalchemy import Engine, Table, create_engine, insert, select, text, update
from sqlalchemy.exc import StatementError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, aliased, mapped_column

from core.db.encryption import EncryptionKey, new_key
from core.db.personal import (
    LookupHash,
    Personal,
    PersonalColumn,
    WithPublicId,
    new_public_id,
    personal,
    use_key,
)
from core.errors import UnreadableValue
from tests.core.conftest import both_kinds

WORDS = {"name": "Μαρία Παπαδοπούλου", "phone": "+306912345678"}


class Tables(DeclarativeBase):
    """Tables of these tests alone."""


class Person(WithPublicId, Tables):
    """Somebody, with two personal columns."""

    __tablename__ = "test_people"

    id: Mapped[int] = mapped_column(primary_key=True)
    _details: Mapped[Any] = mapped_column("details", PersonalColumn("details"))
    details = personal[dict[str, Any]]("_details")
    note: Mapped[Any] = mapped_column(PersonalColumn("note"), nullable=True)
    looked_up: Mapped[str | None] = mapped_column(LookupHash)


PEOPLE = cast(Table, Person.__table__)


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    engine = create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
    use_key(engine, EncryptionKey(new_key()))
    Tables.metadata.create_all(engine)
    yield engine
    engine.dispose()


def store(engine: Engine, *everybody: Any) -> None:
    """Store people with those details."""
    with Session(engine) as session, session.begin():
        for details in everybody:
            session.add(Person(details=details))
            session.flush()


@both_kinds
def test_a_value_is_read_as_it_was_written_by_every_kind_of_statement(engine: Engine) -> None:
    store(engine, WORDS, {})
    with Session(engine) as session, session.begin():
        first, second = session.scalars(select(Person).order_by(Person.id)).all()
        assert (first.details, second.details) == (WORDS, {})
        first.details = first.details | {"name": "Ά"}
        second.details = {"of": "another"}
        assert first.details["name"] == "Ά"
    other = aliased(Person)
    with Session(engine) as session, session.begin():
        assert session.scalars(select(Person.details).order_by(Person.id)).all() == [
            WORDS | {"name": "Ά"},
            {"of": "another"},
        ]
        joined = select(Person.details, other.note, other._details).join(other, other.id == 2)
        assert session.execute(joined.where(Person.id == 1)).one() == (
            WORDS | {"name": "Ά"},
            None,
            {"of": "another"},
        )
        labelled = select(Person.details.label("said")).where(Person.id == 2)
        assert session.execute(labelled).one().said == {"of": "another"}
        inner = select(PEOPLE.c.public_id, PEOPLE.c.details).where(PEOPLE.c.id == 2).subquery()
        assert session.scalars(select(inner.c.details)).all() == [{"of": "another"}]
        own = new_public_id()
        added = insert(PEOPLE).returning(PEOPLE.c.details, PEOPLE.c.note)
        values = {"public_id": own, "details": Personal(own, [1, "ß"]), "note": Personal(own, None)}
        assert session.execute(added, values).one() == ([1, "ß"], None)
        changed = update(PEOPLE).where(PEOPLE.c.public_id == own)
        session.execute(changed.values(note=Personal(own, "\ud83d")))
        noted = select(Person).where(Person.note.is_not(None)).with_for_update(of=Person)
        found = session.scalars(noted).one()
        assert (found.note, cast(Any, found.details)) == ("\ud83d", [1, "ß"])


@both_kinds
def test_what_is_stored_shows_nothing_and_is_never_the_same_twice(engine: Engine) -> None:
    store(engine, WORDS, WORDS)
    with engine.begin() as connection:
        raw = [bytes(row[0]) for row in connection.execute(text("SELECT details FROM test_people"))]
    assert raw[0] != raw[1]
    for word in ("Μαρία", "name", "6912345678", "u039c"):
        assert word.encode() not in raw[0]


@both_kinds
@pytest.mark.parametrize(
    "forgery",
    [
        "UPDATE test_people SET details = (SELECT details FROM test_people WHERE id = 1)",
        "UPDATE test_people SET note = details",
        "UPDATE test_people SET public_id = (SELECT public_id FROM test_people WHERE id = 1)",
        "UPDATE test_people SET details = ''",
    ],
    ids=["of another row", "of another column", "of a row that poses as another", "of nothing"],
)
def test_a_text_that_was_copied_cannot_be_read(engine: Engine, forgery: str) -> None:
    store(engine, WORDS, {"of": "another"})
    with engine.begin() as connection:
        connection.execute(text(f"{forgery} WHERE id = 2"))
    with Session(engine) as session:
        assert session.scalars(select(Person.details).where(Person.id == 1)).one() == WORDS
        with pytest.raises(UnreadableValue, match=r"^(details|note): it ") as said:
            session.execute(select(Person).where(Person.id == 2)).all()
        assert "another" not in str(said.value).replace("another row's", "").replace(
            "another key", ""
        )


@both_kinds
def test_another_key_reads_nothing(engine: Engine) -> None:
    store(engine, WORDS)
    use_key(engine, EncryptionKey(new_key()))
    with Session(engine) as session, pytest.raises(UnreadableValue, match="another key"):
        session.scalars(select(Person.details)).all()


@both_kinds
def test_it_must_be_said_whose_a_value_is_and_nothing_is_compared(engine: Engine) -> None:
    store(engine, WORDS)
    for statement in (
        update(PEOPLE).values(details=WORDS),
        select(Person.id).where(Person.details == WORDS),
        select(Person.id).where(Person.note.in_(["x"])),
    ):
        with (
            engine.begin() as connection,
            pytest.raises(StatementError, match="needs its row's public id"),
        ):
            connection.execute(statement)


@both_kinds
def test_a_value_is_looked_up_by_its_keyed_hash(engine: Engine) -> None:
    with Session(engine) as session, session.begin():
        session.add_all(Person(details={}, looked_up=name) for name in ("Άννα", "Νίκος"))
        session.flush()
    with Session(engine) as session:
        found = session.scalars(select(Person.id).where(Person.looked_up == "Νίκος")).all()
        hashes = set(session.scalars(select(Person.looked_up)))
    assert len(found) == 1
    assert len(hashes) == 2
    assert all(len(each or "") == 40 for each in hashes)


@pytest.mark.parametrize("text", ["", "short", "x" * 42, "x" * 44, "=" * 44, "ά" * 44])
def test_what_is_no_key_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(ValueError, match=r"^must be 32 random bytes, as `openssl") as said:
        EncryptionKey(text)
    assert not text or text not in str(said.value)


def test_a_key_may_be_written_in_either_form_of_base64() -> None:
    key = "+/" * 21 + "8="
    forms = [key, key.rstrip("="), key.replace("+", "-").replace("/", "_"), f" {key}\n"]
    assert len({EncryptionKey(each).fingerprint for each in forms}) == 1
