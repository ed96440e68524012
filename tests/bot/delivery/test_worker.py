"""The worker delivers messages in order, once unless a process dies, and never loses one."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import select, update

from bot.delivery import dispatch, settlement, worker
from bot.delivery.claimed import ClaimedMessage
from core.db.models import Booking, Contact, OutboxRow
from core.errors import DeliveryError
from core.messaging import outbox, outbox_admin
from tests.bot.push_deployment import BOOK, DETAILS, PushDeployment
from tests.conftest import on_both, portable
from tests.core.wait_until import soon
from tests.fakes.push_platform import ACCOUNT, PushPlatform

pytestmark = on_both


def test_the_replies_of_a_turn_arrive_in_order(push: PushDeployment) -> None:
    said = [reply.text for reply in push.deployment.say("Γεια")]
    assert len(said) == 2
    push.deliver(push.settled)
    assert push.server.to("citizen") == said
    assert push.statuses() == {"sent"}


def test_a_message_that_comes_again_is_answered_once(push: PushDeployment) -> None:
    for _time in range(3):
        push.deployment.sent = 0
        push.deployment.say("Γεια")
    push.deliver(push.settled)
    assert len(push.server.to("citizen")) == 2


@portable
def test_a_whole_booking_is_confirmed_and_reminded_of(push: PushDeployment) -> None:
    told = []
    for text in (*BOOK, *DETAILS):
        told += [reply.text for reply in push.deployment.say(text)]
        push.deliver(push.settled)
    assert push.server.to("citizen") == told
    (address, words), *others = push.email.sent
    assert (address, others) == ("maria@example.gr", [])
    assert "3 Δεκεμβρίου 2026, 12:30" in words
    for days in (2, 1):
        push.deployment.clock.forward(days=days, hours=1)
        push.deliver(push.settled)
        assert "Σας θυμίζω" in push.server.to("citizen")[-1]
    assert push.statuses() == {"sent"}


def test_several_workers_send_nothing_twice(push: PushDeployment) -> None:
    for number in range(12):
        push.deployment.say("Γεια", who=f"citizen {number}")
    push.deliver(push.settled, workers=3)
    assert len(push.server.messages) == 24
    assert push.server.tried == 24


def test_a_failure_is_tried_again_later_and_the_order_stays(
    push: PushDeployment,
) -> None:
    push.server.failures["citizen"] = [(500, {})]
    said = [reply.text for reply in push.deployment.say("Γεια")]
    push.deliver(lambda: push.rows()[0][1:] == ("pending", 1, "status 500"))
    assert push.server.to("citizen") == []
    push.deployment.clock.forward(seconds=4)
    push.deliver(push.settled)
    assert push.server.to("citizen") == said


@portable
def test_it_waits_as_long_as_the_platform_asks(push: PushDeployment) -> None:
    push.server.failures["citizen"] = [(429, {"retry-after": "300"})]
    push.deployment.say("Γεια")
    push.deliver(lambda: push.rows()[0][1] == "pending" and push.rows()[0][2] == 1)
    push.deployment.clock.forward(seconds=299)
    push.deliver(push.settled)
    assert push.server.to("citizen") == []
    push.deployment.clock.forward(seconds=2)
    push.deliver(push.settled)
    assert len(push.server.to("citizen")) == 2


@portable
def test_after_a_while_it_is_given_up_and_stays_to_be_seen(push: PushDeployment) -> None:
    push.server.failures["citizen"] = [(500, {})] * 100
    push.deployment.say("Γεια")
    for _try in range(20):
        push.deliver(push.settled)
        push.deployment.clock.forward(minutes=15)
    assert [row[1] for row in push.rows()] == ["failed", "failed"]
    assert {row[3] for row in push.rows()} == {"status 500"}


def test_an_error_nobody_foresaw_is_a_failure_like_others(
    push: PushDeployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_anything: Any) -> Any:
        raise KeyError("Μαρία")

    monkeypatch.setattr(PushPlatform, "render", fails)
    push.deployment.say("Γεια")
    push.deliver(lambda: push.rows()[0][1:] == ("pending", 1, "KeyError"))


def test_what_is_over_is_not_sent(push: PushDeployment) -> None:
    push.deployment.talk(*BOOK, *DETAILS)
    push.deliver(push.settled)
    before = len(push.server.messages)
    push.deployment.clock.forward(days=30)
    push.deliver(push.settled)
    assert [row[1] for row in push.rows("reminder")] == ["expired", "expired"]
    assert len(push.server.messages) == before


@portable
def test_of_a_cancelled_appointment_nobody_is_reminded(push: PushDeployment) -> None:
    push.deployment.talk(*BOOK, *DETAILS, "ακύρωση ραντεβού", "ναι")
    push.deliver(push.settled)
    push.deployment.clock.forward(days=3)
    push.deliver(push.settled)
    assert [row[1] for row in push.rows("reminder")] == ["cancelled", "cancelled"]


def test_the_booking_is_looked_at_again_just_before_sending(
    push: PushDeployment,
) -> None:
    push.deployment.talk(*BOOK, *DETAILS)
    push.deployment.database.write_sync(
        lambda s: s.execute(update(Booking).values(state="cancelled"))
    )
    push.deployment.clock.forward(days=3, hours=1)
    push.deliver(push.settled)
    assert [row[1] for row in push.rows("reminder")] == ["cancelled", "cancelled"]


@portable
def test_nothing_is_sent_to_an_address_that_was_taken_back(push: PushDeployment) -> None:
    push.deployment.talk(*BOOK, *DETAILS, "ανάκληση συγκατάθεσης", "ναι")
    booking = select(Booking)
    assert push.deployment.database.write_sync(lambda s: s.scalars(booking).one()).details == {}
    push.deliver(push.settled)
    assert push.email.sent == []
    assert push.rows("confirmed")[0][1] == "cancelled"


def test_what_was_erased_meanwhile_is_not_sent(push: PushDeployment) -> None:
    push.deployment.talk(*BOOK, *DETAILS)
    push.deployment.talk("ανάκληση συγκατάθεσης", "ναι")
    push.deliver(push.settled)
    assert not any("Μαρία" in text for text in push.server.to("citizen"))


@portable
def test_a_message_that_replaces_another_says_so(push: PushDeployment) -> None:
    push.deployment.say("Γεια")
    push.deliver(push.settled)

    def owe(session: Any) -> None:
        first = session.scalars(select(OutboxRow).order_by(OutboxRow.id)).first()
        contact = session.scalars(select(Contact)).one()
        again = outbox.OutboxMessage(
            ACCOUNT,
            first.kind,
            first.recipient,
            push.deployment.clock(),
            "again",
            contact_id=contact.id,
            inbound_id=first.inbound_id,
            position=0,
            replaces_id=first.id,
        )
        outbox.enqueue(
            session,
            push.deployment.services.registry.accounts,
            [again],
            push.deployment.clock(),
        )

    push.deployment.database.write_sync(owe)
    push.deliver(push.settled)
    assert [message.replaces for message in push.server.messages] == [None, None, "1"]


def test_what_cannot_be_noted_is_given_up_and_not_sent_again(
    push: PushDeployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_anything: Any) -> bool:
        raise ZeroDivisionError

    monkeypatch.setattr(settlement, "mark_sent", broken)
    push.deployment.say("Γεια")
    push.deliver(push.settled)
    said = "its outcome couldn't be stored"
    assert {row[1:] for row in push.rows()} == {("failed", 1, said)}
    assert len(push.server.messages) == 2


def test_what_is_on_its_way_is_finished_when_it_stops(push: PushDeployment) -> None:
    push.server.takes = 60
    push.deployment.say("Γεια")

    def has_arrived() -> bool:
        if push.server.messages:  # by then, the worker has stopped claiming
            asyncio.get_running_loop().call_later(0.3, setattr, push.server, "takes", 0)
        return bool(push.server.messages)

    push.deliver(has_arrived)
    assert [row[1] for row in push.rows()] == ["sent", "pending"]


def test_what_a_worker_had_that_died_is_sent_when_its_lease_has_run_out(
    push: PushDeployment,
) -> None:
    push.server.takes = 60
    push.deployment.say("Γεια")

    async def die() -> None:
        worker = asyncio.create_task(push.application.delivery_worker().run())
        await soon(lambda: bool(push.server.messages))
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()
        await asyncio.gather(worker, return_exceptions=True)

    asyncio.run(die())
    push.server.takes = 0
    assert [row[1] for row in push.rows()] == ["claimed", "pending"]
    push.deployment.clock.now += outbox.LEASE + timedelta(seconds=1)
    push.deliver(push.settled)
    assert push.statuses() == {"sent"}


def test_what_a_worker_sends_still_is_not_sent_again_when_its_lease_has_run_out(
    push: PushDeployment,
) -> None:
    push.server.takes = 60
    push.deployment.say("Γεια")

    async def outlast() -> None:
        worker = push.application.delivery_worker()
        task = asyncio.create_task(worker.run())
        await soon(lambda: bool(push.server.messages))
        push.deployment.clock.forward(seconds=outbox.LEASE.total_seconds() + 1)
        await asyncio.to_thread(push.deployment.say, "Γεια", who="another")
        await soon(lambda: bool(push.server.to("another")))  # it has claimed again by then
        push.server.takes = 0
        await soon(push.settled)
        worker.stop()
        await task

    asyncio.run(outlast())
    assert len(push.server.messages) == 4
    assert {row[1:3] for row in push.rows()} == {("sent", 1)}


def test_an_account_that_hangs_or_cannot_be_connected_keeps_no_other_back(
    push: PushDeployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "MAX_CONCURRENT", 2)
    monkeypatch.setattr(worker, "RECONNECT_SECONDS", 0)
    push.email.refuses = 2
    push.server.takes = 60
    push.deployment.talk(*BOOK, *DETAILS)
    for who in range(5):
        push.deployment.say("Γεια", who=f"citizen {who}")
    meanwhile = list[int]()

    def is_sent() -> bool:
        if push.email.sent:
            meanwhile.append(len(push.server.messages))
            push.server.takes = 0
        return bool(push.email.sent)

    push.deliver(is_sent)
    assert meanwhile[0] <= 2
    assert push.email.refuses == 0


@portable
def test_an_account_that_is_nearly_full_makes_no_other_slow(
    push: PushDeployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "MAX_CONCURRENT", 12)
    claims, claimed = dispatch.claim_and_render, list[int]()

    def counted(*given: Any) -> dispatch.Claims:
        found = claims(*given)
        claimed.append(sum(each.account == "email" for each in found.messages))
        return found

    monkeypatch.setattr(dispatch, "claim_and_render", counted)
    push.deployment.talk(*BOOK, *DETAILS)
    push.deliver(push.settled)
    found = select(OutboxRow).where(OutboxRow.account == "email")
    row = push.deployment.database.write_sync(lambda s: s.scalars(found).one())
    push.server.takes, push.server.tried = 60, 0
    for who in range(11):
        push.deployment.say("Γεια", who=f"citizen {who}")
    same = {name: getattr(row, name) for name in ("account", "kind", "booking_id", "due_at")}
    more = [
        outbox.OutboxMessage(**same, recipient=f"somebody {n}", dedupe_key=f"{row.dedupe_key} {n}")
        for n in range(12)
    ]

    def is_sent() -> bool:
        if push.server.tried == 11 and more:
            push.deployment.database.write_sync(
                lambda s: outbox.enqueue(s, ["email"], more, push.deployment.clock())
            )
            more.clear()
        if len(push.email.sent) == 13:
            push.server.takes = 0
        return len(push.email.sent) == 13

    push.deliver(is_sent)
    assert max(claimed) == 12


def test_a_commit_wakes_the_worker_at_once(
    push: PushDeployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "POLL_SECONDS", 600)

    async def work() -> None:
        worker = push.application.delivery_worker()
        task = asyncio.create_task(worker.run())
        await asyncio.sleep(0.3)
        await asyncio.to_thread(push.deployment.say, "Γεια")
        await soon(lambda: len(push.server.messages) == 2)
        worker.stop()
        await task

    asyncio.run(work())


def claim(push: PushDeployment, worker: str) -> Sequence[ClaimedMessage]:
    """Claim messages for a worker that sends none of them."""
    run = partial(
        dispatch.claim_and_render,
        services=push.deployment.services,
        accounts=[ACCOUNT],
        worker=worker,
        limit=20,
        give_up=timedelta(hours=24),
    )
    return push.deployment.database.write_sync(run)[0]


def die(push: PushDeployment, times: int) -> Counter[int]:
    """Let workers claim messages and die; return how often each was claimed."""
    claimed = Counter[int]()
    for number in range(times):
        claimed.update(message.id for message in claim(push, f"dead {number}"))
        push.deployment.clock.forward(seconds=outbox.LEASE.total_seconds() + 1)
    return claimed


def fail(push: PushDeployment, worker: str) -> None:
    """Let a worker try to send messages, none of which the platform takes."""
    services, give_up = push.deployment.services, timedelta(hours=24)
    for message in claim(push, worker):
        error = DeliveryError("status 500")
        given: dict[str, Any] = {"message": message, "error": error, "give_up": give_up}
        mark = partial(dispatch.mark_failed, services=services, **given)
        push.deployment.database.write_sync(mark)


def test_a_message_over_which_workers_die_again_and_again_is_given_up(
    push: PushDeployment,
) -> None:
    """A process that a message's sending kills would else send it once a minute, for ever."""
    push.deployment.say("Γεια")
    assert die(push, 3 * outbox.MOST_SENDS) == {1: outbox.MOST_SENDS, 2: outbox.MOST_SENDS}
    assert {row[1] for row in push.rows()} == {"failed"}
    assert {row[-1] for row in push.rows()} == {outbox.DIED}


def test_no_message_is_lost_where_workers_die_after_an_outage(push: PushDeployment) -> None:
    push.deployment.say("Γεια")
    for number in range(outbox.MOST_SENDS):
        fail(push, f"alive {number}")
        push.deployment.clock.forward(minutes=20)
    die(push, 2)
    push.deliver(push.settled)
    assert push.statuses() == {"sent"}


def test_what_fails_after_a_death_is_waited_for_and_listed(push: PushDeployment) -> None:
    push.deployment.say("Γεια")
    die(push, 1)
    fail(push, "alive")
    now = push.deployment.clock.now
    assert push.deployment.database.write_sync(
        lambda session: [row.id for row in outbox_admin.stuck(session, "webchat", now)]
    )
    push.deployment.say("βοήθεια")
    assert claim(push, "another") == []
