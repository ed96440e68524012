"""Framed by the sites in the settings, and by no other."""

from uuid import uuid4

import httpx
import pytest

from tests.conftest import Deployment
from tests.webhooks.conftest import Serve
from tests.webhooks.web.test_page import bubbles, conversations, say

TOWN_HALL = "https://www.chios.gov.gr"


def ancestors(client: httpx.Client, path: str) -> str:
    policy = client.get(path).headers["content-security-policy"]
    return policy.partition("frame-ancestors ")[2]


def test_only_the_paths_for_it_are_framed_and_only_by_those_sites(serve: Serve) -> None:
    client = serve(embed_origins=f"{TOWN_HALL} http://localhost:8080")
    for path in ("/embed", "/embed/m/chios", "/embed/privacy"):
        assert ancestors(client, path) == f"{TOWN_HALL} http://localhost:8080"
    for path in ("/", "/m/chios", "/privacy", "/docs"):
        assert ancestors(client, path) == "'none'"


def test_without_the_setting_nobody_frames_it(client: httpx.Client) -> None:
    assert ancestors(client, "/embed") == "'none'"


def test_the_script_names_those_sites_and_the_frame(serve: Serve) -> None:
    answer = serve(embed_origins=TOWN_HALL).get("/embed.js")
    assert answer.headers["content-type"].startswith("text/javascript")
    assert f'["{TOWN_HALL}"].indexOf(location.origin)' in answer.text
    assert '"/embed"' in answer.text
    assert "RANTEVOU_EMBED_ORIGINS" in answer.text


def test_its_cookie_is_apart_and_kept_to_the_site_that_frames_it(serve: Serve) -> None:
    client = serve(embed_origins=TOWN_HALL)
    form = {"message_id": str(uuid4()), "text": "Τμήμα Περιουσίας"}
    own = {"Origin": str(client.base_url).rstrip("/")}
    cookie = client.post("/embed/m/chios", data=form, headers=own).headers["set-cookie"]
    assert cookie.startswith("rantevou.framed=")
    for part in ("Path=/", "HttpOnly", "Secure", "SameSite=None", "Partitioned"):
        assert f"; {part}" in cookie


@pytest.mark.parametrize("origin", [None, "null", "https://elsewhere.example"])
def test_its_form_must_say_that_it_is_ours(
    serve: Serve, deployment: Deployment, origin: str | None
) -> None:
    form = {"message_id": str(uuid4()), "text": "Χίος"}
    headers = {"Origin": origin} if origin else {}
    answer = serve(embed_origins=TOWN_HALL).post("/embed", data=form, headers=headers)
    assert answer.status_code == 403
    assert conversations(deployment) == 0


def test_a_browser_that_keeps_no_cookies_is_told_so(serve: Serve) -> None:
    client = serve()
    first = client.post("/", data={"message_id": str(uuid4()), "text": "Χίος"})
    assert first.headers["location"] == "/?began#new"
    client.cookies.clear()
    page = client.get("/?began").text
    assert 'class="notice" role="alert"' in page
    assert 'class="notice"' not in client.get("/").text


def test_a_framed_page_that_keeps_no_cookies_offers_one_of_its_own(serve: Serve) -> None:
    page = serve(embed_origins=TOWN_HALL).get("/embed/m/chios?began").text
    assert '<a href="/m/chios" target="_blank"' in page


def test_the_address_is_clean_again_once_the_cookie_has_come(serve: Serve) -> None:
    client = serve()
    page = say(client, text="Χίος")
    assert str(page.url).endswith("/#new")
    assert bubbles(page.text)[-1] == "bot: Ποια ομάδα υπηρεσιών;"
