"""Under a path of the town's own site, behind a real nginx, in a real browser."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Response, expect

from tests.browser.citizen import ahead, elsewhere, press, step, tap, write
from tests.browser.conftest import PATIENCE
from tests.browser.test_embed import site
from tests.conftest import SOAK, Deployment
from tests.nginx import nginx
from tests.webhooks.chat_client import serving
from tests.webhooks.conftest import served
from webhooks.app import build_app

ROOT = "/rantevou"
SITE = """<!doctype html><html lang="el"><title>Δήμος Χίου</title>
<body><script src="{origin}/rantevou/embed.js" data-municipality="chios"></script></body></html>"""


@dataclass(frozen=True)
class Behind:
    """The browser, the origin that nginx serves, and that of the town's site."""

    browser: Browser
    origin: str
    town: str

    def context(self, *, scripts: bool = True) -> BrowserContext:
        context = self.browser.new_context(
            base_url=self.origin,
            locale="el-GR",
            ignore_https_errors=True,
            java_script_enabled=scripts,
            viewport={"width": 1280, "height": 1200},
        )
        context.set_default_timeout(PATIENCE)
        return context


@pytest.fixture(params=[pytest.param(False, marks=SOAK), True], ids=["passed on", "taken off"])
def behind(
    request: pytest.FixtureRequest, browser: Browser, deployment: Deployment, tmp_path: Path
) -> Iterator[Behind]:
    """A server behind nginx, which takes the sub-path off, or passes it on in `make soak`."""
    folder = tmp_path / "site"
    folder.mkdir()
    with site(folder) as town:
        application = served(
            deployment.database, deployment.services, root_path=ROOT, embed_origins=town
        )
        with (
            serving(build_app(application)) as client,
            nginx(tmp_path, ROOT, str(client.base_url).rstrip("/"), stripped=request.param) as own,
        ):
            (folder / "index.html").write_text(SITE.format(origin=own), "utf-8")
            yield Behind(browser, own, town)
            for context in browser.contexts:
                context.close()


def opened(behind: Behind, path: str) -> tuple[Page, list[str]]:
    """Open a page under the sub-path; return it, and the responses that were wrong."""
    page, wrong = behind.context().new_page(), list[str]()

    def look(response: Response) -> None:
        if not response.url.startswith(f"{behind.origin}{ROOT}/") or response.status >= 400:
            wrong.append(f"{response.status} {response.url}")

    page.on("response", look)
    page.goto(f"{ROOT}{path}")
    return page, wrong


def test_a_whole_booking(behind: Behind) -> None:
    page, wrong = opened(behind, "/m/kalamata")
    ahead(page, "στέγασης | όχι | 1/12 | 12:30 | Μαρία Παπαδοπούλου | maria@example.gr")
    for text in ("6912345678", "068933130"):
        write(page, text)
    with page.context.expect_page() as consent:
        page.locator("#ask a").click()
    expect(consent.value.locator("h1")).to_be_visible()
    assert f"{ROOT}/m/kalamata/consents/kalamata/" in consent.value.url
    tap(page, "Συμφωνώ")
    press(page, page.locator("#ask button").first)
    card = page.locator("article.card")
    expect(card).to_contain_text("Το ραντεβού σας κλείστηκε.")
    elsewhere(page, "βοήθεια")  # the event stream brings it
    expect(page.locator("#log .bubble.citizen").last).to_contain_text("βοήθεια")
    with page.expect_download() as calendar:
        card.locator("a[download]").click()
    assert "BEGIN:VCALENDAR" in Path(calendar.value.path()).read_text("utf-8")
    card.locator(".actions a").last.click()
    expect(page.locator("button.print")).to_be_visible()
    assert f"{ROOT}/m/kalamata/appointments/" in page.url
    page.locator("main .actions a").last.click()
    expect(card).to_be_visible()
    assert wrong == []


def test_its_pages_its_forms_and_its_way_back(behind: Behind) -> None:
    page, wrong = opened(behind, "/")
    color = page.locator(".top").evaluate("one => getComputedStyle(one).borderBottomColor")
    assert color == "rgb(0, 51, 117)"  # of our own style sheet
    for name in ("Προσβασιμότητα", "Προσωπικά δεδομένα"):
        page.get_by_role("link", name=name).click()
        page.get_by_role("link", name="English").click()
        page.get_by_role("link", name="Back to the conversation").click()
    write(page, "Χίος")
    page.locator(".forget summary").click()
    page.locator(".forget button").click()
    expect(page.locator("#log .bubble.citizen")).to_have_count(0)
    assert page.url == f"{behind.origin}{ROOT}/"
    page.get_by_role("link", name="API").click()
    page.get_by_role("link", name="OpenAPI").click()
    assert wrong == []
    page.goto(f"{ROOT}/nothing")
    page.locator("main a").click()
    expect(page.locator("#ask")).to_have_attribute("data-step", "municipality")


def test_a_talk_without_scripts(behind: Behind) -> None:
    page = behind.context(scripts=False).new_page()
    page.goto(f"{ROOT}/m/chios")
    write(page, "περιουσίας")
    assert page.url == f"{behind.origin}{ROOT}/m/chios#new"
    assert step(page) == "channel"
    [cookie] = page.context.cookies()
    assert (cookie["name"], cookie["path"]) == ("__Secure-rantevou", ROOT)
    assert (cookie["secure"], cookie["sameSite"]) == (True, "Lax")
    page.goto(f"{ROOT}/")
    assert step(page) == "channel"


def test_the_frame_on_the_towns_site(behind: Behind) -> None:
    page = behind.context().new_page()
    page.goto(behind.town)
    frame = page.frame_locator("iframe")
    frame.locator("#ask button", has_text="Τμήμα Περιουσίας").first.click()
    expect(frame.locator("#log .bubble.citizen").last).to_contain_text("Τμήμα Περιουσίας")
    page.reload()
    expect(frame.locator("#log .bubble.citizen")).to_have_count(1)
    [cookie] = page.context.cookies()
    assert (cookie["name"], cookie["path"]) == ("__Secure-rantevou.framed", ROOT)


def test_a_former_cookie_is_replaced_by_one_of_this_host_only(
    browser: Browser, deployment: Deployment, tmp_path: Path
) -> None:
    with (
        serving(build_app(served(deployment.database, deployment.services))) as client,
        nginx(tmp_path, "", str(client.base_url).rstrip("/"), stripped=False) as own,
    ):
        client.post("/m/chios", data={"text": "περιουσίας"})
        token = client.cookies["rantevou"]
        context = Behind(browser, own, "").context()
        name, where = "rantevou-chios", "/m/chios"
        context.add_cookies([{"name": name, "value": token, "domain": "127.0.0.1", "path": where}])
        page = context.new_page()
        page.goto("/m/chios")
        assert step(page) == "channel"
        [cookie] = context.cookies()
        assert cookie["name"] == "__Host-rantevou"
        assert cookie["value"] != token
        page.goto("/")
        assert step(page) == "channel"
        context.close()
