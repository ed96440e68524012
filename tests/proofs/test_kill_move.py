"""The move to PostgreSQL is killed at any time, and run again until it ends: all rows are equal."""

import random
import subprocess
import time
from contextlib import closing, suppress
from pathlib import Path

import pytest
from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from bot.secret_key import secret_file
from core.db.database import Database
from core.db.database_key import key_file
from core.db.models import Booking, Confirmation, History
from core.errors import ConfigurationError
from tests.bench.databases import NOW, fill
from tests.bot.moving import rows
from tests.bot.process_start import RANTEVOU, start
from tests.bot.processes import TIMEOUT_SECONDS, environment, run
from tests.conftest import SOAK
from tests.postgres import KEY, Server
from tests.preloaded import SECRET
from tests.soak.tell import Tell


class Move:
    """The command, run on a copy of an office."""

    def __init__(self, office: Path, url: str) -> None:
        self.file, self.url = office.with_name(f"moved {random.random()}.db"), url
        self.file.write_bytes(office.read_bytes())
        secret_file(self.file).write_text(SECRET)
        key_file(self.file).write_text(KEY)
        self.log = self.file.with_suffix(".log")

    def run(self, killed_after: float | None) -> bool:
        """Run it; return whether it was killed before it ended."""
        command = (RANTEVOU, "database", "move", self.url)
        process = start(command, self.log, self.file.parent, environment(self.file))
        try:
            code = process.wait(TIMEOUT_SECONDS if killed_after is None else killed_after)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            return True
        assert code == 0, self.log.read_text("utf-8")
        return False

    def serve(self, choose: random.Random) -> None:
        """Change the office as a server between two runs does."""

        def act(session: Session) -> None:
            newest = session.scalar(select(func.max(Booking.id))) or 0
            one = Booking.id == choose.randint(1, newest)
            session.execute(update(Booking).where(one).values(state="cancelled", version=2))
            session.execute(delete(History).where(History.id == choose.randint(1, newest)))
            session.add(Confirmation(network="hash", municipality_id="kalamata", at=NOW))

        with (
            closing(Database(f"sqlite:///{self.file}")) as database,
            suppress(ConfigurationError),  # it was killed at the very end
        ):
            database.prepare()
            database.write_sync(act)

    def check(self) -> None:
        """Check, when it has ended, that the office is in PostgreSQL, and there only."""
        with (
            closing(Database(f"sqlite:///{self.file}")) as source,
            closing(Database(self.url, KEY)) as target,
        ):
            with pytest.raises(ConfigurationError, match="was moved to"):
                source.prepare()
            target.prepare()
            assert rows(target) == rows(source)


@pytest.mark.parametrize(("kills", "stored"), [(4, 1000), pytest.param(60, 10_000, marks=SOAK)])
def test_nothing_is_lost_when_a_move_is_killed(
    postgres: Server, tmp_path: Path, tell: Tell, kills: int, stored: int
) -> None:
    office = tmp_path / "office.db"
    fill(f"sqlite:///{office}", stored)
    choose = random.Random()
    with postgres.database() as url:
        run(office, "--help")  # the first process that is forked takes longer to begin
        began = time.monotonic()
        assert not Move(office, url).run(None)
        longest = time.monotonic() - began
    killed = ended = 0
    while killed < kills:
        with postgres.database() as url:
            move = Move(office, url)
            while killed < kills and move.run(choose.uniform(0, longest)):
                killed += 1
                if choose.random() < 0.3:
                    move.serve(choose)
            assert not move.run(None)
            move.check()
            ended += 1
    tell(f"{killed} kills of {ended} moves, each of which takes {longest:.1f} seconds")
