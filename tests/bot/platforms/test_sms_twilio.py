"""Text messages by Twilio's own client, what it answers, and its receipts."""

import asyncio
import logging
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from bot.platforms import twilio_api
from bot.platforms.webhook import Ignored, Receipt, Unauthenticated
from core.errors import DeliveryError
from tests.bot.platforms.test_sms import MARIA, PUBLIC, send, sms
from tests.fakes.http_server import Answer, cut_short, late
from tests.fakes.twilio import (
    DROPPED,
    HTML,
    TOKEN,
    TwilioServer,
    callback,
    failure,
    twilio_server,
)

URL = f"{PUBLIC}/webhooks/sms/town"


@pytest.fixture
def server() -> Iterator[TwilioServer]:
    with twilio_server() as server:
        yield server


def test_a_text_arrives_with_its_sender_and_the_address_of_receipts(
    server: TwilioServer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("TWILIO_EDGE", "frankfurt")
    monkeypatch.setenv("TWILIO_REGION", "de1")
    with caplog.at_level(logging.DEBUG):
        sid = send(sms(api_url=server.url), "Έρχεστε;", valid_seconds=100_000)
    assert [sid] == server.sids
    assert server.calls == [
        {
            "To": MARIA,
            "Body": "EPXEΣTE;",
            "From": "KALAMATA",
            "StatusCallback": URL,
            "ValidityPeriod": "36000",
        }
    ]
    assert "6912345678" not in caplog.text
    assert "EPXEΣTE" not in caplog.text


def test_a_service_of_twilio_can_be_the_sender(server: TwilioServer) -> None:
    service = "MG" + "0" * 32
    send(sms(None, api_url=server.url, **{"from": service}))
    assert server.calls == [{"To": MARIA, "Body": "ΓEIA", "MessagingServiceSid": service}]


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (failure(21610), ("error 21610", True, True, False)),
        (failure(21211), ("error 21211", True, True, False)),
        (failure(21614), ("error 21614", True, True, False)),
        (failure(21408), ("error 21408", True, False, False)),
        (failure(20429, 429), ("error 20429", False, False, False)),
        (failure(20003, 401), ("error 20003", False, False, False)),
        (failure(20500, 500), ("error 20500", False, False, False)),
        (HTML, ("HTTP 503", False, False, False)),
        (Answer(504, b""), ("HTTP 504", False, False, True)),
        (DROPPED, ("ConnectionError", False, False, True)),
    ],
)
def test_a_failure_says_whether_to_try_again(
    server: TwilioServer, answer: Answer, told: tuple[str, bool, bool, bool]
) -> None:
    server.failures[MARIA] = [answer]
    with pytest.raises(DeliveryError) as failed:
        send(sms(api_url=server.url))
    error = failed.value
    assert (error.why, error.for_good, error.unreachable, error.may_have_arrived) == told
    assert error.__context__ is None


def test_where_no_connection_is_made_it_has_not_arrived() -> None:
    with pytest.raises(DeliveryError, match="ConnectionError") as failed:
        send(sms(api_url="http://127.0.0.1:9"))
    assert not failed.value.may_have_arrived


@pytest.mark.parametrize(("fault", "why"), [(late(1), "ReadTimeout"), (cut_short, "Error")])
def test_without_a_whole_answer_it_may_have_arrived(
    server: TwilioServer, monkeypatch: pytest.MonkeyPatch, fault: Any, why: str
) -> None:
    monkeypatch.setattr(twilio_api, "ANSWER_SECONDS", 0.2)
    server.answer_faults[MARIA] = [fault]
    with pytest.raises(DeliveryError, match=why) as failed:
        send(sms(api_url=server.url))
    assert failed.value.may_have_arrived
    assert len(server.texts[MARIA]) == 1


FORM = {"MessageSid": "SM1", "MessageStatus": "delivered", "To": MARIA}


@pytest.mark.parametrize(
    ("changed", "events"),
    [
        ({}, [Receipt(MARIA, "SM1", "delivered")]),
        ({"MessageStatus": "sent"}, []),
        ({"MessageStatus": "queued", "ErrorMessage": ""}, []),
        (
            {"MessageStatus": "undelivered", "ErrorCode": "30003"},
            [Receipt(MARIA, "SM1", "failed", "undelivered, error 30003")],
        ),
        (
            {"MessageStatus": "undelivered", "ErrorCode": "30006"},
            [Receipt(MARIA, "SM1", "failed", "undelivered, error 30006", unreachable=True)],
        ),
        ({"MessageStatus": "failed"}, [Receipt(MARIA, "SM1", "failed", "failed")]),
    ],
)
def test_a_signed_callback_is_a_receipt(changed: dict[str, str], events: list[Receipt]) -> None:
    result = sms().parse(callback(URL, {**FORM, **changed}))
    assert (result.events, result.response.status) == (events, 200)


@pytest.mark.parametrize(
    "changed", [{"MessageSid": ""}, {"To": ""}, {"MessageStatus": ""}, {"MessageStatus": "new"}]
)
def test_a_signed_callback_without_all_fields_is_a_bad_request(changed: dict[str, str]) -> None:
    result = sms().parse(callback(URL, {**FORM, **changed}))
    assert (result.events, result.response.status) == ([Ignored("unreadable")], 400)


RIGHT = callback(URL, FORM)


@pytest.mark.parametrize(
    "request_",
    [
        replace(RIGHT, headers={}),
        replace(RIGHT, headers={"x-twilio-signature": "bm8="}),
        replace(RIGHT, body=RIGHT.body.replace(b"delivered", b"failed")),
        replace(RIGHT, body=RIGHT.body + b"&MessageStatus=failed"),
        replace(RIGHT, body=b'{"MessageSid": "SM1"}'),
        replace(RIGHT, body=b"\xff\xfe"),
        replace(RIGHT, method="GET"),
        *(
            callback(url, FORM)
            for url in (f"{URL}/", f"{URL}?a=b", URL.replace("https", "http"), f"{PUBLIC}:8443/")
        ),
    ],
)
def test_a_callback_that_is_not_signed_for_our_address_is_refused(request_: Any) -> None:
    with pytest.raises(Unauthenticated):
        sms().parse(request_)


def test_a_callback_by_another_url_than_twilio_s_is_proven_by_the_public_one() -> None:
    behind_proxy = replace(RIGHT, url="http://127.0.0.1:8000/webhooks/sms/town")
    assert sms().parse(behind_proxy).events == [Receipt(MARIA, "SM1", "delivered")]


@pytest.mark.parametrize(
    ("status", "token", "found"),
    [
        ("active", TOKEN, (1, [])),
        ("suspended", TOKEN, (0, ["Twilio: the account is suspended"])),
        ("active", "wrong-token", (0, ["Twilio: error 20003"])),
    ],
)
def test_doctor_asks_twilio_for_the_account(
    server: TwilioServer, status: str, token: str, found: tuple[int, list[str]]
) -> None:
    server.status = status
    right, wrong, to_do = asyncio.run(sms(api_url=server.url, key=token).check_up(PUBLIC))
    assert (len(right), wrong, to_do) == (*found, ())
    number: dict[str, Any] = {"from": "+306900000000", "two_way": True}
    two_way = sms(api_url=server.url, key=token, **number)
    (receiving,) = asyncio.run(two_way.check_up(PUBLIC)).to_do
    assert receiving.endswith(f"“A message comes in” must be POST to {PUBLIC}/webhooks/sms/town")
