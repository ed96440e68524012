"""Fixtures for tests of whole processes: database files, a booking, a push platform."""

import ssl
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.delivery import worker
from core.bookings.reference import fold_code
from tests.bot.push_deployment import PushDeployment
from tests.bot.staff_chat import StaffChat
from tests.conftest import Deployment
from tests.fakes.push_platform import PushPlatformServer
from tests.fakes.telegram import TelegramServer, telegram_server
from tests.fakes.webhook_receiver import WebhookReceiver, certificate, webhook_receiver
from tests.postgres import Server
from tests.webhooks.chat_client import CODE


@pytest.fixture
def file(migrated: Path, tmp_path: Path) -> Path:
    """Return a database file with the shipped catalogues, for a process to open."""
    copy = tmp_path / "rantevou.db"
    copy.write_bytes(migrated.read_bytes())
    return copy


@pytest.fixture
def new_file(tmp_path: Path) -> Path:
    """Return the path of a database that doesn't exist yet."""
    return tmp_path / "new.db"


@pytest.fixture
def booked(deployment: Deployment) -> str:
    """Return the code of a booking in Kalamata that is in the future by the real clock, too."""
    deployment.clock.now = datetime.now(UTC).replace(microsecond=0)
    deployment.talk("Γεια", "Καλαμάτα", "Επίδομα Στέγασης", "όχι")
    for _day_and_time in range(2):
        deployment.say(choice=deployment.last[-1].choices[0].id)
    details = ("Μαρία Παπαδοπούλου", "maria@example.gr", "6912345678", "068933130")
    found = CODE.search(deployment.talk(*details, "συμφωνώ", "ναι")[0].text)
    assert found
    return fold_code(found[1])


@pytest.fixture
def push(
    deployment: Deployment, push_platform: PushPlatformServer, monkeypatch: pytest.MonkeyPatch
) -> PushDeployment:
    monkeypatch.setattr(worker, "POLL_SECONDS", 0.02)
    return PushDeployment(deployment, push_platform)


@pytest.fixture
def telegram_api() -> Iterator[TelegramServer]:
    """Run a fake of Telegram."""
    with telegram_server() as server:
        yield server


@pytest.fixture
def staff_chat(
    request: pytest.FixtureRequest,
    deployment: Deployment,
    telegram_api: TelegramServer,
    monkeypatch: pytest.MonkeyPatch,
) -> StaffChat:
    """Return a town with a group of staff; the parameter is its `staff_chat`."""
    monkeypatch.setattr(worker, "POLL_SECONDS", 0.02)
    return StaffChat(deployment, telegram_api, getattr(request, "param", {}))


@pytest.fixture
def url(postgres: Server) -> Iterator[str]:
    """The URL of an empty PostgreSQL database."""
    with postgres.database() as url:
        yield url


@pytest.fixture(scope="session")
def tls(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ssl.SSLContext]:
    """The certificate of receivers of events, and what their server needs."""
    return certificate(tmp_path_factory.mktemp("tls"), "127.0.0.1", "one.test")


@pytest.fixture
def receiver(
    tls: tuple[Path, ssl.SSLContext], monkeypatch: pytest.MonkeyPatch
) -> Iterator[WebhookReceiver]:
    """Run a program that receives events, whose certificate is trusted."""
    monkeypatch.setenv("SSL_CERT_FILE", str(tls[0]))
    with webhook_receiver(tls[1]) as receiver:
        yield receiver
