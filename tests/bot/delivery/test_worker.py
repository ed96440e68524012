"""What is owed is delivered, in order, once where nothing dies, and never silently lost."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from bot.delivery import dispatch, worker
from core.db.models import Booking, Contact, OutboxRow
from core.messaging import outbox
from tests.bot.push_deployment import BOOK, DETAILS, Post
from tests.conftest import on_both
from tests.core.wait_until import soon
from tests.fakes.push_platform import ACCOUNT, PushPlatform

pytestmark = on_both


def test_the_replies_of_a_turn_arrive_in_order(post: Post) -> None:
    said = [reply.text for reply in post.deployment.say("Γεια")]
    assert len(said) == 2
    post.deliver(post.settled)
    assert post.server.to("citizen") == said
    assert post.statuses() == {"sent"}


def test_a_message_that_comes_again_is_answered_once(post: Post) -> None:
    for _time in range(3):
        post.deployment.sent = 0
        post.deployment.say("Γεια")
    post.deliver(post.settled)
    assert len(post.server.to("citizen")) == 2


def test_a_whole_booking_is_told_and_reminded_of(post: Post) -> None:
    told = []
    for text in (*BOOK, *DETAILS):
        told += [reply.text for reply in post.deployment.say(text)]
        post.deliver(post.settled)
    assert post.server.to("citizen") == told
    (address, words), *others = post.email.sent
    assert (address, others) == ("maria@example.gr", [])
    assert "3 Δεκεμβρίου 2026, 12:30" in words
    post.deployment.clock.forward(days=3)
    post.deliver(post.settled)
    assert "Σας θυμίζω" in post.server.to("citizen")[-1]
    assert post.statuses() == {"sent"}


def test_several_postmen_send_nothing_twice(post: Post) -> None:
    for number in range(12):
        post.deployment.say("Γεια", who=f"citizen {number}")
    post.deliver(post.settled, workers=3)
    assert len(post.server.messages) == 24
    assert post.server.tried == 24


def test_a_failure_is_tried_again_later_and_the_order_stays(post: Post) -> None:
    post.server.failures["citizen"] = [(500, {})]
    said = [reply.text for reply in post.deployment.say("Γεια")]
    post.deliver(lambda: post.rows()[0][1:] == ("pending", 1, "status 500"))
    assert post.server.to("citizen") == []
    post.deployment.clock.forward(seconds=4)
    post.deliver(post.settled)
    assert post.server.to("citizen") == said


def test_it_waits_as_long_as_the_platform_asks(post: Post) -> None:
    post.server.failures["citizen"] = [(429, {"retry-after": "300"})]
    post.deployment.say("Γεια")
    post.deliver(lambda: post.rows()[0][1] == "pending" and post.rows()[0][2] == 1)
    post.deployment.clock.forward(seconds=299)
    post.deliver(post.settled)
    assert post.server.to("citizen") == []
    post.deployment.clock.forward(seconds=2)
    post.deliver(post.settled)
    assert len(post.server.to("citizen")) == 2


def test_after_a_while_it_is_given_up_and_stays_to_be_seen(post: Post) -> None:
    post.server.failures["citizen"] = [(500, {})] * 100
    post.deployment.say("Γεια")
    for _try in range(20):
        post.deliver(post.settled)
        post.deployment.clock.forward(minutes=15)
    assert [row[1] for row in post.rows()] == ["failed", "failed"]
    assert {row[3] for row in post.rows()} == {"status 500"}


def test_a_platform_that_does_not_answer_is_tried_again(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "SEND_SECONDS", 0.1)
    post.server.takes = 0.5
    post.deployment.say("Γεια")
    post.deliver(lambda: post.rows()[0][1:] == ("pending", 1, "no answer in time"))


def test_an_error_nobody_foresaw_is_a_failure_like_others(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_anything: Any) -> Any:
        raise KeyError("Μαρία")

    monkeypatch.setattr(PushPlatform, "render", fails)
    post.deployment.say("Γεια")
    post.deliver(lambda: post.rows()[0][1:] == ("pending", 1, "KeyError"))


def test_what_is_over_is_not_sent(post: Post) -> None:
    post.deployment.talk(*BOOK, *DETAILS)
    post.deliver(post.settled)
    before = len(post.server.messages)
    post.deployment.clock.forward(days=30)
    post.deliver(post.settled)
    assert [row[1] for row in post.rows("reminder")] == ["expired"]
    assert len(post.server.messages) == before


def test_of_a_cancelled_appointment_nobody_is_reminded(post: Post) -> None:
    post.deployment.talk(*BOOK, *DETAILS, "ακύρωση ραντεβού", "ναι")
    post.deliver(post.settled)
    post.deployment.clock.forward(days=3)
    post.deliver(post.settled)
    assert [row[1] for row in post.rows("reminder")] == ["cancelled"]


def test_the_booking_is_looked_at_again_just_before_sending(post: Post) -> None:
    post.deployment.talk(*BOOK, *DETAILS)
    post.deployment.database.write_sync(
        lambda s: s.execute(update(Booking).values(state="cancelled"))
    )
    post.deployment.clock.forward(days=3)
    post.deliver(post.settled)
    assert [row[1] for row in post.rows("reminder")] == ["cancelled"]


def test_nothing_is_sent_to_an_address_that_was_taken_back(post: Post) -> None:
    post.deployment.talk(*BOOK, *DETAILS, "ανάκληση συγκατάθεσης", "ναι")
    booking = select(Booking)
    assert post.deployment.database.write_sync(lambda s: s.scalars(booking).one()).details == {}
    post.deliver(post.settled)
    assert post.email.sent == []
    assert post.rows("confirmed")[0][1] == "cancelled"


def test_what_was_erased_meanwhile_is_not_sent(post: Post) -> None:
    post.deployment.talk(*BOOK, *DETAILS)
    post.deployment.talk("ανάκληση συγκατάθεσης", "ναι")
    post.deliver(post.settled)
    assert not any("Μαρία" in text for text in post.server.to("citizen"))


def test_a_message_that_replaces_another_says_so(post: Post) -> None:
    post.deployment.say("Γεια")
    post.deliver(post.settled)

    def owe(session: Any) -> None:
        first = session.scalars(select(OutboxRow).order_by(OutboxRow.id)).first()
        contact = session.scalars(select(Contact)).one()
        again = outbox.OutboxMessage(
            ACCOUNT,
            first.kind,
            first.recipient,
            post.deployment.clock(),
            "again",
            contact_id=contact.id,
            inbound_id=first.inbound_id,
            position=0,
            replaces_id=first.id,
        )
        outbox.enqueue(
            session, post.deployment.services.registry.accounts, [again], post.deployment.clock()
        )

    post.deployment.database.write_sync(owe)
    post.deliver(post.settled)
    assert [message.replaces for message in post.server.messages] == [None, None, "1"]


def test_what_cannot_be_noted_is_given_up_and_not_sent_again(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_anything: Any) -> bool:
        raise ZeroDivisionError

    monkeypatch.setattr(dispatch, "mark_sent", broken)
    post.deployment.say("Γεια")
    post.deliver(post.settled)
    said = "what became of it couldn't be noted"
    assert {row[1:] for row in post.rows()} == {("failed", 1, said)}
    assert len(post.server.messages) == 2


def test_what_is_on_its_way_is_finished_when_it_stops(post: Post) -> None:
    post.server.takes = 1
    post.deployment.say("Γεια")
    post.deliver(lambda: len(post.server.messages) == 1)
    assert [row[1] for row in post.rows()] == ["sent", "pending"]


def test_what_a_worker_had_that_died_is_sent_when_its_lease_has_run_out(post: Post) -> None:
    post.server.takes = 0.3
    post.deployment.say("Γεια")

    async def die() -> None:
        worker = asyncio.create_task(post.application.delivery_worker().run())
        await soon(lambda: bool(post.server.messages))
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()
        await asyncio.gather(worker, return_exceptions=True)

    asyncio.run(die())
    assert [row[1] for row in post.rows()] == ["claimed", "pending"]
    post.deployment.clock.now += outbox.LEASE + timedelta(seconds=1)
    post.deliver(post.settled)
    assert post.statuses() == {"sent"}


def test_an_account_that_hangs_or_cannot_be_connected_keeps_no_other_back(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "MAX_CONCURRENT", 2)
    monkeypatch.setattr(worker, "RECONNECT_SECONDS", 0)
    post.email.refuses = 2
    post.server.takes = 1
    post.deployment.talk(*BOOK, *DETAILS)
    for who in range(5):
        post.deployment.say("Γεια", who=f"citizen {who}")
    post.deliver(lambda: bool(post.email.sent))
    assert len(post.server.messages) <= 2
    assert post.email.refuses == 0


def test_a_commit_wakes_the_worker_at_once(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "POLL_SECONDS", 600)

    async def work() -> None:
        worker = post.application.delivery_worker()
        task = asyncio.create_task(worker.run())
        await asyncio.sleep(0.3)
        await asyncio.to_thread(post.deployment.say, "Γεια")
        await soon(lambda: len(post.server.messages) == 2)
        worker.stop()
        await task

    asyncio.run(work())
