"""The web chat's page as a browser without scripts sees it: forms, cookies, redirects."""

import re
import sqlite3
import zlib
from html import unescape
from uuid import uuid4

import httpx
import pytest

from core.i18n import LocalizedText
from tests.conftest import Deployment, on_sqlite
from tests.webhooks.conftest import Serve

HTMX = {"HX-Request": "true", "X-Language": "el"}


def bubbles(page: str) -> list[str]:
    found = re.findall(r'<div[^>]*class="bubble (\w+)"[^>]*>(.*?)</div>', page, re.DOTALL)
    return [f"{who}: {unescape(re.sub(r'<[^>]*>', '', text)).strip()}" for who, text in found]


def button(page: str, label: str) -> str:
    """The choice of the button with that label."""
    found = re.search(rf'name="choice" value="([^"]+)"[^>]*>{re.escape(label)}<', page)
    assert found, page
    return found[1]


def say(client: httpx.Client, path: str = "/", **form: str) -> httpx.Response:
    form = {"message_id": str(uuid4()), **form}
    return client.post(path, data=form, follow_redirects=True)


def last_of(page: str) -> str:
    """The number of the newest entry of the talk that a page shows."""
    return str(re.findall(r'data-entry="(\d+)"', page)[-1])


def conversations(deployment: Deployment) -> int:
    return int(deployment.rows("SELECT count(*) FROM conversations")[0][0])


def test_looking_at_the_page_begins_no_conversation(serve: Serve, deployment: Deployment) -> None:
    page = serve().get("/")
    assert page.status_code == 200
    assert '<html lang="el">' in page.text
    assert "Σε ποιον δήμο θέλετε ραντεβού;" in bubbles(page.text)[-1]
    assert "Το Rantevou κλείνει, αλλάζει και ακυρώνει ραντεβού" in page.text
    assert 'href="/docs"' in page.text
    commands = page.text.partition('id="commands"')[2].partition("</div>")[0]
    assert "Βοήθεια" in commands
    assert "set-cookie" not in page.headers
    assert conversations(deployment) == 0


def test_the_first_tap_begins_it_and_the_page_shows_what_was_said(
    serve: Serve, deployment: Deployment
) -> None:
    client = serve()
    first = client.get("/").text
    answer = say(client, choice=button(first, "Δήμος Χίου"))
    assert [r.status_code for r in answer.history] == [303, 303]
    assert answer.url.query == b""
    assert bubbles(answer.text)[-2:] == ["citizen: Εσείς: Δήμος Χίου", "bot: Ποια ομάδα υπηρεσιών;"]
    assert bubbles(client.get("/").text) == bubbles(answer.text)
    cookie = answer.history[0].headers["set-cookie"]
    for part in ("HttpOnly", "SameSite=Lax", "Path=/", "Max-Age="):
        assert part in cookie
    assert conversations(deployment) == 1


def test_over_https_the_cookie_is_for_https_only(serve: Serve) -> None:
    client, form = serve(), {"message_id": str(uuid4()), "text": "Χίος"}
    plain = client.post("/", data=form).headers["set-cookie"]
    client.cookies.clear()
    secure = client.post("/", data=form, headers={"X-Forwarded-Proto": "https"})
    assert "; Secure" not in plain
    assert "; Secure" in secure.headers["set-cookie"]


def test_what_is_personal_is_kept_by_no_cache(serve: Serve) -> None:
    assert serve().get("/").headers["cache-control"] == "no-store"


def test_a_form_sent_twice_counts_once(serve: Serve, deployment: Deployment) -> None:
    client, other = serve(), str(uuid4())
    choice = button(client.get("/").text, "Δήμος Χίου")
    form = {"message_id": other, "choice": choice}
    with httpx.Client(base_url=client.base_url) as impatient:
        first = impatient.post("/", data=form, headers=HTMX)
        assert impatient.post("/", data=form, headers=HTMX).headers["hx-refresh"] == "true"
        impatient.cookies.clear()  # no answer had come, and so no cookie
        again = impatient.post("/", data=form, headers=HTMX)
    assert len(bubbles(first.text)) == 2
    assert bubbles(first.text) == bubbles(again.text)
    assert conversations(deployment) == 1


def test_a_script_gets_only_what_is_new(serve: Serve) -> None:
    client = serve()
    last = last_of(say(client, text="Χίος").text)
    form = {"message_id": str(uuid4()), "text": "Τμήμα Περιουσίας", "last": last}
    answer = client.post("/", data=form, headers=HTMX)
    assert "<html" not in answer.text
    assert bubbles(answer.text)[0] == "citizen: Εσείς: Τμήμα Περιουσίας"
    assert 'id="ask"' in answer.text
    assert 'id="trail"' in answer.text


def test_an_earlier_answer_is_changed_from_the_trail(serve: Serve) -> None:
    client = serve()
    page = say(client, text="Χίος").text
    page = say(client, choice=button(page, "Τμήμα Περιουσίας")).text
    page = say(client, choice=button(page, "Δήμος Χίου")).text
    assert bubbles(page)[-1] == "bot: Σε ποιον δήμο θέλετε ραντεβού;"


def test_what_is_typed_is_shown_as_text(serve: Serve) -> None:
    page = say(serve(), text="<script>alert(1)</script>").text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_an_unknown_or_forgotten_cookie_begins_anew(serve: Serve, deployment: Deployment) -> None:
    client = serve()
    client.cookies.set("rantevou", "nobody")
    assert "Σε ποιον δήμο" in bubbles(client.get("/").text)[-1]
    page = say(client, text="Χίος").text
    assert bubbles(page)[-1] == "bot: Ποια ομάδα υπηρεσιών;"
    assert conversations(deployment) == 1


def test_a_municipalitys_own_page_asks_for_no_municipality(serve: Serve) -> None:
    client = serve()
    page = client.get("/m/chios").text
    assert bubbles(page)[-1] == "bot: Ποια ομάδα υπηρεσιών;"
    page = say(client, "/m/chios", choice=button(page, "Τμήμα Περιουσίας")).text
    assert bubbles(page)[-1] == "bot: Πώς θέλετε να γίνει το ραντεβού;"
    assert client.get("/m/nowhere").status_code == 404


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Origin": "https://elsewhere.example"},
        {"Origin": "null"},
        {"Origin": "null", "Sec-Fetch-Site": "cross-site"},
    ],
    ids=["by fetch metadata", "by origin", "without an origin", "sandboxed"],
)
def test_a_form_of_another_site_is_refused(
    serve: Serve, deployment: Deployment, headers: dict[str, str]
) -> None:
    form = {"message_id": str(uuid4()), "text": "Χίος"}
    assert serve().post("/", data=form, headers=headers).status_code == 403
    assert conversations(deployment) == 0


def test_our_own_form_is_taken_without_its_origin_where_the_browser_vouches(serve: Serve) -> None:
    form = {"message_id": str(uuid4()), "text": "Χίος"}
    for headers in ({}, {"Origin": "null", "Sec-Fetch-Site": "same-origin"}):
        assert serve().post("/", data=form, headers=headers).status_code == 303


@pytest.mark.parametrize("path", ["/", "/docs", "/m/chios"])
def test_a_page_allows_nothing_from_elsewhere(client: httpx.Client, path: str) -> None:
    page = client.get(path)
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert not re.findall(r'(?:src|href|action)="(?:https?:)?//', page.text)
    assert "<style" not in page.text
    assert " style=" not in page.text
    assert " onclick=" not in page.text


def test_the_page_speaks_the_browsers_language_greek_first(client: httpx.Client) -> None:
    page = client.get("/", headers={"Accept-Language": "en-AU,en;q=0.9"}).text
    assert '<html lang="en">' in page
    assert "With which municipality" in page
    both = client.get("/", headers={"Accept-Language": "en-US,en;q=0.9,el;q=0.5"}).text
    assert '<html lang="el">' in both
    other = client.get("/", headers={"Accept-Language": "de-DE,de;q=0.9"}).text
    assert '<html lang="en">' in other


@pytest.mark.parametrize(
    "form", [{}, {"message_id": "1"}, {"message_id": "1", "choice": "\x00"}, {"text": "x" * 5000}]
)
def test_an_odd_form_is_answered(client: httpx.Client, form: dict[str, str]) -> None:
    assert client.post("/", data=form, follow_redirects=True).status_code in (200, 422)


@pytest.mark.parametrize(
    ("language", "words"), [("el", "Δεν υπάρχει τέτοια σελίδα εδώ."), ("en", "no such page")]
)
def test_an_error_is_a_page_for_a_browser_and_a_problem_for_a_program(
    client: httpx.Client, language: str, words: str
) -> None:
    browser = {"Accept": "text/html,*/*", "Accept-Language": language}
    page = client.get("/m/nowhere", headers=browser)
    assert page.status_code == 404
    assert words in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert client.get("/m/nowhere").headers["content-type"] == "application/problem+json"


def test_too_much_at_once_is_reported_kindly(serve: Serve) -> None:
    client = serve(requests_per_minute=1)
    client.headers["Accept"] = "text/html"
    say(client, text="Χίος")
    say(client, text="1")
    answer = say(client, text="1")
    assert answer.status_code == 429
    assert "Περιμένετε ένα λεπτό" in answer.text
    assert int(answer.headers["retry-after"]) > 0


def test_a_forgotten_device_keeps_nothing_but_the_booking(
    serve: Serve, deployment: Deployment
) -> None:
    client = serve()
    for text in ("Καλαμάτα", "εεε", "3/12", "12:30", "Μαρία Παπαδοπούλου"):
        say(client, text=text)
    old = client.cookies["rantevou"]
    page = client.post("/forget", follow_redirects=True)
    assert "Σε ποιον δήμο" in bubbles(page.text)[-1]
    assert "rantevou" not in client.cookies
    assert "Μαρία" not in deployment.everything()
    assert deployment.rows("SELECT state FROM bookings") == [("expired",)]
    client.cookies.set("rantevou", old)
    assert "Μαρία" not in client.get("/").text


def test_a_page_goes_on_after_a_day(serve: Serve, deployment: Deployment) -> None:
    client = serve()
    before = bubbles(say(client, text="Χίος").text)
    deployment.clock.forward(days=1)
    assert bubbles(client.get("/").text) == before
    assert bubbles(say(client, text="Τμήμα Περιουσίας").text)[: len(before)] == before


def test_the_first_load_is_small(client: httpx.Client) -> None:
    page = client.get("/").text
    linked = set(re.findall(r'(?:href|src)="(/static/[^"]+)"', page))
    assert len(linked) == 4
    sizes = [len(zlib.compress(client.get(path).content)) for path in ("/", *linked)]
    assert sum(sizes) < 150_000


def mark(page: str) -> str:
    """The mark of a page, which its forms carry."""
    return str(re.findall(r'name="page" value="(\w+)"', page)[0])


def test_a_page_of_another_conversation_answers_nothing(serve: Serve) -> None:
    client = serve()
    for text in ("Καλαμάτα", "στέγασης"):
        old = say(client, text=text).text
    tapped = {"choice": button(old, "Όχι"), "page": mark(old)}
    client.post("/forget")
    for text in ("Καλαμάτα", "στέγασης"):
        new = say(client, text=text).text
    form = {**tapped, "message_id": str(uuid4())}
    assert client.post("/", data=form, headers=HTMX).headers["hx-refresh"] == "true"
    assert bubbles(say(client, **tapped).text) == bubbles(new)
    assert mark(new) != mark(old)


def test_a_greeting_whose_buttons_have_changed_meanwhile_answers_nothing(
    serve: Serve, deployment: Deployment
) -> None:
    client = serve()
    page = client.get("/").text
    body = deployment.services.registry["kalamata"].body
    name = LocalizedText(el="Άγιος Δήμος", en=body.name.in_language("en"))
    deployment.load(body.model_copy(update={"id": "agios", "name": name}))
    shown = say(client, choice=button(page, "Δήμος Καλαμάτας"), page=mark(page)).text
    assert not any(bubble.startswith("citizen") for bubble in bubbles(shown))
    assert "Άγιος Δήμος" in shown


@pytest.mark.parametrize("path", ["/m/Χ/forget", "/m/x%0d%0aX-Evil:%201/forget", "/m/a;b/forget"])
def test_a_path_that_is_no_municipalitys_sets_no_cookie(client: httpx.Client, path: str) -> None:
    answer = client.post(path)
    assert answer.status_code == 404
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize(
    ("method", "path", "form"),
    [
        ("GET", f"/later?after={10**22}", {}),
        ("GET", f"/appointments/{10**22}.ics", {}),
        ("POST", "/", {"text": "x", "last": str(10**25)}),
    ],
)
def test_endless_numbers_are_refused(
    client: httpx.Client, method: str, path: str, form: dict[str, str]
) -> None:
    assert client.request(method, path, data=form).status_code == 422


def test_an_origin_that_is_none_is_refused(client: httpx.Client) -> None:
    assert client.post("/", data={"text": "x"}, headers={"Origin": "http://["}).status_code == 403


@pytest.mark.parametrize(
    ("path", "back"),
    [
        ("/m/chios/appointments/9", "/m/chios"),
        ("/embed/m/chios/appointments/9", "/embed/m/chios"),
        ("/embed/m/nowhere", "/embed"),
        ("/nothing", "/"),
    ],
)
def test_an_apology_leads_back_to_its_own_page(client: httpx.Client, path: str, back: str) -> None:
    page = client.get(path, headers={"Accept": "text/html"})
    assert f'<a href="{back}">' in page.text


@on_sqlite
@pytest.mark.parametrize("path", ["/", "/forget"])
def test_a_busy_database_is_reported_as_such(
    serve: Serve, deployment: Deployment, path: str
) -> None:
    client = serve()
    say(client, text="Χίος")
    with deployment.database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA busy_timeout=50")  # on the writer's only connection
    with sqlite3.connect(deployment.file, isolation_level=None) as rival:
        rival.execute("BEGIN IMMEDIATE")
        answer = client.post(path, data={"text": "1"}, headers=HTMX)
        rival.execute("ROLLBACK")
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "5"


def test_forgetting_is_not_for_other_sites(serve: Serve) -> None:
    answer = serve().post("/forget", headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403
