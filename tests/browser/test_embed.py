"""Framed by a municipality's own site: another origin, which a browser treats as a stranger."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

from playwright.sync_api import Browser, FrameLocator, Page, ViewportSize, expect

from tests.browser.conftest import PATIENCE
from tests.conftest import Deployment
from tests.webhooks.chat_client import serving
from tests.webhooks.conftest import served
from webhooks.app import build_app

SITE = """<!doctype html><html lang="el"><title>Δήμος Χίου</title>
<p>Καλώς ήρθατε</p><div>{line}</div><p style="height: 200rem">Νέα του δήμου</p></html>"""


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@contextmanager
def site(folder: Path) -> Iterator[str]:
    """The municipality's own site; its origin."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder))) as server:
        Thread(target=server.serve_forever).start()
        try:
            yield f"http://localhost:{server.server_port}"
        finally:
            server.shutdown()


@contextmanager
def framed(
    browser: Browser, deployment: Deployment, folder: Path, *, allowed: bool = True
) -> Iterator[Page]:
    """The site's page, with the one line in it."""
    with site(folder) as origin:
        settings = {"embed_origins": origin} if allowed else {}
        with serving(
            build_app(served(deployment.database, deployment.services, **settings))
        ) as client:
            line = f'<script src="{client.base_url}/embed.js" data-municipality="chios"></script>'
            (folder / "index.html").write_text(SITE.format(line=line), "utf-8")
            # High enough for the whole frame: a click scrolls what it must to be seen.
            high: ViewportSize = {"width": 1280, "height": 1200}
            context = browser.new_context(base_url=origin, locale="el-GR", viewport=high)
            context.set_default_timeout(PATIENCE)
            yield context.new_page()
            context.close()


def tap(frame: FrameLocator, label: str) -> None:
    frame.locator("#ask button", has_text=label).first.click()
    expect(frame.locator("#log .bubble.citizen").last).to_contain_text(label)


def test_one_line_shows_the_conversation_and_it_goes_on(
    browser: Browser, deployment: Deployment, tmp_path: Path
) -> None:
    with framed(browser, deployment, tmp_path) as page:
        page.goto("/")
        frame = page.frame_locator("iframe")
        expect(page.locator("iframe")).to_have_attribute("title", "Ραντεβού με τον δήμο σας")
        tap(frame, "Τμήμα Περιουσίας")
        tap(frame, "Τηλεφωνικά")
        assert page.evaluate("scrollY") == 0
        page.reload()
        expect(frame.locator("#log .bubble.citizen")).to_have_count(2)
        [cookie] = page.context.cookies()
        assert (cookie["httpOnly"], cookie["secure"], cookie["sameSite"]) == (True, True, "None")


def test_a_site_that_is_not_in_the_settings_is_told_the_setting(
    browser: Browser, deployment: Deployment, tmp_path: Path
) -> None:
    with framed(browser, deployment, tmp_path, allowed=False) as page:
        told: list[str] = []
        page.on("console", lambda message: told.append(message.text))
        page.goto("/")
        expect(page.locator("iframe")).to_have_count(0)
        assert any("RANTEVOU_EMBED_ORIGINS" in text for text in told)


def test_a_frame_without_leave_stays_empty(
    browser: Browser, deployment: Deployment, tmp_path: Path
) -> None:
    with framed(browser, deployment, tmp_path) as page:
        page.goto("/")
        source = page.locator("iframe").get_attribute("src") or ""
        alone = source.replace("/embed", "")
        page.locator("iframe").evaluate("(frame, source) => { frame.src = source }", alone)
        expect(page.frame_locator("iframe").locator("#ask")).to_have_count(0)
