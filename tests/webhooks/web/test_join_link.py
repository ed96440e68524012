"""The page of a link that joins two chats: it changes nothing by itself, and leads to a chat."""

from uuid import uuid4

import httpx
import pytest
from structlog.testing import capture_logs

from core.errors import DatabaseUnavailable
from tests.bot.chats import NUMBER, PUBLIC, TELEGRAM, VIBER, Chats
from tests.conftest import Deployment
from tests.webhooks.conftest import Serve
from tests.webhooks.web.test_page import bubbles, say


@pytest.fixture
def chats(deployment: Deployment) -> Chats:
    return Chats(deployment)


@pytest.fixture
def client(chats: Chats, serve: Serve) -> httpx.Client:
    return serve()


@pytest.fixture
def path(chats: Chats, client: httpx.Client) -> str:
    return "/j/" + chats.link(TELEGRAM, "συνέχεια στη σελίδα")


def begin(client: httpx.Client, path: str, message_id: str = "") -> httpx.Response:
    return client.post(path, data={"message_id": message_id or str(uuid4())}, follow_redirects=True)


def stored(deployment: Deployment) -> list[object]:
    """The rows in which what a citizen does is stored: none that a worker changes meanwhile."""
    tables = ("join_requests", "contacts", "conversations", "inbounds")
    return [deployment.rows(f"SELECT * FROM {table}") for table in tables]


def test_it_changes_nothing_and_sets_no_cookie(
    client: httpx.Client, path: str, deployment: Deployment
) -> None:
    before = stored(deployment)
    for method in ("GET", "HEAD", "GET"):
        answer = client.request(method, path)
        assert answer.status_code == 200
        assert "set-cookie" not in answer.headers
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-robots-tag"] == "noindex"
        assert answer.headers["referrer-policy"] == "strict-origin"
    assert stored(deployment) == before
    page = client.get(path).text
    assert "Ο σύνδεσμος αυτός συνεχίζει μια συνομιλία στο Telegram." in page
    assert "Συνέχεια σε αυτή τη σελίδα" in page
    assert 'href="https://viber.example/join_' not in page  # it leads to this page alone
    assert 'href="https://telegram.example' not in page


def test_it_leads_to_the_browser_s_chat_which_asks(
    client: httpx.Client, path: str, chats: Chats
) -> None:
    once = str(uuid4())
    for _twice in range(2):
        page = begin(client, path, once)
        assert (page.status_code, page.url.path) == (200, "/")
        assert "Να ενώσω αυτή τη συνομιλία με μια άλλη;" in bubbles(page.text)[-1]
    assert chats.deployment.rows("SELECT joining_id FROM join_requests") == [(None,)]
    shown = NUMBER.search(said := say(client, text="ναι").text)
    assert shown, said
    assert "είναι πια ενωμένες" in chats.say(TELEGRAM, shown[0])
    talk = bubbles(client.get("/").text)
    assert any("Αυτή η συνομιλία και εκείνη στο Telegram" in each for each in talk)


def test_a_link_that_isn_t_valid_says_so(client: httpx.Client, path: str, chats: Chats) -> None:
    chats.deployment.clock.forward(minutes=10)
    for where in (path, f"/j/{'a' * 26}", "/j/x"):
        for answer in (client.get(where), begin(client, where)):
            assert answer.status_code == 410
            assert "δεν ισχύει πια" in answer.text
    assert chats.deployment.rows("SELECT count(*) FROM conversations") == [(1,)]


def test_another_site_can_t_begin_anything(
    client: httpx.Client, path: str, deployment: Deployment
) -> None:
    for headers in ({"Origin": "https://elsewhere.gr"}, {"Sec-Fetch-Site": "cross-site"}):
        assert client.post(path, headers=headers).status_code == 403
    assert deployment.rows("SELECT count(*) FROM conversations") == [(1,)]


def test_an_app_whose_address_no_other_can_open_is_reached_by_the_page(
    client: httpx.Client, chats: Chats, monkeypatch: pytest.MonkeyPatch
) -> None:
    bot = chats.deployment.services.platforms[VIBER]
    monkeypatch.setattr(bot, "chat_link", lambda link: f"viber://pa?chatURI=town&context={link}")
    token = chats.link(TELEGRAM, "συνέχεια στο viber")
    assert f"{PUBLIC}/j/{token}?app=viber" in chats.deployment.last[0].text
    page = client.get(f"/j/{token}?app=viber").text
    assert f'href="viber://pa?chatURI=town&amp;context=join_{token}"' in page
    assert "Συνέχεια σε αυτή τη σελίδα" not in page  # it leads to that app alone


def test_the_page_of_an_app_s_link_from_the_page_offers_no_other_app(
    client: httpx.Client, chats: Chats, monkeypatch: pytest.MonkeyPatch
) -> None:
    bot = chats.deployment.services.platforms[VIBER]
    monkeypatch.setattr(bot, "chat_link", lambda link: f"viber://pa?chatURI=town&context={link}")
    say(client, text="Γεια")
    page = say(client, text="συνέχεια στο viber").text
    link = page.partition('href="' + PUBLIC)[2].partition('"')[0].replace("&amp;", "&")
    answer = client.get(link)
    assert (answer.status_code, answer.text.count("Συνέχεια στ")) == (200, 1)
    assert 'href="viber://pa?chatURI=town&amp;context=join_' in answer.text
    for elsewhere in ("", "?app=webchat", "?app=email", "?app=none"):  # where it doesn't lead
        assert client.get(link.replace("?app=viber", elsewhere)).status_code == 410


def test_no_token_is_logged(
    client: httpx.Client, path: str, deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(_read: object) -> None:
        raise DatabaseUnavailable

    with capture_logs() as logs:
        assert client.get(path).status_code == 200
        monkeypatch.setattr(deployment.database, "read", away)
        assert client.get(path).status_code == 503
    refused = [each for each in logs if each["event"] == "turned away"]
    assert [each["path"] for each in refused] == ["/j/…"]
    assert path.removeprefix("/j/") not in str(logs)
