"""Prepare a database, in this process or in others, and check the errors."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from sqlalchemy.engine import make_url

from core.db.database import SETTING, Database
from core.errors import ConfigurationError

PASSWORD = "s3cr3t"  # noqa: S105
ROOT = Path(__file__).parents[3]
TIMEOUT_SECONDS = 60
"""Seconds after which a test fails if a process hasn't ended."""


def prepare(url: str) -> None:
    database = Database(url)
    try:
        database.prepare()
    finally:
        database.close()


def refused(url: str) -> str:
    """Return the error for a database that can't be used; check its form."""
    with pytest.raises(ConfigurationError) as error:
        prepare(url)
    message = str(error.value)
    assert message.startswith(f"{SETTING}: ")
    assert str(make_url(url).database) in message
    assert "\n" not in message
    assert PASSWORD not in message
    return message


def python(code: str, *arguments: str) -> tuple[str, ...]:
    """Return the command that runs that code."""
    return sys.executable, "-c", code, *arguments


def at_once(commands: Sequence[Sequence[str]]) -> list[str]:
    """Run commands that start together when all have printed "ready"; return what each prints."""
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
        outputs = [process.communicate(timeout=TIMEOUT_SECONDS) for process in processes]
    finally:
        for process in processes:
            process.kill()
            process.wait()
    assert [error for _, error in outputs] == [""] * len(processes)
    assert [process.returncode for process in processes] == [0] * len(processes)
    return [printed for printed, _ in outputs]
