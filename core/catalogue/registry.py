"""The registry: the loaded municipalities, kept in memory."""

import hmac
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import String, func, literal_column, select
from sqlalchemy.orm import Session

from core.catalogue.model import Channel, Municipality
from core.catalogue.schedule_exceptions import (
    DeskExceptions,
    DeskKey,
    by_desk,
    read_exceptions,
    with_webhooks,
)
from core.catalogue.service_offer import ServiceOffer
from core.db.advisory_locks import lock
from core.db.models import Desk, MunicipalityRow
from core.i18n import Language


@dataclass(frozen=True, eq=False)
class LoadedMunicipality:
    """A municipality as it is loaded; `desk_ids` are its desks' row ids, by branch and desk.

    `exceptions` are those that staff made, by desk. It was loaded or removed, or they were made or
    withdrawn, at `changed_at`. One that is removed is still read, for its past bookings. With
    `has_webhooks`, it has an endpoint, which may be disabled.
    """

    digest: str
    body: Municipality
    desk_ids: Mapping[DeskKey, int]
    changed_at: datetime
    is_sample: bool = False
    is_removed: bool = False
    exceptions: Mapping[DeskKey, DeskExceptions] = field(default_factory=dict)
    has_webhooks: bool = False
    # Of this object alone: `replace` gives another with other exceptions.
    _offers: dict[tuple[str, str, str], ServiceOffer] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def has(self, service: str, branch: str) -> bool:
        """Return whether it has a service and a branch: a new catalogue may lack a booking's."""
        return service in self.body.services and any(b.id == branch for b in self.body.branches)

    def offer(self, service: str, branch: str, channel: str) -> ServiceOffer:
        """Return the offer of a service at a branch over a channel. Raises KeyError."""
        key = (service, branch, channel)
        if key not in self._offers:
            self._offers[key] = self._make_offer(*key)
        return self._offers[key]

    def _make_offer(self, service: str, branch: str, channel: str) -> ServiceOffer:
        ids = {desk: row_id for (at, desk), row_id in self.desk_ids.items() if at == branch}
        exceptions = {desk: each for (at, desk), each in self.exceptions.items() if at == branch}
        body = self.body
        return ServiceOffer(
            body, body.services[service], body.branch(branch), Channel(channel), ids, exceptions
        )


LOAD_LOCK = "loading"
"""The advisory lock that loading a catalogue takes, and reading it shares."""

_DIGESTS = select(
    MunicipalityRow.id,
    MunicipalityRow.digest,
    MunicipalityRow.is_sample,
    MunicipalityRow.removed_at.is_not(None),
)

# Literal, for SQLAlchemy would render a bound one into the statement at each run.
_COMMA: Any = literal_column("','")
_OF_EACH = literal_column("id || digest || is_sample || coalesce(removed_at, 0)", String)
STORED = (
    select(func.coalesce(func.aggregate_strings(_OF_EACH, _COMMA), literal_column("''")))
    .select_from(MunicipalityRow)
    .scalar_subquery()
)
"""All that _DIGESTS has, as one text: the same while nothing has changed."""

_STORED = select(STORED)


class Registry:
    """The loaded municipalities by id; `refresh` reads those that any process has changed since."""

    def __init__(
        self,
        secret: str,
        accounts: frozenset[str] = frozenset(),
        own_accounts: Mapping[str, str] | None = None,
        countries: Mapping[str, Collection[str]] | None = None,
    ) -> None:
        """Create an empty registry.

        `secret` is the key of the hashes. `accounts` are those that are configured, such as
        "telegram:town"; `own_accounts` has the municipality of each that serves only one, and
        `countries` those (ISO 3166) of the numbers that an account sends to, unless it is to all.
        """
        # Begun once: a copy of it takes less than half as long as another.
        self._hash = hmac.new(secret.encode(), digestmod="sha256")
        self.accounts = accounts
        self.own_accounts = own_accounts or {}
        self.countries = countries or {}
        self._loaded: dict[str, LoadedMunicipality] = {}
        self._shown = object()
        """Another one after each change by `refresh_without_lock`."""
        self._compared: tuple[str, object] | None = None
        """The value of STORED when all catalogues were last compared, and of `_shown`."""

    def keyed_hash(self, value: str) -> str:
        """Return the keyed hash, in hexadecimal, of a phone number, token or network address."""
        begun = self._hash.copy()
        begun.update(value.encode())
        return begun.hexdigest()[:40]

    def refresh(self, session: Session, stored: str | None = None) -> None:
        """Read the catalogues that were loaded since; no other is until this transaction ends.

        `stored` is STORED, where the transaction has read it since it took LOAD_LOCK.
        """
        if stored is None:
            lock(session, LOAD_LOCK, shared=True)
            stored = session.connection().execute(_STORED).scalar_one()
        state = (stored, self._shown)
        if state != self._compared:
            for read in read_municipalities(session, self._changed(session)):
                self._loaded[read.body.id] = read
            self._compared = state

    def refresh_without_lock(self, session: Session, stored: str | None = None) -> None:
        """Read the catalogues that were loaded since, for what is shown only; wait for nobody.

        The session may see an older state than a turn does meanwhile, which keeps its own.
        `stored` is STORED, where the transaction has read it.
        """
        if (stored, self._shown) == self._compared:
            return
        for read in read_municipalities(session, self._changed(session)):
            known = self._loaded.get(read.body.id)
            if known is None or read.changed_at >= known.changed_at:
                self._loaded[read.body.id] = read
                self._shown = object()

    def _changed(self, session: Session) -> list[str]:
        stored = session.connection().execute(_DIGESTS).all()
        return [each.id for each in stored if not self._is_known(*each)]

    def _is_known(self, municipality_id: str, *state: object) -> bool:
        known = self._loaded.get(municipality_id)
        return known is not None and (known.digest, known.is_sample, known.is_removed) == state

    @property
    def versions(self) -> Mapping[str, tuple[str, bool]]:
        """Return the digest of each municipality that is offered, and whether it is a sample."""
        offered = (self._loaded[body.id] for body in self.municipalities)
        return {each.body.id: (each.digest, each.is_sample) for each in offered}

    @property
    def municipalities(self) -> list[Municipality]:
        """Return the municipalities that are offered, ordered by their Greek names."""
        # A copy, because another thread may add one meanwhile.
        bodies = (loaded.body for loaded in [*self._loaded.values()] if not loaded.is_removed)
        return sorted(bodies, key=lambda body: body.name.in_language(Language.EL))

    def samples(self, only: str | None = None) -> list[Municipality]:
        """Return which municipalities are samples, of all that are offered or of that one."""
        return [
            body
            for body in self.municipalities
            if only in (None, body.id) and self._loaded[body.id].is_sample
        ]

    def __getitem__(self, municipality_id: str) -> LoadedMunicipality:
        """Return the municipality of an id, also one that was removed. Raises KeyError."""
        return self._loaded[municipality_id]

    def __contains__(self, municipality_id: str) -> bool:
        """Return whether a municipality of that id is offered."""
        loaded = self._loaded.get(municipality_id)
        return loaded is not None and not loaded.is_removed


def read_municipality(session: Session, municipality_id: str) -> LoadedMunicipality:
    """Return a municipality as it is stored now, also by this transaction. Raises KeyError."""
    return {each.body.id: each for each in read_municipalities(session, [municipality_id])}[
        municipality_id
    ]


def read_municipalities(session: Session, ids: Collection[str]) -> list[LoadedMunicipality]:
    """Return municipalities as they are stored now, also by this transaction."""
    if not ids:
        return []
    rows = session.scalars(
        select(MunicipalityRow)
        .where(MunicipalityRow.id.in_(ids))
        .execution_options(populate_existing=True)
    ).all()
    desk_ids: dict[str, dict[DeskKey, int]] = {row.id: {} for row in rows}
    desks = select(Desk.municipality_id, Desk.branch, Desk.name, Desk.id)
    for municipality_id, branch, desk, row_id in session.execute(
        desks.where(Desk.municipality_id.in_(ids))
    ):
        desk_ids[municipality_id][branch, desk] = row_id
    loaded_at = {row.id: max(row.loaded_at, row.removed_at or row.loaded_at) for row in rows}
    changed, webhooks = read_exceptions(session, loaded_at), with_webhooks(session, ids)
    return [
        LoadedMunicipality(
            row.digest,
            Municipality.model_validate_json(row.document),
            desk_ids[row.id],
            changed[row.id].at,
            row.is_sample,
            row.removed_at is not None,
            by_desk(changed[row.id].rows, desk_ids[row.id]),
            row.id in webhooks,
        )
        for row in rows
    ]
