"""How much each measure does: in the whole form of `make bench`, and in the short one."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Sizes:
    """The sizes of the whole form, unless others are given."""

    few: int = 1_000
    many: int = 1_000_000
    """Bookings stored in the two databases that are compared with each other."""
    stored: int = 100_000
    """Bookings stored in the one whose turns are compared with their own SQL."""
    turns: int = 400
    months: int = 80
    deliveries: int = 7
    """Rounds of so many greetings each."""
    greetings: int = 100
    browsers: int = 40
    """Conversations over JSON and through htmx, side by side."""
    streams: int = 200
    """Event streams open at once; with none, that measure is left out."""
    messages: int = 200
    """To a bot, each from another citizen."""
    memory: tuple[int, int] = (1_000, 9_000)
    """Conversations before the first look at a server's memory, and between that and the next."""


WHOLE = Sizes()

SHORT = Sizes(
    few=500,
    many=10_000,
    stored=10_000,
    turns=360,
    months=30,
    deliveries=4,
    greetings=30,
    browsers=12,
    streams=0,
    messages=30,
)
"""Sizes for a comparison that is repeated: half a minute."""
