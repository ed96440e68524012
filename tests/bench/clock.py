"""Measure wall time, and processor time, which other programs don't lengthen."""

import ctypes
import statistics
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")

_SETTLED = 0.0005
"""Seconds without processor time after which a server has finished a request."""

_LOOK, _IDLE = 0.3, 0.02
"""An idle process uses at most `_IDLE` seconds of processor time in `_LOOK` seconds."""


@dataclass(frozen=True)
class Cost:
    """Seconds of wall time and of processor time."""

    wall: float
    cpu: float

    def __add__(self, other: "Cost") -> "Cost":
        return Cost(self.wall + other.wall, self.cpu + other.cpu)

    def __sub__(self, other: "Cost") -> "Cost":
        return Cost(self.wall - other.wall, self.cpu - other.cpu)

    def __truediv__(self, count: float) -> "Cost":
        return Cost(self.wall / count, self.cpu / count)


def now() -> Cost:
    """Return both clocks of this process, with all its threads."""
    return Cost(time.perf_counter(), time.process_time())


def total(costs: Iterable[Cost]) -> Cost:
    """Return the sum."""
    return sum(costs, Cost(0, 0))


def mean(costs: Iterable[Cost]) -> Cost:
    """Return the mean of each clock."""
    each = list(costs)
    return total(each) / len(each)


def median_cost(costs: Iterable[Cost]) -> Cost:
    """Return the median of each clock."""
    return cost_quantile(costs, 0.5)


def cost_quantile(costs: Iterable[Cost], part: float) -> Cost:
    """Return the quantile `part` (0 to 1) of each clock by itself."""
    each = list(costs)
    walls, cpus = sorted(cost.wall for cost in each), sorted(cost.cpu for cost in each)
    if part == 0.5:
        return Cost(statistics.median(walls), statistics.median(cpus))
    place = int(len(each) * part)
    return Cost(walls[place], cpus[place])


def spent(process: int) -> float:
    """Return the processor time of another process and of those it started."""
    seconds = 0.0
    with suppress(OSError):  # the process has ended
        seconds = time.clock_gettime(_clock_of(process))
        for children in Path(f"/proc/{process}/task").glob("*/children"):
            seconds += sum(spent(int(child)) for child in children.read_text().split())
    return seconds


def timed(process: int, fn: Callable[[], T]) -> tuple[Cost, T]:
    """Run fn, which sends a request to another process; return that process's cost and the result.

    A server still works for a moment after its answer, and the kernel updates a running thread's
    time late: wait until its processor time stops changing, which isn't part of the wall time.
    """
    before, started = _settled(process), time.perf_counter()
    result = fn()
    wall = time.perf_counter() - started
    return Cost(wall, _settled(process) - before), result


def wait_until_idle(process: int) -> None:
    """Wait until a process that was just started has finished starting up."""
    seconds = -1.0
    while (spent(process) - seconds) > _IDLE:
        seconds = spent(process)
        time.sleep(_LOOK)


def _settled(process: int) -> float:
    seconds = time.clock_gettime(_clock_of(process))
    for _ in range(100):
        time.sleep(_SETTLED)
        before, seconds = seconds, time.clock_gettime(_clock_of(process))
        if seconds == before:
            break
    return seconds


def _clock_of(process: int) -> int:
    clock = ctypes.c_int()
    if error := ctypes.CDLL(None).clock_getcpuclockid(process, ctypes.byref(clock)):
        raise OSError(error, "no clock of that process")
    return clock.value
