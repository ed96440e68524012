"""Viber's keyboards: https://developers.viber.com/docs/tools/keyboards/.

A button is silent: tapping it shows nothing in the chat, and sends the id of its choice, so that
one of an older keyboard answers nothing. An app that doesn't know silent buttons gets such that
write their label into the chat.
"""

from calendar import monthcalendar
from collections.abc import Iterator, Mapping, Sequence
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

SHARE_PHONE_SINCE, SILENT_SINCE = 3, 6
"""The API versions since which apps know buttons that send the phone number, and silent ones."""

PICK_COLOUR, COMMAND_COLOUR, EMPTY_COLOUR = "#D6E6F5", "#ECECEC", "#FFFFFF"

Row = list[dict[str, Any]]


def keyboard(reply: Reply, texts: Translator, version: int) -> dict[str, Any] | None:
    """Return the keyboard of a reply's choices; None where it has none.

    `version` is the API version of the app.
    """
    picks = [choice for choice in reply.choices if choice.number is not None]
    commands = [choice for choice in reply.choices if choice.number is None]
    above: list[Row] = []
    if reply.input == "phone" and reply.step and version >= SHARE_PHONE_SINCE:
        share = texts.say(_("📱 Send my own number"), reply.language)
        above = [[_plain(COLUMNS, share, "share-phone")]]
    if reply.month and all(_weekday(reply.month, each) < COLUMNS for each in picks):
        above, picks = list(_month(reply.month, picks, reply.language)), []
    below = _grid(commands, COMMAND_COLOUR, max(ROWS - len(above) - len(picks), ROWS // 3))
    between = _grid(picks, PICK_COLOUR, ROWS - len(above) - len(below))
    buttons = [button for row in (*above, *between, *below) for button in row]
    if not buttons:
        return None
    if version < SILENT_SINCE:
        texts_of = {
            f"{TAP}{choice.id}": str(choice.number)
            if reply.month and choice.number is not None
            else choice.label
            for choice in reply.choices
        }
        buttons = [_visible(button, texts_of) for button in buttons]
    return {"Type": "keyboard", "DefaultHeight": False, "Buttons": buttons}


def _button(columns: int, text: str, choice: str, colour: str = PICK_COLOUR) -> dict[str, Any]:
    """Return a button that picks a choice, by its id."""
    return _drawn(columns, text, colour) | {"ActionType": "reply", "ActionBody": f"{TAP}{choice}"}


def _visible(button: dict[str, Any], texts: Mapping[str, str]) -> dict[str, Any]:
    """Return a button that writes a text into the chat instead of sending a choice silently."""
    body = button["ActionBody"]
    kept = {name: value for name, value in button.items() if name != "Silent"}
    return kept | {"ActionBody": texts.get(body, body)}


def min_version(buttons: Mapping[str, Any]) -> int:
    """Return the oldest API version that knows all of a keyboard."""
    needed = [1]
    for button in buttons["Buttons"]:
        if button.get("Silent"):
            needed.append(SILENT_SINCE)
        if button["ActionType"] == "share-phone":
            needed.append(SHARE_PHONE_SINCE)
    return max(needed)


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
