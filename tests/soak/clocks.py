"""Clocks moved to the moments at which a test that reads the clock could fail."""

import time
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

ATHENS = ZoneInfo("Europe/Athens")
FOLDER = Path(__file__).parent / "moved_clock"

MOMENTS = {
    "early": "2027-02-09 06:30",
    "afternoon": "2027-02-09 14:45",
    "before-midnight": "2027-02-09 23:50",
    "after-midnight": "2027-02-10 00:05",
    "friday-evening": "2027-02-12 20:30",
    "christmas": "2026-12-23 11:00",
    "march": "2027-03-28 02:59",
    "october": "2027-10-31 03:59",
}
"""The time in Athens at which the tests begin; the last two are a minute before a clock change."""

READS_THE_CLOCK = (
    "datetime.now(",
    "time.time(",
    "bootstrap(",
    *("tests.bot.processes", "tests.bot.terminal", "tests.proofs.processes"),
)
"""The marks of tests that read the clock: directly, or by running the program itself."""

TIMELESS = frozenset(
    {
        "tests/bot/cli/test_database.py",
        "tests/bot/cli/test_place.py",
        "tests/bot/cli/test_progress.py",
        "tests/bot/cli/test_secret.py",
        "tests/bot/cli/test_shutdown.py",
        "tests/bot/ops/test_database_move.py",
        "tests/bot/ops/test_interrupted_move.py",
        "tests/bot/ops/test_supervisor.py",
        "tests/bot/test_encryption_key.py",
        "tests/bot/test_secret_key.py",
        "tests/proofs/test_disk.py",
        "tests/proofs/test_kill_move.py",
        "tests/proofs/test_third_language.py",
    }
)
"""Tests that run the program, but of what no date is in: rows copied, keys, processes that end,
disks, languages. They took a third of the time of each moment."""


def clock_reading_tests(root: Path = Path("tests")) -> tuple[str, ...]:
    """Return the paths of the test files that read the real clock."""

    def reads_the_clock(file: Path) -> bool:
        text = file.read_text("utf-8")
        return any(mark in text for mark in READS_THE_CLOCK)

    files = [file for file in sorted(root.rglob("test_*.py")) if str(file) not in TIMELESS]
    return tuple(str(file) for file in files if reads_the_clock(file))


def moved_to(moment: str) -> dict[str, str]:
    """Return the environment variables with which the clock stands at that time in Athens now."""
    wanted = datetime.fromisoformat(moment).replace(tzinfo=ATHENS)
    return {
        "MOVED_CLOCK_SECONDS": str(wanted.timestamp() - time.time()),
        "PYTHONPATH": str(FOLDER),
    }
