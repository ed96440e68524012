"""The progress of what takes long: a line on standard error, after two seconds."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock, Timer
from typing import TYPE_CHECKING

from core.progress import Report, silent

if TYPE_CHECKING:
    from rich.progress import Progress

SHOWN_AFTER_SECONDS = 2

PREPARING = "Preparing the database"
"""The first stage of a command that migrates the tables."""


@contextmanager
def progress(what: str) -> Iterator[Report]:
    """Yield a function to be called with the progress of what is done meanwhile.

    It is shown on a terminal only, and vanishes in the end.
    """
    if not sys.stderr.isatty():
        yield silent
        return
    line = _Line(what)
    timer = Timer(SHOWN_AFTER_SECONDS, line.show)
    timer.start()
    try:
        yield line.report
    finally:
        timer.cancel()
        timer.join()
        line.end()


class _Line:
    """The line, which a thread of its own begins to show while the work goes on."""

    def __init__(self, what: str) -> None:
        self._latest = (what, 0, 0)
        self._bar: Progress | None = None
        self._lock = Lock()

    def report(self, what: str, done: int, total: int) -> None:
        """Show this from now on, if anything is shown."""
        with self._lock:
            (_, before, of), self._latest = self._latest, (what, done, total)
            if self._bar:
                (task,) = self._bar.task_ids
                if done >= before and total == of:
                    self._bar.update(task, description=what, completed=done)
                else:  # another work, whose end isn't foreseen from this one's pace
                    self._bar.remove_task(task)
                    self._bar.add_task(what, completed=done, total=total or None)

    def show(self) -> None:
        """Begin to show the line."""
        # Only here, for most work is done before.
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            Progress,
            SpinnerColumn,
            TaskProgressColumn,
            TextColumn,
            TimeRemainingColumn,
        )

        what = TextColumn("{task.description}", markup=False)
        bar = Progress(
            *(
                SpinnerColumn("line"),
                what,
                BarColumn(),
                TaskProgressColumn(),
                TimeRemainingColumn(),
            ),
            console=Console(stderr=True),
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        with self._lock:
            now, done, total = self._latest
            bar.add_task(now, completed=done, total=total or None)
            bar.start()
            self._bar = bar

    def end(self) -> None:
        """Take the line away."""
        with self._lock:
            if self._bar:
                self._bar.stop()
