"""The sizes of the whole and of the short form of `make bench`."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Sizes:
    """The sizes; the defaults are those of the whole form."""

    few: int = 1_000
    many: int = 1_000_000
    """Bookings stored in the two databases that are compared with each other."""
    stored: int = 100_000
    """Bookings stored in the database whose turns are compared with their own SQL."""
    turns: int = 400
    months: int = 80
    deliveries: int = 7
    """Rounds, of `greetings` greetings each."""
    greetings: int = 100
    browsers: int = 40
    """Conversations over JSON, and as many through htmx."""
    streams: int = 200
    """Event streams open at once; with 0 they aren't measured."""
    books: int = 400
    """Bookings, each held and confirmed at once."""
    exported: int = 200_000
    """Bookings of one export."""
    reminded: int = 5_000
    """Reminders that are sent of those that are due at once."""
    messages: int = 200
    """Messages to a bot, each from another citizen."""
    memory: tuple[int, int] = (1_000, 9_000)
    """Conversations before the first reading of a server's memory, and between the two readings."""


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
    books=300,
    messages=30,
)
"""The sizes of the short form, which takes half a minute."""
