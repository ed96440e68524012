"""Measure the time from a citizen's confirmation to its event at a webhook endpoint."""

import asyncio
import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from ipaddress import ip_network

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from bot.bootstrap import Application
from bot.settings import Settings
from core.db.database import Database
from core.db.models import MunicipalityRow, WebhookEndpoint
from core.staff.webhooks import new_secret
from tests.bench.alert_delay import Citizens
from tests.bench.clock import Cost, median_cost, now
from tests.bench.databases import NOW
from tests.bench.push_delivery import PushDelivery
from tests.bench.report import line
from tests.bench.sizes import Sizes
from tests.fakes.http_server import Answer, Request, listening

CONFIRMATIONS = 25
PATIENCE_SECONDS = 30
BOUND = "at most 50 ms"


def webhook_delay(kind: str, databases: Sequence[Database], _sizes: Sizes) -> None:
    """Measure with few bookings stored, and an endpoint of each municipality."""
    waits = asyncio.run(_measure(databases[0]))
    what = f"{kind}: from a confirmation to its event at a webhook: p50"
    line(f"{kind.lower()}.confirm_to_webhook", what, median_cost(waits), bound=BOUND)


async def _measure(database: Database) -> list[Cost]:
    came, ends = threading.Event(), list[Cost]()

    def respond(_request: Request) -> Answer:
        ends.append(now())
        came.set()
        return Answer(204, b"")

    with listening(respond) as url:
        database.write_sync(lambda session: _add(session, url))
        delivery = PushDelivery(database)
        networks = (ip_network("127.0.0.0/8"),)
        application = Application(
            Settings(webhook_networks=networks), database, delivery.application.services
        )
        worker = application.delivery_worker()
        running = asyncio.create_task(worker.run())
        await asyncio.sleep(1)
        waits = await asyncio.to_thread(_confirm, application, came, ends)
        worker.stop()
        await running
        database.write_sync(_disable)
    return waits


def _add(session: Session, url: str) -> None:
    for municipality in session.scalars(select(MunicipalityRow.id)):
        session.add(
            WebhookEndpoint(
                municipality_id=municipality,
                url=url,
                event_types=[],
                secret=new_secret(),
                created_at=NOW,
            )
        )


def _disable(session: Session) -> None:
    session.execute(update(WebhookEndpoint).values(disabled_at=NOW, disabled_because="by_hand"))


def _confirm(application: Application, came: threading.Event, ends: list[Cost]) -> list[Cost]:
    """Book so often; return how long after each confirmation its event came."""
    citizens = Citizens(application.database)
    citizens.services = replace(citizens.services, registry=application.services.registry)
    waits = []
    for _ in range(CONFIRMATIONS):
        came.clear()
        citizens.book()
        assert came.wait(PATIENCE_SECONDS)
        waits.append(ends[-1] - citizens.last)
        time.sleep(0.05)  # its outcome is stored meanwhile
    return waits
