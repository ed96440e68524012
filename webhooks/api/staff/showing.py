"""Bookings as /api/v1 shows them."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from core.bookings.agenda import AgendaEntry, entry_of
from core.bookings.booking_details import At, BookingDetails, Change
from core.bookings.visits import ready_documents
from core.catalogue.registry import LoadedMunicipality
from webhooks.api.staff import models
from webhooks.api.staff.models import Booking, BookingChange, BookingSummary


def summary(loaded: LoadedMunicipality, entry: AgendaEntry) -> BookingSummary:
    """Return a booking as lists show it."""
    return BookingSummary(**_facts(loaded, entry))


def whole(found: BookingDetails, *, personal: bool) -> Booking:
    """Return a booking with its history; with what is `personal` only if that may be shown."""
    loaded, booking = found.loaded, found.booking
    service = loaded.body.services.get(booking.service)
    return Booking(
        **_facts(loaded, entry_of(loaded, booking)),
        coming_at=_local(loaded, booking.coming_at),
        ready=ready_documents(booking, service.documents if service else ()),
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
        before=_at(loaded, change.before),
        after=_at(loaded, change.after),
    )


def _at(loaded: LoadedMunicipality, at: At | None) -> models.At | None:
    """Return a place and time of a booking in the municipality's time zone."""
    if at is None:
        return None
    starts_at, ends_at = _local(loaded, at.starts_at), _local(loaded, at.ends_at)
    return models.At(desk=at.desk, starts_at=starts_at, ends_at=ends_at)


def _local(loaded: LoadedMunicipality, moment: datetime | None) -> Any:
    """Return a moment in the municipality's time zone."""
    return moment and moment.astimezone(ZoneInfo(loaded.body.timezone))
