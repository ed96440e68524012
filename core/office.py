"""The loaded catalogues: putting them into the database, and having them at hand."""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.calendar import Plan, covered
from core.catalogue import Channel, Municipality
from core.errors import Unusable
from core.locks import wait_for
from core.tables import LIVE, Booking, Desk, History, MunicipalityRow


@dataclass(frozen=True)
class Loaded:
    """One municipality as loaded, with its desks' stored ids by branch and desk."""

    digest: str
    body: Municipality
    desk_ids: Mapping[tuple[str, str], int]

    def has(self, service: str, branch: str) -> bool:
        """Whether there are such a service and such a branch; a catalogue loaded since may not."""
        return service in self.body.services and any(b.id == branch for b in self.body.branches)

    def plan(self, service: str, branch: str, channel: str) -> Plan:
        """Who may serve that service there, over that channel."""
        ids = {desk: number for (place, desk), number in self.desk_ids.items() if place == branch}
        body = self.body
        return Plan(body, body.services[service], body.branch(branch), Channel(channel), ids)


LOADING = "loading"

_DIGESTS = select(MunicipalityRow.id, MunicipalityRow.digest)


class Office:
    """Every municipality, kept in memory and read anew when another process loaded one."""

    def __init__(self, secret: str, accounts: frozenset[str] = frozenset()) -> None:
        """`secret` keys the hashes; `accounts` names the platforms that are configured."""
        self._secret = secret.encode()
        self.accounts = accounts
        self._loaded: dict[str, Loaded] = {}

    def keyed_hash(self, value: str) -> str:
        """Hide a phone number, token or network address, so that only equality is left."""
        return hmac.new(self._secret, value.encode(), hashlib.sha256).hexdigest()[:40]

    def refresh(self, session: Session) -> None:
        """See what was loaded since; none is loaded until this transaction ends."""
        wait_for(session, LOADING, shared=True)
        for name, digest in session.connection().execute(_DIGESTS):
            if name not in self._loaded or self._loaded[name].digest != digest:
                self._loaded[name] = _read(session, name)

    @property
    def municipalities(self) -> list[Municipality]:
        """All of them, by their Greek names."""
        return sorted((entry.body for entry in self._loaded.values()), key=lambda m: m.name.el)

    def __getitem__(self, name: str) -> Loaded:
        return self._loaded[name]

    def __contains__(self, name: str) -> bool:
        return name in self._loaded


def _read(session: Session, name: str) -> Loaded:
    row = session.get_one(MunicipalityRow, name, populate_existing=True)
    desks = session.execute(
        select(Desk.branch, Desk.name, Desk.id).where(Desk.municipality_id == name)
    )
    body = Municipality.model_validate_json(row.document)
    return Loaded(row.digest, body, {(place, desk): number for place, desk, number in desks})


def load(session: Session, body: Municipality, now: datetime) -> str:
    """Put a catalogue into the database, by id: "added", "updated" or "unchanged".

    Raises Unusable, changing nothing, when a future booking would have nobody to serve it.
    """
    wait_for(session, LOADING)
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
        _refuse_orphans(session, _read(session, body.id), now)
    return "updated"


def _add_desks(session: Session, body: Municipality) -> None:
    known = set(
        session.execute(select(Desk.branch, Desk.name).where(Desk.municipality_id == body.id))
    )
    wanted = {(branch.id, desk.id) for branch in body.branches for desk in branch.desks}
    session.add_all(
        Desk(municipality_id=body.id, branch=branch, name=desk)
        for branch, desk in sorted(wanted - known)
    )


def _refuse_orphans(session: Session, new: Loaded, now: datetime) -> None:
    desks = {number: key for key, number in new.desk_ids.items()}
    future = session.scalars(
        select(Booking).where(
            Booking.municipality_id == new.body.id,
            Booking.ends_at > now,
            LIVE,
        )
    )
    orphans = [booking for booking in future if not _served(new, booking, desks[booking.desk_id])]
    if confirmed := sorted(b.code or "" for b in orphans if b.state == "confirmed"):
        raise Unusable(
            f"{new.body.id}: not loaded, nothing was changed. These future bookings would have no "
            f"service, desk or opening: {', '.join(confirmed)}. Move or cancel them first."
        )
    for held in orphans:
        held.state = "expired"
        session.add(History(booking_id=held.id, at=now, action="expired", fields=[]))


def _served(new: Loaded, booking: Booking, desk_key: tuple[str, str]) -> bool:
    service = new.body.services.get(booking.service)
    branch = next((b for b in new.body.branches if b.id == desk_key[0]), None)
    desk = next((d for d in branch.desks if d.id == desk_key[1]), None) if branch else None
    if not service or not desk or booking.channel not in service.channels:
        return False
    plan = new.plan(booking.service, desk_key[0], booking.channel)
    return desk.serves(service.id, booking.channel) and covered(
        plan, desk, booking.starts_at, booking.ends_at
    )
