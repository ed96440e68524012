"""Run what takes long, two parts at a time, and go on where one fails; print a table at the end.

Each part is a run of pytest. Every half minute its last line is printed, which is its progress.
The exit code is 1 where a part failed, whose whole output is printed. PART is a part's name, or its
beginning up to a hyphen: `kills`, `clocks`, `clocks-march`.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tests.soak.clocks import moved_to
from tests.soak.parts import PARTS, named
from tests.soak.tell import TOLD

PROGRESS_SECONDS = 30
AT_ONCE = 2

# time_machine is imported before pytest, which says so of each plugin and here fails of it.
EARLY_PLUGIN = "ignore:Module already imported so cannot be rewritten; time_machine"


@dataclass(frozen=True)
class Result:
    """The result of a part."""

    name: str
    seconds: float
    passed: bool
    last: str


def main() -> None:
    """Run the parts that the command line names, or all."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("part", nargs="*", metavar="PART", help=", ".join(PARTS))
    try:
        given = [name for part in parser.parse_args().part for name in named(part)]
    except ValueError as error:
        parser.error(str(error))
    names, started = list(dict.fromkeys(given or PARTS)), time.monotonic()
    with (
        tempfile.TemporaryDirectory(prefix="rantevou-soak-") as folder,
        ThreadPoolExecutor(AT_ONCE) as together,
    ):
        shared = [name for name in names if not PARTS[name].alone]
        results = list(together.map(lambda name: run(name, Path(folder)), shared))
        results += [run(name, Path(folder)) for name in names if PARTS[name].alone]
    say("")
    for result in results:
        sign = "passed" if result.passed else "FAILED"
        say(f"{result.name:24} {minutes(result.seconds):>6}  {sign}  {result.last}")
    say(f"{'in all':24} {minutes(time.monotonic() - started):>6}")
    sys.exit(not all(result.passed for result in results))


def run(name: str, folder: Path) -> Result:
    """Run a part; print its progress, and its output where it fails."""
    part, started = PARTS[name], time.monotonic()
    log = folder / f"{name}.log"
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-v",
        f"-m{part.marked}",
        "-W",
        EARLY_PLUGIN,
        *part.tests,
    ]
    moved = moved_to(part.moment) if part.moment else {}
    moved["TMPDIR"] = tempfile.gettempdir()  # a disk as in earnest, not memory
    say(f"{name}: {part.what}")
    with log.open("wb") as file:
        process = subprocess.Popen(command, stdout=file, stderr=file, env={**os.environ, **moved})
        try:
            while (code := _ended(process)) is None:
                say(f"{name} {minutes(time.monotonic() - started)}  {last_line(log)}")
        finally:
            process.kill()
    output = log.read_text("utf-8", errors="replace")
    say(output if code else "\n".join(re.findall(f"^{TOLD}.*", output, re.MULTILINE)[-1:]))
    said = last_line(log)
    say(f"{name}: {'passed' if code == 0 else 'FAILED'}. {said}")
    return Result(name, time.monotonic() - started, code == 0, said)


def _ended(process: "subprocess.Popen[bytes]") -> int | None:
    try:
        return process.wait(PROGRESS_SECONDS)
    except subprocess.TimeoutExpired:
        return None


def last_line(log: Path) -> str:
    """Return the last line that isn't empty."""
    lines = log.read_text("utf-8", errors="replace").split("\n")
    return next((line.strip("= ") for line in reversed(lines) if line.strip("= ")), "")


def minutes(seconds: float) -> str:
    """Return minutes and seconds."""
    return f"{int(seconds) // 60}:{int(seconds) % 60:02}"


def say(line: str) -> None:
    """Print a line at once."""
    print(line, flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
