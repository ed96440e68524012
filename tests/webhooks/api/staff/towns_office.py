"""Two municipalities behind a server, and the programs that call it with keys."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from itertools import count
from typing import Any, TypeVar

import httpx
from sqlalchemy.orm import Session

from core.actor import KeyScope, Role
from core.db.models import ApiKey, Booking
from core.staff import api_keys, members, webhooks
from tests.beginnings import begin
from tests.conftest import Deployment
from tests.core.booking_environment import BookingEnvironment
from tests.core.small_municipality import MONDAY
from tests.core.staff.two_towns import CITY, OPERATOR, TOWN, with_groups
from tests.dialogs.custom_municipality import form_field
from tests.fakes.webhook_receiver import HERE
from tests.webhooks.conftest import Serve

T = TypeVar("T")

ALL = tuple(KeyScope)

TOWNS = {
    each: with_groups(each, fields=[form_field("phone", "phone", required=False)])
    for each in (TOWN, CITY)
}


@dataclass
class TownsOffice:
    """The office of both, with a client of its server."""

    deployment: Deployment
    client: httpx.Client

    def __post_init__(self) -> None:
        self._numbers = count(1)

    @classmethod
    def served(cls, deployment: Deployment, serve: Serve, **settings: int | str) -> "TownsOffice":
        """Return the office of both, served with these settings."""
        registry = deployment.services.registry
        registry.accounts = frozenset({"webchat"})

        def load() -> None:
            for each in TOWNS.values():
                deployment.load(each)
            deployment.database.write_sync(registry.refresh)

        begin(deployment, "two towns", load)
        return cls(deployment, serve(**settings))

    def do(self, fn: Callable[[Session], T]) -> T:
        registry = self.deployment.services.registry

        def run(session: Session) -> T:
            registry.refresh(session)
            return fn(session)

        return self.deployment.database.write_sync(run)

    def member(
        self, role: Role = Role.MANAGER, at: str | None = TOWN, name: str = "Ελένη", **areas: Any
    ) -> int:
        services = self.deployment.services
        given: dict[str, Any] = {"name": name, "role": role, "municipality_id": at, **areas}
        return self.do(
            lambda s: members.add(s, services.registry, OPERATOR, services.clock(), **given)
        )

    def key(
        self,
        *scopes: KeyScope,
        role: Role = Role.MANAGER,
        at: str = TOWN,
        days: int = 30,
        **areas: Any,
    ) -> str:
        """A key of a new member; with all scopes, if none is named.

        Also with those that its member may not use: such were made before.
        """
        member, services = self.member(role, at, **areas), self.deployment.services

        def run(session: Session) -> str:
            number, key = api_keys.make(
                session,
                services.registry,
                OPERATOR,
                services.clock(),
                member_id=member,
                name="Screen",
                scopes=[KeyScope.READ],
                days=days,
            )
            session.get_one(ApiKey, number).scopes = sorted(scopes or ALL)
            return key

        return self.do(run)

    def book(
        self,
        clock: str = "10:00",
        service: str = "permit",
        at: str = TOWN,
        day: date = MONDAY,
        **details: Any,
    ) -> Booking:
        def run(session: Session) -> Booking:
            services = self.deployment.services
            accounts, now = services.registry.accounts, services.clock()
            env = BookingEnvironment(session, TOWNS[at], accounts, now, services.registry)
            offer = env.offer_of(service)
            held = env.hold(clock, day=day, offer=offer)
            given = {"phone": f"+3069{held.id:08}", **details}
            return env.confirm(held, offer=offer, **given)

        return self.do(run)

    def webhook(self, url: str = "", at: str = TOWN) -> int:
        """A webhook endpoint; by default, its address isn't public, and no other's."""
        services = self.deployment.services
        given: dict[str, Any] = {
            "municipality_id": at,
            "url": url or f"https://127.0.0.1/{next(self._numbers)}",
            "networks": HERE,
        }
        return self.do(
            lambda s: webhooks.add(s, services.registry, OPERATOR, services.clock(), **given)[0]
        )

    def get(self, path: str, key: str, **more: Any) -> httpx.Response:
        return self.client.get(f"/api/v1{path}", headers=bearer(key), **more)

    def post(self, path: str, key: str, body: Any = None, **headers: str) -> httpx.Response:
        return self.send("POST", path, key, body, **headers)

    def send(
        self, method: str, path: str, key: str, body: Any = None, **headers: str
    ) -> httpx.Response:
        """Send a body, with an Idempotency-Key of its own; `If_Match` is such a header."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        own = {"Idempotency-Key": f"test {next(self._numbers)}"}
        headers = {"Content-Type": "application/json", **bearer(key), **own, **named}
        # As ASCII, so that a body may have what UTF-8 can't.
        content = json.dumps(body or {})
        return self.client.request(method, f"/api/v1{path}", content=content, headers=headers)


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}
