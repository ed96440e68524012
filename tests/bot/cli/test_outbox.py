"""`rantevou outbox`: what is stuck is seen, sent again or given up."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import httpx
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.db.database import Database
from core.db.models import OutboxRow
from tests.bot.ops.test_supervisor import wait_until
from tests.bot.processes import run_here, server
from tests.bot.telemetry.test_silence import over_account, url_of
from tests.conftest import mostly_on
from tests.fakes.failing_platform import ACCOUNT, FAILING_PLATFORM

DUE = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)


class Technician:
    """Types the commands."""

    def __init__(self, database: Database, file: Path) -> None:
        self.database, self.file = database, file

    def __call__(self, *arguments: str) -> CompletedProcess[str]:
        return run_here(self.file, "outbox", *arguments, database_url=url_of(self.database))

    def add(self, number: int, status: str, **more: Any) -> None:
        def write(session: Session) -> None:
            row = {"due_at": DUE, "try_at": DUE, "attempts": 3, "kind": "reply", **more}
            names = {"account": ACCOUNT, "platform": "unstable", "recipient": "contact 1"}
            session.add(OutboxRow(id=number, dedupe_key=str(number), status=status, **names, **row))

        self.database.write_sync(write)

    def statuses(self) -> dict[int, str]:
        query = select(OutboxRow.id, OutboxRow.status)
        return {
            row[0]: row[1] for row in self.database.write_sync(lambda s: s.execute(query).all())
        }


@pytest.fixture
def technician(database: Database, tmp_path: Path) -> Technician:
    return Technician(database, tmp_path / "rantevou.db")


@mostly_on("sqlite")
def test_what_is_stuck_is_listed(technician: Technician) -> None:
    assert technician("list").stdout == "Nothing is stuck.\n"
    technician.add(7, "failed", last_error="status 410")
    technician.add(8, "pending", attempts=0, due_at=DUE + timedelta(minutes=1), kind="reminder")
    technician.add(9, "sent")
    assert technician("list").stdout.splitlines() == [
        "id  account       kind      booking  due                   attempts  status   last error",
        "7   unstable:one  reply     -        2026-01-01T12:00:00Z  3         failed   status 410",
        "8   unstable:one  reminder  -        2026-01-01T12:01:00Z  0         pending  -",
    ]


@mostly_on("sqlite")
def test_what_is_named_is_dropped_or_enqueued_again(technician: Technician) -> None:
    for number in (1, 2, 3, 4):
        technician.add(number, "failed")
    assert technician("drop", "1", "3").stdout == "Given up: 2\n"
    assert technician("retry", "2").stdout == "Queued again: 1\n"
    assert technician.statuses() == {1: "cancelled", 2: "pending", 3: "cancelled", 4: "failed"}
    assert technician("drop", "--all").stdout == "Given up: 1\n"
    assert technician.statuses()[4] == "cancelled"


@mostly_on("sqlite")
def test_what_is_not_stuck_is_refused_in_one_line(technician: Technician) -> None:
    technician.add(1, "failed")
    technician.add(2, "sent")
    for command in ("retry", "drop"):
        done = technician(command, "1", "2", "99")
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr == "Not stuck, or being sent just now: 2, 99. Nothing was changed.\n"
    assert technician.statuses() == {1: "failed", 2: "sent"}


@pytest.mark.parametrize("given", [(), ("1", "--all"), ("0",), ("9" * 30,), ("x",)])
def test_it_must_be_said_which(technician: Technician, given: tuple[str, ...]) -> None:
    technician.add(1, "failed")
    assert technician("drop", *given).returncode == 2
    assert technician.statuses() == {1: "failed"}


@mostly_on("sqlite")
def test_what_is_retried_is_tried_again_at_once(technician: Technician) -> None:
    with (
        server(
            technician.file, FAILING_PLATFORM, database_url=url_of(technician.database)
        ) as running,
        httpx.Client(base_url=running.url) as client,
    ):
        over_account(client, "gone")("Γεια")
        wait_until(lambda: "failed" in technician.statuses().values(), running)
        assert "address suppressed" in running.events
        technician("retry", "--all")
        wait_until(lambda: running.events.count("message given up") > 2, running)
        wait_until(lambda: set(technician.statuses().values()) == {"failed"}, running)
