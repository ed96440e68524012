"""An appointment by itself: on the card, to print, and as a calendar file."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from icalendar import Calendar
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.db.models import InboundRow
from tests.conftest import Deployment
from tests.webhooks.conftest import Serve
from tests.webhooks.web.conftest import BOOKING, booked
from tests.webhooks.web.test_page import say

FILE, PAPER = "/appointments/1.ics", "/appointments/1"


def event(client: httpx.Client, method: str = "PUBLISH") -> Any:
    answer = client.get(FILE)
    assert answer.headers["content-type"] == f"text/calendar; charset=utf-8; method={method}"
    assert answer.headers["cache-control"] == "no-store"
    calendar = Calendar.from_ical(answer.content)
    assert calendar["METHOD"] == method
    [found] = calendar.walk("VEVENT")
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


def test_the_card_has_facts_a_checklist_and_links(booked_client: httpx.Client) -> None:
    client = booked_client
    for card in (
        client.get("/").text.rpartition('<article class="card">')[2],
        client.get(PAPER).text,
    ):
        assert "<dl><div><dt>Κωδικός</dt><dd>" in card
        assert "<dt>Πότε</dt><dd>Πέμπτη 3 Δεκεμβρίου 2026, 12:30–13:00 (ώρα: Αθήνα)</dd>" in card
        assert '<p class="lead">Θα χρειαστείτε:</p><ul class="checklist"><li>' in card
        assert "• " not in card
        assert '<a href="tel:+302721000000">2721000000</a>' in card
        place = (
            "https://www.openstreetmap.org/?mlat=37.0389&amp;mlon=22.1142#map=18/37.0389/22.1142"
        )
        assert f'<a href="{place}" target="_blank" rel="noopener">Στον χάρτη</a>' in card


def test_an_office_is_shown_with_ways_to_reach_it(serve: Serve) -> None:
    client = serve()
    for text in ("Χίος", "άνθρωπος"):
        page = say(client, text=text).text
    bubble = page.rpartition('<p class="title">Μπορείτε')[2]
    assert '<a href="tel:+302271350004">2271350004</a>' in bubble
    assert '<a href="mailto:info@chios.example">info@chios.example</a>' in bubble
    assert 'href="https://www.openstreetmap.org/search?query=' in bubble
    assert '<a href="http://chios.gov.gr/" target="_blank" rel="noopener">' in bubble


def test_the_review_shows_the_answers_as_facts(serve: Serve) -> None:
    client = serve()
    for text in BOOKING[:-1]:
        page = say(client, text=text).text
    assert '<p class="title">Ελέγξτε τα στοιχεία πριν κλείσω το ραντεβού:</p><dl>' in page
    assert "<dt>Ονοματεπώνυμο</dt><dd>Μαρία Παπαδοπούλου</dd>" in page


def test_a_reply_stored_without_blocks_is_shown_by_its_bullets(
    booked_client: httpx.Client, deployment: Deployment
) -> None:
    client = booked_client

    def former(session: Session) -> None:
        for row in session.scalars(select(InboundRow)):
            names = ("blocks", "brief")
            row.replies = [
                {k: v for k, v in r.items() if k not in names} for r in row.replies or []
            ]

    deployment.database.write_sync(former)
    card = client.get("/").text.rpartition('<article class="card">')[2]
    assert card.startswith('<p class="title">Το ραντεβού σας κλείστηκε.</p><p>Κωδικός: ')
    assert '<ul class="checklist"><li>' in card
    assert "• " not in card
    assert f'href="{FILE}"' in card
    assert f'href="{PAPER}"' in card


def test_a_moved_appointment_replaces_the_old_one_in_a_calendar(
    booked_client: httpx.Client,
) -> None:
    client = booked_client
    before = event(client)
    for text in ("Αλλαγή ημέρας ή ώρας", "4/12", "12:30", "ναι"):
        page = say(client, text=text).text
    assert page.count('class="card"') == 2
    after = event(client)
    assert after["UID"] == before["UID"]
    assert after["SEQUENCE"] > before["SEQUENCE"]
    assert after.start == before.start + timedelta(days=1)


def test_it_can_be_printed_without_scripts(booked_client: httpx.Client) -> None:
    client = booked_client
    page = client.get(PAPER).text
    assert "<h1>Το ραντεβού σας</h1>" in page
    assert "Πέμπτη 3 Δεκεμβρίου 2026, 12:30–13:00" in page
    assert '<a href="/">Πίσω στη συνομιλία</a>' in page


@pytest.mark.parametrize("path", [FILE, PAPER])
def test_it_is_for_those_alone_who_have_it(booked_client: httpx.Client, path: str) -> None:
    client = booked_client
    client.cookies.clear()
    assert client.get(path).status_code == 404
    say(client, text="Χίος")
    assert client.get(path).status_code == 404
    assert client.get("/m/kalamata" + path).status_code == 404


def test_who_has_shown_code_and_number_has_it_too(booked_client: httpx.Client) -> None:
    client = booked_client
    code = client.get("/").text.split("<dt>Κωδικός</dt><dd>")[1][:7]
    client.cookies.clear()
    for text in ("Γεια", "Τα ραντεβού μου", code, "6912345678"):
        page = say(client, text=text).text
    assert 'class="card"' in page
    assert event(client)["SUMMARY"].startswith("Ραντεβού")


def test_the_file_of_a_cancelled_one_makes_the_saved_entry_vanish(
    booked_client: httpx.Client,
) -> None:
    client = booked_client
    before = event(client)
    for text in ("Ακύρωση ραντεβού", "ναι"):
        page = say(client, text=text).text
    card = page.rpartition('<article class="card">')[2]
    assert card.startswith("<p>Το ραντεβού σας ακυρώθηκε: ")
    assert f'href="{FILE}" download>Αφαίρεση από το ημερολόγιό μου</a>' in card
    assert PAPER + '"' not in card
    after = event(client, "CANCEL")
    assert after["UID"] == before["UID"]
    assert after["SEQUENCE"] > before["SEQUENCE"]
    answer = client.get(PAPER, headers={"Accept": "text/html"})
    assert answer.status_code == 410
    assert "έχει περάσει ή έχει ακυρωθεί" in answer.text


@pytest.mark.parametrize("path", [FILE, PAPER])
def test_one_that_is_over_is_not_given(
    booked_client: httpx.Client, deployment: Deployment, path: str
) -> None:
    client = booked_client
    deployment.clock.forward(days=30)
    assert client.get(path).status_code == 410
