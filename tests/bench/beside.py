"""`make bench BESIDE=<revision>`: compare this working directory with a former revision.

Machines are noisy, so each figure is compared with the former revision's from the same minutes, and
the former revision with itself: where that differs as much, the code isn't the cause. Imports
nothing of the product, whose modules may have other names in the other revision.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

LIMIT = 1.05
"""A figure is worse where the ratio of new to former is above this."""

ROUNDS = 8

Figures = Mapping[str, Mapping[str, Any]]
"""The records of one run, by figure name."""
Round = tuple[Figures, Figures, Figures]
"""The runs of the former revision, of this one, and of the former again."""


@dataclass(frozen=True)
class Comparison:
    """A figure in both revisions."""

    name: str
    by: str
    former: float
    new: float
    """The medians, of processor time or of the value, as `by` says."""
    unit: str
    ratio: float
    """The median of the ratios of new to former, over all pairs."""
    noise: float
    """The median of the ratios of the former's second run to its first."""

    @property
    def worse(self) -> bool:
        """Return whether the ratio exceeds the limit, and the noise doesn't."""
        return self.ratio > LIMIT >= self.noise


def compare(rounds: Sequence[Round]) -> list[Comparison]:
    """Compare the figures that all runs have, except those that don't measure the code."""
    shared = [name for name in rounds[0][1] if all(name in run for runs in rounds for run in runs)]
    return [_compare(name, rounds) for name in shared if rounds[0][1][name]["by"]]


def _compare(name: str, rounds: Sequence[Round]) -> Comparison:
    by, unit = (str(rounds[0][1][name][key]) for key in ("by", "unit"))
    taken = [tuple(float(run[name][by]) for run in runs) for runs in rounds]
    rises = by == "value" and unit == "per second"
    # The former runs before and after the new, so that a steady drift cancels out.
    pairs = [(new, former) for first, new, last in taken for former in (first, last)]
    again = [(last, first) for first, _, last in taken]
    return Comparison(
        name,
        by,
        statistics.median(former for _, former in pairs),
        statistics.median(new for new, _ in pairs),
        "ms" if by == "cpu" else unit,
        statistics.median(_ratio(*pair, rises=rises) for pair in pairs),
        statistics.median(_ratio(*pair, rises=rises) for pair in again),
    )


def _ratio(new: float, former: float, *, rises: bool) -> float:
    new, former = (former, new) if rises else (new, former)
    return new / former if former else 1.0


def main() -> int:
    """Compare and print the table; return 1 if a figure is worse, else 0."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.beside", description=__doc__)
    parser.add_argument("revision", help="the former revision, as git names it")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    given = parser.parse_args()
    try:
        with _checkout(given.revision) as former:
            rounds = list(_rounds(former, given.rounds))
    except subprocess.CalledProcessError as error:
        sys.exit(f"{' '.join(map(str, error.cmd))} failed:\n{error.stderr or ''}".rstrip())
    return _report(given.revision, rounds)


@contextmanager
def _checkout(revision: str) -> Iterator[Path]:
    """Check a revision out with a virtual environment of its own; remove both in the end."""
    commit = _run("git", "rev-parse", "--verify", "--end-of-options", f"{revision}^{{commit}}")
    grep = ["git", "grep", "-q", "-e", "--short", commit.strip(), "--", "tests/bench"]
    if subprocess.run(grep, check=False).returncode:
        sys.exit(f"{revision} has no short form of the benchmark: there is nothing to compare")
    with tempfile.TemporaryDirectory(dir=".", prefix=".bench-former-") as folder:
        place = Path(folder).absolute() / "former"
        _run("git", "worktree", "add", "--detach", str(place), commit.strip())
        try:
            _say(f"Setting up {revision} with an environment of its own")
            _run("make", "-C", str(place), ".venv/.ready")
            # Otherwise its first run would include compiling, which ours did long ago.
            _run(str(_python(place)), "-m", "compileall", "-q", "-x", r"\.venv", ".", place=place)
            yield place
        finally:
            _run("git", "worktree", "remove", "--force", str(place))


def _python(place: Path) -> Path:
    return place / ".venv" / "bin" / "python"


def _rounds(former: Path, count: int) -> Iterator[Round]:
    python = _python(former)
    for number in range(1, count + 1):
        _say(f"Round {number} of {count}")
        first = _short(former, python)
        new = _short(Path.cwd(), Path(sys.executable))
        yield first, new, _short(former, python)


def _short(place: Path, python: Path) -> Figures:
    """Run the short form in that directory and return its figures."""
    with tempfile.TemporaryDirectory(prefix="rantevou-bench-") as folder:
        file = Path(folder) / "figures.json"
        _run(str(python), "-m", "tests.bench", "--short", "--json", str(file), place=place)
        return {each["name"]: each for each in json.loads(file.read_text())}


def _run(*command: str, place: Path | None = None) -> str:
    # PYTHONPATH would make the other checkout import our modules.
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        command, cwd=place, env=kept, check=True, capture_output=True, text=True, encoding="utf-8"
    )
    return done.stdout


def _report(revision: str, rounds: Sequence[Round]) -> int:
    compared = compare(rounds)
    columns = f"{'by':>7}{'former':>12}{'new':>12}{'':>12}{'new/former':>11}{'former/former':>14}"
    _say(f"{revision} and this working directory, medians of {len(rounds)} rounds")
    _say(f"{'':<24}{columns}")
    for each in compared:
        figures = f"{each.former:>12.2f}{each.new:>12.2f} {each.unit:<11}"
        verdict = "  WORSE" if each.worse else ""
        ratios = f"{each.ratio:>11.3f}{each.noise:>14.3f}"
        _say(f"{each.name:<24}{each.by:>7}{figures}{ratios}{verdict}")
    if left := sorted(
        {name for runs in rounds for run in runs for name in run} - set(rounds[0][0])
    ):
        _say(f"Not in {revision}: {', '.join(left)}")
    if gone := sorted(set(rounds[0][0]) - set(rounds[0][1])):
        _say(f"Only in {revision}: {', '.join(gone)}")
    worse = [each.name for each in compared if each.worse]
    _say(f"Worse: {', '.join(worse)}" if worse else "No figure is worse.")
    return 1 if worse else 0


def _say(text: str) -> None:
    sys.stdout.write(text.rstrip() + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
