"""The offer that a citizen books: a service at a branch over a channel, with its desks."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta
from functools import cached_property
from typing import Self
from zoneinfo import ZoneInfo

from core.catalogue.model import (
    MAX_HORIZON_DAYS,
    Branch,
    Channel,
    Desk,
    Municipality,
    Service,
)
from core.catalogue.schedule_exceptions import DeskExceptions


@dataclass(frozen=True)
class ServiceOffer:
    """A service at a branch over a channel; `desk_ids` are the desks' row ids, by desk.

    `exceptions` are those that staff made, by desk.
    """

    municipality: Municipality
    service: Service
    branch: Branch
    channel: Channel
    desk_ids: Mapping[str, int]
    exceptions: Mapping[str, DeskExceptions] = field(default_factory=dict)

    @property
    def zone(self) -> ZoneInfo:
        """Return the municipality's time zone."""
        return ZoneInfo(self.municipality.timezone)

    @cached_property
    def desks(self) -> list[tuple[int, Desk]]:
        """Return the desks that serve it, each with its row id."""
        return [
            (self.desk_ids[desk.id], desk)
            for desk in self.branch.desks
            if desk.serves(self.service.id, self.channel)
        ]

    @cached_property
    def desk_by_id(self) -> Mapping[int, Desk]:
        """Return the desks that serve it by their row ids."""
        return dict(self.desks)

    def for_staff(self) -> Self:
        """Return the offer as staff may book it: without notice, as far ahead as there are days."""
        free = {"notice_hours": 0, "horizon_days": MAX_HORIZON_DAYS}
        return replace(self, service=self.service.model_copy(update=free))

    def first(self, now: datetime) -> datetime:
        """Return the earliest start that may be booked, in the zone of `now`."""
        return now + timedelta(hours=self.service.notice_hours)

    def last(self, now: datetime) -> datetime:
        """Return the end of the last day that may be booked, in the municipality's zone."""
        day = now.astimezone(self.zone).date() + timedelta(days=self.service.horizon_days + 1)
        return datetime.combine(day, time(), self.zone)
