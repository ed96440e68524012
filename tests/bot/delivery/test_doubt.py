"""A slow platform, which takes messages and doesn't say so in time, doesn't flood the citizen."""

import pytest

from bot.delivery import doubt, worker
from bot.delivery.doubt import SEND_AGAIN, Part, part_of
from bot.messages import Reply, Venue
from core.errors import DeliveryError
from core.messaging import outbox_admin
from core.messaging.keys import MessageKind
from tests.bot.push_deployment import BOOK, DETAILS, PushDeployment
from tests.conftest import mostly_on

LOST = "RemoteProtocolError"
PLACE = Venue(latitude=37.0389, longitude=22.1142, name="Γραφείο", address="Καλαμάτα")


@pytest.fixture
def slow(push: PushDeployment) -> PushDeployment:
    """A platform that takes every message, and whose answers are lost."""
    push.server.loses = True
    return push


def test_the_policy_names_every_part() -> None:
    assert SEND_AGAIN.keys() == set(Part)


@pytest.mark.parametrize(
    ("kind", "reply", "part"),
    [
        (MessageKind.REMINDER, Reply(text="α"), Part.NOTIFICATION),
        (MessageKind.MOVED, Reply(text="α", booking=5), Part.NOTIFICATION),
        (MessageKind.REPLY, Reply(text="α"), Part.REMARK),
        (MessageKind.REPLY, Reply(text="α", step="day"), Part.QUESTION),
        (MessageKind.REPLY, Reply(text="α", step="menu", booking=5), Part.QUESTION),
        (MessageKind.REPLY, Reply(text="α", booking=5), Part.APPOINTMENT),
        (MessageKind.REPLY, Reply(text="α", closing=True), Part.CLOSING),
        (MessageKind.REPLY, Reply(text="", booking=5, file="a.ics"), Part.ATTACHMENT),
        (MessageKind.REPLY, Reply(text="", booking=5, venue=PLACE), Part.ATTACHMENT),
    ],
)
def test_what_a_message_is_to_its_reader(kind: str, reply: Reply, part: Part) -> None:
    assert part_of(kind, reply) == part


@mostly_on("sqlite")
def test_a_greeting_arrives_once_and_its_question_twice_at_most(slow: PushDeployment) -> None:
    greeting, question = [reply.text for reply in slow.deployment.say("Γεια")]
    slow.deliver(slow.settled)
    assert slow.server.to("citizen") == [greeting, question]
    assert [row[1:] for row in slow.rows()] == [("unknown", 1, LOST), ("pending", 1, LOST)]
    slow.deployment.clock.forward(seconds=doubt.PAUSE.total_seconds() - 1)
    slow.deliver(slow.settled)
    assert len(slow.server.messages) == 2
    slow.deployment.clock.forward(seconds=1)
    for _time in range(3):
        slow.deliver(slow.settled)
        slow.deployment.clock.forward(hours=1)
    assert slow.server.to("citizen") == [greeting, question, question]
    assert [row[1:] for row in slow.rows()] == [("unknown", 1, LOST), ("unknown", 2, LOST)]


def test_a_platform_that_does_not_answer_is_not_waited_for(
    push: PushDeployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "SEND_SECONDS", 0.1)
    push.server.takes = 60
    push.deployment.say("Γεια")
    push.deliver(push.settled)
    push.server.takes = 0
    assert push.rows()[0][1:] == ("unknown", 1, "no answer in time")


@mostly_on("sqlite")
def test_an_answer_is_not_delayed_by_the_question_that_may_have_arrived(
    slow: PushDeployment,
) -> None:
    slow.deployment.say("Γεια")
    slow.deliver(slow.settled)
    slow.server.loses = False
    slow.deployment.tap("Δήμος Καλαμάτας")
    slow.deliver(lambda: slow.rows()[-1][1] == "sent")
    assert "Ποια υπηρεσία" in slow.server.to("citizen")[-1]
    slow.deployment.clock.forward(minutes=1)
    slow.deliver(slow.settled)
    assert "Ποια υπηρεσία" in slow.server.to("citizen")[-1]
    assert [row[1] for row in slow.rows()][:2] == ["unknown", "unknown"]


def test_a_second_tap_which_is_not_answered_leaves_the_question_to_be_sent_again(
    slow: PushDeployment,
) -> None:
    push = slow
    push.server.loses = False
    (question,) = [r for r in push.deployment.say("Γεια") if r.step]
    push.deliver(push.settled)
    push.server.loses = True
    kalamata = next(c.id for c in question.choices if c.label == "Δήμος Καλαμάτας")
    push.deployment.say(choice=kalamata)
    push.deliver(push.settled)
    assert push.deployment.say(choice=kalamata) == []
    push.server.loses = False
    push.deployment.clock.forward(seconds=doubt.PAUSE.total_seconds())
    push.deliver(push.settled)
    assert push.rows()[-1][1:3] == ("sent", 2)


@mostly_on("sqlite")
def test_a_refusal_between_two_doubts_is_tried_again_but_the_second_ends_it(
    slow: PushDeployment,
) -> None:
    _greeting, question = [reply.text for reply in slow.deployment.say("Γεια")]
    slow.deliver(slow.settled)
    slow.server.failures["citizen"] = [(429, {"retry-after": "60"})]
    for _time in range(4):
        slow.deployment.clock.forward(minutes=2)
        slow.deliver(slow.settled)
    assert slow.server.to("citizen").count(question) == 2
    assert slow.rows()[-1][1:] == ("unknown", 3, LOST)


@mostly_on("sqlite")
def test_a_reminder_of_which_nothing_is_known_is_sent_another_way(
    push: PushDeployment,
) -> None:
    push.deployment.talk(*BOOK, *DETAILS)
    push.deliver(push.settled)
    del push.email.sent[:]
    push.server.loses = True
    push.deployment.clock.forward(days=2)
    push.deliver(push.settled)
    assert push.email.sent == []
    push.deployment.clock.forward(seconds=doubt.PAUSE.total_seconds())
    push.deliver(push.settled)
    assert [row[1] for row in push.rows("reminder")] == ["unknown", "pending", "sent"]
    assert ["Σας θυμίζω" in text for _address, text in push.email.sent] == [True]
    assert sum("Σας θυμίζω" in text for text in push.server.to("citizen")) == 2


def test_what_may_have_arrived_is_not_stuck(slow: PushDeployment) -> None:
    slow.deployment.say("Γεια")
    slow.deliver(slow.settled)
    slow.deployment.clock.forward(minutes=1)
    slow.deliver(slow.settled)
    now = slow.deployment.clock()
    stuck = slow.deployment.database.write_sync(lambda s: outbox_admin.stuck(s, "webchat", now))
    assert slow.statuses() == {"unknown"}
    assert stuck == []


def test_an_error_while_sending_that_nobody_foresaw_is_a_doubt(push: PushDeployment) -> None:
    push.deployment.talk(*BOOK, *DETAILS)
    push.email.fails = [KeyError("Μαρία")]
    push.deliver(push.settled)
    assert push.rows("confirmed")[0][1:] == ("pending", 1, "KeyError")
    push.email.fails = [DeliveryError("ReadTimeout", may_have_arrived=True)]
    push.deployment.clock.forward(seconds=doubt.PAUSE.total_seconds())
    push.deliver(push.settled)
    assert push.rows("confirmed")[0][1:] == ("unknown", 2, "ReadTimeout")


def test_what_waits_for_its_one_further_try_is_not_stuck(slow: PushDeployment) -> None:
    _greeting, question = [reply.text for reply in slow.deployment.say("Γεια")]
    slow.deliver(slow.settled)
    slow.deployment.clock.forward(seconds=1)
    now = slow.deployment.clock()
    slow.deployment.database.write_sync(lambda s: outbox_admin.retry(s, "webchat", now, None))
    for _ in range(3):
        slow.deliver(slow.settled)
        slow.deployment.clock.forward(minutes=1)
    assert slow.server.to("citizen").count(question) == 2
