"""The text by which a number is proven, from the question to the answer."""

import re
from collections.abc import Iterator

import pytest

from tests.bot.delivery.test_text_budget import counts
from tests.bot.platforms.test_sms import MARIA, sms
from tests.bot.push_deployment import PushDeployment
from tests.conftest import mostly_on
from tests.fakes.twilio import TwilioServer, failure, twilio_server

DIGITS = re.compile(r"^(\d{3}) (\d{3}): ")


@pytest.fixture
def gateway(push: PushDeployment) -> Iterator[TwilioServer]:
    with twilio_server() as server:
        push.platforms["sms:town"] = sms(api_url=server.url)
        push.deployment.services.registry.accounts |= {"sms:town"}
        push.deployment.platform = push.deployment.account = "webchat"
        yield server


@mostly_on("sqlite")
def test_a_citizen_proves_their_number_in_the_midst_of_a_booking(
    push: PushDeployment, gateway: TwilioServer
) -> None:
    say = push.deployment.talk
    say("Γεια", "Καλαμάτα", "Επίδομα Στέγασης", "όχι")
    asked = push.deployment.last[-1].step
    assert "κινητό" in say("επιβεβαίωση κινητού")[-1].text
    assert "κινητό" in say("2721012345")[0].text, "a landline takes no texts"
    assert "έξι ψηφία" in say("6912345678")[-1].text
    push.deliver(push.settled)
    (text,) = gateway.texts[MARIA]
    found = DIGITS.match(text)
    assert found
    right = "".join(found.groups())
    wrong = f"{(int(right) + 1) % 10**6:06}"
    assert "Δεν είναι αυτά" in say(wrong)[0].text
    assert "123 456" in say("δεν ξέρω")[0].text
    assert "επιβεβαιώθηκε" in say(" ".join(found.groups()))[0].text
    assert push.deployment.last[-1].step == asked, "and the booking goes on"
    everything = push.deployment.everything()
    assert right not in everything
    assert push.deployment.rows("SELECT count(*) FROM contacts WHERE proven_phone IS NOT NULL") == [
        (1,)
    ]
    assert {name.split()[0]: count for name, count in counts(push)} == {
        "parts": 1,
        "number": 1,
        "proofs": 1,
    }
    assert "δεν γίνεται" in say("επιβεβαίωση κινητού")[0].text, "there is nothing left to prove"


@mostly_on("sqlite")
def test_a_refused_text_calls_nobody_and_late_digits_are_told(
    push: PushDeployment, gateway: TwilioServer
) -> None:
    gateway.failures[MARIA] = [failure(21614)]
    say = push.deployment.talk
    say("Γεια", "Καλαμάτα", "επιβεβαίωση κινητού", "6912345678")
    push.deliver(push.settled)
    assert push.rows("phone_proof") == [("phone_proof", "failed", 1, "error 21614")]
    assert not push.rows("undelivered_alert")
    push.deployment.clock.forward(minutes=10)
    assert "δεν ισχύουν πια" in say("123456")[0].text
