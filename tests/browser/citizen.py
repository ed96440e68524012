"""Use the page as a citizen does, by tapping and typing, with scripts and without."""

import re
from collections.abc import Callable
from uuid import uuid4

from playwright.sync_api import Locator, Page, expect

from tests.dialogs.scripted_citizen import ANSWERS

PICKS = "#ask .picks button, #ask .month button, #ask .times button"
BUSY = ".htmx-request, .htmx-swapping, .htmx-settling, .htmx-added"

CODE = re.compile(r"(?:Κωδικός|Code):?\s*(\w{3} \w{3})")

TIME_HELD = "στέγασης | όχι | 1/12 | 12:30"
REVIEWED = f"{TIME_HELD} | Μαρία Παπαδοπούλου | maria@example.gr | 6912345678 | 068933130 | συμφωνώ"
BOOKED = f"{REVIEWED} | ναι"
"""Texts, separated by " | ", that lead to this point on Kalamata's page."""

NOTES_ASKED = (
    "γυναικών | τηλεδιάσκεψη | 3/12 | 10:00"
    " | Μαρία Παπαδοπούλου | maria@example.gr | - | 6912345678 | -"
)
"""Texts that lead to a question with a long answer, on the page of Chios."""

Look = Callable[[Page], None]


def nothing(_page: Page) -> None:
    """Do nothing."""


def step(page: Page) -> str:
    """Return the step of the open question."""
    return page.locator("#ask").get_attribute("data-step") or ""


def messages_shown(page: Page) -> int:
    """Return how many messages of the citizen are shown."""
    return page.locator("#log .bubble.citizen").count()


def last_reply(page: Page) -> Locator:
    return page.locator("#log .bubble.bot").last


def wait_for_answer(page: Page, before: int) -> None:
    """Wait until one more message and its answer are shown and htmx has finished."""
    page.locator("#log .bubble.citizen").nth(before).wait_for()
    expect(page.locator(BUSY)).to_have_count(0)


def press(page: Page, button: Locator) -> None:
    """Press a button of the page and wait for the answer."""
    before = messages_shown(page)
    button.click()
    wait_for_answer(page, before)


def tap(page: Page, label: str) -> None:
    """Tap a button of the open question: by its text, or by the day's full name."""
    named = page.locator("#ask").get_by_role("button", name=label)
    press(page, named.or_(page.locator("#ask button", has_text=label)).first)


def write(page: Page, text: str) -> None:
    before = messages_shown(page)
    page.fill("#text", text)
    if page.locator("textarea#text").count():  # where Enter begins a new line without scripts
        page.locator(".typed button").click()
    else:
        page.press("#text", "Enter")
    wait_for_answer(page, before)


def answer(page: Page) -> None:
    """Answer the open question: skip what is optional, else pick the first choice."""
    asked = step(page)
    if asked in ANSWERS:
        write(page, ANSWERS[asked])
    else:
        press(page, page.locator(PICKS).nth(-1 if asked.startswith("details.") else 0))


def book(page: Page, *, until: str = "task", look: Look = nothing) -> None:
    """Answer every question until a step is reached; call `look` before each answer."""
    for _ in range(40):
        look(page)
        if step(page) == until:
            return
        answer(page)
    raise AssertionError(f"stuck at {step(page)}")


def ahead(page: Page, said: str) -> None:
    """Send these texts without the browser, then reload the page: faster than tapping."""
    for text in said.split(" | "):
        elsewhere(page, text)
    page.reload()


def elsewhere(page: Page, text: str) -> None:
    """Send a text as another window of the same browser would."""
    language = {"Accept-Language": page.locator("html").get_attribute("lang") or ""}
    form: dict[str, str | float | bool] = {"message_id": str(uuid4()), "text": text}
    page.context.request.post(page.url, form=form, headers=language, max_redirects=0)


def code(page: Page) -> str:
    """Return the code of the booking that was shown last."""
    log = page.locator("#log").inner_text()
    return str(CODE.findall(log)[-1])
