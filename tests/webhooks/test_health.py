"""/healthz, /readyz and /metrics, for monitoring."""

import threading
import time
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Connection, text

from core.catalogue.registry import Registry
from core.db import database, overlap_guard
from core.db.database import Database
from core.errors import DatabaseUnavailable, DeliveryError
from tests.conftest import Deployment, on_both, portable
from tests.fakes.failing_platform import ACCOUNT, FailingPlatform
from tests.postgres import Server, stopped
from tests.webhooks.chat_client import GREEK, ChatClient, ServedClient
from tests.webhooks.conftest import Serve
from tests.webhooks.middleware.test_problem_details import problem
from webhooks import health
from webhooks.middleware.problem_details import NOWHERE

NO_GUARD = {
    "sqlite": "DROP TRIGGER bookings_guard_update",
    "postgresql": "ALTER TABLE bookings DROP CONSTRAINT bookings_guard",
}


class Silent(FailingPlatform):
    """A platform that never takes anything."""

    async def send(self, address: str, payload: Any, replaces: str | None) -> str | None:
        raise DeliveryError("away")


def execute(database: Database, statement: str) -> None:
    with database.engine.begin() as connection:
        connection.execute(text(statement))


@pytest.fixture
def undelivered(deployment: Deployment) -> Deployment:
    """Return a deployment whose push account sends nothing."""
    registry = Registry("secret", frozenset({"webchat", ACCOUNT}))
    deployment.services = replace(
        deployment.services, registry=registry, platforms={ACCOUNT: Silent(ACCOUNT)}
    )
    return deployment


def write_to(client: ServedClient, number: int) -> None:
    said = {"address": "1", "message_id": str(number), "text": "Γεια"}
    assert client.post("/webhooks/unstable/one", json=said).status_code == 200


def test_it_lives(client: ServedClient) -> None:
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


@pytest.mark.parametrize("path", ["/readyz", "/metrics"])
def test_strangers_learn_nothing_else(client: ServedClient, path: str) -> None:
    for headers in ({}, {"Host": "127.0.0.1:9464"}, {"X-Forwarded-For": "127.0.0.1"}):
        assert client.get(path, headers=headers).status_code == 404
    assert client.management.get(path).status_code == 200


def test_the_listener_for_monitoring_serves_nothing_else(client: ServedClient) -> None:
    assert client.management.get("/healthz").json() == {"status": "ok"}
    for path in ("/", "/docs", "/openapi.json", "/static/rantevou.css"):
        assert problem(client.management.get(path), 404)["detail"] == NOWHERE
    assert client.management.post("/chat/turns", json={}).status_code == 404


@on_both
def test_it_is_ready(serve: Serve) -> None:
    answer = serve().management.get("/readyz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


@on_both
def test_a_database_without_its_guard_is_not_ready(deployment: Deployment, serve: Serve) -> None:
    client = serve()
    execute(deployment.database, NO_GUARD[deployment.database.engine.dialect.name])
    assert "guard (bookings_guard" in problem(client.management.get("/readyz"), 503)["detail"]


@on_both
def test_a_database_of_another_revision_is_not_ready(deployment: Deployment, serve: Serve) -> None:
    client = serve()
    execute(deployment.database, "UPDATE alembic_version SET version_num = '0001'")
    assert "at revision 0001" in problem(client.management.get("/readyz"), 503)["detail"]
    execute(deployment.database, "DROP TABLE alembic_version")
    assert "at revision None" in problem(client.management.get("/readyz"), 503)["detail"]


@on_both
def test_a_message_unsent_for_too_long_is_reported_with_its_age(
    undelivered: Deployment, serve: Serve
) -> None:
    client = serve(ready_seconds=60)
    write_to(client, 1)
    undelivered.clock.forward(seconds=60)
    assert client.management.get("/readyz").status_code == 200
    undelivered.clock.forward(seconds=15)
    said = "The oldest owed message is due for 75 seconds, more than 60."
    assert problem(client.management.get("/readyz"), 503)["detail"] == said


def test_a_technician_with_a_browser_sees_the_reason_too(
    deployment: Deployment, serve: Serve
) -> None:
    client = serve()
    execute(deployment.database, NO_GUARD[deployment.database.engine.dialect.name])
    assert (
        "guard"
        in problem(client.management.get("/readyz", headers={"Accept": "text/html"}), 503)["detail"]
    )


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_while_the_database_is_away_it_is_not_ready_but_lives(
    postgres: Server, serve: Serve
) -> None:
    client = serve()
    assert client.management.get("/readyz").status_code == 200
    with stopped(postgres):
        began = time.monotonic()
        assert "can't be used" in problem(client.management.get("/readyz"), 503)["detail"]
        assert client.get("/healthz").status_code == 200
        assert "oldest_owed" not in client.management.get("/metrics").text
        assert time.monotonic() - began < 8
    assert client.management.get("/readyz").status_code == 200


def test_a_database_that_does_not_answer_is_not_waited_for(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    answered = threading.Event()

    def hang(_connection: Connection) -> list[str]:
        answered.wait(60)
        return []

    client = serve()
    monkeypatch.setattr(health, "TIMEOUT_SECONDS", 0.2)
    monkeypatch.setattr(database, "DEADLINE_SECONDS", 60)  # of all queries
    monkeypatch.setattr(overlap_guard, "missing", hang)
    problem(client.management.get("/readyz"), 503)
    answered.set()


def test_none_of_it_is_in_the_description_of_the_api(client: ServedClient) -> None:
    paths = client.get("/openapi.json").json()["paths"]
    assert {path for path in paths if not path.startswith("/api/v1/")} == {"/chat/turns"}


def numbers(client: ServedClient) -> dict[str, float]:
    """Return the counters, by name and labels."""
    answer = client.management.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=")
    lines = (line for line in answer.text.splitlines() if not line.startswith("#"))
    return {name: float(value) for name, _space, value in (line.rpartition(" ") for line in lines)}


@portable
@on_both
def test_a_booking_is_counted_step_by_step(serve: Serve) -> None:
    client = serve()
    citizen = ChatClient(client)
    citizen.say("Γεια")
    citizen.answer(GREEK, taps=True)
    found = numbers(client)
    answered = 'rantevou_turns_total{outcome="answered",platform="webchat"}'
    assert found[answered] == found['rantevou_turn_seconds_count{platform="webchat"}'] > 10
    assert found['rantevou_bookings_total{outcome="held"}'] == 1
    assert found['rantevou_bookings_total{outcome="confirmed"}'] == 1
    for step in ("book/municipality", "book/day", "book/details.phone", "book/review"):
        for what in ("entered", "left"):
            assert found[f'rantevou_steps_total{{step="{step}",what="{what}"}}'] == 1
    assert 'rantevou_steps_total{step="menu/task",what="left"}' not in found
    assert found["rantevou_oldest_owed_seconds"] == 0


def test_a_wrong_answer_leaves_no_step_and_a_repeated_message_counts_as_such(
    serve: Serve,
) -> None:
    client = serve()
    body = {"conversation": None, "message_id": "1", "text": "Γεια"}
    token = client.post("/chat/turns", json=body).json()["conversation"]
    wrong = {"conversation": token, "message_id": "2", "text": "ξξξ"}
    for _time in range(2):
        client.post("/chat/turns", json=wrong)
    found = numbers(client)
    assert found['rantevou_steps_total{step="book/municipality",what="entered"}'] == 1
    assert 'rantevou_steps_total{step="book/municipality",what="left"}' not in found
    assert found['rantevou_turns_total{outcome="repeated",platform="webchat"}'] == 1


def test_a_page_is_counted_like_any_other_talk(serve: Serve) -> None:
    client = serve()
    client.post("/", data={"text": "Γεια"})
    assert numbers(client)['rantevou_turns_total{outcome="answered",platform="webchat"}'] == 2


def test_a_time_that_has_gone_is_a_refusal(serve: Serve) -> None:
    client = serve()

    def asked_for_the_time() -> ChatClient:
        citizen = ChatClient(client)
        citizen.say("Γεια")
        citizen.answer(GREEK, taps=True, until="time")
        return citizen

    late = asked_for_the_time()
    while "12:30" in (other := asked_for_the_time()).labels:
        other.tap("12:30")
    late.tap("12:30")
    assert numbers(client)['rantevou_refusals_total{kind="taken"}'] == 1


@pytest.mark.parametrize(
    ("error", "outcome", "status"), [("busy", "busy", 503), ("broken", "failed", 500)]
)
def test_a_turn_that_fails_is_counted(
    deployment: Deployment,
    serve: Serve,
    monkeypatch: pytest.MonkeyPatch,
    error: str,
    outcome: str,
    status: int,
) -> None:
    async def fail(*_anything: Any, **_more: Any) -> None:
        raise DatabaseUnavailable("just now") if error == "busy" else ValueError

    client = serve()
    monkeypatch.setattr(deployment.database, "write", fail)
    body = {"conversation": None, "message_id": "1", "text": "Γεια"}
    assert client.post("/chat/turns", json=body).status_code == status
    found = numbers(client)
    assert found[f'rantevou_turns_total{{outcome="{outcome}",platform="webchat"}}'] == 1
    assert found['rantevou_turn_seconds_count{platform="webchat"}'] == 1


@on_both
def test_what_is_unsent_and_what_was_given_up_is_counted(
    undelivered: Deployment, serve: Serve
) -> None:
    client = serve(give_up_hours=1)
    zero = numbers(client)
    assert zero['rantevou_owed_messages{platform="unstable"}'] == 0
    assert zero['rantevou_dead_messages{platform="unstable"}'] == 0
    write_to(client, 1)
    undelivered.clock.forward(seconds=0.5)
    assert numbers(client)['rantevou_owed_messages{platform="unstable"}'] == 2
    undelivered.clock.forward(hours=1)
    deadline = time.monotonic() + 10
    while numbers(client)['rantevou_dead_messages{platform="unstable"}'] < 2:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    found = numbers(client)
    assert found['rantevou_owed_messages{platform="unstable"}'] == 0
    assert found['rantevou_deliveries_total{outcome="failed",platform="unstable"}'] == 2
