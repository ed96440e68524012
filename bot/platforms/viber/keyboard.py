"""Viber's keyboards: https://developers.viber.com/docs/tools/keyboards/.

A button is silent: tapping it shows nothing in the chat, and sends the id of its choice, so that
one of an older keyboard answers nothing.
"""

from calendar import monthcalendar
from collections.abc import Iterator, Sequence
from datetime import date
from html import escape
from typing import Any

from babel.dates import get_day_names

from bot.i18n.translator import Translator
from bot.messages import Reply, ReplyChoice
from bot.platforms.layout import ROW_WIDTH, rows_of
from core.i18n import _

TAP = "tap "
"""The beginning of what a button sends; the id of its choice follows."""

COLUMNS, ROWS = 6, 12
"""The largest size of a keyboard."""

MAX_LABEL = 250
"""The longest label of a button, escaped."""

PICK_COLOUR, COMMAND_COLOUR, EMPTY_COLOUR = "#D6E6F5", "#ECECEC", "#FFFFFF"

Row = list[dict[str, Any]]


def keyboard(reply: Reply, texts: Translator) -> dict[str, Any] | None:
    """Return the keyboard of a reply's choices; None where it has none."""
    picks = [choice for choice in reply.choices if choice.number is not None]
    commands = [choice for choice in reply.choices if choice.number is None]
    above: list[Row] = []
    if reply.input == "phone" and reply.step:
        share = texts.say(_("📱 Send my own number"), reply.language)
        above = [[_plain(COLUMNS, share, "share-phone")]]
    if reply.month and all(_weekday(reply.month, each) < COLUMNS for each in picks):
        above, picks = list(_month(reply.month, picks, reply.language)), []
    below = _grid(commands, COMMAND_COLOUR, max(ROWS - len(above) - len(picks), ROWS // 3))
    between = _grid(picks, PICK_COLOUR, ROWS - len(above) - len(below))
    buttons = [button for row in (*above, *between, *below) for button in row]
    if not buttons:
        return None
    return {"Type": "keyboard", "DefaultHeight": False, "Buttons": buttons}


def _button(columns: int, text: str, choice: str, colour: str = PICK_COLOUR) -> dict[str, Any]:
    """Return a button that picks a choice, by its id."""
    return _drawn(columns, text, colour) | {"ActionType": "reply", "ActionBody": f"{TAP}{choice}"}


def _plain(columns: int, text: str, action: str = "none") -> dict[str, Any]:
    """Return a button that picks nothing."""
    return _drawn(columns, text, EMPTY_COLOUR) | {"ActionType": action, "ActionBody": "-"}


def _drawn(columns: int, text: str, colour: str) -> dict[str, Any]:
    shown = escape(text, quote=False)
    while len(shown) > MAX_LABEL:
        text = text[:-1]
        shown = escape(f"{text}…", quote=False)
    return {
        "Columns": columns,
        "Rows": 1,
        "Text": shown,
        "TextSize": "regular",
        "BgColor": colour,
        "Silent": True,
    }


def _grid(choices: Sequence[ReplyChoice], colour: str, max_rows: int) -> list[Row]:
    """Return rows of buttons, as many in each as are legible, or more where all must fit."""
    width = ROW_WIDTH
    rows = rows_of(choices, COLUMNS, width)
    while len(rows) > max_rows and any(len(row) < COLUMNS for row in rows[:-1]):
        width *= 2
        rows = rows_of(choices, COLUMNS, width)
    return [
        [
            _button(COLUMNS // len(row) + (n < COLUMNS % len(row)), each.label, each.id, colour)
            for n, each in enumerate(row)
        ]
        for row in rows
    ]


def _month(month: date, picks: Sequence[ReplyChoice], language: str) -> Iterator[Row]:
    """Yield a month's rows from Monday to Saturday, in which the free days can be tapped."""
    names = get_day_names("abbreviated", locale=language)
    yield [_plain(1, names[day]) for day in range(COLUMNS)]
    free = {choice.number: choice.id for choice in picks}
    for week in monthcalendar(month.year, month.month):
        if any(week[:COLUMNS]):
            yield [
                _button(1, str(day), free[day]) if day in free else _plain(1, "·" if day else " ")
                for day in week[:COLUMNS]
            ]


def _weekday(month: date, day: ReplyChoice) -> int:
    return month.replace(day=day.number or 1).weekday()
