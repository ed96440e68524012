"""A library's log lines are shown without their arguments."""

import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from bot.telemetry import logging
from bot.telemetry.repetitions import Fields, Repetitions

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


REPEAT = """
import logging, structlog
from bot.telemetry.logging import configure

configure()
log = structlog.get_logger()
for number in range(5_000):
    log.error("turned away", path="/")
    log.info("sent", message=number)
    try:
        raise OSError(24, f"Too many open files of Maria {number}")
    except OSError as error:
        text = "socket.accept() out of system resource\\nsocket: %d"
        logging.getLogger("asyncio").error(text, number, exc_info=error)
    logging.getLogger("library").warning(f"number {number}")
"""


def test_the_same_is_logged_so_often_and_then_counted() -> None:
    done = subprocess.run(
        [sys.executable, "-c", REPEAT], capture_output=True, text=True, check=True, timeout=30
    )
    lines: list[dict[str, Any]] = [json.loads(line) for line in done.stderr.splitlines()]
    assert "Maria" not in done.stderr
    assert all(line.pop("timestamp") for line in lines)
    accept = {"event": "socket.accept", "logger": "asyncio", "level": "error", "error": "OSError"}
    assert [line for line in lines if "left_out" in line] == [
        {"event": "turned away", "level": "error", "path": "/", "left_out": 4_990},
        {"event": "sent", "level": "info", "left_out": 4_900},
        {**accept, "places": ["<string>:11"], "left_out": 4_990},
        {"event": "other lines", "logger": "library", "left_out": 4_900},
    ]
    assert len(lines) == 10 + 100 + 10 + 100 + 4


def test_after_a_minute_it_is_logged_again() -> None:
    now, written = [0.0], list[Fields]()
    repetitions = Repetitions(written.append, lambda: now[0])
    line = {"event": "turned away", "path": "/"}
    assert [repetitions.is_too_often(line) for _ in range(12)] == [False] * 10 + [True] * 2
    assert not repetitions.is_too_often({**line, "path": "/other"})
    assert not written
    now[0] = 60.0
    assert not repetitions.is_too_often({"event": "sent"})
    assert written == [{**line, "left_out": 2}]
    assert [repetitions.is_too_often(line) for _ in range(11)] == [False] * 10 + [True]


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("Forbidden: bot was blocked by the user", None),
        ("Bad Request: chat not found", None),
        ("3 badData", None),
        ("HTTP 502", None),
        ("its outcome couldn't be stored", None),
        (
            'Bad Request: can\'t parse entities: Unsupported start tag "Maria" at byte offset 12',
            "Bad Request: can't parse entities: Unsupported start tag … at byte offset 12",
        ),
        ("can't use 'Maria' nor 'it isn't \"Maria\"' here", "can't use … here"),
        ('no such tag "Maria', "no such tag …"),
        ("no such tag «Maria» or “Maria”", "no such tag … or …"),
        ("Keyboard is not valid. [Text: Maria [Maria]] (Maria)", "Keyboard is not valid. … …"),
        ("<b>Maria</b> {Maria}: refused", "… …: refused"),
        ("Wrong URL https://maria.example/x or www.maria.example", "Wrong URL … or …"),
        ("no mailbox of Maria@example.gr", "no mailbox of …"),
        ("+30 691 234 5678 is away, as is 068933130", "… is away, as is …"),
        ("text Μαρία_Π is too long", "text … is too long"),
        ("too long: " + "x" * 300, "too long: " + "x" * 190),
    ],
)
def test_a_providers_explanation_is_kept_without_what_it_quotes(
    said: str, kept: str | None
) -> None:
    assert logging.without_quotes(said) == (kept or said)
