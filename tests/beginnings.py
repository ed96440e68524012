"""States with which many tests begin: each process makes them once, then copies them."""

import hashlib
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from core.catalogue.registry import LoadedMunicipality
from tests.conftest import Deployment


class Kept(Protocol):
    """Something beside the database that such a state changes."""

    def state(self) -> Any:
        """Return what it has now."""

    def restore(self, state: Any) -> None:
        """Have that instead."""


@dataclass(frozen=True)
class _Made:
    file: bytes
    loaded: dict[str, LoadedMunicipality]
    now: datetime
    others: list[Any]


_MADE: dict[tuple[str, str, datetime], _Made] = {}


def begin(deployment: Deployment, name: str, make: Callable[[], object], *others: Kept) -> None:
    """Bring a deployment into a state, as `make` does, which runs for the first test only.

    What the state is made of is known by its name, the database before, and the clock. On
    PostgreSQL it is made for each test.
    """
    if not deployment.database.backend.file:
        make()
        return
    before = hashlib.sha256(_at_rest(deployment)).hexdigest()
    key = name, before, deployment.clock.now
    if key not in _MADE:
        make()
        _MADE[key] = _Made(
            _at_rest(deployment),
            {**deployment.services.registry._loaded},
            deployment.clock.now,
            [deepcopy(each.state()) for each in others],
        )
        return
    made = _MADE[key]
    deployment.file.write_bytes(made.file)
    deployment.services.registry._loaded = {**made.loaded}
    deployment.clock.now = made.now
    for each, state in zip(others, made.others, strict=True):
        each.restore(deepcopy(state))


def _at_rest(deployment: Deployment) -> bytes:
    """Return the file of a database of which all connections are closed."""
    database = deployment.database
    database.engine.dispose()
    database._readers.dispose()
    assert not deployment.file.with_name(f"{deployment.file.name}-wal").exists()
    return deployment.file.read_bytes()
