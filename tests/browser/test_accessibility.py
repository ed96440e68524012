"""axe-core finds nothing on any state of the page: narrow and wide, light and dark."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, ViewportSize, expect

from tests.browser.citizen import BOOKED, ahead, book, code, step, tap, write
from tests.browser.conftest import Visit
from tests.conftest import SOAK

AXE = (Path(__file__).parent / "axe" / "axe.min.js").read_text(encoding="utf-8")
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]
LOOKS = ["color-contrast", "link-in-text-block", "scrollable-region-focusable"]
"""The screens and colour schemes in which every state is checked."""

OTHER_PAGES = (
    *("/m/kalamata", "/m/nowhere", "/docs", "/accessibility", "/m/kalamata/privacy"),
    *("/consents/kalamata/details", "/embed/m/kalamata", "/m/kalamata?began"),
)

ALIKE = {"/docs": "main > :nth-child(n + 20):nth-last-child(n + 20)"}
"""Parts that a page has a hundred times over: `make test` looks at the first and the last, for axe
takes ten seconds of processor time for the whole of it."""

PHONE: ViewportSize = {"width": 390, "height": 844}
DESKTOP: ViewportSize = {"width": 1280, "height": 800}


def faults(page: Page, *rules: str) -> list[str]:
    """Return the violations that axe finds: rule, element, remedy."""
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(AXE)
    only = {"type": "rule", "values": rules} if rules else {"type": "tag", "values": TAGS}
    found: dict[str, list[dict[str, Any]]] = page.evaluate(
        "only => axe.run({runOnly: only, resultTypes: ['violations']})", only
    )
    return [
        f"{fault['id']} at {node['target']}: {node['failureSummary']}"
        for fault in found["violations"]
        for node in fault["nodes"]
    ]


class Inspector:
    """Looks at each state as it comes, and keeps what is wrong with it."""

    def __init__(self, *, whole: bool) -> None:
        self.whole = whole
        self.seen: set[str] = set()
        self.wrong: list[str] = []

    def look(self, page: Page, state: str = "") -> None:
        """Look at the page in every guise: wide ones have another layout, dark ones colours.

        Wide and light it is looked at in `make soak` only: each part of that is in another guise.
        """
        state = state or step(page)
        page.emulate_media(reduced_motion="reduce")  # what fades in has little contrast yet
        self.seen.add(state)
        self._note(state, faults(page))
        page.set_viewport_size(DESKTOP)
        if self.whole:
            self._note(f"{state}, wide", faults(page))
        page.emulate_media(color_scheme="dark")
        self._note(f"{state}, wide and dark", faults(page, *LOOKS))
        page.set_viewport_size(PHONE)
        page.emulate_media(color_scheme="light")

    def done(self, *states: str) -> None:
        """All of these were looked at, and nothing was wrong anywhere."""
        assert set(states) <= self.seen
        assert not self.wrong, "\n".join(self.wrong)

    def _note(self, state: str, found: list[str]) -> None:
        self.wrong += [f"{state}: {fault}" for fault in found]


@pytest.fixture(params=[False, pytest.param(True, marks=SOAK)], ids=["short", "whole"])
def inspector(request: pytest.FixtureRequest) -> Inspector:
    return Inspector(whole=request.param)


def test_a_booking_and_what_is_done_with_it_after(visit: Visit, inspector: Inspector) -> None:
    page, look = visit(), inspector.look
    look(page, "greeting")
    write(page, "κάτι άλλο")
    look(page, "a wrong answer")
    tap(page, "Βοήθεια")
    look(page, "help")
    tap(page, "Καλαμάτας")
    book(page, look=look)
    page.reload()
    page.locator("details.forget summary").click()
    look(page, "forget this device")
    tap(page, "Τα ραντεβού μου")
    look(page)
    tap(page, "Αλλαγή ημέρας ή ώρας")
    book(page, until="review", look=lambda page: look(page, f"move {step(page)}"))
    tap(page, "Όχι, να μείνει")
    tap(page, "Ακύρωση ραντεβού")
    look(page)
    inspector.done(
        *("service", "screening.receives", "day", "time", "details.name", "details.email"),
        *("details.phone", "details.tax_number", "consent", "review", "task", "action", "sure"),
        *("move day", "move time", "move review"),
    )


@pytest.mark.parametrize("inspector", [pytest.param(True, marks=SOAK)], indirect=True)
def test_in_english_with_a_code_and_notes(visit: Visit, inspector: Inspector) -> None:
    page, look = visit("/m/chios", language="en-AU"), inspector.look
    assert page.locator("html").get_attribute("lang") == "en"
    look(page, "greeting")
    book(page, until="details.notes")
    book(page, until="review", look=look)
    home = visit("/m/kalamata", language="en-AU")
    ahead(home, BOOKED)
    look(home, "confirmation")
    printed = home.locator(".card .actions a:not([download])").get_attribute("href") or ""
    page = visit("/m/kalamata", language="en-AU")
    write(page, "my bookings")
    look(page)
    write(page, code(home))
    look(page)
    write(page, "6912345678")
    look(page)
    home.goto(printed)
    look(home, "printed")
    inspector.done("details.notes", "consent", "review", "code", "phone", "action")


def test_other_pages(visit: Visit, inspector: Inspector) -> None:
    page = visit("/m/kalamata")
    for path in OTHER_PAGES:
        page.goto(path)
        if path in ALIKE and not inspector.whole:
            each = page.locator(ALIKE[path])
            expect(each).not_to_have_count(0)
            each.evaluate_all("all => all.forEach(each => each.remove())")
        inspector.look(page, path)
    page.goto("/")
    # Sent again only when all has been looked at: meanwhile the question is pale.
    later = {"Retry-After": "60"}
    page.route("**/*", lambda route: route.fulfill(status=503, headers=later))
    page.locator("#ask .picks button").first.click()
    page.locator(".failed").wait_for()
    inspector.look(page, "failed")
    inspector.done(*OTHER_PAGES, "failed")


def test_what_is_wrong_is_found(visit: Visit) -> None:
    page = visit()
    page.locator("#text").evaluate("input => document.querySelector('label').remove()")
    page.locator("h1").evaluate("title => { title.style.color = '#ccc' }")
    assert {fault.split()[0] for fault in faults(page)} == {"label", "color-contrast"}
    assert [fault.split()[0] for fault in faults(page, *LOOKS)] == ["color-contrast"]
