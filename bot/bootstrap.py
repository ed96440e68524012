"""Creates the application from its settings."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.context import AlreadyBegun, Services, UnknownConversation
from bot.delivery.dispatch import leave_room, move_room
from bot.delivery.status_reports import apply_status
from bot.delivery.text_counts import count_answer
from bot.delivery.worker import DeliveryWorker
from bot.i18n.translator import Translator
from bot.messages import Inbound, Reply, Sender
from bot.platforms import PLATFORMS, build_platforms
from bot.platforms.webhook import (
    Ignored,
    Reachability,
    Receipt,
    RoomLeft,
    RoomMoved,
    WebhookResponse,
    WebhookResult,
)
from bot.secret_key import hash_key
from bot.settings import Settings
from bot.staff.receive import answer_later
from bot.staff.receive import receive as receive_staff
from bot.staff_messages import StaffAnswer, StaffInbound
from bot.telemetry.metrics import Metrics
from bot.turn import receive
from bot.views import inbox
from core.bookings.catalogue_update import load_catalogue
from core.catalogue.loader import SHIPPED, read_catalogue
from core.catalogue.registry import LOAD_LOCK, Registry
from core.db.advisory_locks import lock
from core.db.database import Database
from core.db.models import MunicipalityRow
from core.errors import ConfigurationError
from core.messaging import arrival_order
from core.messaging.outbox import platform_of
from core.messaging.routes import WAITING

log = structlog.get_logger()


@dataclass(frozen=True)
class Application:
    """The services of the server and of the command line."""

    settings: Settings
    database: Database
    services: Services
    metrics: Metrics = field(
        default_factory=lambda: Metrics(refusals=(UnknownConversation, AlreadyBegun))
    )

    def __post_init__(self) -> None:
        self.database.on_commit.append(self.metrics.count)

    def check_municipalities(self) -> None:
        """Raise ConfigurationError if an account belongs to a municipality that isn't loaded."""
        offered = select(MunicipalityRow.id).where(MunicipalityRow.removed_at.is_(None))
        known = self.database.write_sync(lambda s: set(s.scalars(offered)))
        for municipality, setting in self.settings.municipality_settings.items():
            if municipality not in known:
                raise ConfigurationError(
                    f"{setting} is {municipality!r}: must be one of "
                    f"{', '.join(sorted(known))}, or be loaded first."
                )

    async def handle_webhook(self, account: str, result: WebhookResult) -> WebhookResponse:
        """Act on the events that an account received; return the response to their request.

        Raises DatabaseUnavailable.
        """
        response = result.response
        for event in result.events:
            match event:
                case Inbound():
                    replies = await self.handle_message(event)
                    if result.respond and replies:
                        response = result.respond(replies)
                case StaffInbound():
                    answer = await self.handle_staff(event)
                    if answer is None and event.citizen:
                        await self.handle_message(event.citizen)
                    elif answer is None:
                        self._ignore(account, "group message")
                    if result.respond_to_staff:
                        response = result.respond_to_staff(answer)
                case RoomMoved(chat, new_chat):
                    await self.database.write(
                        partial(
                            move_room,
                            services=self.services,
                            account=account,
                            chat=chat,
                            new_chat=new_chat,
                        )
                    )
                case RoomLeft(chat):
                    await self.database.write(
                        partial(leave_room, services=self.services, account=account, chat=chat)
                    )
                case Receipt() | Reachability():
                    await self.database.write(
                        partial(apply_status, services=self.services, account=account, report=event)
                    )
                    if isinstance(event, Reachability) and event.answer and result.respond:
                        count = partial(
                            count_answer, services=self.services, account=account, told=event
                        )
                        if await self.database.write(count):
                            response = result.respond([event.answer])
                case Ignored(kind):
                    self._ignore(account, kind)
        return response

    def _ignore(self, account: str, kind: str) -> None:
        self.metrics.ignored(platform_of(account), kind)
        log.info("event ignored", account=account, kind=kind)

    async def handle_message(self, inbound: Inbound, came: datetime | None = None) -> list[Reply]:
        """Answer a citizen's message; return the replies. `came` is when it arrived, if before.

        Raises DatabaseUnavailable, UnknownConversation, AlreadyBegun.
        """
        with self.metrics.turn(inbound.platform):
            arrived = came or self.services.clock()
            account, address, number = inbound.account, inbound.address, inbound.number

            def lost(session: Session) -> None:
                if number:
                    arrival_order.add(session, account, address, number, arrived)

            return await self.database.write(
                lambda session: receive(session, self.services, inbound, arrived), on_conflict=lost
            )

    async def handle_staff(self, inbound: StaffInbound) -> StaffAnswer | None:
        """Answer a message of staff; None where there is nothing to say, or it is a citizen's.

        Raises DatabaseUnavailable.
        """
        return await self.database.write(
            lambda session: receive_staff(session, self.services, inbound)
        )

    async def answer_later(self, _account: str, result: WebhookResult) -> None:
        """Have the answer to a message of staff sent by the outbox. Raises DatabaseUnavailable."""
        for event in result.events:
            if isinstance(event, StaffInbound):
                await self.database.write(partial(answer_later, self.services, event))

    def handle_message_sync(self, inbound: Inbound) -> list[Reply]:
        """Answer a message on this thread, where there is no event loop."""
        return self.database.write_sync(lambda session: receive(session, self.services, inbound))

    def fetch_sync(self, sender: Sender) -> list[Reply]:
        """Return the messages due to a sender that nobody sends, each once."""
        return self.database.write_sync(lambda session: inbox.fetch(session, self.services, sender))

    def delivery_worker(self) -> DeliveryWorker:
        """Return a worker that delivers this application's messages."""
        settings = self.settings
        return DeliveryWorker(
            self.database, self.services, settings.give_up, settings.webhook_networks
        )


def bootstrap(
    settings: Settings, platforms: Mapping[str, str] = PLATFORMS, *, create: bool = False
) -> Application:
    """Prepare the database and return the application. Raises ConfigurationError.

    So, too, where there is no database, unless `create` is true: in another folder, a new one would
    seem to have lost the bookings. `platforms` are those with which the settings were read.
    """
    texts = Translator()
    accounts = build_platforms(settings.accounts, texts, platforms, settings.public_address)
    database = Database(settings.database_url, settings.given_encryption_key)
    try:
        database.prepare(create=create)
        secret = hash_key(database, settings.given_secret)
    except ConfigurationError:
        database.close()
        raise
    own = {
        account: given.municipality
        for account, given in settings.accounts.items()
        if given.municipality
    }
    countries = {name: each.countries for name, each in accounts.items() if each.countries}
    services = Services(
        Registry(secret, frozenset({*WAITING, *accounts}), own, countries),
        texts,
        lambda: datetime.now(UTC),
        secrets.choice,
        timedelta(days=settings.keep_answers_days),
        accounts,
        settings.public_address,
    )
    return Application(settings, database, services)


def load_shipped(application: Application) -> None:
    """Load the samples shipped with Rantevou where nothing was ever loaded."""
    files = sorted(SHIPPED.glob("*.yaml"))

    def load_all(session: Session) -> None:
        lock(session, LOAD_LOCK)
        if session.scalar(select(MunicipalityRow.id).limit(1)) is None:
            for file in files:
                now = application.services.clock()
                load_catalogue(session, read_catalogue(file), now, is_sample=True)

    application.database.write_sync(load_all)
