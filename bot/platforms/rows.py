"""Buttons beside one another, as many as can be read."""

from collections.abc import Sequence

from bot.replies import ReplyChoice

WIDTH = 30
"""How many letters stand in a row."""


def rows_of(
    choices: Sequence[ReplyChoice], beside: int, width: int = WIDTH
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
