"""A citizen and an employee at Telegram write to one another while the database is away."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import pytest

from bot.platforms.telegram.adapter import HEADER
from core.db import database as databases
from core.db.database import Database
from core.db.sqlite import SQLite
from tests.bot.conftest import staff_chat, telegram_api  # noqa: F401 fixtures here too
from tests.bot.platforms import telegram_updates as updates
from tests.bot.push_deployment import settled
from tests.bot.staff.conftest import people  # noqa: F401 a fixture here too
from tests.bot.staff.people import HELEN, People
from tests.bot.staff.test_relay import (  # noqa: F401 a fixture here too
    ANSWER,
    CITIZEN,
    QUESTION,
    first,
    heard,
    says,
    talking,
    texts_kept,
)
from tests.bot.staff_chat import GROUP
from tests.conftest import file_of, on_both
from tests.core.wait_until import until
from tests.postgres import stopped
from tests.webhooks.conftest import Serve

# ruff: noqa: F811 the fixtures


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give up soon, on either database: before the first connects."""
    monkeypatch.setattr(databases, "RETRY_SECONDS", 0.2)
    monkeypatch.setattr("core.db.sqlite.BUSY_SECONDS", 0.2)


@contextmanager
def away(database: Database, request: pytest.FixtureRequest) -> Iterator[None]:
    """Stop the database server meanwhile; lock the file of one that has none."""
    if not isinstance(database.backend, SQLite):
        with stopped(request.getfixturevalue("postgres")):
            yield
        return
    with closing(sqlite3.connect(file_of(database), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield


@on_both
def test_what_either_writes_while_the_database_is_away_arrives_once_later(
    talking: People,
    serve: Serve,
    request: pytest.FixtureRequest,
) -> None:
    says(talking, "Καλημέρα")
    asks = updates.message(
        text=QUESTION,
        chat={**updates.CHAT, "id": CITIZEN},
        message_id=9001,
        **{"from": {**updates.WHO, "id": CITIZEN}},
    )
    answers = updates.answering(
        ANSWER,
        to=first(talking),
        chat={**updates.GROUP, "id": GROUP},
        message_id=9002,
        **{"from": {**updates.WHO, "id": HELEN}},
    )
    written = [{**update, "update_id": number} for number, update in enumerate((asks, answers), 90)]
    before = talking.chat.texts(), heard(talking)
    client = serve()

    def statuses() -> list[int]:
        return [status(update) for update in written]

    def status(update: dict[str, Any]) -> int:
        sent = client.post(
            "/webhooks/telegram/town", json=update, headers={HEADER: talking.bot.secret}
        )
        return sent.status_code

    with away(talking.chat.deployment.database, request):
        assert statuses() == statuses() == [503, 503]
        assert (talking.chat.texts(), heard(talking)) == before
    until(lambda: statuses() == [200, 200])
    assert statuses() == [200, 200]
    assert texts_kept(talking) == ["Καλημέρα", QUESTION, ANSWER]

    def arrived() -> tuple[int, int]:
        # What is on its way would be sent again after its lease.
        if settled(talking.chat.deployment):
            talking.chat.deployment.clock.forward(seconds=20)
        return (
            sum(QUESTION in text for text in talking.chat.texts()),
            sum(ANSWER in text for text in heard(talking)),
        )

    until(lambda: arrived() == (1, 1))
    until(lambda: {status for _kind, status in talking.chat.rows()} == {"sent"})
    assert arrived() == (1, 1)
