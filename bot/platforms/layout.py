"""What fits into a message: long texts in parts, and buttons beside one another."""

from collections.abc import Callable, Sequence
from typing import Literal

from bot.messages import ReplyChoice

ROW_WIDTH = 30
"""How many letters of buttons stand in a row."""


def split(text: str, longest: int, size: Callable[[str], int]) -> list[str]:
    """Cut what is too long for one message, between lines where that can be."""
    parts, rest = [], text
    while size(rest) > longest:
        end = longest
        while size(rest[:end]) > longest:
            end -= 1
        line = rest.rfind("\n", 0, end)
        cut = line if line > 0 else end
        parts.append(rest[:cut])
        rest = rest[cut:].lstrip("\n")
    return [*parts, rest] if rest or not parts else parts


def rows_of(
    choices: Sequence[ReplyChoice], beside: int, width: int = ROW_WIDTH
) -> list[list[ReplyChoice]]:
    """Put up to so many beside one another, in their order."""
    rows: list[list[ReplyChoice]] = []
    for choice in choices:
        row = [*rows[-1], choice] if rows else []
        # All in a row are as wide as the widest.
        wide = max((len(each.label) for each in row), default=0) * len(row)
        if row and len(row) <= beside and wide <= width:
            rows[-1] = row
        else:
            rows.append([choice])
    return rows


def language_of(code: str | None) -> Literal["el", "en"] | None:
    """What we speak to whoever has an app in that language: Greek, or English to all others."""
    if not code:
        return None
    return "el" if code.startswith("el") else "en"
