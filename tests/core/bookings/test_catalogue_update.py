"""Loading a catalogue: in place, by id, and over nobody's booking unless that is meant."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.actor import OPERATOR
from core.bookings.catalogue_update import BookingsInWay, load_catalogue
from core.bookings.closures import service as closures
from core.bookings.closures.request import ExceptionRequest
from core.bookings.reference import format_code
from core.catalogue import registry as registry_module
from core.catalogue.model import Municipality
from core.catalogue.registry import Registry
from core.db.database import Database
from core.db.models import (
    Booking,
    Desk,
    ExceptionKind,
    MunicipalityRow,
    OfferState,
    TimeOffer,
)
from core.errors import ConfigurationError
from core.staff.record import entries
from tests.conftest import portable
from tests.core.booking_environment import BookingEnvironment
from tests.core.small_municipality import MONDAY, NOW, at, closure, desk, opening, service, small

MakeEnv = Callable[..., BookingEnvironment]
BOTH = ["in_person", "video"]


def desks(database: Database) -> dict[str, int]:
    return database.write_sync(lambda s: {row.name: row.id for row in s.scalars(select(Desk))})


def test_the_first_time_is_added_then_unchanged_then_updated(empty: Database) -> None:
    said = [
        empty.write_sync(lambda s, body=body: load_catalogue(s, body, NOW))  # type: ignore[misc]
        for body in (small(), small(), small(desk("desk"), desk("more")), small())
    ]
    assert said == ["added", "unchanged", "updated", "updated"]
    rows = empty.write_sync(lambda s: s.scalars(select(MunicipalityRow.id)).all())
    assert rows == ["town"]


def test_loading_the_same_again_leaves_its_time(empty: Database) -> None:
    for hours in (0, 1):
        empty.write_sync(lambda s, h=hours: load_catalogue(s, small(), NOW + timedelta(hours=h)))  # type: ignore[misc]
    (loaded_at,) = empty.write_sync(lambda s: s.scalars(select(MunicipalityRow.loaded_at)).all())
    assert loaded_at == NOW


def test_a_desk_keeps_its_number_even_while_it_is_gone(empty: Database) -> None:
    empty.write_sync(lambda s: load_catalogue(s, small(desk("a"), desk("b")), NOW))
    before = desks(empty)
    empty.write_sync(lambda s: load_catalogue(s, small(desk("b"), desk("c")), NOW))
    empty.write_sync(lambda s: load_catalogue(s, small(desk("c"), desk("a"), desk("b")), NOW))
    after = desks(empty)
    assert list(before) == ["a", "b"]
    assert {name: after[name] for name in before} == before
    assert len(set(after.values())) == 3


def test_what_is_read_back_is_what_was_loaded(
    empty: Database, shipped: dict[str, Municipality]
) -> None:
    for body in shipped.values():
        empty.write_sync(lambda s, body=body: load_catalogue(s, body, NOW))  # type: ignore[misc]
    loaded = Registry("secret")
    empty.write_sync(loaded.refresh)
    assert {body.id: body for body in loaded.municipalities} == shipped


def test_every_process_sees_what_another_loaded(empty: Database) -> None:
    ours = Registry("secret")
    empty.write_sync(ours.refresh)
    assert "town" not in ours
    empty.write_sync(lambda s: load_catalogue(s, small(), NOW))
    empty.write_sync(ours.refresh)
    assert len(ours["town"].body.branches[0].desks) == 1
    empty.write_sync(lambda s: load_catalogue(s, small(desk("a"), desk("b")), NOW))
    empty.write_sync(ours.refresh)
    assert len(ours["town"].body.branches[0].desks) == 2
    assert set(ours["town"].offer("papers", "office", "in_person").desk_ids) >= {"a", "b"}


def test_a_refresh_reads_no_catalogue_anew_that_did_not_change(
    empty: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    empty.write_sync(lambda s: load_catalogue(s, small(), NOW))
    ours = Registry("secret")
    empty.write_sync(ours.refresh)
    monkeypatch.setattr(registry_module, "read_municipality", None)
    empty.write_sync(ours.refresh)
    assert "town" in ours


ORPHANS: dict[str, Municipality] = {
    "its service is gone": small(services=(service("other"),)),
    "its service is gone from the desk": small(
        desk(services=["other"]), services=(service(), service("other"))
    ),
    "its desk is gone": small(desk("another")),
    "its branch is gone": small(branch={"id": "elsewhere"}),
    "its channel is gone from the service": small(
        desk(channels=["video"]), services=(service(channels=["video"]),)
    ),
    "its channel is gone from the desk": small(
        desk(channels=["video"]), services=(service(channels=BOTH),)
    ),
    "its opening is gone": small(desk("desk", opening(days=["tue"]))),
    "its opening ends before it does": small(desk("desk", opening("09:00", "09:45"))),
    "its opening begins after it does": small(desk("desk", opening("09:31", "11:00"))),
    "its opening is for another service": small(
        desk("desk", opening(services=["other"])), services=(service(), service("other"))
    ),
    "its opening is for another channel": small(
        desk("desk", opening(channels=["video"]), channels=BOTH),
        services=(service(channels=BOTH),),
    ),
    "its opening ends on an earlier day": small(desk("desk", opening(to="2026-12-06"))),
    "the municipality is closed then": small(closures=[closure("2026-12-07")]),
    "the branch is closed then": small(branch={"closures": [closure("2026-12-07")]}),
    "the desk is closed then": small(desk(closures=[closure("2026-12-07")])),
    "the desk is closed for its last minute": small(
        desk(closures=[closure("2026-12-07", start="09:59", end="10:30")])
    ),
    "the municipality moved to another zone": small(timezone="Australia/Melbourne"),
}


@portable
@pytest.mark.parametrize("why", ORPHANS)
def test_a_change_that_orphans_a_booking_is_refused_naming_its_code(
    empty: Database, why: str
) -> None:
    def try_to_load(session: Session) -> str:
        with pytest.raises(
            ConfigurationError, match="town: not loaded, nothing was changed"
        ) as refused:
            load_catalogue(session, ORPHANS[why], NOW)
        return str(refused.value)

    booking = empty.write_sync(lambda s: BookingEnvironment(s).book("09:30"))
    assert f": {format_code(booking.code or '')}." in empty.write_sync(try_to_load)
    ours = Registry("secret")
    empty.write_sync(ours.refresh)
    assert ours["town"].body == small()
    assert list(desks(empty)) == ["desk"]
    assert empty.write_sync(lambda s: s.get_one(Booking, booking.id).state) == "confirmed"


def test_the_refusal_names_all_and_only_the_orphans(env: BookingEnvironment) -> None:
    kept, first, second = (env.book(clock) for clock in ("09:00", "10:00", "10:30"))
    with pytest.raises(ConfigurationError) as refused:
        env.reload(small(desk("desk", opening("09:00", "10:00"))))
    said = str(refused.value)
    assert ", ".join(map(format_code, sorted([first.code or "", second.code or ""]))) in said
    assert format_code(kept.code or "") not in said


@pytest.mark.parametrize(
    "body",
    [
        small(),
        small(desk("desk"), desk("more")),
        small(desk("desk", opening("09:30", "10:00"))),
        small(desk("desk", opening("09:00", "09:45"), opening("09:45", "11:00"))),
        small(desk(closures=[closure("2026-12-07", start="10:00", end="11:00")])),
        small(desk(closures=[closure("2026-12-07", start="09:05", end="09:30")])),
        small(closures=[closure("2026-12-08")]),
        small(services=(service(duration=20, interval=25, notice_hours=400, horizon_days=30),)),
        small(name={"el": "Πόλη", "en": "City"}),
        small(rules={"open_bookings": 1, "change_deadline_hours": 200}),
    ],
    ids=[
        "nothing",
        "one more desk",
        "only just its time left",
        "two openings that meet within it",
        "closed right after it",
        "closed right before it, off the grid",
        "closed the day after",
        "another grid, notice and horizon",
        "another name",
        "other rules",
    ],
)
def test_a_change_that_leaves_every_booking_served_is_loaded(
    env: BookingEnvironment, body: Municipality
) -> None:
    booking = env.book("09:30")
    assert env.reload(body) in ("updated", "unchanged")
    assert booking.state == "confirmed"
    assert env.registry["town"].body == body


@pytest.mark.parametrize("state", ["held", "expired", "cancelled", "completed", "no_show"])
def test_only_confirmed_bookings_stand_in_the_way(env: BookingEnvironment, state: str) -> None:
    booking = env.book("09:30")
    booking.state = state
    assert env.reload(small(desk("another"))) == "updated"
    env.session.refresh(booking)
    assert booking.state == ("expired" if state == "held" else state)


def test_a_hold_that_no_desk_can_serve_expires_and_the_others_stay(
    env: BookingEnvironment,
) -> None:
    stays, goes = env.hold("09:00"), env.hold("10:30")
    env.reload(small(desk("desk", opening("09:00", "10:00"))))
    assert (stays.state, goes.state) == ("held", "expired")
    assert env.history(goes) == ["held", "expired"]
    assert env.history(stays) == ["held"]


def test_what_is_over_stands_in_nobodys_way(env: BookingEnvironment) -> None:
    env.book("09:30")
    env.now = at("09:59")
    with pytest.raises(ConfigurationError):
        env.reload(small(desk("another")))
    env.now = at("10:00")
    assert env.reload(small(desk("another"))) == "updated"


@portable
def test_public_holidays_taken_up_again_spare_no_booking(make_env: MakeEnv) -> None:
    christmas = at("09:30").date().replace(day=25)
    env = make_env(small())
    booking = env.book("09:30", day=christmas)
    with pytest.raises(ConfigurationError, match=format_code(booking.code or "")):
        env.reload(small(public_holidays=True))


def test_the_bookings_of_another_municipality_are_not_looked_at(
    env: BookingEnvironment,
) -> None:
    env.book("09:30")
    other: dict[str, Any] = {"id": "city"}
    assert load_catalogue(env.session, small(**other), NOW) == "added"
    assert load_catalogue(env.session, small(desk("another"), **other), NOW) == "updated"


def displace(env: BookingEnvironment, body: Municipality) -> str:
    said = load_catalogue(env.session, body, env.now, displacing=env.registry)
    env.registry.refresh(env.session)
    return said


GONE = {
    "its service is gone",
    "its service is gone from the desk",
    "its branch is gone",
    "its channel is gone from the service",
    "its channel is gone from the desk",
    "its opening is for another service",
    "its opening is for another channel",
}
"""Those for which nothing could be offered."""


@portable
@pytest.mark.parametrize("why", ORPHANS)
def test_a_time_is_offered_for_an_orphan_unless_its_service_is_gone(
    env: BookingEnvironment, why: str
) -> None:
    booking = env.book("09:30")
    if why in GONE:
        with pytest.raises(ConfigurationError, match=f"gone .*{format_code(booking.code or '')}"):
            displace(env, ORPHANS[why])
        assert env.session.scalars(select(TimeOffer)).all() == []
        return
    assert displace(env, ORPHANS[why]) == "updated"
    assert booking.state == "confirmed"
    offers = env.session.scalars(select(TimeOffer.booking_id)).all()
    moved = env.history(booking)[-1] == "desk_changed"
    assert (offers, moved) == (([], True) if why == "its desk is gone" else ([booking.id], False))


def test_the_refusal_shows_what_would_become_of_them(env: BookingEnvironment) -> None:
    first, second, third = (env.book(clock) for clock in ("09:00", "10:00", "10:30"))
    body = small(desk("other", opening("09:00", "10:30")))
    env.now = at("09:10")
    with pytest.raises(BookingsInWay) as refused:
        env.reload(body)
    planned = refused.value.plan
    assert [booking.id for booking, _desk in planned.moves] == [second.id]
    assert [booking.id for booking in planned.offers] == [third.id]
    assert refused.value.begun == 1
    displace(env, body)
    assert env.history(first)[-1] == "confirmed"
    assert env.history(second)[-1] == "desk_changed"
    did = entries(env.session, OPERATOR, municipality_id="town")
    assert [(each.action, each.member) for each in did] == [("load", None)]


def test_an_offered_time_that_no_desk_can_serve_is_offered_anew(env: BookingEnvironment) -> None:
    booking, held = env.book("09:00"), env.hold("10:30")
    held.offered_for_id = booking.id
    env.session.add(
        TimeOffer(booking_id=booking.id, hold_id=held.id, state=OfferState.MADE, asked_at=env.now)
    )
    env.reload(small(desk("desk", opening("09:00", "10:00"))))
    assert held.state == "expired"
    states = env.session.scalars(select(TimeOffer.state).order_by(TimeOffer.id)).all()
    assert states == [OfferState.REPLACED, OfferState.PENDING]


def test_what_waits_for_an_answer_already_is_in_no_catalogues_way(env: BookingEnvironment) -> None:
    env.book("09:30")
    asked = ExceptionRequest(ExceptionKind.CLOSURE, "town", MONDAY, MONDAY)
    closures.make(env.session, env.registry, OPERATOR, asked, env.now)
    assert env.reload(small(name={"el": "Πόλη", "en": "City"})) == "updated"
    assert len(env.session.scalars(select(TimeOffer)).all()) == 1
