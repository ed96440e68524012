"""Served under a sub-path, whether a proxy passes it on or takes it off."""

import re
from collections.abc import Iterator
from urllib.parse import urljoin
from uuid import uuid4

import httpx
import pytest
from fastapi.routing import APIRoute

from bot.platforms import PLATFORMS
from bot.settings import OWN_PATHS, read_settings
from core.errors import ConfigurationError
from tests.conftest import Deployment
from tests.webhooks.api.test_reference_page import Links
from tests.webhooks.conftest import Serve, served
from webhooks.app import build_app

ROOT = "/rantevou"


@pytest.fixture(params=[ROOT, ""], ids=["passed on", "taken off"])
def client(request: pytest.FixtureRequest, serve: Serve) -> Iterator[httpx.Client]:
    """A client of a server under the sub-path, as it sees what a proxy passes on."""
    client = serve(root_path=ROOT, embed_origins="https://www.chios.gov.gr")
    client.base_url = httpx.URL(f"{client.base_url}{request.param}")
    yield client


@pytest.mark.parametrize(
    "path", ["/", "/m/chios", "/embed", "/privacy", "/m/chios/accessibility", "/docs", "/nothing"]
)
def test_every_link_of_a_page_is_under_it(client: httpx.Client, path: str) -> None:
    page = client.get(path, headers={"Accept": "text/html"})
    found = Links(page.text).found + re.findall(r'(?:hx-post|data-root)="([^"]*)"', page.text)
    own = {link for link in found if link.startswith("/")}
    assert len(own) > 2
    assert {link for link in own if not re.match(rf"{ROOT}(/|$)", link)} == set()
    for link in own - {each for each in own if each.endswith("/forget")}:
        inside = link.removeprefix(ROOT) or "/"
        assert client.get(inside).status_code in (200, 303), link


def test_the_conversation_goes_on(client: httpx.Client) -> None:
    answer = client.post("/m/chios", data={"message_id": str(uuid4()), "text": "περιουσίας"})
    assert answer.headers["location"] == f"{ROOT}/m/chios?began#new"
    assert f"; Path={ROOT};" in answer.headers["set-cookie"]
    client.cookies.clear()
    script = {"HX-Request": "true", "X-Language": "el"}
    first = client.post("/m/chios", data={"message_id": "2", "page": "another"}, headers=script)
    assert first.headers["hx-redirect"].startswith(f"{ROOT}/m/chios?")
    assert client.post("/forget").headers["location"] == f"{ROOT}/"


def test_an_address_with_a_slash_too_many_is_led_back_under_it(client: httpx.Client) -> None:
    found = client.get("/m/chios/")
    assert httpx.URL(urljoin(str(found.url), found.headers["location"])).path == f"{ROOT}/m/chios"


def test_the_sub_path_alone_leads_to_the_page(serve: Serve) -> None:
    client = serve(root_path=ROOT)
    assert str(client.get(ROOT, follow_redirects=True).url).endswith(f"{ROOT}/")


def test_the_frame_is_under_it_and_framed_by_those_sites_only(client: httpx.Client) -> None:
    assert f'"{ROOT}/embed"' in client.get("/embed.js").text
    assert client.get("/embed").headers["content-security-policy"].endswith("chios.gov.gr")
    assert client.get("/").headers["content-security-policy"].endswith("'none'")


def test_the_description_says_where_the_api_is(client: httpx.Client) -> None:
    assert client.get("/openapi.json").json()["servers"] == [{"url": ROOT}]
    assert re.search(rf"curl -s http://[^/]+{ROOT}/chat/turns ", client.get("/docs").text)


def test_the_description_has_the_public_address(serve: Serve) -> None:
    client = serve(public_url="https://town.gr", root_path=ROOT)
    assert f"https://town.gr{ROOT}/chat/turns" in client.get(f"{ROOT}/docs").text


def test_checks_and_errors_are_those_of_other_places(client: httpx.Client) -> None:
    assert client.get("/healthz").json() == {"status": "ok"}
    assert client.post("/chat/turns", json={}).status_code == 422
    assert client.post("/webhooks/telegram/nobody").json()["detail"].startswith("No account")


def test_a_path_that_only_begins_alike_is_another(serve: Serve) -> None:
    assert serve(root_path=ROOT).get(f"{ROOT}s").status_code == 404


@pytest.mark.parametrize(
    "path", ["rantevou", "/ραντεβού", "/a b", "//a", "/..", "/a?b", "/m", "/m/x"]
)
def test_a_path_that_cannot_be_is_refused(monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    monkeypatch.setenv("RANTEVOU_ROOT_PATH", path)
    with pytest.raises(ConfigurationError, match=r"^RANTEVOU_ROOT_PATH is "):
        read_settings(PLATFORMS)


@pytest.mark.parametrize("path", ["/", "/rantevou/", "/services/rantevou"])
def test_a_slash_at_its_end_makes_no_difference(monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    monkeypatch.setenv("RANTEVOU_ROOT_PATH", path)
    assert read_settings(PLATFORMS).root_path == path.rstrip("/")


def test_no_path_of_ours_is_forgotten_among_those_refused(deployment: Deployment) -> None:
    app = build_app(served(deployment.database, deployment.services))
    paths = {path for route in app.routes for path in _paths(route)}
    assert {path.split("/")[1] for path in paths} - {""} == OWN_PATHS


def _paths(route: object) -> Iterator[str]:
    """The paths of a route, or of those of a router that was included."""
    if found := getattr(route, "path", None):
        yield found
    elif router := getattr(route, "original_router", None):
        yield from (each.path for each in router.routes if isinstance(each, APIRoute))
