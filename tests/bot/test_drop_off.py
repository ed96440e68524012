"""The steps at which citizens leave a booking: counted once, by the way in which it ended."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.messages import Sender
from bot.ops.cleanup import clean_up
from bot.turn import forget
from core.bookings.drop_off import StepCount, count_steps
from core.db.models import DialogEnd
from tests.conftest import NOW, Deployment, mostly_on

pytestmark = mostly_on("sqlite")

TO_THE_DAY = ("Γεια", "Καλαμάτα", "Επίδομα Στέγασης", "όχι")
DETAILS = ("Μαρία Παπαδοπούλου", "maria@example.gr", "6912345678", "068933130", "συμφωνώ")
ASKED = [
    *("municipality", "service", "screening.receives", "day", "time"),
    *("details.name", "details.email", "details.phone", "details.tax_number"),
    *("consent", "review"),
]
PRIVATE = ("Μαρία", "maria", "6912345678", "068933130", "όχι", "2026-12-03")


def counts(deployment: Deployment) -> list[StepCount]:
    since, until = NOW - timedelta(hours=1), NOW + timedelta(days=1)
    return list(deployment.database.write_sync(lambda s: count_steps(s, "kalamata", since, until)))


def ended(deployment: Deployment) -> dict[str, int]:
    return {each.step: each.ended for each in counts(deployment) if each.ended}


def say(*texts: str) -> Callable[[Deployment], object]:
    return lambda deployment: deployment.talk(*texts)


def erase(deployment: Deployment) -> None:
    """Let the time pass after which answers are erased, and clean up."""
    keep = deployment.services.keep_answers
    deployment.clock.forward(days=31)
    deployment.database.write_sync(lambda s: clean_up(s, deployment.clock(), keep, keep))


def leave_for_good(deployment: Deployment) -> None:
    sender = Sender(platform="console", account="console", address="citizen")
    deployment.database.write_sync(lambda s: forget(s, deployment.services, sender))


WAYS: dict[str, Callable[[Deployment], object]] = {
    "cancelled": say("ακύρωση", "ναι"),
    "begun anew": say("από την αρχή", "ναι"),
    "erased in time": erase,
    "erased by the citizen": leave_for_good,
}


@pytest.mark.parametrize("way", WAYS)
def test_a_booking_that_is_left_counts_at_its_step_however_it_is_left(
    deployment: Deployment, way: str
) -> None:
    deployment.talk(*TO_THE_DAY)
    assert counts(deployment) == []  # it goes on, for all that is known
    WAYS[way](deployment)
    assert ended(deployment) == {"day": 1}
    assert {each.step for each in counts(deployment)} == set(ASKED[:4])
    assert {(each.platform, each.reached) for each in counts(deployment)} == {("console", 1)}


def test_a_booking_that_is_made_reached_each_step_and_ended_at_none(
    deployment: Deployment,
) -> None:
    deployment.talk(*TO_THE_DAY, "3/12", "12:30", *DETAILS, "ναι")
    assert ended(deployment) == {}
    assert {each.step: each.reached for each in counts(deployment)} == dict.fromkeys(ASKED, 1)
    rows = deployment.database.write_sync(lambda s: s.execute(select(DialogEnd.__table__)).all())
    assert len(rows) == 1
    assert not any(each in str(rows) for each in PRIVATE)


def test_steps_are_in_the_order_of_how_many_reached_them(deployment: Deployment) -> None:
    deployment.talk(*TO_THE_DAY, "ακύρωση", "ναι")
    deployment.talk(*TO_THE_DAY, "3/12", "ακύρωση", "ναι", who="another")
    *_first, last = counts(deployment)
    assert last == StepCount("console", "time", reached=1, ended=1)
    assert ended(deployment) == {"day": 1, "time": 1}


def test_what_interrupts_is_not_the_step_that_is_left(deployment: Deployment) -> None:
    deployment.talk(*TO_THE_DAY, "ακύρωση")
    erase(deployment)
    assert ended(deployment) == {"day": 1}


def test_whoever_answered_nothing_has_begun_nothing(deployment: Deployment) -> None:
    deployment.talk("Γεια", "τα ραντεβού μου")
    deployment.talk("Γεια", who="another")
    erase(deployment)
    assert not deployment.database.write_sync(_any_end)


def _any_end(session: Session) -> bool:
    return session.scalars(select(DialogEnd)).first() is not None
