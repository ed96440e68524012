"""The page of a link in an e-mail: it shows one appointment, and changes nothing by itself."""

import json
import re
from datetime import date, timedelta
from uuid import uuid4

import httpx
import pytest
from icalendar import Calendar
from sqlalchemy import event, select
from structlog.testing import capture_logs

from core.actor import OPERATOR
from core.bookings.closures import service as closures
from core.bookings.closures.request import ExceptionRequest
from core.bookings.links import link_token
from core.db.models import Booking, ExceptionKind
from core.errors import DatabaseUnavailable
from tests.bot.delivery.test_emails import offer
from tests.conftest import Deployment
from tests.webhooks.conftest import Serve
from tests.webhooks.web.test_page import say

PUBLIC = "https://rantevou.kalamata.gr"

FORM = re.compile(
    r'<form method="post" action="(/a/\w+)">\s*<input[^>]* name="message_id" value="([\w-]+)">'
)


def link_of(deployment: Deployment) -> str:
    """Return the path of the link of the only booking."""
    registry = deployment.services.registry
    return deployment.database.write_sync(
        lambda session: "/a/" + link_token(session, registry, session.scalars(BOOKING).one())
    )


BOOKING = select(Booking).where(Booking.code.is_not(None))


def state(deployment: Deployment) -> tuple[str, str]:
    return deployment.rows("SELECT state, starts_at FROM bookings WHERE code IS NOT NULL")[0][:2]


@pytest.fixture
def client(booked_client: httpx.Client) -> httpx.Client:
    """A browser in which an appointment was booked."""
    return booked_client


@pytest.fixture
def path(client: httpx.Client, deployment: Deployment) -> str:
    """The path of the link, which a browser without cookies will open."""
    client.cookies.clear()
    return link_of(deployment)


def begin(client: httpx.Client, path: str, task: str, **form: str) -> httpx.Response:
    form = {"message_id": str(uuid4()), "task": task, **form}
    return client.post(path, data=form, follow_redirects=True)


def test_it_shows_the_appointment_and_changes_nothing(
    client: httpx.Client, path: str, deployment: Deployment
) -> None:
    before = deployment.everything()
    for method, where in (("GET", path), ("HEAD", path), ("GET", f"{path}.ics")):
        answer = client.request(method, where)
        assert answer.status_code == 200
        assert "set-cookie" not in answer.headers
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-robots-tag"] == "noindex"
        assert answer.headers["referrer-policy"] == "strict-origin"
    assert deployment.everything() == before
    page = client.get(path).text
    assert "Πέμπτη 3 Δεκεμβρίου 2026, 12:30–13:00" in page
    assert "Μισθωτήριο" in page
    assert 'name="robots"' not in page
    assert FORM.search(page)
    assert f'href="{path}.ics" download' in page
    calendar = Calendar.from_ical(client.get(f"{path}.ics").content)
    assert calendar["METHOD"] == "PUBLISH"
    assert path.removeprefix("/a/") not in calendar.to_ical().decode()


@pytest.mark.parametrize(
    ("task", "asked", "said", "after"),
    [
        ("cancel", ["ναι"], "Το ραντεβού σας ακυρώθηκε", "cancelled"),
        ("cancel", ["όχι"], "το ραντεβού σας ισχύει", "confirmed"),
        ("move", ["4/12", "12:30", "ναι"], "Το ραντεβού σας άλλαξε", "confirmed"),
    ],
)
def test_a_new_browser_is_led_to_the_chat_which_asks(
    client: httpx.Client,
    path: str,
    deployment: Deployment,
    task: str,
    asked: list[str],
    said: str,
    after: str,
) -> None:
    before = state(deployment)
    page = begin(client, path, task)
    assert (page.status_code, page.url.path) == (200, "/m/kalamata")
    assert "κρατάει cookies" not in page.text
    assert state(deployment) == before
    for text in asked:
        page = say(client, "/m/kalamata", text=text)
    assert said in page.text
    assert state(deployment)[0] == after
    assert (state(deployment) == before) == (asked == ["όχι"])


def test_the_same_form_sent_again_does_nothing_more(
    client: httpx.Client, path: str, deployment: Deployment
) -> None:
    sent = FORM.search(client.get(path).text)
    assert sent
    first = begin(client, path, "cancel", message_id=sent[2])
    again = begin(client, path, "cancel", message_id=sent[2])
    client.cookies.clear()  # the answer with the cookie was lost
    lost = begin(client, path, "cancel", message_id=sent[2])
    bubbles = [page.text.count('class="bubble bot"') for page in (first, again, lost)]
    assert len(set(bubbles)) == 1
    assert deployment.rows("SELECT count(*) FROM conversations") == [(2,)]
    assert state(deployment)[0] == "confirmed"


def test_a_task_under_way_is_left_only_where_the_citizen_says_so(
    client: httpx.Client, path: str, deployment: Deployment
) -> None:
    for text in ("Χίος", "δημοτολόγιο"):
        say(client, text=text)
    page = begin(client, path, "cancel").text
    assert "Να το αφήσουμε και να πάμε στο «Ακύρωση ραντεβού»;" in page
    assert "Να ακυρώσω αυτό το ραντεβού;" in say(client, "/m/kalamata", text="ναι").text


def shown_as_ready(page: str) -> list[str]:
    """Return what the checklist's form sends of what the page shows as ready."""
    return re.findall(r'<input type="hidden" name="was_ready" value="([0-9a-f]{16})">', page)


SHOWN = re.compile(r'name="shown" value="(\d+)"')
COMING, EXPECTED = 'value="coming"', "Ευχαριστούμε! Σας περιμένουμε."


def coming(deployment: Deployment) -> object:
    return deployment.rows("SELECT coming_at FROM bookings WHERE code IS NOT NULL")[0][0]


def test_one_says_on_it_that_one_comes(
    client: httpx.Client, path: str, deployment: Deployment
) -> None:
    page = client.get(path).text
    shown = SHOWN.search(page)
    assert shown
    assert COMING in page
    begin(client, path, "coming", shown=str(int(shown[1]) + 1800))  # it was moved meanwhile
    begin(client, path, "coming")
    assert coming(deployment) is None
    answer = begin(client, path, "coming", shown=shown[1])
    assert (answer.url.path, answer.status_code) == (path, 200)
    assert EXPECTED in answer.text
    assert COMING not in answer.text
    assert not client.cookies
    after = deployment.everything()
    deployment.clock.forward(minutes=1)
    begin(client, path, "coming", shown=shown[1])
    assert deployment.everything() == after
    deployment.clock.now += timedelta(days=3, hours=3, minutes=30)
    assert EXPECTED not in client.get(path).text


def test_nobody_comes_to_what_was_cancelled(
    client: httpx.Client, path: str, deployment: Deployment
) -> None:
    shown = SHOWN.search(client.get(path).text)
    assert shown
    begin(client, path, "cancel")
    say(client, "/m/kalamata", text="ναι")
    assert begin(client, path, "coming", shown=shown[1]).status_code == 410
    assert coming(deployment) is None


@pytest.mark.parametrize(
    ("how", "said"),
    [("cancel", "Το ραντεβού ακυρώθηκε."), ("over", "Το ραντεβού έχει περάσει.")],
)
def test_one_that_has_ended_says_so_and_whom_to_call(
    client: httpx.Client, path: str, deployment: Deployment, how: str, said: str
) -> None:
    if how == "over":
        deployment.clock.now += timedelta(days=3, hours=3, minutes=30)
    else:
        begin(client, path, "cancel")
        say(client, "/m/kalamata", text="ναι")
    for answer in (client.get(path), begin(client, path, "move")):
        assert answer.status_code == 410
        assert said in answer.text
        assert "2721000000" in answer.text
        assert "<form" not in answer.text
        assert "12:30" not in answer.text
        assert (f'href="{path}.ics" download>Αφαίρεση από το' in answer.text) == (how == "cancel")
    file = client.get(f"{path}.ics")
    assert (file.status_code, b"METHOD:CANCEL" in file.content) == (
        (303, False) if how == "over" else (200, True)
    )


def test_what_may_not_be_changed_any_more_is_shown_with_the_reason(
    client: httpx.Client, path: str, deployment: Deployment
) -> None:
    body = deployment.services.registry["kalamata"].body
    rules = body.rules.model_copy(update={"change_deadline_hours": 100})
    deployment.load(body.model_copy(update={"rules": rules}))
    page = client.get(path).text
    assert "Το ραντεβού αλλάζει ή ακυρώνεται έως 100 ώρες πριν." in page
    assert re.findall('name="task" value="([a-z]+)"', page) == ["coming"]
    assert f'href="{path}.ics"' in page
    assert "έως 100 ώρες πριν." in begin(client, path, "cancel").text
    assert state(deployment)[0] == "confirmed"
    call = "Αν σας τύχει κάτι, ενημερώστε την υπηρεσία."
    assert call in page
    deployment.database.write_sync(
        lambda session: offer(session, deployment, session.scalars(BOOKING).one())
    )
    page = client.get(path).text  # the deadline doesn't hold where another time is offered
    assert call not in page
    assert re.findall('name="task" value="([a-z]+)"', page) == ["answer", "move", "cancel"]


def test_the_documents_that_are_ready_are_kept_with_the_appointment(
    client: httpx.Client, path: str, deployment: Deployment
) -> None:
    answer = client.get(path)
    keys = re.findall(r'type="checkbox" name="ready" value="(\w+)">', answer.text)
    assert len(keys) == 2
    for ticked in (keys[:1], keys[:1], keys[1:], []):
        form = {"was_ready": shown_as_ready(answer.text), "ready": [*ticked, "unknown"]}
        answer = client.post(f"{path}/documents", data=form, follow_redirects=True)
        assert (answer.status_code, answer.url.path) == (200, path)
        shown = re.findall(r'value="(\w+)"( checked)?>', answer.text)
        assert [key for key, is_ticked in shown if is_ticked] == ticked
        assert "Αποθηκεύτηκαν." in answer.text
    assert "Αποθηκεύτηκαν." not in client.get(path).text
    assert client.post(f"{path}/documents").status_code == 303, "nothing is ticked"
    refused = client.post(f"{path}/documents", headers={"Origin": "https://elsewhere.gr"})
    assert refused.status_code == 403
    assert client.post(f"/a/{'a' * 26}/documents").status_code == 404
    begin(client, path, "cancel")
    say(client, "/m/kalamata", text="ναι")
    late = client.post(f"{path}/documents", data={"ready": keys}, follow_redirects=True)
    assert late.status_code == 410
    assert deployment.rows("SELECT ready FROM bookings WHERE code IS NOT NULL") == [("[]",)]


def test_a_page_opened_before_takes_back_nothing_that_was_ticked_since(
    client: httpx.Client, path: str, deployment: Deployment
) -> None:
    page = client.get(path).text
    keys = re.findall(r'type="checkbox" name="ready" value="(\w+)">', page)
    for ticked in keys:  # each on a page of its own, and in either the other isn't
        client.post(
            f"{path}/documents", data={"was_ready": shown_as_ready(page), "ready": [ticked]}
        )
    (kept,) = deployment.rows("SELECT ready FROM bookings WHERE code IS NOT NULL")
    assert len(json.loads(kept[0])) == len(keys) == 2
    # And one that takes a tick back leaves the other, too.
    page = client.get(path).text
    assert sorted(shown_as_ready(page)) == sorted(keys)
    data = {"was_ready": shown_as_ready(page), "ready": keys[:1]}
    for _twice in range(2):
        page = client.post(f"{path}/documents", data=data, follow_redirects=True).text
        assert shown_as_ready(page) == keys[:1]


def test_a_time_that_is_offered_can_be_taken_by_the_link(
    client: httpx.Client, path: str, deployment: Deployment
) -> None:
    assert "προτείνει" not in client.get(path).text
    deployment.database.write_sync(
        lambda session: offer(session, deployment, session.scalars(BOOKING).one())
    )
    assert "Η υπηρεσία σάς προτείνει άλλη ώρα για αυτό το ραντεβού." in client.get(path).text
    before = state(deployment)
    page = begin(client, path, "answer").text
    assert state(deployment) == before
    (taken,) = re.findall(r'value="([^"]+)">Δέχομαι τη νέα ώρα: ', page)
    say(client, "/m/kalamata", choice=taken)
    assert state(deployment) != before


def test_one_that_cannot_take_place_says_so_and_gives_no_calendar_file(
    client: httpx.Client, path: str, deployment: Deployment
) -> None:
    registry, now, day = deployment.services.registry, deployment.clock(), date(2026, 12, 3)
    assert "νωρίτερα" in client.get(path).text
    asked = ExceptionRequest(ExceptionKind.CLOSURE, "kalamata", day, day)
    deployment.database.write_sync(lambda s: closures.make(s, registry, OPERATOR, asked, now))
    page = client.get(path).text
    assert "Δεν μπορεί να γίνει αυτή την ώρα." in page
    assert ".ics" not in page
    assert "νωρίτερα" not in page  # the instructions how to come
    assert re.findall('name="task" value="([a-z]+)"', page) == ["move", "cancel"]
    assert 'name="ready"' not in page
    # By the button of an e-mail from before.
    saved = client.get(f"{path}.ics", follow_redirects=True)
    assert "Δεν μπορεί να γίνει αυτή την ώρα." in saved.text


@pytest.mark.parametrize("forged", ["a" * 26, "1" * 26, "x", "é" * 26, "a" * 5000, "%00"])
def test_a_forged_one_is_as_unknown_as_any_other(
    client: httpx.Client, path: str, forged: str
) -> None:
    for answer in (client.get(f"/a/{forged}"), begin(client, f"/a/{forged}", "move")):
        assert answer.status_code == 404
    assert client.get(f"/a/{forged}.ics").status_code == 404
    said = client.get(f"/a/{forged}", headers={"Accept": "text/html", "Accept-Language": "el"})
    assert said.status_code == 404
    assert "Ο σύνδεσμος αυτός δεν ισχύει πια. Ανοίξτε" in said.text


def test_guessing_costs_one_read_by_an_index_and_is_limited(
    serve: Serve, deployment: Deployment
) -> None:
    client = serve(requests_per_minute=1000)
    statements: list[str] = []
    engine = deployment.database._readers

    def note(*given: object) -> None:
        statements.append(str(given[2]))

    event.listen(engine, "before_cursor_execute", note)
    answers = [client.get(f"/a/{'a' * 26}") for _ in range(3)]
    event.remove(engine, "before_cursor_execute", note)
    assert [each.status_code for each in answers] == [404] * 3
    assert sum("booking_links" in each for each in statements) == 3
    # The server's start looks for bookings without a hash of their address, by another condition.
    assert not any("FROM bookings" in each and "bookings.id =" in each for each in statements)
    (plan,) = deployment.rows(
        "EXPLAIN QUERY PLAN SELECT booking_id FROM booking_links WHERE token_hash = ''"
    )
    assert "USING INDEX" in plan[-1]
    strict = serve(requests_per_minute=5)
    answers = [strict.get(f"/a/{'a' * 26}") for _ in range(7)]
    assert [each.status_code for each in answers] == [404] * 5 + [429] * 2


def test_a_true_one_opens_however_many_wrong_ones_came_from_its_address(
    path: str, serve: Serve, deployment: Deployment
) -> None:
    client = serve(requests_per_minute=3)
    wrong = [client.get(f"/a/{'a' * 26}").status_code for _ in range(5)]
    assert wrong == [404] * 3 + [429] * 2
    for right in (path, f"{path}.ics"):
        assert [client.get(right).status_code for _ in range(4)] == [200] * 4
    chats = [client.post(path, data={"task": "move"}).status_code for _ in range(4)]
    assert chats == [303] * 3 + [429]  # each may open a new one
    deployment.clock.forward(days=30)
    assert client.get(path).status_code == 410  # its state is told as well
    assert client.get(f"/a/{'a' * 26}").status_code == 429


def test_another_site_can_t_begin_anything(
    client: httpx.Client, path: str, deployment: Deployment
) -> None:
    for headers in ({"Origin": "https://elsewhere.gr"}, {"Sec-Fetch-Site": "cross-site"}):
        answer = client.post(path, data={"task": "cancel"}, headers=headers)
        assert answer.status_code == 403
    assert client.post(path, data={"task": "keep"}).status_code == 422
    assert deployment.rows("SELECT count(*) FROM conversations") == [(1,)]


def test_no_token_is_logged(
    client: httpx.Client, path: str, deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(_read: object) -> None:
        raise DatabaseUnavailable

    with capture_logs() as logs:
        assert client.get(path).status_code == 200
        monkeypatch.setattr(deployment.database, "read", away)
        assert client.get(path).status_code == 503
    # The server's own tasks may tell of the same database meanwhile.
    refused = [each for each in logs if each["event"] == "turned away"]
    assert [each["path"] for each in refused] == ["/a/…"]
    assert path.removeprefix("/a/") not in str(logs)
