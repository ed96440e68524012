"""Threads that move between rooms, or end for another."""

from sqlalchemy import select

from core.actor import Role
from core.db.models import Citizen, Contact, OutboxRow, OutboxStatus, RelayThread, StaffRoom
from core.messaging.keys import MessageKind
from core.staff import codes, relay, relay_messages, relay_sending, rooms
from tests.core.staff.two_towns import CITY, OPERATOR, TOWN, TwoTowns


def bound(towns: TwoTowns, chat: str, at: str = TOWN) -> StaffRoom:
    session, registry, now = towns.session, towns.registry, towns.now
    code = codes.make_room_code(session, registry, OPERATOR, now, municipality_id=at)
    return rooms.bind(session, registry, code, now, account=towns.shared, chat=chat)


def written(towns: TwoTowns, room: StaffRoom) -> RelayThread:
    """A thread in a room, with a text that waits to be sent there."""
    session, registry, now = towns.session, towns.registry, towns.now
    citizen = Citizen(details={}, created_at=now)
    session.add(citizen)
    session.flush()
    contact = Contact(account=towns.shared, address="7", citizen_id=citizen.id)
    session.add(contact)
    session.flush()
    thread = relay.open_thread(session, registry, contact.id, room, now)
    text = relay_sending.keep(session, thread, "Δέχεστε και απόγευμα;", now)
    relay_sending.send_to_room(session, registry, thread, text, now)
    return thread


def test_whose_talk_ends_because_another_office_writes_is_told(towns: TwoTowns) -> None:
    session, now = towns.session, towns.now
    thread = written(towns, bound(towns, "-5"))
    member, room = towns.staff(Role.MANAGER, CITY), bound(towns, "-6", CITY)
    relay.open_thread(session, towns.registry, thread.contact_id, room, now, staff=member)
    still_open = select(RelayThread.municipality_id).where(RelayThread.closed_at.is_(None))
    assert session.scalars(still_open).all() == [CITY]
    closed = select(OutboxRow.id).where(OutboxRow.kind == MessageKind.RELAY_CLOSED)
    assert len(session.scalars(closed).all()) == 1


def test_a_text_that_is_being_sent_is_not_sent_again_when_its_thread_comes_back(
    towns: TwoTowns,
) -> None:
    first, second = bound(towns, "-5"), bound(towns, "-6")
    thread = written(towns, first)
    (row,) = relay_messages.rows_in_room(towns.session, thread)
    row.status, row.claimed_by, row.attempts = OutboxStatus.CLAIMED, "worker", 1
    for room in (second, first):
        relay.hand_over(towns.session, towns.registry, thread, room, towns.now)
    assert (row.status, row.attempts) == ("claimed", 1)
