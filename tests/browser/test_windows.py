"""An open page receives the answers of another window, and messages that come later."""

import re

import pytest
from playwright.sync_api import APIResponse, Page, Route, expect

from tests.browser.citizen import (
    PICKS,
    TIME_HELD,
    ahead,
    book,
    elsewhere,
    messages_shown,
    step,
    tap,
    write,
)
from tests.browser.conftest import Visit
from tests.conftest import Deployment
from webhooks.web import event_stream

REMINDER = "Σας θυμίζω το ραντεβού σας:"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch, deployment: Deployment) -> None:
    monkeypatch.setattr(event_stream, "POLL_SECONDS", 0.1)
    deployment.services.registry.accounts = frozenset({"webchat"})


def second(page: Page) -> Page:
    """Another window of the same browser, on the same page."""
    other = page.context.new_page()
    other.goto("/")
    return other


@pytest.mark.parametrize("streams", [100, 0])
def test_two_windows_of_one_conversation_go_along(
    visit: Visit, monkeypatch: pytest.MonkeyPatch, streams: int
) -> None:
    """Also where the server has no stream left for them, so that they poll."""
    monkeypatch.setattr(event_stream, "max_streams", lambda: streams)
    monkeypatch.setattr(event_stream, "POLL_MILLISECONDS", (200, 400))
    page = visit()
    tap(page, "Λαρισαίων")
    other = second(page)
    write(other, "στα πόδια της γάτας")
    expect(page.locator("#log .bubble.citizen").last).to_contain_text("στα πόδια της γάτας")
    expect(page.locator("#log")).to_have_text(
        other.locator("#log").inner_text(), use_inner_text=True
    )
    tap(page, "Βοήθεια")
    expect(other.locator("#log .bubble.citizen").last).to_contain_text("Βοήθεια")
    assert step(page) == step(other)
    numbers = page.locator("#log .bubble").evaluate_all("all => all.map(b => +b.dataset.entry)")
    assert numbers == sorted(numbers)


def test_an_older_answer_that_comes_last_changes_nothing(visit: Visit) -> None:
    page = visit()
    tap(page, "Λαρισαίων")
    other = second(page)
    held: list[tuple[Route, APIResponse]] = []
    page.route(re.compile("/later"), lambda route: held.append((route, route.fetch())))
    write(other, "στα πόδια της γάτας")
    page.bring_to_front()
    while not held:
        page.wait_for_timeout(50)
    before = messages_shown(page)
    page.locator(PICKS).first.click()
    expect(page.locator("#log .bubble.citizen")).to_have_count(before + 2)
    newest = page.locator(PICKS).first.get_attribute("value")
    for route, answer in held:
        route.fulfill(response=answer)
    page.wait_for_timeout(300)
    assert page.locator(PICKS).first.get_attribute("value") == newest
    expect(page.locator("#log .bubble.citizen")).to_have_count(before + 2)


def test_what_is_half_typed_stays_when_another_window_answers(visit: Visit) -> None:
    page = visit()
    tap(page, "Λαρισαίων")
    other = second(page)
    page.fill("#text", "Μισή φράση")
    tap(other, "Βοήθεια")
    expect(page.locator("#log .bubble.citizen").last).to_contain_text("Βοήθεια")
    expect(page.locator("#text")).to_have_value("Μισή φράση")


def test_a_language_changed_in_another_window_changes_this_one(visit: Visit) -> None:
    page = visit()
    tap(page, "Λαρισαίων")
    other = second(page)
    other.get_by_role("button", name="English").click()
    expect(other.locator("html")).to_have_attribute("lang", "en")
    expect(page.locator("html")).to_have_attribute("lang", "en")


def test_a_device_forgotten_in_another_window_is_forgotten_here(visit: Visit) -> None:
    page = visit()
    tap(page, "Λαρισαίων")
    other = second(page)
    other.locator("details.forget summary").click()
    other.locator("details.forget button").click()
    for window in (other, page):  # which hears of it, and is loaded anew
        expect(window.locator("#log .bubble.citizen")).to_have_count(0)
    page.fill("#text", "Χίος")
    page.press("#text", "Enter")
    expect(page.locator("#log .bubble.citizen")).to_have_text(["Εσείς: Χίος"])


def test_a_refused_stream_is_asked_for_again_and_not_at_once(visit: Visit) -> None:
    page = visit("/m/kalamata")
    ahead(page, "στέγασης")
    asked: list[Route] = []

    def refuse_the_first(route: Route) -> None:
        asked.append(route)
        if len(asked) == 1:
            route.fulfill(status=429)
        else:
            route.continue_()

    page.route(re.compile("/events"), refuse_the_first)
    page.clock.install()
    with page.expect_response(lambda response: response.status == 429):
        page.reload()
    page.wait_for_timeout(300)  # until the page has fetched it
    elsewhere(page, "όχι")
    page.clock.run_for(14_000)
    page.wait_for_timeout(300)
    assert (len(asked), messages_shown(page)) == (1, 1)
    for _ in range(12):
        if len(asked) < 2:
            page.clock.run_for(5000)
            page.wait_for_timeout(50)
    expect(page.locator("#log .bubble.citizen").last).to_contain_text("όχι")
    assert (len(asked), step(page)) == (2, "day")


def test_a_page_from_the_browsers_memory_is_loaded_anew(visit: Visit) -> None:
    page = visit("/m/kalamata")
    ahead(page, "στέγασης")
    page.route(re.compile("/(events|later)"), lambda route: route.abort())
    page.reload()
    elsewhere(page, "όχι")
    page.fill("#text", "Μισή φράση")
    show = "kept => { dispatchEvent(new PageTransitionEvent('pageshow', { persisted: kept })) }"
    page.evaluate(show, False)
    page.wait_for_timeout(300)
    assert messages_shown(page) == 1  # any page is shown so once it is loaded
    page.evaluate(show, True)
    expect(page.locator("#log .bubble.citizen").last).to_contain_text("όχι")
    expect(page.locator("#text")).to_have_value("Μισή φράση")
    assert step(page) == "day"


def test_the_minutes_of_the_held_time_run_while_nothing_is_said(visit: Visit) -> None:
    page = visit("/m/kalamata")
    page.clock.install()
    ahead(page, TIME_HELD)
    held = page.locator("#ask .held")
    expect(held).to_contain_text(" 10 λεπτά ακόμη")
    page.clock.run_for(65_000)
    expect(held).to_contain_text(" 9 λεπτά ακόμη")
    page.clock.run_for(8 * 60_000)
    expect(held).to_contain_text(" 1 λεπτό ακόμη")
    page.clock.run_for(60_000)
    expect(held).to_contain_text("είναι ακόμη ελεύθερη")
    assert step(page) == "details.name"


def test_a_reminder_comes_to_the_open_page_and_the_question_stands(
    visit: Visit, deployment: Deployment
) -> None:
    page = visit()
    tap(page, "Καλαμάτας")
    book(page)
    page.fill("#text", "Μισή φράση")
    expect(page.locator("#log")).not_to_contain_text(REMINDER)
    deployment.clock.forward(hours=25)  # the first appointment, at 12:30, is within three hours
    expect(page.locator("#log .bubble").last).to_contain_text(REMINDER)
    expect(page.locator("#text")).to_have_value("Μισή φράση")
    assert step(page) == "task"
    page.reload()
    expect(page.locator("#log .bubble", has_text=REMINDER)).to_have_count(1)
