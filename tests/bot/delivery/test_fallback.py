"""Who can't be reached one way is written to another way, and not in vain again and again."""

from datetime import timedelta
from typing import Any

from sqlalchemy import select

from core.db.models import Booking, OutboxStatus, Suppression
from core.errors import DeliveryError
from core.messaging import outbox, outbox_admin
from core.messaging.keys import MessageKind
from tests.bot.push_deployment import BOOK, DETAILS, Post, TextMessages
from tests.conftest import mostly_on

pytestmark = mostly_on("sqlite")


def test_who_cannot_be_reached_for_good_is_written_to_another_way(post: Post) -> None:
    post.deployment.talk(*BOOK, *DETAILS)
    post.deliver(post.settled)
    del post.email.sent[:]
    post.deployment.clock.forward(days=3)
    post.server.failures["citizen"] = [(403, {})]
    post.deliver(post.settled)
    assert [row[1] for row in post.rows("reminder")] == ["failed", "sent"]
    ((address, words),) = post.email.sent
    assert address == "maria@example.gr"
    assert "Σας θυμίζω" in words


def booked_and_blocked(post: Post) -> int:
    """Have the citizen book, and block us; how often they were written to by then."""
    post.deployment.talk(*BOOK, *DETAILS)
    post.deliver(post.settled)
    post.server.failures["citizen"] = [(403, {})] * len(post.deployment.say("τα ραντεβού μου"))
    post.deliver(post.settled)
    return post.server.tried


def test_an_address_that_failed_for_good_is_not_tried_again(post: Post) -> None:
    tried = booked_and_blocked(post)
    post.deployment.clock.forward(days=3)
    post.deliver(post.settled)
    assert post.server.tried == tried
    assert [row[1:] for row in post.rows("reminder")] == [
        ("failed", 1, "suppressed"),
        ("sent", 1, None),
    ]
    # But when somebody has looked into it and says so, even if it fails once more.
    now = post.deployment.clock()
    post.server.failures["citizen"] = [(500, {})]
    post.deployment.database.write_sync(lambda s: outbox_admin.retry(s, "webchat", now, None))
    for _time in range(3):
        post.deliver(post.settled)
        post.deployment.clock.forward(seconds=5)
    assert post.server.tried > tried
    assert [row[1] for row in post.rows("reminder")] == ["sent", "sent"]


def test_a_moved_booking_is_not_reminded_of_at_an_address_that_failed_for_good(post: Post) -> None:
    tried = booked_and_blocked(post)
    post.deployment.clock.forward(days=3)
    post.deliver(post.settled)
    now = post.deployment.clock()

    def move(session: Any) -> None:
        (booking,) = session.scalars(select(Booking))
        booking.starts_at, booking.ends_at = now + timedelta(days=2), now + timedelta(days=3)
        at = now + timedelta(days=1)
        due = (at, booking.starts_at, OutboxStatus.PENDING)
        outbox.reschedule(session, booking.id, MessageKind.REMINDER, *due)

    post.deployment.database.write_sync(move)
    post.deployment.clock.forward(days=1)
    post.deliver(post.settled)
    assert post.server.tried == tried
    assert [row[1] for row in post.rows("reminder")] == ["failed", "cancelled", "sent"]
    assert len(post.email.sent) == 3


def test_who_writes_again_is_written_to_again(post: Post) -> None:
    post.server.failures["citizen"] = [(403, {})] * 2
    post.deployment.say("Γεια")
    post.deliver(post.settled)
    suppressed = select(Suppression)
    assert len(post.deployment.database.write_sync(lambda s: s.scalars(suppressed).all())) == 1
    post.deployment.say("Καλαμάτα")
    post.deliver(post.settled)
    assert post.deployment.database.write_sync(lambda s: s.scalars(suppressed).all()) == []
    assert len(post.server.to("citizen")) >= 2


def test_a_confirmation_that_cannot_arrive_goes_by_email_once(post: Post) -> None:
    post.deployment.talk(*BOOK, *DETAILS[:-1])
    post.deliver(post.settled)
    post.server.failures["citizen"] = [(403, {})] * 10
    post.deployment.say(DETAILS[-1])
    post.deliver(post.settled)
    assert len(post.email.sent) == 1


def test_the_next_way_has_as_long_as_the_first(post: Post) -> None:
    post.deployment.talk(*BOOK, *DETAILS)
    post.deliver(post.settled)
    assert len(post.email.sent) == 1
    post.deployment.clock.forward(days=2, hours=4)
    post.server.failures["citizen"] = [(500, {})] * 100
    post.email.fails = [DeliveryError("greylisted") for _time in range(3)]
    for _try in range(30):
        post.deliver(post.settled)
        post.deployment.clock.forward(minutes=5)
    assert [row[1:3] for row in post.rows("reminder")][1:] == [("sent", 4)]
    assert len(post.email.sent) == 2


def test_the_next_way_after_the_email_is_the_telephone(post: Post) -> None:
    texting = TextMessages()
    post.platforms["sms"] = texting
    post.deployment.services.registry.accounts |= {"sms"}
    post.email.fails = [DeliveryError("no such mailbox", unreachable=True)]
    post.deployment.talk(*BOOK, *DETAILS)
    post.deliver(post.settled)
    ((number, words),) = texting.sent
    assert number == "+306912345678"
    assert words.startswith("Το ραντεβού σας κλείστηκε: ")
    assert "12:30" in words
    assert "\n" not in words
