"""Telegram's updates that come again or can't be read, and messages that don't arrive."""

from typing import Any

import pytest
from structlog.testing import capture_logs

from core.messaging.receipts import SEND_GRACE
from tests.bot.platforms import telegram_updates as updates
from tests.bot.push_deployment import settled
from tests.conftest import Deployment
from tests.core.wait_until import until
from tests.fakes.http_server import cut_short, late, lost
from tests.fakes.telegram import BLOCKED, failure
from tests.webhooks.telegram_person import CHAT, Person


def test_what_telegram_quotes_of_a_message_is_neither_noted_nor_logged(
    maria: Person, deployment: Deployment, capsys: pytest.CaptureFixture[str]
) -> None:
    said = 'Bad Request: can\'t parse entities: Unsupported start tag "Μαρία" at byte offset 12'
    maria.server.failures[CHAT] = [failure(400, said)]
    maria.tell({**updates.message(text="Μαρία"), "update_id": 5000})
    noted = "SELECT last_error FROM outgoing WHERE last_error IS NOT NULL"
    until(lambda: deployment.rows(noted) != [])
    ((why,),) = deployment.rows(noted)
    assert why.endswith(" start tag … at byte offset 12")
    maria.wait()
    logged = capsys.readouterr()
    assert "byte offset 12" in logged.out + logged.err
    assert "Μαρία" not in logged.out + logged.err


def test_an_update_that_comes_again_changes_nothing(maria: Person) -> None:
    update = updates.message(text="Γεια")
    assert [maria.tell(update).status_code for _time in range(3)] == [200] * 3
    maria.wait()
    assert len(maria.chat) == 2


def test_no_secret_no_record(maria: Person, deployment: Deployment) -> None:
    client = maria._client
    assert client.post("/webhooks/telegram/town", json=updates.message(text="α")).status_code == 403
    assert deployment.rows("SELECT 1 FROM inbounds") == []


def test_what_is_no_message_is_counted(maria: Person) -> None:
    assert maria.send(updates.blocked("member", chat=updates.GROUP)).status_code == 200
    counted = 'rantevou_ignored_total{kind="my_chat_member",platform="telegram"} 1.0'
    assert counted in maria._client.management.get("/metrics").text


@pytest.mark.parametrize("update", updates.UNREADABLE)
def test_an_update_that_cannot_be_read_is_counted_and_does_not_come_again(
    maria: Person, update: dict[str, Any]
) -> None:
    with capture_logs() as logs:
        assert maria.tell(update).status_code == 200
    counted = 'rantevou_ignored_total{kind="unreadable",platform="telegram"} 1.0'
    assert counted in maria._client.management.get("/metrics").text
    assert [each["log_level"] for each in logs if each.get("places")] == ["warning"]
    assert "Μαρία" not in str(logs)
    maria.write("Γεια")
    assert len(maria.chat) == 2


def test_who_was_told_to_wait_is_written_to_later(maria: Person, deployment: Deployment) -> None:
    maria.server.failures[CHAT] = [failure(429, "Too Many Requests", retry_after=60)]
    maria.tell(updates.message(text="Γεια"))
    until(lambda: deployment.rows("SELECT 1 FROM outgoing WHERE last_error IS NOT NULL") != [])
    assert maria.chat == []
    deployment.clock.forward(seconds=61)
    maria.wait()
    assert len(maria.chat) == 2


def test_an_answer_that_is_lost_or_cannot_be_read_doubles_no_greeting(
    maria: Person, deployment: Deployment
) -> None:
    maria.server.answer_faults[CHAT] = [cut_short, lost, lost, lost]
    maria.tell(updates.message(text="Γεια"))
    until(lambda: settled(deployment))
    for _time in range(3):
        deployment.clock.forward(minutes=1)
        until(lambda: settled(deployment))
    greeting, question, again = maria.chat
    assert (greeting == question, question == again) == (False, True)


@pytest.mark.soak
def test_an_answer_that_takes_seven_seconds_is_waited_for(maria: Person) -> None:
    maria.server.answer_faults[CHAT] = [late(7)]
    maria.tell(updates.message(text="Γεια"))
    until(lambda: len(maria.chat) == 2)
    maria.wait()
    assert len(maria.chat) == 2


def test_who_blocked_the_bot_is_left_alone_until_they_write(
    maria: Person, deployment: Deployment
) -> None:
    maria.server.failures[CHAT] = [BLOCKED] * 2
    maria.write("Γεια")
    assert maria.chat == []
    assert len(deployment.rows("SELECT 1 FROM suppressions")) == 1
    deployment.clock.forward(seconds=SEND_GRACE.total_seconds())
    maria.write("Καλαμάτα")
    assert len(maria.chat) > 0
    assert deployment.rows("SELECT 1 FROM suppressions") == []


def test_who_blocks_the_bot_is_suppressed_at_once_and_found_again(
    maria: Person, deployment: Deployment
) -> None:
    maria.send(updates.blocked())
    assert len(deployment.rows("SELECT 1 FROM suppressions")) == 1
    maria.send(updates.blocked("member"))
    assert deployment.rows("SELECT 1 FROM suppressions") == []
