"""Say an utterance in a conversation, and read what was decided."""

import random
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.context import Services
from bot.conversation_state import load
from bot.i18n.translator import Translator
from bot.messages import Inbound
from bot.turn import receive
from core.bookings.catalogue_update import load_catalogue
from core.catalogue.loader import SHIPPED, read_catalogue
from core.catalogue.registry import Registry
from core.db.database import Database
from core.db.models import Booking, Contact, Conversation
from core.db.models.people import address_key
from dialogs.booking.time_wish import TimeWish, load_wish
from dialogs.engine import command
from dialogs.engine.state import State
from dialogs.nlu.times import ClockTime

NOW = datetime(2026, 12, 1, 7, 0, tzinfo=UTC)
ZONE = ZoneInfo("Europe/Athens")

HOUSING = ("Γεια", "Καλαμάτα", "επίδομα στέγασης", "όχι")
ALL_MORNING = ("Γεια", "μεταδημότευση Λάρισα", "φυσική παρουσία")
"""What leads to the day of a service with times from 8 to 14, among which hours choose."""

DETAILS = ("Μαρία Παπαδοπούλου", "maria@example.gr", "6912345678", "068933130", "Συμφωνώ")


def _booking(day: int, details: int = len(DETAILS)) -> Sequence[str]:
    """Return what is said up to a question; each conversation holds a time of its own."""
    return (*HOUSING, f"{day}/12", "12:30", *DETAILS[:details])


WAYS: Mapping[str, Sequence[str]] = {
    "start": ("Γεια",),
    "day": ALL_MORNING,
    "time": (*ALL_MORNING, "3/12"),
    "name": _booking(4, 0),
    "email": _booking(7, 1),
    "phone": _booking(8, 2),
    "free_text": _booking(9, 3),
    "confirm": _booking(10),
    "menu": (*_booking(11), "επιβεβαίωση"),
    "service kalamata": ("Γεια", "Καλαμάτα"),
    "service larissa": ("Γεια", "Λάρισα"),
    "service chios": ("Γεια", "Χίος"),
    "service kep": ("Γεια", "ΚΕΠ"),
}
"""What leads to each question; "free_text" is the last detail's."""


@dataclass(frozen=True)
class Taken:
    """What was decided by an utterance: the states before and after, and the commands run."""

    before: State
    after: State
    commands: tuple[str, ...]
    texts: tuple[str, ...]
    booked: bool

    @property
    def new_answers(self) -> Mapping[str, str]:
        """Return the answers that it gave."""
        before = self.before.values if self.before.dialog == self.after.dialog else {}
        return {k: v for k, v in self.after.values.items() if before.get(k) != v}

    @property
    def new_wishes(self) -> Mapping[str, str]:
        """Return what it left for later steps."""
        before = self.before.wishes
        return {k: v for k, v in self.after.wishes.items() if before.get(k) != v}

    @property
    def time_wish(self) -> TimeWish:
        """Return the day and hours that were taken or are kept."""
        kept = self.new_wishes.get("day") or self.new_wishes.get("time")
        if kept:
            return load_wish(kept)
        answers = self.new_answers
        if at := answers.get("time"):
            local = datetime.fromisoformat(at).astimezone(ZONE)
            known = self.before.values.get("day") == local.date().isoformat()
            days = () if known else (local.date(),)
            return TimeWish(days, (ClockTime(local.hour, local.minute),))
        day = answers.get("day")
        return TimeWish((datetime.fromisoformat(day).date(),) if day else ())


class _Undo(Exception):
    """Leaves the transaction in which an utterance was said."""


class Conversations:
    """A conversation at each of WAYS, in which utterances are said and undone."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._services = Services(
            Registry("understanding"), Translator(), lambda: NOW, random.Random(1).choice
        )
        for name, texts in WAYS.items():
            for number, text in enumerate(texts):
                database.write_sync(partial(self._say, who=name, text=text, number=number))

    def _say(self, session: Session, who: str, text: str, number: int) -> list[str]:
        inbound = Inbound(
            platform="console",
            account="console",
            address=who,
            message_id=f"{who} {number}",
            text=text,
        )
        return [reply.text for reply in receive(session, self._services, inbound)]

    def _state(self, session: Session, who: str) -> State:
        row = session.scalars(
            select(Conversation)
            .join(Contact)
            .where(Contact.address_hash == address_key("console", who))
        ).one()
        return load(row.state, "el", "Europe/Athens")[0]

    def take(self, asked: str, text: str, municipality: str = "") -> Taken:
        """Return how a text is taken where `asked` was asked; nothing of it stays.

        Where a service was noted and its municipality is asked for, that is answered, too.
        """
        found: list[Taken] = []
        ran: list[str] = []
        run = command.run_command

        def run_noted(ctx: Any, name: str, argument: str = "") -> None:
            ran.append(name)
            run(ctx, argument=argument, name=name)

        def say(session: Session) -> None:
            before = self._state(session, asked)
            count = session.query(Booking).filter_by(state="confirmed").count()
            texts = self._say(session, asked, text, 99)
            session.expire_all()
            after = self._state(session, asked)
            if municipality and "group" in after.wishes and "municipality" not in after.values:
                texts += self._say(session, asked, municipality, 100)
                session.expire_all()
                after = self._state(session, asked)
            booked = session.query(Booking).filter_by(state="confirmed").count() > count
            found.append(Taken(before, after, tuple(ran), tuple(texts), booked))
            raise _Undo

        noted = (
            patch(f"dialogs.engine.{module}.run_command", run_noted)
            for module in ("interpreter", "command")  # in words, and by the label of a button
        )
        with next(noted), next(noted), suppress(_Undo):
            self._database.write_sync(say)
        return found[0]


@contextmanager
def conversations() -> Iterator[Conversations]:
    """Have a database of its own, with the shipped catalogues."""
    with TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{Path(folder) / 'office.db'}")
        database.prepare()
        for file in sorted(SHIPPED.glob("*.yaml")):
            body = read_catalogue(file)
            database.write_sync(partial(load_catalogue, body=body, now=NOW))
        yield Conversations(database)
        database.close()
