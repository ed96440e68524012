"""Calls over HTTP: only Twilio's own, each answer once, and nothing of an appointment to others."""

from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import urlencode, urlsplit

import pytest
from structlog.testing import capture_logs

from bot.i18n.translator import Translator
from bot.platforms.webhook import WebhookRequest
from tests.conftest import Deployment, mostly_on, on_both
from tests.fakes.twilio import TOKEN, callback, signature
from tests.fakes.twilio_call import Call
from tests.stories.call_story_runner import ACCOUNT, URL, telephone
from tests.webhooks.api.test_sms_talk import post, stored
from tests.webhooks.chat_client import ServedClient
from tests.webhooks.conftest import Serve

MARIA = "+302721012345"
PATH = urlsplit(URL).path
FORM = {"CallSid": "CA1", "CallStatus": "ringing", "From": MARIA, "To": "+302100000000"}


def calling(client: ServedClient, number: str = MARIA, sid: str = "CA1") -> Call:
    """Return a call to our server."""

    def fetch(url: str, form: Mapping[str, str]) -> str:
        parts = urlsplit(url)
        path = f"{parts.path}?{parts.query}" if parts.query else parts.path
        answer = post(client, callback(url, form), path)
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"].startswith("text/xml")
        return str(answer.text)

    return Call(fetch, URL, number, sid)


def signed(url: str, form: dict[str, str], token: str = TOKEN) -> WebhookRequest:
    headers = {"x-twilio-signature": signature(url, form, token)}
    return WebhookRequest("POST", url, headers, urlencode(form).encode())


FORGED = [
    WebhookRequest("POST", URL, {}, urlencode(FORM).encode()),
    signed(URL, FORM, "f" * 32),
    signed(f"{URL}?n=1", FORM),
    replace(signed(URL, FORM), body=urlencode({**FORM, "From": "+302721099999"}).encode()),
]


def test_what_is_not_twilio_s_or_not_whole_leaves_nothing(
    deployment: Deployment, serve: Serve, texts: Translator
) -> None:
    deployment.connect({ACCOUNT: telephone(texts)})
    client = serve()
    with capture_logs() as logs:
        assert {post(client, each, PATH).status_code for each in FORGED} == {403}
        assert client.get(PATH).status_code == 403
        for name in ("CallSid", "CallStatus"):
            given = {key: value for key, value in FORM.items() if key != name}
            assert post(client, signed(URL, given), PATH).status_code == 400
        assert post(client, signed(f"{URL}?n=x", FORM), f"{PATH}?n=x").status_code == 400
        for status in ("completed", "busy", "no-answer", "failed", "canceled"):
            ended = signed(URL, {**FORM, "CallStatus": status})  # of no call that came
            assert post(client, ended, PATH).status_code == 200
    assert stored(deployment) == 0
    assert MARIA.removeprefix("+30") not in str(logs)


@on_both
def test_a_booking_by_telephone_is_told_to_no_other_call(
    deployment: Deployment, serve: Serve, texts: Translator
) -> None:
    deployment.connect({ACCOUNT: telephone(texts, "kalamata")})
    client = serve()
    call = calling(client)
    call.doubled = True  # as Twilio repeats a request whose answer was lost
    call.begin()
    for keys in ("2", "4", "1"):
        call.press(keys)
    call.say("Μαρία Παπαδοπούλου")
    for keys in ("1", "1", "068933130"):
        call.press(keys)
    assert "κλείστηκε" in " ".join(call.press("1"))
    call.hang_up()
    assert deployment.rows("select state from bookings") == [("confirmed",)]
    # No row waits to be sent to the number that called.
    to_caller = "select count(*) from outgoing where account like 'voice:%'"
    assert deployment.rows(to_caller) == [(0,)]

    forged = calling(client, MARIA, "CA2")
    said = forged.begin()
    said += forged.say("τα ραντεβού μου")
    said += forged.press("222222")
    said += forged.press("0412")
    said += forged.say("δεν θα έρθω")
    said += forged.say("προτιμήσεις")
    told = " ".join(said)
    assert "Παπαδοπούλου" not in told
    assert "Δεκεμβρίου" not in told.replace("Για τις τρεις Δεκεμβρίου", "")


@mostly_on("sqlite")
@pytest.mark.parametrize(
    "number", ["anonymous", "", "+266696687", "+309011234567", "+4915112345678", MARIA]
)
def test_whoever_calls_is_answered_and_has_a_conversation(
    deployment: Deployment, serve: Serve, texts: Translator, number: str
) -> None:
    deployment.connect({ACCOUNT: telephone(texts, "kalamata")})
    client = serve()
    call = calling(client, number)
    assert "Ποια υπηρεσία;" in call.begin()
    assert "Ποια ημέρα σας εξυπηρετεί;" in call.press("2")
    call.hang_up()
    call.report("completed")  # twice, and after the end
    call.report("ringing")
    other = calling(client, number, "CA2")
    is_known = number in (MARIA, "+4915112345678")
    assert ("πάλι" in " ".join(other.begin())) is is_known
