"""Preparing a database, from this process and from others, and what is said when it can't be."""

import os
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import pytest
from sqlalchemy.engine import make_url

from core.db.database import SETTING, Database
from core.errors import ConfigurationError
from tests.bot.process_start import Forked
from tests.core.wait_until import until
from tests.postgres import KEY

PASSWORD = "s3cr3t"  # noqa: S105
ROOT = Path(__file__).parents[3]
LONGEST = 120
"""Seconds after which a process that should have ended never will."""


def prepare(url: str) -> None:
    database = Database(url, KEY)
    try:
        database.prepare()
    finally:
        database.close()


def refused(url: str) -> str:
    """Return the one line said of an unusable database, which names setting and database."""
    with pytest.raises(ConfigurationError) as said:
        prepare(url)
    text = str(said.value)
    assert text.startswith(f"{SETTING}: ")
    assert str(make_url(url).database) in text
    assert "\n" not in text
    assert PASSWORD not in text
    return text


def python(code: str, *arguments: str) -> tuple[str, ...]:
    """The command that runs that code."""
    return sys.executable, "-c", code, *arguments


def at_once(commands: Sequence[Sequence[str]]) -> list[str]:
    """Run all: each says that it is ready, and goes on when all are. What each printed then."""
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        streams = [
            [Path(folder) / f"{stream} {n}" for stream in ("in", "out", "err")]
            for n in range(len(commands))
        ]
        processes = []
        for command, (given, *written) in zip(commands, streams, strict=True):
            os.mkfifo(given)
            for each in written:
                each.touch()
            process = Forked(command, (given, *written), ROOT, os.environ)
            stack.callback(process.kill)
            processes.append(process)
        until(lambda: all(out.read_text() == "ready\n" for _, out, _ in streams))
        for given, _, _ in streams:
            given.write_text("go\n")
        assert [process.wait(LONGEST) for process in processes] == [0] * len(processes)
        assert [err.read_text() for _, _, err in streams] == [""] * len(processes)
        return [out.read_text().removeprefix("ready\n") for _, out, _ in streams]
