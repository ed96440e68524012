"""The layout of messages, for several platforms: long texts in parts, buttons in rows."""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from urllib.parse import urlencode

from bot.messages import FactRow, PlaceBlock, ReplyChoice

ANSWERED = "✓"
"""The mark before an answer that was tapped."""

ROW_WIDTH = 30
"""The letters of labels that fit into a row of buttons."""

ROOM_UNITS = 4096
"""The longest message to a room of staff, in UTF-16 units: what Telegram takes."""

MAP = "https://www.openstreetmap.org/"

MAX_UNITS = 3500
"""The most UTF-16 units of a list, so that each platform sends it as one message."""


def utf16_units(text: str) -> int:
    """Return the length of a text as Telegram counts it."""
    return len(text.encode("utf-16-le")) // 2


def split(text: str, longest: int, size: Callable[[str], int]) -> list[str]:
    """Split a text into parts of at most that size, between lines where possible."""
    parts, rest = [], text
    while size(rest) > longest:
        lengths = range(longest + 1)
        end = bisect_right(lengths, longest, key=lambda length: size(rest[:length])) - 1
        line = rest.rfind("\n", 0, end)
        cut = line if line > 0 else end
        parts.append(rest[:cut])
        rest = rest[cut:].lstrip("\n")
    return [*parts, rest] if rest or not parts else parts


def fitting(lines: Iterable[str], units: int) -> list[str]:
    """Return the first lines that, with a line break each, have at most so many UTF-16 units."""
    kept = []
    for line in lines:
        units -= utf16_units(line) + 1
        if units < 0:
            break
        kept.append(line)
    return kept


def rows_of(
    choices: Sequence[ReplyChoice], beside: int, width: int = ROW_WIDTH
) -> list[list[ReplyChoice]]:
    """Put up to `beside` choices into each row, in their order, where their labels fit.

    Those that name their rows stand in these.
    """
    rows: list[list[ReplyChoice]] = []
    for choice in choices:
        row = [*rows[-1], choice] if rows else []
        # All buttons of a row are as wide as its widest.
        wide = max((len(each.label) for each in row), default=0) * len(row)
        fits = row and len(row) <= beside and wide <= width
        if row and choice.row is not None:
            fits = choice.row == rows[-1][-1].row
        if fits:
            rows[-1] = row
        else:
            rows.append([choice])
    return rows


def map_url(place: PlaceBlock | FactRow) -> str:
    """Return the address of a place on OpenStreetMap, by its coordinates or else its address."""
    match place:
        case PlaceBlock(latitude=float(north), longitude=float(east)):
            return f"{MAP}?mlat={north}&mlon={east}#map=18/{north}/{east}"
        case PlaceBlock():
            return f"{MAP}search?{urlencode({'query': place.address})}"
        case FactRow():
            return f"{MAP}search?{urlencode({'query': place.value})}"
