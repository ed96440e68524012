"""Texts that nobody is to get: after a STOP, past the limit of a day, twice to one number."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from bot.delivery.text_counts import count_text
from bot.ops.secret_replacement import hash_anew
from bot.views.phone_proof import render_proof
from core.catalogue.registry import Registry
from core.db.models import OutboxRow, PhoneProof
from core.messaging import outbox_admin
from core.messaging.text_budget import MOST_A_DAY
from tests.bot.delivery.test_text_budget import (
    WITHOUT_EMAIL,
    counts,
    texted,
    use,
)
from tests.bot.delivery.test_undelivered import bind, calls, cancel
from tests.bot.platforms.test_sms import MARIA
from tests.bot.platforms.text_talk import URL, two_way
from tests.bot.push_deployment import BOOK, PushDeployment
from tests.conftest import mostly_on
from tests.fakes.twilio import TwilioServer, callback, failure, incoming, twilio_server

BY_TEXT = ("Γεια", "Καλαμάτα", "1", "1", "3/12", "1", "Μαρία Παπαδοπούλου", "068933130", "ΝΑΙ")


@pytest.fixture
def gateway(push: PushDeployment) -> Iterator[TwilioServer]:
    with twilio_server() as server:
        account = two_way(push.deployment.services.texts, api_url=server.url)
        push.platforms["sms:town"] = account
        push.deployment.services.registry.accounts |= {"sms:town"}
        bind(push)
        yield server


def write(push: PushDeployment, text: str, number: str = MARIA) -> None:
    """Write a text, as Twilio brings it, when all earlier ones were delivered."""
    push.deployment.sent += 1
    sid = f"SM{push.deployment.sent:032x}"
    result = push.platforms["sms:town"].parse(callback(URL, incoming(text, sid, number)))
    asyncio.run(push.application.handle_webhook("sms:town", result))


def had(push: PushDeployment, texts: int) -> None:
    """Have had so many texts today."""
    for _text in range(texts):
        use(push, 1)


def book_by_text(push: PushDeployment) -> None:
    for each in BY_TEXT:
        write(push, each)
        push.deliver(push.settled)


def book_on_page(push: PushDeployment, time: str = BOOK[-1]) -> None:
    """Book, each time as another citizen."""
    push.deployment.platform = push.deployment.account = "console"
    push.deployment.talk(*BOOK[:-1], time, *WITHOUT_EMAIL, who=time)


def test_the_limit_of_a_day_holds_for_texts_that_wait_at_once(
    push: PushDeployment, gateway: TwilioServer
) -> None:
    had(push, MOST_A_DAY - 1)
    for time in ("12:30", "13:10"):
        book_on_page(push, time)
    push.deliver(push.settled)
    assert len(gateway.texts[MARIA]) == 1
    assert sorted(texted(push, "confirmed"), key=str) == [None, "limit of the day"]


@mostly_on("sqlite")
def test_a_text_tried_again_counts_once(push: PushDeployment, gateway: TwilioServer) -> None:
    had(push, MOST_A_DAY - 1)
    gateway.failures[MARIA] = [failure(20429, 429)]
    book_on_page(push)
    push.deliver(push.settled)
    push.deployment.clock.forward(minutes=2)
    push.deliver(push.settled)
    assert len(gateway.texts[MARIA]) == 1


@mostly_on("sqlite")
def test_a_technician_sends_nothing_to_who_wrote_stop(
    push: PushDeployment, gateway: TwilioServer
) -> None:
    write(push, "STOP")
    push.deployment.clock.forward(minutes=1)
    book_on_page(push)
    push.deliver(push.settled)
    for _time in range(2):  # it holds after the first, too
        assert texted(push, "confirmed") == ["suppressed"]
        now = push.deployment.clock()
        retry = outbox_admin.retry
        push.deployment.database.write_sync(lambda s: retry(s, "webchat", now, None))  # noqa: B023
        push.deliver(push.settled)
    assert MARIA not in gateway.texts


@mostly_on("sqlite")
def test_what_waits_for_a_chat_by_text_is_not_sent_once_texts_are_refused(
    push: PushDeployment, gateway: TwilioServer
) -> None:
    book_by_text(push)
    before = len(gateway.texts[MARIA])
    cancel(push)
    write(push, "όχι SMS")
    push.deliver(push.settled)
    assert len(gateway.texts[MARIA]) == before + 1, "the answer alone"


@mostly_on("sqlite")
def test_what_a_chat_by_text_does_not_take_is_not_sent_to_the_same_number(
    push: PushDeployment, gateway: TwilioServer
) -> None:
    book_by_text(push)
    gateway.failures[MARIA] = [failure(21612)]
    before = len(gateway.texts[MARIA])
    cancel(push)
    push.deliver(push.settled)
    assert len(gateway.texts[MARIA]) == before
    assert texted(push, "cancelled_by_office") == ["error 21612"]
    assert len(calls(push)) == 1


@mostly_on("sqlite")
def test_the_text_of_a_proof_is_paid_though_the_proof_has_ended(
    push: PushDeployment, gateway: TwilioServer
) -> None:
    push.deployment.platform = push.deployment.account = "webchat"
    push.deployment.talk("Γεια", "Καλαμάτα", "επιβεβαίωση κινητού", "6912345678")
    services = push.deployment.services

    def send(session: Session) -> None:
        row = session.scalars(select(OutboxRow).where(OutboxRow.kind == "phone_proof")).one()
        rendered = render_proof(session, services, row)
        assert rendered is not None
        session.execute(delete(PhoneProof))
        count_text(session, services, row, rendered[1])

    push.deployment.database.write_sync(send)
    assert ("parts kalamata 2026-11", 1) in counts(push)


@mostly_on("sqlite")
def test_another_secret_forgets_no_stop_of_a_number_without_a_chat(
    push: PushDeployment, gateway: TwilioServer
) -> None:
    book_on_page(push)
    push.deliver(push.settled)
    write(push, "ΣΤΟΠ")
    other = Registry("another secret", push.deployment.services.registry.accounts)
    now = push.deployment.clock()
    done = push.deployment.database.write_sync(
        lambda s: hash_anew(s, other, now, two_way={"sms:town"})
    )
    assert done.suppressed == {"sms:town": 1}
    push.deployment.database.write_sync(other.refresh)
    push.deployment.services = replace(push.deployment.services, registry=other)
    push.application = replace(push.application, services=push.deployment.services)
    push.deployment.clock.forward(days=1)
    cancel(push)
    push.deliver(push.settled)
    assert len(gateway.texts[MARIA]) == 1
