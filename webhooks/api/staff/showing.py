"""Bookings as /api/v1 shows them."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from core.bookings.agenda import AgendaEntry, BookingDetails, Change, entry_of
from core.catalogue.registry import LoadedMunicipality
from webhooks.api.staff.models import Booking, BookingChange, BookingSummary


def summary(loaded: LoadedMunicipality, entry: AgendaEntry) -> BookingSummary:
    """Return a booking as lists show it."""
    return BookingSummary(**_facts(loaded, entry))


def whole(found: BookingDetails, *, personal: bool) -> Booking:
    """Return a booking with its history; with what is `personal` only if that may be shown."""
    loaded, booking = found.loaded, found.booking
    return Booking(
        **_facts(loaded, entry_of(loaded, booking)),
        details=dict(booking.details) if personal else None,
        consent=booking.consent_version,
        note=found.note if personal else None,
        history=[_change(loaded, each, personal) for each in found.history],
    )


def _facts(loaded: LoadedMunicipality, entry: AgendaEntry) -> dict[str, Any]:
    return {
        "id": entry.booking_id,
        "code": entry.code,
        "version": entry.version,
        "municipality": loaded.body.id,
        "service": entry.service,
        "branch": entry.desk.partition("/")[0],
        "desk": entry.desk,
        "channel": entry.channel,
        "state": entry.state,
        "starts_at": _local(loaded, entry.starts_at),
        "ends_at": _local(loaded, entry.ends_at),
        "arrived_at": _local(loaded, entry.arrived_at),
        "initials": entry.initials,
    }


def _change(loaded: LoadedMunicipality, change: Change, personal: bool) -> BookingChange:
    by = "citizen" if change.by_citizen else "staff" if change.member else "system"
    return BookingChange(
        at=_local(loaded, change.at),
        change=change.action,
        by="staff" if change.platform == "cli" else by,
        member=change.member if personal else None,
        over=change.platform,
        fields=list(change.fields),
        starts_before=_local(loaded, change.starts_before),
    )


def _local(loaded: LoadedMunicipality, moment: datetime | None) -> Any:
    """Return a moment in the municipality's time zone."""
    return moment and moment.astimezone(ZoneInfo(loaded.body.timezone))
