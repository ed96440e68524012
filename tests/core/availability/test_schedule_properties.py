"""Properties of the schedule for any openings, closures, exceptions, bookings and zones."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from core.actor import Actor
from core.availability import slots
from core.availability.schedule import (
    Spans,
    day_bounds,
    desks_for,
    free_days,
    free_starts,
    is_open_through,
    public_holidays,
)
from core.bookings import holds
from core.bookings.catalogue_update import load_catalogue
from core.catalogue.model import WEEKDAYS, Desk, Opening
from core.catalogue.registry import Registry, read_municipality
from core.catalogue.schedule_exceptions import DeskExceptions, SpecialHours, digest_of
from core.catalogue.service_offer import ServiceOffer
from core.db.database import Database
from core.db.models import Citizen, ExceptionKind, MunicipalityRow, ScheduleException
from core.errors import BookingRefused
from tests.conftest import SOAK
from tests.core.small_municipality import closure, desk, offer_of, opening, service, small, utc

ZONES = [
    "Europe/Athens",
    "America/Los_Angeles",
    "Australia/Melbourne",
    "Australia/Lord_Howe",
    "Africa/Casablanca",
    "Asia/Kathmandu",
]
FIRST_DAYS = [
    date(2026, 12, 5),
    date(2027, 3, 12),
    date(2027, 3, 26),
    date(2027, 4, 2),
    date(2027, 10, 1),
    date(2027, 10, 29),
    date(2027, 11, 5),
]
DAYS = 4

NONE = DeskExceptions()

minutes = st.integers(1, 30).map(lambda n: n * 5)
night, day_long = st.integers(0, 6 * 12), st.integers(0, 24 * 12 - 1)
clocks = st.one_of(night, night, day_long).map(lambda n: f"{n // 12:02}:{n % 12 * 5:02}")


@st.composite
def hours(draw: st.DrawFn) -> dict[str, str]:
    start, end = sorted(draw(st.lists(clocks, min_size=2, max_size=2, unique=True)))
    return {"start": start, "end": end}


@st.composite
def closures_from(draw: st.DrawFn, first: date) -> dict[str, Any]:
    begin, last = sorted(draw(st.integers(0, DAYS)) for _ in range(2))
    days = str(first + timedelta(days=begin)), str(first + timedelta(days=last))
    return closure(*days, **draw(st.one_of(hours(), hours(), hours(), st.just({}))))


@st.composite
def desks_from(draw: st.DrawFn, first: date, name: str) -> dict[str, Any]:
    openings = [
        opening(**drawn, days=draw(st.lists(st.sampled_from(WEEKDAYS), min_size=3, unique=True)))
        for drawn in draw(st.lists(hours(), min_size=1, max_size=3))
    ]
    return desk(name, *openings, closures=draw(st.lists(closures_from(first), max_size=2)))


@st.composite
def exceptions_from(draw: st.DrawFn, first: date) -> SpecialHours:
    begin, last = sorted(draw(st.integers(0, DAYS)) for _ in range(2))
    spell = draw(hours())
    start, end = (time.fromisoformat(spell[edge]) for edge in ("start", "end"))
    return SpecialHours(first + timedelta(days=begin), first + timedelta(days=last), start, end)


@st.composite
def exceptions_of_desks(draw: st.DrawFn, first: date) -> DeskExceptions:
    closures, openings = (
        tuple(draw(st.lists(exceptions_from(first), max_size=2))) for _ in range(2)
    )
    return DeskExceptions(closures, openings)


@st.composite
def scenes(draw: st.DrawFn, zones: list[str]) -> tuple[ServiceOffer, dict[int, Spans], date]:
    """An offer, what is taken at its desks, and the first of the days to look at."""
    first = draw(st.sampled_from(FIRST_DAYS))
    zone = draw(st.sampled_from(zones))
    desks = [draw(desks_from(first, name)) for name in ("a", "b")[: draw(st.integers(1, 2))]]
    body = small(
        *desks,
        timezone=zone,
        services=(service(duration=draw(minutes), interval=draw(minutes), horizon_days=366),),
        branch={"closures": draw(st.lists(closures_from(first), max_size=1))},
        public_holidays=draw(st.booleans()),
    )
    midnight = int(day_bounds(first, ZoneInfo(zone))[0].timestamp())
    busy: dict[int, Spans] = {}
    for desk_id in range(1, len(desks) + 1):
        edges = sorted(draw(st.lists(st.integers(0, DAYS * 288), max_size=8, unique=True)))
        moments = [midnight + edge * 300 for edge in edges]
        busy[desk_id] = list(zip(moments[::2], moments[1::2], strict=False))
    made = {f"{one['id']}": draw(exceptions_of_desks(first)) for one in desks}
    return replace(offer_of(body), exceptions=made), busy, first


def has(hours: Iterable[SpecialHours], local: datetime) -> bool:
    return any(
        each.first <= local.date() <= each.last and each.start <= local.time() < each.end
        for each in hours
    )


def open_at(offer: ServiceOffer, one: Desk, moment: int) -> bool:
    """Return whether the desk is open at a local time."""
    made, local = offer.exceptions[one.id], datetime.fromtimestamp(moment, offer.zone)
    if has(made.closures, local):
        return False
    return has(made.openings, local) or open_by_catalogue(offer, one, moment)


def open_by_catalogue(offer: ServiceOffer, one: Desk, moment: int) -> bool:
    local = datetime.fromtimestamp(moment, offer.zone)
    day, clock = local.date(), local.time()
    body = offer.municipality
    if body.public_holidays and day in public_holidays(day.year):
        return False
    for shut in (*body.closures, *offer.branch.closures, *one.closures):
        if shut.first <= day <= shut.last and (
            shut.start is None or shut.end is None or shut.start <= clock < shut.end
        ):
            return False
    return any(
        WEEKDAYS[day.weekday()] in spell.days and spell.start <= clock < spell.end
        for spell in one.openings
    )


def window(offer: ServiceOffer, first: date, zone: ZoneInfo) -> tuple[datetime, datetime, datetime]:
    since, until = day_bounds(first, zone)[0], day_bounds(first + timedelta(days=DAYS - 1), zone)[1]
    return since, until, utc(since) - timedelta(days=2)


def holds_for(
    examples: int, *drawn: st.SearchStrategy[Any]
) -> Callable[[Callable[..., None]], Callable[[int], None]]:
    """Check a property for so many examples, and for ten times as many in `make soak`."""

    def decorate(check: Callable[..., None]) -> Callable[[int], None]:
        @pytest.mark.parametrize("examples", [examples, pytest.param(10 * examples, marks=SOAK)])
        def test(examples: int) -> None:
            settings(max_examples=examples, deadline=None, derandomize=True)(given(*drawn)(check))()

        return test

    return decorate


@holds_for(40, scenes(ZONES))
def test_no_free_time_is_closed_or_overlaps_what_is_taken(
    scene: tuple[ServiceOffer, dict[int, Spans], date],
) -> None:
    offer, busy, first = scene
    since, until, now = window(offer, first, offer.zone)
    length = offer.service.duration * 60
    for start in free_starts(offer, busy, since, until, now):
        assert since.timestamp() <= start < until.timestamp()
        assert any(
            all(open_at(offer, one, moment) for moment in range(start, start + length, 300))
            and all(end <= start or start + length <= begin for begin, end in busy[desk_id])
            for desk_id, one in offer.desks
        )


@holds_for(40, scenes(["Asia/Kathmandu"]))
def test_every_time_that_is_open_and_not_taken_is_free(
    scene: tuple[ServiceOffer, dict[int, Spans], date],
) -> None:
    offer, busy, first = scene
    since, until, now = window(offer, first, offer.zone)
    length, step = offer.service.duration, timedelta(minutes=offer.service.interval)
    expected = set()
    for day in (first + timedelta(days=n) for n in range(DAYS)):
        for desk_id, one in offer.desks:
            made = offer.exceptions[one.id]
            of_day: list[Opening | SpecialHours] = [
                o for o in one.openings if WEEKDAYS[day.weekday()] in o.days
            ]
            extra = [o for o in made.openings if o.first <= day <= o.last]
            for spell in (*of_day, *extra):
                start = datetime.combine(day, spell.start, offer.zone)
                end = datetime.combine(day, spell.end, offer.zone)
                while start + timedelta(minutes=length) <= end:
                    begin = int(start.timestamp())
                    if all(
                        open_at(offer, one, moment)
                        and (spell in extra or open_by_catalogue(offer, one, moment))
                        for moment in range(begin, begin + length * 60, 300)
                    ) and all(b >= begin + length * 60 or e <= begin for b, e in busy[desk_id]):
                        expected.add(begin)
                    start += step
    assert free_starts(offer, busy, since, until, now) == sorted(expected)


@holds_for(25, scenes(["Asia/Kathmandu"]))
def test_a_desk_is_open_through_what_is_open_at_each_moment(
    scene: tuple[ServiceOffer, dict[int, Spans], date],
) -> None:
    offer, _busy, first = scene
    length = timedelta(minutes=offer.service.duration)
    midnight = datetime.combine(first, time(), offer.zone)
    starts = [midnight + timedelta(minutes=20 * n) for n in range(DAYS * 72)]
    for begin in (start for start in starts if (start + length).date() == start.date()):
        moments = range(int(begin.timestamp()), int((begin + length).timestamp()), 300)
        for desk_id, one in offer.desks:
            works = all(open_at(offer, one, moment) for moment in moments)
            assert is_open_through(offer, one, begin, begin + length) is works
            assert works or desk_id not in desks_for(offer, begin)


@holds_for(40, scenes(ZONES), st.sampled_from(ZONES))
def test_the_free_days_are_the_days_of_the_free_times(
    scene: tuple[ServiceOffer, dict[int, Spans], date], name: str
) -> None:
    offer, busy, first = scene
    zone = ZoneInfo(name)
    since, until, now = window(offer, first, zone)
    found = free_starts(offer, busy, since, until, now)
    days = sorted({datetime.fromtimestamp(start, zone).date() for start in found})
    assert free_days(offer, busy, since, until, now, zone) == days


def store(session: Session, drawn: ServiceOffer, now: datetime) -> None:
    """Store the exceptions that were drawn."""
    desk_ids = read_municipality(session, "town").desk_ids
    for desk_name, made in drawn.exceptions.items():
        kinds = {ExceptionKind.CLOSURE: made.closures, ExceptionKind.OPENING: made.openings}
        session.add_all(
            ScheduleException(
                municipality_id="town",
                branch="office",
                desk_id=desk_ids["office", desk_name],
                kind=kind,
                first=each.first,
                last=each.last,
                start=f"{each.start:%H:%M}",
                end=f"{each.end:%H:%M}",
                reason=None,
                made_at=now,
            )
            for kind, hours in kinds.items()
            for each in hours
        )
    session.flush()
    row = session.get_one(MunicipalityRow, "town")
    row.digest = digest_of(session, "town", row.document)
    session.flush()


@pytest.fixture(scope="module")
def office_file(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    database = Database(f"sqlite:///{tmp_path_factory.mktemp('calendar') / 'office.db'}")
    database.prepare()
    yield database
    database.close()


@pytest.mark.parametrize("examples", [12, pytest.param(150, marks=SOAK)])
def test_whatever_is_free_can_be_held_and_nothing_else(
    office_file: Database, examples: int
) -> None:
    @settings(max_examples=examples, deadline=None, derandomize=True)
    @given(scenes(["Europe/Athens", "Australia/Lord_Howe"]), st.data())
    def check(scene: tuple[ServiceOffer, dict[int, Spans], date], data: st.DataObject) -> None:
        hold_whatever_is_free(office_file, scene, data)

    check()


def hold_whatever_is_free(
    office_file: Database, scene: tuple[ServiceOffer, dict[int, Spans], date], data: st.DataObject
) -> None:
    drawn, _busy, first = scene
    since, until, now = window(drawn, first, drawn.zone)
    with Session(office_file.engine) as session:
        load_catalogue(session, drawn.municipality, now)
        store(session, drawn, now)
        registry = Registry("secret")
        registry.refresh(session)
        offer = registry["town"].offer("papers", "office", "in_person")
        assert offer.exceptions == {k: v for k, v in drawn.exceptions.items() if v != NONE}
        who = Citizen(details={}, created_at=now)
        session.add(who)
        session.flush()
        actor = Actor(who.id, "console", "el", "Europe/Athens")
        every = slots.free_times(session, offer, since, until, now, None)
        for _ in range(min(12, len(every))):
            free = slots.free_times(session, offer, since, until, now, None)
            # As instants: in one zone, two moments of an hour that comes twice are equal.
            starts = {start.timestamp() for start in free}
            wanted = data.draw(st.sampled_from(every)).astimezone(UTC)
            beside = wanted + timedelta(minutes=data.draw(st.sampled_from([-5, 0, 5])))
            beside = beside.astimezone(data.draw(st.sampled_from([offer.zone, UTC])))
            if beside.timestamp() in starts:
                holds.hold(session, offer, beside, now, actor)
            elif since.timestamp() <= beside.timestamp() < until.timestamp():
                with pytest.raises(BookingRefused, match="taken"):
                    holds.hold(session, offer, beside, now, actor)
