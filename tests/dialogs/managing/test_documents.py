"""The documents of an appointment, as a checklist that is kept with it."""

from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.replies import build_reply
from core.actor import Actor
from core.bookings import service as bookings
from core.db.models import Booking
from core.messaging.keys import MessageKind
from dialogs.messages.appointment import full_details
from dialogs.messages.blocks import message
from dialogs.messages.notification import notification_message
from tests.conftest import Deployment, mostly_on
from tests.core.small_municipality import service, words
from tests.dialogs.custom_municipality import custom_municipality, stored_bookings

pytestmark = mostly_on("sqlite")

BOOK = ("7/12", "9:30", "Μαρία Παπαδοπούλου", "6912345678", "ναι")
NEEDS = service("papers", documents=[words("ταυτότητα"), words("μισθωτήριο"), words("βεβαίωση")])
LABELS = ["ταυτότητα", "μισθωτήριο", "βεβαίωση", "Τα έχω όλα", "Αυτά προς το παρόν"]


@pytest.fixture
def booked(deployment: Deployment) -> Deployment:
    deployment.load(custom_municipality(NEEDS))
    deployment.talk("Γεια", "town", *BOOK, "τα χαρτιά μου")
    return deployment


def labels(deployment: Deployment) -> list[str]:
    return [choice.label for choice in deployment.last[-1].choices if choice.number]


def ready(deployment: Deployment) -> list[str] | None:
    (booking,) = stored_bookings(deployment)
    return booking.ready


def test_a_tap_ticks_a_document_and_another_takes_the_tick_back(booked: Deployment) -> None:
    assert labels(booked) == LABELS
    booked.tap("μισθωτήριο")
    assert labels(booked) == ["ταυτότητα", "✓ μισθωτήριο", *LABELS[2:]]
    assert ready(booked) == ["μισθωτήριο"]
    booked.tap("✓ μισθωτήριο")
    assert (labels(booked), ready(booked)) == (LABELS, [])


def test_all_are_ticked_at_once(booked: Deployment) -> None:
    said, asked = booked.tap("Τα έχω όλα")
    assert said.text == "Έχετε έτοιμα όλα τα δικαιολογητικά."
    assert asked.step == "task"
    assert ready(booked) == ["βεβαίωση", "μισθωτήριο", "ταυτότητα"]


def test_a_document_that_is_worded_anew_is_not_ready(booked: Deployment) -> None:
    booked.tap("ταυτότητα")
    booked.tap("μισθωτήριο")
    renamed = NEEDS | {"documents": [words("ταυτότητα ή διαβατήριο"), words("μισθωτήριο")]}
    booked.load(custom_municipality(renamed))
    booked.talk("τα δικαιολογητικά μου")
    assert labels(booked)[:2] == ["ταυτότητα ή διαβατήριο", "✓ μισθωτήριο"]


@pytest.mark.parametrize(
    ("tapped", "after", "ticked"),
    [
        ("βεβαίωση", ["ταυτότητα"], []),
        ("βεβαίωση", ["βεβαίωση", "ταυτότητα", "μισθωτήριο"], ["βεβαίωση"]),
        ("Τα έχω όλα", ["ταυτότητα", "μισθωτήριο"], []),
        ("βεβαίωση", [], []),
    ],
    ids=["fewer", "in another order", "all of fewer", "none"],
)
def test_a_tick_is_of_the_document_that_was_shown(
    booked: Deployment, tapped: str, after: list[str], ticked: list[str]
) -> None:
    """The municipality loads its file anew between the question and the tap."""
    booked.load(custom_municipality(NEEDS | {"documents": [words(name) for name in after]}))
    first, *_others = booked.tap(tapped)
    assert (ready(booked) or []) == ticked
    assert ticked or first.text == "Η λίστα των δικαιολογητικών άλλαξε στο μεταξύ."
    assert booked.last[-1].step == "document"


def test_a_service_without_documents_has_no_checklist(deployment: Deployment) -> None:
    deployment.load(custom_municipality())
    deployment.talk("Γεια", "town", *BOOK, "τα ραντεβού μου")
    assert "Τα δικαιολογητικά μου" not in labels(deployment)
    deployment.talk("τα χαρτιά μου")
    assert "δεν χρειάζονται δικαιολογητικά." in deployment.last[-1].text
    assert labels(deployment) == LABELS[-1:]


def test_the_details_show_what_is_ready_and_the_reminder_what_is_not(booked: Deployment) -> None:
    booked.tap("μισθωτήριο")
    (booking,) = stored_bookings(booked)
    loaded, athens = booked.services.registry["town"], ZoneInfo("Europe/Athens")
    texts, now = booked.services.texts, booked.clock()
    shown = build_reply(texts, [message(*full_details(loaded, booking, athens, now))], "el")
    assert "• ταυτότητα\n✓ μισθωτήριο\n• βεβαίωση" in shown.text
    assert [block.ready for block in shown.blocks if block.type == "checklist"] == [[1]]
    for to_attendee in (False, True):
        reminder = notification_message(
            loaded, MessageKind.REMINDER, booking, athens, now, to_attendee=to_attendee
        )
        assert reminder
        text = build_reply(texts, [reminder], "el").text
        assert "• ταυτότητα\n• βεβαίωση" in text
        assert "μισθωτήριο" not in text


def test_what_is_ready_is_erased_with_the_details(booked: Deployment) -> None:
    booked.tap("μισθωτήριο")

    def withdraw(session: Session) -> None:
        (booking,) = session.scalars(select(Booking))
        who = Actor(booking.citizen_id, "webchat", "el", "Europe/Athens")
        registry, now = booked.services.registry, booked.clock()
        bookings.withdraw_consent(session, registry, booking, now, who)

    booked.database.write_sync(withdraw)
    assert ready(booked) is None
