"""Take figures, print them, and write them as JSON."""

import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.bench.clock import Cost

GROWTH = "at most 1.3"
"""The bound of the ratio of a million bookings stored to a thousand."""

BARE = "bare writes' time"

_SHOWN = {"ms": "{:.2f} ms", "per second": "{:.1f} /s", "MB": "{:.1f} MB", "": "{:.1f}"}


@dataclass(frozen=True)
class Figure:
    """One figure. Revisions are compared by `name`, which never changes; `what` may be reworded."""

    name: str
    what: str
    unit: str
    value: float
    cpu: float | None
    """Milliseconds of processor time for each turn, message or other unit."""
    ratio: float | None
    by: str
    """The measure by which revisions are compared: "value", "cpu", or "" for none."""


FIGURES: list[Figure] = []
"""All figures printed so far."""


def heading() -> None:
    """Print the names of the columns."""
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
    """Print and keep a figure; `ratio` and `bound` are as `what` describes."""
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


def alternate(
    measures: Sequence[Callable[[], Cost]], rounds: int, warm_up: int = 0
) -> list[list[Cost]]:
    """Run each measure once a round; return the costs of each, without the warm-up rounds.

    Alternately, so that whatever else the machine does slows all alike.
    """
    taken = [[measure() for measure in measures] for _ in range(warm_up + rounds)]
    return [list(each) for each in zip(*taken[warm_up:], strict=True)]
