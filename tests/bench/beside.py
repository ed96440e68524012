"""`make bench BESIDE=<revision>`: compare this working directory with a former revision.

The speed of a machine changes from second to second: in each round the former revision, this one
and the former again run in turns, a fifth of a second each, so that whatever slows one slows all.
Where the former differs from itself as much, the code isn't the cause. Both revisions are checked
out, installed and compiled alike. Imports nothing of the product, whose modules may have other
names in the other revision.
"""

import argparse
import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

LIMIT = 1.05
"""A figure is worse where the ratio of new to former is above this."""

ROUNDS = 8

_SLICE = 0.2
"""Seconds for which a run goes on before the next one has its turn."""

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
        with ExitStack() as stack:
            former = stack.enter_context(_checkout(_commit(given.revision)))
            new = stack.enter_context(_checkout(_working_directory()))
            rounds = [_round(former, new, number, given.rounds) for number in range(given.rounds)]
    except subprocess.CalledProcessError as error:
        sys.exit(f"{' '.join(map(str, error.cmd))} failed:\n{error.stderr or ''}".rstrip())
    return _report(given.revision, rounds)


def _commit(revision: str) -> str:
    name = f"{revision}^{{commit}}"
    commit = _run("git", "rev-parse", "--verify", "--end-of-options", name).strip()
    grep = ["git", "grep", "-q", "-e", "--short", commit, "--", "tests/bench"]
    if subprocess.run(grep, check=False).returncode:
        sys.exit(f"{revision} has no short form of the benchmark: there is nothing to compare")
    return commit


def _working_directory() -> str:
    """Return a commit of all files that git tracks, as they are now."""
    if new := _run("git", "ls-files", "--others", "--exclude-standard"):
        _say(f"Without the files that git doesn't track:\n{new}")
    return _run("git", "stash", "create").strip() or "HEAD"


@contextmanager
def _checkout(commit: str) -> Iterator[Path]:
    """Check a commit out with a virtual environment of its own; remove both in the end."""
    with tempfile.TemporaryDirectory(dir=".", prefix=".bench-beside-") as folder:
        place = Path(folder).absolute() / "rantevou"
        _run("git", "worktree", "add", "--detach", str(place), commit)
        try:
            _say(f"Setting up {commit} with an environment of its own")
            # Former revisions installed all for running too.
            apart = (place / "requirements-tests.txt").exists()
            _run("make", "-C", str(place), ".venv/.tests-ready" if apart else ".venv/.ready")
            # A process that compiles its modules is slower than one that loads them compiled,
            # even after its start.
            _run(str(_python(place)), "-m", "compileall", "-q", ".", place=place)
            yield place
        finally:
            _run("git", "worktree", "remove", "--force", str(place))


def _python(place: Path) -> Path:
    return place / ".venv" / "bin" / "python"


def _round(former: Path, new: Path, number: int, count: int) -> Round:
    _say(f"Round {number + 1} of {count}")
    with ExitStack() as stack:
        runs = [stack.enter_context(_short(place)) for place in (former, new, former)]
        while unfinished := [run for run, _ in runs if run.poll() is None]:
            for run in unfinished:
                _signal(run, signal.SIGCONT)
                with suppress(subprocess.TimeoutExpired):
                    run.wait(_SLICE)
                _signal(run, signal.SIGSTOP)
        first, middle, last = (_figures(*run) for run in runs)
    return first, middle, last


@contextmanager
def _short(place: Path) -> Iterator[tuple[subprocess.Popen[str], Path]]:
    """Start the short form in that directory, stopped; yield it and the file of its figures."""
    with tempfile.TemporaryDirectory(prefix="rantevou-bench-") as folder:
        file = Path(folder) / "figures.json"
        command = [str(_python(place)), "-m", "tests.bench", "--short", "--json", str(file)]
        with file.with_suffix(".txt").open("w+") as log:
            run = subprocess.Popen(
                command,
                cwd=place,
                env=_environment() | {"RANTEVOU_MANAGEMENT_PORT": _free_port()},
                stdout=log,
                stderr=log,
                text=True,
                start_new_session=True,
            )
            try:
                _signal(run, signal.SIGSTOP)
                yield run, file
            finally:
                _signal(run, signal.SIGKILL)
                run.wait()


def _free_port() -> str:
    """Return a free port: servers of several runs stand at the same time."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


def _signal(run: subprocess.Popen[str], number: signal.Signals) -> None:
    """Send a signal to a run and to the servers that it started."""
    with suppress(ProcessLookupError):
        os.killpg(run.pid, number)


def _figures(run: subprocess.Popen[str], file: Path) -> Figures:
    if run.returncode:
        log = file.with_suffix(".txt").read_text()
        raise subprocess.CalledProcessError(run.returncode, run.args, stderr=log)
    return {each["name"]: each for each in json.loads(file.read_text())}


def _run(*command: str, place: Path | None = None) -> str:
    done = subprocess.run(
        command,
        cwd=place,
        env=_environment(),
        check=True,
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    return done.stdout


def _environment() -> dict[str, str]:
    # PYTHONPATH would make the other checkout import our modules.
    return {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}


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
    former, new = (set(run) for run in rounds[0][:2])
    for where, names in (("Not in", new - former), ("Only in", former - new)):
        if names:
            _say(f"{where} {revision}: {', '.join(sorted(names))}")
    worse = [each.name for each in compared if each.worse]
    _say(f"Worse: {', '.join(worse)}" if worse else "No figure is worse.")
    return 1 if worse else 0


def _say(text: str) -> None:
    sys.stdout.write(text.rstrip() + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
