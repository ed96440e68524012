"""Take pictures of the page while the office writes to its citizen, or offers another time."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date
from typing import NamedTuple

from playwright.sync_api import Browser, Page
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.actor import OPERATOR
from core.bookings.closures import service as closures
from core.bookings.closures.request import ExceptionRequest
from core.db.models import ExceptionKind, OfferState, TimeOffer
from tests.browser.citizen import BOOKED, ahead, press, write
from tests.conftest import Deployment
from tests.core.wait_until import until
from tests.webhooks.web.test_relay import ACCOUNT, answer, bind

TOWN = "kalamata"

Picture = Callable[[Page, str], None]

Deployed = Callable[[], AbstractContextManager[tuple[Deployment, str]]]
"""Runs a server with a database of its own; gives both, the server by its address."""


class Words(NamedTuple):
    """The texts that the citizen and the office write, in one language."""

    locale: str
    suffix: str
    municipality: str
    human: str
    question: str
    answer: str
    thanks: str
    end: str
    reason: str
    accept: str
    decline: str


GREEK = Words(
    "el-GR",
    "",
    "Δήμος Καλαμάτας",
    "υπάλληλος",
    "Καλημέρα, το μισθωτήριό μου λήγει τον Ιανουάριο. Το δέχεστε;",
    "Καλημέρα σας. Ναι, αρκεί να ισχύει την ημέρα του ραντεβού. Φέρτε και ένα αντίγραφο.",
    "Ευχαριστώ πολύ!",
    "τέλος συνομιλίας",
    "Απεργία",
    "Δέχομαι τη νέα ώρα",
    "Δεν θέλω τη νέα ώρα",
)
ENGLISH = Words(
    "en-AU",
    "-english",
    "Municipality of Kalamata",
    "human",
    "Good morning, my lease ends in January. Do you accept it?",
    "Good morning. Yes, if it is valid on the day of your appointment. Please bring a copy too.",
    "Thank you!",
    "end the conversation",
    "Strike",
    "I take the new time",
    "I don't want the new time",
)
LANGUAGES = (GREEK, ENGLISH)


def draw(browser: Browser, deployed: Deployed, picture: Picture) -> None:
    """Take the pictures of a talk and of an offer with its ends, in both languages."""
    for words in LANGUAGES:
        with deployed() as (deployment, address):
            talk(opened(browser, address, words), deployment, words, picture)
        with deployed() as (deployment, address):
            page = opened(browser, address, words)
            number = offered(page, deployment, words)
            picture(page, "offer" + words.suffix)
            withdraw(deployment, number)
            picture(page, "offer-withdrawn" + words.suffix)
        for end, label in (("accepted", words.accept), ("declined", words.decline)):
            with deployed() as (deployment, address):
                page = opened(browser, address, words)
                offered(page, deployment, words)
                page.reload()
                press(page, page.get_by_role("button", name=label))
                picture(page, f"offer-{end}{words.suffix}")


def opened(browser: Browser, address: str, words: Words) -> Page:
    """Return a new citizen's page."""
    page = browser.new_page(base_url=address, locale=words.locale, timezone_id="Europe/Athens")
    page.goto("/")
    return page


def talk(page: Page, deployment: Deployment, words: Words, picture: Picture) -> None:
    """Take the pictures of a talk with the office: asked for, answered, ended."""
    deployment.services.registry.accounts |= {ACCOUNT}
    deployment.database.write_sync(lambda s: bind(s, deployment))
    ahead(page, f"{words.human} | {words.municipality}")
    picture(page, "talk-asked" + words.suffix)
    write(page, words.question)
    answer(deployment, words.answer)
    picture(page, "talk-answered" + words.suffix)
    write(page, words.end)
    picture(page, "talk-ended" + words.suffix)


def offered(page: Page, deployment: Deployment, words: Words) -> int:
    """Book, and close the town on that day; return the closure's number when a time is offered."""
    ahead(page, f"{words.municipality} | {BOOKED}")
    now, registry = deployment.clock(), deployment.services.registry
    day = date(2026, 12, 1)
    closed = ExceptionRequest(ExceptionKind.CLOSURE, TOWN, day, day, reason=words.reason)

    def run(session: Session) -> int:
        registry.refresh(session)
        return closures.make(session, registry, OPERATOR, closed, now).id

    number = deployment.database.write_sync(run)
    until(lambda: _state(deployment) == OfferState.MADE)
    return number


def withdraw(deployment: Deployment, number: int) -> None:
    """End the closure, and so the offer."""
    now, registry = deployment.clock(), deployment.services.registry

    def run(session: Session) -> None:
        closures.withdraw(session, registry, OPERATOR, TOWN, number, now)

    deployment.database.write_sync(run)
    until(lambda: _state(deployment) == OfferState.WITHDRAWN)


def _state(deployment: Deployment) -> str | None:
    state = select(TimeOffer.state.label("state"))
    return deployment.database.write_sync(lambda s: s.scalars(state).one_or_none())
