"""Redirects lead to this site only, whatever host a request states."""

from uuid import uuid4

import httpx
import pytest

from tests.webhooks.conftest import Serve
from webhooks.middleware.security_headers import own_path

FOREIGN = ["elsewhere.example", "elsewhere.example/x", "elsewhere.example?x=", '"><script>']


@pytest.mark.parametrize("host", FOREIGN)
@pytest.mark.parametrize(
    ("method", "path", "location"),
    [
        ("GET", "/m/chios/", "/m/chios"),
        ("GET", "/privacy/?lang=en", "/privacy?lang=en"),
        ("GET", "/embed/m/chios/", "/embed/m/chios"),
        ("POST", "/chat/turns/", "/chat/turns"),
        ("POST", "/forget", "/"),
        ("POST", "/m/chios", "/m/chios?began#new"),
    ],
)
def test_a_redirect_never_repeats_the_host(
    client: httpx.Client, method: str, path: str, location: str, host: str
) -> None:
    form = {"message_id": str(uuid4()), "text": "x"} if method == "POST" else None
    answer = client.request(method, path, data=form, headers={"Host": host})
    assert answer.is_redirect
    if host == FOREIGN[0]:
        assert answer.headers["location"] == location
    assert answer.headers["location"].startswith("/")
    assert "elsewhere" not in answer.headers["location"]


@pytest.mark.parametrize(
    ("location", "path"),
    [
        ("/", "/"),
        ("/m/chios?began#new", "/m/chios?began#new"),
        ("//elsewhere.example/m", "/m"),
        ("/\\elsewhere.example", "/elsewhere.example"),
        ("https://elsewhere.example", "/"),
        ("https://elsewhere.example//other.example/?a=b#c", "/other.example/?a=b#c"),
        ("javascript:alert(1)", "/alert(1)"),
    ],
)
def test_where_a_redirect_leads_is_a_path(location: str, path: str) -> None:
    assert own_path(location) == path


def test_the_documentation_names_the_public_address_where_it_is_known(serve: Serve) -> None:
    client = serve(public_url="https://rantevou.my-town.gr")
    page = client.get("/docs", headers={"Host": "elsewhere.example"}).text
    assert "curl -s https://rantevou.my-town.gr/chat/turns " in page
    assert "elsewhere.example" not in page
