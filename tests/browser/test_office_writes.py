"""What a citizen types or taps stays while the office writes to the page."""

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.citizen import write
from tests.browser.conftest import Visit
from tests.conftest import Deployment
from tests.webhooks.web.test_relay import ACCOUNT, END, QUESTION, answer, bind, close
from webhooks.web import event_stream


@pytest.fixture
def page(visit: Visit, deployment: Deployment, monkeypatch: pytest.MonkeyPatch) -> Page:
    """Open a page whose citizen writes with the office."""
    monkeypatch.setattr(event_stream, "POLL_SECONDS", 0.1)
    deployment.services.registry.accounts = frozenset({"webchat", ACCOUNT})
    deployment.database.write_sync(lambda s: bind(s, deployment))
    opened = visit()
    for text in ("Γεια", "υπάλληλος", "Καλαμάτας", QUESTION):
        write(opened, text)
    return opened


def test_the_field_and_the_focus_stay_as_the_office_writes_and_ends_it(
    page: Page, deployment: Deployment
) -> None:
    page.focus("#text")
    shown = page.locator("#log .bubble.bot", has_text="Μήνυμα από")
    page.keyboard.type("Μισή φράσ")
    page.evaluate(
        """() => document.addEventListener("htmx:afterSwap", () => {
            document.activeElement.value += "η"; }, {once: true})"""
    )
    answer(deployment)
    expect(shown).to_have_count(1)
    page.wait_for_timeout(300)
    assert page.locator("#text").input_value() == "Μισή φράση"
    end = page.locator("#ask").get_by_role("button", name=END)
    end.focus()
    answer(deployment)
    expect(shown).to_have_count(2)
    expect(end).to_be_focused()
    close(deployment)
    expect(end).to_have_count(0)
    assert page.locator("#text").input_value() == "Μισή φράση"


def test_a_tap_that_is_to_be_sent_again_is_sent_though_the_office_writes(
    page: Page, deployment: Deployment
) -> None:
    refused: list[Route] = []

    def refuse_once(route: Route) -> None:
        if route.request.method == "POST" and not refused:
            refused.append(route)
            route.fulfill(status=503, headers={"Retry-After": "4"}, body="busy")
        else:
            route.continue_()

    page.route("**/*", refuse_once)
    page.locator("#ask").get_by_role("button", name="Τα ραντεβού μου").click()
    expect(page.locator(".failed")).to_be_visible()
    answer(deployment)
    expect(page.locator("#log .bubble.bot", has_text="Μήνυμα από")).to_have_count(1)
    sent = page.locator("#log .bubble.citizen", has_text="Τα ραντεβού μου")
    expect(sent).to_have_count(1, timeout=12_000)
