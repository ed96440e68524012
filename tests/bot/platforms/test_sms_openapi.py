"""What we call at Twilio is as Twilio's own OpenAPI says."""

import asyncio

import pytest

from tests.bot.platforms.test_sms import MARIA, PUBLIC, send, sms
from tests.fakes.twilio import SID, twilio_server
from tests.fakes.twilio_openapi import violations

PATH = f"/2010-04-01/Accounts/{SID}/Messages.json"
CALLS = PATH.replace("Messages", "Calls")
CALLED = {"To": MARIA, "From": MARIA, "Twiml": "<Response/>"}
GIVEN = {"To": MARIA, "From": "KALAMATA", "Body": "ok"}


def test_each_call_is_as_twilio_says() -> None:
    with twilio_server() as server:
        account = sms(api_url=server.url)
        assert send(account)
        assert send(account, "Ένα " * 60, valid_seconds=10**6)
        assert send(sms(None, api_url=server.url, **{"from": "MG" + "0" * 32}))
        assert not asyncio.run(account.check_up(PUBLIC)).wrong
    assert server.violations == []
    assert {name for call in server.calls for name in call} == {
        "To",
        "From",
        "MessagingServiceSid",
        "Body",
        "StatusCallback",
        "ValidityPeriod",
    }


@pytest.mark.parametrize(
    ("method", "path", "form", "wrong"),
    [
        ("POST", PATH, {**GIVEN, "ValidityPeriod": "soon"}, "integer"),
        ("POST", PATH, {**GIVEN, "Text": "ok"}, "Text"),
        ("POST", PATH, {**GIVEN, "StatusCallback": "no address"}, "uri"),
        ("POST", PATH, {**GIVEN, "MessagingServiceSid": "MG1"}, "MG"),
        ("POST", PATH, {"From": "KALAMATA", "Body": "ok"}, "To"),
        ("POST", PATH, {"To": MARIA, "Body": "ok"}, "messaging_service_sid"),
        ("POST", PATH, {"To": MARIA, "From": "KALAMATA"}, "body"),
        ("GET", PATH, {}, "no such call"),
        ("POST", PATH.replace(SID, "AC1"), GIVEN, "AccountSid"),
        ("POST", CALLS, {"To": MARIA, "From": MARIA}, "twiml"),
        ("POST", CALLS, {"To": MARIA, "Twiml": "<Response/>"}, "From"),
        ("POST", CALLS, {**CALLED, "Timeout": "soon"}, "integer"),
        ("POST", CALLS, {**CALLED, "AsyncAmdStatusCallback": "no address"}, "uri"),
        ("POST", CALLS, {**CALLED, "MachineDetect": "Enable"}, "MachineDetect"),
    ],
)
def test_another_call_is_not(method: str, path: str, form: dict[str, str], wrong: str) -> None:
    assert wrong in str(violations(method, path, form))
    assert violations("POST", PATH, GIVEN) == []
    assert violations("POST", CALLS, CALLED) == []
