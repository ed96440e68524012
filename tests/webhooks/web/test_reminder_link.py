"""The link in a reminder by e-mail that ends reminders to its address with one click (RFC 8058)."""

import httpx
import pytest
from sqlalchemy import select
from structlog.testing import capture_logs

from core.bookings.links import link_token
from core.bookings.reminder_links import reminder_token
from core.db.models import Booking
from core.errors import DatabaseUnavailable
from tests.conftest import Deployment
from tests.webhooks.conftest import Serve

ONE_CLICK = {"List-Unsubscribe": "One-Click"}

BOOKING = select(Booking).where(Booking.code.is_not(None))


@pytest.fixture
def client(booked_client: httpx.Client) -> httpx.Client:
    """A browser without cookies, after another has booked an appointment."""
    booked_client.cookies.clear()
    return booked_client


@pytest.fixture
def path(client: httpx.Client, deployment: Deployment) -> str:
    registry = deployment.services.registry
    return deployment.database.write_sync(
        lambda session: f"/u/{reminder_token(session, registry, session.scalars(BOOKING).one())}"
    )


def is_stopped(deployment: Deployment) -> bool:
    return bool(deployment.rows("SELECT 1 FROM reminder_links WHERE stopped_at IS NOT NULL"))


@pytest.mark.parametrize("form", ["urlencoded", "multipart"])
def test_a_mail_program_ends_them_with_one_click(
    client: httpx.Client, path: str, deployment: Deployment, form: str
) -> None:
    headers = {"Origin": "https://mail.example", "Sec-Fetch-Site": "cross-site"}
    for _twice in range(2):
        sent = (
            client.post(path, data=ONE_CLICK, headers=headers)
            if form == "urlencoded"
            else client.post(path, files={"List-Unsubscribe": (None, "One-Click")}, headers=headers)
        )
        assert sent.status_code == 200
        assert "set-cookie" not in sent.headers
        assert is_stopped(deployment)
    assert deployment.rows("SELECT count(*) FROM reminder_links") == [(1,)]
    assert deployment.rows("SELECT state FROM bookings WHERE code IS NOT NULL") == [("confirmed",)]


def test_looking_changes_nothing_and_a_button_ends_them_or_takes_that_back(
    client: httpx.Client, path: str, deployment: Deployment
) -> None:
    before = deployment.everything()
    for method in ("GET", "HEAD"):
        answer = client.request(method, path)
        assert answer.status_code == 200
        assert "set-cookie" not in answer.headers
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-robots-tag"] == "noindex"
    assert deployment.everything() == before
    page = client.get(path).text
    assert "Δήμος Καλαμάτας" in page
    assert page.count("<button") == 1
    assert "2721000000" not in page
    assert "Μαρία" not in page
    assert 'value="stop"' in page
    ended = client.post(path, data={"task": "stop"})
    assert ended.status_code == 200
    assert 'value="resume"' in ended.text
    assert is_stopped(deployment)
    assert client.get(path).text == ended.text
    assert client.post(path, data={"task": "resume"}).text == page
    assert not is_stopped(deployment)


def test_what_no_form_sends_changes_nothing(
    client: httpx.Client, path: str, deployment: Deployment
) -> None:
    for data in ({}, {"task": "cancel"}, {"List-Unsubscribe": "no"}):
        assert client.post(path, data=data).status_code == 422
    assert not is_stopped(deployment)


@pytest.mark.parametrize("forged", ["a" * 26, "x", "é" * 26, "%00"])
def test_a_forged_one_is_unknown(
    client: httpx.Client, path: str, deployment: Deployment, forged: str
) -> None:
    assert client.get(f"/u/{forged}").status_code == 404
    assert client.post(f"/u/{forged}", data=ONE_CLICK).status_code == 404
    assert not is_stopped(deployment)


def test_neither_link_is_the_other(client: httpx.Client, path: str, deployment: Deployment) -> None:
    registry = deployment.services.registry
    page = deployment.database.write_sync(
        lambda session: link_token(session, registry, session.scalars(BOOKING).one())
    )
    assert client.get(path.replace("/u/", "/a/")).status_code == 404
    assert client.get(f"/u/{page}").status_code == 404


def test_a_mail_provider_may_do_so_for_many_readers(
    serve: Serve, path: str, deployment: Deployment
) -> None:
    strict = serve(requests_per_minute=5)
    answers = [strict.post(path, data=ONE_CLICK) for _ in range(7)]
    assert {each.status_code for each in answers} == {200}
    guesses = [strict.post(f"/u/{'a' * 26}", data=ONE_CLICK) for _ in range(7)]
    assert [each.status_code for each in guesses] == [404] * 5 + [429] * 2


def test_no_token_is_logged(
    client: httpx.Client, path: str, deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(_read: object) -> None:
        raise DatabaseUnavailable

    with capture_logs() as logs:
        assert client.post(path, data=ONE_CLICK).status_code == 200
        monkeypatch.setattr(deployment.database, "read", away)
        assert client.post(path, data=ONE_CLICK).status_code == 503
    refused = [each for each in logs if each["event"] == "turned away"]
    assert [each["path"] for each in refused] == ["/u/…"]
    assert path.removeprefix("/u/") not in str(logs)
