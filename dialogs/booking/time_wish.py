"""When a citizen would like to come, said before days and times could be shown."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time

from pydantic import TypeAdapter

from core.i18n import FormattedDate, Text, _, join
from dialogs.booking.selection import day_label
from dialogs.messages.appointment import CLOCK
from dialogs.nlu.times import ClockTime, likeliest


@dataclass(frozen=True)
class TimeWish:
    """A day, and times or hours of the day; without one, any will do.

    `times` are what the time may mean. `since` is the first time of the day that will do, `until`
    the first that is too late.
    """

    day: date | None = None
    times: tuple[ClockTime, ...] = ()
    since: time = time.min
    until: time = time.max

    @property
    def is_any_time(self) -> bool:
        """Return whether every time of the day will do."""
        return not self.times and (self.since, self.until) == (time.min, time.max)

    def fitting(self, starts: Sequence[datetime]) -> list[datetime]:
        """Return those of a day's local times that will do."""
        if self.times:
            return [start for start in starts if (start.hour, start.minute) in self.times]
        return [start for start in starts if self.since <= start.time() < self.until]

    def label(self, now: datetime) -> Text:
        """Return what was understood, for use in a sentence."""
        parts: list[Text] = [day_label(self.day, now)] if self.day else []
        if self.times:
            parts.append(_clock(time(*likeliest(self.times))))
        if self.since != time.min:
            parts.append(_("from {time} on", time=_clock(self.since)))
        if self.until != time.max:
            parts.append(_("before {time}", time=_clock(self.until)))
        return join(", ", *parts)


def _clock(at: time) -> Text:
    return FormattedDate(datetime.combine(SOME_DAY, at), CLOCK)


SOME_DAY = date(2000, 1, 1)
"""A day for formatting a time of the day."""

_WISH: TypeAdapter[TimeWish] = TypeAdapter(TimeWish)


def dump_wish(wish: TimeWish) -> str:
    """Return a wish as it is stored."""
    return _WISH.dump_json(wish, exclude_defaults=True).decode()


def load_wish(stored: str) -> TimeWish:
    """Return the wish that `dump_wish` stored."""
    return _WISH.validate_json(stored)
