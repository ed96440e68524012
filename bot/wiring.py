"""Puts everything together, in one place."""

import os
import secrets
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from bot.conversation import House, receive
from bot.platforms import webchat
from bot.replies import Inbound, Reply
from bot.settings import Settings
from bot.texts import Texts
from core.catalogue_files import SHIPPED, read_catalogue
from core.database import Database
from core.errors import Unusable
from core.office import Office, load
from core.tables import MunicipalityRow

T = TypeVar("T")


@dataclass(frozen=True)
class Wiring:
    """The program, put together: what the server and the terminal chat are given."""

    settings: Settings
    database: Database
    house: House

    async def write(self, fn: Callable[[Session], T]) -> T:
        """Run fn(session) as one transaction. Raises Busy."""
        with busy_told():
            return await self.database.write(fn)

    async def read(self, fn: Callable[[Session], T]) -> T:
        """Run fn(session); what it changes is not kept. Raises Busy."""
        with busy_told():
            return await self.database.read(fn)

    async def answer(self, inbound: Inbound) -> list[Reply]:
        """Answer a message, on the writer's thread."""
        return await self.write(lambda session: receive(session, self.house, inbound))

    async def rehearse(self, inbound: Inbound) -> list[Reply]:
        """What would be answered; nothing of it is kept."""
        with busy_told():
            return await self.database.rehearse(
                lambda session: receive(session, self.house, inbound)
            )

    def answer_now(self, inbound: Inbound) -> list[Reply]:
        """Answer a message on this thread, for what has no event loop."""
        with busy_told():
            return self.database.write_now(lambda session: receive(session, self.house, inbound))


class Busy(Unusable):
    """The database can't be written to just now; nothing was changed."""


@contextmanager
def busy_told() -> Iterator[None]:
    """Raise Busy where a database stays locked, or has no room left."""
    try:
        yield
    except OperationalError as error:
        code = getattr(error.orig, "sqlite_errorcode", 0) & 0xFF
        if code not in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_FULL):
            raise
        raise Busy(f"{error.orig}: nothing was changed. Please try again soon.") from None


def wire(settings: Settings) -> Wiring:
    """Prepare the database and put the program together. Raises Unusable."""
    database = Database(settings.database_url)
    database.prepare()
    secret = settings.secret.get_secret_value() if settings.secret else _kept_secret(database)
    house = House(
        Office(secret, frozenset({webchat.ACCOUNT})),
        Texts(),
        lambda: datetime.now(UTC),
        secrets.choice,
        timedelta(days=settings.keep_answers_days),
    )
    return Wiring(settings, database, house)


def load_shipped(wiring: Wiring) -> None:
    """Load the catalogues that come with Rantevou into a database that has none."""
    files = sorted(SHIPPED.glob("*.yaml"))

    def load_all(session: Session) -> None:
        if session.scalar(select(MunicipalityRow.id).limit(1)) is None:
            for file in files:
                load(session, read_catalogue(file), wiring.house.clock())

    with busy_told():
        wiring.database.write_now(load_all)


def _kept_secret(database: Database) -> str:
    """The key of the hashes, made once and kept beside the database, readable by us alone."""
    file = Path(f"{database.file}.secret")
    try:
        if not file.exists():
            # Whole or not at all: another process may be starting beside us.
            draft = file.with_suffix(f".{os.getpid()}")
            draft.touch(mode=0o600)
            draft.write_text(secrets.token_urlsafe(32))
            with suppress(FileExistsError):
                os.link(draft, file)
            draft.unlink()
        return file.read_text().strip()
    except OSError as error:
        raise Unusable(
            f"RANTEVOU_SECRET isn't set, and {file} can't be used: {error.strerror}"
        ) from None
