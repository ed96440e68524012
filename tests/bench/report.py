"""How figures are taken, printed and kept for a program that reads them."""

import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.bench.clock import Cost

GROWTH = "at most 1.3"
"""How many times slower anything may be with a million bookings stored than with a thousand."""

BARE = "bare writes' time"

_SHOWN = {"ms": "{:.2f} ms", "per second": "{:.1f} /s", "MB": "{:.1f} MB", "": "{:.1f}"}


@dataclass(frozen=True)
class Figure:
    """One figure. A program knows it by its name, which stays as it is when `what` is reworded."""

    name: str
    what: str
    unit: str
    value: float
    cpu: float | None
    """Milliseconds of processor time, for each turn, message or other thing that was measured."""
    ratio: float | None
    by: str
    """What revisions are compared by: "value", "cpu", or nothing where it isn't about our code."""


FIGURES: list[Figure] = []
"""All that were printed so far."""


def heading() -> None:
    """Name the columns."""
    _print("", "", "processor", "ratio", "bound")


def line(
    name: str,
    what: str,
    figure: Cost | float,
    unit: str = "ms",
    *,
    cpu: float | None = None,
    ratio: float | None = None,
    bound: str = "",
    by: str = "value",
) -> None:
    """Print and keep a figure: what, how much, its ratio to something, and what either may be."""
    if isinstance(figure, Cost):
        cpu = figure.cpu * 1000
        value = 1 / figure.wall if unit == "per second" else figure.wall * 1000
    else:
        value = figure
    FIGURES.append(Figure(name, what, unit, value, cpu, ratio, by))
    shown = "" if ratio is None else f"{ratio:.2f}" if ratio < 100 else f"{ratio:.0f}"
    used = "" if cpu is None else f"{cpu:.2f} ms"
    _print(what, _SHOWN[unit].format(value), used, shown, bound)


def _print(what: str, figure: str, cpu: str, ratio: str, bound: str) -> None:
    row = f"{what:<68}{figure:>11}{cpu:>11}{ratio:>8}  {bound}"
    sys.stdout.write(row.rstrip() + "\n")
    sys.stdout.flush()


def write(file: Path) -> None:
    """Write all figures so far as JSON."""
    file.write_text(json.dumps([asdict(each) for each in FIGURES], ensure_ascii=False, indent=1))


def in_turns(
    asked: Sequence[Callable[[], Cost]], rounds: int, unheeded: int = 0
) -> list[list[Cost]]:
    """Ask each for its cost, one after the other, so often; without the first rounds.

    In turns, so that whatever else the machine does weighs on all alike.
    """
    taken = [[ask() for ask in asked] for _ in range(unheeded + rounds)]
    return [list(each) for each in zip(*taken[unheeded:], strict=True)]
