"""How figures are taken and printed."""

import statistics
import sys
from collections.abc import Callable, Sequence

GROWTH = "at most 1.3"
"""How many times slower anything may be with a million bookings stored than with a thousand."""

BARE = "bare writes' time"


def line(what: str, figure: str, ratio: float | None = None, bound: str = "") -> None:
    """Print a figure: what, how much, its ratio to something, and what either may be."""
    shown = "" if ratio is None else f"{ratio:.2f}" if ratio < 100 else f"{ratio:.0f}"
    sys.stdout.write(f"{what:<68}{figure:>10}{shown:>8}  {bound}".rstrip() + "\n")
    sys.stdout.flush()


def in_turns(
    asked: Sequence[Callable[[], float]], rounds: int, unheeded: int = 0
) -> list[list[float]]:
    """Ask each for its seconds, one after the other, so often; without the first rounds.

    In turns, so that whatever else the machine does weighs on all alike.
    """
    taken = [[ask() for ask in asked] for _ in range(unheeded + rounds)]
    return [list(each) for each in zip(*taken[unheeded:], strict=True)]


def medians(taken: Sequence[Sequence[float]]) -> list[float]:
    """The median of each."""
    return [statistics.median(each) for each in taken]


def ms(seconds: float) -> str:
    """Seconds as milliseconds, to be read."""
    return f"{seconds * 1000:.2f} ms"
