"""Run `rantevou` in a process of its own."""

import io
import json
import logging
import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import chdir, contextmanager, redirect_stderr, redirect_stdout, suppress
from pathlib import Path
from typing import Any
from unittest.mock import patch

import structlog

from bot.cli import main as cli
from tests.bot.process_start import RANTEVOU, Forked, start
from tests.postgres import KEY

TIMEOUT_SECONDS = 120
"""Seconds after which a test fails if a process hasn't done what it should.

A command that takes half a second took more than 30 on two cores with 15 others waiting.
"""

PORTS = range(10_000, 32_768)
"""Of these Linux gives none to a connection by itself."""


def environment(file: Path, **settings: str | int) -> dict[str, str]:
    """Return the environment with that database and these settings only."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("RANTEVOU_")}
    settings = {"port": free_port(), "management_port": free_port(), **settings}
    if str(settings.get("database_url", "")).startswith("postgres"):
        settings = {"encryption_key": KEY, **settings}
    given = {f"RANTEVOU_{name.upper()}": str(value) for name, value in settings.items()}
    return own | {"RANTEVOU_DATABASE_URL": f"sqlite:///{file}", "COLUMNS": "100"} | given


def management_url(environment: Mapping[str, str]) -> str:
    """Return where a server with that environment serves the monitoring."""
    return f"http://127.0.0.1:{environment['RANTEVOU_MANAGEMENT_PORT']}"


def run(
    file: Path,
    *arguments: str | Path,
    program: str = RANTEVOU,
    typed: str | bytes = "",
    **settings: Any,
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end; return its exit code and output."""
    command = [program, *map(str, arguments)]
    given = typed if isinstance(typed, bytes) else typed.encode()
    env = environment(file, **settings)
    python = program in (RANTEVOU, sys.executable)
    if not python or "PYTHONIOENCODING" in env:  # which is read before anything is forked
        done = subprocess.run(
            command,
            input=given,
            capture_output=True,
            timeout=TIMEOUT_SECONDS,
            cwd=file.parent,
            env=env,
            check=False,
        )
        code, printed = done.returncode, (done.stdout, done.stderr)
    else:
        with tempfile.TemporaryDirectory() as folder:
            streams = [Path(folder) / name for name in ("in", "out", "err")]
            for stream in streams:
                stream.write_bytes(given if stream.name == "in" else b"")
            process = Forked(command, streams, file.parent, env)
            try:
                code = process.wait(TIMEOUT_SECONDS)
            finally:
                process.kill()
            printed = (streams[1].read_bytes(), streams[2].read_bytes())
    out, err = (each.decode(errors="replace") for each in printed)
    return subprocess.CompletedProcess(command, code, out, err)


def run_here(
    file: Path, *arguments: str | Path, **settings: str | int
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end in this process, which is faster."""
    given, out, err = ["rantevou", *map(str, arguments)], io.StringIO(), io.StringIO()
    code: Any = 0
    with (
        patch.object(sys, "argv", given),
        patch.dict(os.environ, environment(file, **settings), clear=True),
        chdir(file.parent),
        redirect_stdout(out),
        redirect_stderr(err),
    ):
        handlers, logged = [*logging.root.handlers], structlog.get_config()
        try:
            cli.main()
        except SystemExit as end:
            code = end.code or 0
        finally:  # a command that logs writes to `err`, which the next tests know nothing of
            logging.root.handlers[:] = handlers
            structlog.configure(**logged)
    return subprocess.CompletedProcess(given, code, out.getvalue(), err.getvalue())


def free_port(host: str = "127.0.0.1") -> int:
    """Return a free port that nobody takes by chance before it is listened on."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for port in secrets.SystemRandom().sample(PORTS, 100):  # `random` may be seeded alike
        with suppress(OSError), socket.socket(family) as probe:
            probe.bind((host, port))
            return port
    raise AssertionError(f"no port of {host} can be had")


class Server:
    """A process of `rantevou serve` or another command that keeps running."""

    def __init__(
        self, file: Path, command: Sequence[str] = (RANTEVOU, "serve"), **settings: str | int
    ) -> None:
        self.port = int(settings.pop("port", 0)) or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        """The address at which it serves everybody; `management` is that of the monitoring."""
        self._log = file.parent / f"log of {self.port}"
        given = environment(file, port=self.port, **settings)
        self.management = management_url(given)
        self.process = start(command, self._log, file.parent, given)

    @property
    def log(self) -> str:
        """Everything that it has printed."""
        return self._log.read_text("utf-8")

    @property
    def events(self) -> list[str]:
        """The names of the events that it has logged."""
        lines = self.log.splitlines()
        return [json.loads(line)["event"] for line in lines if line.startswith("{")]

    def wait_until_open(self) -> "Server":
        """Wait until it has printed the address to open."""
        deadline = time.monotonic() + TIMEOUT_SECONDS
        while "Ctrl-C stops it" not in self.log:
            assert self.process.poll() is None, self.log
            assert time.monotonic() < deadline, self.log
            time.sleep(0.02)
        return self

    def end(self, how: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal, wait for the end, return the exit code."""
        self.process.send_signal(how)
        return self.process.wait(TIMEOUT_SECONDS)


@contextmanager
def server(
    file: Path, command: Sequence[str] = (RANTEVOU, "serve"), **settings: str | int
) -> Iterator[Server]:
    """Run a server meanwhile; yield it when it is open."""
    started = Server(file, command, **settings)
    try:
        yield started.wait_until_open()
    finally:
        if started.process.poll() is None:
            started.process.kill()
            started.process.wait()
