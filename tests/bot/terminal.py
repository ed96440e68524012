"""Run `rantevou chat`, or another command, in a pseudo-terminal."""

import os
import pty
import re
import select
import subprocess
import time
from contextlib import suppress
from pathlib import Path

from tests.bot.process_start import RANTEVOU, Forked
from tests.bot.processes import TIMEOUT_SECONDS, environment

ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
PROMPT = r"› \Z"
"""The end of what is shown when the chat waits for a line; a pattern, as all that is waited for."""

AGAIN_SECONDS = 10


class Terminal:
    """A pseudo-terminal in which the chat runs, or the command of these arguments."""

    def __init__(
        self, file: Path, *arguments: str | Path, until: str = PROMPT, **variables: str
    ) -> None:
        """Start it; it is read until that is shown."""
        self._screen, self._theirs = pty.openpty()
        self._until = until
        self.process = Forked(
            (RANTEVOU, *map(str, arguments or ("chat",))),
            [os.ttyname(self._theirs)] * 3,
            file.parent,
            environment(file) | {"TERM": "xterm-256color"} | variables,
        )
        self.raw = ""

    def __enter__(self) -> "Terminal":
        self.read(self._until)
        os.close(self._theirs)  # which the chat has opened by now: without either, there is no end
        return self

    def __exit__(self, *_error: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self._screen)

    def type(self, text: str) -> str:
        """Type a line; return what is shown up to the next prompt, without escape sequences."""
        os.write(self._screen, f"{text}\n".encode())
        return self.read()

    def press(self, key: bytes) -> int:
        """Press a key repeatedly until the chat ends; return the exit code.

        Python's readline misses a Ctrl-C between printing its prompt and waiting for keys. One that
        comes while Python ends kills it, so that a slow end must not be taken for a missed key.
        """
        deadline, raw = time.monotonic() + TIMEOUT_SECONDS, ""
        while self.process.poll() is None:
            assert time.monotonic() < deadline
            os.write(self._screen, key)
            # A command that shows its progress waits where nobody reads it.
            self.read(until=None, seconds=AGAIN_SECONDS)
            raw += self.raw
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(1)
        self.raw = raw
        return self.process.wait()

    def read(self, until: str | None = PROMPT, seconds: float | None = None) -> str:
        """Read until that is shown, or to the end; `raw` has it with its escape sequences.

        It fails where that takes too long; or, where `seconds` are given, ends after these.
        """
        deadline = time.monotonic() + (seconds or TIMEOUT_SECONDS)
        read = b""
        while until is None or not re.search(until, shown(read)):
            if seconds and time.monotonic() > deadline:
                break
            assert time.monotonic() < deadline, shown(read)
            if select.select([self._screen], [], [], 0.1)[0]:
                try:
                    read += os.read(self._screen, 65536)
                except OSError:  # Linux's error when the other end is closed
                    break
        self.raw = read.decode(errors="replace")
        return shown(read)


def shown(read: bytes) -> str:
    """Return what is on the screen, without escape sequences."""
    return ESCAPES.sub("", read.decode(errors="ignore")).replace("\r\n", "\n")
