"""The times that are offered: their order, and which of them, when the clock changes."""

from collections.abc import Sequence

import pytest

from bot.messages import Reply
from core.catalogue.model import Municipality
from tests.conftest import Deployment, on_both, portable
from tests.core.small_municipality import desk, opening, service
from tests.dialogs.custom_municipality import custom_municipality

pytestmark = on_both

TO_THE_DAY = ("Γεια", "town", "31/10/2027")
"""In that night, the hour from 03:00 comes twice in Greece."""


def open_from(hour: str) -> Municipality:
    """A custom_municipality whose desk works at night."""
    return custom_municipality(
        service(horizon_days=366), desks=(desk("desk", opening(hour, "06:00")),)
    )


@pytest.fixture
def night(deployment: Deployment) -> Deployment:
    """A deployment that is open in the night of the clock change."""
    deployment.load(open_from("01:00"))
    return deployment


def hours(replies: Sequence[Reply]) -> list[str]:
    """The hours that the last reply offers."""
    return [choice.label[:5] for choice in replies[-1].choices if choice.number is not None]


def hold_for_another(night: Deployment, hour: str) -> None:
    night.talk(*TO_THE_DAY, who="another")
    night.tap(hour, who="another")


@portable
def test_the_nearest_times_are_in_order_where_an_hour_comes_twice(night: Deployment) -> None:
    offered = night.talk(*TO_THE_DAY)
    hold_for_another(night, "03:00")
    night.last = offered
    assert hours(night.tap("03:00")) == ["01:30", "02:00", "02:30", "03:30", "03:00", "03:30"]


@portable
def test_only_one_time_is_the_earliest_where_an_hour_comes_twice(night: Deployment) -> None:
    night.load(open_from("02:30"))
    hold_for_another(night, "02:30")
    assert night.talk(*TO_THE_DAY, "το νωρίτερο")[-1].step == "details.name"


@portable
def test_moving_does_not_offer_the_own_time_where_an_hour_comes_twice(night: Deployment) -> None:
    night.talk(*TO_THE_DAY)
    second = [choice for choice in night.last[-1].choices if choice.label.startswith("03:00")][1]
    night.say(choice=second.id)
    night.talk("Μαρία Παπαδοπούλου", "6912345678", "ναι", "τα ραντεβού μου")
    night.tap("Αλλαγή ημέρας ή ώρας")
    night.talk("31/10/2027")
    assert hours(night.last)[3:8] == ["02:30", "03:00", "03:30", "03:30", "04:00"]
