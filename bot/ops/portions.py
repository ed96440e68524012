"""Portions of work: each is one transaction, so short that no turn waits long for the writer."""

import time
from collections.abc import Callable


class Portion:
    """A portion of so many seconds, which ends before the next piece of work would pass them.

    That is taken to last as long as the slowest so far.
    """

    def __init__(self, seconds: float, clock: Callable[[], float] = time.perf_counter) -> None:
        self._clock, self._begun, self._slowest = clock, clock(), 0.0
        self._ends = self._begun + seconds

    def is_enough(self) -> bool:
        """Return whether to end; asked after each piece of work."""
        now = self._clock()
        self._slowest = max(self._slowest, now - self._begun)
        self._begun = now
        return now + self._slowest > self._ends
