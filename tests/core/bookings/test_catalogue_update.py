"""Loading a catalogue: in place, by id, and never over somebody's booking."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.bookings.catalogue_update import load_catalogue
from core.catalogue import registry as registry_module
from core.catalogue.model import Municipality
from core.catalogue.registry import Registry
from core.db.database import Database
from core.db.models import Booking, Desk, MunicipalityRow
from core.errors import ConfigurationError
from tests.core.booking_environment import BookingEnvironment
from tests.core.small_municipality import (
    NOW,
    at,
    closure,
    desk,
    opening,
    service,
    small_municipality,
)

MakeEnvironment = Callable[..., BookingEnvironment]
BOTH = ["in_person", "video"]


def desks(database: Database) -> dict[str, int]:
    return database.write_sync(lambda s: {row.name: row.id for row in s.scalars(select(Desk))})


def test_the_first_time_is_added_then_unchanged_then_updated(empty: Database) -> None:
    said = [
        empty.write_sync(lambda s, body=body: load_catalogue(s, body, NOW))  # type: ignore[misc]
        for body in (
            small_municipality(),
            small_municipality(),
            small_municipality(desk("desk"), desk("more")),
            small_municipality(),
        )
    ]
    assert said == ["added", "unchanged", "updated", "updated"]
    rows = empty.write_sync(lambda s: s.scalars(select(MunicipalityRow.id)).all())
    assert rows == ["town"]


def test_loading_the_same_again_leaves_its_time(empty: Database) -> None:
    for now in (NOW, NOW + timedelta(hours=1)):
        empty.write_sync(partial(load_catalogue, body=small_municipality(), now=now))
    (loaded_at,) = empty.write_sync(lambda s: s.scalars(select(MunicipalityRow.loaded_at)).all())
    assert loaded_at == NOW


def test_a_desk_keeps_its_number_even_while_it_is_gone(empty: Database) -> None:
    empty.write_sync(lambda s: load_catalogue(s, small_municipality(desk("a"), desk("b")), NOW))
    before = desks(empty)
    empty.write_sync(lambda s: load_catalogue(s, small_municipality(desk("b"), desk("c")), NOW))
    empty.write_sync(
        lambda s: load_catalogue(s, small_municipality(desk("c"), desk("a"), desk("b")), NOW)
    )
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
    empty.write_sync(lambda s: load_catalogue(s, small_municipality(), NOW))
    empty.write_sync(ours.refresh)
    assert len(ours["town"].body.branches[0].desks) == 1
    empty.write_sync(lambda s: load_catalogue(s, small_municipality(desk("a"), desk("b")), NOW))
    empty.write_sync(ours.refresh)
    assert len(ours["town"].body.branches[0].desks) == 2
    assert set(ours["town"].offer("papers", "office", "in_person").desk_ids) >= {"a", "b"}


def test_a_refresh_reads_no_catalogue_anew_that_did_not_change(
    empty: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    empty.write_sync(lambda s: load_catalogue(s, small_municipality(), NOW))
    ours = Registry("secret")
    empty.write_sync(ours.refresh)
    monkeypatch.setattr(registry_module, "_read", None)
    empty.write_sync(ours.refresh)
    assert "town" in ours


ORPHANS: dict[str, Municipality] = {
    "its service is gone": small_municipality(services=(service("other"),)),
    "its service is gone from the desk": small_municipality(
        desk(services=["other"]), services=(service(), service("other"))
    ),
    "its desk is gone": small_municipality(desk("another")),
    "its branch is gone": small_municipality(branch={"id": "elsewhere"}),
    "its channel is gone from the service": small_municipality(
        desk(channels=["video"]), services=(service(channels=["video"]),)
    ),
    "its channel is gone from the desk": small_municipality(
        desk(channels=["video"]), services=(service(channels=BOTH),)
    ),
    "its opening is gone": small_municipality(desk("desk", opening(days=["tue"]))),
    "its opening ends before it does": small_municipality(desk("desk", opening("09:00", "09:45"))),
    "its opening begins after it does": small_municipality(desk("desk", opening("09:31", "11:00"))),
    "its opening is for another service": small_municipality(
        desk("desk", opening(services=["other"])), services=(service(), service("other"))
    ),
    "its opening is for another channel": small_municipality(
        desk("desk", opening(channels=["video"]), channels=BOTH),
        services=(service(channels=BOTH),),
    ),
    "its opening ends on an earlier day": small_municipality(
        desk("desk", opening(to="2026-12-06"))
    ),
    "the municipality is closed then": small_municipality(closures=[closure("2026-12-07")]),
    "the branch is closed then": small_municipality(branch={"closures": [closure("2026-12-07")]}),
    "the desk is closed then": small_municipality(desk(closures=[closure("2026-12-07")])),
    "the desk is closed for its last minute": small_municipality(
        desk(closures=[closure("2026-12-07", start="09:59", end="10:30")])
    ),
    "the municipality moved to another zone": small_municipality(timezone="Australia/Melbourne"),
}


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
    assert f": {booking.code}." in empty.write_sync(try_to_load)
    ours = Registry("secret")
    empty.write_sync(ours.refresh)
    assert ours["town"].body == small_municipality()
    assert list(desks(empty)) == ["desk"]
    assert empty.write_sync(lambda s: s.get_one(Booking, booking.id).state) == "confirmed"


def test_the_refusal_names_all_and_only_the_orphans(environment: BookingEnvironment) -> None:
    kept, first, second = (environment.book(clock) for clock in ("09:00", "10:00", "10:30"))
    with pytest.raises(ConfigurationError) as refused:
        environment.reload(small_municipality(desk("desk", opening("09:00", "10:00"))))
    said = str(refused.value)
    assert ", ".join(sorted([first.code or "", second.code or ""])) in said
    assert (kept.code or "") not in said


@pytest.mark.parametrize(
    "body",
    [
        small_municipality(),
        small_municipality(desk("desk"), desk("more")),
        small_municipality(desk("desk", opening("09:30", "10:00"))),
        small_municipality(desk("desk", opening("09:00", "09:45"), opening("09:45", "11:00"))),
        small_municipality(desk(closures=[closure("2026-12-07", start="10:00", end="11:00")])),
        small_municipality(desk(closures=[closure("2026-12-07", start="09:05", end="09:30")])),
        small_municipality(closures=[closure("2026-12-08")]),
        small_municipality(
            services=(service(duration=20, interval=25, notice_hours=400, horizon_days=30),)
        ),
        small_municipality(name={"el": "Πόλη", "en": "City"}),
        small_municipality(rules={"open_bookings": 1, "change_deadline_hours": 200}),
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
    environment: BookingEnvironment, body: Municipality
) -> None:
    booking = environment.book("09:30")
    assert environment.reload(body) in ("updated", "unchanged")
    assert booking.state == "confirmed"
    assert environment.registry["town"].body == body


@pytest.mark.parametrize("state", ["held", "expired", "cancelled", "completed", "no_show"])
def test_only_confirmed_bookings_stand_in_the_way(
    environment: BookingEnvironment, state: str
) -> None:
    booking = environment.book("09:30")
    booking.state = state
    assert environment.reload(small_municipality(desk("another"))) == "updated"
    environment.session.refresh(booking)
    assert booking.state == ("expired" if state == "held" else state)


def test_a_hold_that_no_desk_can_serve_expires_and_the_others_stay(
    environment: BookingEnvironment,
) -> None:
    stays, goes = environment.hold("09:00"), environment.hold("10:30")
    environment.reload(small_municipality(desk("desk", opening("09:00", "10:00"))))
    assert (stays.state, goes.state) == ("held", "expired")
    assert environment.history(goes) == ["held", "expired"]
    assert environment.history(stays) == ["held"]


def test_what_is_over_stands_in_nobodys_way(environment: BookingEnvironment) -> None:
    environment.book("09:30")
    environment.now = at("09:59")
    with pytest.raises(ConfigurationError):
        environment.reload(small_municipality(desk("another")))
    environment.now = at("10:00")
    assert environment.reload(small_municipality(desk("another"))) == "updated"


def test_public_holidays_taken_up_again_spare_no_booking(make_environment: MakeEnvironment) -> None:
    christmas = at("09:30").date().replace(day=25)
    environment = make_environment(small_municipality())
    booking = environment.book("09:30", day=christmas)
    with pytest.raises(ConfigurationError, match=booking.code):
        environment.reload(small_municipality(public_holidays=True))


def test_the_bookings_of_another_municipality_are_not_looked_at(
    environment: BookingEnvironment,
) -> None:
    environment.book("09:30")
    other: dict[str, Any] = {"id": "city"}
    assert load_catalogue(environment.session, small_municipality(**other), NOW) == "added"
    assert (
        load_catalogue(environment.session, small_municipality(desk("another"), **other), NOW)
        == "updated"
    )
