"""Whole talks by text message on a two-way number: what is said, and in how many parts."""

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from bot.bootstrap import Application
from bot.i18n.translator import Translator
from bot.messages import Inbound, Reply
from bot.platforms.sms.adapter import MAX_PARTS
from bot.platforms.sms.gsm import count_parts, unfold
from bot.platforms.webhook import Event, Ignored, Reachability, Unauthenticated, WebhookRequest
from bot.settings import Settings
from core.db.models import Booking, OutboxRow
from tests.bot.platforms.text_talk import (
    ACCOUNT,
    MARIA,
    URL,
    TextTalk,
    two_way,
)
from tests.bot.push_deployment import deliver, settled
from tests.conftest import Deployment, mostly_on
from tests.fakes.twilio import callback, incoming, twilio_server

NIKOS = "+306998765432"

KALAMATA = (
    *("Γεια", "1", "1", "1", "3/12", "1"),
    *("Μαρία Παπαδοπούλου", "068933130", "ΝΑΙ"),
)
"""The answers of a whole booking, from the choice of the municipality on."""


def booked(deployment: Deployment, texts: Translator) -> tuple[TextTalk, str]:
    """Return a talk with a booking, and its code."""
    talk = TextTalk(deployment, two_way(texts))
    for each in KALAMATA:
        talk.say(each)
    [(code,)] = deployment.rows("select code from bookings where state = 'confirmed'")
    return talk, code


def test_a_booking_in_kalamata_costs_at_most_ten_parts_and_eight_on_the_towns_own_number(
    deployment: Deployment, texts: Translator
) -> None:
    shared, code = booked(deployment, texts)
    assert len(shared.parts) == len(KALAMATA)
    assert sum(shared.parts) <= 10
    consent, confirmation = shared.bodies[-2:]
    assert "ΔEIΓMA" in consent
    assert count_parts(consent) <= 2
    assert f"{code[:3]} {code[3:]}. AΛΛAΓEΣ: AΛΛAΓH {code}" in confirmation
    assert count_parts(confirmation) == 1
    asked = "\n".join(shared.bodies)
    assert "EMAIL" not in asked.upper()
    assert "THΛEΦΩNO" not in asked  # it is known
    [(details, proven)] = deployment.database.write_sync(_details)
    assert (details, proven) == (
        {"name": "Μαρία Παπαδοπούλου", "phone": MARIA, "tax_number": "068933130"},
        True,
    )
    own = TextTalk(deployment, two_way(texts, municipality="kalamata"), NIKOS)
    for each in ("Γεια", *KALAMATA[2:4], "4/12", *KALAMATA[5:]):
        own.say(each)
    assert "KΩΔIKOΣ" in own.bodies[-1]
    assert sum(own.parts) <= 8


def test_of_what_may_be_skipped_only_what_the_catalogue_marks_is_asked(
    deployment: Deployment, texts: Translator
) -> None:
    talk = TextTalk(deployment, two_way(texts, municipality="chios"))
    for each in ("hello", "OPEKA information", "3/12", "1", "Maria Papa"):
        talk.say(each)
    assert "wheelchair" in talk.bodies[-1]
    assert talk.say("skip").splitlines()[1].startswith("Sample: ")
    assert "Your appointment is booked" in talk.say("OK")
    assert sum(talk.parts) <= 8
    talk.say("change my details")
    assert "home address" in talk.say("3")


def _details(session: Session) -> list[tuple[Any, bool]]:
    return [(each.details, each.phone_proven) for each in session.query(Booking)]


def test_lists_are_paged_by_zero_and_every_number_seen_picks(
    deployment: Deployment, texts: Translator
) -> None:
    talk = TextTalk(deployment, two_way(texts))
    for each in ("ΚΕΠ", "1"):
        talk.say(each)
    assert talk.bodies[-1].endswith("30 ΔEY 0 ΔEK")
    assert "HMEPA; ΔEK" in talk.say("0")
    first, second, again = talk.say("1/12"), talk.say("0"), talk.say("0")
    assert [each.splitlines()[1].split()[0] for each in (first, second)] == ["1", "14"]
    assert again == first
    assert max(talk.parts) <= 3
    talk.say("0")
    assert "TPI 1/12 09:20" in talk.say("2")  # of the page before, which can still be read


def test_what_plain_telephones_write_is_understood(
    deployment: Deployment, texts: Translator
) -> None:
    assert unfold("MAPIA ΠAΠAΔAKH") == "ΜΑΡΙΑ ΠΑΠΑΔΑΚΗ"
    assert unfold("KAΛAMATA 3 ΠEM. SMS NAI") == "ΚΑΛΑΜΑΤΑ 3 ΠΕΜ. SMS NAI"
    talk = TextTalk(deployment, two_way(texts))
    assert "ΠOIA YΠHPEΣIA" in talk.say("KAΛAMATA")
    assert "ΛAMBANETE" in talk.say("EΠIΔOMA ΣTEΓAΣHΣ")
    assert "HMEPA" in talk.say("OXI")
    assert "12:30" in talk.say("ΠEMΠTH 3 ΔEKEMBPIOY")


def test_a_reminder_is_answered_by_word_and_code_whatever_is_open(
    deployment: Deployment, texts: Translator
) -> None:
    talk, code = booked(deployment, texts)
    greek = code.translate(str.maketrans("ABEZHIKMNOPTYX", "ΑΒΕΖΗΙΚΜΝΟΡΤΥΧ")).lower()
    assert "EYXAPIΣTOYME" in talk.say(f"ναι {greek}")
    assert "1 NAI" in talk.say(f"ΑΚΥΡΩΣΗ {code}")
    assert "AKYPΩΘHKE" in talk.say("1")
    assert "ΔEN BPHKA" in talk.say(f"ΝΑΙ {code}")
    assert deployment.rows("select state from bookings") == [("cancelled",)]


def test_what_stands_beside_days_has_no_number_of_a_day(
    deployment: Deployment, texts: Translator
) -> None:
    talk = TextTalk(deployment, two_way(texts))
    talk.say("ραντεβού για επίδομα στέγασης στην Καλαμάτα Πέμπτη ή Παρασκευή")
    assert "\n3 ΠEM 4 ΠAP 32 OΛEΣ OI EΠIΛOΓEΣ" in talk.say("όχι")
    assert "7 ΔEY" in talk.say("32")


def test_after_a_wrong_answer_what_was_said_of_it_is_not_said_again(
    deployment: Deployment, texts: Translator
) -> None:
    talk = TextTalk(deployment, two_way(texts))
    for each in KALAMATA[:7]:
        talk.say(each)
    assert talk.bodies[-1].count("ΨHΦIA") == 1
    assert talk.say("1234").count("ΨHΦIA") == 1
    assert "TA PANTEBOY MOY" in talk.say("τα ραντεβού μου")
    assert "NA ΣTAMATHΣOYME EΔΩ" in talk.say("ΕΞΟΔΟΣ"), "it leads back to no booking"
    talk.say("ΝΑΙ")
    talk.say("τα ραντεβού μου")
    assert talk.say("12").count("KX7 M2P") == 1
    assert "EΠIBEBAIΩΣH" in talk.say("δεν τον θυμάμαι")
    talk.say("1")
    assert talk.bodies[-1].endswith("\n1 691 234 5678"), "the number is known"
    assert "O KΩΔIKOΣ TOY ΣTEΛNETAI" in talk.say("1")
    assert max(talk.parts[-4:-1]) == 1


def test_a_hidden_menu_is_picked_by_no_number(deployment: Deployment, texts: Translator) -> None:
    talk, _code = booked(deployment, texts)
    before = deployment.rows("select count(*) from bookings")
    talk.say("1")
    assert "1 NEO PANTEBOY" in talk.say("μενού")
    assert deployment.rows("select count(*) from bookings") == before


def test_someone_elses_code_reveals_nothing(deployment: Deployment, texts: Translator) -> None:
    _talk, code = booked(deployment, texts)
    thief = TextTalk(deployment, two_way(texts), NIKOS)
    for text in (f"ΝΑΙ {code}", f"ΑΚΥΡΩΣΗ {code}", "τα ραντεβού μου", code, MARIA):
        said = thief.say(text)
        assert "EΠIΔOMA" not in said
        assert "MAPIA" not in said
    assert deployment.rows("select state from bookings") == [("confirmed",)]


def test_small_letters_are_one_word_away(deployment: Deployment, texts: Translator) -> None:
    talk = TextTalk(deployment, two_way(texts))
    assert talk.say("Γεια").startswith("PANTEBOY")
    assert "μικρά" in talk.say("MIKPA")
    assert "Ποιος δήμος;" in talk.say("Γεια")
    assert talk.say("κεφαλαία").isupper()
    english = TextTalk(deployment, two_way(texts), NIKOS)
    english.say("hello")
    assert "small letters" in english.say("small")


def test_no_english_text_of_a_booking_invites_a_word_of_twilio(
    deployment: Deployment, texts: Translator
) -> None:
    talk = TextTalk(deployment, two_way(texts))
    for each in ("hello", "menu", "1", "1", "1", "3/12", "1", "Maria", "Maria Papa", "068933130"):
        talk.say(each)
    for word in ("cancel", "help", "stop", "yes", "end", "quit", "start", "info"):
        assert f'"{word}"' not in "\n".join(talk.bodies).casefold()


@pytest.mark.parametrize(
    ("text", "events", "answer"),
    [
        ("STOP", [Reachability(MARIA, reachable=False)], ""),
        ("Quit ", [Reachability(MARIA, reachable=False)], ""),
        ("Στοπ sms", [Reachability(MARIA, reachable=False)], "ΔEN ΘA ΣAΣ ΣTEIΛOYME"),
        ("Στοπ", [Reachability(MARIA, reachable=False)], "ΔEN ΘA ΣAΣ ΣTEIΛOYME"),
        ("ΣTOΠ", [Reachability(MARIA, reachable=False)], "ΔEN ΘA ΣAΣ ΣTEIΛOYME"),
        ("συνέχεια", [Reachability(MARIA, reachable=True)], "ΘA ΛAMBANETE"),
        ("resume", [Reachability(MARIA, reachable=True)], "You get text"),
    ],
)
def test_stopping_and_resuming_words_have_no_turn(
    texts: Translator, text: str, events: list[Event], answer: str
) -> None:
    result = two_way(texts).parse(callback(URL, incoming(text, "SM1", MARIA)))
    assert result.events == events
    [event] = result.events
    assert isinstance(event, Reachability)
    assert "<Message>" not in result.response.body.decode()
    if answer:
        assert event.answer is not None
        assert result.respond is not None
        assert answer in result.respond([event.answer]).body.decode()
    else:
        assert event.answer is None
    assert result.response.media_type == "text/xml"


@pytest.mark.parametrize(
    ("changed", "events"),
    [
        ({"From": "+4915112345678"}, [Ignored("number not served")]),
        ({"From": "+309011234567"}, [Ignored("number not served")]),  # premium rate
        ({"From": "VODAFONE"}, [Ignored("number not served")]),
        ({"From": ""}, [Ignored("unreadable")]),
        ({"MessageSid": ""}, [Ignored("unreadable")]),
    ],
)
def test_what_is_no_text_of_a_citizen_begins_no_talk(
    texts: Translator, changed: dict[str, str], events: list[Event]
) -> None:
    result = two_way(texts).parse(callback(URL, {**incoming("Γεια", "SM1", MARIA), **changed}))
    assert result.events == events
    assert result.response.status == (400 if events == [Ignored("unreadable")] else 200)


def test_a_text_without_its_body_is_a_bad_request(texts: Translator) -> None:
    form = incoming("", "SM1", MARIA)
    del form["Body"]
    assert two_way(texts).parse(callback(URL, form)).response.status == 400


@pytest.mark.parametrize(
    "url",
    [
        f"{URL}/",
        URL.replace("https", "http"),
        URL.replace("town", "t%6Fwn"),
        URL.replace(".gr", ".gr:8443"),
        f"{URL}?a=%C3%A9",
    ],
)
def test_a_text_signed_for_a_redirected_or_reencoded_address_is_refused(
    texts: Translator, url: str
) -> None:
    request = callback(url, incoming("Γεια", "SM1", MARIA))
    unsigned = WebhookRequest("POST", URL, {}, request.body)
    for each in (request, unsigned, replace(request, url=URL)):
        with pytest.raises(Unauthenticated):
            two_way(texts).parse(each)


def test_a_picture_gets_a_polite_text_and_its_words_count(
    deployment: Deployment, texts: Translator
) -> None:
    talk = TextTalk(deployment, two_way(texts))
    picture = callback(URL, incoming("", "SM1", MARIA, NumMedia="1"))
    [inbound] = talk.account.parse(picture).events
    assert isinstance(inbound, Inbound)
    assert "EIKONEΣ" in talk.receive(inbound)
    with_words = callback(URL, incoming("Καλαμάτα", "SM2", MARIA, NumMedia="1"))
    [inbound] = talk.account.parse(with_words).events
    assert isinstance(inbound, Inbound)
    assert "YΠHPEΣIA" in talk.receive(inbound)


def test_a_text_of_ten_parts_is_answered_in_one(deployment: Deployment, texts: Translator) -> None:
    talk = TextTalk(deployment, two_way(texts))
    talk.say("Γεια")
    assert "1000" in talk.say("Γεια σας " * 170)
    assert talk.parts[-1] <= 2
    body = talk.account.render(Reply(text="Καλημέρα " * 300)).body
    assert count_parts(body) == MAX_PARTS


def test_the_same_message_twice_is_answered_once(deployment: Deployment, texts: Translator) -> None:
    talk = TextTalk(deployment, two_way(texts))
    [inbound] = talk.parse("Γεια").events
    assert isinstance(inbound, Inbound)
    assert talk.receive(inbound) == talk.receive(inbound)
    assert deployment.rows("select count(*) from outgoing") == [(1,)]
    assert deployment.rows("select account from contacts") == [(ACCOUNT,)]


def counts(deployment: Deployment) -> dict[str, int]:
    rows = deployment.rows("select key, count from text_counts order by key")
    return {key.split()[0] + key.split()[1] * key.startswith("parts"): count for key, count in rows}


@mostly_on("sqlite")
def test_answers_are_paid_by_the_town_they_are_about_and_limited_by_number(
    deployment: Deployment, texts: Translator, monkeypatch: pytest.MonkeyPatch
) -> None:
    with twilio_server() as server:
        talk = TextTalk(deployment, two_way(texts, api_url=server.url))
        for each in KALAMATA:
            talk.say(each)
            assert "number" not in counts(deployment)
        application = Application(Settings(), deployment.database, deployment.services)
        unsent = update(OutboxRow).values(status="pending")
        deployment.database.write_sync(lambda s: s.execute(unsent))
        deliver(application, lambda: settled(deployment))
        assert len(server.texts[MARIA]) == len(KALAMATA)
    # The question which municipality is nobody's; that with which it was answered is the town's.
    assert counts(deployment) == {"from": 9, "partskalamata": sum(talk.parts[1:])}
    monkeypatch.setattr("bot.turn.MOST_FROM_A_DAY", 10)
    assert "EΠIΔOMA" in talk.say("τα ραντεβού μου")
    assert "AYPIO" in talk.say("1")
    assert [talk.say("1"), talk.say("ΝΑΙ")] == ["", ""]
    other = TextTalk(deployment, talk.account, NIKOS)
    assert "ΔHMOΣ" in other.say("Γεια")
    deployment.clock.forward(days=1)
    assert "AYPIO" not in talk.say("μενού")
