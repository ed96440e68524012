"""Processes that can be killed and restarted."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.bot.process_start import Forked, start
from tests.bot.processes import environment, free_port, management_url

ROOT = Path(__file__).parents[2]
TIMEOUT_SECONDS = 120


class Process:
    """`rantevou` with some arguments, a database and the push platform."""

    def __init__(
        self,
        folder: Path,
        database: str,
        push_platform: str,
        *arguments: str,
        port: int,
        **settings: str,
    ) -> None:
        self.arguments, self._folder = arguments, folder
        given: dict[str, str | int] = {
            "requests_per_minute": 1_000_000,
            "port": port,
            "database_url": database,
            "push__one__url": push_platform,
            "email__town__url": push_platform,
            **settings,
        }
        self._environment = {
            **environment(folder / "unused.db", **given),
            "PYTHONPATH": str(ROOT),
        }
        self.port = port
        """On which it serves, if it does."""
        self.management = management_url(self._environment)
        self.log = folder / f"log of {' '.join(arguments)}"
        self.process: Forked | subprocess.Popen[bytes] | None = None

    def start(self) -> "Process":
        """Start or restart it."""
        self._from = self.log.stat().st_size if self.log.exists() else 0
        command = [sys.executable, "-m", "tests.fakes.program", *self.arguments]
        self.process = start(command, self.log, self._folder, self._environment)
        return self

    def wait_until_ready(self) -> None:
        """Wait until it has printed that it is ready."""
        deadline = time.monotonic() + TIMEOUT_SECONDS
        while "Ctrl-C stops it" not in self.output():
            assert time.monotonic() < deadline, self.output()
            assert self.process is None or self.process.poll() is None, self.output()
            time.sleep(0.02)

    def output(self) -> str:
        """Return what it has printed since its last start."""
        return self.log.read_text("utf-8")[self._from :] if self.log.exists() else ""

    def kill(self) -> None:
        """Kill it without letting it clean up."""
        if self.process:
            self.process.kill()
            self.process.wait()

    def end(self) -> int:
        """Terminate it; return its exit code."""
        assert self.process is not None
        self.process.terminate()
        return self.process.wait(TIMEOUT_SECONDS)

    def ended(self, within: float) -> int:
        """Return its exit code if it ends within so many seconds. Raises TimeoutError."""
        assert self.process is not None
        try:
            return self.process.wait(within)
        except subprocess.TimeoutExpired as error:
            raise TimeoutError from error


@contextmanager
def server_and_workers(
    folder: Path, database: str, push_platform: str
) -> Iterator[tuple[str, list[Process]]]:
    """Run a server and two workers meanwhile; yield the server's URL and the processes."""
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
