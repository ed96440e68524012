"""Read when a citizen would like to come, from whole sentences in Greek, Greeklish and English."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, time
from typing import Literal

from dialogs.nlu.calendar_days import Calendar, DayNumbers
from dialogs.nlu.spans import Span
from dialogs.nlu.times import ClockTime
from dialogs.nlu.when_days import MOST_DAYS
from dialogs.nlu.when_rules import reduced
from dialogs.nlu.when_tags import UNKNOWN, Tag, tags_of
from dialogs.nlu.when_times import Hours, clock_times

Asked = Literal["day", "time"] | None
"""The open question, which decides what a number means."""

_DAYS, _TIMES = "DGKVX0", "CQ"
_NUMBERS, _UNITS = ("N", "w"), ("U", "m")
_LEADING = "@fbi<>u&v"
_KINDS = {**dict.fromkeys(_DAYS, "day"), **dict.fromkeys(_TIMES, "time"), "S": "open"}


@dataclass(frozen=True)
class Conflict:
    """A date, and a day of the weekday that was said with it, which the date isn't."""

    day: date
    other: date


@dataclass(frozen=True)
class When:
    """The days and times that a text names; any of the days will do.

    `times` are what one time may mean: "1:30" is at night or after noon. `since` is the first time
    of the day that will do, `until` the first that is too late. `month` is the first of a month.
    """

    days: tuple[date, ...] = ()
    times: tuple[ClockTime, ...] = ()
    since: time | None = None
    until: time | None = None
    month: date | None = None
    earliest: bool = False
    anytime: bool = False
    conflict: Conflict | None = None
    no_such_day: bool = False
    spans: tuple[Span, ...] = ()
    """The parts of the text that were understood, in order."""
    filler: tuple[Span, ...] = field(default=(), compare=False)
    """Articles and words that don't matter."""
    is_whole: bool = field(default=False, compare=False)
    """True where the rest of the text is only filler."""

    @property
    def says_day(self) -> bool:
        """Return whether it limits the days."""
        return bool(self.days or self.month or self.conflict or self.no_such_day)

    @property
    def says_time(self) -> bool:
        """Return whether it limits the time of the day."""
        return bool(self.times or self.since or self.until)

    def __bool__(self) -> bool:
        """Return whether anything was understood."""
        return self.says_day or self.says_time or self.earliest or self.anytime


def read_when(text: str, today: date, *, asked: Asked = None, shown: date | None = None) -> When:
    """Return the days and times that a text (as `clean` returns it) names.

    `shown` is the first of the month on the screen, to which a bare number belongs.
    """
    calendar = Calendar(today, shown)
    typed, filler = tags_of(text, asked=asked)
    tags = reduced(typed, calendar)
    is_whole = not any(tag.letter == UNKNOWN for tag in tags)
    if asked is None:
        tags = [tag for tag in tags if tag.letter != "D" or tag.value[-1] >= today]
    kept = _with_numbers(_without_refused(tags), calendar, asked, is_whole=is_whole)
    if kept is None:
        return When()
    return replace(_combined(kept, calendar), filler=tuple(filler), is_whole=is_whole)


def _without_refused(tags: Sequence[Tag]) -> list[Tag]:
    """Return the tags without what is negated, corrected, or only said as a reason."""
    kept: list[Tag] = []
    reason = False
    clauses = list(_clauses(tags))
    for clause in clauses:
        busy = any(tag.letter == "B" for tag in clause) or _has_plans(clause, clauses)
        negated = False
        part: list[Tag] = []
        for tag in clause:
            if tag.letter == ";":
                reason = any(
                    each.letter in _KINDS or each.letter in "ZNwno" for each in kept + part
                )
            if tag.letter == "~":
                kept, reason = _corrected(kept, tags[tags.index(tag) :]), False
            if reason:
                continue
            if tag.letter in _KINDS and (busy or negated):
                is_new = not any(each.letter in _TIMES for each in kept + part)
                if tag.letter == "Q" and is_new and (flipped := _flipped(tag)):
                    part.append(flipped)
            else:
                part.append(tag)
            negated = tag.letter == "!"
        kept += part
    return kept


def _has_plans(clause: Sequence[Tag], clauses: Sequence[Sequence[Tag]]) -> bool:
    """Return whether a clause says "I have" of its day, and another one names a day."""
    if not any(tag.letter == "y" for tag in clause):
        return False
    others = (tag for other in clauses if other is not clause for tag in other)
    return any(_KINDS.get(tag.letter) == "day" for tag in others)


def _clauses(tags: Sequence[Tag]) -> Iterable[list[Tag]]:
    clause: list[Tag] = []
    for tag in tags:
        clause.append(tag)
        if tag.letter in ",;":
            yield clause
            clause = []
    yield clause


def _corrected(before: list[Tag], after: Sequence[Tag]) -> list[Tag]:
    """Return what was said before a correction, without what is said anew."""
    anew = {_KINDS.get(tag.letter) for tag in after} - {None}
    if not anew and any(tag.letter in "ZNwo" for tag in after):
        anew = {"day"}
    return [tag for tag in before if _KINDS.get(tag.letter) not in anew]


def _flipped(tag: Tag) -> Tag | None:
    """Return the hours after those that don't suit, or before; None where both are bounded."""
    hours = tag.value
    if not isinstance(hours, Hours) or (hours.since and hours.until):
        return None
    return tag._replace(value=Hours(hours.until, hours.since))


def _with_numbers(
    tags: list[Tag], calendar: Calendar, asked: Asked, *, is_whole: bool
) -> list[Tag] | None:
    """Return the tags with the numbers that mean a day or a time; None where one may be either."""
    letters = "".join([tag.letter for tag in tags])
    if not any(letter in "ZoNwn" for letter in letters):
        return tags
    has_day, has_time = any(x in letters for x in "DGK"), any(x in letters for x in _TIMES)
    made: list[Tag] = []
    for at, tag in enumerate(tags):
        before = letters[at - 1] if at else ""
        after = letters[at + 1] if at + 1 < len(tags) else ""
        number = tag.value
        if tag.letter not in "ZoNwn" or not isinstance(number, int):
            made.append(tag)
            continue
        means = None
        if tag.letter == "o":
            means = "day" if before == "@" or after != UNKNOWN or asked == "day" else None
        elif tag.letter == "Z":
            means = "time" if has_day or asked == "time" else asked
        elif is_whole and asked and not _is_second(letters, at, asked) and after not in _UNITS:
            if asked == "day" and has_day:
                return None
            means = asked
        if means == "time" and asked == "time" and number > 23:
            means = "day"
        if means == "time" and not has_time:
            minute = _minute_after(tags, at)
            clock = clock_times(number, minute)
            made.append(tag._replace(letter=clock[0], value=clock[1]) if clock else tag)
        elif means == "day":
            month = next((t.value for t in tags if t.letter == "V"), None)
            if after in _NUMBERS:  # "3 12"
                day = calendar.nearest(DayNumbers(number, tags[at + 1].value, None))
            elif month:
                day = calendar.in_month(month, number)
            else:
                day = calendar.day_of_month(number)
            made.append(tag._replace(letter="D" if day else "0", value=(day,)))
    return made


def _is_second(letters: str, at: int, asked: Asked) -> bool:
    """Return whether a number belongs to the one before it: "10 30", "3 12"; not in "3, 5"."""
    before = letters[:at].rstrip("," if asked == "time" else "")
    return before[-1:] in ("N", "w", "C")


def _minute_after(tags: Sequence[Tag], at: int) -> int:
    """Return the minutes in "10 30" and "10, 30" for the hour at that place."""
    following = [tag for tag in tags[at + 1 : at + 3] if tag.letter != ","]
    return following[0].value if following and following[0].letter in _NUMBERS else 0


def _combined(tags: Sequence[Tag], calendar: Calendar) -> When:
    by_letter: dict[str, list[Tag]] = {}
    for tag in tags:
        by_letter.setdefault(tag.letter, []).append(tag)
    exact, weekdays = _narrowed(by_letter.get("D", [])), by_letter.get("G", [])
    conflict = _conflict(by_letter, calendar)
    if len(exact) == len(weekdays) == 1 and not by_letter.get("v"):
        named, said = exact[0].value[0], weekdays[0].value[0]
        if len(exact[0].value) == 1 and not conflict:
            weekdays = []
            if named.weekday() != said.weekday():
                conflict = Conflict(named, calendar.near(named, said.weekday()))
    weeks = [] if exact or weekdays else by_letter.get("K", [])
    days = sorted({day for tag in (*exact, *weekdays, *weeks) for day in tag.value})
    months = by_letter.get("V", [])
    opens = {tag.value for tag in by_letter.get("S", [])}
    times, hours = _hours(by_letter)
    return When(
        days=() if conflict else tuple(days),
        times=times,
        since=hours.since,
        until=hours.until,
        month=months[0].value if months and not days and not conflict else None,
        earliest="soonest" in opens,
        anytime="anytime" in opens,
        conflict=conflict,
        no_such_day="0" in by_letter,
        spans=_spans(tags),
    )


def _narrowed(exact: Sequence[Tag]) -> list[Tag]:
    """Return the days without the open ranges in which others are: "after Christmas, the 28th"."""
    ranges = [tag for tag in exact if len(tag.value) >= MOST_DAYS]
    others = [tag for tag in exact if len(tag.value) < MOST_DAYS]
    named = {day for tag in others for day in tag.value}
    return [*others, *(tag for tag in ranges if named.isdisjoint(tag.value))]


def _spans(tags: Sequence[Tag]) -> tuple[Span, ...]:
    """Return the spans of what was understood, each with the words that lead to it."""
    spans = []
    for at, tag in enumerate(tags):
        if tag.letter in _KINDS:
            leads = at and tags[at - 1].letter in _LEADING
            spans.append(Span(tags[at - 1].span.start if leads else tag.span.start, tag.span.end))
    return tuple(spans)


def _conflict(by_letter: dict[str, list[Tag]], calendar: Calendar) -> Conflict | None:
    if "X" not in by_letter:
        return None
    day, weekday = by_letter["X"][0].value
    return Conflict(day, calendar.near(day, weekday))


def _hours(by_letter: dict[str, list[Tag]]) -> tuple[tuple[ClockTime, ...], Hours]:
    """Return the times named and the hours; with a time, hours only tell which half of the day."""
    since = until = None
    for tag in by_letter.get("Q", ()):
        hours = tag.value
        if isinstance(hours, Hours):
            since, until = hours.since or since, hours.until or until
    times = tuple(t for tag in by_letter.get("C", ()) for t in tag.value)
    if times:
        fitting = [t for t in times if (since or time.min) <= time(*t) < (until or time.max)]
        return tuple(fitting) or times, Hours(None, None)
    if since and until and since >= until:  # other hours for each day
        return (), Hours(None, None)
    return times, Hours(since, until)
