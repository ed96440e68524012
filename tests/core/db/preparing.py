"""Preparing a database, from this process and from others, and what is said when it can't be."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from sqlalchemy.engine import make_url

from core.db.database import SETTING, Database
from core.errors import ConfigurationError
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
    processes = [
        subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        for command in commands
    ]
    try:
        for process in processes:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
        for process in processes:
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()
        said = [process.communicate(timeout=LONGEST) for process in processes]
    finally:
        for process in processes:
            process.kill()
            process.wait()
    assert [error for _, error in said] == [""] * len(processes)
    assert [process.returncode for process in processes] == [0] * len(processes)
    return [printed for printed, _ in said]
