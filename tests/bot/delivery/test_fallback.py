"""A message that can't be delivered one way is sent another way, once."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from core.db.models import REMINDERS, Booking, OutboxRow, Suppression
from core.errors import DeliveryError
from core.messaging import outbox, outbox_admin, reminders
from tests.bot.push_deployment import BOOK, DETAILS, PushDeployment, TextMessages
from tests.conftest import mostly_on

pytestmark = mostly_on("sqlite")


def test_who_cannot_be_reached_for_good_is_written_to_another_way(
    push: PushDeployment,
) -> None:
    push.deployment.talk(*BOOK, *DETAILS)
    push.deliver(push.settled)
    del push.email.sent[:]
    push.deployment.clock.forward(days=2)
    push.server.failures["citizen"] = [(403, {})]
    push.deliver(push.settled)
    assert [row[1] for row in push.rows("reminder")] == ["failed", "pending", "sent"]
    ((address, words),) = push.email.sent
    assert address == "maria@example.gr"
    assert "Σας θυμίζω" in words


def booked_and_blocked(push: PushDeployment) -> int:
    """Have the citizen book, and block us; how often they were written to by then."""
    push.deployment.talk(*BOOK, *DETAILS)
    push.deliver(push.settled)
    push.server.failures["citizen"] = [(403, {})] * len(push.deployment.say("τα ραντεβού μου"))
    push.deliver(push.settled)
    return push.server.tried


def test_an_address_that_failed_for_good_is_not_tried_again(
    push: PushDeployment,
) -> None:
    tried = booked_and_blocked(push)
    push.deployment.clock.forward(days=2)
    push.deliver(push.settled)
    assert push.server.tried == tried
    assert [row[1:] for row in push.rows("reminder")] == [
        ("failed", 1, "suppressed"),
        ("pending", 0, None),
        ("sent", 1, None),
    ]
    # But when somebody has looked into it and says so, even if it fails once more.
    now = push.deployment.clock()
    push.server.failures["citizen"] = [(500, {})]
    push.deployment.database.write_sync(lambda s: outbox_admin.retry(s, "webchat", now, None))
    for _time in range(3):
        push.deliver(push.settled)
        push.deployment.clock.forward(seconds=5)
    assert push.server.tried > tried
    assert [row[1] for row in push.rows("reminder")] == ["sent", "pending", "sent"]


def test_a_moved_booking_is_not_reminded_of_at_an_address_that_failed_for_good(
    push: PushDeployment,
) -> None:
    tried = booked_and_blocked(push)
    push.deployment.clock.forward(days=2)
    push.deliver(push.settled)
    now, registry = push.deployment.clock(), push.deployment.services.registry

    def move(session: Any) -> None:
        (booking,) = session.scalars(select(Booking))
        booking.starts_at += timedelta(days=7)
        booking.ends_at += timedelta(days=7)
        reminders.cancel_reminders(session, booking)
        made = reminders.reminder_messages(registry, booking, now, ())
        outbox.enqueue(session, {REMINDERS}, made, now)

    push.deployment.database.write_sync(move)
    push.deployment.clock.forward(days=7)
    push.deliver(push.settled)
    assert push.server.tried == tried
    statuses = [row[1] for row in push.rows("reminder")]
    assert statuses == ["failed", "cancelled", "sent", "failed", "pending", "sent"]
    assert len(push.email.sent) == 3


@pytest.mark.parametrize("chosen", [True, False])
def test_a_reminder_of_a_former_time_is_not_sent_when_it_is_tried_again(
    push: PushDeployment, chosen: bool
) -> None:
    """As one that was enqueued while its booking was moved, or that failed before."""
    push.deployment.talk(*BOOK, *DETAILS)
    push.deliver(push.settled)
    sent = len(push.email.sent)
    push.server.failures["citizen"] = [(403, {})]
    push.email.fails = [DeliveryError("no such mailbox", for_good=True)]
    if chosen:
        push.deployment.clock.forward(days=2)
        push.deliver(push.settled)
    now = push.deployment.clock()

    def move(session: Any) -> None:
        booking = session.scalars(select(Booking).where(Booking.code.is_not(None))).one()
        booking.starts_at += timedelta(days=7)
        booking.ends_at += timedelta(days=7)
        stuck = update(OutboxRow).where(OutboxRow.kind == "reminder").values(status="failed")
        session.execute(stuck)
        outbox_admin.retry(session, "webchat", now, None)

    push.deployment.database.write_sync(move)
    before = len(push.server.to("citizen"))
    push.deployment.clock.forward(seconds=1)
    push.deliver(push.settled)
    assert {row[1] for row in push.rows("reminder")} == {"cancelled"}
    assert (len(push.server.to("citizen")), len(push.email.sent)) == (before, sent)


def test_who_writes_again_is_written_to_again(push: PushDeployment) -> None:
    push.server.failures["citizen"] = [(403, {})] * 2
    push.deployment.say("Γεια")
    push.deliver(push.settled)
    suppressed = select(Suppression)
    assert len(push.deployment.database.write_sync(lambda s: s.scalars(suppressed).all())) == 1
    push.deployment.say("Καλαμάτα")
    push.deliver(push.settled)
    assert push.deployment.database.write_sync(lambda s: s.scalars(suppressed).all()) == []
    assert len(push.server.to("citizen")) >= 2


def test_a_confirmation_that_cannot_arrive_goes_by_email_once(
    push: PushDeployment,
) -> None:
    push.deployment.talk(*BOOK, *DETAILS[:-1])
    push.deliver(push.settled)
    push.server.failures["citizen"] = [(403, {})] * 10
    push.deployment.say(DETAILS[-1])
    push.deliver(push.settled)
    assert len(push.email.sent) == 1


def test_the_next_way_has_as_long_as_the_first(push: PushDeployment) -> None:
    push.deployment.talk(*BOOK, *DETAILS)
    push.deliver(push.settled)
    assert len(push.email.sent) == 1
    push.deployment.clock.forward(days=1, hours=4)
    push.server.failures["citizen"] = [(500, {})] * 100
    push.email.fails = [DeliveryError("greylisted") for _time in range(3)]
    for _try in range(30):
        push.deliver(push.settled)
        push.deployment.clock.forward(minutes=5)
    assert [row[1:3] for row in push.rows("reminder")][2:] == [("sent", 4)]
    assert len(push.email.sent) == 2


def test_the_next_way_after_the_email_is_the_telephone(push: PushDeployment) -> None:
    texting = TextMessages()
    push.platforms["sms"] = texting
    push.deployment.services.registry.accounts |= {"sms"}
    push.email.fails = [DeliveryError("no such mailbox", unreachable=True)]
    push.deployment.talk(*BOOK, *DETAILS)
    push.deliver(push.settled)
    ((number, words),) = texting.sent
    assert number == "+306912345678"
    assert words.startswith("Το ραντεβού σας κλείστηκε: ")
    assert "12:30" in words
    assert "\n" not in words
