"""`rantevou chat` in a terminal of its own: what is typed, what is shown."""

import os
import pty
import re
import select
import subprocess
import sys
import time
from pathlib import Path

from tests.bot.processes import PATIENCE, RANTEVOU, environment

ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
PROMPT = "› "

# A key such as Ctrl-C reaches only a process whose own terminal this is.
OWN_TERMINAL = """
import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.argv[1], sys.argv[1:])
"""


class Terminal:
    """A pseudo-terminal with the chat in it."""

    def __init__(self, file: Path, **variables: str) -> None:
        self._screen, theirs = pty.openpty()
        self.process = subprocess.Popen(
            [sys.executable, "-c", OWN_TERMINAL, RANTEVOU, "chat"],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            cwd=file.parent,
            env=environment(file) | {"TERM": "xterm-256color"} | variables,
            start_new_session=True,
        )
        os.close(theirs)
        self.raw = ""

    def __enter__(self) -> "Terminal":
        self.read()
        return self

    def __exit__(self, *_error: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self._screen)

    def type(self, text: str) -> str:
        """Type a line; what is shown up to the next prompt, without escapes."""
        os.write(self._screen, f"{text}\n".encode())
        return self.read()

    def press(self, key: bytes) -> int:
        """Press a key that ends the chat; gives the exit code."""
        self._wait_until_asleep()
        os.write(self._screen, key)
        self.read(until=None)
        return self.process.wait(PATIENCE)

    def _wait_until_asleep(self) -> None:
        """Wait until it waits for a key. The prompt is shown before: in between, Python's readline
        would miss a Ctrl-C until the next key, as a hand is never quick enough to see. It may nod
        off before too, but not for long.
        """
        state = Path(f"/proc/{self.process.pid}/stat")
        deadline, asleep = time.monotonic() + PATIENCE, 0
        while state.exists() and asleep < 20:
            asleep += 1
            if state.read_text().rpartition(")")[2].split()[0] != "S":
                asleep = 0
            assert time.monotonic() < deadline
            time.sleep(0.005)

    def read(self, until: str | None = PROMPT) -> str:
        """Read up to a prompt, or to the end; `raw` has it with its escapes."""
        deadline = time.monotonic() + PATIENCE
        read = b""
        while until is None or not shown(read).endswith(until):
            assert time.monotonic() < deadline, shown(read)
            if select.select([self._screen], [], [], 0.1)[0]:
                try:
                    read += os.read(self._screen, 65536)
                except OSError:  # what Linux says when the other end is closed
                    break
        self.raw = read.decode(errors="replace")
        return shown(read)


def shown(read: bytes) -> str:
    """What is on the screen, without escapes."""
    return ESCAPES.sub("", read.decode(errors="ignore")).replace("\r\n", "\n")
