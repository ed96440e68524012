"""Requests made at random from the OpenAPI description: no 5xx, nothing that it doesn't describe.

schemathesis makes them, right and wrong ones, and compares each answer with the description.
"""

import json
import re
from collections.abc import Iterator, Mapping, MutableMapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

import httpx
import jsonschema_rs
import pytest
from fastapi import FastAPI
from sqlalchemy.orm import Session

from bot.context import Services
from bot.i18n.translator import Translator
from core.actor import KeyScope, Role
from core.catalogue.loader import SHIPPED, read_catalogue
from core.catalogue.registry import Registry
from core.db.database import Database
from core.staff import api_keys, members, webhooks
from tests.conftest import NOW, SOAK, Clock
from tests.core.booking_environment import BookingEnvironment
from tests.core.staff.two_towns import OPERATOR
from tests.fakes.webhook_receiver import HERE
from tests.postgres import KEY
from tests.webhooks.api.staff.towns_office import bearer
from tests.webhooks.chat_client import serving
from tests.webhooks.conftest import served
from webhooks.api.staff.router import ROUTERS
from webhooks.api.staff.scopes import SCOPES
from webhooks.app import build_app

if TYPE_CHECKING:
    from schemathesis import Case

SHORT, LONG = 3, 100
"""The requests that are made at random of each route; those of the description's parts besides."""

TOWN = "kalamata"
THERE: Mapping[str, Any] = {
    "municipality": TOWN,
    "booking_id": 1,
    "If-Match": "*",
    "service": "epidoma-stegasis",
    "branch": "koinoniki-arogi",
    "channel": "in_person",
    "starts_at": "2026-12-17T12:00:00+02:00",
    "webhook_id": 1,
    "url": "https://127.0.0.1/hook",  # isn't public: nothing is sent
}
"""The values of what is there, by the names of parameters and fields."""


@lru_cache
def description() -> dict[str, Any]:
    """The OpenAPI description of the routes, as a server has it among those of others."""
    app = FastAPI()
    for router in ROUTERS:
        app.include_router(router)
    return app.openapi()


def described(name: str) -> dict[str, Any]:
    """Return the description of one route, by its name."""
    paths = {
        path: {
            method: route
            for method, route in routes.items()
            if route["operationId"].startswith(f"{name}_api_v1")
        }
        for path, routes in description()["paths"].items()
    }
    return {**description(), "paths": paths}


@dataclass(frozen=True)
class Served:
    """A server with the samples, and a key that may do everything in one municipality."""

    client: httpx.Client
    key: str

    def check(self, case: "Case[Any]") -> None:
        """Make a request, half of them about what there is; check the answer."""
        from tests.webhooks.api.staff.random_requests import CHECKED

        if Random(repr((case.query, case.body, case.headers))).random() < 0.5:
            for part in (case.path_parameters, case.query, case.headers, case.body):
                if isinstance(part, MutableMapping):
                    part.update({name: there for name, there in THERE.items() if name in part})
        case.call_and_validate(
            base_url=str(self.client.base_url), headers=bearer(self.key), checks=CHECKED
        )


@pytest.fixture(scope="module")
def server(
    migrated: Path, texts: Translator, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    copy = tmp_path_factory.mktemp("conformance") / "rantevou.db"
    copy.write_bytes(migrated.read_bytes())
    services = Services(Registry("secret"), texts, Clock(), Random(1).choice)
    database = Database(f"sqlite:///{copy}", KEY)
    key = database.write_sync(lambda session: make_key(session, services))
    database.write_sync(book)
    with serving(build_app(served(database, services))) as client:
        yield Served(client, key)


def book(session: Session) -> None:
    """Book something, weeks ahead, so that it is moved and cancelled while requests are made."""
    body = read_catalogue(SHIPPED / f"{TOWN}.yaml")
    env = BookingEnvironment(session, body, now=NOW)
    env.registry.refresh(session)
    env.confirm(env.hold("12:30", day=date(2026, 12, 17)))


def make_key(session: Session, services: Services) -> str:
    registry, now = services.registry, services.clock()
    registry.refresh(session)
    given: dict[str, Any] = {"name": "Fuzz", "role": Role.MANAGER, "municipality_id": TOWN}
    member = members.add(session, registry, OPERATOR, now, **given)
    url: Any = THERE["url"]
    hook: dict[str, Any] = {"url": url, "networks": HERE}
    webhooks.add(session, registry, OPERATOR, now, municipality_id=TOWN, **hook)
    return api_keys.make(
        session,
        registry,
        OPERATOR,
        now,
        member_id=member,
        name="Fuzz",
        scopes=list(KeyScope),
        days=731,
    )[1]


def test_a_server_describes_these_routes(server: Served) -> None:
    described = server.client.get("/openapi.json").json()["paths"]
    assert {p: each for p, each in described.items() if p.startswith("/api/v1/")} == json.loads(
        json.dumps(description()["paths"])
    )


def test_each_body_has_an_example_which_is_as_described(server: Served) -> None:
    described = server.client.get("/openapi.json").json()
    schemas = described["components"]["schemas"]
    shown, routes = {*schemas}, description()["components"]["schemas"]
    bodies = {name for name, each in routes.items() if "properties" in each}
    assert bodies <= shown
    by_name = {name: {"$ref": f"#/components/schemas/{name}"} for name in bodies}
    validator = jsonschema_rs.validator_for({**described, "properties": by_name})
    for name in bodies:
        assert schemas[name]["examples"], name
        for given in schemas[name]["examples"]:
            validator.validate({name: given})
            fields = schemas[name]["properties"]
            assert {*schemas[name].get("required", ())} <= {*given} <= {*fields}, name


def test_the_headers_of_answers_are_described() -> None:
    paths = description()["paths"]
    read = paths["/api/v1/bookings/{booking_id}"]["get"]["responses"]
    made = paths["/api/v1/municipalities/{municipality}/bookings"]["post"]["responses"]
    assert {*read["200"]["headers"]} == {"ETag", "RateLimit", "RateLimit-Policy"}
    assert {*made["201"]["headers"]} == {"ETag", "Location", "RateLimit", "RateLimit-Policy"}
    assert {*made["401"]["headers"]} == {"WWW-Authenticate"}
    assert {*made["409"]["headers"]} == {"Retry-After", "RateLimit", "RateLimit-Policy"}
    assert made["500"]["headers"] == {}


def test_a_slash_too_many_is_the_redirect_that_is_described(server: Served) -> None:
    for path, routes in description()["paths"].items():
        for method, route in routes.items():
            right = re.sub(r"{\w+}", "1", path)
            answer = server.client.request(method, f"{right}/", follow_redirects=False)
            assert (answer.status_code, answer.headers["Location"]) == (307, right), path
            described = route["responses"]["307"]
            assert [*described["headers"]] == ["Location"]
            assert "content" not in described
            assert not answer.content


@pytest.mark.parametrize("route", SCOPES)
def test_no_answer_is_other_than_described(route: str, server: Served) -> None:
    from tests.webhooks.api.staff.random_requests import make_requests

    make_requests(described(route), server.check, count=SHORT, derandomize=True)


@SOAK
@pytest.mark.parametrize("route", SCOPES)
def test_no_answer_is_other_than_described_in_long(route: str, server: Served) -> None:
    from tests.webhooks.api.staff.random_requests import make_requests

    make_requests(described(route), server.check, count=LONG)
