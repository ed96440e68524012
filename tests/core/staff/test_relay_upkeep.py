"""The upkeep of relay threads, where there are many."""

import re
from collections.abc import Sequence
from datetime import timedelta

import pytest
from sqlalchemy import inspect, select
from sqlalchemy.orm import Session

from core.actor import Role, Staff
from core.catalogue.registry import Registry
from core.db.database import Database
from core.db.models import Citizen, Contact, OutboxRow, RelayThread
from core.messaging.keys import MessageKind
from core.staff import codes, relay, relay_messages, relay_sending, relay_upkeep, rooms
from core.staff.relay import find_room
from tests.core.db.query_plans import plans
from tests.core.small_municipality import NOW
from tests.core.staff.two_towns import OPERATOR, TOWN, TwoTowns

PAGE, THREADS = "webchat", "relay_threads"


def answered(towns: TwoTowns, count: int) -> RelayThread:
    """A thread with so many answers of the office to a page that nobody opens."""
    session, registry, now = towns.session, towns.registry, towns.now
    code = codes.make_room_code(session, registry, OPERATOR, now, municipality_id=TOWN)
    rooms.bind(session, registry, code, now, account=towns.shared, chat="-5")
    citizen = Citizen(details={}, created_at=now)
    session.add(citizen)
    session.flush()
    contact = Contact(account=PAGE, address="page", citizen_id=citizen.id)
    session.add(contact)
    session.flush()
    member = Staff(Role.EMPLOYEE, "telegram", towns.add(), TOWN)
    room = find_room(session, registry, registry[TOWN].body)
    assert room is not None
    thread = relay.open_thread(session, registry, contact.id, room, now)
    for number in range(count):
        relay_sending.send_to_citizen(session, registry, thread, f"Answer {number}", member, now)
    return thread


def told(towns: TwoTowns) -> Sequence[int | None]:
    undelivered = OutboxRow.kind == MessageKind.RELAY_UNDELIVERED
    query = select(OutboxRow.relay_message_id).where(undelivered)
    return towns.session.scalars(query.order_by(OutboxRow.relay_message_id)).all()


def test_each_of_many_unread_answers_is_told_once(
    towns: TwoTowns, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay_upkeep, "BATCH", 2)
    answered(towns, 3)
    later = towns.now + timedelta(hours=2)
    for expected in (2, 3, 3):
        relay_upkeep.maintain(towns.session, towns.registry, later, PAGE)
        assert len(told(towns)) == expected
    assert len(set(told(towns))) == 3


def test_what_is_erased_is_found_without_reading_all_that_ever_was(empty: Database) -> None:
    def erase(session: Session) -> None:
        relay_upkeep._erase_old(session, NOW)
        relay_upkeep.erase(session, [1, 2])

    ran = plans(empty, erase, r"\s*SELECT")
    assert [plan for plan in ran if "ix_relay_messages_kept" in plan] == ran[:1]
    assert not any(re.search(r"SCAN outgoing|Seq Scan on outgoing", plan) for plan in ran)


def test_each_index_of_threads_is_used(empty: Database) -> None:
    with Session(empty.engine) as session:
        indexes = {each["name"] for each in inspect(session.connection()).get_indexes(THREADS)}
        registry = Registry("secret")

    def all_of_them(session: Session) -> None:
        relay_upkeep.maintain(session, registry, NOW, PAGE)
        relay_upkeep.erase_of_contacts(session, registry, [1], NOW)
        relay.find_open(session, 1)
        relay_messages.statuses_by_text(session, RelayThread(id=1, municipality_id=TOWN, room_id=1))

    used = " ".join(plans(empty, all_of_them, r"\s*(SELECT|UPDATE).*relay"))
    assert indexes - set(re.findall(r"\w+", used)) == set()
    assert not re.search(rf"(SCAN|Seq Scan on) ({THREADS}|outgoing)(?! USING)", used)
