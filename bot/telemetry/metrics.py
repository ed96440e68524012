"""Metrics for Prometheus: counters, a histogram and gauges; never personal data."""

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

from core.db.events import events
from core.db.models import REMINDERS, OutboxStatus
from core.errors import DatabaseUnavailable
from core.messaging import outbox_admin
from core.messaging.outbox import platform_of

SEVERAL_PROCESSES = "PROMETHEUS_MULTIPROC_DIR"
"""The folder in which processes share counters; to be set before this module is imported."""

COUNTED = {
    "turn": ("turns", "Inbound messages", ("platform", "outcome")),
    "booking": ("bookings", "Changes of bookings", ("outcome",)),
    "refusal": ("refusals", "Requests of citizens that were refused", ("kind",)),
    "step": ("steps", "Questions that became the open one, or ceased to be", ("step", "what")),
    "ignored": ("ignored", "Events of platforms that are no message", ("platform", "kind")),
    "delivery": ("deliveries", "Outcomes of delivering messages", ("platform", "outcome")),
}
"""The counter of each event that a transaction records: its name, description and labels."""


class Metrics:
    """The metrics of this process; where several processes serve, of all of them."""

    def __init__(self, refusals: tuple[type[Exception], ...] = ()) -> None:
        """`refusals` are the errors by which a turn refuses a request: they are no failures."""
        self._refusals = refusals
        self._own = CollectorRegistry()
        self._counters = {
            event: Counter(f"rantevou_{name}", description, labels, registry=self._own)
            for event, (name, description, labels) in COUNTED.items()
        }
        self._seconds = Histogram(
            "rantevou_turn_seconds", "How long a turn took", ("platform",), registry=self._own
        )

    def count(self, info: dict[Any, Any]) -> None:
        """Count the events that a transaction recorded, once it is committed."""
        # A full disk must not fail what is committed.
        with suppress(OSError):
            for (name, *labels), times in events(info).items():
                if counter := self._counters.get(name):
                    counter.labels(*labels).inc(times)

    def ignored(self, platform: str, kind: str) -> None:
        """Count an event of a platform that isn't acted on."""
        with suppress(OSError):
            self._counters["ignored"].labels(platform, kind).inc()

    @contextmanager
    def turn(self, platform: str) -> Iterator[None]:
        """Time a turn, and count it where it fails; one that succeeds is counted on commit."""
        began = time.perf_counter()
        try:
            yield
        except self._refusals:
            raise
        except Exception as error:
            outcome = "busy" if isinstance(error, DatabaseUnavailable) else "failed"
            self._counters["turn"].labels(platform, outcome).inc()
            raise
        finally:
            with suppress(OSError):
                self._seconds.labels(platform).observe(time.perf_counter() - began)

    @property
    def collector(self) -> Collector:
        """Return the counters and the histogram."""
        if SEVERAL_PROCESSES not in os.environ:
            return self._own
        # The files of a process that ended stay: its counts remain in the totals.
        return MultiProcessCollector(None)  # type: ignore[no-untyped-call]

    def serve(self, host: str, port: int) -> None:
        """Serve GET /metrics there, from a thread. Raises OSError."""
        start_http_server(port, host, registry=self.collector)

    def text(self, gauges: Iterable[Metric]) -> bytes:
        """Return all metrics, with these gauges, in Prometheus's text format."""
        return generate_latest(self.collector) + generate_latest(_Gauges(gauges))


class _Gauges(Collector):
    def __init__(self, metrics: Iterable[Metric]) -> None:
        self._metrics = metrics

    def collect(self) -> Iterable[Metric]:
        return self._metrics


def outbox_gauges(session: Session, accounts: Collection[str], now: datetime) -> list[Metric]:
    """Return the outbox's gauges, by configured platform; of reminders without a way, too."""
    unsent = GaugeMetricFamily(
        "rantevou_owed_messages", "Messages due and not yet sent", labels=["platform"]
    )
    given_up = GaugeMetricFamily(
        "rantevou_dead_messages", "Messages given up; see `outbox list`", labels=["platform"]
    )
    counted = {*accounts, REMINDERS}
    found = outbox_admin.count_by_status(session, counted, now)
    for platform in sorted({platform_of(account) for account in counted}):
        counts = {status: number for name, status, number in found if name == platform}
        failed = counts.pop(OutboxStatus.FAILED, 0)
        unsent.add_metric([platform], sum(counts.values()))
        given_up.add_metric([platform], failed)
    oldest = outbox_admin.oldest_due(session, accounts, now)
    age = (now - oldest).total_seconds() if oldest else 0
    return [
        unsent,
        given_up,
        GaugeMetricFamily(
            "rantevou_oldest_owed_seconds", "How long the oldest of them is due", value=age
        ),
    ]
