"""Text messages of the outbox, by Twilio's own client, and its receipts."""

import asyncio
import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlalchemy import select

from bot.platforms.webhook import WebhookRequest
from bot.views.booking_link import linked_appointment
from core.db.models import OutboxRow, Suppression
from core.errors import DeliveryError
from tests.bot.platforms.test_sms import ACCOUNT, MARIA, sms
from tests.bot.push_deployment import BOOK, DETAILS, PushDeployment
from tests.core.wait_until import soon
from tests.fakes.http_server import Answer, late
from tests.fakes.twilio import HTML, TwilioServer, failure, twilio_server


@pytest.fixture
def server() -> Iterator[TwilioServer]:
    with twilio_server() as server:
        yield server


class Town:
    """A town whose e-mail is refused, so that its confirmations go by text message."""

    def __init__(self, push: PushDeployment, server: TwilioServer) -> None:
        self.push, self.server = push, server
        self.account = push.platforms[ACCOUNT] = sms(api_url=server.url)
        push.deployment.services.registry.accounts |= {ACCOUNT}
        push.email.fails = [DeliveryError("no such mailbox", unreachable=True)]
        push.deployment.talk(*BOOK, *DETAILS)

    def deliver(self) -> None:
        self.push.deliver(self.push.settled)

    def receive(self, *requests: WebhookRequest) -> None:
        for each in requests:
            asyncio.run(self.handle(each))

    async def handle(self, request: WebhookRequest) -> None:
        await self.push.application.handle_webhook(ACCOUNT, self.account.parse(request))

    def rows(self) -> list[tuple[str, str | None]]:
        """Return status and last error of what goes by text message."""
        rows = self.push.deployment.database.write_sync(
            lambda s: s.scalars(
                select(OutboxRow).where(OutboxRow.account == ACCOUNT).order_by(OutboxRow.id)
            ).all()
        )
        return [(row.status, row.last_error) for row in rows]

    def suppressed(self) -> list[str]:
        query = select(Suppression.account)
        found = self.push.deployment.database.write_sync(lambda s: s.scalars(query).all())
        return [each for each in found if each == ACCOUNT]


@pytest.fixture
def town(push: PushDeployment, server: TwilioServer) -> Town:
    return Town(push, server)


def test_a_text_has_a_link_to_the_appointment(town: Town, server: TwilioServer) -> None:
    deployment, application = town.push.deployment, town.push.application
    services = replace(deployment.services, public_address="https://kalamata.gr")
    town.push.application = replace(application, services=services)
    town.deliver()
    (text,) = server.texts[MARIA]
    (token,) = re.findall(r" https://kalamata\.gr/a/([a-z2-7]{16})$", text)
    assert token not in deployment.everything()
    linked = deployment.database.write_sync(lambda s: linked_appointment(s, services, token))
    assert linked is not None
    assert (linked.municipality_id, linked.asks) == ("kalamata", True)


def test_a_receipt_only_goes_forward(town: Town, server: TwilioServer) -> None:
    town.deliver()
    assert town.rows() == [("sent", None)]
    town.receive(server.report("sent"), server.report("delivered"), server.report("delivered"))
    assert town.rows() == [("delivered", None)]
    town.receive(server.report("queued"), server.report("undelivered", 30003))
    assert town.rows() == [("delivered", None)]


@pytest.mark.parametrize(("error", "dead"), [(30003, False), (30006, True)])
def test_what_is_not_delivered_is_known_as_a_bounce_is(
    town: Town, server: TwilioServer, error: int, dead: bool
) -> None:
    town.deliver()
    report = server.report("undelivered", error)
    town.receive(report, report, server.report("delivered"))
    assert town.rows() == [("failed", f"undelivered, error {error}")]
    assert bool(town.suppressed()) == dead


def test_a_receipt_that_comes_before_the_answer_waits_for_it(
    town: Town, server: TwilioServer
) -> None:
    server.answer_faults[MARIA] = [late(0.3)]

    async def run() -> None:
        worker = town.push.application.delivery_worker()
        working = asyncio.create_task(worker.run())
        await soon(lambda: bool(server.sids))
        await town.handle(server.report("undelivered", 30006))
        worker.stop()
        await working

    asyncio.run(run())
    assert town.rows() == [("failed", "undelivered, error 30006")]


def test_a_number_that_twilio_refuses_gets_nothing_more(town: Town, server: TwilioServer) -> None:
    server.failures[MARIA] = [failure(21610)]
    town.deliver()
    assert town.rows() == [("failed", "error 21610")]
    assert town.suppressed()
    assert not server.calls


@pytest.mark.parametrize("answer", [failure(20429, 429), HTML])
def test_what_twilio_can_t_take_now_is_tried_again(
    town: Town, server: TwilioServer, answer: Answer
) -> None:
    server.failures[MARIA] = [answer]
    town.deliver()
    assert [status for status, _why in town.rows()] == ["pending"]
    town.push.deployment.clock.forward(minutes=1)
    town.deliver()
    assert town.rows() == [("sent", None)]
    assert len(server.texts[MARIA]) == 1
