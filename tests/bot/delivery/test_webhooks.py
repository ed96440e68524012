"""Webhook endpoints are sent each change: once taken, in order, the same bytes at every try."""

import asyncio
import json
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import structlog
import time_machine
from sqlalchemy import select
from sqlalchemy.orm import Session
from standardwebhooks import Webhook

from bot.bootstrap import Application
from bot.delivery import event_dispatch, webhook_sender, worker
from bot.delivery.claimed import ClaimedEvent
from bot.settings import Settings
from bot.telemetry.logging import MAX_REASON
from core.db.models import DisabledBecause, OutboxRow, WebhookEndpoint
from core.errors import DeliveryError
from core.messaging import event_queue
from core.staff import webhook_sending, webhooks
from tests.bot.push_deployment import deliver
from tests.bot.staff_chat import StaffChat
from tests.conftest import mostly_on
from tests.core.staff.two_towns import OPERATOR, TOWN
from tests.core.wait_until import soon
from tests.fakes.http_server import Answer, Request
from tests.fakes.webhook_receiver import HERE, WebhookReceiver, webhook_receiver

pytestmark = mostly_on("sqlite")

BROKEN = Answer(500, b"")


@dataclass
class Office:
    """A town with a group of staff, and one program that is sent its events."""

    chat: StaffChat
    receiver: WebhookReceiver
    endpoint: int
    secret: str

    def events(self) -> list[OutboxRow]:
        query = select(OutboxRow).where(OutboxRow.kind == "event").order_by(OutboxRow.id)
        return self.chat.do(lambda s: list(s.scalars(query)))

    def statuses(self) -> list[str]:
        return [row.status for row in self.events()]

    def done(self) -> bool:
        """Return whether nothing is being sent or could be sent now."""
        now = self.chat.services.clock()
        rows = [row for row in self.events() if row.status in ("pending", "claimed")]
        waiting = {row.recipient for row in rows if row.status == "pending" and row.try_at > now}
        return all(row.status == "pending" and row.recipient in waiting for row in rows)

    def deliver(self, until: Callable[[], bool] | None = None, *, workers: int = 1) -> None:
        deliver(self.chat.application, until or self.done, workers)

    def forward(self, **by: float) -> None:
        self.chat.deployment.clock.forward(**by)

    def read(self, request: Request) -> Any:
        """Verify a request as the library's own receiver does, at that time; return the event."""
        with time_machine.travel(self.chat.services.clock(), tick=False):
            return Webhook(self.secret).verify(request.body, dict(request.headers))

    def cancel(self, booking: int) -> None:
        self.chat.change(booking, lambda env, each: env.cancel(each))

    def move(self, booking: int, clock: str) -> None:
        self.chat.change(booking, lambda env, each: env.move(each, clock))

    def add(self, url: str) -> tuple[int, str]:
        services = self.chat.services
        given: dict[str, Any] = {"municipality_id": TOWN, "url": url, "networks": HERE}
        return self.chat.do(
            lambda s: webhooks.add(s, services.registry, OPERATOR, services.clock(), **given)
        )


@pytest.fixture
def office(staff_chat: StaffChat, receiver: WebhookReceiver) -> Office:
    deployment = staff_chat.deployment
    staff_chat.application = Application(
        Settings(give_up_hours=1, webhook_networks=HERE),
        deployment.database,
        deployment.services,
    )
    office = Office(staff_chat, receiver, 0, "")
    office.endpoint, office.secret = office.add(receiver.url)
    return office


def test_a_confirmation_arrives_signed_and_as_it_was_stored(office: Office) -> None:
    office.chat.book()
    office.deliver()
    (request,), (row,) = office.receiver.requests, office.events()
    event = office.read(request)
    assert (event["type"], event["id"]) == ("booking.confirmed", request.headers["webhook-id"])
    assert request.body.decode() == row.payload
    assert (row.status, row.attempts) == ("sent", 1)


def test_an_endpoint_that_is_broken_for_a_day_loses_nothing(office: Office) -> None:
    office.receiver.always = BROKEN
    first = office.chat.book("10:00")
    office.chat.book("10:30")
    office.move(first, "09:00")
    for hours in range(24):
        if hours == 12:
            office.cancel(first)
            office.receiver.answers = [BROKEN]
        office.deliver()
        office.forward(hours=1)
    tried = {request.headers["webhook-id"] for request in office.receiver.requests}
    assert len(tried) == 2  # the first event of each booking
    before = list(office.receiver.requests)
    office.receiver.always = Answer(204, b"")
    for _hour in range(24):
        office.deliver()
        office.forward(hours=1)
    assert set(office.statuses()) == {"sent"}
    taken = [json.loads(each.body) for each in office.receiver.requests[len(before) :]]
    assert sorted(event["type"] for event in taken) == [
        "booking.cancelled",
        "booking.confirmed",
        "booking.confirmed",
        "booking.moved",
    ]
    of_first = [event["type"] for event in taken if event["data"]["booking"] == first]
    assert of_first == ["booking.confirmed", "booking.moved", "booking.cancelled"]
    bodies: dict[str, set[bytes]] = {}
    for request in office.receiver.requests:
        bodies.setdefault(request.headers["webhook-id"], set()).add(request.body)
    assert all(len(each) == 1 for each in bodies.values())


def test_a_try_is_signed_at_its_own_time(office: Office) -> None:
    office.receiver.answers = [BROKEN]
    office.chat.book()
    office.deliver()
    office.forward(hours=1)
    office.deliver()
    first, second = office.receiver.requests
    assert office.read(second)
    assert (
        int(second.headers["webhook-timestamp"]) - int(first.headers["webhook-timestamp"]) == 3600
    )
    assert first.headers["webhook-id"] == second.headers["webhook-id"]


def test_one_that_answers_410_is_disabled_at_once_and_its_room_alerted(office: Office) -> None:
    office.chat.bind()
    office.receiver.always = Answer(410, b"")
    office.chat.book("10:00")
    office.deliver()
    office.chat.book("10:30")
    office.deliver(lambda: any("rantevou webhook enable" in text for text in office.chat.texts()))
    assert len(office.receiver.requests) == 1
    assert office.statuses() == ["failed"]
    (alert,) = [text for text in office.chat.texts() if "webhook" in text]
    assert alert.startswith("Το πρόγραμμα στο 127.0.0.1 δεν ενημερώνεται πια")


def test_one_that_fails_to_the_end_is_disabled_and_gets_all_when_it_is_enabled(
    office: Office,
) -> None:
    office.chat.bind()
    office.receiver.always = BROKEN
    booking = office.chat.book("10:00")
    while office.statuses() != ["failed"]:
        office.deliver()
        office.forward(hours=1)
    assert len(office.receiver.requests) == len(event_queue.PAUSES) + 1
    office.deliver(lambda: any("webhook enable" in text for text in office.chat.texts()))
    office.move(booking, "10:30")  # it is stored all the same
    assert office.statuses() == ["failed", "failed"]
    office.receiver.always, now = Answer(204, b""), office.chat.services.clock()
    office.receiver.requests.clear()
    sent = office.chat.do(lambda s: webhook_sending.enable(s, OPERATOR, office.endpoint, now))
    assert sent == 2
    office.deliver()
    types = [office.read(request)["type"] for request in office.receiver.requests]
    assert types == ["booking.confirmed", "booking.moved"]


def test_the_deaths_of_workers_are_no_tries(office: Office) -> None:
    chat, among = office.chat, [event_queue.account_of(office.endpoint)]

    def claim_as(given: Any, session: Session) -> list[ClaimedEvent]:
        return event_dispatch.claim_events(session, *given)

    chat.book()
    for number in range(10):
        given = (chat.services, among, f"worker {number}", 1)
        (event,) = chat.do(partial(claim_as, given))
        office.forward(seconds=61)
    failure = DeliveryError("HTTP 503")
    chat.do(lambda s: event_dispatch.mark_undelivered(s, chat.services, event, failure))
    (row,) = office.events()
    assert (row.status, row.attempts) == ("pending", 1)


def test_what_is_kept_and_logged_of_a_failure_is_short_and_quotes_nothing(office: Office) -> None:
    office.chat.book()
    failure = DeliveryError(f"HTTP 500: 'Maria' 6912345678 {'x' * 60_000}")

    def fail(session: Session) -> None:
        services, among = office.chat.services, [event_queue.account_of(office.endpoint)]
        (event,) = event_dispatch.claim_events(session, services, among, "worker", 1)
        assert event_dispatch.mark_undelivered(session, services, event, failure)

    with structlog.testing.capture_logs() as logs:
        office.chat.do(fail)
    (row,) = office.events()
    assert row.last_error and row.last_error.startswith("HTTP 500: … … xxx")
    assert len(row.last_error) == MAX_REASON
    assert [line["why"] for line in logs if line["event"] == "delivery failed"] == [row.last_error]


def test_a_disabled_one_is_sent_nothing(office: Office) -> None:
    office.chat.book("10:00")
    now = office.chat.services.clock()
    office.chat.do(lambda s: webhook_sending.disable(s, OPERATOR, office.endpoint, now))
    office.chat.book("10:30")
    office.deliver()
    assert office.receiver.requests == []
    assert office.statuses() == ["failed"]


def test_one_that_was_disabled_just_now_is_sent_nothing(office: Office) -> None:
    chat, among = office.chat, [event_queue.account_of(office.endpoint)]
    chat.book()

    def disable(session: Session) -> None:
        """Disable it while a change that saw it enabled is about to be committed."""
        endpoint = session.get_one(WebhookEndpoint, office.endpoint)
        endpoint.disabled_at = chat.services.clock()
        endpoint.disabled_because = DisabledBecause.GONE

    chat.do(disable)
    claimed = chat.do(lambda s: event_dispatch.claim_events(s, chat.services, among, "one", 20))
    assert (claimed, office.statuses()) == ([], ["pending"])


def test_one_that_hangs_delays_no_other_and_no_message(
    office: Office, tls: tuple[Path, ssl.SSLContext], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "MAX_CONCURRENT", 2)
    monkeypatch.setattr(webhook_sender, "ANSWER_SECONDS", 1)
    office.chat.bind()
    office.receiver.always = Answer(204, b"", after=3)
    with webhook_receiver(tls[1]) as quick:
        office.add(quick.url)
        for clock in ("09:00", "09:30", "10:00", "10:30"):
            office.chat.book(clock)
        office.deliver(lambda: len(quick.requests) == 4 and len(office.chat.texts()) >= 1)
        assert len(office.receiver.requests) <= 4


def test_what_a_worker_had_that_died_is_sent_again_with_the_same_bytes(office: Office) -> None:
    office.receiver.answers = [Answer(204, b"", after=2)]
    office.chat.book()

    async def die() -> None:
        dying = asyncio.create_task(office.chat.application.delivery_worker().run())
        await soon(lambda: bool(office.receiver.requests))
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()
        await asyncio.gather(dying, return_exceptions=True)

    asyncio.run(die())
    assert office.statuses() == ["claimed"]
    office.forward(seconds=61)
    office.deliver()
    first, second = office.receiver.requests
    assert first.body == second.body
    assert office.statuses() == ["sent"]


def test_a_commit_wakes_the_worker_at_once(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "POLL_SECONDS", 600)

    async def work() -> None:
        running = office.chat.application.delivery_worker()
        task = asyncio.create_task(running.run())
        await asyncio.sleep(0.3)
        await asyncio.to_thread(office.chat.book)
        await soon(lambda: bool(office.receiver.requests))
        running.stop()
        await task

    asyncio.run(work())


def test_several_workers_send_each_event_once(office: Office) -> None:
    for clock in ("09:00", "09:30", "10:00", "10:30"):
        booking = office.chat.book(clock)
        office.cancel(booking)
    office.deliver(workers=3)
    assert len(office.receiver.ids) == len(set(office.receiver.ids)) == 8


def test_while_a_secret_is_changed_both_receivers_verify(office: Office) -> None:
    former, now = office.secret, office.chat.services.clock()
    office.secret = office.chat.do(lambda s: webhooks.rotate(s, OPERATOR, office.endpoint, now))
    office.chat.book()
    office.deliver()
    (request,) = office.receiver.requests
    assert office.read(request)
    office.secret = former
    assert office.read(request)


def test_what_is_sent_once_more_has_the_same_bytes(office: Office) -> None:
    booking, since = office.chat.book(), office.chat.services.clock()
    office.deliver()
    office.cancel(booking)
    office.deliver()
    now = since + timedelta(hours=1)
    office.chat.do(lambda s: webhook_sending.replay_since(s, OPERATOR, office.endpoint, now, since))
    office.forward(hours=1)
    office.deliver()
    bodies = [request.body for request in office.receiver.requests]
    assert bodies[:2] == bodies[2:]


def test_certificates_that_cannot_be_read_delay_no_message(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "RETRY_SECONDS", 600)
    office.chat.bind()

    async def work() -> None:
        running = office.chat.application.delivery_worker()
        task = asyncio.create_task(running.run())
        await asyncio.sleep(0.3)  # Telegram's client has read them
        monkeypatch.setenv("SSL_CERT_FILE", "/nowhere.pem")
        await asyncio.to_thread(office.chat.book, "10:00")
        await soon(lambda: len(office.chat.texts()) == 1)
        await asyncio.to_thread(office.chat.book, "10:30")
        await soon(lambda: len(office.chat.texts()) == 2)
        running.stop()
        await task

    asyncio.run(work())
    assert office.statuses() == ["pending", "pending"]
