"""What tests of whole processes need: database files of their own, and a booking in one."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.delivery import worker
from core.bookings.reference import fold_code
from tests.bot.push_deployment import Post
from tests.conftest import Deployment
from tests.fakes.push_platform import PushPlatformServer
from tests.webhooks.chat_client import CODE


@pytest.fixture
def file(migrated: Path, tmp_path: Path) -> Path:
    """A database with the four catalogues, for a process to open."""
    copy = tmp_path / "rantevou.db"
    copy.write_bytes(migrated.read_bytes())
    return copy


@pytest.fixture
def new_file(tmp_path: Path) -> Path:
    """Where there is no database yet."""
    return tmp_path / "new.db"


@pytest.fixture
def booked(deployment: Deployment) -> str:
    """The code of a booking in Kalamata that is still to come by the clock of processes too."""
    deployment.clock.now = datetime.now(UTC).replace(microsecond=0)
    deployment.talk("Γεια", "Καλαμάτα", "Επίδομα Στέγασης", "όχι")
    for _day_and_time in range(2):
        deployment.say(choice=deployment.last[-1].choices[0].id)
    details = ("Μαρία Παπαδοπούλου", "maria@example.gr", "6912345678", "068933130")
    found = CODE.search(deployment.talk(*details, "συμφωνώ", "ναι")[0].text)
    assert found
    return fold_code(found[1])


@pytest.fixture
def post(
    deployment: Deployment, push_platform: PushPlatformServer, monkeypatch: pytest.MonkeyPatch
) -> Post:
    monkeypatch.setattr(worker, "POLL_SECONDS", 0.02)
    return Post(deployment, push_platform)
