"""Citizens who book by tapping, in a real browser, with scripts and without."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit
from tests.dialogs.robot import ANSWERS

PICKS = "#ask .picks button, #ask .month button, #ask .times button"


def step(page: Page) -> str:
    return page.locator("#ask").get_attribute("data-step") or ""


def told(page: Page) -> int:
    return page.locator("#log .bubble.citizen").count()


def tap(page: Page, label: str) -> None:
    """Tap a button of the open question, and wait for the answer."""
    said = told(page)
    page.locator("#ask button", has_text=label).first.click()
    page.locator("#log .bubble.citizen").nth(said).wait_for()


def write(page: Page, text: str) -> None:
    said = told(page)
    page.fill("#text", text)
    page.press("#text", "Enter")
    page.locator("#log .bubble.citizen").nth(said).wait_for()


def book(page: Page) -> None:
    """Answer whatever is asked until the menu is reached."""
    for _ in range(40):
        asked = step(page)
        if asked == "task":
            return
        if asked in ANSWERS:
            write(page, ANSWERS[asked])
        else:
            optional = asked.startswith("details.")
            said = told(page)
            page.locator(PICKS).nth(-1 if optional else 0).click()
            page.locator("#log .bubble.citizen").nth(said).wait_for()
    raise AssertionError(f"stuck at {step(page)}")


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
@pytest.mark.parametrize("municipality", ["Χίου", "Λαρισαίων", "Καλαμάτας", "ΚΕΠ"])
def test_a_booking_from_greeting_to_confirmation(
    visit: Visit, municipality: str, scripts: bool
) -> None:
    page = visit(scripts=scripts)
    problems: list[str] = []
    page.on("console", lambda message: problems.append(message.text))
    page.on("pageerror", lambda error: problems.append(str(error)))
    tap(page, municipality)
    book(page)
    expect(page.locator("#log")).to_contain_text("Το ραντεβού σας κλείστηκε.")
    assert problems == []


def test_a_reload_midway_changes_nothing(visit: Visit) -> None:
    page = visit()
    tap(page, "Λαρισαίων")
    before = page.locator("#log").inner_text(), step(page)
    page.reload()
    assert (page.locator("#log").inner_text(), step(page)) == before


def test_english_is_one_tap_away_and_the_pages_language_follows(visit: Visit) -> None:
    page = visit()
    page.get_by_role("button", name="English").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.locator("#log")).to_contain_text("With which municipality")


def test_a_double_click_is_one_answer(visit: Visit) -> None:
    page = visit()
    page.locator("#ask button", has_text="Καλαμάτας").dblclick()
    expect(page.locator("#ask")).to_have_attribute("data-step", "service")
    assert told(page) == 1
