"""When a citizen would like to come, said before days and times could be shown."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time

from pydantic import TypeAdapter

from core.i18n import FormattedDate, Text, _, join
from dialogs.booking.selection import day_label
from dialogs.messages.appointment import CLOCK
from dialogs.nlu.times import ClockTime

MAX_DAYS = 14
"""The most days that are looked at for one wish, to limit a turn's SQL statements."""


@dataclass(frozen=True)
class TimeWish:
    """The days, of which any will do, and the times or hours of the day.

    Empty `days` and `times` are any; `since` is the first time of the day that will do, `until`
    the first that is too late. `soonest`: the first that is free.
    """

    days: tuple[date, ...] = ()
    times: tuple[ClockTime, ...] = ()
    since: time = time.min
    until: time = time.max
    soonest: bool = False

    @property
    def is_whole_day(self) -> bool:
        """Return whether every time of the day will do."""
        return not self.times and (self.since, self.until) == (time.min, time.max)

    def fitting(self, starts: Sequence[datetime]) -> list[datetime]:
        """Return those of the local times that will do, whatever the day."""
        if self.times:
            return [start for start in starts if (start.hour, start.minute) in self.times]
        return [start for start in starts if self.since <= start.time() < self.until]

    def label(self, now: datetime) -> Text:
        """Return what was understood, for use in a sentence."""
        days = join(", ", *(day_label(day, now) for day in self.days))
        parts: list[Text] = [days] if self.days else []
        if self.soonest:
            parts.append(_("as soon as possible"))
        elif self.times:
            parts.append(_clock(time(*self.times[0])))
        elif self.since == time.min and self.until != time.max:
            parts.append(_("before {time}", time=_clock(self.until)))
        elif self.until == time.max and self.since != time.min:
            parts.append(_("from {time} on", time=_clock(self.since)))
        elif not self.is_whole_day:
            parts.append(
                _("between {since} and {until}", since=_clock(self.since), until=_clock(self.until))
            )
        return join(", ", *parts)


def _clock(at: time) -> Text:
    return FormattedDate(datetime.combine(date.min.replace(year=2000), at), CLOCK)


_WISH: TypeAdapter[TimeWish] = TypeAdapter(TimeWish)


def dump_wish(wish: TimeWish) -> str:
    """Return a wish as it is stored."""
    return _WISH.dump_json(wish, exclude_defaults=True).decode()


def load_wish(stored: str) -> TimeWish:
    """Return the wish that `dump_wish` stored."""
    return _WISH.validate_json(stored)
