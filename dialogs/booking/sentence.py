"""Read a sentence that names several things at once: service, channel, day and time."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import time

from core.catalogue.model import Channel, Municipality
from core.i18n import Text, TextTemplate, _, join
from dialogs.booking.selection import municipality
from dialogs.booking.time_wish import TimeWish, dump_wish
from dialogs.context import Context
from dialogs.engine.outcomes import AnswersForOtherSteps
from dialogs.messages.appointment import CHANNEL_WORDS, CHANNELS
from dialogs.nlu.dates import Moment, NoSuchDay, parse_moment
from dialogs.nlu.lexicon import FILLER, HELLO, POLITE
from dialogs.nlu.matching import MAX_EXACT_LENGTH, find_phrase, pick
from dialogs.nlu.normalize import phonetic_key, words_with_spans
from dialogs.nlu.spans import Word
from dialogs.nlu.vocabulary import (
    AFTERNOON,
    EVENING,
    HOURS,
    MONTHS,
    MORNING,
    RELATIVE_DAYS,
    WEEKDAYS,
)

MAX_WORDS = 40
"""The most words of a sentence: each run of some of them may be a day or a name."""

MAX_NAME_WORDS = 3
"""The most words that a municipality's name may have within a sentence."""

MAX_TIME_WORDS = 7
"""The most words of a day and a time within a sentence."""

MAX_DAY_WORDS = 6
"""The most words of a sentence that may belong to a day or a time, such as numbers."""

PARTS_OF_DAY: tuple[tuple[TextTemplate, TimeWish], ...] = (
    (MORNING, TimeWish(until=time(12))),
    (AFTERNOON, TimeWish(since=time(12))),
    (EVENING, TimeWish(since=time(17))),
)


def take_sentence(ctx: Context, text: str) -> AnswersForOtherSteps | None:
    """Return the answers that a sentence gives, and say them; None if not all is understood.

    What can't be answered yet is kept as wishes.
    """
    if len(words_with_spans(text)) > MAX_WORDS:
        return None
    wish, words = _without_moment(ctx, text)
    channel, words = _without_channel(ctx, words)
    words = _without_filler(ctx, words)
    if not words and wish:
        return AnswersForOtherSteps(wishes=_noted(ctx, channel, wish))
    known = municipality(ctx)
    for body, rest in [(known, words)] if known else _municipalities(ctx, words):
        answers = _answers_of_words(ctx, body, [word.text for word in rest])
        if answers is None and not rest and not known and (wish or channel):
            ctx.say(_("{value}.", value=body.name))
            answers = {"municipality": body.id}
        if answers is not None:
            return AnswersForOtherSteps(answers, wishes=_noted(ctx, channel, wish))
    return None


def _noted(ctx: Context, channel: str | None, wish: TimeWish | None) -> dict[str, str]:
    """Return the wishes by step, and say them."""
    wishes: dict[str, str] = {}
    noted: list[Text] = []
    if channel:
        wishes["channel"] = channel
        noted.append(CHANNELS[Channel(channel)])
    if wish:
        wishes |= {"day": dump_wish(wish), "time": dump_wish(wish)}
        noted.append(wish.label(ctx.now))
    if noted:
        ctx.say(_("I've noted: {what}.", what=join(", ", *noted)))
    return wishes


def _without_moment(ctx: Context, text: str) -> tuple[TimeWish | None, Sequence[Word]]:
    """Return the day, time and part of the day that a text names, and its other words."""
    typed = words_with_spans(text)
    words = list(typed)
    wish = None
    days, partial = _words_of_days(ctx, typed)
    for start, end in _runs(words, MAX_TIME_WORDS):
        run = words[start:end]
        if len(days) > MAX_DAY_WORDS or not partial.isdisjoint(run):
            continue
        if days.isdisjoint(run[:2]):  # one word may stand before it: "next Friday"
            continue
        moment = Moment()
        with suppress(NoSuchDay):
            part = text[words[start].span.start : words[end - 1].span.end]
            moment = parse_moment(part, ctx.lexicon, ctx.now.astimezone(ctx.zone).date())
        if moment.day:
            times = moment.times.value if moment.times else ()
            wish = TimeWish(moment.day.value, times)
            words[start:end] = []
            break
    for names, hours in PARTS_OF_DAY:
        # Shorter ones stand beside an hour only: "am" is a verb, too.
        said = {phonetic_key(n) for n in ctx.lexicon.words(names) if len(n) > MAX_EXACT_LENGTH}
        found = [word for word in typed if phonetic_key(word.text) in said]
        if found and not (wish and wish.times):
            wish = replace(hours, day=wish.day if wish else None)
            words = [word for word in words if word not in found]
            break
    return wish, words


def _words_of_days(ctx: Context, words: Sequence[Word]) -> tuple[frozenset[Word], frozenset[Word]]:
    """Return the words that may name a day, and those that only begin a day's or month's name.

    In a sentence the latter name none: «κυρία» is no Sunday.
    """
    names = frozenset().union(*map(ctx.lexicon.words, (*WEEKDAYS, *MONTHS, *RELATIVE_DAYS, *HOURS)))
    keys = frozenset(phonetic_key(word) for name in names for word in name.split())
    typed = [(word, phonetic_key(word.text)) for word in words]
    named = frozenset(word for word, key in typed if key in keys or key[:1].isdigit())
    begun = (
        word
        for word, key in typed
        if len(word.text) > 2 and any(name.startswith(key) for name in keys)
    )
    return named, frozenset(begun) - named


def _without_channel(ctx: Context, words: Sequence[Word]) -> tuple[str | None, Sequence[Word]]:
    """Return the channel that the words name, and the others."""
    for start, end in _runs(words, MAX_NAME_WORDS):
        part = " ".join(word.text for word in words[start:end])
        for channel, names in CHANNEL_WORDS.items():
            if find_phrase(part, ctx.lexicon.words(names), frozenset()):
                return channel, [*words[:start], *words[end:]]
    return None, words


def _runs(words: Sequence[Word], longest: int) -> Iterator[tuple[int, int]]:
    """Yield the start and end of each run of words, longer ones first."""
    for length in range(min(longest, len(words)), 0, -1):
        for start in range(len(words) - length + 1):
            yield start, start + length


def _without_filler(ctx: Context, words: Sequence[Word]) -> Sequence[Word]:
    ignored = frozenset().union(*(ctx.lexicon.words(each) for each in (FILLER, HELLO, POLITE)))
    return [word for word in words if word.text not in ignored]


def _municipalities(
    ctx: Context, words: Sequence[Word]
) -> Iterator[tuple[Municipality, Sequence[Word]]]:
    """Yield each municipality that some of the words name, with the other words."""
    bodies = [(b.id, [*b.name.values(), *b.aliases]) for b in ctx.office.offered_municipalities]
    for start, end in _runs(words, MAX_NAME_WORDS):
        found = pick(" ".join(word.text for word in words[start:end]), bodies, typos=False)
        if len(found) == 1:
            yield ctx.office.loaded(found[0].value).body, [*words[:start], *words[end:]]


def _answers_of_words(
    ctx: Context, body: Municipality, words: Sequence[str]
) -> dict[str, str] | None:
    """Return the answers if all these words name one service, or a branch, of a municipality."""
    if not words:
        return None
    services = [(s.id, s.name.values()) for s in body.services.values()]
    branches = [(b.id, [*b.name.values(), *b.aliases]) for b in body.branches]
    found = pick(" ".join(words), services)
    is_new = municipality(ctx) is None
    if len(found) == 1:
        service = body.services[found[0].value]
        group = next(group for group in body.groups if service in group.services)
        if is_new:
            ctx.say(_("{value}.", value=body.name))
        ctx.say(_("{label}: {value}.", label=_("Service"), value=service.name))
        return {"municipality": body.id, "group": group.id, "service": service.id}
    if is_new and (found or pick(" ".join(words), branches)):
        ctx.say(_("{value}.", value=body.name))
        return {"municipality": body.id}
    return None
