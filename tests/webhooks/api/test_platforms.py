"""The answers to webhooks' requests, and to the messages in them."""

from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest
from sqlalchemy import func, select, update
from structlog.testing import capture_logs

from core.db import database
from core.db.models import InboundRow, OutboxRow
from tests.conftest import Deployment
from tests.fakes.push_platform import ACCOUNT, SECRET, PushPlatform, say
from tests.webhooks.conftest import Serve

PATH = f"/webhooks/{ACCOUNT.replace(':', '/')}"
GOOD = {"X-Secret": SECRET}


@pytest.fixture
def webhook_client(deployment: Deployment, serve: Serve) -> httpx.Client:
    """Yield a client for the push platform's webhook; nothing is delivered."""
    deployment.connect({ACCOUNT: PushPlatform("http://127.0.0.1:9")})
    return serve(requests_per_minute=1)


@contextmanager
def recorded(deployment: Deployment, messages: int) -> Iterator[None]:
    """Check how many messages are recorded meanwhile."""

    def count() -> int:
        query = select(func.count()).select_from(InboundRow)
        return deployment.database.write_sync(lambda s: s.scalar(query) or 0)

    before = count()
    yield
    assert count() - before == messages


def test_a_message_is_answered_through_the_outbox(
    deployment: Deployment, webhook_client: httpx.Client
) -> None:
    with recorded(deployment, 1):
        assert say(webhook_client, "maria", 1, text="Γεια") == 200
    unsent = deployment.database.write_sync(lambda s: s.scalars(select(OutboxRow)).all())
    assert [(row.kind, row.position) for row in unsent] == [("reply", 0), ("reply", 1)]


def test_the_limit_of_an_address_is_not_for_platforms(webhook_client: httpx.Client) -> None:
    assert [say(webhook_client, "maria", number, text="Γεια") for number in range(1, 6)] == [
        200
    ] * 5


def test_a_replayed_message_is_taken_and_changes_nothing(
    deployment: Deployment, webhook_client: httpx.Client
) -> None:
    with recorded(deployment, 1):
        assert [say(webhook_client, "maria", 1, text="Γεια") for _time in range(3)] == [200] * 3


@pytest.mark.parametrize("headers", [{}, {"X-Secret": "guessed"}])
def test_a_forged_request_is_refused_and_not_recorded(
    deployment: Deployment, webhook_client: httpx.Client, headers: dict[str, str]
) -> None:
    with recorded(deployment, 0):
        answer = webhook_client.post(
            PATH, json={"from": "maria", "id": 1, "text": "Γεια"}, headers=headers
        )
        assert answer.status_code == 403


@pytest.mark.parametrize(
    "body",
    ["", "{", "[]", '{"from": "maria"}', "null", '{"from": "a\\u0000b", "id": 1, "text": "Γεια"}'],
)
def test_a_request_that_cannot_be_read_is_skipped_for_else_it_comes_again(
    deployment: Deployment, webhook_client: httpx.Client, body: str
) -> None:
    with recorded(deployment, 0), capture_logs() as logs:
        assert webhook_client.post(PATH, content=body, headers=GOOD).status_code == 200
    assert [each["log_level"] for each in logs if each.get("places")] == ["warning"]


def test_an_account_we_do_not_have_is_not_found(webhook_client: httpx.Client) -> None:
    assert webhook_client.post("/webhooks/push/two", json={}, headers=GOOD).status_code == 404


def test_a_number_that_another_s_message_had_shows_nothing_of_theirs(
    deployment: Deployment, webhook_client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "RETRY_SECONDS", 0.1)
    assert (
        say(webhook_client, "maria", 1, text="Γεια")
        == say(webhook_client, "nikos", 2, text="Γεια")
        == 200
    )
    with recorded(deployment, 0):
        assert say(webhook_client, "nikos", 1, text="Γεια") in (500, 503)


def talk(deployment: Deployment, webhook_client: httpx.Client, *said: tuple[int, str]) -> str:
    """Have these written, by their numbers; the last that is answered."""
    for number, text in said:
        assert say(webhook_client, "maria", number, text=text) == 200
        deployment.database.write_sync(lambda s: s.execute(update(OutboxRow).values(status="sent")))
    rows = select(InboundRow.replies).order_by(InboundRow.id.desc()).limit(1)
    replies = deployment.database.write_sync(lambda s: s.scalars(rows).one())
    return "\n".join(reply["text"] for reply in replies)


def test_a_text_that_was_overtaken_answers_no_later_question(
    deployment: Deployment, webhook_client: httpx.Client
) -> None:
    answered = talk(
        deployment, webhook_client, (1, "Γεια"), (3, "Καλαμάτα"), (2, "Επίδομα Στέγασης")
    )
    assert "Αυτό το έλαβα μετά από το επόμενο μήνυμά σας" in answered
    assert "Ποια υπηρεσία;" in answered
    assert "Λαμβάνετε" in talk(deployment, webhook_client, (4, "Επίδομα Στέγασης"))


def test_a_first_message_that_was_overtaken_is_none(
    deployment: Deployment, webhook_client: httpx.Client
) -> None:
    answered = talk(deployment, webhook_client, (2, "Γεια"), (1, "Καλαμάτα"))
    assert "Σε ποιον δήμο" in answered
