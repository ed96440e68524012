"""An appointment by itself: on the card, to print, and as a calendar file."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from icalendar import Calendar

from tests.conftest import Deployment
from tests.webhooks.conftest import Serve
from tests.webhooks.web.test_event_stream import booked
from tests.webhooks.web.test_page import say

FILE, PAPER = "/appointments/1.ics", "/appointments/1"


def event(client: httpx.Client, path: str = FILE) -> Any:
    answer = client.get(path)
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    assert answer.headers["cache-control"] == "no-store"
    [found] = Calendar.from_ical(answer.content).walk("VEVENT")
    return found


def test_the_confirmation_is_a_card_with_its_calendar_file(serve: Serve) -> None:
    client = serve()
    page = booked(client)
    assert '<article class="card"><p class="title">Το ραντεβού σας κλείστηκε.</p>' in page
    assert f'href="{FILE}"' in page
    assert f'href="{PAPER}"' in page
    found = event(client)
    assert found["SUMMARY"] == "Ραντεβού: Επίδομα Στέγασης, Δήμος Καλαμάτας"
    assert found.start == datetime(2026, 12, 3, 10, 30, tzinfo=UTC)
    assert found.end == datetime(2026, 12, 3, 11, 0, tzinfo=UTC)
    assert "Καλαμάτα" in found["LOCATION"]
    assert "Κωδικός: " in found["DESCRIPTION"]
    assert "Μισθωτήριο" in found["DESCRIPTION"]
    [alarm] = found.walk("VALARM")
    assert alarm["TRIGGER"].dt == timedelta(hours=-2)


def test_a_moved_appointment_replaces_the_old_one_in_a_calendar(serve: Serve) -> None:
    client = serve()
    booked(client)
    before = event(client)
    for text in ("Αλλαγή ημέρας ή ώρας", "4/12", "12:30", "ναι"):
        page = say(client, text=text).text
    assert page.count('class="card"') == 2
    after = event(client)
    assert after["UID"] == before["UID"]
    assert after["SEQUENCE"] > before["SEQUENCE"]
    assert after.start == before.start + timedelta(days=1)


def test_it_can_be_printed_without_scripts(serve: Serve) -> None:
    client = serve()
    booked(client)
    page = client.get(PAPER).text
    assert "<h1>Το ραντεβού σας</h1>" in page
    assert "Πέμπτη 3 Δεκεμβρίου 2026, 12:30–13:00" in page
    assert '<a href="/">Πίσω στη συνομιλία</a>' in page


@pytest.mark.parametrize("path", [FILE, PAPER])
def test_it_is_for_those_alone_who_have_it(serve: Serve, path: str) -> None:
    client = serve()
    booked(client)
    client.cookies.clear()
    assert client.get(path).status_code == 404
    say(client, text="Χίος")
    assert client.get(path).status_code == 404
    assert client.get("/m/kalamata" + path).status_code == 404


def test_who_has_shown_code_and_number_has_it_too(serve: Serve, deployment: Deployment) -> None:
    client = serve()
    code = booked(client).split("<dt>Κωδικός</dt><dd>")[1][:7]
    client.cookies.clear()
    for text in ("Γεια", "Τα ραντεβού μου", code, "6912345678"):
        page = say(client, text=text).text
    assert 'class="card"' in page
    assert event(client)["SUMMARY"].startswith("Ραντεβού")


@pytest.mark.parametrize("path", [FILE, PAPER])
def test_one_that_is_off_is_not_given(serve: Serve, path: str) -> None:
    client = serve()
    booked(client)
    for text in ("Ακύρωση ραντεβού", "ναι"):
        say(client, text=text)
    answer = client.get(path, headers={"Accept": "text/html"})
    assert answer.status_code == 410
    assert "έχει περάσει ή έχει ακυρωθεί" in answer.text
