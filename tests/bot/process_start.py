"""Start a process of ours by forking one that has done its first imports already.

This takes a tenth of a second instead of a whole one.
"""

import multiprocessing
import os
import runpy
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

RANTEVOU = str(Path(sys.executable).with_name("rantevou"))

LIBRARIES = (
    *("aiosmtplib", "alembic.command", "anyio._backends._asyncio", "babel.dates"),
    *("babel.messages.pofile", "email_validator", "fastapi", "holidays.countries", "httpcore"),
    *("httpx", "icalendar", "jinja2", "phonenumbers", "psycopg", "pydantic_settings"),
    *("rapidfuzz", "rich._emoji_codes", "rich.console", "sqlalchemy.dialects.postgresql"),
    *("sqlalchemy.dialects.sqlite.aiosqlite", "sqlalchemy.orm", "stdnum.gr.vat", "structlog"),
    *("telegram.ext", "typer", "typer.rich_utils", "uvicorn", "uvicorn.lifespan.on"),
    *("uvicorn.loops.asyncio", "uvicorn.protocols.http.h11_impl", "yaml"),
)
OWN = (
    *("bot.cli.main", "bot.context", "bot.bootstrap", "webhooks.server", "bot.platforms.console"),
    *("bot.platforms.telegram.adapter", "tests.preloaded"),
)
"""What commands import first, in this order; imported before forking, as the libraries are.

These take 0.5 s that each of the processes would spend, a third of what it needs.
"""

READ_AT_IMPORT = ("prometheus_client", "bot", "webhooks")
"""The packages that a process with several workers imports anew: the first reads on import, from
the environment, where they share their numbers, and the others have it imported."""

ACCESS = (os.O_RDWR, os.O_WRONLY | os.O_APPEND, os.O_WRONLY | os.O_APPEND)
"""How standard input, output and error are opened; a terminal's readline writes to the first."""

CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload([*LIBRARIES, *OWN])


class Forked:
    """A forked process, with the methods of subprocess.Popen that are used."""

    def __init__(
        self,
        command: Sequence[str],
        streams: Sequence[str | Path],
        cwd: Path,
        env: Mapping[str, str],
    ) -> None:
        """Start it with these files, or one terminal, as its standard input, output and error."""
        self._command = command
        arguments = (list(command), [str(each) for each in streams], str(cwd), dict(env))
        self._process = CONTEXT.Process(target=_run, args=arguments, daemon=True)
        self._process.start()
        assert self._process.pid
        self.pid = self._process.pid

    def poll(self) -> int | None:
        """Return the exit code, or None while it runs."""
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end; return the exit code. Raises subprocess.TimeoutExpired."""
        self._process.join(timeout)
        if (code := self.poll()) is None:
            raise subprocess.TimeoutExpired(list(self._command), timeout or 0)
        return code

    def send_signal(self, how: signal.Signals) -> None:
        """Send it a signal if it still runs."""
        if self.poll() is None:
            with suppress(ProcessLookupError):  # it has ended, as we are about to be told
                os.kill(self.pid, how)

    def terminate(self) -> None:
        """Send SIGTERM."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """Send SIGKILL."""
        self.send_signal(signal.SIGKILL)


def start(
    command: Sequence[str], log: Path, cwd: Path, env: Mapping[str, str]
) -> "Forked | subprocess.Popen[bytes]":
    """Start a command with its output in a file; fork it if it is a Python program."""
    log.touch()
    if command[0] in (RANTEVOU, sys.executable):
        return Forked(command, (os.devnull, log, log), cwd, env)
    with log.open("ab") as file:
        return subprocess.Popen(command, stdout=file, stderr=file, cwd=cwd, env=env)


def _run(command: list[str], streams: list[str], cwd: str, env: dict[str, str]) -> None:
    """Run the command in the forked process."""
    if streams[0] == streams[1]:  # a terminal, which only the first of a session can own
        os.setsid()
    for stream, (name, way) in enumerate(zip(streams, ACCESS, strict=True)):
        opened = os.open(name, way)
        os.dup2(opened, stream)
        if opened > 2:
            os.close(opened)
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 for its life
    sys.stdout = open(1, "w", 1, "utf-8", closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", 1, "utf-8", "backslashreplace", closefd=False)  # noqa: SIM115
    signal.signal(signal.SIGINT, signal.default_int_handler)  # the test runner may ignore it
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(env)
    program, *rest = command
    if "--workers" in rest:
        for name in [*sys.modules]:
            if name.partition(".")[0] in READ_AT_IMPORT:
                del sys.modules[name]
    if program == RANTEVOU:
        from bot.cli.main import main

        sys.argv = command
        main()
    elif rest[0] == "-c":
        sys.argv = ["-c", *rest[2:]]
        exec(compile(rest[1], "<string>", "exec"), {"__name__": "__main__"})  # noqa: S102
    elif rest[0] == "-m":
        sys.argv = rest[1:]
        runpy.run_module(rest[1], run_name="__main__", alter_sys=True)
    else:
        sys.argv = rest
        runpy.run_path(rest[0], run_name="__main__")
