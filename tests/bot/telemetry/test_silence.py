"""Nothing that a citizen wrote is shown by a server's logs, numbers and errors, whatever fails."""

import time
from collections.abc import Callable
from itertools import count
from pathlib import Path
from uuid import uuid4

import httpx
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from core.db.database import Database
from core.db.models import UNSENT, Booking, OutboxRow
from tests.bot.processes import TIMEOUT_SECONDS, Server, run, server
from tests.bot.test_privacy import BOOK, DETAILS, NAMES, shows
from tests.conftest import mostly_on
from tests.core.wait_until import until
from tests.fakes.failing_platform import FAILING_PLATFORM

ADDRESS = "6998877665"
ILLNESS = "rheumatism"
WRITTEN = (ADDRESS, "gone@example.org", ILLNESS)

BREAK = {
    "sqlite": "CREATE TRIGGER broken BEFORE UPDATE ON bookings WHEN new.state = 'confirmed'"
    " BEGIN SELECT RAISE(ABORT, 'forced'); END",
    # Its error tells the whole row.
    "postgresql": "ALTER TABLE bookings"
    " ADD CONSTRAINT broken CHECK (state <> 'confirmed') NOT VALID",
}
MEND = {
    "sqlite": "DROP TRIGGER broken",
    "postgresql": "ALTER TABLE bookings DROP CONSTRAINT broken",
}
LOCK = {"sqlite": "SELECT 1", "postgresql": "SELECT 1 FROM conversations FOR UPDATE"}
"""On SQLite whoever begins to write has locked it."""

NUMBERS = count(1)
Say = Callable[[str], httpx.Response]


def url_of(database: Database) -> str:
    return database.backend.url.render_as_string(hide_password=False)


def over_chat(client: httpx.Client) -> Say:
    """One who talks by POST /chat/turns."""
    token: list[str | None] = [None]

    def say(said: str) -> httpx.Response:
        body = {"conversation": token[0], "message_id": str(uuid4()), "text": said}
        answer = client.post("/chat/turns", json=body)
        if answer.status_code == 200:
            token[0] = answer.json()["conversation"]
        return answer

    return say


def over_account(client: httpx.Client, address: str) -> Say:
    """One who talks over an account that pushes."""

    def say(said: str) -> httpx.Response:
        body = {"address": address, "message_id": str(next(NUMBERS)), "text": said}
        return client.post("/webhooks/unstable/one", json=body)

    return say


def all_sent(session: Session) -> bool:
    answers = select(OutboxRow.id).where(UNSENT, OutboxRow.inbound_id.is_not(None))
    return session.scalar(answers.limit(1)) is None


def book(database: Database, say: Say, name: str) -> str:
    """Book, while whatever can fail does so; the errors."""
    dialect, shown = database.engine.dialect.name, ""
    for said in (*BOOK, ILLNESS, name, *DETAILS[:-1]):
        assert say(said).status_code == 200
        until(lambda: database.write_sync(all_sent))
    with database.engine.begin() as connection:
        connection.execute(text(BREAK[dialect]))
    crashed = say(DETAILS[-1])
    with database.engine.begin() as connection:
        connection.execute(text(MEND[dialect]))
    with database.engine.begin() as connection:
        connection.execute(text(LOCK[dialect]))
        busy = say(f"{ILLNESS} {name}")
    assert (crashed.status_code, busy.status_code) == (500, 503)
    assert say(DETAILS[-1]).status_code == 200
    return shown + crashed.text + busy.text


def wait_for(running: Server, *events: str) -> None:
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while not set(events) <= set(running.events):
        assert time.monotonic() < deadline, running.log
        time.sleep(0.1)


@mostly_on("postgresql")  # its errors tell the whole row
def test_a_server_shows_nothing_of_what_was_written(database: Database, tmp_path: Path) -> None:
    file, url = tmp_path / "rantevou.db", url_of(database)
    latin, greek = NAMES
    with (
        server(file, FAILING_PLATFORM, database_url=url) as running,
        httpx.Client(base_url=running.url, timeout=30) as client,
    ):
        shown = book(database, over_chat(client), greek)
        shown += book(database, over_account(client, ADDRESS), latin)
        over_account(client, "gone@example.org")(ILLNESS)
        shown += client.post("/chat/turns", json={"text": greek, "language": ADDRESS}).text
        shown += client.post("/webhooks/unstable/one", content=latin.encode()).text
        wait_for(running, "delivery failed", "message given up", "address suppressed", "crashed")
        shown += "".join(
            httpx.get(f"{running.management}{each}").text for each in ("/metrics", "/readyz")
        )
        stuck = run(file, "outbox", "list", database_url=url)
        assert " isn't there" in stuck.stdout, stuck.stderr
        assert running.end() == 0
        shown += stuck.stdout + running.log

    query = select(Booking.details).where(Booking.code.is_not(None)).order_by(Booking.id)
    kept = [str(given) for given in database.write_sync(lambda s: s.scalars(query).all())]
    assert len(kept) == 2
    assert all(name in given for name, given in zip((greek, latin), kept, strict=True))
    for event in ("server started", "crashed", "sending failed", "server stopped"):
        assert event in running.events
    assert not any(shows(shown, name) for name in NAMES)
    for part in WRITTEN:
        assert part not in shown
