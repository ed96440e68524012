"""Read the hours in which a citizen wants no reminders: "22-9", "after 8 in the evening"."""

import re
from collections.abc import Iterator, Sequence
from datetime import time
from itertools import islice, product
from typing import NamedTuple

from core.i18n import TextTemplate, _
from dialogs.nlu.lexicon import Lexicon
from dialogs.nlu.normalize import normalize
from dialogs.nlu.times import parse_time
from dialogs.nlu.vocabulary import AFTERNOON, EVENING, FROM, MORNING

AFTER, BEFORE, BETWEEN = _("after, later than"), _("before, earlier than"), _("between")
AND_UNTIL = _("until, till, to, through, and")
"""The words between the two hours."""

NIGHT = 3 * 60
"""The minute of the day that quiet hours have in them where they may be meant in two ways."""

MAX_LENGTH = 100
"""The longest text that is read as hours, in characters."""

MAX_SPLITS = 4
"""The most places at which a text is divided into two hours: each costs two readings."""

_DAY = 24 * 60


class Hours(NamedTuple):
    """The hours from one time of day until another, maybe of the next day."""

    since: time
    until: time


def parse_quiet_hours(typed: str, lexicon: Lexicon, usual: Hours) -> Hours | None:
    """Return the hours that a text means, None for none; `usual` has the end that it doesn't say.

    Of several that it may mean, they are the shortest, and of those the ones at night: "10 to 8" is
    from 22:00 until 08:00.
    """
    if len(typed) > MAX_LENGTH:
        return None
    text = normalize(typed)
    for left, right in _halves(text, lexicon):
        if found := _narrowest(_times(left, lexicon), _times(right, lexicon)):
            return found
    text = _with_part_last(text, lexicon)
    since = _without(text, (AFTER, FROM), lexicon)
    if since is not None:
        return _narrowest(_times(since, lexicon), [_minute(usual.until)])
    until = _without(text, (BEFORE, AND_UNTIL), lexicon)
    return _narrowest([_minute(usual.since)], _times(until, lexicon)) if until else None


def is_doubtful(typed: str, lexicon: Lexicon) -> bool:
    """Return whether hours may as well be others: "9-9", or "8-22", which isn't from 20:00."""
    if len(typed) > MAX_LENGTH:
        return False
    for left, right in _halves(normalize(typed), lexicon):
        since, until = _times(left, lexicon), _times(right, lexicon)
        if found := _narrowest(since, until):
            if len(since) == len(until):
                return len(since) > 1 and since == until
            sure, minutes = (left, since) if len(since) == 1 else (right, until)
            is_of_24 = sure.replace(":", "").isdecimal() and minutes[0] > _DAY / 2
            length = (_minute(found.until) - _minute(found.since)) % _DAY
            return is_of_24 and (NIGHT - _minute(found.since)) % _DAY >= length
    return False


def _with_part_last(text: str, lexicon: Lexicon) -> str:
    """Return a text that begins with a part of the day with that at its end, as times have it."""
    for part in (MORNING, AFTERNOON, EVENING):
        rest = _without(text, (part,), lexicon)
        if rest is not None:
            return f"{rest} {text.removesuffix(rest).strip()}"
    return text


def _halves(text: str, lexicon: Lexicon) -> Iterator[tuple[str, str]]:
    """Yield what stands before and after each word or sign that may be between two hours."""
    begun = _without(text, (BETWEEN, FROM), lexicon)
    text = text if begun is None else begun
    between = rf"(?<=\d)[- ](?=\d)| (?:{_pattern((AND_UNTIL,), lexicon)}) "
    for found in islice(re.finditer(between, text), MAX_SPLITS):
        yield text[: found.start()], text[found.end() :]


def _times(text: str, lexicon: Lexicon) -> Sequence[int]:
    """Return the minutes of the day that a text may mean."""
    found = parse_time(text, lexicon)
    return [each.hour * 60 + each.minute for each in found.value] if found else []


def _narrowest(since: Sequence[int], until: Sequence[int]) -> Hours | None:
    def order(each: tuple[int, int]) -> tuple[int, bool]:
        begin, end = each
        return (end - begin) % _DAY, (NIGHT - begin) % _DAY >= (end - begin) % _DAY

    possible = [each for each in product(since, until) if each[0] != each[1]]
    if not possible:
        return None
    begin, end = min(possible, key=order)
    return Hours(time(*divmod(begin, 60)), time(*divmod(end, 60)))


def _without(text: str, first: Sequence[TextTemplate], lexicon: Lexicon) -> str | None:
    """Return a text without one of these words at its beginning; None where it has none."""
    found = re.match(rf"(?:{_pattern(first, lexicon)}) ", text)
    return text[found.end() :] if found else None


def _pattern(phrases: Sequence[TextTemplate], lexicon: Lexicon) -> str:
    """Return a pattern of the words of these phrases, the longest first."""
    words = {word for phrase in phrases for word in lexicon.words(phrase)}
    return "|".join(map(re.escape, sorted(words, key=len, reverse=True)))


def _minute(clock: time) -> int:
    return clock.hour * 60 + clock.minute
