"""Programs change bookings as staff in their chat do: the citizen is told, the key recorded."""

from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.actor import Actor, KeyScope, Role
from core.bookings import service
from core.db.models import Booking, History, OutboxRow
from core.staff import record
from core.staff.rights import Action
from tests.conftest import mostly_on
from tests.core.small_municipality import ATHENS, MONDAY
from tests.core.staff.two_towns import CITY, OPERATOR, TOWN
from tests.webhooks.api.staff.towns_office import TownsOffice

CALLER: dict[str, Any] = {
    "service": "permit",
    "branch": "office",
    "channel": "in_person",
    "starts_at": f"{MONDAY}T10:00:00+02:00",
}
HERE = datetime(2026, 12, 7, 10, 5, tzinfo=ATHENS)
MARKS = {"arrived": "arrived", "came": "completed", "no-show": "no_show"}


def change(
    office: TownsOffice, key: str, booking: Booking, what: str, body: Any = None
) -> httpx.Response:
    return office.post(f"/bookings/{booking.id}/{what}", key, body, If_Match="*")


def test_a_caller_gets_a_booking_at_once(office: TownsOffice) -> None:
    key = office.key()
    made = office.post(f"/municipalities/{TOWN}/bookings", key, CALLER)
    assert made.status_code == 201, made.text
    booking = made.json()
    assert made.headers["Location"] == f"/api/v1/bookings/{booking['id']}"
    assert made.headers["ETag"] == f'"{booking["version"]}"'
    assert (booking["state"], booking["starts_at"]) == ("confirmed", CALLER["starts_at"])
    assert [(each["change"], each["by"], each["over"]) for each in booking["history"]] == [
        ("held", "staff", "api"),
        ("confirmed", "staff", "api"),
    ]
    read = office.get(f"/bookings/{booking['id']}", key)
    assert read.json() == booking
    done = office.do(lambda s: record.entries(s, OPERATOR, municipality_id=TOWN))
    assert [(each.action, each.key) for each in done][1] == (Action.BOOK, "Screen")


@mostly_on("sqlite")
def test_a_real_service_asks_for_what_citizens_are_asked_for(office: TownsOffice) -> None:
    key, path = office.key(at="kalamata"), "/municipalities/kalamata/bookings"
    asked: dict[str, Any] = {
        "service": "epidoma-stegasis",
        "branch": "koinoniki-arogi",
        "channel": "in_person",
        "starts_at": "2026-12-03T12:30:00+02:00",
        "details": {"phone": "12", "email": "x", "shoe": "42"},
        "questions": {"receives": "perhaps"},
    }
    refused = office.post(path, key, asked)
    assert refused.status_code == 422
    wrong = {each["field"]: each["message"] for each in refused.json()["errors"]}
    assert {"questions.receives", "details.name", "details.phone", "details.email"} <= {*wrong}
    assert wrong["questions.receives"] == "Please send one of: no, yes."
    assert "details.shoe" in wrong
    asked["questions"] = {"receives": "no"}
    asked["details"] = {
        "name": "Μαρία  Παπαδοπούλου",
        "email": "maria@example.gr",
        "phone": "6912345678",
        "tax_number": "068933130",
    }
    refused = office.post(path, key, asked)
    (error,) = refused.json()["errors"]
    assert error["field"] == "consent"
    asked["consent"] = error["message"].split("send ")[1].rstrip(".")
    made = office.post(path, key, asked)
    assert made.status_code == 201, made.text
    assert made.json()["details"] == {
        **asked["details"],
        "name": "Μαρία Παπαδοπούλου",
        "phone": "+306912345678",
    }
    assert made.json()["consent"] == asked["consent"]


@mostly_on("sqlite")
def test_an_answer_with_which_the_office_cannot_help_stops_the_booking(
    office: TownsOffice,
) -> None:
    key = office.key(at="kalamata")
    town = office.get("/municipalities/kalamata", key).json()
    stops = [
        (service["id"], question["id"], {**question["when"], question["id"]: option["id"]}, why)
        for group in town["groups"]
        for service in group["services"]
        for question in service["questions"]
        for option in question["options"]
        if (why := option["stops"] and option["stops"]["en"])
    ]
    service, question, answers, why = stops[0]
    asked = {**CALLER, "service": service, "branch": "koinoniki-arogi"}
    refused = office.post("/municipalities/kalamata/bookings", key, {**asked, "questions": answers})
    assert {"field": f"questions.{question}", "message": why} in refused.json()["errors"]


@pytest.mark.parametrize(
    ("wrong", "status"),
    [
        ({"starts_at": f"{MONDAY}T10:10:00+02:00"}, 409),
        ({"starts_at": "2026-11-23T10:00:00+02:00"}, 409),
        ({"starts_at": f"{MONDAY}T10:00:00"}, 422),
        ({"starts_at": f"{MONDAY}T10:00:00.9+02:00"}, 422),
        ({"starts_at": "9999-12-31T23:59:59-12:00"}, 422),
        ({"starts_at": "x"}, 422),
        ({"starts_at": 1796000000}, 422),
        ({"starts_at": "1796000000"}, 422),
        ({"service": "dogs"}, 404),
        ({"branch": "nowhere"}, 404),
        ({"channel": "video"}, 404),
        ({"channel": "pigeon"}, 422),
        ({"language": "la"}, 422),
        ({"details": {"name": "\ud800"}}, 422),
        ({"extra": 1}, 422),
    ],
    ids=str,
)
@mostly_on("sqlite")
def test_what_cannot_be_booked_is_refused(
    office: TownsOffice, wrong: dict[str, Any], status: int
) -> None:
    answer = office.post(f"/municipalities/{TOWN}/bookings", office.key(), CALLER | wrong)
    assert answer.status_code == status, answer.text
    if "starts_at" in wrong and status == 422:
        assert answer.json()["detail"].startswith("starts_at: Send a time ")


@mostly_on("sqlite")
def test_a_time_that_is_taken_is_refused_with_the_nearest(office: TownsOffice) -> None:
    key, path = office.key(), f"/municipalities/{TOWN}/bookings"
    assert [office.post(path, key, CALLER).status_code for _desk in range(3)] == [201, 201, 409]
    refused = office.post(path, key, CALLER).json()
    assert refused["code"] == "not_free"
    assert "7/12/2026 10:30" in refused["detail"]


def test_a_booking_is_moved_and_the_citizen_told(office: TownsOffice) -> None:
    booking, key = office.book(), office.key()
    moved = change(office, key, booking, "move", {"starts_at": f"{MONDAY}T08:30:00Z"})
    assert moved.status_code == 200, moved.text
    assert moved.json()["starts_at"] == f"{MONDAY}T10:30:00+02:00"
    assert moved.json()["version"] == booking.version + 1
    assert moved.json()["told_on"] == ["webchat"]
    again = change(office, key, booking, "move", {"starts_at": f"{MONDAY}T10:30:00+02:00"})
    assert again.json() == {**moved.json(), "told_on": []}
    refused = change(office, key, booking, "move", {"starts_at": f"{MONDAY}T10:10:00+02:00"})
    assert (refused.status_code, refused.json()["code"]) == (409, "not_free")


@mostly_on("sqlite")
def test_the_history_has_desk_and_time_before_and_after_each_change(office: TownsOffice) -> None:
    booking, key = office.book(), office.key()
    one = f"/bookings/{booking.id}"
    for clock in ("10:30", "09:00"):
        to = {"starts_at": f"{MONDAY}T{clock}:00+02:00"}
        assert office.post(f"{one}/move", key, to, If_Match="*").status_code == 200
    office.post(f"{one}/cancel", key, {"reason": "Απεργία"}, If_Match="*")
    history = office.get(one, key).json()["history"]
    desk = {"desk": history[-1]["after"]["desk"]}
    first, second, third = (
        desk | {"starts_at": f"{MONDAY}T{start}:00+02:00", "ends_at": f"{MONDAY}T{end}:00+02:00"}
        for start, end in (("10:00", "10:30"), ("10:30", "11:00"), ("09:00", "09:30"))
    )
    assert [(each["change"], each["before"], each["after"]) for each in history] == [
        ("held", None, None),
        ("confirmed", None, first),
        ("moved", first, second),
        ("moved", second, third),
        ("cancelled", None, third),
    ]
    # Of moves before migration 0017 it wasn't kept.
    nothing: dict[Any, None] = dict.fromkeys(("desk_before", "starts_before", "ends_before"))
    office.do(lambda s: s.query(History).filter_by(action="moved").update(nothing))
    history = office.get(one, key).json()["history"]
    assert [each["after"] for each in history] == [None, None, None, third, third]


def test_a_booking_is_cancelled_for_a_reason(office: TownsOffice) -> None:
    booking, key = office.book(), office.key()
    assert change(office, key, booking, "cancel", {"reason": ""}).status_code == 422
    assert change(office, key, booking, "cancel", {"reason": " "}).status_code == 422
    longer = change(office, key, booking, "cancel", {"reason": "x" * 301}).json()
    assert longer["errors"] == [{"field": "reason", "message": "Send at most 300 characters."}]
    cancelled = change(office, key, booking, "cancel", {"reason": "Απεργία"})
    assert cancelled.json()["state"] == "cancelled"
    assert cancelled.json()["told_on"] == ["webchat"]
    again = change(office, key, booking, "cancel", {"reason": "Απεργία"})
    assert (again.status_code, again.json()["code"]) == (409, "changed")
    done = office.do(lambda s: record.entries(s, OPERATOR, municipality_id=TOWN))
    assert [(each.action, each.key, each.reason) for each in done] == [
        (Action.CANCEL, "Screen", "Απεργία")
    ] + [(each.action, None, None) for each in done[1:]]
    sent = office.do(lambda s: s.scalars(select(OutboxRow.kind)).all())
    assert "cancelled_by_office" in sent


def test_details_are_edited_as_in_the_dialog_and_the_citizen_told(office: TownsOffice) -> None:
    key, path = office.key(at="kalamata"), "/municipalities/kalamata/bookings"
    given = {"name": "Μαρία Παπαδοπούλου", "email": "maria@example.gr", "phone": "6912345678"}
    asked: dict[str, Any] = {
        "service": "epidoma-stegasis",
        "branch": "koinoniki-arogi",
        "channel": "in_person",
        "starts_at": "2026-12-03T12:30:00+02:00",
        "details": {**given, "tax_number": "068933130"},
        "questions": {"receives": "no"},
        "consent": "details sample-1",
    }
    made = office.post(path, key, asked)
    one = f"/bookings/{made.json()['id']}"

    def edit(**details: str) -> httpx.Response:
        return office.send("PATCH", one, key, {"details": details}, If_Match="*")

    refused = edit(phone="12", email="x", name="", tax_number="068933131", shoe="42")
    assert refused.status_code == 422
    wrong = {each["field"]: each["message"] for each in refused.json()["errors"]}
    assert set(wrong) == {
        *("details.phone", "details.email", "details.name", "details.tax_number", "details.shoe")
    }
    assert "69" in wrong["details.phone"]
    assert office.get(one, key).json() == made.json()
    edited = edit(phone="6987654321", name=given["name"])
    assert edited.status_code == 200, edited.text
    assert edited.json()["details"] == {**made.json()["details"], "phone": "+306987654321"}
    assert edited.json()["history"][-1]["fields"] == ["phone"]
    assert edited.json()["version"] == made.json()["version"] + 1
    assert edited.headers["ETag"] == f'"{edited.json()["version"]}"'
    assert edit(phone="6987654321").json()["history"] == edited.json()["history"]


@mostly_on("sqlite")
def test_an_edit_is_told_and_is_an_event(office: TownsOffice) -> None:
    booking, key = office.book(), office.key()
    office.webhook()

    def edit(key: str, if_match: str = "*", **details: str) -> httpx.Response:
        path = f"/bookings/{booking.id}"
        return office.send("PATCH", path, key, {"details": details}, If_Match=if_match)

    assert edit(key, '"0"', phone="6987654321").status_code == 412
    edited = edit(key, phone="6987654321")
    assert (edited.status_code, edited.json()["told_on"]) == (200, ["webchat"])
    kinds = office.do(lambda s: s.scalars(select(OutboxRow.kind)).all())
    assert "edited_by_office" in kinds
    payload = str(office.do(lambda s: s.query(OutboxRow.payload).filter_by(kind="event").one()[0]))
    assert '"booking.edited"' in payload and '"fields":["phone"]' in payload
    assert "6987654321" not in payload
    office.deployment.clock.now = HERE + timedelta(hours=2)
    over = edit(key, phone="6987654322")
    assert (over.status_code, over.json()["code"]) == (409, "changed")


@pytest.mark.parametrize("mark", MARKS)
def test_attendance_is_marked_and_taken_back(office: TownsOffice, mark: str) -> None:
    booking, key = office.book(), office.key()
    if mark != "arrived":
        early = change(office, key, booking, mark)
        assert (early.status_code, early.json()["code"]) == (409, "too_early")
    office.deployment.clock.now = HERE
    marked = change(office, key, booking, mark).json()
    assert marked["history"][-1]["change"] == MARKS[mark]
    assert (marked["arrived_at"] is not None) == (mark == "arrived")
    undone = change(office, key, booking, "undo").json()
    assert (undone["state"], undone["arrived_at"]) == ("confirmed", None)
    again = change(office, key, booking, "undo")
    assert (again.status_code, again.json()["code"]) == (409, "changed")


def test_a_note_is_for_colleagues_and_erased_with_the_details(office: TownsOffice) -> None:
    booking, key, screen = office.book(), office.key(), office.key(KeyScope.READ)
    noted = change(office, key, booking, "note", {"text": " Με διερμηνέα\n "})
    assert noted.json()["note"] == "Με διερμηνέα"
    assert noted.json()["told_on"] == []
    assert noted.json()["history"][-1]["fields"] == ["note"]
    assert office.get(f"/bookings/{booking.id}", screen).json()["note"] is None
    stored = office.deployment.rows("SELECT note FROM bookings")[0][0]
    assert "διερμηνέα".encode() not in stored
    longer = change(office, key, booking, "note", {"text": "x" * 1001}).json()
    assert longer["errors"] == [{"field": "text", "message": "Send at most 1000 characters."}]
    assert change(office, key, booking, "note", {"text": ""}).json()["note"] is None
    change(office, key, booking, "note", {"text": "x"})

    def withdraw(session: Session) -> None:
        row, registry = session.get_one(Booking, booking.id), office.deployment.services.registry
        citizen = Actor(row.citizen_id, "webchat", "el", "Europe/Athens")
        service.withdraw_consent(session, registry, row, office.deployment.clock(), citizen)

    office.do(withdraw)
    assert office.deployment.rows("SELECT note FROM bookings") == [(None,)]


@pytest.mark.parametrize("what", ["move", "cancel", "arrived", "came", "no-show", "undo", "note"])
@mostly_on("sqlite")
def test_a_change_names_the_version_that_was_seen(office: TownsOffice, what: str) -> None:
    booking, key = office.book(), office.key()
    path, seen = f"/bookings/{booking.id}/{what}", f'"{booking.version}"'
    body = {
        "move": {"starts_at": f"{MONDAY}T10:30:00+02:00"},
        "cancel": {"reason": "Strike"},
        "note": {"text": "x"},
    }.get(what, {})
    missing = office.post(path, key, body)
    assert (missing.status_code, missing.json()["code"]) == (428, "if_match_missing")
    for stale in (f'"{booking.version - 1}"', 'W/"0"', '"abc"'):
        refused = office.post(path, key, body, If_Match=stale)
        assert (refused.status_code, refused.json()["code"]) == (412, "changed"), stale
    for wrong in (str(booking.version), "abc", "", f"w/{seen}", f"{seen}, *", f"{seen} {seen}"):
        refused = office.post(path, key, body, If_Match=wrong)
        assert (refused.status_code, refused.json()["code"]) == (422, "invalid"), wrong
        assert refused.json()["errors"][0]["field"] == "If-Match"
    assert office.get(f"/bookings/{booking.id}", key).headers["ETag"] == seen
    office.deployment.clock.now = HERE
    if what == "undo":
        seen = change(office, key, booking, "arrived").headers["ETag"]
    done = office.post(path, key, body, If_Match=f'"0", W/{seen}')
    assert done.status_code == 200, done.text
    assert done.headers["ETag"] != seen
    assert done.headers["ETag"] == office.get(f"/bookings/{booking.id}", key).headers["ETag"]


@mostly_on("sqlite")
def test_without_the_scope_nothing_is_shown_of_what_was_changed(office: TownsOffice) -> None:
    booking = office.book()
    answer = change(office, office.key(KeyScope.WRITE), booking, "note", {"text": "Secret"})
    assert (answer.json()["details"], answer.json()["note"]) == (None, None)
    assert "Παπαδοπούλου" not in answer.text


@mostly_on("sqlite")
def test_an_employee_changes_what_is_theirs(office: TownsOffice) -> None:
    own, other, foreign = office.book(), office.book("10:00", "tax"), office.book(at=CITY)
    key = office.key(role=Role.EMPLOYEE, groups=["building"])
    statuses = [
        change(office, key, each, "cancel", {"reason": "x"}).status_code
        for each in (own, other, foreign)
    ]
    assert statuses == [200, 404, 404]
