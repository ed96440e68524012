"""The steps at which booking dialogs end: one row for each end, of nobody; and the counts."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from core.db.models import DialogEnd

_ADD = insert(DialogEnd.__table__)


@dataclass(frozen=True)
class StepCount:
    """The number of booking dialogs on a platform that reached a step, and that ended there.

    Those that ended with an appointment reached their last step, and aren't among those that ended.
    """

    platform: str
    step: str
    reached: int
    ended: int


@dataclass(frozen=True)
class End:
    """The end of a booking dialog that had answered some steps, when it was last at `step`."""

    municipality_id: str
    platform: str
    at: datetime
    step: str
    answered: Sequence[str]
    booked: bool


def add_ends(session: Session, ends: Sequence[End]) -> None:
    """Store ends of booking dialogs."""
    rows = [
        {
            **vars(end),
            "at": end.at.replace(minute=0, second=0, microsecond=0),
            "answered": " ".join(name for name in end.answered if name != end.step),
        }
        for end in ends
    ]
    if rows:
        session.connection().execute(_ADD, rows)


def count_steps(
    session: Session, municipality_id: str, since: datetime, until: datetime
) -> Sequence[StepCount]:
    """Return the counts of the dialogs that ended then; the step that most reached comes first."""
    by = (DialogEnd.platform, DialogEnd.step, DialogEnd.answered, DialogEnd.booked)
    query = (
        select(*by, func.count())
        .where(
            DialogEnd.municipality_id == municipality_id,
            DialogEnd.at >= since,
            DialogEnd.at < until,
        )
        .group_by(*by)
    )
    reached, ended = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    for platform, step, answered, booked, count in session.execute(query):
        for name in (*answered.split(), step):
            reached[platform, name] += count
        if not booked:
            ended[platform, step] += count
    order = sorted(reached, key=lambda of: (of[0], -reached[of], ended[of], of[1]))
    return [StepCount(*of, reached[of], ended[of]) for of in order]
