"""The progress of what takes longer than two seconds: on a terminal only, and gone in the end."""

import os
import pty
import sqlite3
import time
from pathlib import Path
from threading import Thread

import psycopg
import pytest

from bot.cli.progress import progress
from bot.secret_key import secret_file
from core.catalogue.loader import SHIPPED
from core.db.advisory_locks import key_of
from tests.bot.processes import run
from tests.bot.terminal import ESCAPES, Terminal
from tests.postgres import Server
from tests.preloaded import SECRET

KALAMATA = SHIPPED / "kalamata.yaml"
ERASED = "\x1b[2K"
CURSOR_SHOWN = "\x1b[?25h"


def checking(folder: Path) -> tuple[list[str | Path], Path]:
    """Return the command that checks two catalogues, of which the second can't be read yet."""
    file = folder / "my-town.yaml"
    os.mkfifo(file)
    return ["catalogue", "check", SHIPPED / "chios.yaml", file], file


def gone(terminal: Terminal) -> list[str]:
    """Return the lines on the screen after the command's end, without its progress."""
    terminal.read(until=None)
    assert terminal.process.wait() == 0
    assert CURSOR_SHOWN in terminal.raw
    left = terminal.raw[terminal.raw.rindex(ERASED) :]
    return ESCAPES.sub("", left).split("\r\n")[:-1]


def test_reading_many_catalogues_is_shown_by_file(new_file: Path, tmp_path: Path) -> None:
    command, file = checking(tmp_path)
    with Terminal(new_file, *command, until=r"Reading my-town.yaml .* 50%") as terminal:
        file.write_text(KALAMATA.read_text("utf-8"), "utf-8")
        last = gone(terminal)[-1]
    assert last.startswith(f"{file}: OK (kalamata, ")


def test_nothing_is_shown_in_a_pipe(new_file: Path, tmp_path: Path) -> None:
    command, file = checking(tmp_path)

    def write_late() -> None:
        with file.open("w", encoding="utf-8") as opened:  # once it is being read
            time.sleep(2.5)
            opened.write(KALAMATA.read_text("utf-8"))

    writer = Thread(target=write_late)
    writer.start()
    done = run(new_file, *command)
    writer.join()
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("how", ["Ctrl-C", "an error"])
def test_it_is_gone_after(how: str, new_file: Path, tmp_path: Path) -> None:
    command, file = checking(tmp_path)
    with Terminal(new_file, *command, until=r"Reading my-town.yaml .* 50%") as terminal:
        if how == "Ctrl-C":
            assert terminal.press(b"\x03") != 0
        else:
            file.write_text("title: [")
            terminal.read(until=None)
            assert terminal.process.wait() == 1
        assert CURSOR_SHOWN in terminal.raw
        left = terminal.raw[terminal.raw.rindex(ERASED) :]
    assert "Reading" not in left


def test_an_encoding_without_its_signs_has_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setattr("bot.cli.progress.SHOWN_AFTER_SECONDS", 0)
    screen, theirs = pty.openpty()
    with os.fdopen(theirs, "w", encoding="iso8859-7", errors="backslashreplace") as terminal:
        monkeypatch.setattr("sys.stderr", terminal)
        shown = b""
        with progress("Reading"):
            while b"Reading" not in shown or shown.count(ERASED.encode()) < 3:
                shown += os.read(screen, 65536)
        monkeypatch.undo()
    os.close(screen)
    assert b"\\u" not in shown


def test_nothing_is_shown_of_what_is_done_at_once(new_file: Path) -> None:
    for _try in range(5):
        began = time.monotonic()
        with Terminal(new_file, "catalogue", "check", KALAMATA, until=r"OK \(kalamata") as terminal:
            shown = terminal.raw
        if time.monotonic() - began < 2:
            break
    assert shown.startswith(f"{KALAMATA}: OK")


def test_a_database_that_is_prepared_for_long_is_said_to_be(file: Path) -> None:
    with sqlite3.connect(file, isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        listing = Terminal(file, "catalogue", "list", until="Preparing the database")
        with listing as terminal:
            other.execute("ROLLBACK")
            assert gone(terminal)[0].startswith("id ")
    other.close()


def test_a_backup_is_shown(file: Path, tmp_path: Path) -> None:
    secret, copy, kept = secret_file(file), tmp_path / "copy.db", tmp_path / "kept"
    kept.write_text(SECRET)
    os.mkfifo(secret)
    command = Terminal(file, "backup", str(copy), until="Checking the copy")
    with command as terminal:
        with secret.open("w", encoding="utf-8") as first:  # once it is read
            kept.rename(secret)
            first.write(SECRET)
        assert gone(terminal) == [
            f"Copied to {copy}.secret and {copy}",
            "Bookings in the copy: 0",
        ]


def test_a_move_is_shown(file: Path, postgres: Server, url: str) -> None:
    with psycopg.connect(url) as other:
        other.execute("SELECT pg_advisory_lock(%s)", (key_of("move"),))
        moving = Terminal(file, "database", "move", url, until="Looking at both databases")
        with moving as terminal:
            other.execute("SELECT pg_advisory_unlock(%s)", (key_of("move"),))
            assert gone(terminal)[0].startswith("Moved ")
