"""Whole processes that may be killed and begun again."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.bot.process_start import Forked, start
from tests.bot.processes import environment, free_port

ROOT = Path(__file__).parents[2]
PATIENCE = 60


class Process:
    """`rantevou` with some arguments, on a database and with the pager."""

    def __init__(
        self, folder: Path, database: str, push_platform: str, *arguments: str, port: int
    ) -> None:
        self._arguments, self._folder = arguments, folder
        given: dict[str, str | int] = {
            "requests_per_minute": 1_000_000,
            "port": port,
            "database_url": database,
            "pager__one__url": push_platform,
            "email__town__url": push_platform,
        }
        self._environment = {
            **environment(folder / "unused.db", **given),
            "PYTHONPATH": str(ROOT),
        }
        self.log = folder / f"log of {' '.join(arguments)}"
        self.process: Forked | subprocess.Popen[bytes] | None = None

    def start(self) -> "Process":
        """Begin, or begin again."""
        self._from = self.log.stat().st_size if self.log.exists() else 0
        command = [sys.executable, "-m", "tests.fakes.program", *self._arguments]
        self.process = start(command, self.log, self._folder, self._environment)
        return self

    def wait_until_ready(self) -> None:
        """Wait until it has said that it works."""
        deadline = time.monotonic() + PATIENCE
        while "Ctrl-C stops it" not in self.said():
            assert time.monotonic() < deadline, self.said()
            assert self.process is None or self.process.poll() is None, self.said()
            time.sleep(0.02)

    def said(self) -> str:
        """What it has printed since it began."""
        return self.log.read_text("utf-8")[self._from :] if self.log.exists() else ""

    def kill(self) -> None:
        """End it without a word."""
        if self.process:
            self.process.kill()
            self.process.wait()

    def end(self) -> int:
        """Have it end by itself; its exit code."""
        assert self.process is not None
        self.process.terminate()
        return self.process.wait(PATIENCE)

    def ended(self, within: float) -> int:
        """Its exit code, when it ends so soon. Raises TimeoutError."""
        assert self.process is not None
        try:
            return self.process.wait(within)
        except subprocess.TimeoutExpired as error:
            raise TimeoutError from error


@contextmanager
def family(folder: Path, database: str, push_platform: str) -> Iterator[tuple[str, list[Process]]]:
    """A server and two workers at work, killed at last in any case; the server's address."""
    port = free_port()
    processes = [
        Process(folder, database, push_platform, "serve", port=port),
        *(
            Process(folder / f"worker {n}", database, push_platform, "worker", port=port)
            for n in (1, 2)
        ),
    ]
    try:
        for each in processes:
            each.log.parent.mkdir(exist_ok=True)
            each.start()
        for each in processes:
            each.wait_until_ready()
        yield f"http://127.0.0.1:{port}", processes
    finally:
        for each in processes:
            each.kill()
