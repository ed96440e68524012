"""A whole booking by text message, played on a database of its own, for seeing what it costs."""

import random
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import update
from sqlalchemy.orm import Session

from bot.context import Services
from bot.i18n.translator import Translator
from bot.messages import Inbound, Reply
from bot.platforms.sms import adapter
from bot.platforms.sms.gsm import count_parts
from bot.platforms.sms.settings import SmsAccount
from bot.turn import receive
from core.bookings.catalogue_update import load_catalogue
from core.catalogue.model import FieldType, Municipality
from core.catalogue.registry import Registry
from core.db.database import Database
from core.db.encryption import new_key
from core.db.models import OutboxRow, OutboxStatus

GREETINGS = {"el": "Γεια", "en": "hello"}

TYPED: Mapping[FieldType, str] = {
    FieldType.NAME: "Μαρία Παπαδοπούλου",
    FieldType.EMAIL: "maria@example.gr",
    FieldType.PHONE: "6912345678",
    FieldType.TEXT: "Αριστομένους 1",
    FieldType.NOTES: "Αριστομένους 1",
    FieldType.TAX_NUMBER: "068933130",
    FieldType.IDENTITY_CARD: "ΑΒ 123456",
    FieldType.PASSPORT: "AE1234567",
    FieldType.CHOICE_OR_TEXT: "Αριστομένους 1",
}

MOST_TEXTS = 40

_ACCOUNT = {
    "kind": "twilio",
    "from": "+306900000000",
    "user": "AC" + "0" * 32,
    "key": "never used",
    "two_way": True,
}


class SampleText(NamedTuple):
    """A text of ours, with its parts, and those that it would have in Unicode."""

    body: str
    parts: int
    in_unicode: int


Play = Callable[[str, str, str], Sequence[SampleText]]
"""Books a service (town, its id, language); returns our texts, to the confirmation.

Raises LookupError where it can't be booked.
"""


@contextmanager
def sample_talks(
    bodies: Sequence[Municipality], now: datetime, texts: Translator
) -> Iterator[Play]:
    """Give what plays bookings on a number of all these municipalities."""
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{Path(folder) / 'sample.db'}", new_key())
        with closing(database):

            def load(session: Session) -> None:
                for body in bodies:
                    load_catalogue(session, body, now)

            database.prepare()
            database.write_sync(load)
            towns = {body.id: body for body in bodies}

            def play(town: str, service: str, language: str) -> Sequence[SampleText]:
                address = f"+3069{next(numbers):08}"
                talk = _Talk(database, towns[town], service, language, address, now, texts)
                return list(talk.play())

            numbers = count()
            yield play


class _Talk:
    def __init__(
        self,
        database: Database,
        body: Municipality,
        service: str,
        language: str,
        address: str,
        now: datetime,
        texts: Translator,
    ) -> None:
        self.gsm, self.unicode = (
            adapter.Sms("sms:sample", SmsAccount.model_validate({**_ACCOUNT, **more}), texts)
            for more in ({}, {"alphabet": "unicode"})
        )
        registry = Registry("sample")
        registry.accounts = frozenset({self.gsm.account})
        self.services = Services(
            registry,
            texts,
            lambda: now,
            random.Random(1).choice,  # noqa: S311 of a sample's code
            platforms={self.gsm.account: self.gsm},
        )
        self.database, self.body, self.language = database, body, language
        self.address, self.service = address, body.services[service]
        self.fields = {f"details.{each.id}": each for each in body.fields_of(self.service)}
        self.screening = {f"screening.{each.id}": each for each in self.service.screening}

    def play(self) -> Iterator[SampleText]:
        said = GREETINGS[self.language]
        for number in range(MOST_TEXTS):
            reply = self._say(said, str(number))
            body = self.gsm.render(reply).body
            yield SampleText(body, count_parts(body), self.unicode.parts_of(reply))
            if reply.booking:
                return
            said = self._answer(reply)
        raise LookupError(f"{self.service.id} can't be booked by these answers")

    def _say(self, text: str, message_id: str) -> Reply:
        inbound = Inbound(
            platform="sms",
            account=self.gsm.account,
            address=self.address,
            message_id=f"{self.address} {message_id}",
            text=text,
            from_phone=True,
            language=self.language,
        )

        def run(session: Session) -> Reply:
            [reply] = receive(session, self.services, inbound)
            # Delivered, or the next text would count as written before it was seen.
            session.execute(update(OutboxRow).values(status=OutboxStatus.SENT))
            return reply

        return self.database.write_sync(run)

    def _answer(self, reply: Reply) -> str:
        """Return an answer to a question: the first choice, or what is wanted or demanded."""
        step = reply.step or ""
        group = next(each for each in self.body.groups if self.service in each.services)
        names = {
            "municipality": self.body.name,
            "group": group.name,
            "service": self.service.short or self.service.name,
        }
        if name := names.get(step):
            wanted = name.in_language(self.language)
            shown = (each.number for each in reply.choices if each.label == wanted)
            return str(next(shown, wanted))
        if question := self.screening.get(step):
            going_on = (each for each in question.options if each.stop is None)
            return next(going_on).label.in_language(self.language)
        if reply.choices:
            return str(reply.choices[0].number)
        return TYPED[self.fields[step].type]
