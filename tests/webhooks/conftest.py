"""Fixtures: a server for all tests that book nothing, or one of a test's own."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from random import Random

import pytest

from bot.bootstrap import Application
from bot.context import Services
from bot.i18n.translator import Translator
from bot.platforms.telegram.adapter import Telegram
from bot.platforms.telegram.settings import TelegramAccount
from bot.settings import Settings
from core.catalogue.registry import Registry
from core.db.database import Database
from tests.bot.conftest import file, new_file, receiver, tls  # noqa: F401 fixtures here too
from tests.conftest import Clock, Deployment
from tests.fakes.telegram import TOKEN, telegram_server
from tests.postgres import KEY
from tests.webhooks.chat_client import ServedClient, serving
from tests.webhooks.telegram_person import Person
from webhooks.app import build_app

Serve = Callable[..., ServedClient]


def served(database: Database, services: Services, **settings: int | str) -> Application:
    """Return an application with these settings."""
    plenty: dict[str, int | str] = {"requests_per_minute": 100_000, **settings}
    return Application(Settings.model_validate(plenty), database, services)


@pytest.fixture
def serve(deployment: Deployment) -> Iterator[Serve]:
    """Yield a function that starts a server with given settings."""
    with ExitStack() as servers:

        def start(**settings: int | str) -> ServedClient:
            app = build_app(served(deployment.database, deployment.services, **settings))
            return servers.enter_context(serving(app))

        yield start


@pytest.fixture(scope="session")
def shared_client(
    migrated: Path, texts: Translator, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ServedClient]:
    """Yield a client of the server that tests share, each with its own conversations."""
    copy = tmp_path_factory.mktemp("shared") / "rantevou.db"
    copy.write_bytes(migrated.read_bytes())
    services = Services(Registry("secret"), texts, Clock(), Random(1).choice)
    with serving(build_app(served(Database(f"sqlite:///{copy}", KEY), services))) as shared:
        yield shared


@pytest.fixture
def client(shared_client: ServedClient) -> Iterator[ServedClient]:
    """Yield it without cookies; headers that a test sets are taken back."""
    headers = shared_client.headers.copy()
    shared_client.cookies.clear()
    yield shared_client
    shared_client.headers = headers


@pytest.fixture
def maria(deployment: Deployment, serve: Serve, texts: Translator) -> Iterator[Person]:
    with telegram_server() as server:
        account = TelegramAccount.model_validate({"token": TOKEN, "api_url": server.url})
        deployment.connect({"telegram:town": Telegram("telegram:town", account, texts)})
        yield Person(deployment, serve(), server)
