"""Rooms whose chat gets another address, or is left."""

from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.db.database import Database
from core.db.models import OutboxRow, StaffRoom
from core.staff import codes, record, rooms
from tests.core.db.query_plans import plans
from tests.core.staff.two_towns import CITY, OPERATOR, TOWN, TwoTowns

CHAT, NEW = "-5", "-1005"


def bind(towns: TwoTowns, chat: str = CHAT, topic: str = "", at: str = TOWN) -> StaffRoom:
    session, registry, now = towns.session, towns.registry, towns.now
    code = codes.make_room_code(session, registry, OPERATOR, now, municipality_id=at)
    return rooms.bind(session, registry, code, now, account=towns.shared, chat=chat, topic=topic)


def alerts(towns: TwoTowns) -> list[tuple[Any, ...]]:
    """Return the room, status and last error of all alerts."""
    query = select(OutboxRow.room_id, OutboxRow.status, OutboxRow.last_error)
    query = query.where(OutboxRow.kind == "alert").order_by(OutboxRow.id)
    return [tuple(row) for row in towns.session.execute(query)]


def test_a_chat_that_is_left_is_bound_no_more_and_what_waits_fails(towns: TwoTowns) -> None:
    room, topic, other = bind(towns), bind(towns, topic="7"), bind(towns, "-6")
    towns.book("09:30")
    assert rooms.leave(towns.session, towns.shared, CHAT, towns.now) == [room.id, topic.id]
    assert alerts(towns) == [
        (room.id, "failed", rooms.LEFT),
        (topic.id, "failed", rooms.LEFT),
        (other.id, "pending", None),
    ]
    assert rooms.find(towns.session, towns.shared, CHAT) is None
    towns.session.flush()
    entry, *_more = record.entries(towns.session, OPERATOR, municipality_id=TOWN)
    assert (entry.action, entry.platform, entry.member) == ("unbind_room", "telegram", None)
    assert rooms.leave(towns.session, towns.shared, CHAT, towns.now) == []


def test_a_chat_that_moved_is_found_at_its_new_address_with_all_its_topics(
    towns: TwoTowns,
) -> None:
    room, topic = bind(towns), bind(towns, topic="7")
    towns.book("09:30")
    towns.session.scalars(select(OutboxRow)).first().provider_id = "12"  # type: ignore[union-attr]
    rooms.move(towns.session, towns.shared, CHAT, NEW, towns.now)
    assert rooms.find(towns.session, towns.shared, NEW) is room
    assert rooms.find(towns.session, towns.shared, NEW, "7") is topic
    assert {status for _room, status, _error in alerts(towns)} == {"pending"}
    ids = select(OutboxRow.provider_id).where(OutboxRow.room_id.is_not(None))
    assert set(towns.session.scalars(ids)) == {None}


@pytest.mark.parametrize("at", [TOWN, CITY])
def test_one_that_was_bound_there_meanwhile_stays(towns: TwoTowns, at: str) -> None:
    room = bind(towns)
    towns.book("09:30")
    there = bind(towns, NEW, at=at)
    rooms.move(towns.session, towns.shared, CHAT, NEW, towns.now)
    assert rooms.find(towns.session, towns.shared, NEW) is there
    assert (there.municipality_id, room.unbound_at) == (at, towns.now)
    assert alerts(towns) == [(room.id, "failed", rooms.LEFT)]


def test_what_was_sent_to_a_chat_that_moves_is_found_by_an_index(empty: Database) -> None:
    def move_it(session: Session) -> None:
        towns = TwoTowns(session)
        bind(towns)
        rooms.move(session, towns.shared, CHAT, NEW, towns.now)

    (plan,) = (each for each in plans(empty, move_it) if "outgoing" in each)
    assert "ix_outgoing_sent_to_room" in plan


def test_one_that_was_bound_there_once_gives_way(towns: TwoTowns) -> None:
    room, there = bind(towns), bind(towns, NEW)
    rooms.unbind(towns.session, OPERATOR, there.id, towns.now)
    rooms.move(towns.session, towns.shared, CHAT, NEW, towns.now)
    assert rooms.find(towns.session, towns.shared, NEW) is room
    assert rooms.find(towns.session, towns.shared, CHAT) is None
    bind(towns)
    assert there.unbound_at is None
