"""Holds: how long and for whom a time is held, and what is confirmed."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from core.db.models import Booking
from tests.conftest import Deployment, on_both, portable
from tests.core.small_municipality import desk, service
from tests.dialogs.custom_municipality import custom_municipality, stored_bookings, stored_state

pytestmark = on_both

TO_THE_TIME = ("Γεια", "Καλαμάτα", "Επίδομα Στέγασης", "όχι", "3/12", "12:30")
DETAILS = ("Μαρία Παπαδοπούλου", "maria@example.gr", "6912345678", "068933130", "συμφωνώ")


def test_a_held_time_is_not_offered_to_another_citizen(deployment: Deployment) -> None:
    deployment.talk(*TO_THE_TIME)
    assert deployment.talk(*TO_THE_TIME, who="another")[-1].step == "time"


@portable
@pytest.mark.parametrize(
    "leaving",
    [("ακύρωση", "ναι"), ("από την αρχή",), ("τα ραντεβού μου", "ναι")],
    ids=["stopping", "starting over", "another task"],
)
def test_leaving_the_dialog_releases_the_hold_at_once(
    deployment: Deployment, leaving: tuple[str, ...]
) -> None:
    deployment.talk(*TO_THE_TIME, *DETAILS[:1], *leaving)
    assert not stored_state(deployment).data
    assert deployment.talk(*TO_THE_TIME, who="another")[-1].step == "details.name"


@portable
def test_changing_the_channel_repeatedly_holds_no_time_longer_than_allowed(
    deployment: Deployment,
) -> None:
    channels = ["in_person", "video"]
    deployment.load(
        custom_municipality(service(channels=channels), desks=(desk(channels=channels),))
    )
    deployment.talk("Γεια", "town", "φυσική παρουσία", "7/12", "9:30")
    begun = deployment.clock()
    for channel in ("τηλεδιάσκεψη", "φυσική παρουσία") * 2:
        deployment.clock.forward(minutes=7)
        deployment.talk("αλλαγή τρόπος", channel)
        assert deployment.last[-1].step == "details.name"
    (booking,) = stored_bookings(deployment)
    assert (booking.held_at, booking.held_until) == (begun, begun + timedelta(minutes=30))
    deployment.clock.now = begun + timedelta(minutes=30)
    deployment.talk("Γεια", "town", "φυσική παρουσία", "7/12", "9:30", who="another")
    assert deployment.last[-1].step == "details.name"


def test_confirming_books_only_the_time_that_was_shown(deployment: Deployment) -> None:
    deployment.talk(*TO_THE_TIME, *DETAILS)
    (shown,) = stored_bookings(deployment)
    # No message does this; it simulates a bug by which the hold and the answer differ.
    other = shown.starts_at + timedelta(minutes=40)
    moved = {"starts_at": other, "ends_at": other + timedelta(minutes=30)}
    deployment.database.write_sync(lambda s: s.execute(update(Booking).values(moved)))
    deployment.tap("Επιβεβαίωση: Πέμ 3 Δεκ, 12:30")
    assert "άλλαξε η ώρα" in deployment.last[0].text
    assert [booking.state for booking in stored_bookings(deployment)] == ["held"]
