"""A slow line and a broken one: a message is sent once, the page says so and tries again."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.citizen import (
    PICKS,
    REVIEWED,
    TIME_HELD,
    ahead,
    messages_shown,
    step,
    tap,
    wait_for_answer,
)
from tests.browser.conftest import Visit
from tests.browser.line import Line
from tests.conftest import SOAK

GIVEN_UP = 60_000
"""After so long (ms) the page has tried for the last time."""


def first_pick(page: Page) -> None:
    page.locator(PICKS).first.click()


def write_name(page: Page) -> None:
    page.fill("#text", "Μαρία Παπαδοπούλου")
    page.press("#text", "Enter")


def after(visit: Visit, said: str) -> tuple[Page, Line, int]:
    """Kalamata's page when all this was said, its line, and how many messages it shows."""
    page = visit("/m/kalamata")
    ahead(page, said)
    before = messages_shown(page)
    return page, Line(page), before


def test_on_a_slow_line_the_page_says_wait_and_a_second_tap_says_nothing(visit: Visit) -> None:
    page = visit("/m/kalamata")
    line = Line(page)
    waiting = page.locator(".waiting")
    expect(waiting).to_be_hidden()
    line.slow()
    first_pick(page)
    expect(waiting).to_be_visible()
    page.locator(PICKS).first.click(force=True)
    page.locator(PICKS).first.press("Enter")
    page.locator(PICKS).last.press("Enter")
    line.release()
    wait_for_answer(page, 0)
    expect(waiting).to_be_hidden()
    page.clock.run_for(GIVEN_UP)
    assert (step(page), messages_shown(page)) == ("screening.receives", 1)
    page.reload()
    assert (step(page), messages_shown(page)) == ("screening.receives", 1)


def busy(line: Line) -> None:
    line.refused(503, **{"Retry-After": "1"})


@pytest.mark.parametrize(
    "break_it",
    [Line.fail, Line.lose_responses, pytest.param(busy, marks=SOAK)],
    ids=["broken", "deaf", "busy"],
)
def test_what_is_lost_is_sent_again_and_counts_once(
    visit: Visit, break_it: Callable[[Line], None]
) -> None:
    page = visit("/m/kalamata")
    line = Line(page)
    failed = page.locator(".failed")
    for said in range(2):  # the one that begins the conversation, and one that goes on with it
        break_it(line)
        before = len(line.sent)
        expect(failed).to_be_hidden()
        first_pick(page)
        expect(failed).to_be_visible()
        if break_it != Line.lose_responses:  # for the answer may come another way
            line.wait(before + 2)
        line.restore()
        line.answered(said)
        expect(failed).to_be_hidden()
        assert len(set(line.messages()[before:])) == 1
    shown = page.locator("#log").inner_text()
    assert (step(page), messages_shown(page)) == ("day", 2)
    page.reload()
    assert (page.locator("#log").inner_text(), step(page)) == (shown, "day")


def test_a_busy_server_is_not_asked_again_sooner_than_it_said(visit: Visit) -> None:
    page = visit("/m/kalamata")
    line = Line(page)
    line.refused(503, **{"Retry-After": "20"})
    first_pick(page)
    expect(page.locator(".failed")).to_be_visible()
    page.clock.run_for(15_000)
    assert len(line.sent) == 1
    line.restore()
    line.answered(0)


def test_a_booking_is_confirmed_once_though_its_answer_was_lost(visit: Visit) -> None:
    page, line, said = after(visit, REVIEWED)
    line.lose_responses()
    first_pick(page)
    line.wait(1)
    line.restore()
    line.answered(said)
    assert page.locator("#log").inner_text().count("Το ραντεβού σας κλείστηκε.") == 1
    tap(page, "Τα ραντεβού μου")
    assert step(page) == "action"  # there is one only, so it isn't asked which


def test_what_was_taken_is_not_left_in_the_box_to_be_sent_again(visit: Visit) -> None:
    page, line, said = after(visit, TIME_HELD)
    line.lose_responses()
    write_name(page)
    line.wait(1)
    line.fail()  # only what comes later can show it now, or else a reload
    wait_for_answer(page, said)
    expect(page.locator("#ask")).to_have_attribute("data-step", "details.email")
    expect(page.locator("#text")).to_have_value("")


def give_up(page: Page, line: Line) -> None:
    """Write a name and let every try fail."""
    write_name(page)
    expect(page.locator(".failed")).to_be_visible()
    for _ in range(6):
        page.clock.run_for(GIVEN_UP // 6)
        expect(page.locator(".htmx-request")).to_have_count(0)
    tries = len(line.sent)
    page.clock.run_for(GIVEN_UP)
    assert len(line.sent) == tries, "still trying"


def test_when_all_tries_failed_nothing_typed_is_lost_and_sending_works_again(visit: Visit) -> None:
    page, line, said = after(visit, TIME_HELD)
    line.fail()
    give_up(page, line)
    failed = page.locator(".failed")
    expect(failed).to_be_visible()
    expect(failed).not_to_contain_text("Προσπαθώ ξανά")
    expect(page.locator("#text")).to_have_value("Μαρία Παπαδοπούλου")
    sent = len(line.sent)
    page.press("#text", "Enter")
    line.wait(sent + 2)  # it tries by itself again, too
    line.restore()
    line.answered(said)
    expect(page.locator("#log .bubble.citizen").last).to_contain_text("Μαρία Παπαδοπούλου")
    assert (step(page), messages_shown(page)) == ("details.email", said + 1)


def test_no_refusal_is_silent(visit: Visit) -> None:
    page = visit("/m/kalamata")
    line = Line(page)
    for status in (413, 500, 502):
        line.refused(status)
        page.fill("#text", "στέγασης")
        page.press("#text", "Enter")
        expect(page.locator(".failed")).to_be_visible()
        expect(page.locator("#text")).to_have_value("στέγασης")
        page.reload()


def test_an_answer_that_never_comes_is_asked_for_again(visit: Visit) -> None:
    page = visit("/m/kalamata")
    line = Line(page)
    assert 0 < page.evaluate("() => htmx.config.timeout") <= 30_000
    page.evaluate("() => { htmx.config.timeout = 300 }")
    line.slow()
    first_pick(page)
    expect(page.locator(".failed")).to_be_visible()
    line.restore()
    line.answered(0)
    assert (step(page), messages_shown(page)) == ("screening.receives", 1)
