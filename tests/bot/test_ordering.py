"""Messages that come at once are taken in the platform's order, and answer what was seen."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from bot.bootstrap import Application
from bot.messages import Inbound, Reply
from bot.settings import Settings
from bot.turn import receive
from core.db.database import Database
from core.db.models import InboundRow, OutboxRow, PendingInbound
from core.errors import RetryTransaction
from core.messaging import conversations
from core.messaging.arrival_order import MAX_WAIT
from core.messaging.outbox import LEASE
from tests.conftest import NOW, Deployment, mostly_on
from tests.core.wait_until import soon
from tests.fakes.push_platform import PushPlatform
from tests.postgres import KEY

TO_CONSENT = (
    *("Γεια", "Καλαμάτα", "Επίδομα Στέγασης", "όχι", "3/12", "12:30", "Μαρία Παπαδοπούλου"),
    *("maria@example.gr", "6912345678", "068933130"),
)

on_postgres = pytest.mark.parametrize("database", ["postgresql"], indirect=True)


def inbound(number: int, text: str) -> Inbound:
    who = {"platform": "console", "account": "console", "address": "citizen"}
    return Inbound(**who, message_id=f"numbered {number}", number=number, text=text)


def taken(session: Session) -> list[str]:
    """The messages, in the order in which they were answered."""
    return list(session.scalars(select(InboundRow.message_id).order_by(InboundRow.id)))


def waiting(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(PendingInbound)) or 0


@on_postgres
def test_of_messages_that_wait_in_two_processes_the_earlier_is_first(
    deployment: Deployment,
) -> None:
    deployment.say("Γεια")
    deployment.say("Καλαμάτα")
    databases = [Database(deployment.database.url, KEY) for _process in range(2)]
    first, second = (Application(Settings(), each, deployment.services) for each in databases)

    async def both() -> tuple[list[Reply], list[Reply]]:
        with Session(deployment.database.engine) as other:
            conversations.find(other, "console", "citizen", lock=True)
            later = asyncio.create_task(first.handle_message(inbound(8, "όχι")))
            await soon(lambda: deployment.database.write_sync(waiting) == 1)
            earlier = asyncio.create_task(second.handle_message(inbound(7, "Επίδομα Στέγασης")))
            await soon(lambda: deployment.database.write_sync(waiting) == 2)
        return await asyncio.gather(earlier, later)

    earlier, later = asyncio.run(both())
    for each in databases:
        each.close()
    assert deployment.database.write_sync(taken)[-2:] == ["numbered 7", "numbered 8"]
    assert (earlier[-1].step, later[-1].step) == ("screening.receives", "day")
    assert deployment.database.write_sync(waiting) == 0


@mostly_on("sqlite")
def test_what_never_comes_is_waited_for_no_longer_than_that(deployment: Deployment) -> None:
    deployment.say("Γεια")
    application = Application(Settings(), deployment.database, deployment.services)

    def left_behind(session: Session) -> None:
        found = conversations.find(session, "console", "citizen")
        assert found
        session.add(
            PendingInbound(conversation_id=found.id, number=1, until=deployment.clock() + MAX_WAIT)
        )

    async def answer() -> list[Reply]:
        task = asyncio.create_task(application.handle_message(inbound(2, "Καλαμάτα")))
        await soon(lambda: deployment.database.write_sync(waiting) == 2)
        deployment.clock.forward(seconds=MAX_WAIT.total_seconds())
        return await task

    deployment.database.write_sync(left_behind)
    assert asyncio.run(answer())[-1].step == "service"
    assert deployment.database.write_sync(taken)[-1] == "numbered 2"
    again = inbound(2, "Καλαμάτα")
    assert asyncio.run(application.handle_message(again))[-1].step == "service"
    assert deployment.database.write_sync(waiting) == 0


def test_what_was_written_before_its_question_could_be_seen_is_no_answer(
    deployment: Deployment,
) -> None:
    deployment.talk(*TO_CONSENT)

    def send(number: int, text: str, seconds: float) -> list[Reply]:
        came = NOW + timedelta(seconds=seconds)
        return deployment.database.write_sync(
            lambda s: receive(s, deployment.services, inbound(number, text), came)
        )

    early, asked = send(1, "ναι", -0.5)
    assert early.text.startswith("Αυτό το γράψατε πριν δείτε την ερώτηση")
    assert asked.step == "consent"
    assert send(2, "ναι", 0)[-1].step == "review"


@mostly_on("sqlite")
@pytest.mark.parametrize(
    ("status", "attempts", "theirs", "step"),
    [
        pytest.param("sent", 1, "8", "consent", id="sent after it"),
        pytest.param("sent", 1, "6", "review", id="sent before it"),
        pytest.param("sent", 1, None, "review", id="sent, nobody knows when"),
        pytest.param("pending", 0, None, "consent", id="not sent yet"),
        pytest.param("pending", 1, None, "consent", id="perhaps arrived"),
        pytest.param("claimed", 1, None, "consent", id="long on its way"),
        pytest.param("failed", 9, None, "consent", id="given up"),
    ],
)
def test_a_text_that_was_in_the_chat_before_its_question_is_no_answer(
    deployment: Deployment, status: str, attempts: int, theirs: str | None, step: str
) -> None:
    deployment.connect({"console": PushPlatform("http://127.0.0.1:9")})
    deployment.talk(*TO_CONSENT)
    ours = {"status": status, "attempts": attempts, "provider_id": theirs, "try_at": NOW + LEASE}
    deployment.database.write_sync(lambda s: s.execute(update(OutboxRow).values(ours)))
    deployment.clock.forward(seconds=10)
    said = inbound(7, "ναι").model_copy(update={"chat_sequence": 7})
    replies = deployment.receive(said)
    assert replies[-1].step == step
    assert ("Αυτό το γράψατε πριν" in replies[0].text) == (step == "consent")


def test_where_nothing_is_numbered_what_was_not_sent_was_not_seen(deployment: Deployment) -> None:
    deployment.connect({"console": PushPlatform("http://127.0.0.1:9")})
    deployment.talk(*TO_CONSENT)
    assert deployment.say("ναι")[-1].step == "consent"
    deployment.database.write_sync(lambda s: s.execute(update(OutboxRow).values(status="sent")))
    assert deployment.say("ναι")[-1].step == "review"


@mostly_on("sqlite")
@pytest.mark.parametrize(
    "lost",
    [
        pytest.param({"status": "unknown", "attempts": 1}, id="given up"),
        pytest.param({"status": "pending", "attempts": 1, "may_have_arrived": True}, id="retried"),
        pytest.param({"status": "claimed", "attempts": 1, "try_at": NOW}, id="on its way"),
    ],
)
def test_while_answers_are_lost_a_citizen_is_asked_again_once(
    deployment: Deployment, lost: dict[str, object]
) -> None:
    deployment.connect({"console": PushPlatform("http://127.0.0.1:9")})

    def say(text: str) -> str | None:
        deployment.database.write_sync(lambda s: s.execute(update(OutboxRow).values(lost)))
        return deployment.say(text)[-1].step

    deployment.talk(*TO_CONSENT)
    assert say("ναι") == "consent"
    assert say("ναι") == "consent"  # written with the one before, and no answer to this question
    deployment.clock.forward(seconds=3)
    assert say("ναι") == "review"
    assert say("ναι") == "review"  # another question, of which nothing was refused before
    deployment.clock.forward(seconds=3)
    assert say("ναι") != "review"


def test_a_question_asked_again_that_waits_for_the_one_in_doubt_can_be_answered(
    deployment: Deployment,
) -> None:
    deployment.connect({"console": PushPlatform("http://127.0.0.1:9")})
    deployment.talk(*TO_CONSENT)
    lost = {"status": "unknown", "attempts": 1}
    deployment.database.write_sync(lambda s: s.execute(update(OutboxRow).values(lost)))
    assert deployment.say("ναι")[-1].step == "consent"
    assert deployment.say("ναι")[-1].step == "consent"  # typed with the one before
    deployment.clock.forward(seconds=3)
    assert deployment.say("ναι")[-1].step == "review"


def test_a_question_that_surely_was_not_shown_is_not_answered(deployment: Deployment) -> None:
    deployment.connect({"console": PushPlatform("http://127.0.0.1:9")})
    deployment.talk(*TO_CONSENT)
    for _time in range(3):
        assert deployment.say("ναι")[-1].step == "consent"
        deployment.clock.forward(seconds=10)


def test_while_the_question_is_on_its_way_the_text_waits(deployment: Deployment) -> None:
    deployment.connect({"console": PushPlatform("http://127.0.0.1:9")})
    deployment.talk(*TO_CONSENT)
    ours = {"status": "claimed", "attempts": 1, "try_at": NOW + LEASE}
    deployment.database.write_sync(lambda s: s.execute(update(OutboxRow).values(ours)))
    said = inbound(7, "ναι").model_copy(update={"chat_sequence": 7})
    with Session(deployment.database.engine) as session, pytest.raises(RetryTransaction):
        receive(session, deployment.services, said)


def test_a_command_is_taken_though_it_missed_its_question(deployment: Deployment) -> None:
    deployment.talk(*TO_CONSENT)
    early = NOW - timedelta(seconds=1)
    replies = deployment.database.write_sync(
        lambda s: receive(s, deployment.services, inbound(1, "από την αρχή"), early)
    )
    assert replies[-1].step != "consent"
    assert not any("Αυτό το γράψατε πριν" in reply.text for reply in replies)


OFFLINE = [
    pytest.param(
        ("Γεια σας", "θέλω ραντεβού στην Καλαμάτα"), "service", id="a sentence after a greeting"
    ),
    pytest.param(("Γεια σας", "Καλαμάτα", "Επίδομα Στέγασης"), "screening.receives", id="names"),
    pytest.param(("/start", "καλημέρα σας", "Καλαμάτα"), "service", id="two greetings"),
    pytest.param(
        ("Γεια σας", "επίδομα στέγασης στην Καλαμάτα"), "screening.receives", id="both in one"
    ),
    pytest.param(("Γεια σας", "Καλαμάτα", "από την αρχή"), "municipality", id="a command"),
]


@mostly_on("sqlite")
@pytest.mark.parametrize(("said", "step"), OFFLINE)
def test_whole_requests_that_were_typed_offline_are_taken(
    deployment: Deployment, said: tuple[str, ...], step: str
) -> None:
    deployment.connect({"console": PushPlatform("http://127.0.0.1:9")})
    texts = []
    for number, text in enumerate(said, 1):
        early = inbound(number, text).model_copy(update={"chat_sequence": number})
        texts += [reply.text for reply in deployment.receive(early)]
        assert deployment.last[-1].language == "el"
    assert deployment.last[-1].step == step
    assert not any("Αυτό το γράψατε πριν" in text for text in texts)


@pytest.mark.parametrize(
    ("said", "step"),
    [
        (("Γεια σας", "1"), "municipality"),
        (("Γεια σας", "ναι"), "municipality"),
        (("Γεια σας", "Καλαμάτα", "1"), "service"),
        (("Γεια σας", "Καλαμάτα", "Επίδομα Στέγασης", "όχι"), "screening.receives"),
        (("Επίδομα Στέγασης στην Καλαμάτα", "όχι"), "screening.receives"),
    ],
)
def test_what_may_be_meant_for_another_question_is_not(
    deployment: Deployment, said: tuple[str, ...], step: str
) -> None:
    deployment.connect({"console": PushPlatform("http://127.0.0.1:9")})
    for number, text in enumerate(said, 1):
        deployment.receive(inbound(number, text).model_copy(update={"chat_sequence": number}))
    assert deployment.last[-1].step == step


def test_a_name_that_was_overtaken_is_not_taken(deployment: Deployment) -> None:
    deployment.receive(inbound(1, "Γεια"))
    deployment.receive(inbound(5, "βοήθεια"))
    late, asked = deployment.receive(inbound(4, "Καλαμάτα"))
    assert late.text.startswith("Αυτό το έλαβα μετά")
    assert asked.step == "municipality"


@pytest.mark.parametrize("ahead", [timedelta(minutes=1), timedelta(days=1)])
def test_a_time_that_has_not_come_makes_no_later_text_old(
    deployment: Deployment, ahead: timedelta
) -> None:
    def stamped(after: timedelta, text: str) -> Inbound:
        at = int((NOW + after).timestamp() * 1000)
        return inbound(at, text).model_copy(update={"number_is_time": True})

    deployment.receive(stamped(ahead, "Γεια"))
    assert deployment.receive(stamped(timedelta(), "Καλαμάτα"))[-1].step == "service"
    late, _asked = deployment.receive(stamped(timedelta(seconds=-1), "Επίδομα Στέγασης"))
    assert late.text.startswith("Αυτό το έλαβα μετά")


def test_whose_clock_is_slow_is_refused_once_and_not_for_ever(deployment: Deployment) -> None:
    deployment.clock.forward(minutes=10)
    deployment.talk(*TO_CONSENT)
    deployment.clock.forward(minutes=-10)

    def say(number: int) -> str | None:
        return deployment.database.write_sync(
            lambda s: receive(s, deployment.services, inbound(number, "ναι"), deployment.clock())
        )[-1].step

    assert say(1) == "consent"
    assert say(2) == "review"


def test_a_platform_that_counts_anew_is_heard_again(deployment: Deployment) -> None:
    deployment.receive(inbound(10**12, "Γεια"))
    assert deployment.receive(inbound(5, "Καλαμάτα"))[-1].step == "municipality"
    deployment.clock.forward(hours=2)
    assert deployment.receive(inbound(6, "Καλαμάτα"))[-1].step == "service"
    assert deployment.receive(inbound(7, "Επίδομα Στέγασης"))[-1].step == "screening.receives"


def test_an_overtaken_tap_makes_no_later_text_the_newest(deployment: Deployment) -> None:
    deployment.receive(inbound(1, "Γεια"))
    old = deployment.last[-1].choices[0].id
    deployment.receive(inbound(5, "Καλαμάτα"))
    deployment.receive(inbound(2, "").model_copy(update={"text": None, "choice": old}))
    late, asked = deployment.receive(inbound(4, "Επίδομα Στέγασης"))
    assert late.text.startswith("Αυτό το έλαβα μετά")
    assert asked.step == "service"
