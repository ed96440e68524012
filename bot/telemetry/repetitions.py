"""A log that says the same only so often: else one cause could fill the disk."""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

PERIOD_SECONDS = 60.0

SAME = 10
"""Lines of a period that are the same in every field."""

ALIKE = 100
"""Different lines of a period about the same event, or from the same library."""

Fields = Mapping[str, Any]


@dataclass
class _Count:
    fields: Fields
    passed: int = 0
    left_out: int = 0


class Repetitions:
    """Counts the lines of a log, and says which are too many.

    How many were left out is written by `write` as a line of its own, with their common fields:
    before the first line after the period, or when the process ends (`flush`).
    """

    def __init__(
        self, write: Callable[[Fields], None], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._write, self._clock = write, clock
        self._counts: dict[object, _Count] = {}
        self._ends = 0.0

    def is_too_often(self, fields: Fields) -> bool:
        """Count a line, and return whether to leave it out. Its fields have no timestamp."""
        if (now := self._clock()) >= self._ends:
            self._ends = now + PERIOD_SECONDS
            self.flush()
        about = {key: fields[key] for key in ("event", "level") if key in fields}
        if "logger" in fields:  # a library's text may differ each time
            about = {"event": "other lines", "logger": fields["logger"]}
        same = json.dumps(fields, sort_keys=True, default=repr)
        # Whatever is one too many of its kind isn't remembered, so that memory has a bound too.
        kind = self._counts.setdefault(tuple(about.items()), _Count(about))
        if kind.passed >= ALIKE:
            kind.left_out += 1
            return True
        line = self._counts.setdefault(same, _Count(dict(fields)))
        if line.passed >= SAME:
            line.left_out += 1
            return True
        kind.passed += 1
        line.passed += 1
        return False

    def flush(self) -> None:
        """Write how many lines were left out, and count anew."""
        counts, self._counts = self._counts, {}
        for each in [*counts.values()]:  # another thread may still count one
            if each.left_out:
                self._write({**each.fields, "left_out": each.left_out})
