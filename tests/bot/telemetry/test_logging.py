"""A library's log lines are shown without their arguments."""

import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from bot.telemetry import logging

SPEAK = """
import asyncio, logging
from bot.telemetry.logging import configure

configure()

class IntegrityError(Exception): ...

def fail(name):
    raise IntegrityError(f"Failing row contains ({name})")

async def run():
    loop = asyncio.get_running_loop()
    loop.call_soon(fail, "Maria")
    loop.call_soon(lambda name: fail(name), "Maria")
    task = asyncio.create_task(asyncio.to_thread(fail, "Maria"))
    await asyncio.wait([task])
    del task

asyncio.run(run())
logging.getLogger("uvicorn.error").error("Traceback\\nIntegrityError: Maria")
logging.getLogger("psycopg").warning("error ignored in %s: %s", "rollback", fail and "Maria")
logging.getLogger("sqlalchemy.engine").info("INSERT Maria")
"""


def test_a_line_is_one_write(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else another's could come between it and its end."""
    written: list[str] = []
    stream = io.StringIO()
    monkeypatch.setattr(stream, "write", written.append)
    logging._LossyLogger(stream).msg("{}")
    assert written == ["{}\n"]


def test_no_library_says_what_a_citizen_wrote() -> None:
    done = subprocess.run(
        [sys.executable, "-c", SPEAK], capture_output=True, text=True, check=True, timeout=30
    )
    lines: list[dict[str, Any]] = [json.loads(line) for line in done.stderr.splitlines()]
    assert "Maria" not in done.stderr + done.stdout
    assert [line["event"] for line in lines] == [
        "Exception in callback fail",
        "Exception in callback run.<locals>.<lambda>",
        "Task exception was never retrieved",
        "Traceback",
        "error ignored in %s: %s",
    ]
    assert [line.get("error") for line in lines] == ["IntegrityError"] * 3 + [None] * 2
    assert all(line["logger"] and line["level"] and line["timestamp"] for line in lines)
    assert lines[0]["places"][-1] == "<string>:10"


GO_ON = """
import logging, structlog
from bot.telemetry.logging import configure

configure()
structlog.get_logger().error("turned away")
logging.getLogger("uvicorn.error").warning("anything")
print("went on")
"""


def test_where_the_log_cannot_be_written_all_else_goes_on() -> None:
    command = [sys.executable, "-c", GO_ON]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=full, timeout=30, check=False)
    assert done.stdout == b"went on\n"
