"""What tests of whole processes need: database files of their own, and a booking in one."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.delivery import worker
from core.bookings.reference import fold_code
from tests.bot.post import Post
from tests.conftest import Town
from tests.fakes.pager import PagerServer
from tests.webhooks.talker import CODE


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
def booked(town: Town) -> str:
    """The code of a booking in Kalamata that is still to come by the clock of processes too."""
    town.clock.now = datetime.now(UTC).replace(microsecond=0)
    town.talk("Γεια", "Καλαμάτα", "Επίδομα Στέγασης", "όχι")
    for _day_and_time in range(2):
        town.say(choice=town.last[-1].choices[0].id)
    details = ("Μαρία Παπαδοπούλου", "maria@example.gr", "6912345678", "068933130")
    found = CODE.search(town.talk(*details, "συμφωνώ", "ναι")[0].text)
    assert found
    return fold_code(found[1])


@pytest.fixture
def post(town: Town, pager: PagerServer, monkeypatch: pytest.MonkeyPatch) -> Post:
    monkeypatch.setattr(worker, "POLL_SECONDS", 0.02)
    return Post(town, pager)
