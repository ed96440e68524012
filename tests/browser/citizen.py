"""What a citizen does on the page, by tapping and typing, with scripts and without."""

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
"""What is said on Kalamata's page to come so far."""

NOTES_ASKED = (
    "γυναικών | τηλεδιάσκεψη | 3/12 | 10:00"
    " | Μαρία Παπαδοπούλου | maria@example.gr | - | 6912345678 | -"
)
"""And on that of Chios, to a question whose answer may be long."""

Look = Callable[[Page], None]


def nothing(_page: Page) -> None:
    """Look at nothing."""


def step(page: Page) -> str:
    """The open question's."""
    return page.locator("#ask").get_attribute("data-step") or ""


def told(page: Page) -> int:
    """How many messages of the citizen are shown."""
    return page.locator("#log .bubble.citizen").count()


def last_reply(page: Page) -> Locator:
    return page.locator("#log .bubble.bot").last


def heard(page: Page, before: int) -> None:
    """Wait until one more message is shown with its answer, and the page is at rest."""
    page.locator("#log .bubble.citizen").nth(before).wait_for()
    expect(page.locator(BUSY)).to_have_count(0)


def press(page: Page, button: Locator) -> None:
    """Press a button of the page, and wait for the answer."""
    before = told(page)
    button.click()
    heard(page, before)


def tap(page: Page, label: str) -> None:
    """Tap a button of the open question: by its text, or by the day's full name."""
    named = page.locator("#ask").get_by_role("button", name=label)
    press(page, named.or_(page.locator("#ask button", has_text=label)).first)


def write(page: Page, text: str) -> None:
    before = told(page)
    page.fill("#text", text)
    if page.locator("textarea#text").count():  # where Enter, without scripts, begins a line
        page.locator(".typed button").click()
    else:
        page.press("#text", "Enter")
    heard(page, before)


def answer(page: Page) -> None:
    """Answer the open question: what may be left out is, of all else the first."""
    asked = step(page)
    if asked in ANSWERS:
        write(page, ANSWERS[asked])
    else:
        press(page, page.locator(PICKS).nth(-1 if asked.startswith("details.") else 0))


def book(page: Page, *, until: str = "task", look: Look = nothing) -> None:
    """Answer whatever is asked until a step is reached; look at each question on the way."""
    for _ in range(40):
        look(page)
        if step(page) == until:
            return
        answer(page)
    raise AssertionError(f"stuck at {step(page)}")


def ahead(page: Page, said: str) -> None:
    """Say all of this without being looked at, then show the page: quicker than tapping."""
    for text in said.split(" | "):
        elsewhere(page, text)
    page.reload()


def elsewhere(page: Page, text: str) -> None:
    """Say it as another window of the same browser would."""
    language = {"Accept-Language": page.locator("html").get_attribute("lang") or ""}
    form: dict[str, str | float | bool] = {"message_id": str(uuid4()), "text": text}
    page.context.request.post(page.url, form=form, headers=language, max_redirects=0)


def code(page: Page) -> str:
    """The code of the booking that was shown last."""
    log = page.locator("#log").inner_text()
    return str(CODE.findall(log)[-1])
