"""Continues the stored chats as tests/data/conversations/*.txt say, and shows every answer.

A file holds several cases. A line is a word and what belongs to it; the words are:

    case       what it shows; the chats are as they were stored
    chat       name in chats.json: the next lines are of that citizen
    citizen    Γεια: types it; [13:50]: taps the newest button of that label
    old        [13:50]: taps the oldest button of that label, which is of an earlier question
    earlier    types what the platform delivers late: it was written before everything else
    delivered  the outbox is delivered to this citizen
    later      the page looks for messages that came since
    page       the page is opened: everything that it shows
    now        +6h: the clock moves on, by hours or days
    booked     the time in Athens: the bookings that start then

`bot` and the indented lines are what is answered or shown, as the expectation of a test.
"""

import gzip
import re
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bot.i18n.translator import Translator
from core.db.database import REVISIONS
from tests.data.chats import FIRST_OF_TESTS, FOLDER, SQLITE, Chat, Chats, chats_with, stored_chat
from tests.data.make import opened
from tests.stories.story_runner import ATHENS

FILES = sorted((FOLDER / "conversations").glob("*.txt"))
WIDTH = 11
STORED_BY = "0005"
"""The database revision whose program wrote the expectations, and may write them again."""


def cases(file: Path) -> Iterator[tuple[str, str]]:
    """Yield the title and the text of each case in a file."""
    for text in re.split(r"\n+(?=case )", file.read_text("utf-8").strip()):
        yield text.splitlines()[0].removeprefix("case").strip(), text


class Replay:
    """One case being played; `chat` is the citizen's whose turn it is."""

    chat: Chat

    def __init__(self, chats: Chats) -> None:
        self.chats = chats

    def play(self, text: str) -> str:
        """Return the text of a case with the answers as they are now."""
        lines: list[str] = []
        for line in text.splitlines():
            word, _space, rest = line.partition(" ")
            if word in ("", "bot"):
                continue
            lines.append(line)
            if word != "case":
                lines += getattr(self, f"on_{word}")(rest.strip())
        return "\n".join(lines)

    def on_chat(self, who: str) -> list[str]:
        self.chat = stored_chat(self.chats, who)
        return []

    def on_citizen(self, rest: str) -> list[str]:
        label = _label(rest)
        return _as_bot(self.chat.tap(label) if label else self.chat.write(rest))

    def on_old(self, rest: str) -> list[str]:
        return _as_bot(self.chat.tap_old(_label(rest)))

    def on_earlier(self, text: str) -> list[str]:
        return _as_bot(self.chat.write_late(text))

    def on_delivered(self, _rest: str) -> list[str]:
        return _as_bot(self.chat.delivered())

    def on_later(self, _rest: str) -> list[str]:
        return _as_bot(self.chat.later())

    def on_page(self, _rest: str) -> list[str]:
        return [line for part, shown in self.chat.page().items() for line in _part(part, shown)]

    def on_now(self, rest: str) -> list[str]:
        number = int(rest[1:-1])
        unit = {"h": timedelta(hours=1), "d": timedelta(days=1)}[rest[-1]]
        self.chats.deployment.clock.now += number * unit
        return []

    def on_booked(self, when: str) -> list[str]:
        return _indented(bookings_at(self.chats, when) or ["nothing"])


def bookings_at(chats: Chats, when: str) -> list[str]:
    """Return the bookings that start then in Athens: municipality, state, end of a hold."""
    start = datetime.fromisoformat(when).replace(tzinfo=ATHENS)
    rows = chats.deployment.rows(
        "SELECT municipality_id, state, held_until FROM bookings "
        f"WHERE starts_at = {start.timestamp():.0f} ORDER BY id"
    )
    return [
        f"{municipality} held until {datetime.fromtimestamp(until, ATHENS):%H:%M}"
        if state == "held"
        else f"{municipality} {state}"
        for municipality, state, until in rows
    ]


def _label(rest: str) -> str:
    return rest[1:-1] if rest.startswith("[") and rest.endswith("]") else ""


def _indented(lines: list[str]) -> list[str]:
    return [" " * WIDTH + (line or "(an empty line)") for line in lines]


def _as_bot(lines: list[str]) -> list[str]:
    first, *others = _indented(lines) or [""]
    return ["bot".ljust(WIDTH) + first[WIDTH:], *others] if first else []


def _part(name: str, shown: Any) -> list[str]:
    """Return one part of a page: its name, and what it shows as lines."""
    lines = shown if isinstance(shown, list) else [str(shown)]
    return _indented([f"{name}:", *(f"  {line}" if line else "" for line in lines)])


def write_expectations() -> None:
    """Write the answers of this revision's program into every file."""
    assert REVISIONS[-1] == STORED_BY, "only the former program may say what was answered"
    texts = Translator()
    for file in FILES:
        played: list[str] = []
        for _title, text in cases(file):
            with TemporaryDirectory() as folder:
                copy = Path(folder) / "stored.db"
                copy.write_bytes(gzip.decompress(SQLITE.read_bytes()))
                deployment = opened(f"sqlite:///{copy}", texts)
                with closing(deployment.database):
                    played.append(Replay(chats_with(deployment, texts, FIRST_OF_TESTS)).play(text))
        file.write_text("\n\n".join(played) + "\n", "utf-8")


if __name__ == "__main__":
    write_expectations()
