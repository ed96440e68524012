"""A town whose staff have a group at a fake of Telegram, and citizens who book there."""

import random
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.bootstrap import Application
from bot.context import Services
from bot.delivery.claimed import ClaimedMessage
from bot.delivery.dispatch import claim_and_render
from bot.settings import Settings
from core.actor import Role, Staff
from core.db.models import Booking, OutboxRow
from core.staff import codes, members, rooms
from tests.beginnings import begin
from tests.bot.platforms.test_telegram import ACCOUNT, telegram
from tests.bot.push_deployment import deliver, settled
from tests.conftest import Deployment
from tests.core.booking_environment import BookingEnvironment
from tests.core.small_municipality import MONDAY
from tests.core.staff.two_towns import OPERATOR, TOWN, with_groups
from tests.fakes.telegram import TelegramServer

GROUP = -100

T = TypeVar("T")


class StaffChat:
    """A deployment with that town, its group and delivery workers."""

    def __init__(
        self, deployment: Deployment, server: TelegramServer, staff_chat: Mapping[str, Any]
    ) -> None:
        self.deployment, self.server = deployment, server
        self.town = with_groups(TOWN, staff_chat=staff_chat)
        self.choose = random.Random(1).choice
        bot = telegram(deployment.services.texts, api_url=server.url)
        deployment.connect({ACCOUNT: bot})
        begin(deployment, self.town.model_dump_json(), self._load)
        self.application = Application(
            Settings(give_up_hours=1), deployment.database, deployment.services
        )

    def _load(self) -> None:
        self.deployment.load(self.town)
        self.do(self.services.registry.refresh)

    @property
    def services(self) -> Services:
        return self.deployment.services

    def do(self, fn: Callable[[Session], T]) -> T:
        """Run a transaction."""
        return self.deployment.database.write_sync(fn)

    def bind(
        self,
        chat: int = GROUP,
        topic: str = "",
        group: str | None = None,
        desk: str | None = None,
    ) -> int:
        """Bind a chat; return the room's id."""
        registry, now = self.services.registry, self.services.clock()

        def run(session: Session) -> int:
            code = codes.make_room_code(
                session, registry, OPERATOR, now, municipality_id=TOWN, group=group, desk=desk
            )
            return rooms.bind(
                session, registry, code, now, account=ACCOUNT, chat=str(chat), topic=topic
            ).id

        return self.do(run)

    def bind_of_city(self, chat: int = GROUP) -> None:
        """Load another municipality, and bind a chat for it."""
        self.deployment.load(with_groups("city"))
        registry, now = self.services.registry, self.services.clock()

        def run(session: Session) -> None:
            registry.refresh(session)
            code = codes.make_room_code(session, registry, OPERATOR, now, municipality_id="city")
            rooms.bind(session, registry, code, now, account=ACCOUNT, chat=str(chat))

        self.do(run)

    def member(self, name: str = "Ελένη Δήμου") -> Staff:
        """Add a manager; return them as they act on Telegram."""
        registry, now = self.services.registry, self.services.clock()

        def run(session: Session) -> Staff:
            added = members.add(
                session,
                registry,
                OPERATOR,
                now,
                name=name,
                role=Role.MANAGER,
                municipality_id=TOWN,
            )
            who = members.load(session, added, "telegram")
            assert who
            return who

        return self.do(run)

    def book(
        self, clock: str = "10:00", day: date = MONDAY, service: str = "permit", **details: Any
    ) -> int:
        """Book for a new citizen; return the booking's id."""

        def run(session: Session) -> int:
            env = self.environment(session)
            offer = env.offer_of(service)
            held = env.hold(clock, day=day, offer=offer)
            given = {"phone": f"+3069{held.id:08}", **details}
            return env.confirm(held, offer=offer, **given).id

        return self.do(run)

    def change(self, booking_id: int, how: Callable[[BookingEnvironment, Booking], T]) -> T:
        """Change a booking."""
        return self.do(lambda s: how(self.environment(s), s.get_one(Booking, booking_id)))

    def environment(self, session: Session) -> BookingEnvironment:
        registry = self.services.registry
        env = BookingEnvironment(
            session, self.town, registry.accounts, self.services.clock(), registry
        )
        env.choose = self.choose  # one that begins anew would find each code taken
        return env

    def deliver(self, until: Callable[[], bool] | None = None, *, workers: int = 1) -> None:
        """Run delivery workers until `until` returns true, by default until nothing is due."""
        deliver(self.application, until or (lambda: settled(self.deployment)), workers)

    def claim(self, worker: str) -> list[ClaimedMessage]:
        """Claim what is due, as a worker that dies before it sends anything."""
        given = (self.services, [ACCOUNT], worker, 20, timedelta(hours=1))
        return self.do(lambda s: claim_and_render(s, *given))[0]

    def rows(self) -> list[tuple[str, str]]:
        """Return the kinds and statuses of the messages to rooms."""
        query = select(OutboxRow.kind, OutboxRow.status).where(OutboxRow.room_id.is_not(None))
        ordered = query.order_by(OutboxRow.id)
        return self.do(lambda s: [(kind, status) for kind, status in s.execute(ordered)])

    def texts(self, chat: int = GROUP) -> list[str]:
        """Return the texts of a group as they are now."""
        return [message["text"] for message in self.server.chats[chat].values()]
