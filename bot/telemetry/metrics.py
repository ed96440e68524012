"""What is counted and timed, as Prometheus reads it; never anything of a person."""

import os
import time
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import Any

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Histogram,
    Metric,
    generate_latest,
    start_http_server,
)
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector
from sqlalchemy.orm import Session

from bot.context import AlreadyBegun, UnknownConversation
from core.db.events import events
from core.errors import DatabaseUnavailable
from core.messaging import outbox_admin
from core.messaging.outbox import platform_of

SEVERAL_PROCESSES = "PROMETHEUS_MULTIPROC_DIR"
"""The folder where processes add up what they count; to be set before this file is imported."""

COUNTED = {
    "turn": ("turns", "Messages taken", ("platform", "outcome")),
    "booking": ("bookings", "What was done with bookings", ("outcome",)),
    "refusal": ("refusals", "What a citizen was refused", ("kind",)),
    "step": ("steps", "Questions that became the open one, or ceased to be", ("step", "what")),
    "ignored": ("ignored", "Events of platforms that are no message", ("platform", "kind")),
    "delivery": ("deliveries", "What became of messages to be sent", ("platform", "outcome")),
}
"""What a transaction may note: the counter's name, what it counts and its labels."""


class Metrics:
    """The numbers of one program; where several processes serve, of all of them."""

    def __init__(self) -> None:
        self._own = CollectorRegistry()
        self._counters = {
            noted: Counter(f"rantevou_{name}", about, labels, registry=self._own)
            for noted, (name, about, labels) in COUNTED.items()
        }
        self._seconds = Histogram(
            "rantevou_turn_seconds", "How long a turn took", ("platform",), registry=self._own
        )

    def count(self, info: dict[Any, Any]) -> None:
        """Count what a transaction noted, once it is committed."""
        # What is committed must not fail for want of a place to count it.
        with suppress(OSError):
            for (name, *kinds), times in events(info).items():
                if counter := self._counters.get(name):
                    counter.labels(*kinds).inc(times)

    def ignored(self, platform: str, kind: str) -> None:
        """Count what came in and is no message."""
        with suppress(OSError):
            self._counters["ignored"].labels(platform, kind).inc()

    @contextmanager
    def turn(self, platform: str) -> Iterator[None]:
        """Time a turn, and count it where it fails: else it is noted in its transaction."""
        began = time.perf_counter()
        try:
            yield
        except (UnknownConversation, AlreadyBegun):
            raise
        except Exception as error:
            outcome = "busy" if isinstance(error, DatabaseUnavailable) else "failed"
            self._counters["turn"].labels(platform, outcome).inc()
            raise
        finally:
            with suppress(OSError):
                self._seconds.labels(platform).observe(time.perf_counter() - began)

    @property
    def counted(self) -> Collector:
        """All that was counted."""
        if SEVERAL_PROCESSES not in os.environ:
            return self._own
        # The files of a process that ended stay, for what it counted was counted.
        return MultiProcessCollector(None)  # type: ignore[no-untyped-call]

    def serve(self, host: str, port: int) -> None:
        """Show what was counted there, from a thread. Raises OSError."""
        start_http_server(port, host, registry=self.counted)

    def text(self, standing: Iterable[Metric]) -> bytes:
        """All of it, and how things stand, in Prometheus's text format."""
        return generate_latest(self.counted) + generate_latest(_Standing(standing))


class _Standing(Collector):
    def __init__(self, metrics: Iterable[Metric]) -> None:
        self._metrics = metrics

    def collect(self) -> Iterable[Metric]:
        return self._metrics


def outbox_gauges(session: Session, accounts: Collection[str], now: datetime) -> list[Metric]:
    """How the outbox stands, by the platforms that are configured."""
    owed = GaugeMetricFamily(
        "rantevou_owed_messages", "Messages due and not yet sent", labels=["platform"]
    )
    dead = GaugeMetricFamily(
        "rantevou_dead_messages", "Messages given up; see `outbox list`", labels=["platform"]
    )
    found = outbox_admin.count_by_status(session, accounts, now)
    for platform in sorted({platform_of(account) for account in accounts}):
        numbers = {status: number for name, status, number in found if name == platform}
        failed = numbers.pop(outbox_admin.FAILED, 0)
        owed.add_metric([platform], sum(numbers.values()))
        dead.add_metric([platform], failed)
    oldest = outbox_admin.oldest_due(session, accounts, now)
    age = (now - oldest).total_seconds() if oldest else 0
    return [
        owed,
        dead,
        GaugeMetricFamily(
            "rantevou_oldest_owed_seconds", "How long the oldest of them is due", value=age
        ),
    ]
