"""Programs read the catalogue, free times, bookings in pages, found, and whole."""

import json
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy.orm import Session

from core.actor import KeyScope, Role
from core.bookings.visits import will_come
from core.catalogue.model import Municipality
from core.db.models import Booking, BookingState
from core.staff import record
from core.staff.rights import Action
from tests.conftest import mostly_on
from tests.core.small_municipality import MONDAY
from tests.core.staff.two_towns import CITY, OPERATOR, TOWN
from tests.webhooks.api.staff.towns_office import TOWNS, TownsOffice

DAY = {"from": str(MONDAY)}
BOOKINGS = f"/municipalities/{TOWN}/bookings"


def ids(office: TownsOffice, key: str, path: str = BOOKINGS, **asked: Any) -> list[int]:
    answer = office.get(path, key, params={**DAY, **asked})
    assert answer.status_code == 200, answer.text
    return [each["id"] for each in answer.json()["bookings"]]


@mostly_on("sqlite")
def test_the_catalogue_has_what_a_booking_needs(office: TownsOffice) -> None:
    key = office.key(KeyScope.READ)
    listed = office.get("/municipalities", key).json()["municipalities"]
    assert listed == [{"id": TOWN, "name": {"el": TOWN, "en": TOWN}}]
    town = office.get(f"/municipalities/{TOWN}", key).json()
    assert [each["id"] for each in town["branches"][0]["desks"]] == [
        "office/one",
        "office/two",
        "office/three",
    ]
    (permit,) = town["groups"][0]["services"]
    assert (permit["id"], permit["duration"]) == ("permit", 30)
    assert permit["branches"] == {"office": ["in_person"]}
    assert office.get(f"/municipalities/{CITY}", key).status_code == 404
    assert office.get("/municipalities/nowhere", key).status_code == 404


@mostly_on("sqlite")
def test_the_shipped_catalogues_are_shown_whole(office: TownsOffice) -> None:
    key = office.key(KeyScope.READ, at="kalamata")
    town = office.get("/municipalities/kalamata", key).json()
    service = next(
        each
        for group in town["groups"]
        for each in group["services"]
        if each["id"] == "epidoma-stegasis"
    )
    assert service["questions"][0]["options"][0].keys() == {"id", "label", "stops"}
    assert {each["id"] for each in service["fields"]} >= {"name", "phone", "email"}
    assert service["consents"]["in_person"]["reference"].count(" ") == 1


@mostly_on("sqlite")
def test_bookings_are_exported_with_details_only_for_the_scope(office: TownsOffice) -> None:
    booked = office.book("09:30")
    reader = office.key(KeyScope.READ)
    whole = office.key(KeyScope.READ, KeyScope.PERSONAL)
    answer = office.get(f"{BOOKINGS}.csv", reader, params={**DAY, "to": str(MONDAY)})
    heading, line, rest = answer.text.removeprefix("\ufeff").split("\r\n")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8; header=present"
    assert heading.startswith("id,code,version,")
    assert (line.split(",")[0], rest) == (str(booked.id), "")
    refused = office.get(f"{BOOKINGS}.ndjson", reader, params={"details": "true"})
    assert refused.status_code == 403
    assert "personal" in refused.headers["www-authenticate"]
    (entry,) = office.get(f"{BOOKINGS}.ndjson", whole, params={"details": "true"}).text.splitlines()
    assert json.loads(entry)["details"]["name"] == "Μαρία Παπαδοπούλου"
    assert office.get(f"{BOOKINGS}.csv", reader, params={"from": "0001-01-01"}).status_code == 422
    assert office.get(f"{BOOKINGS}.xml", reader).status_code == 422
    done = office.do(lambda s: record.entries(s, OPERATOR, municipality_id=TOWN))
    assert [each.action for each in done][:2] == [Action.EXPORT_DETAILS, Action.EXPORT]


def test_free_times_are_those_of_the_desks_that_the_member_serves(office: TownsOffice) -> None:
    manager = office.key(KeyScope.READ)
    other = office.key(KeyScope.READ, role=Role.EMPLOYEE, desks=["office/three"])
    asked = {**DAY, "service": "permit", "branch": "office", "channel": "in_person"}
    office.book("09:30")
    office.book("09:30")
    free = office.get(f"/municipalities/{TOWN}/times", manager, params=asked).json()
    assert free["duration"] == 30
    assert free["starts"] == [f"{MONDAY}T{at}:00+02:00" for at in ("09:00", "10:00", "10:30")]
    refused = office.get(f"/municipalities/{TOWN}/times", other, params=asked)
    assert refused.status_code == 404


@pytest.mark.parametrize(
    "wrong",
    [
        {"to": "2026-12-06"},
        {"to": "2027-01-07"},
        {"from": "x"},
        {"from": "9999-12-31"},
        {"from": "0001-01-01"},
        {"limit": "0"},
        {"limit": "201"},
        {"cursor": "x"},
        {"cursor": "OTk5OTk5OTk5OTk5OTk5OS4x"},
        {"state": "gone"},
        {"desk": "office/nine"},
    ],
    ids=str,
)
@mostly_on("sqlite")
def test_a_wrong_value_is_named(office: TownsOffice, wrong: dict[str, str]) -> None:
    answer = office.get(BOOKINGS, office.key(KeyScope.READ), params={**DAY, **wrong})
    assert answer.status_code == 422, answer.text
    if wrong == {"to": "2026-12-06"}:
        answer = office.get(f"{BOOKINGS}.csv", office.key(KeyScope.READ), params={**DAY, **wrong})
        assert answer.status_code == 422
    if "desk" not in wrong:
        ((name, _value),) = wrong.items()
        (error,) = answer.json()["errors"]
        assert error["field"] == name
        assert error["message"].startswith("Send ")


def test_a_list_shows_initials_and_nothing_else_of_the_citizen(office: TownsOffice) -> None:
    booking = office.book()
    (listed,) = office.get(BOOKINGS, office.key(KeyScope.READ), params=DAY).json()["bookings"]
    assert listed == {
        "id": booking.id,
        "code": booking.code,
        "version": booking.version,
        "municipality": TOWN,
        "service": "permit",
        "branch": "office",
        "desk": listed["desk"],
        "channel": "in_person",
        "state": "confirmed",
        "starts_at": f"{MONDAY}T10:00:00+02:00",
        "ends_at": f"{MONDAY}T10:30:00+02:00",
        "arrived_at": None,
        "initials": "Μ.Π.",
    }


def test_pages_are_stable_when_bookings_are_made_between_them(office: TownsOffice) -> None:
    key = office.key(KeyScope.READ)
    early, late = office.book("09:00"), office.book("10:30")
    twin = office.book("10:30")
    page = office.get(BOOKINGS, key, params={**DAY, "limit": 2}).json()
    assert [each["id"] for each in page["bookings"]] == [early.id, late.id]
    before, after = office.book("09:30"), office.book("10:30", "tax")
    rest = office.get(BOOKINGS, key, params={**DAY, "cursor": page["next"]}).json()
    for path, params in (
        (BOOKINGS, {**DAY, "state": "confirmed"}),
        (f"/municipalities/{TOWN}/record", {}),
    ):
        other = office.get(path, office.key(), params={**params, "cursor": page["next"]})
        assert other.status_code == 422
        assert "another list" in other.json()["errors"][0]["message"]
    assert [each["id"] for each in rest["bookings"]] == [twin.id, after.id]
    assert rest["next"] is None
    assert ids(office, key) == [early.id, before.id, late.id, twin.id, after.id]


def test_a_list_is_narrowed_by_days_desk_and_state(office: TownsOffice) -> None:
    key = office.key()
    permit, tax = office.book("09:00"), office.book("09:30", "tax")
    office.book(at=CITY)
    assert ids(office, key) == [permit.id, tax.id]
    assert ids(office, key, desk="office/three") == [tax.id]
    assert ids(office, key, state=["confirmed", "cancelled"]) == [permit.id, tax.id]
    assert ids(office, key, state="cancelled") == []
    assert ids(office, key, state=BookingState.HELD) == []
    assert ids(office, key, **{"from": "2026-11-30", "to": "2026-12-30"}) == [permit.id, tax.id]
    assert ids(office, key, **{"from": "2026-12-08"}) == []
    assert ids(office, office.key(at=CITY), BOOKINGS.replace(TOWN, CITY)) != [permit.id]
    assert office.get(BOOKINGS.replace(TOWN, CITY), key, params=DAY).status_code == 404


def test_bookings_are_found_by_code_and_with_the_scope_by_name(office: TownsOffice) -> None:
    booking, other = office.book(), office.book(name="Άννα Παππά")
    foreign = office.book(at=CITY)
    screen, desk = office.key(KeyScope.READ), office.key(KeyScope.READ, KeyScope.PERSONAL)
    search = f"{BOOKINGS}/search"
    found = office.post(search, screen, {"code": f"{booking.code}".lower()})
    assert [each["id"] for each in found.json()["bookings"]] == [booking.id]
    assert office.post(search, screen, {"code": foreign.code}).status_code == 404
    assert office.post(search, screen, {"name": "Παππά"}).status_code == 403
    named = office.post(search, desk, {"name": "παππα"})
    assert [each["id"] for each in named.json()["bookings"]] == [other.id]
    for wrong in ({}, {"code": "KX7M2P", "name": "Παππά"}, {"code": "\x00"}, {"id": 1}):
        assert office.post(search, desk, wrong).status_code == 422


def test_a_booking_is_read_with_its_details_only_by_who_may(office: TownsOffice) -> None:
    booking = office.book()
    screen, desk = office.key(KeyScope.READ), office.key(KeyScope.READ, KeyScope.PERSONAL)
    seen = office.get(f"/bookings/{booking.id}", screen)
    assert seen.headers["ETag"] == f'"{booking.version}"'
    assert seen.json()["details"] is None
    assert "Παπαδοπούλου" not in seen.text
    assert "+3069" not in seen.text
    whole = office.get(f"/bookings/{booking.id}", desk).json()
    assert whole["details"]["name"] == "Μαρία Παπαδοπούλου"
    assert [each["change"] for each in whole["history"]] == ["held", "confirmed"]
    assert {each["by"] for each in whole["history"]} == {"citizen"}


@mostly_on("sqlite")
def test_a_booking_says_whether_its_citizen_comes_and_what_is_ready(office: TownsOffice) -> None:
    booking, key = office.book(), office.key(KeyScope.READ)
    path = f"/bookings/{booking.id}"
    read = office.get(path, key)
    assert (read.json()["coming_at"], read.json()["ready"]) == (None, [])
    town = TOWNS[TOWN].model_dump(mode="json")
    papers = [{"el": each, "en": f"{each}, in English"} for each in ("Άδεια", "Τίτλος")]
    town["groups"][0]["services"][0]["documents"] = papers
    office.deployment.load(Municipality.model_validate(town))

    def come(session: Session) -> None:
        found, now = session.get_one(Booking, booking.id), office.deployment.services.clock()
        will_come(found, now)
        found.ready = ["Πιστοποιητικό", "Τίτλος"]  # the first isn't asked for any more

    office.do(come)
    again = office.get(path, key)
    assert again.headers["ETag"] != read.headers["ETag"]
    assert datetime.fromisoformat(again.json()["coming_at"]) == office.deployment.services.clock()
    assert again.json()["ready"] == ["Τίτλος"]


@mostly_on("sqlite")
def test_what_is_not_theirs_is_as_what_is_not_there(office: TownsOffice) -> None:
    foreign, key = office.book(at=CITY), office.key()
    answers = {office.get(f"/bookings/{each}", key).text for each in (foreign.id, 999, 2**63 - 1)}
    assert len(answers) == 1
    assert office.get("/bookings/0", key).status_code == 422


@mostly_on("sqlite")
def test_a_refusal_is_said_in_the_language_that_is_asked_for(office: TownsOffice) -> None:
    key = office.key()
    english = office.get("/bookings/9", key).json()
    assert (english["detail"], english["code"]) == ("There is no such appointment.", "not_found")
    office.client.headers["Accept-Language"] = "el"
    assert office.get("/bookings/9", key).json()["detail"] == "Δεν υπάρχει τέτοιο ραντεβού."


def test_what_was_looked_at_is_recorded_with_the_key(office: TownsOffice) -> None:
    booking, key = office.book(), office.key()
    ids(office, key)
    office.post(f"{BOOKINGS}/search", key, {"name": "Μαρία"})
    office.post(f"{BOOKINGS}/search", key, {"code": booking.code})
    office.get(f"/bookings/{booking.id}", key)
    done = office.do(lambda s: record.entries(s, OPERATOR, municipality_id=TOWN))
    assert [(each.action, each.key, each.platform) for each in done[:4]] == [
        (Action.SHOW, "Screen", "api"),
        (Action.SHOW, "Screen", "api"),
        (Action.FIND, "Screen", "api"),
        (Action.LIST, "Screen", "api"),
    ]


@mostly_on("sqlite")
def test_a_page_after_midnight_goes_on_with_the_day_of_the_first(office: TownsOffice) -> None:
    clock, key = office.deployment.clock, office.key(KeyScope.READ)
    early, late = office.book("09:30").id, office.book("10:00").id
    office.book("09:30", day=MONDAY + timedelta(days=1))
    clock.now = datetime.combine(MONDAY, time(23, 59), ZoneInfo("Europe/Athens"))
    page = office.get(BOOKINGS, key, params={"limit": 1}).json()
    clock.forward(minutes=2)
    rest = office.get(BOOKINGS, key, params={"cursor": page["next"]}).json()
    assert [each["id"] for each in page["bookings"] + rest["bookings"]] == [early, late]
    assert rest["next"] is None
