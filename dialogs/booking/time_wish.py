"""When a citizen would like to come, said before days and times could be shown."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time

from pydantic import TypeAdapter

from core.i18n import FormattedDate, Text, _, join
from dialogs.booking.selection import day_label
from dialogs.engine.outcomes import InvalidAnswer
from dialogs.engine.prompts import SetAnswers, action_choice
from dialogs.messages.appointment import CLOCK
from dialogs.nlu.times import ClockTime, likeliest
from dialogs.nlu.when import Conflict, When

MAX_NAMED_DAYS = 3
"""The most days that are said one by one."""


@dataclass(frozen=True)
class TimeWish:
    """Days of which any will do, and times or hours of the day; without one, any will do.

    `times` are what the time may mean. `since` is the first time of the day that will do, `until`
    the first that is too late. `month` is the first of a month.
    """

    days: tuple[date, ...] = ()
    times: tuple[ClockTime, ...] = ()
    since: time = time.min
    until: time = time.max
    month: date | None = None
    earliest: bool = False
    conflict: Conflict | None = None

    @classmethod
    def of(cls, when: When) -> "TimeWish":
        """Return what was understood of a text, to be kept."""
        since, until = when.since or time.min, when.until or time.max
        return cls(when.days, when.times, since, until, when.month, when.earliest, when.conflict)

    @property
    def says_day(self) -> bool:
        """Return whether not every day will do."""
        return bool(self.days or self.month or self.earliest or self.conflict)

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
        parts: list[Text] = _labels_of_days(self.days, now)
        if self.month:
            parts.append(FormattedDate(self.month, "LLLL y"))
        if self.earliest:
            parts.append(_("as soon as possible"))
        if self.conflict:
            parts.append(FormattedDate(self.conflict.day, "d MMMM"))
        if self.times:
            parts.append(_clock(time(*likeliest(self.times))))
        return join(", ", *parts, *self._hours())

    @property
    def hours(self) -> Text:
        """Return the hours that will do, for use in a sentence."""
        return join(", ", *self._hours())

    def _hours(self) -> list[Text]:
        hours: list[Text] = []
        if self.since != time.min:
            hours.append(_("from {time} on", time=_clock(self.since)))
        if self.until != time.max:
            hours.append(_("before {time}", time=_clock(self.until)))
        return hours


def _labels_of_days(days: Sequence[date], now: datetime) -> list[Text]:
    if len(days) <= MAX_NAMED_DAYS:
        return [day_label(day, now) for day in days]
    first, last = day_label(days[0], now), day_label(days[-1], now)
    return [_("{first} to {last}", first=first, last=last)]


def noted(*what: Text) -> Text:
    """Return the sentence that says what is kept until it can be taken."""
    return _("I've noted: {what}.", what=join(", ", *what))


def which_day(conflict: Conflict) -> InvalidAnswer:
    """Return the question which day is meant by a weekday and a date that disagree."""
    return InvalidAnswer(
        _(
            "{date} is a {weekday}. Which day do you mean?",
            date=FormattedDate(conflict.day, "d MMMM"),
            weekday=FormattedDate(conflict.day, "EEEE"),
        ),
        suggestions=[
            action_choice(SetAnswers({"day": day.isoformat()}), FormattedDate(day, "EEE d MMM"))
            for day in sorted((conflict.day, conflict.other))
        ],
    )


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
