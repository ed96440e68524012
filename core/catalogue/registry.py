"""The registry: every loaded municipality, kept in memory."""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.catalogue.model import Channel, Municipality
from core.catalogue.service_offer import ServiceOffer
from core.db.advisory_locks import lock
from core.db.models import Desk, MunicipalityRow
from core.i18n import Language


@dataclass(frozen=True, eq=False)
class LoadedMunicipality:
    """One municipality as loaded, with its desks' stored ids by branch and desk."""

    digest: str
    body: Municipality
    desk_ids: Mapping[tuple[str, str], int]

    def has(self, service: str, branch: str) -> bool:
        """Return whether it has such a service and branch, which a later catalogue may lack."""
        return service in self.body.services and any(b.id == branch for b in self.body.branches)

    def offer(self, service: str, branch: str, channel: str) -> ServiceOffer:
        """Return who may serve that service there, over that channel."""
        ids = {desk: number for (place, desk), number in self.desk_ids.items() if place == branch}
        body = self.body
        return ServiceOffer(
            body, body.services[service], body.branch(branch), Channel(channel), ids
        )


LOADING = "loading"

_DIGESTS = select(MunicipalityRow.id, MunicipalityRow.digest)


class Registry:
    """Every municipality, kept in memory and read anew when another process loaded one."""

    def __init__(
        self,
        secret: str,
        accounts: frozenset[str] = frozenset(),
        own_accounts: Mapping[str, str] | None = None,
    ) -> None:
        """`secret` keys the hashes; `accounts` are those configured, such as "telegram:town".

        `own_accounts` gives the municipality of those that serve only one; the others are shared.
        """
        self._secret = secret.encode()
        self.accounts = accounts
        self.own_accounts = own_accounts or {}
        self._loaded: dict[str, LoadedMunicipality] = {}

    def keyed_hash(self, value: str) -> str:
        """Hide a phone number, token or network address, so that only equality is left."""
        return hmac.new(self._secret, value.encode(), hashlib.sha256).hexdigest()[:40]

    def refresh(self, session: Session) -> None:
        """See what was loaded since; none is loaded until this transaction ends."""
        lock(session, LOADING, shared=True)
        for name, digest in session.connection().execute(_DIGESTS):
            if name not in self._loaded or self._loaded[name].digest != digest:
                self._loaded[name] = _read(session, name)

    @property
    def municipalities(self) -> list[Municipality]:
        """Return all of them, by their Greek names."""
        bodies = (entry.body for entry in self._loaded.values())
        return sorted(bodies, key=lambda body: body.name.in_language(Language.EL))

    def __getitem__(self, name: str) -> LoadedMunicipality:
        return self._loaded[name]

    def __contains__(self, name: str) -> bool:
        return name in self._loaded


def _read(session: Session, name: str) -> LoadedMunicipality:
    row = session.get_one(MunicipalityRow, name, populate_existing=True)
    desks = session.execute(
        select(Desk.branch, Desk.name, Desk.id).where(Desk.municipality_id == name)
    )
    body = Municipality.model_validate_json(row.document)
    return LoadedMunicipality(
        row.digest, body, {(place, desk): number for place, desk, number in desks}
    )
