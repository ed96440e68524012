"""A request that is sent again: it changes nothing more, and is answered by how things are."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from core.actor import Role
from core.db.advisory_locks import lock
from core.db.models import ApiRequest, Booking
from core.staff import record
from core.staff.api_requests import _hashed
from core.staff.rights import Action
from tests.conftest import mostly_on
from tests.core.small_municipality import MONDAY
from tests.core.staff.two_towns import CITY, OPERATOR, TOWN
from tests.webhooks.api.staff.test_changing import CALLER, change
from tests.webhooks.api.staff.towns_office import TownsOffice

PATH = f"/municipalities/{TOWN}/bookings"


def bookings(office: TownsOffice) -> int:
    return office.do(lambda s: s.scalar(select(func.count()).select_from(Booking))) or 0


def test_a_booking_that_is_asked_for_again_is_made_once(office: TownsOffice) -> None:
    key = office.key()
    first = office.post(PATH, key, CALLER, Idempotency_Key="a")
    again = office.post(PATH, key, CALLER, Idempotency_Key="a")
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    assert again.headers["Location"] == first.headers["Location"]
    assert bookings(office) == 1
    assert office.post(PATH, key, CALLER, Idempotency_Key="b").json()["id"] != first.json()["id"]


def test_it_is_answered_by_how_the_booking_is_meanwhile(office: TownsOffice) -> None:
    key = office.key()
    number = office.post(PATH, key, CALLER, Idempotency_Key="a").json()["id"]
    booking = office.do(lambda s: s.get_one(Booking, number))
    change(office, key, booking, "cancel", {"reason": "Strike"})
    again = office.post(PATH, key, CALLER, Idempotency_Key="a")
    assert (again.status_code, again.json()["state"]) == (201, "cancelled")


@mostly_on("sqlite")
def test_a_request_that_is_sent_again_shows_only_what_may_be_seen_then(office: TownsOffice) -> None:
    key = office.key(role=Role.EMPLOYEE, desks=["office/one"])
    number = office.post(PATH, key, CALLER, Idempotency_Key="a").json()["id"]
    assert office.post(PATH, key, CALLER, Idempotency_Key="a").status_code == 201
    done = office.do(lambda s: record.entries(s, OPERATOR, municipality_id=TOWN, booking_id=number))
    assert [each.action for each in done] == [Action.SHOW, Action.BOOK]
    other = office.deployment.services.registry[TOWN].desk_ids["office", "two"]
    move = update(Booking).values(desk_id=other)  # as a closure does
    office.do(lambda s: s.connection().execute(move))
    assert office.post(PATH, key, CALLER, Idempotency_Key="a").status_code == 404


@mostly_on("sqlite")
def test_it_says_where_its_own_change_was_told(office: TownsOffice) -> None:
    booking, key = office.book(), office.key()

    def edit(name: str) -> Any:
        body = {"details": {"phone": "6987654321"}}
        asked = {"Idempotency_Key": name, "If_Match": "*"}
        return office.send("PATCH", f"/bookings/{booking.id}", key, body, **asked).json()["told_on"]

    assert edit("a") == ["webchat"]
    office.deployment.clock.forward(minutes=5)
    assert edit("changes nothing") == []
    assert edit("changes nothing") == []
    change(office, key, booking, "cancel", {"reason": "Strike"})
    assert edit("a") == ["webchat"]


@mostly_on("sqlite")
def test_a_change_that_is_sent_again_needs_no_newer_version(office: TownsOffice) -> None:
    booking, key = office.book(), office.key()
    path, body = f"/bookings/{booking.id}/move", {"starts_at": f"{MONDAY}T10:30:00+02:00"}
    asked = {"Idempotency_Key": "a", "If_Match": f'"{booking.version}"'}
    first, again = (office.post(path, key, body, **asked) for _time in range(2))
    assert (first.status_code, again.status_code) == (200, 200)
    assert again.json() == first.json()
    assert first.json()["told_on"] == ["webchat"]


@pytest.mark.parametrize("of", ["body", "path"])
@mostly_on("sqlite")
def test_a_name_is_that_of_one_request(office: TownsOffice, of: str) -> None:
    key = office.key()
    office.post(PATH, key, CALLER, Idempotency_Key="a")
    body = {**CALLER, "language": "en"} if of == "body" else CALLER
    path = PATH if of == "body" else f"/municipalities/{CITY}/bookings"
    other = office.post(path, key, body, Idempotency_Key="a", If_Match="*")
    assert (other.status_code, other.json()["code"]) == (422, "key_reused")
    assert "Idempotency-Key" in other.json()["detail"]
    assert bookings(office) == 1


@mostly_on("sqlite")
def test_a_name_is_the_key_s_own_and_is_needed(office: TownsOffice) -> None:
    assert office.post(PATH, office.key(), CALLER, Idempotency_Key="a").status_code == 201
    assert office.post(PATH, office.key(), CALLER, Idempotency_Key="a").status_code == 201
    assert bookings(office) == 2
    for wrong in ("", "x" * 256):
        refused = office.post(PATH, office.key(), CALLER, Idempotency_Key=wrong)
        assert refused.json()["errors"][0]["field"] == "Idempotency-Key"


@mostly_on("sqlite")
def test_a_request_that_was_refused_can_be_sent_again(office: TownsOffice) -> None:
    key, early = office.key(), {**CALLER, "starts_at": f"{MONDAY}T08:00:00+02:00"}
    assert office.post(PATH, key, early, Idempotency_Key="a").status_code == 409
    assert office.post(PATH, key, CALLER, Idempotency_Key="a").status_code == 201


def test_after_a_day_a_name_is_free_again(office: TownsOffice) -> None:
    key = office.key()
    office.post(PATH, key, CALLER, Idempotency_Key="a")
    office.deployment.clock.now += timedelta(hours=24)
    assert office.post(PATH, key, CALLER, Idempotency_Key="a").status_code == 201
    assert bookings(office) == 2


@mostly_on("sqlite")
def test_only_hashes_of_a_request_are_stored(office: TownsOffice) -> None:
    office.post(PATH, office.key(), CALLER, Idempotency_Key="a name")
    row = office.do(lambda s: s.scalars(select(ApiRequest)).one())
    assert "a name" not in str(vars(row))
    assert "permit" not in str(vars(row))


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_a_twin_that_is_running_still_is_not_waited_for(office: TownsOffice) -> None:
    key, database = office.key(), office.deployment.database
    name = f"api request 1 {_hashed(office.deployment.services.registry, b'a')}"
    with database.engine.begin() as connection:
        lock(Session(connection), name)
        twin = office.post(PATH, key, CALLER, Idempotency_Key="a")
        assert (twin.status_code, twin.headers["Retry-After"]) == (409, "1")
        assert twin.json()["code"] == "running"
    assert office.post(PATH, key, CALLER, Idempotency_Key="a").status_code == 201
