"""Each route, tried for each role on what is theirs, another's, and another town's.

A route without a row here fails, and so does one without a scope.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from fastapi.routing import APIRoute
from sqlalchemy import select

from core.actor import KeyScope, Role
from core.bookings.closures import service as closures
from core.bookings.closures.request import ExceptionRequest
from core.db.models import (
    Booking,
    ExceptionKind,
    History,
    OutboxRow,
    RelayMessage,
    ScheduleException,
    StaffAction,
    WebhookEndpoint,
)
from core.staff import api_keys, codes, rooms
from tests.conftest import mostly_on
from tests.core.small_municipality import ATHENS, MONDAY
from tests.core.staff.two_towns import CITY, OPERATOR, TOWN
from tests.webhooks.api.staff.towns_office import TownsOffice
from webhooks.api.staff.router import ROUTERS
from webhooks.api.staff.scopes import SCOPES

OK, HIDDEN, DENIED = "done", (404, "not_found"), (403, "not_allowed")
"""What becomes of a request: it is done, or refused with a status and a code."""

Outcome = str | tuple[int, str]

WHOSE = {"own": ("permit", TOWN), "other group": ("tax", TOWN), "other town": ("permit", CITY)}
ROLES: Mapping[str, tuple[Role, Mapping[str, Any]]] = {
    "group": (Role.EMPLOYEE, {"groups": ["building"]}),
    "desk": (Role.EMPLOYEE, {"desks": ["office/one", "office/two"]}),
    "manager": (Role.MANAGER, {}),
}
Expected = Mapping[str, tuple[Outcome, Outcome, Outcome]]
ANY: Expected = dict.fromkeys(ROLES, (OK, OK, OK))
SERVES: Expected = {
    "group": (OK, HIDDEN, HIDDEN),
    "desk": (OK, HIDDEN, HIDDEN),
    "manager": (OK, OK, HIDDEN),
}
LISTS: Expected = dict.fromkeys(ROLES, (OK, OK, HIDDEN))
AT_DESK: Expected = {**SERVES, "group": (HIDDEN, HIDDEN, HIDDEN)}
MANAGES: Expected = {**SERVES, "group": (DENIED,) * 3, "desk": (DENIED,) * 3}


@dataclass
class Attempt:
    """A request about a booking of today, by a key."""

    office: TownsOffice
    booking: Booking
    key: str
    before: Any = None
    """What was stored before it was sent."""

    @property
    def town(self) -> str:
        return f"/municipalities/{self.booking.municipality_id}"

    @property
    def one(self) -> str:
        return f"/bookings/{self.booking.id}"

    @property
    def free(self) -> str:
        """A time at which the booking's service is free."""
        return (self.booking.starts_at + timedelta(days=40)).isoformat()

    def get(self, path: str, **asked: str) -> httpx.Response:
        self.before = stored(self.office)
        return self.office.get(path, self.key, params=asked)

    def post(self, path: str, **body: Any) -> httpx.Response:
        return self.send("POST", path, **body)

    def send(self, method: str, path: str, **body: Any) -> httpx.Response:
        self.before = stored(self.office)
        return self.office.send(method, path, self.key, body, If_Match="*")

    def check_refused(self, answer: httpx.Response, expected: tuple[int, str]) -> None:
        """Check that it was refused, that the answer says why, and that nothing was changed."""
        said = answer.json()
        assert (answer.status_code, said["code"]) == expected, answer.text
        assert said["status"] == answer.status_code
        assert said["title"]
        assert said["detail"]
        assert stored(self.office) == self.before

    @property
    def hook(self) -> str:
        return f"/webhooks/{self.office.webhook(at=self.booking.municipality_id)}"

    @property
    def offer(self) -> dict[str, str]:
        return {"service": self.booking.service, "branch": "office", "channel": "in_person"}

    @property
    def closure(self) -> dict[str, str]:
        desk = "office/three" if self.booking.service == "tax" else "office/one"
        day = str(self.booking.starts_at.date())
        return {"kind": "closure", "first": day, "start": "20:00", "end": "21:00", "desk": desk}

    def undo(self) -> httpx.Response:
        self.office.post(f"{self.one}/arrived", self.office.key(at=self.town[16:]), If_Match="*")
        return self.post(f"{self.one}/undo")

    def made(self, start: str, end: str) -> str:
        """A closure at their desk that was made."""
        services, asked = self.office.deployment.services, self.closure
        number = self.office.do(
            lambda s: (
                closures.make(
                    s,
                    services.registry,
                    OPERATOR,
                    ExceptionRequest(
                        ExceptionKind.CLOSURE,
                        self.booking.municipality_id,
                        self.booking.starts_at.date(),
                        self.booking.starts_at.date(),
                        start,
                        end,
                        desk=asked["desk"],
                    ),
                    services.clock(),
                ).id
            )
        )
        return f"{self.town}/closures/{number}"


ROUTES: Mapping[str, tuple[Callable[[Attempt], httpx.Response], Expected]] = {
    "read_key": (lambda do: do.get("/key"), ANY),
    "list_municipalities": (lambda do: do.get("/municipalities"), ANY),  # their own
    "read_municipality": (lambda do: do.get(do.town), LISTS),
    "list_times": (lambda do: do.get(f"{do.town}/times", **do.offer), SERVES),
    "list_bookings": (lambda do: do.get(f"{do.town}/bookings"), LISTS),
    "export_bookings": (lambda do: do.get(f"{do.town}/bookings.csv"), LISTS),
    "search_bookings": (
        lambda do: do.post(f"{do.town}/bookings/search", code=do.booking.code),
        SERVES,
    ),
    "read_booking": (lambda do: do.get(do.one), SERVES),
    "book": (lambda do: do.post(f"{do.town}/bookings", **do.offer, starts_at=do.free), SERVES),
    "move_booking": (lambda do: do.post(f"{do.one}/move", starts_at=do.free), SERVES),
    "cancel_booking": (lambda do: do.post(f"{do.one}/cancel", reason="x"), SERVES),
    "edit_booking": (
        lambda do: do.send("PATCH", do.one, details={"phone": "6912345678"}),
        SERVES,
    ),
    "mark_arrived": (lambda do: do.post(f"{do.one}/arrived"), SERVES),
    "mark_came": (lambda do: do.post(f"{do.one}/came"), SERVES),
    "mark_no_show": (lambda do: do.post(f"{do.one}/no-show"), SERVES),
    "undo_mark": (Attempt.undo, SERVES),
    "note_booking": (lambda do: do.post(f"{do.one}/note", text="x"), SERVES),
    "send_message": (lambda do: do.post(f"{do.one}/messages", text="x"), SERVES),
    "list_closures": (lambda do: do.get(f"{do.town}/closures"), LISTS),
    "preview_closure": (lambda do: do.post(f"{do.town}/closures/preview", **do.closure), AT_DESK),
    "make_closure": (lambda do: do.post(f"{do.town}/closures", **do.closure), AT_DESK),
    "preview_end": (lambda do: do.get(f"{do.made('21:00', '22:00')}/end/preview"), AT_DESK),
    "end_closure": (lambda do: do.post(f"{do.made('22:00', '23:00')}/end"), AT_DESK),
    "read_record": (lambda do: do.get(f"{do.town}/record"), MANAGES),
    "read_statistics": (lambda do: do.get(f"{do.town}/statistics"), MANAGES),
    "list_webhooks": (lambda do: do.get(f"{do.town}/webhooks"), MANAGES),
    "add_webhook": (
        lambda do: do.post(f"{do.town}/webhooks", url=f"https://example.gr/{do.booking.id}"),
        MANAGES,
    ),
    "read_webhook": (lambda do: do.get(do.hook), MANAGES),
    "change_webhook": (lambda do: do.send("PATCH", do.hook, enabled=False), MANAGES),
    "rotate_webhook": (lambda do: do.post(f"{do.hook}/rotate"), MANAGES),
    "try_webhook": (lambda do: do.post(f"{do.hook}/test"), MANAGES),
    "replay_webhook": (
        lambda do: do.post(f"{do.hook}/replay", since="2026-12-01T00:00:00Z"),
        MANAGES,
    ),
    "remove_webhook": (lambda do: do.send("DELETE", do.hook), MANAGES),
}


def test_every_route_has_its_row_and_its_scope() -> None:
    names = {
        each.name for router in ROUTERS for each in router.routes if isinstance(each, APIRoute)
    }
    assert names == set(ROUTES) == set(SCOPES)


@pytest.mark.parametrize("route", ROUTES)
@mostly_on("sqlite")
def test_a_route_is_done_hidden_or_denied(office: TownsOffice, route: str) -> None:
    act, expected = ROUTES[route]
    bind_rooms(office)
    days = (MONDAY + timedelta(days=2 * each) for each in range(9))  # a citizen books a day ahead
    for role, (kind, areas) in ROLES.items():
        key = office.key(role=kind, **areas)
        for (service, town), wanted in zip(WHOSE.values(), expected[role], strict=True):
            day = next(days)
            booking = office.book("10:00", service, town, day=day)
            office.deployment.clock.now = datetime(
                day.year, day.month, day.day, 10, 5, tzinfo=ATHENS
            )
            attempt = Attempt(office, booking, key)
            answer = act(attempt)
            if isinstance(wanted, tuple):
                attempt.check_refused(answer, wanted)
            else:
                assert answer.is_success, (role, service, town, answer.text)


@mostly_on("sqlite")
def test_each_route_needs_its_scope(office: TownsOffice) -> None:
    booking = office.book()
    for lacking in KeyScope:
        key = office.key(*(each for each in KeyScope if each is not lacking))
        for route in (name for name, scope in SCOPES.items() if scope is lacking):
            attempt = Attempt(office, booking, key)
            answer = ROUTES[route][0](attempt)
            attempt.check_refused(answer, (403, "insufficient_scope"))
            assert f'scope="{lacking}"' in answer.headers["WWW-Authenticate"]


@mostly_on("sqlite")
def test_no_route_takes_what_it_would_not_read(office: TownsOffice) -> None:
    key = office.key()
    routes = (each for router in ROUTERS for each in router.routes if isinstance(each, APIRoute))
    for route in routes:
        method = next(iter(route.methods or ()))
        path = re.sub(r"{\w+}", "1", route.path.removeprefix("/api/v1"))
        for query, body, named in (("?form=1", {}, {"form"}), ("", {"foo": 1}, {"foo", "body"})):
            if query or method != "GET":
                answer = office.send(method, f"{path}{query}", key, body)
                assert answer.status_code == 422, (route.name, answer.text)
                assert named & {each["field"] for each in answer.json()["errors"]}, route.name


@mostly_on("sqlite")
def test_no_route_takes_a_key_that_was_revoked_since_its_last_request(office: TownsOffice) -> None:
    booking = office.book()
    for route, (act, _expected) in ROUTES.items():
        asked = Attempt(office, booking, office.key())
        assert asked.get("/key").is_success
        office.do(lambda s: api_keys.revoke_all(s, office.deployment.clock()))
        assert act(asked).status_code == 401, route


CHANGED = (
    *map(select, (Booking, History, RelayMessage, ScheduleException, StaffAction, WebhookEndpoint)),
    select(OutboxRow.id).where(OutboxRow.booking_id.is_not(None)),  # the worker changes the rest
)
"""What requests change. A key's last use is none of it, which is kept whatever is answered."""


def stored(office: TownsOffice) -> list[Any]:
    """Return all that requests change, as it is stored."""
    return office.deployment.database.write_sync(
        lambda s: [s.connection().execute(each).all() for each in CHANGED]
    )


def bind_rooms(office: TownsOffice) -> None:
    """Bind a chat in each town, to which citizens' answers could go."""
    services = office.deployment.services
    services.registry.accounts = frozenset({"webchat", "telegram:both"})

    def run(session: Any) -> None:
        now, registry = services.clock(), services.registry
        for chat, town in (("-1", TOWN), ("-2", CITY)):
            code = codes.make_room_code(session, registry, OPERATOR, now, municipality_id=town)
            rooms.bind(session, registry, code, now, account="telegram:both", chat=chat)

    office.do(run)
