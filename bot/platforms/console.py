"""The terminal chat of `rantevou chat`."""

import getpass
import os
import sys
import uuid
from calendar import Calendar
from collections.abc import Callable
from contextlib import suppress
from datetime import date
from io import TextIOWrapper

from babel.dates import get_day_names
from rich.columns import Columns
from rich.console import Console
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from bot.messages import Inbound, Reply, ReplyChoice, Sender

ACCOUNT = "console"


def parse(text: str) -> Inbound:
    """Return a line typed at this terminal as a message."""
    return Inbound(
        platform="console",
        account=ACCOUNT,
        address=_user_name(),
        message_id=str(uuid.uuid4()),
        text=text,
    )


def _user_name() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a user id without a name, as in containers
        return f"user {os.getuid()}"


def chat(
    answer: Callable[[Inbound], list[Reply]], fetch: Callable[[Sender], list[Reply]], first: str
) -> None:
    """Send what is typed to `answer` and show the replies, until Ctrl-D; begin with `first`.

    What waits for this chat is fetched, and shown, before the first and after each answer.
    """
    with suppress(ImportError):
        import readline  # noqa: F401, PLC0415 makes input() edit lines
    for stream in (sys.stdin, sys.stdout):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal may lack Greek letters
    console = Console(highlight=False)
    typed = first
    with suppress(EOFError, KeyboardInterrupt):  # Ctrl-C may come at any moment of it
        for reply in fetch(parse(first)):
            show(console, reply)
        while True:
            # No sooner: a word that was typed before they are seen is no answer to them.
            for reply in (*answer(parse(typed)), *fetch(parse(typed))):
                show(console, reply)
            typed = input("› ")
    console.print()


def show(console: Console, reply: Reply) -> None:
    """Print a reply: its text, the choices with their numbers, then the commands."""
    console.print(Panel(Text(reply.text), border_style="cyan", expand=False))
    picks = [choice for choice in reply.choices if choice.number is not None]
    commands = [choice for choice in reply.choices if choice.number is None]
    if reply.month is not None:
        console.print(_month(reply.month, picks, reply.language))
    elif picks and reply.layout == "times":
        console.print(Columns([_numbered(choice) for choice in picks], padding=(0, 3)))
    else:
        for choice in picks:
            console.print(_numbered(choice))
    if commands:
        console.print(Text("  " + " · ".join(choice.label for choice in commands), style="dim"))


def _numbered(choice: ReplyChoice) -> Text:
    return Text.assemble((f"{choice.number:>3}  ", "bold yellow"), choice.label)


def _month(month: date, picks: list[ReplyChoice], language: str) -> Table:
    """Return a month as a calendar, its free days in brackets."""
    free = {choice.number for choice in picks}
    names = get_day_names("abbreviated", locale=language)
    table = Table(*(names[day] for day in range(7)), box=None, padding=(0, 1))
    for week in Calendar().monthdatescalendar(month.year, month.month):
        table.add_row(
            *(
                _day(day.day, free=day.day in free) if day.month == month.month else ""
                for day in week
            )
        )
    return table


def _day(number: int, *, free: bool) -> Text:
    if free:
        return Text(f"[{number}]", style="bold yellow", justify="right")
    return Text(f"{number} ", style="dim", justify="right")
