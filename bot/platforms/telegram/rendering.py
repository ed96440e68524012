"""Renders replies as Telegram's messages, with buttons under them.

Texts are sent as they are, without markup, so that no name can break it.
"""

from calendar import monthcalendar
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from babel.dates import get_day_names
from telegram import (
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    KeyboardButton,
    ReplyKeyboardMarkup,
    ReplyKeyboardRemove,
)

from bot.i18n.translator import Translator
from bot.messages import Reply, ReplyChoice, Venue
from bot.platforms.layout import ANSWERED, rows_of, split, utf16_units
from core.i18n import _

MAX_TEXT_UNITS = 4096
"""The longest text, in UTF-16 units."""

NO_CHOICE = "-"
"""The data of a button that picks nothing: it completes the month's grid."""

BUTTONS_PER_ROW = 4

Markup = InlineKeyboardMarkup | ReplyKeyboardMarkup | ReplyKeyboardRemove


NO_TOPIC = _("(The topic that is bound here is closed or deleted, so I write in the group itself.)")


@dataclass(frozen=True)
class Rendered:
    """A reply as it is sent: a file, a venue, or texts of which the last has the buttons.

    Those that replace an earlier message are `closing`, or `edits` it, and are sent to nobody who
    has deleted that. One to a `topic` has the texts for the group itself, where that is closed.
    """

    texts: Sequence[str]
    markup: Markup | None
    closing: bool = False
    edits: bool = False
    topic: int | None = None
    outside_topic: Sequence[str] = ()
    answers: int | None = None
    only_answers: bool = False
    file: tuple[str, bytes] | None = None
    venue: Venue | None = None


def render(reply: Reply, texts: Translator) -> Rendered:
    """Render a reply, with its choices under the text."""
    if reply.file:
        return Rendered((), None, file=(reply.file, reply.content))
    if reply.venue:
        return Rendered((), None, venue=reply.venue)
    outside = f"{reply.text}\n\n{texts.say(NO_TOPIC, reply.language)}" if reply.topic else ""
    return Rendered(
        _parts(reply.text),
        _markup(reply, texts),
        reply.closing,
        reply.edits,
        int(reply.topic) if reply.topic else None,
        _parts(outside),
        int(reply.answers) if reply.answers else None,
        reply.only_answers,
    )


def close_question(question: Reply, answer: str | None, *, more_follows: bool) -> Reply | None:
    """Remove the buttons from a question, and write below it what was tapped.

    The button that sends the phone number replaces the citizen's keyboard: only a new message
    removes it.
    """
    if question.input == "phone":
        return None if more_follows else Reply(text=ANSWERED)
    if not question.choices:
        return None
    # Of a long question, only the last part has buttons and is changed.
    text = _parts(question.text)[-1]
    answered = f"{text}\n\n{ANSWERED} {answer}"
    fits = answer and utf16_units(answered) <= MAX_TEXT_UNITS
    return Reply(text=answered if fits else text, closing=True)


def _markup(reply: Reply, texts: Translator) -> Markup | None:
    picks = [choice for choice in reply.choices if choice.number is not None]
    commands = [choice for choice in reply.choices if choice.number is None]
    if reply.closing:
        return None
    if reply.clears:
        return ReplyKeyboardRemove()
    if reply.input == "phone":
        share = texts.say(_("📱 Send my own number"), reply.language)
        rows = [[KeyboardButton(share, request_contact=True)]]
        others = [*rows_of(picks, BUTTONS_PER_ROW), *rows_of(commands, BUTTONS_PER_ROW)]
        rows += [[KeyboardButton(choice.label) for choice in row] for row in others]
        return ReplyKeyboardMarkup(rows, resize_keyboard=True, one_time_keyboard=True)
    keyboard = list(_month(reply.month, picks, reply.language) if reply.month else _buttons(picks))
    keyboard += _buttons(commands)
    return InlineKeyboardMarkup(keyboard) if keyboard else None


def _month(
    month: date, picks: Sequence[ReplyChoice], language: str
) -> Iterator[list[InlineKeyboardButton]]:
    """Yield a month's rows of seven columns, in which the free days can be tapped."""
    names = get_day_names("abbreviated", locale=language)
    yield [InlineKeyboardButton(names[day], callback_data=NO_CHOICE) for day in range(7)]
    free = {choice.number: choice.id for choice in picks}
    for week in monthcalendar(month.year, month.month):
        yield [
            InlineKeyboardButton(str(day), callback_data=free[day])
            if day in free
            else InlineKeyboardButton("·" if day else " ", callback_data=NO_CHOICE)
            for day in week
        ]


def _buttons(choices: Sequence[ReplyChoice]) -> list[list[InlineKeyboardButton]]:
    return [
        [InlineKeyboardButton(choice.label, callback_data=choice.id) for choice in row]
        for row in rows_of(choices, BUTTONS_PER_ROW)
    ]


def _parts(text: str) -> list[str]:
    return split(text, MAX_TEXT_UNITS, utf16_units)
