"""The behaviour that both databases share."""

import asyncio
from threading import Event

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core.db.database import Database
from core.db.models import Base, Booking
from tests.core.booking_environment import BookingEnvironment
from tests.core.db.citizens import add_one, people
from tests.core.small_municipality import at

PARTIAL = {
    "sqlite": "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql LIKE '%WHERE%'",
    "postgresql": "SELECT indexname, indexdef FROM pg_indexes"
    " WHERE schemaname = 'public' AND indexdef LIKE '%WHERE%'",
}
WORDS = {
    "sqlite": {
        "live": "state IN ('held','confirmed','completed','no_show')",
        "held": "state = 'held'",
        "owed": "status IN ('pending','claimed')",
        "sendable": "status IN ('pending','claimed') AND account <> 'reminder'",
        "without way": "status IN ('pending','claimed') AND account = 'reminder'",
        "sent": "provider_id IS NOT NULL",
        "of bookings": "status IN ('pending','claimed') AND booking_id IS NOT NULL",
        "of threads": "status IN ('pending','claimed') AND thread_id IS NOT NULL",
        "sent to rooms": "provider_id IS NOT NULL AND room_id IS NOT NULL",
        "open offers": "state IN ('pending','made')",
        "pending offers": "state = 'pending'",
        "open threads": "closed_at IS NULL",
        "kept texts": "text IS NOT NULL",
        "to endpoints": "endpoint_id IS NOT NULL",
    },
    "postgresql": {
        "live": "((state)::text = ANY ((ARRAY['held'::character varying,"
        " 'confirmed'::character varying, 'completed'::character varying,"
        " 'no_show'::character varying])::text[]))",
        "held": "((state)::text = 'held'::text)",
        "owed": "((status)::text = ANY ((ARRAY['pending'::character varying,"
        " 'claimed'::character varying])::text[]))",
        "sendable": "(((status)::text = ANY ((ARRAY['pending'::character varying,"
        " 'claimed'::character varying])::text[])) AND ((account)::text <> 'reminder'::text))",
        "without way": "(((status)::text = ANY ((ARRAY['pending'::character varying,"
        " 'claimed'::character varying])::text[])) AND ((account)::text = 'reminder'::text))",
        "sent": "(provider_id IS NOT NULL)",
        "of bookings": "(((status)::text = ANY ((ARRAY['pending'::character varying,"
        " 'claimed'::character varying])::text[])) AND (booking_id IS NOT NULL))",
        "of threads": "(((status)::text = ANY ((ARRAY['pending'::character varying,"
        " 'claimed'::character varying])::text[])) AND (thread_id IS NOT NULL))",
        "sent to rooms": "((provider_id IS NOT NULL) AND (room_id IS NOT NULL))",
        "open offers": "((state)::text = ANY ((ARRAY['pending'::character varying,"
        " 'made'::character varying])::text[]))",
        "pending offers": "((state)::text = 'pending'::text)",
        "open threads": "(closed_at IS NULL)",
        "kept texts": "(text IS NOT NULL)",
        "to endpoints": "(endpoint_id IS NOT NULL)",
    },
}


def partial_indexes(connection: Connection) -> dict[str, str]:
    """The words after WHERE, which autogenerate doesn't compare."""
    made = connection.execute(text(PARTIAL[connection.dialect.name]))
    return {name: sql.partition("WHERE ")[2] for name, sql in made}


def test_the_migrations_make_what_the_models_say(empty: Database) -> None:
    with empty.engine.begin() as connection:
        context = MigrationContext.configure(connection, opts={"compare_server_default": True})
        assert compare_metadata(context, Base.metadata) == []
        words = WORDS[connection.dialect.name]
        partial = partial_indexes(connection)
    guard = {"bookings_guard": words["live"]} if "bookings_guard" in partial else {}
    assert partial == guard | {
        "ix_bookings_live": words["live"],
        "ix_bookings_held": words["held"],
        "ix_outgoing_owed": words["sendable"],
        "ix_outgoing_reminders": words["without way"],
        "ix_outgoing_recipient": words["owed"],
        "ix_outgoing_provider_id": words["sent"],
        "ix_outgoing_unsent_booking": words["of bookings"],
        "ix_outgoing_unsent_thread": words["of threads"],
        "ix_outgoing_sent_to_room": words["sent to rooms"],
        "ix_outgoing_endpoint": words["to endpoints"],
        "ix_time_offers_open": words["open offers"],
        "ix_time_offers_pending": words["pending offers"],
        "ix_relay_threads_open": words["open threads"],
        "ix_relay_threads_due": words["open threads"],
        "ix_relay_messages_kept": words["kept texts"],
    }


def test_reads_go_on_while_a_writer_writes(empty: Database) -> None:
    writing, may_end = Event(), Event()

    def write(session: Session) -> int:
        count = add_one(session)
        writing.set()
        assert may_end.wait(60)
        return count

    async def both() -> list[int]:
        written = asyncio.ensure_future(empty.write(write))
        await asyncio.to_thread(writing.wait, 60)
        during = await asyncio.gather(*(empty.read(people) for _ in range(8)))
        still_writing = not written.done()
        may_end.set()
        return [*during, still_writing, await written, await empty.read(people)]

    assert asyncio.run(both()) == [0] * 8 + [True, 1, 1]


def test_a_read_sees_one_state_throughout(empty: Database) -> None:
    def read(session: Session) -> list[int]:
        return [people(session), empty.write_sync(add_one), people(session)]

    assert asyncio.run(empty.read(read)) == [0, 1, 0]


def test_what_a_read_changes_is_not_kept(empty: Database) -> None:
    async def read() -> list[int]:
        return [await empty.read(add_one), await empty.read(people)]

    assert asyncio.run(read()) == [1, 0]


def test_what_fails_half_way_is_not_kept(empty: Database) -> None:
    def fail(session: Session) -> None:
        add_one(session)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        empty.write_sync(fail)
    assert empty.write_sync(people) == 0


def test_of_many_that_write_at_once_none_is_lost(empty: Database) -> None:
    async def write() -> int:
        await asyncio.gather(*(empty.write(add_one) for _ in range(20)))
        return await empty.read(people)

    assert asyncio.run(write()) == 20


def test_a_booking_needs_its_desk_and_citizen(stocked: Database) -> None:
    for broken in ("desk_id = 99", "citizen_id = 99", "municipality_id = 'x'", "state = 'maybe'"):
        with pytest.raises(IntegrityError), stocked.engine.begin() as connection:
            connection.exec_driver_sql(f"UPDATE bookings SET {broken}")


def test_a_time_without_a_zone_is_never_stored(empty: Database) -> None:
    def naive(session: Session) -> None:
        env = BookingEnvironment(session)
        booking = env.book("09:00")
        booking.held_until = at("09:00").replace(tzinfo=None)
        session.flush()

    with pytest.raises(Exception, match="a stored time needs a time zone"):
        empty.write_sync(naive)
    assert empty.write_sync(lambda s: s.scalars(select(Booking)).all()) == []
