"""Fixtures: a real browser, and a server that it opens."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.conftest import Deployment
from tests.programs import CHROMIUM, LIBATOMIC, needed, path_of
from tests.webhooks.chat_client import serving
from tests.webhooks.conftest import served
from webhooks.app import build_app

Visit = Callable[..., Page]

PATIENCE = 30_000
"""Milliseconds until a test fails whose page hasn't done what it should; rarely over 5,000."""

ARGUMENTS = (
    *("no-sandbox", "disable-gpu", "disable-background-networking"),
    # Fewer processes: each page would have one more started in advance.
    *("no-zygote", "in-process-gpu", "disable-features=SpareRendererForSitePerProcess"),
)

expect.set_options(timeout=PATIENCE)


@contextmanager
def launched() -> Iterator[Browser]:
    """Run Debian's Chromium without a window; prefer its headless shell."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path_of(CHROMIUM),
            args=[f"--{each}" for each in ARGUMENTS],
        )
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Yield a browser, closed after this folder: its event loop allows no other."""
    needed(CHROMIUM)
    needed(LIBATOMIC)
    with launched() as browser:
        yield browser


@pytest.fixture
def visit(browser: Browser, deployment: Deployment) -> Iterator[Visit]:
    """Yield a function that opens a page of the server in a new browser context."""
    contexts = []
    with serving(build_app(served(deployment.database, deployment.services))) as client:

        def open_page(
            path: str = "/", *, scripts: bool = True, language: str = "el-GR", moving: bool = False
        ) -> Page:
            context = browser.new_context(
                base_url=str(client.base_url),
                java_script_enabled=scripts,
                locale=language,
                timezone_id="Europe/Athens",
                viewport={"width": 390, "height": 844},
                # What fades in is drawn a dozen times: a tenth of the browser's processor time.
                reduced_motion="no-preference" if moving else "reduce",
            )
            context.set_default_timeout(PATIENCE)
            contexts.append(context)
            page = context.new_page()
            page.goto(path)
            return page

        yield open_page
        for context in contexts:
            context.close()
