"""Text messages by Yuboto, what it answers, and its receipts."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from bot.i18n.translator import Translator
from bot.platforms.sms.adapter import Sms
from bot.platforms.sms.settings import SmsAccount
from bot.platforms.webhook import Receipt, Unauthenticated
from core.errors import DeliveryError
from tests.bot.platforms.test_sms import ACCOUNT, MARIA, PUBLIC, YUBOTO, send
from tests.fakes.http_server import Answer
from tests.fakes.yuboto import KEY, YubotoServer, failure, refusal, yuboto_server


@pytest.fixture
def server() -> Iterator[YubotoServer]:
    with yuboto_server() as server:
        yield server


def yuboto(server: YubotoServer, public: str | None = PUBLIC, **settings: str) -> Sms:
    given = {**YUBOTO, "api_url": server.url, **settings}
    account = Sms(ACCOUNT, SmsAccount.model_validate(given), Translator())
    account.public_address = public
    return account


def test_a_text_arrives_whole_and_in_its_alphabet(server: YubotoServer) -> None:
    account = yuboto(server)
    assert send(account, "Έρχεστε; " * 20, valid_seconds=7200) == "guid-1"
    (call,) = server.calls
    assert call["contacts"] == [{"phonenumber": "306912345678"}]
    assert call["callbackUrl"] == account.receipts_url
    assert call["sms"] == {
        "sender": "KALAMATA",
        "text": "EPXEΣTE; " * 20,
        "typesms": "sms",
        "longsms": True,
        "priority": 1,
        "validity": 120,
    }
    send(yuboto(server, public=None, alphabet="unicode"), "Έρχεστε;")
    assert server.calls[1]["sms"]["typesms"] == "unicode"
    assert (server.calls[1]["sms"]["longsms"], server.calls[1]["dlr"]) == (False, False)


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (failure(22), ("error 22", False, False)),
        (refusal(7), ("error 7 of the number", True, False)),
        (Answer(503, b"<html>"), ("HTTP 503", False, False)),
        (Answer(504, b"<html>"), ("HTTP 504", False, True)),
        (Answer(200, b"<html>"), ("ValidationError", False, True)),
        (Answer(0, None), ("RemoteProtocolError", False, True)),
    ],
)
def test_a_failure_says_whether_to_try_again(
    server: YubotoServer, answer: Answer, told: tuple[str, bool, bool]
) -> None:
    server.failures = [answer]
    with pytest.raises(DeliveryError) as failed:
        send(yuboto(server))
    assert (failed.value.why, failed.value.for_good, failed.value.may_have_arrived) == told


@pytest.mark.parametrize(
    ("description", "events"),
    [
        ("Delivered", [Receipt(MARIA, "guid-1", "delivered")]),
        ("Undelivered", [Receipt(MARIA, "guid-1", "failed", "undelivered")]),
        ("Expired", [Receipt(MARIA, "guid-1", "failed", "expired")]),
        ("Pending", []),
    ],
)
def test_a_report_to_the_secret_path_is_a_receipt(
    server: YubotoServer, description: str, events: list[Receipt]
) -> None:
    account = yuboto(server)
    send(account)
    assert account.parse(server.report(description)).events == events


def test_a_report_to_any_other_path_is_refused_and_one_without_all_parts_is_a_bad_request(
    server: YubotoServer,
) -> None:
    account = yuboto(server)
    send(account)
    right = server.report("Delivered")
    path, _mark, query = right.url.partition("?")
    assert KEY not in path
    for wrong in (f"{PUBLIC}/webhooks/sms/town", f"{path}0", f"{PUBLIC}/webhooks/sms/town/{KEY}"):
        with pytest.raises(Unauthenticated):
            account.parse(replace(right, url=f"{wrong}?{query}"))
    missing = replace(right, url=path)
    assert account.parse(missing).response.status == 400


@pytest.mark.parametrize(
    ("taken", "error"),
    [({"id": 17, "errorCode": 0}, 0), ({"id": "17", "errorCode": None}, 0), ({"id": "17"}, None)],
)
def test_what_was_taken_is_not_sent_again_whatever_its_types(
    server: YubotoServer, taken: dict[str, object], error: int | None
) -> None:
    server.failures = [Answer(200, {"ErrorCode": error, "Message": [taken]})]
    assert send(yuboto(server)) == "17"
