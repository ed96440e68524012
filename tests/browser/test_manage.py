"""An appointment was moved and cancelled on the page, where it was made and from elsewhere."""

from dataclasses import dataclass

import pytest
from playwright.sync_api import Page, expect

from tests.browser.citizen import BOOKED, ahead, book, code, last_reply, press, step, tap, write
from tests.browser.conftest import Visit
from tests.conftest import SOAK


@dataclass(frozen=True)
class Words:
    """The texts typed and the buttons pressed, in one language."""

    browser: str
    municipality: str
    booked: str
    bookings: str
    move: str
    yes_move: str
    moved: str
    cancel: str
    yes_cancel: str
    cancelled: str
    unknown: str


GREEK = Words(
    "el-GR",
    "Δήμος Καλαμάτας",
    "Το ραντεβού σας κλείστηκε.",
    "Τα ραντεβού μου",
    "Αλλαγή ημέρας ή ώρας",
    "Ναι, αλλαγή σε Τετ 2 Δεκ, 13:10",
    "Το ραντεβού σας άλλαξε.",
    "Ακύρωση ραντεβού",
    "Ναι, ακύρωση",
    "Το ραντεβού σας ακυρώθηκε: Τετ 2 Δεκ 13:10",
    "Δεν βρίσκω ραντεβού από αυτή τη συνομιλία.",
)
ENGLISH = Words(
    "en-AU",
    "Municipality of Kalamata",
    "Your appointment is booked.",
    "My bookings",
    "Move an appointment",
    "Yes, move it to Wed 2 Dec, 13:10",
    "Your appointment was moved.",
    "Cancel an appointment",
    "Yes, cancel it",
    "Your appointment was cancelled: Wed 2 Dec 13:10",
    "I find no appointment made in this chat.",
)


def make(page: Page, words: Words) -> None:
    tap(page, words.municipality)
    book(page)
    expect(page.locator("#log")).to_contain_text(words.booked)


def move(page: Page, words: Words) -> None:
    tap(page, words.move)
    press(page, page.locator("#ask .month button", has_text="2").first)
    tap(page, "13:10")
    tap(page, words.yes_move)
    expect(page.locator("#log")).to_contain_text(words.moved)


def cancel(page: Page, words: Words) -> None:
    tap(page, words.cancel)
    tap(page, words.yes_cancel)
    expect(page.locator("#log")).to_contain_text(words.cancelled)


def open_with_code(page: Page, words: Words, booking: str) -> None:
    write(page, words.bookings)
    write(page, booking)
    write(page, "+30 691 234 5678")
    assert step(page) == "action"


@pytest.mark.parametrize(
    ("words", "scripts"),
    [
        pytest.param(GREEK, True, id="el"),
        pytest.param(ENGLISH, False, id="en, no scripts", marks=SOAK),
    ],
)
def test_booked_moved_and_cancelled(visit: Visit, words: Words, scripts: bool) -> None:
    page = visit(scripts=scripts, language=words.browser)
    make(page, words)
    move(page, words)
    cancel(page, words)
    tap(page, words.bookings)
    expect(last_reply(page)).to_contain_text(words.unknown)


@pytest.mark.parametrize(
    ("words", "scripts"),
    [
        pytest.param(ENGLISH, True, id="en"),
        pytest.param(GREEK, False, id="el, no scripts", marks=SOAK),
    ],
)
def test_changed_from_elsewhere_with_code_and_phone(
    visit: Visit, words: Words, scripts: bool
) -> None:
    home = visit("/m/kalamata", language=words.browser)
    ahead(home, BOOKED)
    elsewhere = visit(scripts=scripts, language=words.browser)
    open_with_code(elsewhere, words, code(home))
    move(elsewhere, words)
    another = visit(scripts=scripts, language=words.browser)
    open_with_code(another, words, code(home))
    cancel(another, words)
    tap(home, words.bookings)
    expect(last_reply(home)).to_contain_text(words.unknown)
