"""Transactions wait for each other where a count must still hold at commit."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from sqlalchemy.orm import Session

from core.db.advisory_locks import lock, try_lock
from core.db.database import Database
from tests.core.conftest import on_postgres, on_sqlite
from tests.core.wait_until import until, waiting

Step = Callable[[Session], object]


def shared(session: Session) -> None:
    lock(session, "it", shared=True)


def alone(session: Session) -> None:
    lock(session, "it")


def other(session: Session) -> None:
    lock(session, "another")


@contextmanager
def held(database: Database, step: Step) -> Iterator[Session]:
    """A transaction that did this and goes on."""
    with Session(database.engine) as session:
        step(session)
        yield session


@contextmanager
def meanwhile(database: Database, step: Step) -> Iterator[Future[object]]:
    """Another that does it on a thread of its own."""
    with ThreadPoolExecutor(1) as thread:
        yield thread.submit(database.write_sync, step)


@on_postgres
@pytest.mark.parametrize(
    ("first", "second"),
    [(alone, alone), (alone, shared), (shared, alone)],
    ids=["both alone", "one would share", "one shares"],
)
@pytest.mark.parametrize("end", [Session.commit, Session.rollback])
def test_one_waits_until_the_other_s_transaction_ends(
    empty: Database, first: Step, second: Step, end: Callable[[Session], None]
) -> None:
    with held(empty, first) as session, meanwhile(empty, second) as done:
        until(lambda: waiting(empty) == 1)
        end(session)
        done.result(60)


@on_postgres
@pytest.mark.parametrize(
    ("first", "second"), [(shared, shared), (alone, other)], ids=["both share", "another"]
)
def test_who_shares_it_or_names_another_does_not_wait(
    empty: Database, first: Step, second: Step
) -> None:
    with held(empty, first), meanwhile(empty, second) as done:
        done.result(60)


@on_postgres
def test_what_was_named_in_a_savepoint_is_let_go_with_it(empty: Database) -> None:
    """So whoever was refused one desk and tries the next keeps nobody from the first."""
    with Session(empty.engine) as session:
        nested = session.begin_nested()
        alone(session)
        nested.rollback()
        with meanwhile(empty, alone) as done:
            done.result(60)


@on_postgres
@pytest.mark.parametrize("end", [Session.commit, Session.rollback])
def test_one_is_first_until_its_transaction_ends(
    empty: Database, end: Callable[[Session], None]
) -> None:
    def first(session: Session) -> bool:
        return try_lock(session, "it")

    with held(empty, first) as session:
        assert first(session)
        assert not empty.write_sync(first)
        assert empty.write_sync(lambda s: try_lock(s, "another"))
        end(session)
        assert empty.write_sync(first)


@on_postgres
def test_nobody_is_first_while_another_has_it_otherwise(empty: Database) -> None:
    with held(empty, alone):
        assert not empty.write_sync(lambda s: try_lock(s, "it"))


@on_sqlite
def test_on_sqlite_whoever_writes_is_alone_anyway(empty: Database) -> None:
    def all_of_it(session: Session) -> bool:
        lock(session, "it")
        lock(session, "it", shared=True)
        return try_lock(session, "it")

    assert empty.write_sync(all_of_it)
