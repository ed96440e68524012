"""The database goes away under load and comes back: nothing is lost, nothing begins again."""

import time
from pathlib import Path

import httpx
import pytest

from core.db.database import Database
from tests.conftest import SOAK
from tests.fakes.push_platform import PushPlatformServer, say
from tests.postgres import Server, stopped
from tests.proofs.invariants import check_nothing_lost
from tests.proofs.processes import server_and_workers
from tests.proofs.push_citizens import Citizens
from tests.soak.tell import Tell
from tests.webhooks.middleware.test_problem_details import RIGHT, problem

PATIENCE = 20
A_BROWSER = {"Accept": "text/html", "Accept-Language": "el"}
LATE = ("latecomer", 1_000_000)
"""A citizen on the push platform, and the id of the message that is sent, refused, sent again."""

APOLOGY = "Δεν τα κατάφερα αυτή τη στιγμή. Δοκιμάστε ξανά σε λίγο."


def told_to_wait(client: httpx.Client) -> None:
    """Check what a platform, a program and a browser are answered meanwhile."""
    assert say(client, *LATE, text="Γεια") == 503
    for answer in (
        client.post("/chat/turns", json=RIGHT),
        client.get("/", headers=A_BROWSER),
        client.post("/", data={"text": "Γεια"}, headers=A_BROWSER),
    ):
        assert int(answer.headers["retry-after"]) >= 1
        if answer.request.headers["accept"] == "text/html":
            assert (answer.status_code, APOLOGY in answer.text) == (503, True)
        else:
            problem(answer, 503)


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
@pytest.mark.parametrize(("seconds", "at_once"), [(1, 2), pytest.param(10, 8, marks=SOAK)])
def test_nothing_is_lost_when_the_database_is_away(
    database: Database,
    postgres: Server,
    push_platform: PushPlatformServer,
    tmp_path: Path,
    tell: Tell,
    seconds: int,
    at_once: int,
) -> None:
    with (
        server_and_workers(tmp_path, database.url, push_platform.url) as (url, processes),
        httpx.Client(base_url=url, timeout=10) as client,
    ):

        def readiness() -> httpx.Response:
            return httpx.get(f"{processes[0].management}/readyz", timeout=10)

        def statuses() -> tuple[int, int]:
            return client.get("/healthz").status_code, readiness().status_code

        citizens, refused = Citizens(push_platform, url), 0
        with citizens.booking(at_once):
            time.sleep(1)
            assert statuses() == (200, 200)
            with stopped(postgres):
                back = time.monotonic() + seconds
                while time.monotonic() < back:
                    told_to_wait(client)
                    assert statuses() == (200, 503)
                    refused += 4
                    time.sleep(0.05)
            began = time.monotonic()
            while statuses() != (200, 200):
                assert time.monotonic() < began + PATIENCE
            ready = time.monotonic() - began
            assert client.post("/chat/turns", json=RIGHT).status_code == 200
            assert say(client, *LATE, text="Γεια") == 200
        twice = check_nothing_lost(database, citizens, push_platform)
        assert '"event": "turned away"' in processes[0].output()
        assert not any("Traceback" in each.output() for each in processes)
        # The same processes as before: each was begun once, and none has ended.
        assert [each.process and each.process.poll() for each in processes] == [None] * 3
    assert set(citizens.retried) <= {503}
    tell(
        f"away for {seconds} s: {refused} requests told to wait, ready again after"
        f" {ready:.1f} s, {len(citizens.booked)} bookings,"
        f" {len(push_platform.messages)} messages, {twice} duplicates,"
        f" {citizens.retried.total()} messages sent again"
    )
