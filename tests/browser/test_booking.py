"""Citizens who book by tapping, in a real browser, with scripts and without."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.citizen import BOOKED, TIME_HELD, ahead, book, nothing, step, tap, write
from tests.browser.conftest import Visit
from tests.conftest import SOAK


@pytest.mark.parametrize(
    ("municipality", "scripts"),
    [
        pytest.param("Χίου", True, id="Chios, scripts"),
        pytest.param("Λαρισαίων", True, id="Larisa, scripts", marks=SOAK),
        pytest.param("Καλαμάτας", True, id="Kalamata, scripts"),
        pytest.param("ΚΕΠ", True, id="KEP, scripts", marks=SOAK),
        pytest.param("Χίου", False, id="Chios, no scripts"),
        pytest.param("Λαρισαίων", False, id="Larisa, no scripts", marks=SOAK),
        pytest.param("Καλαμάτας", False, id="Kalamata, no scripts", marks=SOAK),
        pytest.param("ΚΕΠ", False, id="KEP, no scripts", marks=SOAK),
    ],
)
def test_a_booking_from_greeting_to_confirmation(
    visit: Visit, municipality: str, scripts: bool
) -> None:
    page = visit(scripts=scripts, moving=True)
    problems: list[str] = []
    page.on("console", lambda message: problems.append(message.text))
    page.on("pageerror", lambda error: problems.append(str(error)))
    tap(page, municipality)
    book(page, look=nothing if scripts else is_in_view)
    expect(page.locator("#log")).to_contain_text("Το ραντεβού σας κλείστηκε.")
    assert problems == []


def is_in_view(page: Page) -> None:
    """Expect the question in view, as it is without scripts once the page has come."""
    expect(page.locator("#new")).to_be_in_viewport()


def test_a_reload_midway_changes_nothing(visit: Visit) -> None:
    page = visit()
    tap(page, "Λαρισαίων")
    before = page.locator("#log").inner_text(), step(page)
    page.reload()
    assert (page.locator("#log").inner_text(), step(page)) == before


def test_whoever_comes_back_sees_the_open_question(visit: Visit) -> None:
    page = visit("/m/kalamata")
    ahead(page, TIME_HELD)
    page.evaluate("() => scrollTo(0, 0)")
    expect(page.locator("#text")).not_to_be_in_viewport()
    page.reload()
    expect(page.locator("#text")).to_be_in_viewport(ratio=1)


def test_english_is_one_tap_away_in_mid_talk_too(visit: Visit) -> None:
    page = visit()
    tap(page, "Λαρισαίων")
    page.get_by_role("button", name="English").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    assert step(page) == "group"


def test_back_can_be_written_where_an_email_is_asked_for(visit: Visit) -> None:
    page = visit("/m/kalamata")
    book(page, until="details.email")
    write(page, "πίσω")
    assert step(page) == "details.name"


def test_english_is_one_tap_away_and_the_pages_language_follows(visit: Visit) -> None:
    page = visit()
    page.get_by_role("button", name="English").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.locator("#log")).to_contain_text("With which municipality")


def test_on_paper_an_appointment_has_no_buttons(visit: Visit) -> None:
    page = visit("/m/kalamata")
    ahead(page, BOOKED)
    page.goto(page.locator(".card .actions a:not([download])").get_attribute("href") or "")
    shown = page.locator("main .actions")
    expect(shown).to_be_visible()
    page.emulate_media(media="print")
    expect(shown).to_be_hidden()
    expect(page.locator("main dl").first).to_be_visible()
