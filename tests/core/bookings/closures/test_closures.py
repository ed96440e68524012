"""Closing and opening while the office lives: the bookings in the way, and what can't be so."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from unittest.mock import Mock

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.actor import OPERATOR
from core.availability.schedule import is_unclear
from core.bookings.closures import checks, listing
from core.bookings.closures import service as closures
from core.bookings.closures.request import ExceptionRequest
from core.bookings.closures.service import Made
from core.bookings.offers import service as time_offers
from core.catalogue.registry import Registry
from core.db.database import Database
from core.db.models import Booking, ExceptionKind, OfferState, ScheduleException, TimeOffer
from core.errors import ClosedThen, StaffRefusalKind, StaffRefused
from core.staff.record import entries
from tests.bot.test_turn import counted
from tests.conftest import portable
from tests.core.booking_environment import BookingEnvironment
from tests.core.bookings.offers.acting import decline, latest, work_off
from tests.core.bookings.offers.acting import make as make_offers_of
from tests.core.db.query_plans import plans
from tests.core.small_municipality import (
    MONDAY,
    NOW,
    TUESDAY,
    at,
    desk,
    opening,
    service,
    small,
)

MakeEnv = Callable[..., BookingEnvironment]

THREE = small(desk("one"), desk("two"), desk("three"))


def asked(kind: ExceptionKind = ExceptionKind.CLOSURE, **more: Any) -> ExceptionRequest:
    days = {"first": MONDAY, "last": MONDAY}
    return ExceptionRequest(**({"kind": kind, "municipality_id": "town"} | days | more))


def close(env: BookingEnvironment, **more: Any) -> Made:
    made = closures.make(env.session, env.registry, OPERATOR, asked(**more), env.now)
    env.registry.refresh(env.session)
    return made


def extra_opening(env: BookingEnvironment, start: str, end: str, **more: Any) -> Made:
    return close(env, kind=ExceptionKind.OPENING, start=start, end=end, **more)


def withdraw(env: BookingEnvironment, number: int) -> int:
    ended = closures.withdraw(env.session, env.registry, OPERATOR, "town", number, env.now)
    env.registry.refresh(env.session)
    work_off(env)
    return ended.withdrawn


def refusal(env: BookingEnvironment, **more: Any) -> tuple[StaffRefusalKind, str]:
    with pytest.raises(StaffRefused) as refused:
        close(env, **more)
    text = refused.value.text
    return refused.value.kind, text.message.format(**{k: f"{v}" for k, v in text.args.items()})


def offers(env: BookingEnvironment) -> list[tuple[int, str]]:
    env.session.flush()
    rows = env.session.scalars(select(TimeOffer).order_by(TimeOffer.id))
    return [(row.booking_id, row.state) for row in rows]


def desk_name(env: BookingEnvironment, booking: Booking) -> str:
    ids = {row_id: desk for (_at, desk), row_id in env.registry["town"].desk_ids.items()}
    return ids[booking.desk_id]


def test_a_closed_day_has_no_free_time_and_the_next_day_has(env: BookingEnvironment) -> None:
    close(env)
    assert env.free() == ""
    env.book("09:00", day=TUESDAY)


def test_an_extra_opening_can_be_booked(env: BookingEnvironment) -> None:
    extra_opening(env, "17:00", "18:00")
    assert env.free() == "09:00 09:30 10:00 10:30 17:00 17:30"
    assert env.book("17:30").state == "confirmed"


def test_every_process_sees_what_another_closed_and_opened_again(empty: Database) -> None:
    def prepare(session: Any) -> int:
        return close(BookingEnvironment(session)).id

    def free(session: Any) -> str:
        ours.refresh(session)
        env = BookingEnvironment(session)
        env.registry = ours
        return env.free()

    ours = Registry("secret")
    empty.write_sync(lambda s: BookingEnvironment(s).book("09:00"))
    assert empty.write_sync(free) == "09:30 10:00 10:30"
    number = empty.write_sync(prepare)
    assert empty.write_sync(free) == ""
    empty.write_sync(lambda s: withdraw(BookingEnvironment(s), number))
    assert empty.write_sync(free) == "09:30 10:00 10:30"


def test_a_catalogue_that_is_loaded_leaves_closures_and_what_others_read(
    env: BookingEnvironment,
) -> None:
    close(env)
    assert env.reload(small()) == "unchanged"
    assert env.reload(small(name={"el": "Πόλη", "en": "City"})) == "updated"
    assert env.free() == ""
    assert env.reload(small()) == "updated"  # as it was before the closure
    other = Registry("secret")
    other.refresh(env.session)
    assert other["town"].exceptions == env.registry["town"].exceptions != {}


@portable
def test_a_booking_in_the_way_goes_to_the_least_busy_desk_that_is_free(make_env: MakeEnv) -> None:
    env = make_env(THREE)
    first, second, third = (env.book("09:00") for _ in range(3))
    later = env.book("10:00")
    here = {desk_name(env, each): each for each in (first, second, third)}
    assert set(here) == {"one", "two", "three"}
    assert desk_name(env, later) == "one"
    env.cancel(here["two"])
    env.cancel(here["three"])
    busy = env.book("10:30")  # at two, or three
    free = {"two", "three"} - {desk_name(env, busy)}
    planned = closures.preview(
        env.session,
        env.registry,
        OPERATOR,
        asked(desk="office/one", start="08:00", end="09:30"),
        env.now,
    )
    assert [booking.id for booking, _desk in planned.moves] == [here["one"].id]
    assert desk_name(env, here["one"]) == "one"  # it is only a preview
    close(env, desk="office/one", start="08:00", end="09:30")
    assert {desk_name(env, here["one"])} == free
    assert env.history(here["one"])[-1] == "desk_changed"
    assert desk_name(env, later) == "one"
    assert offers(env) == []


def test_a_time_is_offered_for_each_booking_that_no_other_desk_can_take(make_env: MakeEnv) -> None:
    env = make_env(small(desk("one"), desk("two", opening("09:00", "10:00"))))
    moved, stays_late, other = env.book("09:00"), env.book("10:30"), env.book("10:00", day=TUESDAY)
    made = close(env, desk="office/one", reason="ασθένεια")
    assert [booking.id for booking, _desk in made.plan.moves] == [moved.id]
    assert [booking.id for booking in made.plan.offers] == [stays_late.id]
    assert desk_name(env, moved) == "two"
    assert offers(env) == [(stays_late.id, OfferState.PENDING)]
    assert [each.state for each in (moved, stays_late, other)] == ["confirmed"] * 3
    assert env.session.scalar(select(TimeOffer.exception_id)) == made.id


def test_a_desk_that_is_taken_or_held_or_does_not_serve_it_takes_nobody(make_env: MakeEnv) -> None:
    services = (service(), service("other"))
    env = make_env(
        small(desk("one"), desk("two"), desk("x", services=["other"]), services=services)
    )
    first, held = env.book("09:00"), env.hold("09:00")
    assert {desk_name(env, first), desk_name(env, held)} == {"one", "two"}
    close(env, desk=f"office/{desk_name(env, first)}")
    assert offers(env) == [(first.id, OfferState.PENDING)]


def test_a_lapsed_hold_is_in_nobodys_way(make_env: MakeEnv) -> None:
    env = make_env(small(desk("one"), desk("two")))
    first, held = env.book("09:00"), env.hold("09:00")
    env.later(hours=2)
    close(env, desk=f"office/{desk_name(env, first)}")
    assert desk_name(env, first) == desk_name(env, held)
    assert held.state == "expired"
    assert env.history(held) == ["held", "expired"]


def test_holds_in_the_way_expire_and_what_is_held_anew_is_elsewhere(make_env: MakeEnv) -> None:
    env = make_env(small(desk("one"), desk("two")))
    held = env.hold("09:00")
    at_desk = desk_name(env, held)
    close(env, desk=f"office/{at_desk}")
    assert held.state == "expired"
    env.confirm(held)
    assert desk_name(env, held) != at_desk


def test_what_has_begun_is_not_disturbed(env: BookingEnvironment) -> None:
    env.book("09:30")
    env.now = at("09:40")
    made = close(env, start="09:00", end="12:00")
    assert not (made.plan.moves or made.plan.offers or made.plan.holds)


@pytest.mark.parametrize("where", [{}, {"branch": "office"}, {"desk": "office/desk"}])
def test_a_municipality_a_branch_or_a_desk_is_closed(
    env: BookingEnvironment, where: dict[str, str]
) -> None:
    booking = env.book("09:00")
    close(env, **where)
    assert env.free() == ""
    assert offers(env) == [(booking.id, OfferState.PENDING)]


@portable
def test_who_declined_and_lies_in_another_closure_still_is_offered_a_time_again(
    env: BookingEnvironment,
) -> None:
    booking = env.book("09:00")
    close(env, start="09:00", end="10:00")
    make_offers_of(env)
    decline(env, latest(env, booking))
    wider = close(env)
    make_offers_of(env)
    decline(env, latest(env, booking))
    assert withdraw(env, wider.id) == 0
    assert [state for _booking, state in offers(env)] == ["declined", "declined", "pending"]


def test_a_closure_that_ends_leaves_the_booking_and_withdraws_its_offer(
    env: BookingEnvironment,
) -> None:
    booking = env.book("09:00")
    made = close(env)
    assert withdraw(env, made.id) == 1
    assert offers(env) == [(booking.id, OfferState.WITHDRAWN)]
    assert booking.state == "confirmed"
    assert env.free() == "09:30 10:00 10:30"


@portable
def test_an_offer_that_stays_for_another_closure_isnt_counted_as_withdrawn(
    env: BookingEnvironment,
) -> None:
    booking = env.book("09:00")
    first = close(env, start="08:00", end="10:00")
    close(env, start="09:00", end="11:00")
    make_offers_of(env)
    assert withdraw(env, first.id) == 0
    assert latest(env, booking).state == OfferState.MADE


def test_an_offer_of_a_closure_that_ended_just_before_is_counted_with_the_other(
    env: BookingEnvironment,
) -> None:
    env.book("09:00")
    both = close(env, start="08:00", end="10:00"), close(env, start="09:00", end="11:00")
    make_offers_of(env)
    given = env.session, env.registry, OPERATOR, "town"
    assert [closures.withdraw(*given, each.id, env.now).withdrawn for each in both] == [0, 1]


@portable
def test_a_booking_in_another_closure_too_is_offered_a_time_again(env: BookingEnvironment) -> None:
    booking = env.book("09:00")
    first = close(env, start="08:00", end="10:00")
    second = close(env, start="09:00", end="11:00")
    withdraw(env, first.id)
    assert offers(env) == [(booking.id, OfferState.REPLACED), (booking.id, OfferState.PENDING)]
    withdraw(env, second.id)
    assert offers(env) == [(booking.id, OfferState.REPLACED), (booking.id, OfferState.WITHDRAWN)]


def test_a_booking_that_another_desk_takes_after_all_is_offered_nothing_more(
    make_env: MakeEnv,
) -> None:
    env = make_env(small(desk("one"), desk("two")))
    first, second = env.book("09:00"), env.book("09:00")
    here = desk_name(env, first)
    close(env, desk=f"office/{here}", start="08:00", end="10:00")
    assert offers(env) == [(first.id, OfferState.PENDING)]
    env.cancel(second)
    close(env, desk=f"office/{here}", start="09:00", end="11:00")
    assert desk_name(env, first) != here
    assert offers(env) == [(first.id, OfferState.WITHDRAWN)]


def test_an_offered_time_that_is_closed_is_offered_anew(env: BookingEnvironment) -> None:
    booking = env.book("09:00")
    first = close(env)
    offer = env.session.scalars(select(TimeOffer)).one()
    held = env.hold("09:00", day=TUESDAY)
    held.offered_for_id = booking.id
    offer.state, offer.hold_id = OfferState.MADE, held.id
    close(env, first=TUESDAY, last=TUESDAY)
    assert held.state == "expired"
    assert offers(env) == [(booking.id, OfferState.REPLACED), (booking.id, OfferState.PENDING)]
    again = env.session.scalars(select(TimeOffer.exception_id)).all()
    assert again == [first.id, first.id]


def test_what_staff_did_is_recorded_with_the_reason(env: BookingEnvironment) -> None:
    made = close(env, reason="ασθένεια")
    withdraw(env, made.id)
    extra_opening(env, "17:00", "18:00")
    said = entries(env.session, OPERATOR, municipality_id="town")
    assert [(each.action, each.reason) for each in said] == [
        ("open", None),
        ("open", None),
        ("close", "ασθένεια"),
    ]


def test_the_list_has_what_is_to_come(env: BookingEnvironment) -> None:
    over = close(env, first=NOW.date(), last=NOW.date(), start="09:00", end="10:00")
    gone = close(env, first=TUESDAY, last=TUESDAY)
    withdraw(env, gone.id)
    kept = close(env, desk="office/desk", reason="ασθένεια")
    extra = extra_opening(env, "17:00", "19:00", branch="office", first=TUESDAY, last=TUESDAY)
    env.now = at("10:00", NOW.date())
    found = listing.list_exceptions(env.session, env.registry, OPERATOR, "town", env.now)
    assert over.id not in [each.id for each in found]
    assert [each.id for each in found] == [kept.id, extra.id]
    assert found[0].asked == asked(desk="office/desk", reason="ασθένεια")
    assert found[0].made_by is None


SUMMER_TIME = date(2027, 3, 28)

BAD: dict[str, tuple[dict[str, Any], StaffRefusalKind, str]] = {
    "in the past": (
        {"first": date(2026, 11, 29), "last": date(2026, 11, 29)},
        StaffRefusalKind.INVALID,
        "over",
    ),
    "earlier today": (
        {"first": NOW.date(), "last": NOW.date(), "start": "07:00", "end": "08:00"},
        StaffRefusalKind.INVALID,
        "over",
    ),
    "the end before the start": (
        {"start": "12:00", "end": "10:00"},
        StaffRefusalKind.INVALID,
        "12:00-10:00",
    ),
    "no time at all": ({"start": "12:00", "end": "12:00"}, StaffRefusalKind.INVALID, "12:00-12:00"),
    "the last day before the first": (
        {"last": MONDAY - timedelta(days=1)},
        StaffRefusalKind.INVALID,
        "before",
    ),
    "far away": (
        {"first": date(2126, 12, 7), "last": date(2126, 12, 7)},
        StaffRefusalKind.INVALID,
        "up to",
    ),
    "the last day of the calendar": ({"last": date.max}, StaffRefusalKind.INVALID, "up to"),
    "in the hour that is skipped": (
        {"first": SUMMER_TIME, "last": SUMMER_TIME, "start": "03:15", "end": "09:00"},
        StaffRefusalKind.INVALID,
        "clock",
    ),
    "a desk that isn't there": (
        {"desk": "office/other"},
        StaffRefusalKind.INVALID,
        "office/desk",
    ),
    "a branch that isn't there": ({"branch": "other"}, StaffRefusalKind.NOT_FOUND, "office"),
    "another municipality": ({"municipality_id": "city"}, StaffRefusalKind.NOT_FOUND, "such"),
    "a long reason": ({"reason": "α" * 301}, StaffRefusalKind.INVALID, "reason"),
    "an opening without hours": (
        {"kind": ExceptionKind.OPENING},
        StaffRefusalKind.INVALID,
        "hours",
    ),
}


@pytest.mark.parametrize("why", BAD)
def test_what_cannot_be_is_refused_and_changes_nothing(env: BookingEnvironment, why: str) -> None:
    given, kind, said = BAD[why]
    refused, text = refusal(env, **given)
    assert refused is kind
    assert said in text
    assert env.session.scalars(select(ScheduleException)).all() == []


@pytest.mark.parametrize("hours", [{}, {"start": "09:00", "end": "12:00"}])
@portable
def test_a_closure_that_began_long_ago_costs_the_days_to_come(
    env: BookingEnvironment, hours: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked_about = Mock(wraps=is_unclear)
    monkeypatch.setattr(checks, "is_unclear", asked_about)
    confirmed = env.confirm(env.hold("10:00"))
    close(env, first=date.min, **hours)
    assert latest(env, confirmed).booking_id == confirmed.id
    assert asked_about.call_count == (2 * ((MONDAY - NOW.date()).days + 1) if hours else 0)


def test_a_closure_over_another_tells_which_it_is(env: BookingEnvironment) -> None:
    made = close(env, branch="office")
    for again in (
        {"branch": "office"},
        {"desk": "office/desk"},
        {"start": "09:00", "end": "10:00", "branch": "office"},
    ):
        kind, text = refusal(env, **again)
        assert (kind, str(made.id) in text) == (StaffRefusalKind.CHANGED, True)
    close(env)  # the municipality: more than that branch
    with pytest.raises(ClosedThen, match="changed") as refused:
        extra_opening(env, "09:00", "10:00", branch="office")
    assert refused.value.number == made.id


def test_a_closure_that_ended_already_says_so(env: BookingEnvironment) -> None:
    made = close(env)
    withdraw(env, made.id)
    for number, kind in ((made.id, StaffRefusalKind.CHANGED), (99, StaffRefusalKind.NOT_FOUND)):
        with pytest.raises(StaffRefused) as refused:
            withdraw(env, number)
        assert refused.value.kind is kind
    other = close(env)
    env.now = datetime(2026, 12, 8, tzinfo=UTC)
    with pytest.raises(StaffRefused) as refused:
        withdraw(env, other.id)
    assert refused.value.kind is StaffRefusalKind.CHANGED


def test_hours_across_a_clock_change_are_closed(make_env: MakeEnv) -> None:
    close(make_env(), first=SUMMER_TIME, last=SUMMER_TIME, start="02:00", end="05:00")


def test_what_became_of_bookings_is_counted_without_reading_the_past(empty: Database) -> None:
    def count(session: Session) -> None:
        row = ScheduleException(
            id=1, municipality_id="town", made_at=NOW, first=MONDAY, last=MONDAY
        )
        listing.outcome_of(session, BookingEnvironment(session).registry["town"], row, NOW)

    offered, before, moved, lost = plans(empty, count)[-4:]
    for plan in (moved, before, lost):
        assert re.search(r"municipality_id=\? AND ends_at>\?|ends_at > ", plan), plan
    assert re.search(r"bookings USING INTEGER PRIMARY KEY|pk_bookings", offered), offered


def test_many_in_the_way_take_no_more_statements_than_few(
    env: BookingEnvironment, shared: Database
) -> None:
    for day, clocks in ((MONDAY, "09:00 09:30"), (TUESDAY, "09:00 09:30 10:00 10:30")):
        for clock in clocks.split():
            env.book(clock, day=day)
    with counted(shared) as few:
        close(env)
    with counted(shared) as many:
        close(env, first=TUESDAY, last=TUESDAY)
    assert len(offers(env)) == 6
    assert few == many != {}


def test_ending_a_closure_takes_no_more_statements_for_many_offers(
    env: BookingEnvironment, shared: Database
) -> None:
    for day, clocks in ((MONDAY, "09:00 09:30"), (TUESDAY, "09:00 09:30 10:00 10:30")):
        for clock in clocks.split():
            env.book(clock, day=day)
    numbers = [close(env, first=day, last=day).id for day in (MONDAY, TUESDAY)]
    make_offers_of(env)
    counts = []
    for number in numbers:
        with counted(shared) as statements:
            closures.withdraw(env.session, env.registry, OPERATOR, "town", number, env.now)
        counts.append(statements)
        env.registry.refresh(env.session)
    assert counts[0] == counts[1] != {}
    assert {state for _booking, state in offers(env)} == {OfferState.MADE}
    assert work_off(env) == 6


@portable
def test_who_lies_in_another_closure_is_not_told_that_the_appointment_stands(
    env: BookingEnvironment,
) -> None:
    env.book("09:00")
    first = close(env, start="08:00", end="10:00")
    close(env, start="09:00", end="11:00")
    make_offers_of(env)
    withdraw(env, first.id)
    make_offers_of(env)
    told = [kind for _platform, kind in env.outbox() if "offer" in kind]
    assert told == ["time_offered"]  # whose time is held still


@portable
def test_the_bookings_of_an_extra_opening_that_ends_are_in_the_way(make_env: MakeEnv) -> None:
    env = make_env(small(desk("one"), desk("two", opening("17:00", "17:30"))))
    number = extra_opening(env, "10:30", "19:00", desk="office/one", reason="έκτακτα").id
    here = {desk_name(env, each): each for each in (env.book("17:00"), env.book("17:00"))}
    env.cancel(here["two"])
    offered, within, held = env.book("17:30"), env.book("10:30"), env.hold("18:00")
    what = (env.session, env.registry, OPERATOR, "town", number, env.now)
    assert closures.preview_end(*what).offers == [offered]
    withdraw(env, number)
    assert within.starts_at == at("10:30").astimezone(UTC)
    assert (held.state, desk_name(env, here["one"])) == ("expired", "two")
    assert offers(env)[-1] == (offered.id, OfferState.PENDING)
    make_offers_of(env)
    work_off(env)
    made = latest(env, offered)
    assert (made.state, time_offers.reason_of(env.session, made)) == (OfferState.MADE, None)
    assert env.free() == "09:00 09:30"  # ten is held for it


def test_an_extra_opening_that_ended_or_is_over_says_so(env: BookingEnvironment) -> None:
    number = extra_opening(env, "17:00", "18:00").id
    other = extra_opening(env, "18:00", "19:00").id
    withdraw(env, number)
    env.now = at("20:00")
    for each, said in ((number, "was ended already"), (other, "is over")):
        with pytest.raises(StaffRefused) as refused:
            withdraw(env, each)
        assert refused.value.text.message.startswith("The extra opening {number} " + said)
