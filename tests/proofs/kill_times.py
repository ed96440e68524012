"""Times at which a server is killed: at any point of what is on its way to it."""

import random
import threading
import time


class KillTimes:
    """Times that follow what an answer takes on this machine, at its load.

    They are scaled by what the last answer took, and doubled by each kill over which all that was
    on its way stayed without an answer: else a busy machine would never answer.
    """

    def __init__(self, *longest: float) -> None:
        """Take the most seconds from when something is on its way until the kill.

        Where several are given, one of them is chosen each time.
        """
        self._longest = longest
        self._scale = 1.0
        self._began = threading.Event()
        self._is_on_its_way = self._is_answered = False

    @property
    def longest(self) -> float:
        """Return the most seconds of all, as they are now."""
        return max(self._longest) * self._scale

    def begin(self) -> None:
        """Note that something is on its way."""
        self._is_on_its_way = True
        self._began.set()

    def end(self, seconds: float) -> None:
        """Note that something was answered, after so long."""
        self._is_answered = True
        self._scale = max(1.0, seconds / max(self._longest))

    def wait(self) -> None:
        """Wait until something more is on its way, and then for any part of its time."""
        self._began.clear()
        self._began.wait(2)
        time.sleep(random.uniform(0, random.choice(self._longest)) * self._scale)
        self.note_kill()

    def note_kill(self) -> None:
        """Note that the server is killed."""
        if self._is_on_its_way and not self._is_answered:
            self._scale *= 2
        self._is_on_its_way = self._is_answered = False
