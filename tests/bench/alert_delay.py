"""Measure the time from a citizen's confirmation to the send call of the alert to staff."""

import asyncio
import threading
import time
from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from bot.messages import Reply
from core.db.database import Database
from core.db.models import MunicipalityRow, StaffRoom
from tests.bench.clock import Cost, median_cost, now
from tests.bench.conversations import Conversations
from tests.bench.databases import NOW
from tests.bench.push_delivery import ACCOUNT, PushDelivery
from tests.bench.report import line
from tests.bench.sizes import Sizes

CONFIRMATIONS = 25
PATIENCE_SECONDS = 30
BOUND = "at most 60 ms"


class Citizens(Conversations):
    """Citizens who book while a worker delivers; `last` is when their last message began."""

    last = Cost(0, 0)

    def turn(self, who: str, text: str | None, choice: str | None = None) -> list[Reply]:
        """Send one message; return the replies."""
        self.last = now()
        return super().turn(who, text, choice)


def alert_delay(kind: str, databases: Sequence[Database], _sizes: Sizes) -> None:
    """Measure with few bookings stored, and a room at each municipality."""
    waits = asyncio.run(_measure(databases[0]))
    what = f"{kind}: from a confirmation to the alert to staff: p50"
    line(f"{kind.lower()}.confirm_to_alert", what, median_cost(waits), bound=BOUND)


async def _measure(database: Database) -> list[Cost]:
    delivery = PushDelivery(database)
    database.write_sync(_bind)
    worker = delivery.application.delivery_worker()
    running = asyncio.create_task(worker.run())
    await asyncio.sleep(1)
    waits = await asyncio.to_thread(_confirm, delivery)
    worker.stop()
    await running
    return waits


def _bind(session: Session) -> None:
    for municipality in session.scalars(select(MunicipalityRow.id)):
        session.add(
            StaffRoom(
                municipality_id=municipality,
                account=ACCOUNT,
                chat=f"staff of {municipality}",
                topic="",
                bound_at=NOW,
            )
        )


def _confirm(delivery: PushDelivery) -> list[Cost]:
    """Book so often; return how long after each confirmation its alert was sent."""
    sent, ends = threading.Event(), list[Cost]()

    def on_sent() -> None:
        ends.append(now())
        sent.set()

    delivery.platform.on_sent = on_sent
    database = delivery.application.database
    citizens = Citizens(database)
    citizens.services = replace(citizens.services, registry=delivery.application.services.registry)
    waits = []
    for _ in range(CONFIRMATIONS):
        # The clock stands still, and so would the pace.
        database.write_sync(lambda s: s.execute(update(StaffRoom).values(paced_until=None)))
        sent.clear()
        citizens.book()
        assert sent.wait(PATIENCE_SECONDS)
        waits.append(ends[-1] - citizens.last)
        time.sleep(0.05)  # its outcome is stored meanwhile
    return waits
