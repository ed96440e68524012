"""Each action of staff, tried by each role on what is theirs, another's, and another town's.

An action without a row in EXPECTED or a way to do it in WAYS (attempts.py) fails; so does a command
of the command line without one in tests/bot/cli/test_staff.py.
"""

from dataclasses import replace

import pytest

from core.actor import Role, Staff
from core.bookings import agenda, by_staff
from core.bookings.staff_rights import bookable_part
from core.errors import StaffRefused
from core.staff import (
    members,
    rooms,
)
from core.staff.rights import RIGHTS, Action
from tests.core.small_municipality import MONDAY, at
from tests.core.staff.attempts import WAYS, Attempt
from tests.core.staff.two_towns import CITY, OPERATOR, TOWN, TwoTowns

DONE, HIDDEN, DENIED = "done", "not_found", "not_allowed"

# What comes of it for: an employee of a service group, an employee of a desk, a manager, an
# operator; on what is the employee's, on another service group and desk, in another municipality.
SERVES = {
    "group": (DONE, HIDDEN, HIDDEN),
    "desk": (DONE, HIDDEN, HIDDEN),
    "manager": (DONE, DONE, HIDDEN),
    "operator": (DONE, DONE, DONE),
}
LISTS = SERVES | {"group": (DONE, DONE, HIDDEN), "desk": (DONE, DONE, HIDDEN)}
MANAGES = SERVES | {"group": (DENIED,) * 3, "desk": (DENIED,) * 3}
AT_DESK = SERVES | {"group": (HIDDEN, HIDDEN, HIDDEN)}
BY_CODE = dict.fromkeys(SERVES, (DONE, DONE, DONE))

EXPECTED = {
    Action.LIST: LISTS,
    Action.SHOW: SERVES,
    Action.FIND: LISTS,
    Action.EXPORT: LISTS,
    Action.EXPORT_DETAILS: LISTS,
    Action.BOOK: SERVES,
    Action.MOVE: SERVES,
    Action.OFFER: SERVES,
    Action.EDIT: SERVES,
    Action.CANCEL: SERVES,
    Action.SEEN: SERVES,
    Action.NUMBER: SERVES,
    Action.ARRIVED: SERVES,
    Action.CAME: SERVES,
    Action.NO_SHOW: SERVES,
    Action.UNDO: SERVES,
    Action.RELAY: SERVES,
    Action.LIST_STAFF: MANAGES | {"manager": (DONE, DONE, DONE)},  # of their own; see below
    Action.LIST_RECORD: MANAGES,
    Action.ADD_MEMBER: MANAGES,
    Action.DISABLE_MEMBER: MANAGES,
    Action.LINK_CODE: MANAGES,
    Action.LINK: BY_CODE,
    Action.ROOM_CODE: MANAGES,
    Action.BIND_ROOM: BY_CODE,
    Action.UNBIND_ROOM: MANAGES,
    Action.ADD_KEY: MANAGES,
    Action.REVOKE_KEY: MANAGES,
    Action.CLOSE: AT_DESK,
    Action.OPEN: AT_DESK,
    Action.LOAD: MANAGES | {"manager": (DENIED,) * 3},
    Action.LIST_CLOSURES: LISTS,
    Action.STATISTICS: MANAGES,
    Action.LIST_WEBHOOKS: MANAGES,
    Action.ADD_WEBHOOK: MANAGES,
    Action.CHANGE_WEBHOOK: MANAGES,
    Action.REMOVE_WEBHOOK: MANAGES,
    Action.SEND_WEBHOOK: MANAGES,
}

WHOSE = ("own", "other group", "other municipality")


def staff_called(who: str, towns: TwoTowns) -> Staff:
    """Add a member of staff, of those in the tables."""
    return {
        "group": lambda: towns.staff(Role.EMPLOYEE, groups=["building"]),
        "desk": lambda: towns.staff(Role.EMPLOYEE, desks=["office/one", "office/two"]),
        "manager": lambda: towns.staff(Role.MANAGER),
        "operator": lambda: towns.staff(Role.OPERATOR, None),
    }[who]()


def test_every_action_has_its_rights_and_is_tried() -> None:
    assert set(RIGHTS) == set(EXPECTED) == set(WAYS) == set(Action)


@pytest.mark.parametrize("shared_by_towns", ["sqlite"], indirect=True)
@pytest.mark.parametrize("whose", WHOSE)
@pytest.mark.parametrize("who", SERVES)
@pytest.mark.parametrize("action", EXPECTED)
def test_an_action_is_done_hidden_or_denied(
    towns: TwoTowns, action: Action, who: str, whose: str
) -> None:
    staff = staff_called(who, towns)
    booking = towns.book(
        "09:30",
        "tax" if whose == "other group" else "permit",
        CITY if whose == "other municipality" else TOWN,
    )
    towns.now = at("09:30")
    before = (booking.state, booking.starts_at, booking.version, booking.details)
    attempt = Attempt(towns, booking, staff)
    expected = EXPECTED[action][who][WHOSE.index(whose)]
    if expected == DONE:
        WAYS[action](attempt)
        return
    with pytest.raises(StaffRefused) as refused:
        WAYS[action](attempt)
    assert refused.value.kind == expected
    if action is not Action.UNDO:  # for which it is marked first
        assert (booking.state, booking.starts_at, booking.version, booking.details) == before


@pytest.mark.parametrize("whose", WHOSE)
@pytest.mark.parametrize("who", SERVES)
def test_a_channel_is_bound_at_once_by_who_may_make_codes(
    towns: TwoTowns, who: str, whose: str
) -> None:
    staff, at = staff_called(who, towns), CITY if whose == "other municipality" else TOWN
    said = DONE
    try:
        rooms.bind_one_way(
            towns.session,
            towns.registry,
            staff,
            towns.now,
            account="slack:town",
            municipality_id=at,
        )
    except StaffRefused as refused:
        said = refused.kind
    assert said == EXPECTED[Action.ROOM_CODE][who][WHOSE.index(whose)]
    assert (rooms.find(towns.session, "slack:town", rooms.CHANNEL) is None) == (said != DONE)


@pytest.mark.parametrize("whose", WHOSE)
@pytest.mark.parametrize("who", SERVES)
def test_for_a_caller_is_offered_what_may_be_booked(towns: TwoTowns, who: str, whose: str) -> None:
    loaded = towns.registry[CITY if whose == "other municipality" else TOWN]
    part = bookable_part(loaded, staff_called(who, towns))
    offered = part is not None and part.has("tax" if whose == "other group" else "permit", "office")
    assert offered == (EXPECTED[Action.BOOK][who][WHOSE.index(whose)] == DONE)


@pytest.mark.parametrize("action", [action for action in Action if EXPECTED[action] is SERVES])
def test_what_is_hidden_is_refused_as_what_does_not_exist(towns: TwoTowns, action: Action) -> None:
    foreign = towns.book(at=CITY)
    for role in (Role.EMPLOYEE, Role.MANAGER):
        staff = towns.staff(role)
        said = []
        for which in (foreign.id, str(foreign.code), foreign.id + 99, "KX7 M2P"):
            with pytest.raises(StaffRefused) as refused:
                by_staff.find(towns.session, towns.registry, staff, action, which)
            said.append((refused.value.kind, refused.value.text))
        assert said == [said[0]] * 4


@pytest.mark.parametrize("role", Role)
def test_a_disabled_member_does_nothing_any_more(towns: TwoTowns, role: Role) -> None:
    staff = towns.staff(role, None if role is Role.OPERATOR else TOWN)
    assert staff.member_id
    members.disable(towns.session, OPERATOR, staff.member_id, towns.now)
    assert members.load(towns.session, staff.member_id, "telegram") is None


def test_an_employee_lists_what_is_theirs_only(towns: TwoTowns) -> None:
    permit, tax = towns.book("09:30"), towns.book("09:00", "tax")
    other = towns.book("10:00", at=CITY)

    def listed(staff: Staff, at: str = TOWN) -> list[str]:
        entries = agenda.list_day(towns.session, towns.registry, staff, at, MONDAY, towns.now)
        return [entry.code for entry in entries]

    assert listed(towns.staff(Role.EMPLOYEE, groups=["building"])) == [permit.code]
    assert listed(towns.staff(Role.EMPLOYEE, desks=["office/three"])) == [tax.code]
    assert listed(towns.staff(Role.EMPLOYEE, groups=["money"], desks=["office/one"])) == [
        tax.code,
        permit.code,
    ]
    assert listed(towns.staff(Role.MANAGER)) == [tax.code, permit.code]
    assert listed(OPERATOR, CITY) == [other.code]
    assert listed(replace(OPERATOR, member_id=7), CITY) == [other.code]
