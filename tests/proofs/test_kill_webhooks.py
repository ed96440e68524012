"""Processes are killed at any time: a webhook endpoint gets each change, in its booking's order."""

import json
import random
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path

import pytest
import time_machine
from sqlalchemy import select
from sqlalchemy.orm import Session
from standardwebhooks import Webhook

from core.bookings import service
from core.catalogue.registry import LOAD_LOCK
from core.db.advisory_locks import lock
from core.db.database import Database
from core.db.models import Booking, DisabledBecause, History, OutboxRow, WebhookEndpoint
from core.staff import webhook_sending, webhooks
from core.staff.webhook_events import EVENTS
from tests.conftest import SOAK, on_both
from tests.core.staff.two_towns import OPERATOR, TOWN
from tests.fakes.http_server import Answer, Request, listening
from tests.fakes.push_platform import PushPlatformServer
from tests.fakes.webhook_receiver import HERE, WebhookReceiver
from tests.proofs.invariants import wait_until_delivered
from tests.proofs.test_kill import kill
from tests.proofs.test_kill_alerts import CLOCKS, Office, two_workers
from tests.soak.tell import Tell


class Programs(Office):
    """Bookings that are made, changed and cancelled, in a town that has a program."""

    def __init__(self, database: Database, pause: float, url: str) -> None:
        self._url, self.kept = url, 0
        super().__init__(database, pause)

    def _bind(self, session: Session) -> None:
        env = self._environment(session)
        webhooks.add(
            session,
            env.registry,
            OPERATOR,
            env.now,
            municipality_id=TOWN,
            url=self._url,
            networks=HERE,
            plain_http=True,
        )

    def switch(self) -> None:
        """Disable the endpoint, as one that took none for days; if it is disabled, enable it."""

        def run(session: Session) -> None:
            now, endpoint = datetime.now(UTC), session.scalars(select(WebhookEndpoint)).one()
            if endpoint.disabled_at is not None:
                lock(session, LOAD_LOCK)
                self.kept += webhook_sending.enable(session, OPERATOR, endpoint.id, now)
                return
            session.refresh(endpoint, with_for_update=True)
            webhook_sending.stop(session, endpoint, DisabledBecause.FAILED, now)

        self._database.write_sync(run)

    def _cancel(self, session: Session) -> None:
        """Change or cancel the one before the last, whose event was just sent or is on its way."""
        env = self._environment(session)
        booking = session.get(Booking, self._made[-2]) if len(self._made) > 1 else None
        if booking is None or booking.state != "confirmed":
            return
        if random.random() < 0.5:
            env.cancel(booking)
            return
        actor, changes = env.actor(booking.citizen_id), {"email": "anna@example.gr"}
        service.edit(session, env.registry, booking, changes, env.now, actor)


def check_each_arrived_in_order(database: Database, requests: Sequence[Request]) -> tuple[int, int]:
    """Check what arrived against what is stored; return how many events, how many of them again."""

    def check(session: Session) -> tuple[int, int]:
        query = select(OutboxRow).where(OutboxRow.kind == "event").order_by(OutboxRow.id)
        rows = session.scalars(query).all()
        assert {row.status for row in rows} == {"sent"}
        changes = session.scalars(select(History.action)).all()
        assert len(rows) == sum(action in EVENTS for action in changes)
        stored = {row.event_id: (row.payload or "").encode() for row in rows}
        secret = session.scalars(select(WebhookEndpoint)).one().secret
        arrived: dict[str, list[str]] = {}
        for request in requests:
            number = request.headers["webhook-id"]
            assert request.body == stored[number]
            with time_machine.travel(int(request.headers["webhook-timestamp"])):
                Webhook(secret).verify(request.body, dict(request.headers))
            booking = json.loads(request.body)["data"]["booking"]
            arrived.setdefault(booking, []).append(number)
        expected: dict[str, list[str]] = {}
        for row in rows:
            booking = json.loads(row.payload or "")["data"]["booking"]
            expected.setdefault(booking, []).append(row.event_id or "")
        # An event comes again only before the next of its booking.
        once = {
            booking: [number for number, _same in groupby(ids)] for booking, ids in arrived.items()
        }
        assert once == expected
        return len(rows), len(requests) - len(rows)

    return database.write_sync(check)


@on_both
@pytest.mark.parametrize(("kills", "pause"), [(2, 0.2), pytest.param(200, 2.0, marks=SOAK)])
def test_no_event_is_lost_when_processes_are_killed(
    database: Database,
    push_platform: PushPlatformServer,
    tmp_path: Path,
    tell: Tell,
    kills: int,
    pause: float,
) -> None:
    receiver = WebhookReceiver()
    receiver.always = Answer(204, b"", after=0.1)
    with listening(receiver.respond) as url:
        office, killed = Programs(database, pause, url), list[float]()

        def on_kill() -> None:
            """Every other time, kill a process whose event has arrived, before it knows.

            Before that one, the endpoint was disabled, and events were stored for it.
            """
            office.switch()
            arrived, until = len(receiver.requests), time.monotonic() + len(killed) % 2
            while len(receiver.requests) == arrived and time.monotonic() < until:
                time.sleep(0.005)
            killed.append(time.perf_counter())

        given = {"webhook_networks": "127.0.0.0/8"}
        with two_workers(tmp_path, database.url, push_platform.url, **given) as workers:
            with office.busy():
                kill(workers, on_kill, kills, tell)
            assert not office.failed
            wait_until_delivered(database)
        events, again = check_each_arrived_in_order(database, receiver.requests)
    assert events > len(CLOCKS) / 2
    tell(
        f"{type(database.backend).__name__}: {kills} kills, {events} events in"
        f" {len(receiver.requests)} requests, {again} of them again,"
        f" {office.kept} events kept while disabled"
    )
