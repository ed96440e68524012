"""`rantevou database move` beside other processes: each keeps off what the other uses."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from subprocess import CompletedProcess

import psycopg
import pytest

from bot.ops.database_move import AGAIN
from core.db.advisory_locks import key_of
from core.db.database import Database
from core.db.sqlite import SQLite
from tests.bot.moving import move
from tests.bot.process_start import RANTEVOU
from tests.bot.processes import free_port, run, run_here, server
from tests.bot.terminal import ESCAPES, Terminal
from tests.conftest import SOAK, Deployment, on_sqlite
from tests.core.wait_until import until
from tests.fakes.telegram import TOKEN, TelegramServer, telegram_server

pytestmark = on_sqlite


@pytest.fixture
def telegram() -> Iterator[TelegramServer]:
    with telegram_server() as running:
        yield running


def test_a_file_that_may_only_be_read_is_said_to_be(deployment: Deployment, url: str) -> None:
    deployment.database.close()
    deployment.file.chmod(0o444)
    program, *arguments = (RANTEVOU, "database", "move", url)
    if os.geteuid() == 0:
        if not shutil.which("setpriv"):
            pytest.skip("root may write to it all the same")
        arguments = ["--bounding-set=-dac_override", program, *arguments]
        program = "setpriv"
    done = run(deployment.file, *arguments, program=program)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        f"{deployment.file} may only be read: run the command as the user whose file it is.\n"
    )


def test_one_who_stops_a_move_is_told_that_it_goes_on(deployment: Deployment, url: str) -> None:
    deployment.database.close()
    with psycopg.connect(url) as other:
        other.execute("SELECT pg_advisory_lock(%s)", (key_of("move"),))
        moving = Terminal(
            *(deployment.file, "database", "move", url), until="Looking at both databases"
        )
        with moving as terminal:
            assert terminal.press(b"\x03") == 130
            lines = ESCAPES.sub("", terminal.raw).replace("\r\n", "\n")
    assert lines.endswith(f"{AGAIN}\n")
    assert move(deployment, url).returncode == 0


COMMANDS = [
    ("serve",),
    ("serve", "--workers", "2"),
    ("worker",),
    ("telegram", "poll"),
]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_move_is_refused_while_anything_serves(
    deployment: Deployment, url: str, command: tuple[str, ...], telegram: TelegramServer
) -> None:
    bot = {"telegram__town__token": TOKEN, "telegram__town__api_url": telegram.url}
    deployment.database.close()
    with server(deployment.file, (RANTEVOU, *command), **bot) as running:
        if command[0] == "serve":  # which has said so before its own processes use the file
            processes = 2 if "--workers" in command else 1
            until(lambda: running.events.count("server started") == processes)
        done = run_here(deployment.file, "database", "move", url)
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr == (
            f"{deployment.file} is in use: stop every Rantevou on it first (the service, and "
            "`rantevou` with serve, worker, chat or poll), and whatever else has it open.\n"
        )
        assert running.end() == 0
    assert move(deployment, url).returncode == 0


def test_a_move_is_refused_while_somebody_chats(deployment: Deployment, url: str) -> None:
    deployment.database.close()
    with Terminal(deployment.file):
        done = run_here(deployment.file, "database", "move", url)
        assert "is in use" in done.stderr


@pytest.mark.parametrize(
    "start",
    [
        lambda file: run_here(file, "serve", port=free_port()),
        pytest.param(
            lambda file: run(file, "serve", "--workers", "2", port=free_port()), marks=SOAK
        ),
    ],
    ids=["at once", "in as long as it takes"],
)
def test_a_server_that_is_started_during_a_move_says_so_and_ends(
    deployment: Deployment,
    monkeypatch: pytest.MonkeyPatch,
    start: Callable[[Path], CompletedProcess[str]],
) -> None:
    monkeypatch.setattr("core.db.sqlite.BUSY_SECONDS", 0.1)  # in this process only
    deployment.database.close()
    backend = deployment.database.backend
    assert isinstance(backend, SQLite)
    with closing(Database(deployment.database.url)) as moving:
        backend.keep_others_out(moving.engine)
        with moving.engine.begin():
            done = start(deployment.file)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        f"RANTEVOU_DATABASE_URL: {deployment.file} can't be used: database is locked by another "
        "process, perhaps by `rantevou database move`\n"
    )
