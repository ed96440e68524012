"""`make screenshots`: take pictures of the page's main states, and of each bot.

The page is pictured narrow and wide, light and dark.
"""

import random
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import httpx
from playwright.sync_api import Browser, Page, ViewportSize

from bot.bootstrap import load_shipped
from bot.context import Services
from bot.i18n.translator import Translator
from bot.platforms.base import Platform
from core.catalogue.registry import Registry
from core.db.database import Database
from tests import bot_screenshots, office_screenshots
from tests.browser.citizen import book, step, tap
from tests.browser.conftest import launched
from tests.conftest import Clock, Deployment
from tests.webhooks.chat_client import serving
from tests.webhooks.conftest import served
from webhooks.app import build_app

FOLDER = Path(__file__).parent / "screenshots"
ATHENS = "Europe/Athens"
SIZES: dict[str, ViewportSize] = {
    "phone": {"width": 390, "height": 844},
    "desktop": {"width": 1280, "height": 800},
}
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
STATES = {
    "service": "services",
    "day": "month",
    "time": "times",
    "details.name": "name",
    "review": "review",
    "task": "confirmation",
}
"""The steps that are pictured, with the names of their files."""


def main() -> None:
    """Book an appointment and take the pictures."""
    FOLDER.mkdir(exist_ok=True)
    with launched() as browser:
        with opened() as client:
            of_pages(browser, str(client.base_url))
        office_screenshots.draw(browser, deployed, picture)
        bot_screenshots.draw(browser, FOLDER, opened)


def of_pages(browser: Browser, address: str) -> None:
    """Take the pictures of the web chat."""
    english = browser.new_page(base_url=address, locale="en-AU", timezone_id=ATHENS)
    english.goto("/")
    picture(english, "greeting-english")
    page = browser.new_page(base_url=address, locale="el-GR", timezone_id=ATHENS)
    page.goto("/")
    picture(page, "greeting")
    tap(page, "Χίου")
    book(page, look=look)


def look(page: Page) -> None:
    if name := STATES.get(step(page)):
        picture(page, name)


def picture(page: Page, state: str) -> None:
    """Take the pictures of a state, each after reloading the page."""
    for size, viewport in SIZES.items():
        for scheme in SCHEMES:
            page.set_viewport_size(viewport)
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            page.goto(page.url)
            page.screenshot(path=FOLDER / f"{size}-{scheme}-{state}.png")


@contextmanager
def opened(platforms: Mapping[str, Platform] | None = None) -> Iterator[httpx.Client]:
    """Run a server with a fixed clock; yield a client."""
    with running(platforms or {}) as (_deployment, client):
        yield client


@contextmanager
def deployed() -> Iterator[tuple[Deployment, str]]:
    """Run a server with a fixed clock; yield what it serves, and its address."""
    with running({}) as (deployment, client):
        yield deployment, str(client.base_url)


@contextmanager
def running(accounts: Mapping[str, Platform]) -> Iterator[tuple[Deployment, httpx.Client]]:
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{folder}/rantevou.db")
        database.prepare()
        registry, clock = Registry("screenshots", frozenset({"webchat", *accounts})), Clock()
        services = Services(
            registry, Translator(), clock, random.Random(1).choice, platforms=accounts
        )
        application = served(database, services)
        load_shipped(application)
        with serving(build_app(application)) as client:
            yield Deployment(database, services, clock), client


if __name__ == "__main__":
    main()
