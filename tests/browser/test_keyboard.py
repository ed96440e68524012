"""A booking with the keyboard alone, on the narrowest screen and at 400 % zoom."""

import pytest
from playwright.sync_api import Page, ViewportSize, expect

from tests.browser.citizen import (
    BUSY,
    NOTES_ASKED,
    PICKS,
    ahead,
    book,
    messages_shown,
    step,
    tap,
    wait_for_answer,
    write,
)
from tests.browser.conftest import Visit
from tests.conftest import SOAK
from tests.dialogs.scripted_citizen import ANSWERS

NARROW: ViewportSize = {"width": 320, "height": 568}
ZOOMED: ViewportSize = {"width": 320, "height": 256}  # 1280 × 1024 at 400 %

FOCUS = """() => {
  const on = document.activeElement, style = getComputedStyle(on);
  const seen = [...on.getClientRects()].some(box => [.1, .5, .9].some(part => on.contains(
    document.elementFromPoint(box.left + box.width * part, box.top + box.height / 2))));
  return {
    what: on === document.body ? 'body' : on.outerHTML.slice(0, 120),
    ring: style.outlineStyle !== 'none' && style.outlineWidth !== '0px'
      || style.boxShadow !== 'none',
    seen,
  };
}"""


def hits(page: Page, selector: str) -> bool:
    """Return whether the focus is on an element of that selector."""
    return bool(page.evaluate("wanted => document.activeElement.matches(wanted)", selector))


def go(page: Page, selector: str, *, key: str = "Tab") -> None:
    """Press Tab until the focus is on such an element; each stop is seen, and seen to be one."""
    for _ in range(120):
        if hits(page, selector):
            return
        page.keyboard.press(key)
        focus = page.evaluate(FOCUS)
        if focus["what"] != "body":  # between the page's end and its start
            assert focus["ring"], f"no ring around {focus['what']}"
            assert focus["seen"], f"hidden by something: {focus['what']}"
    raise AssertionError(f"{selector} isn't reached at {step(page)}")


def enter(page: Page, key: str = "Enter") -> None:
    """Press a key that answers; afterwards the focus is somewhere in the page."""
    before = messages_shown(page)
    page.keyboard.press(key)
    wait_for_answer(page, before)
    assert page.evaluate(FOCUS)["what"] != "body", f"the focus is lost at {step(page)}"
    no_sideways(page)


def no_sideways(page: Page) -> None:
    wide, has = page.evaluate(
        "() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]"
    )
    assert wide <= has, f"{wide - has} px too wide: {page.locator('body').inner_text()[-300:]}"


@pytest.mark.parametrize(
    "size", [NARROW, pytest.param(ZOOMED, marks=SOAK)], ids=["320 px", "400 %"]
)
def test_a_booking_with_the_keyboard_alone(visit: Visit, size: ViewportSize) -> None:
    page = visit("/m/kalamata")
    page.set_viewport_size(size)
    no_sideways(page)
    for turn in range(20):
        if step(page) == "task":
            break
        asked = step(page)
        if asked in ANSWERS:
            go(page, "#text", key="Shift+Tab" if turn % 2 else "Tab")
            page.keyboard.type(ANSWERS[asked])
            enter(page)
        else:
            go(page, ", ".join(f"{button}:enabled" for button in PICKS.split(", ")))
            enter(page, "Space" if turn % 2 else "Enter")
    expect(page.locator("#log")).to_contain_text("Το ραντεβού σας κλείστηκε.")


def test_an_earlier_answer_is_changed_with_the_keyboard(visit: Visit) -> None:
    page = visit()
    go(page, PICKS)
    enter(page)
    go(page, "#trail button", key="Shift+Tab")
    enter(page)
    assert step(page) == "municipality"


def test_the_first_stop_skips_to_the_question(visit: Visit) -> None:
    page = visit()
    page.keyboard.press("Tab")
    assert hits(page, "a.skip")
    expect(page.locator("a.skip")).to_be_in_viewport()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert hits(page, PICKS)
    page.keyboard.press("Enter")
    expect(page.locator("#ask")).to_have_attribute("data-step", "service")
    expect(page.locator(BUSY)).to_have_count(0)


def test_enter_sends_a_long_answer_and_with_shift_begins_a_line(visit: Visit) -> None:
    page = visit("/m/chios")
    ahead(page, NOTES_ASKED)
    before, box = messages_shown(page), page.locator("textarea#text")
    box.press_sequentially("Θέλω ράμπα.")
    box.press("Shift+Enter")
    box.dispatch_event("keydown", {"key": "Enter", "isComposing": True})  # ends a word only
    box.press_sequentially("Ευχαριστώ.")
    expect(box).to_have_value("Θέλω ράμπα.\nΕυχαριστώ.")
    assert messages_shown(page) == before
    enter(page)
    assert step(page) != "details.notes"
    expect(page.locator("#log .bubble.citizen").last).to_contain_text("Ευχαριστώ.")


def test_without_scripts_enter_begins_a_line_of_a_long_answer(visit: Visit) -> None:
    page = visit("/m/chios", scripts=False)
    ahead(page, NOTES_ASKED)
    page.locator("#text").press_sequentially("Θέλω")
    page.press("#text", "Enter")
    page.locator("#text").press_sequentially("ράμπα.")
    expect(page.locator("#text")).to_have_value("Θέλω\nράμπα.")
    write(page, "Θέλω ράμπα.")
    assert step(page) != "details.notes"


def test_nothing_is_wider_than_a_narrow_screen(visit: Visit) -> None:
    page = visit("/m/chios", language="en-AU")

    def look(page: Page) -> None:
        for size in (NARROW, ZOOMED):
            page.set_viewport_size(size)
            no_sideways(page)
        page.locator(f"#text, {PICKS}").first.click(trial=True)

    book(page, look=look)
    write(page, "help")
    look(page)
    tap(page, "My bookings")
    look(page)
    for path in ("/docs", "/m/nowhere", "/accessibility", "/m/kalamata/privacy"):
        page.goto(path)
        no_sideways(page)
