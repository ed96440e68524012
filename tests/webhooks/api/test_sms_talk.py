"""Texts from citizens over HTTP: only Twilio's own, each answered once, and delivered by it."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

import pytest
from sqlalchemy import select
from structlog.testing import capture_logs

from bot.i18n.translator import Translator
from bot.platforms.webhook import WebhookRequest
from core.db.models import OutboxRow
from tests.bot.platforms.text_talk import ACCOUNT, MARIA, URL, two_way
from tests.bot.push_deployment import deliver, settled
from tests.conftest import Deployment, mark_replies_sent, mostly_on, on_both
from tests.fakes.twilio import TOKEN, TwilioServer, callback, incoming, signature, twilio_server
from tests.webhooks.chat_client import ServedClient
from tests.webhooks.conftest import Serve, served

PATH = "/webhooks/sms/town"
FORM = incoming("Γεια σας", "SM1", MARIA)


def post(client: ServedClient, request: WebhookRequest, path: str = PATH) -> Any:
    """Send a request of Twilio's to our server; the signature is of the public address."""
    form = {"content-type": "application/x-www-form-urlencoded"}
    return client.post(path, content=request.body, headers={**request.headers, **form})


def stored(deployment: Deployment) -> int:
    """Return how many rows there are of what a text leaves."""
    tables = ("inbounds", "conversations", "contacts", "citizens", "outgoing", "suppressions")
    return sum(deployment.rows(f"select count(*) from {each}")[0][0] for each in tables)


def without(name: str) -> dict[str, str]:
    return {key: value for key, value in FORM.items() if key != name}


def signed(signature_of: str, form: dict[str, str], token: str = TOKEN) -> WebhookRequest:
    headers = {"x-twilio-signature": signature(signature_of, form, token)}
    return WebhookRequest("POST", URL, headers, urlencode(form).encode())


FORGED = [
    WebhookRequest("POST", URL, {}, urlencode(FORM).encode()),
    signed(URL, FORM, "f" * 32),
    replace(signed(URL, {**FORM, "Body": "ΣΤΟΠ"}), body=urlencode(FORM).encode()),
    *(signed(each, FORM) for each in (f"{URL}/", URL.replace("https", "http"), f"{URL}?a=%C3%A9")),
    signed(URL.replace("rantevou.my-town.gr", "127.0.0.1:8080"), FORM),
]


def test_what_is_not_twilio_s_or_not_whole_leaves_nothing(
    deployment: Deployment, serve: Serve, texts: Translator
) -> None:
    deployment.connect({ACCOUNT: two_way(texts)})
    client = serve()
    with capture_logs() as logs:
        assert {post(client, each).status_code for each in FORGED} == {403}
        for form in (without("From"), without("Body"), without("MessageSid")):
            assert post(client, signed(URL, form)).status_code in (400, 403)
        assert client.get(PATH).status_code == 403
        premium = incoming("Γεια", "SM2", "+309011234567")
        foreign = incoming("Γεια", "SM3", "+4915112345678")
        for form in (premium, foreign):
            answer = post(client, callback(URL, form))
            assert (answer.status_code, "<Message>" in answer.text) == (200, False)
    assert stored(deployment) == 0
    assert "691234567" not in str(logs)


@on_both
def test_a_text_twice_is_answered_once_and_two_at_once_are_both_answered(
    deployment: Deployment, serve: Serve, texts: Translator
) -> None:
    deployment.connect({ACCOUNT: two_way(texts)})
    client = serve()
    # As a proxy passes it on: by another name, and with the path encoded otherwise.
    assert post(client, callback(URL, FORM), "/webhooks/sms/t%6Fwn").status_code == 200
    assert post(client, callback(URL, FORM)).status_code == 200
    assert deployment.rows("select count(*) from outgoing") == [(1,)]
    deployment.database.write_sync(mark_replies_sent)
    two = [callback(URL, incoming(f"Καλα{each}", f"SM{each}", MARIA)) for each in (8, 9)]
    same = callback(URL, incoming("μενού", "SM5", MARIA))
    with ThreadPoolExecutor(4) as threads:
        statuses = threads.map(lambda each: post(client, each).status_code, [*two, same, same])
    assert set(statuses) == {200}
    assert deployment.rows("select count(*) from inbounds") == [(4,)]
    assert deployment.rows("select count(*) from outgoing") == [(4,)]
    assert deployment.rows("select count(*) from conversations") == [(1,)]


@pytest.fixture
def server() -> Iterator[TwilioServer]:
    with twilio_server() as server:
        yield server


@mostly_on("sqlite")
def test_after_stop_nothing_is_sent_until_start(
    deployment: Deployment, serve: Serve, server: TwilioServer, texts: Translator
) -> None:
    deployment.connect({ACCOUNT: two_way(texts, api_url=server.url)})
    client = serve()
    application = served(deployment.database, deployment.services)

    def say(text: str) -> list[str]:
        """Return what is sent to Maria after a text of hers."""
        before = len(server.texts[MARIA])
        assert post(client, server.forward(URL, text, MARIA)).status_code == 200
        deliver(application, lambda: settled(deployment))
        return server.texts[MARIA][before:]

    def suppressed() -> bool:
        return bool(deployment.rows("select * from suppressions"))

    assert len(say("Γεια")) == 1
    assert (say("Stop"), suppressed()) == ([], True)
    assert say("Καλαμάτα") == []  # Twilio refuses the answer: 21610
    query = select(OutboxRow.last_error).order_by(OutboxRow.id.desc())
    assert "21610" in str(deployment.database.write_sync(lambda s: s.scalars(query).first()))
    assert (len(say("START")), suppressed()) == (1, False)
    assert len(say("Καλαμάτα")) == 1
    answer = post(client, server.forward(URL, "ΣTOΠ", MARIA))
    assert "ΔEN ΘA ΣAΣ ΣTEIΛOYME" in answer.text
    assert suppressed()
    # Who goes on with the talk is answered, and gets nothing else before it is asked for.
    assert (len(say("1")), suppressed()) == (1, True)
    assert "ΘA ΛAMBANETE" in post(client, server.forward(URL, "συνέχεια", MARIA)).text
    assert not suppressed()


@mostly_on("sqlite")
def test_answers_to_stopping_and_resuming_words_are_limited_and_paid(
    deployment: Deployment, serve: Serve, texts: Translator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.messaging.text_budget.MOST_FROM_A_DAY", 2)
    deployment.connect({ACCOUNT: two_way(texts, municipality="kalamata")})
    client = serve()
    words = ("ΣΤΟΠ", "συνέχεια", "ΣΤΟΠ", "συνέχεια", "ΣΤΟΠ")
    said = [
        post(client, callback(URL, incoming(each, f"SM{place}", MARIA))).text
        for place, each in enumerate(words)
    ]
    assert ["<Message>" in each for each in said] == [True, True, False, False, False]
    assert deployment.rows("select count(*) from suppressions where account = 'sms:town'") != [(0,)]
    counted = deployment.rows("select key, count from text_counts order by key")
    assert [(key.split()[0], count) for key, count in counted] == [("from", 5), ("parts", 2)]
