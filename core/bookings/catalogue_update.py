"""Loading a catalogue into the database, unless it would leave bookings without a desk."""

import hashlib
from datetime import datetime
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.availability.schedule import is_open_through
from core.catalogue.model import Municipality
from core.catalogue.registry import LOAD_LOCK, LoadedMunicipality, read_municipality
from core.db.advisory_locks import lock
from core.db.models import (
    LIVE,
    Booking,
    BookingState,
    Desk,
    History,
    HistoryAction,
    MunicipalityRow,
)
from core.errors import ConfigurationError


def load_catalogue(
    session: Session, body: Municipality, now: datetime
) -> Literal["added", "updated", "unchanged"]:
    """Add or update a municipality; return what was done.

    Raises ConfigurationError, changing nothing, where a future booking would have no desk.
    """
    lock(session, LOAD_LOCK)
    document = body.model_dump_json(by_alias=True, exclude_defaults=True)
    digest = hashlib.sha256(document.encode()).hexdigest()
    row = session.get(MunicipalityRow, body.id)
    if row and row.digest == digest:
        return "unchanged"
    if row is None:
        session.add(MunicipalityRow(id=body.id, document=document, digest=digest, loaded_at=now))
        session.flush()
        _add_desks(session, body)
        return "added"
    with session.begin_nested():
        _add_desks(session, body)
        row.document, row.digest, row.loaded_at = document, digest, now
        session.flush()
        _refuse_orphans(session, read_municipality(session, body.id), now)
    return "updated"


def _add_desks(session: Session, body: Municipality) -> None:
    """Add rows for the desks that have none."""
    known = set(
        session.execute(select(Desk.branch, Desk.name).where(Desk.municipality_id == body.id))
    )
    wanted = {(branch.id, desk.id) for branch in body.branches for desk in branch.desks}
    session.add_all(
        Desk(municipality_id=body.id, branch=branch, name=desk)
        for branch, desk in sorted(wanted - known)
    )


def _refuse_orphans(session: Session, new: LoadedMunicipality, now: datetime) -> None:
    """Raise ConfigurationError where future bookings would have no desk; expire such holds."""
    desk_keys = {row_id: key for key, row_id in new.desk_ids.items()}
    future = session.scalars(
        select(Booking).where(
            Booking.municipality_id == new.body.id,
            Booking.ends_at > now,
            LIVE,
        )
    )
    orphans = [
        booking for booking in future if not _is_served(new, booking, desk_keys[booking.desk_id])
    ]
    if confirmed := sorted(b.code or "" for b in orphans if b.state == BookingState.CONFIRMED):
        raise ConfigurationError(
            f"{new.body.id}: not loaded, nothing was changed. These future bookings would have no "
            f"service, desk or opening: {', '.join(confirmed)}. Move or cancel them first."
        )
    for held in orphans:
        held.state = BookingState.EXPIRED
        session.add(History(booking_id=held.id, at=now, action=HistoryAction.EXPIRED, fields=[]))


def _is_served(new: LoadedMunicipality, booking: Booking, desk_key: tuple[str, str]) -> bool:
    """Return whether a booking's desk, by branch and id, is there and open for it."""
    service = new.body.services.get(booking.service)
    branch = next((b for b in new.body.branches if b.id == desk_key[0]), None)
    desk = next((d for d in branch.desks if d.id == desk_key[1]), None) if branch else None
    if not service or not desk or booking.channel not in service.channels:
        return False
    offer = new.offer(booking.service, desk_key[0], booking.channel)
    return desk.serves(service.id, booking.channel) and is_open_through(
        offer, desk, booking.starts_at, booking.ends_at
    )
