"""Old pages, lost cookies, odd texts: the true state is shown, nothing twice, nothing lost."""

import re
import sqlite3

import pytest
from playwright.sync_api import Page, expect

from tests.browser.citizen import (
    BOOKED,
    NOTES_ASKED,
    PICKS,
    REVIEWED,
    TIME_HELD,
    ahead,
    last_reply,
    messages_shown,
    press,
    step,
    tap,
    wait_for_answer,
    write,
)
from tests.browser.conftest import Visit
from tests.conftest import SOAK, Deployment

NAME = "Μαρία Παπαδοπούλου"
BOLD = "𝗠𝗮𝗿𝗶𝗮 𝑷𝒂𝒑𝒂𝒅𝒐𝒑𝒐𝒖𝒍𝒐𝒖"

IDS = ["scripts", "no scripts"]
in_both_ways = pytest.mark.parametrize("scripts", [True, False], ids=IDS)
mostly_with_scripts = pytest.mark.parametrize(
    "scripts", [True, pytest.param(False, marks=SOAK)], ids=IDS
)
"""Without scripts in `make soak` only: the server answers alike, which cheaper tests see."""


def bookings(deployment: Deployment) -> list[str]:
    with sqlite3.connect(deployment.file) as database:
        return [state for (state,) in database.execute("SELECT state FROM bookings")]


def true(page: Page) -> tuple[str, str, str]:
    """Return what the page shows, after a check that it shows the same when reloaded."""
    anew = page.context.new_page()
    anew.goto(page.url)
    shown, truth = ((step(one), trail(one), log(one)) for one in (page, anew))
    anew.close()
    assert shown == truth
    return shown


def old_page(page: Page) -> Page:
    """Another page of the same browser, which hears nothing of what is said elsewhere."""
    old = page.context.new_page()
    old.route(re.compile(r"/(events|later)\b"), lambda route: route.abort())
    old.goto("/m/kalamata")
    page.bring_to_front()  # behind, a page is slow
    return old


def trail(page: Page) -> str:
    return page.locator("#trail").inner_text()


def log(page: Page) -> str:
    return page.locator("#log").inner_text()


@mostly_with_scripts
def test_back_and_forward_show_the_true_state(visit: Visit, scripts: bool) -> None:
    page = visit("/docs", scripts=scripts)
    page.goto("/m/kalamata")
    for _ in range(3):
        press(page, page.locator(PICKS).first)
    assert (step(page), messages_shown(page)) == ("time", 3)
    there = true(page)
    for way in (page.go_back, page.go_back, page.go_forward, page.go_forward):
        way()
        if page.locator("#ask").count():
            assert true(page) == there
    press(page, page.locator(PICKS).first)
    assert (step(page), messages_shown(page)) == ("details.name", 4)


@pytest.mark.parametrize(
    ("scripts", "begun"),
    [
        pytest.param(True, True, id="scripts, conversation"),
        pytest.param(False, False, id="no scripts, greeting"),
        pytest.param(True, False, id="scripts, greeting", marks=SOAK),
        pytest.param(False, True, id="no scripts, conversation", marks=SOAK),
    ],
)
def test_an_old_pages_button_changes_nothing(
    visit: Visit, deployment: Deployment, scripts: bool, begun: bool
) -> None:
    page = visit("/m/kalamata", scripts=scripts)
    if begun:  # so that the old page carries the mark of this conversation
        ahead(page, "βοήθεια")
    old = old_page(page)
    ahead(page, "στέγασης | όχι | 1/12")
    before = trail(page)
    old.bring_to_front()
    old.locator(PICKS).last.click()
    expect(old.locator("#ask")).to_have_attribute("data-step", "time")
    expect(last_reply(old)).to_contain_text("ποια ώρα σας εξυπηρετεί;")
    if begun:
        expect(old.locator("#log")).to_contain_text("ήταν για προηγούμενη ερώτηση: Υπηρεσία")
    assert trail(old) == before
    old.reload()
    assert true(old)[0] == "time"
    assert bookings(deployment) == []


def test_a_confirm_button_of_an_old_page_books_nothing_more(
    visit: Visit, deployment: Deployment
) -> None:
    page = visit("/m/kalamata")
    ahead(page, REVIEWED)
    old = old_page(page)
    tap(page, "Επιβεβαίωση")
    old.bring_to_front()
    old.locator(PICKS).first.click()
    expect(old.locator("#ask")).to_have_attribute("data-step", "task")
    expect(old.locator("#log")).to_contain_text("Το ραντεβού έχει ήδη κλειστεί")
    assert bookings(deployment) == ["confirmed"]


@mostly_with_scripts
def test_a_lost_cookie_begins_a_conversation(visit: Visit, scripts: bool) -> None:
    page = visit(scripts=scripts)
    ahead(page, "Καλαμάτα | στέγασης | όχι | 1/12")
    page.context.clear_cookies()
    page.locator(PICKS).first.click()
    expect(page.locator("#ask")).to_have_attribute("data-step", "municipality")
    expect(last_reply(page)).to_contain_text("Σε ποιον δήμο θέλετε ραντεβού;")
    assert trail(page) == ""
    page.reload()
    # A tap on another conversation's question is no answer to this one's.
    assert messages_shown(page) == 0
    tap(page, "Χίου")
    assert true(page)[0] == "group"


def test_a_lost_cookie_while_typing_loses_nothing_else(
    visit: Visit, deployment: Deployment
) -> None:
    page = visit("/m/kalamata")
    ahead(page, TIME_HELD)
    page.context.clear_cookies()
    page.fill("#text", "Μαρία Παπαδοπούλου")
    page.press("#text", "Enter")
    expect(page.locator("#ask")).to_have_attribute("data-step", "service")
    ahead(page, BOOKED.replace("12:30", "13:10"))
    assert sorted(bookings(deployment)) == ["confirmed", "held"]  # the held one runs out by itself


PASTED = (
    ("\tΜαρία\u00a0 \u2003Παπαδοπούλου\r\n", NAME, True),
    ("Μα\u200bρία\u200d Παπα\u00adδοπούλου\ufeff", NAME, True),  # what can't be seen
    ("\u202eΜαρία Παπαδοπούλου\u202c\u200f", NAME, True),  # the other direction
    ("Μαρι\u0301α Παπαδοπου\u0301λου", NAME, True),  # accents apart from their letters
    (BOLD, BOLD, True),
    ("<b>Μαρία</b> Παπαδοπούλου", "<b>Μαρία</b> Παπαδοπούλου", False),
    ("<img src=x onerror=alert(1)>", "<img src=x onerror=alert(1)>", False),
    ("**Μαρία** _Παπαδοπούλου_", "**Μαρία** _Παπαδοπούλου_", False),
)
"""Pasted names: the text, how it is shown, whether it is accepted as a name."""


def test_pasted_names_are_shown_as_text_and_taken_without_their_dress(visit: Visit) -> None:
    page = visit("/m/kalamata")
    ahead(page, TIME_HELD)
    for pasted, shown, taken in PASTED:
        said = messages_shown(page)
        page.locator("#text").evaluate("(input, text) => { input.value = text }", pasted)
        page.press("#text", "Enter")
        wait_for_answer(page, said)
        bubble = page.locator("#log .bubble.citizen").nth(said)
        expect(bubble).to_have_text(f"Εσείς: {shown}")
        assert bubble.locator("b, img, script, em").count() == 0
        assert step(page) == ("details.email" if taken else "details.name"), ascii(pasted)
        if taken:
            tap(page, "Πίσω")
        else:
            expect(page.locator("#log")).to_contain_text("γράφεται μόνο με γράμματα.")


@mostly_with_scripts
def test_ten_thousand_characters(visit: Visit, scripts: bool) -> None:
    page = visit("/m/chios", scripts=scripts)
    ahead(page, NOTES_ASKED)
    assert step(page) == "details.notes"
    write(page, "Θέλω " * 2000)
    expect(page.locator("#log")).to_contain_text("πολύ μεγάλο")
    assert step(page) == "details.notes"
    true(page)
    write(page, "Θέλω ράμπα.")
    assert step(page) != "details.notes"


@in_both_ways
def test_a_double_tap_is_one_answer(visit: Visit, scripts: bool) -> None:
    page = visit("/m/kalamata", scripts=scripts)
    page.locator(PICKS).first.dblclick()
    expect(page.locator("#ask")).to_have_attribute("data-step", "screening.receives")
    expect(page.locator("#log .bubble.citizen")).to_have_count(1)
    assert true(page)[0] == "screening.receives"
