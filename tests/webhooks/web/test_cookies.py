"""One cookie a browser, on the pages of all municipalities; those of former revisions replaced."""

from dataclasses import dataclass
from uuid import uuid4

import httpx
import pytest

from core.db.models import BookingState
from tests.browser.citizen import BOOKED
from tests.conftest import Deployment, mostly_on
from tests.webhooks.chat_client import CODE
from tests.webhooks.conftest import Serve
from tests.webhooks.web.test_page import bubbles, button, conversations, mark, say

HTTPS = {"X-Forwarded-Proto": "https"}


def book(client: httpx.Client, path: str, said: str = BOOKED) -> str:
    """Book in a browser on that page; return the code."""
    for text in said.split(" | "):
        page = say(client, path, text=text).text
    return str(CODE.findall(page.replace("<dt>", "").replace("</dt><dd>", ": "))[-1])


def cookies_of(answer: httpx.Response) -> dict[str, str]:
    """The cookies that a response sets, with their attributes."""
    set_ = (each.partition("=") for each in answer.headers.get_list("set-cookie"))
    return {name: rest for name, _, rest in set_}


@dataclass
class Browser:
    """A browser on https with these cookies and no others, whatever it is answered."""

    client: httpx.Client
    cookies: dict[str, str]

    def ask(self, method: str, path: str, **form: str) -> httpx.Response:
        self.client.cookies.clear()
        cookies = "; ".join(f"{name}={token}" for name, token in self.cookies.items())
        return self.client.request(method, path, data=form, headers={**HTTPS, "Cookie": cookies})

    def get(self, path: str = "/") -> httpx.Response:
        return self.ask("GET", path)

    def say(self, text: str, path: str = "/") -> str:
        assert self.ask("POST", path, text=text).status_code == 303
        return self.get(path).text


def with_cookies(client: httpx.Client, **tokens: str) -> Browser:
    return Browser(client, tokens)


@pytest.mark.parametrize(
    ("root", "headers", "path", "name", "attributes"),
    [
        ("", {}, "/m/chios", "rantevou", "Path=/; SameSite=Lax"),
        ("", HTTPS, "/m/chios", "__Host-rantevou", "Path=/; Secure; SameSite=Lax"),
        ("", HTTPS, "/", "__Host-rantevou", "Path=/; Secure"),
        ("/r", {}, "/", "rantevou", "Path=/r"),
        ("/r", HTTPS, "/m/chios", "__Secure-rantevou", "Path=/r; Secure"),
        ("", HTTPS, "/embed/m/chios", "__Host-rantevou.framed", "Path=/; Partitioned; Secure"),
        ("/r", HTTPS, "/embed", "__Secure-rantevou.framed", "Path=/r; Partitioned; Secure"),
    ],
)
def test_its_name_says_how_it_is_kept(
    serve: Serve, root: str, headers: dict[str, str], path: str, name: str, attributes: str
) -> None:
    client = serve(root_path=root)
    scheme = headers.get("X-Forwarded-Proto", "http")
    own = {**headers, "Origin": f"{scheme}://{client.base_url.netloc.decode()}"}
    answer = client.post(path, data={"text": "Χίος"}, headers=own)
    [(found, rest)] = cookies_of(answer).items()
    assert found == name
    assert {"HttpOnly", "Max-Age=7776000", *attributes.split("; ")} <= set(rest.split("; "))
    assert "Domain" not in rest


@mostly_on("sqlite")
def test_whoever_booked_on_one_page_is_known_on_the_others(serve: Serve) -> None:
    client = serve()
    code = book(client, "/m/kalamata")
    assert code in client.get("/").text
    page = say(client, "/", text="τα ραντεβού μου").text
    assert "Τρί 1 Δεκ 12:30" in page
    page = say(client, "/", text="νέο ραντεβού").text
    assert button(page, "Δήμος Χίου")
    page = say(client, "/m/chios", text="από την αρχή").text
    assert bubbles(page)[-1] == "bot: Ποια ομάδα υπηρεσιών;"
    assert len(client.cookies) == 1


def test_a_page_of_another_municipality_asks_once_whether_to_leave_a_booking(
    serve: Serve,
) -> None:
    client = serve()
    page = say(client, "/m/kalamata", text="στέγασης").text
    question = bubbles(page)[-1]
    page = client.get("/m/chios").text
    assert "Δεν έχουμε τελειώσει" in bubbles(page)[-1]
    assert bubbles(client.get("/m/chios").text) == bubbles(page)
    kept = say(client, "/m/chios", text="όχι").text
    assert bubbles(kept)[-1] == question
    assert bubbles(client.get("/m/chios").text)[-1] == question
    client.get("/m/kalamata")
    assert bubbles(say(client, "/m/kalamata", text="όχι").text)[-1].startswith("bot: Ποια ημέρα")
    page = client.get("/m/chios").text
    page = say(client, "/m/chios", text="ναι").text
    assert bubbles(page)[-1] == "bot: Ποια ομάδα υπηρεσιών;"


def test_the_page_of_the_municipality_that_was_picked_goes_on(serve: Serve) -> None:
    client = serve()
    page = say(client, "/", text="Χίος").text
    assert bubbles(client.get("/m/chios").text) == bubbles(page)


def test_a_first_question_is_answered_by_the_page(serve: Serve) -> None:
    client = serve()
    say(client, "/", text="βοήθεια")
    assert bubbles(client.get("/m/chios").text)[-1] == "bot: Ποια ομάδα υπηρεσιών;"


def test_a_former_cookie_is_replaced_by_one_with_a_new_token(serve: Serve) -> None:
    """Another site of the same domain may have set it, and knows its token."""
    client = serve()
    code = book(client, "/m/kalamata")
    token = client.cookies["rantevou"]
    browser = with_cookies(client, **{"rantevou-kalamata": token})
    answer = browser.get("/m/kalamata")
    assert code in answer.text
    found = cookies_of(answer)
    kept = found["__Host-rantevou"].partition(";")[0]
    assert kept != token
    assert "; Path=/; Max-Age=7776000" in found["__Host-rantevou"]
    assert found["rantevou-kalamata"].startswith("; Path=/m/kalamata; Max-Age=0")
    replaced = with_cookies(client, **{"__Host-rantevou": kept})
    replaced.say("τα ραντεβού μου")
    assert "Τρί 1 Δεκ 12:30" in replaced.say("ναι")
    for former in ({"rantevou": token}, {"rantevou-kalamata": token}):
        late = Browser(client, former).get("/m/kalamata")
        assert "bubble citizen" not in late.text
        # Another window may have got the new one: this answer sets none in its place.
        assert not any("__Host" in name for name in cookies_of(late))


@pytest.mark.parametrize("path", ["/", "/m/chios"])
def test_an_open_page_goes_on_with_a_former_cookie_until_it_is_loaded_anew(
    serve: Serve, path: str
) -> None:
    client = serve()
    (token,) = former_tokens(client, (path, "Χίος | γυναικών"))
    name = "rantevou" if path == "/" else "rantevou-chios"
    browser = with_cookies(client, **{name: token})
    answer = browser.ask("POST", path, text="English", message_id=str(uuid4()))
    assert answer.status_code == 303
    assert not cookies_of(answer)
    assert '<html lang="en">' in browser.get(path).text


def test_a_form_that_names_no_page_is_the_one_cookie_s(serve: Serve) -> None:
    client = serve()
    own, other = former_tokens(client, ("/", "Χίος"), ("/m/kalamata", "στέγασης"))
    browser = with_cookies(client, **{"__Host-rantevou": own, "rantevou-kalamata": other})
    browser.ask("POST", "/m/kalamata", text="English", message_id=str(uuid4()))
    assert '<html lang="en">' in with_cookies(client, **{"__Host-rantevou": own}).get().text


@mostly_on("sqlite")
def test_of_several_former_conversations_the_newest_goes_on_with_all_bookings(
    serve: Serve, deployment: Deployment
) -> None:
    client = serve()
    tokens = []
    for path, said in (("/m/kalamata", BOOKED), ("/", "Χίος | γυναικών")):
        for text in said.split(" | "):
            page = say(client, path, text=text).text
        tokens.append(client.cookies["rantevou"])
        client.cookies.clear()
    old, new = tokens
    browser = with_cookies(client, **{"rantevou-kalamata": old, "rantevou": new})
    shown = browser.get("/m/kalamata")
    kept = cookies_of(shown)["__Host-rantevou"].partition(";")[0]
    assert kept not in tokens
    assert bubbles(shown.text)[: len(bubbles(page))] == bubbles(page)
    for token in tokens:  # each may be another's
        former = with_cookies(client, rantevou=token).get().text
        assert "Χίου" not in bubbles(former)[0]
        assert "bubble citizen" not in former
    replaced = with_cookies(client, **{"__Host-rantevou": kept})
    replaced.say("τα ραντεβού μου")
    assert "Τρί 1 Δεκ 12:30" in replaced.say("ναι")
    states = deployment.rows("SELECT state FROM bookings")
    assert states == [(BookingState.CONFIRMED,)]


def test_a_former_cookie_never_takes_the_place_of_the_token(serve: Serve) -> None:
    client = serve()
    tokens = []
    for text in ("Χίος", "Καλαμάτα"):
        say(client, text=text)
        tokens.append(client.cookies["rantevou"])
        client.cookies.clear()
    own, other = tokens
    answer = with_cookies(client, **{"__Host-rantevou": own, "rantevou": other}).get("/")
    assert cookies_of(answer)["__Host-rantevou"].startswith(f"{own};")
    assert "bubble citizen" not in with_cookies(client, rantevou=other).get().text


def test_forgetting_forgets_the_former_cookies_too(serve: Serve) -> None:
    client = serve()
    say(client, text="Χίος")
    token = client.cookies["rantevou"]
    browser = with_cookies(client, **{"rantevou-chios": token, "rantevou": "nobody"})
    answer = browser.ask("POST", "/m/chios/forget")
    assert set(cookies_of(answer)) == {"__Host-rantevou", "rantevou", "rantevou-chios"}
    assert "bubble citizen" not in with_cookies(client, rantevou=token).get().text


def former_tokens(client: httpx.Client, *said: tuple[str, str]) -> list[str]:
    """Begin a conversation for each path and texts, apart; return their tokens."""
    tokens = []
    for path, texts in said:
        for text in texts.split(" | "):
            say(client, path, text=text)
        tokens.append(client.cookies["rantevou"])
        client.cookies.clear()
    return tokens


def test_a_cookie_of_no_conversation_is_replaced_at_the_first_message(
    serve: Serve, deployment: Deployment
) -> None:
    client = serve()
    for cookies in ({"__Host-rantevou": "nobody"}, {"rantevou-chios": "x", "rantevou": "y"}):
        browser = with_cookies(client, **cookies)
        page = mark(browser.get("/m/chios").text)
        browser.ask("POST", "/m/chios", text="γυναικών", page=page, message_id=str(uuid4()))
    assert conversations(deployment) == 2


def test_a_reminder_of_a_joined_booking_stays(serve: Serve, deployment: Deployment) -> None:
    deployment.services.registry.accounts = frozenset({"webchat"})
    old, own = former_tokens(serve(), ("/m/kalamata", BOOKED), ("/", "Χίος"))
    browser = with_cookies(serve(), **{"rantevou-kalamata": old, "__Host-rantevou": own})
    browser.get("/m/kalamata")
    assert deployment.rows("SELECT kind, status FROM outgoing") == [
        ("reminder", "cancelled"),
        ("reminder", "pending"),
    ]


def test_where_the_own_conversation_was_ended_a_former_one_is_joined_to_the_next(
    serve: Serve,
) -> None:
    own, other = former_tokens(serve(), ("/", "Χίος"), ("/m/kalamata", BOOKED))
    client = serve()
    with_cookies(client, **{"__Host-rantevou": own}).ask("POST", "/forget")
    browser = with_cookies(client, **{"__Host-rantevou": own, "rantevou-kalamata": other})
    greeted = browser.get("/m/kalamata")
    assert greeted.status_code == 200
    page, message = mark(greeted.text), str(uuid4())
    began = browser.ask("POST", "/m/kalamata", text="English", page=page, message_id=message)
    new = cookies_of(began)["__Host-rantevou"].partition(";")[0]
    browser = with_cookies(client, **{"__Host-rantevou": new, "rantevou-kalamata": other})
    assert '<html lang="en">' in browser.get("/m/kalamata").text
    browser = with_cookies(client, **{"__Host-rantevou": new})  # the answer deletes the other
    browser.ask("POST", "/m/kalamata", text="my appointments", message_id=str(uuid4()))
    assert "1 Dec 12:30" in browser.get("/m/kalamata").text


def test_a_former_cookie_set_by_another_site_stops_nothing(
    serve: Serve, deployment: Deployment
) -> None:
    (own,) = former_tokens(serve(), ("/", "Καλαμάτα"))
    browser = with_cookies(serve(), **{"__Host-rantevou": own, "rantevou-kalamata": "x"})
    shown = mark(browser.get("/m/kalamata").text)
    browser.ask("POST", "/m/kalamata", text="English", page=shown, message_id=str(uuid4()))
    assert '<html lang="en">' in browser.get("/m/kalamata").text
    assert conversations(deployment) == 1


def test_a_message_that_comes_again_after_its_conversation_was_joined_is_no_error(
    serve: Serve, deployment: Deployment
) -> None:
    (own,) = former_tokens(serve(), ("/", "Χίος"))
    client, message = serve(), str(uuid4())
    browser = with_cookies(client, **{"__Host-rantevou": own})
    page = mark(browser.get("/").text)
    browser.ask("POST", "/", text="γυναικών", page=page, message_id=message)
    deployment.clock.forward(minutes=1)
    (other,) = former_tokens(client, ("/m/kalamata", "στέγασης"))
    with_cookies(client, **{"__Host-rantevou": own, "rantevou-kalamata": other}).get("/m/kalamata")
    again = browser.ask("POST", "/", text="γυναικών", page=page, message_id=message)
    assert again.status_code == 303
