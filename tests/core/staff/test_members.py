"""Members of staff are added with their role, seen by whom it concerns, and disabled."""

from typing import Any

import pytest
from sqlalchemy import text

from core.actor import Role, Staff
from core.errors import StaffRefused
from core.staff import links, members, record
from core.staff.rights import Action
from tests.core.staff.two_towns import CITY, OPERATOR, TOWN, TwoTowns


def test_a_member_acts_with_their_role_groups_and_desks(towns: TwoTowns) -> None:
    number = towns.add(groups=["money"], desks=["office/one", "office/two"])
    assert members.load(towns.session, number, "telegram") == Staff(
        Role.EMPLOYEE,
        "telegram",
        number,
        TOWN,
        frozenset({"money"}),
        frozenset({towns.desk("one"), towns.desk("two")}),
    )
    manager = towns.add(Role.MANAGER)
    assert members.load(towns.session, manager, "api") == Staff(Role.MANAGER, "api", manager, TOWN)
    operator = towns.add(Role.OPERATOR, None)
    assert members.load(towns.session, operator, "cli") == Staff(Role.OPERATOR, "cli", operator)
    assert members.load(towns.session, operator + 1, "cli") is None


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"name": "  "}, "A name"),
        ({"name": "α" * 101}, "A name"),
        ({"role": Role.OPERATOR}, "An operator"),
        ({"at": None, "role": Role.MANAGER}, "An operator"),
        ({"role": Role.MANAGER, "groups": ["building"]}, "An employee"),
        ({"groups": []}, "An employee"),
        ({"groups": ["roads"]}, "There is no service group"),
        ({"desks": ["office/four"]}, "There is no desk"),
        ({"desks": ["one"]}, "There is no desk"),
        ({"at": "village"}, "There is no such municipality"),
    ],
    ids=str,
)
def test_what_makes_no_member_is_refused(
    towns: TwoTowns, given: dict[str, Any], reason: str
) -> None:
    with pytest.raises(StaffRefused) as refused:
        towns.add(**given)
    assert refused.value.text.message.startswith(reason)
    assert members.list_members(towns.session, OPERATOR) == []


def test_the_refusal_of_a_group_or_desk_names_those_that_there_are(towns: TwoTowns) -> None:
    cases: tuple[tuple[dict[str, Any], str], ...] = (
        ({"groups": ["roads"]}, "building, money"),
        ({"desks": ["x/y"]}, "office/one, office/two, office/three"),
    )
    for wrong, known in cases:
        with pytest.raises(StaffRefused) as refused:
            towns.add(**wrong)
        assert refused.value.text.args["known"] == known


def test_names_are_stored_encrypted(towns: TwoTowns) -> None:
    number = towns.add(name="Ελένη Δήμου")
    stored = towns.session.execute(text("SELECT * FROM staff_members")).all()
    assert [row.id for row in stored] == [number]
    assert not any("Ελένη".encode() in bytes(row.name) for row in stored)


def test_a_manager_sees_and_adds_their_own_people_only(towns: TwoTowns) -> None:
    towns.add(name="Άννα", at=CITY)
    manager = towns.staff(Role.MANAGER)
    towns.add(name="Νίκος", by=manager)
    assert [each.name for each in members.list_members(towns.session, manager)] == [
        "Ελένη Δήμου",
        "Νίκος",
    ]
    assert len(members.list_members(towns.session, OPERATOR)) == 3
    for at in (CITY, "village", None):
        role = Role.MANAGER if at else Role.OPERATOR
        with pytest.raises(StaffRefused, match="not_found"):
            towns.add(role, at, by=manager)


def test_members_are_listed_with_what_they_serve(towns: TwoTowns) -> None:
    number = towns.add(groups=["money"], desks=["office/one"])
    (listed,) = members.list_members(towns.session, OPERATOR)
    assert (listed.id, listed.role, listed.municipality_id) == (number, Role.EMPLOYEE, TOWN)
    assert (listed.groups, listed.desks, listed.accounts) == (["money"], ["office/one"], [])
    assert (listed.added_at, listed.disabled_at) == (towns.now, None)


def test_a_disabled_member_acts_no_more_and_stays_in_the_record(towns: TwoTowns) -> None:
    number = towns.add()
    manager = towns.staff(Role.MANAGER)
    members.disable(towns.session, manager, number, towns.now)
    assert members.load(towns.session, number, "telegram") is None
    assert links.find_member(towns.session, towns.registry, "telegram:town", "7") is None
    listed = members.list_members(towns.session, manager)[0]
    assert (listed.id, listed.disabled_at) == (number, towns.now)
    with pytest.raises(StaffRefused, match="changed"):
        members.disable(towns.session, manager, number, towns.now)
    done = record.entries(towns.session, OPERATOR, municipality_id=TOWN)
    assert [(each.action, each.member_id, each.of_member, each.platform) for each in done] == [
        (Action.DISABLE_MEMBER, manager.member_id, "Ελένη Δήμου", "telegram"),
        (Action.ADD_MEMBER, None, "Ελένη Δήμου", "cli"),
        (Action.ADD_MEMBER, None, "Ελένη Δήμου", "cli"),
    ]


def test_the_record_is_of_ones_own_municipality(towns: TwoTowns) -> None:
    towns.add(at=CITY)
    manager, employee = towns.staff(Role.MANAGER), towns.staff(Role.EMPLOYEE)

    def shown(to: Staff, of: str | None) -> list[str | None]:
        done = record.entries(towns.session, to, municipality_id=of)
        return [each.municipality_id for each in done]

    assert shown(manager, TOWN) == [TOWN, TOWN]
    assert shown(OPERATOR, None) == [TOWN, TOWN, CITY]
    for of in (CITY, "village", None):
        with pytest.raises(StaffRefused, match="not_found"):
            shown(manager, of)
    with pytest.raises(StaffRefused, match="not_allowed"):
        shown(employee, TOWN)
