"""Calendar files, as two libraries read them: icalendar, which makes them, and vobject."""

from datetime import datetime, timedelta
from itertools import product
from random import Random
from typing import Any

import pytest
import vobject  # type: ignore[import-untyped]
from icalendar import Calendar

from bot.context import Services
from bot.i18n.translator import Translator
from bot.views.calendar_file import CalendarFile, calendar_file
from core.catalogue.registry import LoadedMunicipality, Registry
from core.db.encryption import OWNER_BYTES
from core.db.models import Booking
from tests.conftest import Clock
from tests.core.small_municipality import ATHENS, NOW, service, small

ATTENDEE = "maria@example.gr"
CHANNELS = ["in_person", "video", "phone"]


def made(
    texts: Translator,
    contact: dict[str, str],
    attendee: str = "",
    hashed_with: str = "secret",
    sequence: int = 3,
    **booked: Any,
) -> CalendarFile:
    """Return the calendar file of a booking with a town that is reached like that."""
    desks = [
        {"id": "desk", "channels": CHANNELS, "openings": small().branches[0].desks[0].openings}
    ]
    body = small(*desks, services=(service(channels=CHANNELS),), contact=contact)
    registry = Registry(hashed_with)
    registry._loaded["town"] = LoadedMunicipality("", body, {}, NOW)
    start = booked.get("starts_at", NOW)
    given = {
        "id": 7,
        "public_id": b"7" * OWNER_BYTES,
        "municipality_id": "town",
        "branch": "office",
        "code": "ABC1234",
    }
    given |= {"service": "papers", "channel": "in_person", "state": "confirmed", "details": {}}
    booking = Booking(
        **given | booked | {"starts_at": start, "ends_at": start + timedelta(hours=1)}
    )
    services = Services(registry, texts, Clock(), Random(1).choice)
    return calendar_file(services, "el", booking, ATHENS, sequence, attendee=attendee)


def read(file: CalendarFile) -> tuple[Any, Any]:
    """Return the event as icalendar and as vobject read it, and check what both must say."""
    calendar, other = Calendar.from_ical(file.content), vobject.readOne(file.content.decode())
    event: Any = calendar.walk("VEVENT")[0]
    same = other.vevent
    assert calendar["METHOD"] == other.method.value == file.method
    assert calendar["PRODID"] == other.prodid.value == "-//Rantevou//Appointments//EL"
    assert calendar["UID"] == event["UID"] == other.uid.value == same.uid.value
    assert event["SEQUENCE"] == int(same.sequence.value)
    assert (event.start, event.end) == (same.dtstart.value, same.dtend.value)
    assert str(event["SUMMARY"]) == same.summary.value
    assert str(event["DESCRIPTION"]) == same.description.value
    is_off = file.method == "CANCEL"
    assert ("Το ραντεβού ακυρώθηκε." if is_off else "Κωδικός: ABC 1234") in event["DESCRIPTION"]
    assert all(len(line) <= 75 for line in file.content.split(b"\r\n"))
    return event, same


@pytest.mark.parametrize("day", ["2027-03-27", "2027-10-30"])
def test_times_are_those_of_the_office_on_both_sides_of_a_change(
    texts: Translator, day: str
) -> None:
    for days, hour in product(range(3), (1, 10)):
        local = datetime.fromisoformat(f"{day} {hour:02}:30") + timedelta(days=days)
        event, same = read(made(texts, {}, starts_at=local.replace(tzinfo=ATHENS)))
        for start in (event.start, same.dtstart.value):
            assert start.astimezone(ATHENS).replace(tzinfo=None) == local


def test_an_appointment_is_published_by_the_office(texts: Translator) -> None:
    file = made(texts, {"email": "info@town.gr", "phone": "2100000000"}, ATTENDEE)
    event, same = read(file)
    assert (file.method, file.invites) == ("PUBLISH", False)
    assert (event["ORGANIZER"], same.organizer.value) == ("mailto:info@town.gr",) * 2
    assert event["ORGANIZER"].params["CN"] == "town"
    assert (event["STATUS"], event["SEQUENCE"]) == ("CONFIRMED", 3)
    assert [each["TRIGGER"].dt for each in event.walk("VALARM")] == [
        timedelta(days=-1),
        timedelta(hours=-2),
    ]
    assert "ATTENDEE" not in event


@pytest.mark.parametrize(
    ("contact", "organizer"),
    [
        ({"website": "https://town.gr/", "phone": "2100000000"}, "https://town.gr/"),
        ({"phone": "2100000000"}, "tel:+302100000000"),
        ({}, None),
    ],
)
def test_an_office_without_an_address_is_named_by_what_it_has(
    texts: Translator, contact: dict[str, str], organizer: str | None
) -> None:
    event, _same = read(made(texts, contact))
    assert event.get("ORGANIZER") == organizer


@pytest.mark.parametrize("channel", CHANNELS)
def test_only_where_one_goes_is_a_place(texts: Translator, channel: str) -> None:
    event, _same = read(made(texts, {}, channel=channel))
    assert event.get("LOCATION") == ("office" if channel == "in_person" else None)


def test_the_attendee_is_invited_where_somebody_reads_the_answers(texts: Translator) -> None:
    contact = {"email": "info@town.gr", "calendar_email": "calendar@town.gr"}
    file = made(texts, contact, ATTENDEE)
    event, same = read(file)
    assert (file.method, file.invites) == ("REQUEST", True)
    assert event["ORGANIZER"] == "mailto:calendar@town.gr"
    assert (event["ATTENDEE"], same.attendee.value) == (f"mailto:{ATTENDEE}",) * 2
    assert event["ATTENDEE"].params["RSVP"] == "TRUE"
    without = made(texts, contact)
    assert (without.method, without.invites) == ("PUBLISH", False)


@pytest.mark.parametrize(
    ("secret", "owner", "same"), [("another", b"7", True), ("secret", b"8", False)]
)
def test_an_entry_is_of_one_booking_whatever_becomes_of_secret_and_row_number(
    texts: Translator, secret: str, owner: bytes, same: bool
) -> None:
    """After a backup was restored, another booking may get the same row number."""
    before, _same = read(made(texts, {}))
    after, _same = read(made(texts, {}, hashed_with=secret, public_id=owner * OWNER_BYTES))
    assert (before["UID"] == after["UID"]) == same


@pytest.mark.parametrize("known", [True, False])
def test_a_cancelled_one_makes_the_saved_entry_vanish(texts: Translator, known: bool) -> None:
    contact = {"email": "info@town.gr", "calendar_email": "calendar@town.gr"}
    before, _same = read(made(texts, contact, ATTENDEE))
    service = "papers" if known else "gone"
    off = made(texts, contact, ATTENDEE, state="cancelled", sequence=4, service=service)
    event, _same = read(off)
    assert off.method == "CANCEL"
    assert event["STATUS"] == "CANCELLED"
    assert [event[name] for name in ("UID", "ORGANIZER", "ATTENDEE")] == [
        before[name] for name in ("UID", "ORGANIZER", "ATTENDEE")
    ]
    assert event["SEQUENCE"] > before["SEQUENCE"]
    assert not event.walk("VALARM")
