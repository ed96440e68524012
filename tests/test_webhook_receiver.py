"""The receiver in docs/webhooks.md runs: it takes what we sign, once, and refuses all else."""

import asyncio
import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from ipaddress import ip_network
from pathlib import Path

import httpx
import pytest

from bot.delivery.claimed import ClaimedEvent
from bot.delivery.webhook_sender import WebhookSender
from core.errors import DeliveryError
from core.messaging.event_queue import Event, EventType, new_event
from core.staff.webhooks import new_secret
from tests.bot.processes import free_port
from tests.core.wait_until import until

PAGE = Path(__file__).parents[1] / "docs" / "webhooks.md"
EVENT = new_event(EventType.BOOKING_MOVED, "", {"desk": "hall/one"}, datetime.now(UTC))


@contextmanager
def receiver(secret: str, port: int) -> Iterator[subprocess.Popen[str]]:
    """Run the page's program meanwhile."""
    (program,) = re.findall(r"^```python\n(.*?)^```", PAGE.read_text("utf-8"), re.M | re.S)
    settings = os.environ | {"WEBHOOK_SECRET": secret, "PORT": str(port)}
    with subprocess.Popen(
        [sys.executable, "-c", program],
        env=settings,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as running:
        try:
            until(lambda: is_open(port))
            yield running
        finally:
            running.kill()


def is_open(port: int) -> bool:
    with socket.socket() as trying:
        return trying.connect_ex(("127.0.0.1", port)) == 0


def send(event: Event, url: str, secret: str) -> None:
    claimed = ClaimedEvent(1, "", 1, "webhook:1", event.id, event.payload, url, [secret])
    sender = WebhookSender([ip_network("127.0.0.0/8")])

    async def run() -> None:
        async with sender.connect():
            await sender.send(claimed, datetime.now(UTC))

    asyncio.run(run())


def test_the_receiver_of_the_page_takes_what_is_signed_and_takes_it_once() -> None:
    secret, port = new_secret(), free_port()
    url = f"http://127.0.0.1:{port}/"
    other = new_event(EventType.BOOKING_CANCELLED, "", {}, datetime.now(UTC))
    with receiver(secret, port) as running:
        for event in (EVENT, EVENT, other):
            send(event, url, secret)
        assert running.stdout
        assert running.stdout.readline() == "booking.moved {'desk': 'hall/one'}\n"
        assert running.stdout.readline() == "booking.cancelled {}\n"
        with pytest.raises(DeliveryError, match="HTTP 401"):
            send(EVENT, url, new_secret())
        for signature in ("", "v1", "v1,?", "v1,AAAA"):
            headers = {"webhook-id": "a", "webhook-timestamp": "1", "webhook-signature": signature}
            now = {"webhook-timestamp": str(int(datetime.now(UTC).timestamp()))}
            assert httpx.post(url, content=b"{}", headers=headers | now).status_code == 401


def test_the_receiver_of_the_page_is_short() -> None:
    (program,) = re.findall(r"^```python\n(.*?)^```", PAGE.read_text("utf-8"), re.M | re.S)
    assert len([line for line in program.splitlines() if line.strip()]) <= 20
