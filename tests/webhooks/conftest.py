"""Servers to talk to: one for all that book nothing, or one of a test's own."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from random import Random

import httpx
import pytest

from bot.conversation import House
from bot.settings import Settings
from bot.texts import Texts
from bot.wiring import Wiring
from core.database import Database
from core.office import Office
from tests.bot.conftest import file  # noqa: F401 a fixture here too
from tests.conftest import Clock, Town
from tests.webhooks.talker import serving
from webhooks.app import application

Serve = Callable[..., httpx.Client]


def served(database: Database, house: House, **settings: int | str) -> Wiring:
    """Put a program together that has these settings."""
    plenty: dict[str, int | str] = {"requests_per_minute": 100_000, **settings}
    return Wiring(Settings.model_validate(plenty), database, house)


@pytest.fixture
def serve(town: Town) -> Iterator[Serve]:
    """Serve the town with these settings."""
    with ExitStack() as servers:

        def start(**settings: int | str) -> httpx.Client:
            app = application(served(town.database, town.house, **settings))
            return servers.enter_context(serving(app))

        yield start


@pytest.fixture(scope="session")
def client(
    migrated: Path, texts: Texts, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[httpx.Client]:
    """A client of the server that tests share, each with its own conversations."""
    copy = tmp_path_factory.mktemp("shared") / "rantevou.db"
    copy.write_bytes(migrated.read_bytes())
    house = House(Office("secret"), texts, Clock(), Random(1).choice)
    with serving(application(served(Database(f"sqlite:///{copy}"), house))) as shared:
        yield shared
