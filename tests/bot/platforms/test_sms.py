"""Accounts that send text messages: their settings, their texts, and to whom they send."""

import asyncio
from typing import Any

import pytest
from pydantic import ValidationError

from bot.i18n.translator import Translator
from bot.messages import Reply
from bot.platforms.sms.adapter import MAX_PARTS, Sms
from bot.platforms.sms.gsm import count_parts
from bot.platforms.sms.settings import SmsAccount
from bot.platforms.webhook import NotReceiving, WebhookRequest
from core.errors import DeliveryError
from tests.fakes.twilio import SID, TOKEN
from tests.fakes.yuboto import KEY

ACCOUNT = "sms:town"
PUBLIC = "https://rantevou.my-town.gr"
MARIA = "+306912345678"

TWILIO = {"kind": "twilio", "from": "KALAMATA", "user": SID, "key": TOKEN}
YUBOTO = {"kind": "yuboto", "from": "KALAMATA", "key": KEY}


def sms(public: str | None = PUBLIC, **settings: Any) -> Sms:
    """Return an account; by default, one at Twilio."""
    account = Sms(ACCOUNT, SmsAccount.model_validate({**TWILIO, **settings}), Translator())
    account.public_address = public
    return account


def send(account: Sms, text: str = "Γεια", number: str = MARIA, **given: Any) -> str | None:
    """Send a text by the real client."""

    async def run() -> str | None:
        async with account.connect() as sending:
            return await sending(number, account.render(Reply(text=text, **given)), None)

    return asyncio.run(run())


@pytest.mark.parametrize(
    ("changed", "wrong"),
    [
        ({"from": "KALAMATA-TOWN"}, "up to 11"),
        ({"from": "12345"}, "up to 11"),
        ({"from": "ΚΑΛΑΜΑΤΑ"}, "up to 11"),
        ({"user": None}, "USER"),
        ({"user": "AC1"}, "USER"),
        ({"kind": "smoke"}, "kind"),
        ({"alphabet": "greek"}, "alphabet"),
        ({"countries": "Greece"}, "GR CY"),
        ({"countries": " "}, "GR CY"),
        ({"api_url": "https://api.twilio.com/2010"}, "api.example.org"),
        ({"two_way": True}, "two_way"),
        ({**YUBOTO}, "USER"),
        ({**YUBOTO, "user": None, "from": "MG" + "0" * 32}, "FROM"),
    ],
)
def test_a_wrong_setting_is_refused(changed: dict[str, Any], wrong: str) -> None:
    with pytest.raises(ValidationError, match=wrong):
        SmsAccount.model_validate({**TWILIO, **changed})


def test_countries_are_greece_and_cyprus_unless_others_are_named() -> None:
    assert SmsAccount.model_validate(TWILIO).countries == ("GR", "CY")
    assert SmsAccount.model_validate({**TWILIO, "countries": "gr, de"}).countries == ("GR", "DE")


def test_a_text_is_in_capitals_unless_the_account_sends_unicode() -> None:
    reply = Reply(text="Ένα μακρύ κείμενο", brief="Έρχεστε στις 12:30;")
    assert sms().render(reply).body == "EPXEΣTE ΣTIΣ 12:30;"
    assert sms(alphabet="unicode").render(reply).body == "Έρχεστε στις 12:30;"


@pytest.mark.parametrize("alphabet", ["gsm", "unicode"])
def test_a_text_of_more_than_ten_parts_is_cut_off(alphabet: str) -> None:
    body = sms(alphabet=alphabet).render(Reply(text="Καλημέρα € " * 300)).body
    assert count_parts(body) == MAX_PARTS
    assert body.endswith("...")


@pytest.mark.parametrize(
    ("number", "countries", "why"),
    [
        ("+302721012345", "GR", "not a mobile number"),
        ("+309011234567", "GR", "not a mobile number"),  # premium rate
        ("+4915112345678", "GR CY", "of a country to which no texts are sent"),
        ("+306912345678", "CY", "of a country to which no texts are sent"),
        ("6912345678", "GR", "not a number"),
    ],
)
def test_nothing_is_sent_to_a_number_that_costs_more(number: str, countries: str, why: str) -> None:
    with pytest.raises(DeliveryError, match=why) as failed:
        send(sms(api_url="http://127.0.0.1:9", countries=countries), number=number)
    assert failed.value.for_good
    assert number not in failed.value.why


def test_without_a_public_address_no_receipts_are_asked_for_nor_taken() -> None:
    account = sms(public=None)
    assert account.receipts_url is None
    with pytest.raises(NotReceiving):
        account.parse(WebhookRequest("POST", "https://town.gr/webhooks/sms/town", {}, b""))
