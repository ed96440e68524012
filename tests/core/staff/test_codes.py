"""One-time codes bind rooms and link accounts: once, within an hour, in their own municipality."""

from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.actor import Role, Staff
from core.db.database import Database
from core.db.models import CodePurpose, StaffCode, StaffRoom
from core.errors import StaffRefused
from core.staff import codes, links, members, record, rooms
from core.staff.rights import Action
from tests.core.bookings.test_race import race
from tests.core.conftest import on_postgres
from tests.core.staff.two_towns import CITY, OPERATOR, TOWN, TwoTowns
from tests.postgres import KEY


def room_code(towns: TwoTowns, at: str = TOWN, by: Staff = OPERATOR, **of: Any) -> str:
    return codes.make_room_code(
        towns.session, towns.registry, by, towns.now, municipality_id=at, **of
    )


def link_code(towns: TwoTowns, member_id: int, by: Staff = OPERATOR) -> str:
    return codes.make_link_code(towns.session, towns.registry, by, towns.now, member_id=member_id)


def bind(
    towns: TwoTowns,
    code: str,
    chat: str = "-100",
    topic: str = "",
    account: str = TwoTowns.shared,
    by: Staff | None = None,
) -> StaffRoom:
    return rooms.bind(
        towns.session,
        towns.registry,
        code,
        towns.now,
        account=account,
        chat=chat,
        topic=topic,
        by=by,
    )


def link(towns: TwoTowns, code: str, address: str = "7", account: str = TwoTowns.shared) -> Staff:
    return links.link(
        towns.session, towns.registry, code, towns.now, account=account, address=address
    )


def found(towns: TwoTowns, address: str = "7", account: str = TwoTowns.shared) -> int | None:
    member = links.find_member(towns.session, towns.registry, account, address)
    return member.member_id if member else None


def refused(act: Callable[[], object]) -> None:
    """Check that it is refused in the words that tell nothing."""
    with pytest.raises(StaffRefused) as error:
        act()
    assert error.value.text == codes.invalid_code().text


def test_a_code_is_twelve_digits_of_which_only_a_hash_is_stored(towns: TwoTowns) -> None:
    code = room_code(towns)
    assert len(code) == 12
    assert code.isdigit()
    assert codes.format_code("123456789012") == "1234 5678 9012"
    stored = towns.session.scalars(select(StaffCode)).one()
    assert code not in str(vars(stored))
    assert code != room_code(towns)


def test_a_room_is_bound_and_found_by_account_chat_and_topic(towns: TwoTowns) -> None:
    room = bind(towns, codes.format_code(room_code(towns, group="money")), topic="5")
    assert (room.municipality_id, room.service_group, room.desk_id) == (TOWN, "money", None)
    assert rooms.find(towns.session, towns.shared, "-100", "5") is room
    for elsewhere in (("-100", ""), ("-100", "6"), ("-101", "5")):
        assert rooms.find(towns.session, towns.shared, *elsewhere) is None
    assert rooms.find(towns.session, towns.town_only, "-100", "5") is None
    desk = bind(towns, room_code(towns, desk="office/two"), topic="6")
    assert (desk.service_group, desk.desk_id) == (None, towns.desk("two"))


@pytest.mark.parametrize(("at", "is_named"), [(TOWN, True), (CITY, False)])
def test_who_binds_a_room_is_named_to_their_own_municipality_alone(
    towns: TwoTowns, at: str, is_named: bool
) -> None:
    member = towns.staff(Role.MANAGER, at)
    bind(towns, room_code(towns), by=member)
    done = record.entries(towns.session, OPERATOR, municipality_id=TOWN)
    who = next(each.member_id for each in done if each.action is Action.BIND_ROOM)
    assert who == (member.member_id if is_named else None)


def test_a_room_is_for_a_group_or_a_desk_that_there_is(towns: TwoTowns) -> None:
    cases: tuple[dict[str, Any], ...] = (
        {"group": "roads"},
        {"desk": "office/four"},
        {"group": "money", "desk": "office/one"},
    )
    for wrong in cases:
        with pytest.raises(StaffRefused, match="invalid"):
            room_code(towns, **wrong)


def test_a_code_is_used_once(towns: TwoTowns) -> None:
    code = room_code(towns)
    bind(towns, code)
    refused(lambda: bind(towns, code))
    refused(lambda: bind(towns, code, chat="-200"))
    secret = link_code(towns, towns.add())
    link(towns, secret)
    refused(lambda: link(towns, secret))
    refused(lambda: link(towns, secret, address="8"))


def test_a_code_is_valid_for_an_hour(towns: TwoTowns) -> None:
    member = towns.add()
    code, late, secret = room_code(towns), room_code(towns), link_code(towns, member)
    towns.later(minutes=59)
    bind(towns, code)
    towns.later(minutes=1)
    refused(lambda: bind(towns, late))
    refused(lambda: link(towns, secret))
    codes.forget_codes(towns.session, towns.now)
    assert towns.session.scalars(select(StaffCode)).all() == []


def test_what_is_no_code_is_refused(towns: TwoTowns) -> None:
    secret = link_code(towns, towns.add())
    for typed in ("", "KX7 M2P", "0" * 12, secret):
        refused(lambda typed=typed: bind(towns, typed))  # type: ignore[misc]
    code = room_code(towns)
    refused(lambda: link(towns, code))
    assert bind(towns, code)


def test_a_code_is_refused_where_another_municipality_is_served(towns: TwoTowns) -> None:
    code, secret = room_code(towns, CITY), link_code(towns, towns.add(at=CITY))
    refused(lambda: bind(towns, code, account=towns.town_only))
    refused(lambda: link(towns, secret, account=towns.town_only))
    bind(towns, room_code(towns, TOWN), topic="5")
    link(towns, link_code(towns, towns.add(at=TOWN)))
    refused(lambda: bind(towns, code, topic="5"))
    refused(lambda: bind(towns, code, topic="6"))
    refused(lambda: link(towns, secret))
    room = rooms.find(towns.session, towns.shared, "-100", "5")
    assert room
    assert room.municipality_id == TOWN
    # They weren't used up by it.
    assert bind(towns, code, chat="-200").municipality_id == CITY
    assert link(towns, secret, address="8").municipality_id == CITY


def test_an_operators_account_is_linked_at_any_account(towns: TwoTowns) -> None:
    operator = towns.add(Role.OPERATOR, None)
    for account in (towns.shared, towns.town_only):
        assert link(towns, link_code(towns, operator), account=account).role is Role.OPERATOR
        assert found(towns, account=account) == operator


def test_at_a_municipalitys_own_account_an_operator_is_its_manager_and_no_more(
    towns: TwoTowns,
) -> None:
    link(towns, link_code(towns, towns.add(Role.OPERATOR, None)), account=towns.town_only)
    staff = links.find_member(towns.session, towns.registry, towns.town_only, "7")
    assert staff
    assert (staff.role, staff.municipality_id) == (Role.MANAGER, TOWN)
    link(towns, link_code(towns, towns.add(Role.OPERATOR, None)))
    staff = links.find_member(towns.session, towns.registry, towns.shared, "7")
    assert staff
    assert (staff.role, staff.municipality_id) == (Role.OPERATOR, None)


def test_a_bound_room_is_bound_anew_and_unbound(towns: TwoTowns) -> None:
    first = bind(towns, room_code(towns))
    again = bind(towns, room_code(towns, group="money"))
    assert (again.id, again.service_group) == (first.id, "money")
    manager, other = towns.staff(Role.MANAGER), towns.staff(Role.MANAGER, CITY)
    assert [each.group for each in rooms.list_rooms(towns.session, manager)] == ["money"]
    assert rooms.list_rooms(towns.session, other) == []
    for number in (first.id, first.id + 1):
        with pytest.raises(StaffRefused, match="not_found"):
            rooms.unbind(towns.session, other, number, towns.now)
    rooms.unbind(towns.session, manager, first.id, towns.now)
    assert rooms.find(towns.session, towns.shared, "-100") is None
    with pytest.raises(StaffRefused, match="not_found"):
        rooms.unbind(towns.session, manager, first.id, towns.now)
    # It is free for another municipality then.
    assert bind(towns, room_code(towns, CITY)).municipality_id == CITY


def test_a_member_is_found_by_their_linked_account(towns: TwoTowns) -> None:
    first, second = towns.add(), towns.add(name="Νίκος")
    acting = link(towns, link_code(towns, first))
    assert (acting.member_id, acting.platform) == (first, "telegram")
    assert links.find_member(towns.session, towns.registry, towns.shared, "7") == acting
    assert (found(towns, "8"), found(towns, account=towns.town_only)) == (None, None)
    link(towns, link_code(towns, second))
    assert found(towns) == second
    assert [each.accounts for each in members.list_members(towns.session, OPERATOR)] == [
        [],
        [towns.shared],
    ]


def test_a_disabled_member_has_neither_account_nor_code(towns: TwoTowns) -> None:
    number = towns.add()
    link(towns, link_code(towns, number))
    left = link_code(towns, number)
    members.disable(towns.session, OPERATOR, number, towns.now)
    assert found(towns) is None
    refused(lambda: link(towns, left))
    with pytest.raises(StaffRefused, match="changed"):
        link_code(towns, number)


def test_codes_rooms_and_links_are_recorded(towns: TwoTowns) -> None:
    number = towns.add()
    link(towns, link_code(towns, number))
    room = bind(towns, room_code(towns))
    rooms.unbind(towns.session, OPERATOR, room.id, towns.now)
    done = record.entries(towns.session, OPERATOR, municipality_id=TOWN)
    assert [(each.action, each.platform, each.member_id, each.room_id) for each in done] == [
        (Action.UNBIND_ROOM, "cli", None, room.id),
        (Action.BIND_ROOM, "telegram", None, room.id),
        (Action.ROOM_CODE, "cli", None, None),
        (Action.LINK, "telegram", number, None),
        (Action.LINK_CODE, "cli", None, None),
        (Action.ADD_MEMBER, "cli", None, None),
    ]


@on_postgres
def test_of_two_that_use_a_code_at_once_one_is_refused(empty: Database) -> None:
    secret = empty.write_sync(lambda s: room_code(TwoTowns(s)))

    def use(_chat: str, wait: Callable[[], object]) -> str:
        def run(session: Session) -> None:
            towns = TwoTowns(session)
            code = codes.find_code(
                session, towns.registry, secret, CodePurpose.ROOM, towns.shared, towns.now
            )
            wait()  # until both have found it valid
            codes.take(session, code, towns.now)

        with closing(Database(empty.url, KEY)) as own:
            try:
                own.write_sync(run)
            except StaffRefused as error:
                return error.kind
        return "taken"

    assert race(["-100", "-200"], use) == {"taken": 1, "invalid": 1}
