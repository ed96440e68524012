"""Puts everything together, in one place."""

import os
import secrets
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.conversation import House, receive
from bot.delivery import taken
from bot.metrics import Metrics
from bot.platforms import configured, webchat
from bot.platforms.platform import Received
from bot.replies import Inbound, Reply
from bot.settings import Settings
from bot.texts import Texts
from core import waiting
from core.catalogue_files import SHIPPED, read_catalogue
from core.database import Database
from core.errors import Unusable
from core.locks import wait_for
from core.office import LOADING, Office, load
from core.outbox import platform_of
from core.tables import Kept, MunicipalityRow

log = structlog.get_logger()


@dataclass(frozen=True)
class Wiring:
    """The program, put together: what the server and the terminal chat are given."""

    settings: Settings
    database: Database
    house: House
    metrics: Metrics = field(default_factory=Metrics)

    def __post_init__(self) -> None:
        self.database.on_commit.append(self.metrics.count)

    def check_homes(self) -> None:
        """Raise Unusable where an account is of a municipality that there isn't."""
        known = self.database.write_now(lambda s: set(s.scalars(select(MunicipalityRow.id))))
        for account, bot in self.settings.bots.items():
            if bot.municipality and bot.municipality not in known:
                setting = f"RANTEVOU_{account.replace(':', '__').upper()}__MUNICIPALITY"
                raise Unusable(
                    f"{setting} is {bot.municipality!r}: must be one of "
                    f"{', '.join(sorted(known))}, or be loaded first."
                )

    async def answer(self, inbound: Inbound) -> list[Reply]:
        """Answer a message. Raises Busy, UnknownConversation, AlreadyBegun."""
        with self.metrics.turn(inbound.platform):
            came = self.house.clock()
            account, address, number = inbound.account, inbound.address, inbound.number

            def lost(session: Session) -> None:
                if number:
                    waiting.wait(session, account, address, number, came)

            return await self.database.write(
                lambda session: receive(session, self.house, inbound, came), lost=lost
            )

    async def take(self, account: str, received: Received) -> Any:
        """Take what a platform told an account; what its request is answered with. Raises Busy."""
        if kind := received.ignored:
            self.metrics.ignored(platform_of(account), kind)
            log.info("event ignored", account=account, kind=kind)
        if news := received.news:
            await self.database.write(lambda s: taken(s, self.house, account, news))
        answer = received.answer
        for message in received.messages:
            replies = await self.answer(message)
            if received.welcome and replies:
                answer = received.welcome(replies)
        return answer

    async def rehearse(self, inbound: Inbound) -> list[Reply]:
        """What would be answered; nothing of it is kept."""
        return await self.database.rehearse(lambda session: receive(session, self.house, inbound))

    def answer_now(self, inbound: Inbound) -> list[Reply]:
        """Answer a message on this thread, for what has no event loop."""
        return self.database.write_now(lambda session: receive(session, self.house, inbound))


def wire(settings: Settings) -> Wiring:
    """Prepare the database and put the program together. Raises Unusable."""
    texts = Texts()
    platforms = configured(settings, texts)
    database = Database(settings.database_url)
    database.prepare()
    secret = settings.secret.get_secret_value() if settings.secret else _kept_secret(database)
    house = House(
        Office(secret, frozenset({webchat.ACCOUNT, *platforms})),
        texts,
        lambda: datetime.now(UTC),
        secrets.choice,
        timedelta(days=settings.keep_answers_days),
        platforms,
    )
    return Wiring(settings, database, house)


def load_shipped(wiring: Wiring) -> None:
    """Load the catalogues that come with Rantevou into a database that has none."""
    files = sorted(SHIPPED.glob("*.yaml"))

    def load_all(session: Session) -> None:
        wait_for(session, LOADING)
        if session.scalar(select(MunicipalityRow.id).limit(1)) is None:
            for file in files:
                load(session, read_catalogue(file), wiring.house.clock())

    wiring.database.write_now(load_all)


def _kept_secret(database: Database) -> str:
    """The key of the hashes, made once: beside SQLite's file, or in what all processes share."""
    if (stored := database.backend.file) is None:
        return database.write_now(_secret_in_database)
    file = Path(f"{stored}.secret")
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


def _secret_in_database(session: Session) -> str:
    wait_for(session, "secret")
    kept = session.get(Kept, "secret")
    if kept is None:
        kept = Kept(name="secret", value=secrets.token_urlsafe(32))
        session.add(kept)
    return kept.value
