"""The request of staff for a closure or an extra opening."""

from dataclasses import dataclass
from datetime import date

from core.db.models import ExceptionKind


@dataclass(frozen=True)
class ExceptionRequest:
    """The closure or extra opening of a desk (BRANCH/DESK), a branch, or a whole municipality.

    From `first` to `last`, all day or from `start` to `end` ("HH:MM", local; the end may be
    "24:00") of each. Citizens are told the `reason`.
    """

    kind: ExceptionKind
    municipality_id: str
    first: date
    last: date
    start: str | None = None
    end: str | None = None
    branch: str | None = None
    desk: str | None = None
    reason: str | None = None
