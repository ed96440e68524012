"""Closures, messages, the record and statistics, over the API."""

import asyncio
from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from bot.ops.time_offers import work_once
from core.actor import KeyScope, Role
from core.db.models import Booking, OutboxRow, RelayMessage
from core.staff import codes, rooms
from tests.conftest import mostly_on
from tests.core.small_municipality import MONDAY
from tests.core.staff.two_towns import CITY, OPERATOR, TOWN
from tests.webhooks.api.staff.test_changing import HERE, change
from tests.webhooks.api.staff.towns_office import TownsOffice

ATHENS = ZoneInfo("Europe/Athens")
CLOSURES = f"/municipalities/{TOWN}/closures"
STRIKE: dict[str, Any] = {
    "kind": "closure",
    "first": str(MONDAY),
    "start": "10:00",
    "end": "11:00",
    "desk": "office/one",
    "reason": "Απεργία",
}


def test_a_closure_is_previewed_made_listed_and_ended(office: TownsOffice) -> None:
    key = office.key()
    booked = [office.book("10:00"), office.book("10:30"), office.book("10:30")]
    preview = office.post(f"{CLOSURES}/preview", key, STRIKE)
    assert preview.status_code == 200, preview.text
    ((moved,), (offered,)) = preview.json()["moved"], preview.json()["offered"]
    assert (moved["id"], moved["desk"], moved["to_desk"]) == (
        booked[0].id,
        "office/one",
        "office/two",
    )
    assert offered["id"] in {each.id for each in booked[1:]}
    assert office.get(CLOSURES, key).json() == {"closures": []}

    made = office.post(CLOSURES, key, STRIKE, Idempotency_Key="a")
    assert made.status_code == 201, made.text
    assert (made.json()["moved"], made.json()["offered"]) == (1, 1)
    assert office.post(CLOSURES, key, STRIKE, Idempotency_Key="a").json() == made.json()
    again = office.post(CLOSURES, key, STRIKE)
    assert (again.status_code, again.json()["code"]) == (409, "changed")
    (listed,) = office.get(CLOSURES, key).json()["closures"]
    counts = {"moved": 1, "offered": 1, "too_soon": 0, "offered_again": 0}
    assert listed | counts == made.json()
    assert {name: listed[name] for name in STRIKE} == STRIKE

    path = f"{CLOSURES}/{listed['id']}/end"
    for asked_at in (CLOSURES, f"{CLOSURES}/preview"):
        opening = office.post(asked_at, key, STRIKE | {"kind": "opening"})
        assert (opening.status_code, opening.json()["code"]) == (409, "changed")
        assert opening.json()["detail"].endswith(f"First: POST /api/v1{path}")
    ended = office.post(path, key, Idempotency_Key="b")
    assert ended.json()["ended_at"] == "2026-11-30T09:00:00+02:00"
    assert office.post(path, key, Idempotency_Key="b").json() == ended.json()
    assert office.post(path, key).status_code == 409
    assert office.get(CLOSURES, key).json() == {"closures": []}

    evening = {"kind": "opening", "start": "18:00", "end": "19:00", "reason": None}
    opened = office.post(CLOSURES, key, STRIKE | evening).json()
    done = office.get(f"/municipalities/{TOWN}/record", key).json()["actions"]
    assert [(each["action"], each["closure"]) for each in done if each["closure"]] == [
        (action, {name: value for name, value in about.items() if name not in counts})
        for action, about in (("open", opened), ("open", ended.json()), ("close", ended.json()))
    ]  # all of one second


@mostly_on("sqlite")
def test_it_says_whom_to_call_and_who_loses_a_held_time(office: TownsOffice) -> None:
    def close(**hours: str) -> list[Any]:
        asked, named = {"kind": "closure", "first": str(MONDAY), **hours}, []
        preview = office.post(f"{CLOSURES}/preview", key, asked).json()
        made = office.post(CLOSURES, key, asked).json()
        for what in ("offered", "too_soon", "offered_again"):
            named.append([each["id"] for each in preview[what]])
            assert made[what] == len(named[-1])
        return named

    key, early, late = office.key(), office.book("09:30").id, office.book("10:30").id
    now = datetime.combine(MONDAY, time(8), ATHENS)
    office.deployment.clock.now = now
    assert close(start="09:00", end="11:00") == [[late], [early], []]
    asyncio.run(work_once(office.deployment.database, office.deployment.services))
    (hold,) = office.do(lambda s: s.scalars(select(Booking).filter_by(state="held")).all())
    held = hold.starts_at.astimezone(ATHENS)
    desk_ids = office.deployment.services.registry[TOWN].desk_ids
    names = {row_id: f"{branch}/{desk}" for (branch, desk), row_id in desk_ids.items()}
    elsewhere = next(each for each in names if each != hold.desk_id)
    office.do(lambda s: setattr(s.get_one(Booking, late), "desk_id", elsewhere))
    employee = office.key(KeyScope.READ, role=Role.EMPLOYEE, desks=[names[hold.desk_id]])
    asked = {"first": f"{held:%Y-%m-%d}", "desk": names[hold.desk_id], "kind": "closure"}
    for who, shown in ((employee, []), (key, [late])):
        preview = office.post(f"{CLOSURES}/preview", who, asked).json()
        assert [each["id"] for each in preview["offered_again"]] == shown
    assert close(first=f"{held:%Y-%m-%d}", start=f"{held:%H:%M}", end="24:00") == [[], [], [late]]


@mostly_on("sqlite")
def test_a_desk_has_an_extra_opening(office: TownsOffice) -> None:
    key, opening = office.key(), {"kind": "opening", "first": str(MONDAY), "end": "24:00"}
    assert office.post(CLOSURES, key, opening).status_code == 422  # from when?
    made = office.post(CLOSURES, key, {**opening, "start": "23:00", "branch": "office"})
    assert made.status_code == 201, made.text
    assert (made.json()["start"], made.json()["end"]) == ("23:00", "24:00")
    asked = {"from": str(MONDAY), "service": "tax", "branch": "office", "channel": "in_person"}
    free = office.get(f"/municipalities/{TOWN}/times", key, params=asked).json()["starts"]
    assert f"{MONDAY}T23:30:00+02:00" in free


def test_an_opening_that_ends_says_what_becomes_of_its_bookings(office: TownsOffice) -> None:
    key, opening = office.key(), {"kind": "opening", "first": str(MONDAY), "branch": "office"}
    made = office.post(CLOSURES, key, {**opening, "start": "18:00", "end": "19:00"}).json()
    office.book("18:00", service="tax")
    office.deployment.clock.forward(minutes=1)
    preview = office.get(f"{CLOSURES}/{made['id']}/end/preview", key)
    assert preview.status_code == 200, preview.text
    assert [len(preview.json()[what]) for what in ("moved", "offered")] == [0, 1]
    assert office.get(CLOSURES, key).json()["closures"]
    ended = office.post(f"{CLOSURES}/{made['id']}/end", key).json()
    assert (made["moved"], made["offered"]) == (0, 0)
    assert (ended["moved"], ended["offered"]) == (0, 1)
    assert office.get(f"{CLOSURES}/{made['id']}/end/preview", key).status_code == 409


@pytest.mark.parametrize(
    ("wrong", "status"),
    [
        ({"first": "2026-11-29"}, 422),
        ({"first": "2026-12-08", "last": "2026-12-07"}, 422),
        ({"first": "9999-12-31"}, 422),
        ({"first": "9999-12-31", "start": None, "end": None}, 422),
        ({"last": "9999-12-31", "end": "24:00"}, 422),
        ({"first": "0001-01-01", "last": str(MONDAY)}, 422),
        ({"start": "10:60"}, 422),
        ({"start": "11:00", "end": "10:00"}, 422),
        ({"start": None}, 422),
        ({"desk": "office/nine"}, 422),
        ({"desk": None, "branch": "nowhere"}, 404),
        ({"kind": "party"}, 422),
        ({"reason": "x" * 301}, 422),
    ],
    ids=str,
)
@mostly_on("sqlite")
def test_a_closure_that_cannot_be_is_refused(
    office: TownsOffice, wrong: dict[str, Any], status: int
) -> None:
    key = office.key()
    for path in (CLOSURES, f"{CLOSURES}/preview"):
        answer = office.post(path, key, STRIKE | wrong)
        assert answer.status_code == status, answer.text


def bind_room(office: TownsOffice) -> None:
    services = office.deployment.services
    services.registry.accounts = frozenset({"webchat", "telegram:town"})

    def run(session: Any) -> None:
        now, registry = services.clock(), services.registry
        code = codes.make_room_code(session, registry, OPERATOR, now, municipality_id=TOWN)
        rooms.bind(session, registry, code, now, account="telegram:town", chat="-1")

    office.do(run)


@mostly_on("sqlite")
def test_a_citizen_is_written_to_where_a_chat_gets_the_answer(office: TownsOffice) -> None:
    booking, key = office.book(), office.key()
    path, text = f"/bookings/{booking.id}/messages", {"text": "Φέρτε το μισθωτήριο."}
    refused = office.post(path, key, text)
    assert (refused.status_code, refused.json()["code"]) == (409, "unreachable")
    bind_room(office)
    for _time in range(2):
        sent = office.post(path, key, text, Idempotency_Key="a")
        assert (sent.status_code, sent.json()) == (202, {"over": "webchat"})
    written = office.do(lambda s: s.scalars(select(RelayMessage)).all())
    assert [each.text for each in written] == ["Φέρτε το μισθωτήριο."]
    kinds = office.do(lambda s: s.scalars(select(OutboxRow.kind)).all())
    assert kinds.count("relay_answer") == 1
    for wrong in ("", " \n", "x" * 4097):
        assert office.post(path, key, {"text": wrong}).status_code == 422


def test_the_record_is_read_in_pages_by_managers(office: TownsOffice) -> None:
    booking, key = office.book(), office.key()
    office.book("10:30")
    change(office, key, booking, "cancel", {"reason": "Απεργία"})
    for _look in range(3):
        office.get(f"/bookings/{booking.id}", key)
    path = f"/municipalities/{TOWN}/record"
    whole = office.get(path, key).json()
    first = office.get(path, key, params={"limit": 2}).json()
    office.get(f"/bookings/{booking.id}", key)  # is recorded, before the first page
    second = office.get(path, key, params={"limit": 200, "cursor": first["next"]}).json()
    assert first["actions"] + second["actions"] == whole["actions"]
    (cancelled,) = [each for each in whole["actions"] if each["action"] == "cancel"]
    assert (cancelled["key"], cancelled["over"], cancelled["code"], cancelled["reason"]) == (
        "Screen",
        "api",
        booking.code,
        "Απεργία",
    )
    of_it = office.get(path, key, params={"booking": booking.id}).json()["actions"]
    assert {(each["code"], each["booking"]) for each in of_it} == {(booking.code, booking.id)}
    employee = office.key(role=Role.EMPLOYEE, groups=["building"])
    assert office.get(path, employee).status_code == 403
    assert office.get(path, office.key(KeyScope.READ)).status_code == 403
    assert office.get(f"/municipalities/{CITY}/record", key).status_code == 404


def test_statistics_count_and_show_nobody(office: TownsOffice) -> None:
    key = office.key(KeyScope.STATISTICS)
    came, missed, cancelled = office.book("09:00"), office.book("09:00"), office.book("09:30")
    office.book("10:30", "tax")
    office.book(at=CITY)
    marker = office.key()
    change(office, marker, cancelled, "cancel", {"reason": "x"})
    office.deployment.clock.now = HERE
    office.deployment.talk("Γεια", "town", "building", "ακύρωση", "ναι")
    change(office, marker, came, "came")
    change(office, marker, missed, "no-show")
    path, month = f"/municipalities/{TOWN}/statistics", {"from": "2026-12-01", "to": "2026-12-31"}
    found = office.get(path, key, params=month)
    assert found.status_code == 200, found.text
    counted = found.json()
    assert [(each["service"], each["state"], each["count"]) for each in counted["bookings"]] == [
        ("permit", "cancelled", 1),
        ("permit", "completed", 1),
        ("permit", "no_show", 1),
        ("tax", "confirmed", 1),
    ]
    assert counted["no_show_rate"] == 0.5
    assert counted["lead_days"] == {"7": 4}
    assert counted["holds"] == [{"platform": "webchat", "held": 4, "confirmed": 4}]
    told = {(each["platform"], each["kind"]) for each in counted["messages"]}
    assert ("webchat", "cancelled_by_office") in told
    assert {platform for platform, _kind in told} <= {"email", "webchat"}  # `reminder` is none
    of_console = {"platform": "console", "reached": 1}
    assert counted["steps"][0] == of_console | {"step": "group", "ended": 0}
    assert counted["steps"][-1]["ended"] == 1
    none = office.get(path, key, params={"from": "2026-01-01"}).json()
    assert (none["bookings"], none["no_show_rate"], none["lead_days"]) == ([], None, {})
    assert (
        office.get(path, key, params={"from": "2026-01-01", "to": "2027-01-02"}).status_code == 422
    )
    employee = office.key(role=Role.EMPLOYEE, groups=["building"])
    assert office.get(path, employee, params=month).status_code == 403
    assert office.get(path, office.key(KeyScope.READ)).status_code == 403
