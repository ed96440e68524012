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

from bot.context import AlreadyBegun, Services, UnknownConversation
from bot.delivery.dispatch import apply_status
from bot.delivery.worker import DeliveryWorker
from bot.i18n.translator import Translator
from bot.messages import Inbound, Reply
from bot.platforms import build_platforms, webchat
from bot.platforms.base import WebhookResult
from bot.settings import Settings
from bot.telemetry.metrics import Metrics
from bot.turn import receive
from core.bookings.catalogue_update import load_catalogue
from core.catalogue.loader import SHIPPED, read_catalogue
from core.catalogue.registry import LOADING, Registry
from core.db.advisory_locks import lock
from core.db.database import Database
from core.db.models import MunicipalityRow, StoredSecret
from core.errors import ConfigurationError
from core.messaging import arrival_order
from core.messaging.outbox import platform_of

log = structlog.get_logger()


@dataclass(frozen=True)
class Application:
    """The program, put together: what the server and the terminal chat are given."""

    settings: Settings
    database: Database
    services: Services
    metrics: Metrics = field(
        default_factory=lambda: Metrics(refusals=(UnknownConversation, AlreadyBegun))
    )

    def __post_init__(self) -> None:
        self.database.on_commit.append(self.metrics.count)

    def check_homes(self) -> None:
        """Raise Unusable where an account is of a municipality that there isn't."""
        known = self.database.write_sync(lambda s: set(s.scalars(select(MunicipalityRow.id))))
        for account, bot in self.settings.bots.items():
            if bot.municipality and bot.municipality not in known:
                setting = f"RANTEVOU_{account.replace(':', '__').upper()}__MUNICIPALITY"
                raise ConfigurationError(
                    f"{setting} is {bot.municipality!r}: must be one of "
                    f"{', '.join(sorted(known))}, or be loaded first."
                )

    async def answer(self, inbound: Inbound) -> list[Reply]:
        """Answer a message. Raises Busy, UnknownConversation, AlreadyBegun."""
        with self.metrics.turn(inbound.platform):
            came = self.services.clock()
            account, address, number = inbound.account, inbound.address, inbound.number

            def lost(session: Session) -> None:
                if number:
                    arrival_order.add(session, account, address, number, came)

            return await self.database.write(
                lambda session: receive(session, self.services, inbound, came), lost=lost
            )

    async def take(self, account: str, received: WebhookResult) -> Any:
        """Take what a platform told an account; what its request is answered with. Raises Busy."""
        if kind := received.ignored:
            self.metrics.ignored(platform_of(account), kind)
            log.info("event ignored", account=account, kind=kind)
        if news := received.news:
            await self.database.write(lambda s: apply_status(s, self.services, account, news))
        answer = received.answer
        for message in received.messages:
            replies = await self.answer(message)
            if received.welcome and replies:
                answer = received.welcome(replies)
        return answer

    async def dry_run(self, inbound: Inbound) -> list[Reply]:
        """What would be answered; nothing of it is kept."""
        return await self.database.dry_run(lambda session: receive(session, self.services, inbound))

    def delivery_worker(self) -> DeliveryWorker:
        """Return a worker that delivers this application's messages."""
        return DeliveryWorker(self.database, self.services, self.settings.give_up)

    def handle_message_sync(self, inbound: Inbound) -> list[Reply]:
        """Answer a message on this thread, for what has no event loop."""
        return self.database.write_sync(lambda session: receive(session, self.services, inbound))


def bootstrap(settings: Settings) -> Application:
    """Prepare the database and put the program together. Raises Unusable."""
    texts = Translator()
    platforms = build_platforms(settings, texts)
    database = Database(settings.database_url)
    database.prepare()
    secret = settings.secret.get_secret_value() if settings.secret else _kept_secret(database)
    services = Services(
        Registry(secret, frozenset({webchat.ACCOUNT, *platforms})),
        texts,
        lambda: datetime.now(UTC),
        secrets.choice,
        timedelta(days=settings.keep_answers_days),
        platforms,
    )
    return Application(settings, database, services)


def load_shipped(application: Application) -> None:
    """Load the catalogues that come with Rantevou into a database that has none."""
    files = sorted(SHIPPED.glob("*.yaml"))

    def load_all(session: Session) -> None:
        lock(session, LOADING)
        if session.scalar(select(MunicipalityRow.id).limit(1)) is None:
            for file in files:
                load_catalogue(session, read_catalogue(file), application.services.clock())

    application.database.write_sync(load_all)


def _kept_secret(database: Database) -> str:
    """The key of the hashes, made once: beside SQLite's file, or in what all processes share."""
    if (stored := database.backend.file) is None:
        return database.write_sync(_secret_in_database)
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
        raise ConfigurationError(
            f"RANTEVOU_SECRET isn't set, and {file} can't be used: {error.strerror}"
        ) from None


def _secret_in_database(session: Session) -> str:
    lock(session, "secret")
    kept = session.get(StoredSecret, "secret")
    if kept is None:
        kept = StoredSecret(name="secret", value=secrets.token_urlsafe(32))
        session.add(kept)
    return kept.value
