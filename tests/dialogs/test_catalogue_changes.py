"""A catalogue loaded anew in mid-talk: what no longer holds is asked again, and said."""

from typing import Any

import pytest

from bot.messages import Reply
from tests.conftest import Town
from tests.core.small import desk, service, words
from tests.dialogs.robot import confirmed
from tests.dialogs.village import asks, screens, stored_bookings, village

NAME, PHONE = "Μαρία Παπαδοπούλου", "6912345678"
ANSWERS = {
    "municipality": "town",
    "group": "group",
    "service": "stamps",
    "branch": "office",
    "channel": "φυσική παρουσία",
    "day": "7/12",
    "time": "9:30",
    "details.name": NAME,
    "details.phone": PHONE,
    "details.card": "A 17",
    "consent": "συμφωνώ",
    "review": "ναι",
}
BOTH = (service("papers"), service("stamps"))
TWO_BRANCHES: dict[str, Any] = {
    "branches": [
        {"id": "north", "name": words("north"), "desks": [desk()]},
        {"id": "south", "name": words("south"), "desks": [desk("other")]},
    ]
}


def consents(version: str) -> dict[str, Any]:
    consent = {"id": "details", "version": version, "title": words("Details")}
    return {"consents": [{**consent, "text": words(f"text {version}")}]}


def go_on(town: Town, answers: dict[str, str] | None = None) -> list[Reply]:
    """Answer whatever is asked until a booking is confirmed, or something unforeseen is asked."""
    for _ in range(12):
        if confirmed(town.last):
            break
        asked = town.last[-1]
        town.say((ANSWERS | (answers or {}))[asked.step or ""])
    assert confirmed(town.last)
    return town.last


def said(town: Town) -> str:
    """What was said before the question."""
    return "\n".join(reply.text for reply in town.last[:-1])


TO_DETAILS = ("Γεια", "town", "papers", "7/12", "9:30", NAME)
TO_REVIEW = ("Γεια", "town", "7/12", "9:30", NAME, PHONE)


def test_a_service_that_is_gone_is_asked_again_and_the_rest_kept(town: Town) -> None:
    town.load(village(*BOTH, service("keys")))
    town.talk(*TO_DETAILS)
    town.load(village(service("stamps"), service("keys")))
    town.say(PHONE)
    assert "ρωτώ ξανά: Υπηρεσία" in said(town)
    assert town.last[-1].step == "service"
    go_on(town, {"service": "keys"})
    booking = stored_bookings(town)[-1]
    assert (booking.service, booking.state) == ("keys", "confirmed")
    assert booking.details == {"name": NAME, "phone": f"+30{PHONE}"}


@pytest.mark.parametrize("minutes", [0, 11, 45])
def test_a_service_that_is_gone_takes_its_hold_with_it(town: Town, minutes: int) -> None:
    town.load(village(*BOTH, service("keys")))
    town.talk(*TO_DETAILS)
    town.load(village(service("stamps"), service("keys")))
    town.clock.forward(minutes=minutes)
    town.talk("βοήθεια", "πίσω", "βοήθεια")
    go_on(town, {"service": "stamps"})
    assert [b.service for b in stored_bookings(town) if b.state == "confirmed"] == ["stamps"]


def test_where_one_service_is_left_it_answers_itself(town: Town) -> None:
    town.load(village(*BOTH))
    town.talk(*TO_DETAILS)
    town.load(village(service("stamps")))
    town.say(PHONE)
    assert "Υπηρεσία: stamps" in said(town)
    go_on(town)
    (booking,) = [b for b in stored_bookings(town) if b.state == "confirmed"]
    assert booking.service == "stamps"


@pytest.mark.parametrize(
    "word", ["υπάλληλος", "για την υπηρεσία", "χρήσιμοι σύνδεσμοι", "βοήθεια", "πίσω", "αλλαγή"]
)
@pytest.mark.parametrize("until", range(2, 7))
def test_nothing_said_after_a_branch_and_a_service_are_gone_breaks_the_talk(
    town: Town, word: str, until: int
) -> None:
    talk = ("Γεια", "town", "papers", "north", "7/12", "9:30", NAME)
    town.load(village(*BOTH, **TWO_BRANCHES))
    town.talk(*talk[:until])
    town.load(village(service("stamps")))
    town.say(word)
    assert town.last[-1].choices
    if town.last[-1].step == "municipality" or word == "αλλαγή":
        town.talk("από την αρχή", "town")
    go_on(town)
    (booking,) = [b for b in stored_bookings(town) if b.state == "confirmed"]
    assert (booking.branch, booking.service) == ("office", "stamps")


def test_who_asks_for_a_human_when_the_branch_is_gone_gets_the_municipality(town: Town) -> None:
    own = {"contact": {"phone": "2109999999"}, **TWO_BRANCHES["branches"][0]}
    town.load(village(*BOTH, branches=[own, TWO_BRANCHES["branches"][1]]))
    town.talk("Γεια", "town", "papers", "north", "υπάλληλος")
    assert "210 9999999" in said(town) or "2109999999" in said(town)
    town.load(village(service("stamps")))
    town.say("υπάλληλος")
    assert "2100000000" in said(town)


def test_a_group_that_answered_itself_and_is_gone_at_once_is_asked_again(town: Town) -> None:
    town.load(village(*BOTH))
    town.talk("Γεια", "town")
    assert town.last[-1].step == "service"
    other = {"id": "new", "name": words("new"), "services": [*BOTH]}
    town.load(village(groups=[other]))
    town.say("βοήθεια")
    assert "new" in said(town)
    go_on(town)


def test_a_required_field_that_was_added_is_asked(town: Town) -> None:
    town.load(village())
    town.talk(*TO_REVIEW)
    assert town.last[-1].step == "review"
    town.load(village(service(fields=[asks("card")])))
    town.say("ναι")
    assert town.last[-1].step == "details.card"
    go_on(town)
    (booking,) = stored_bookings(town)
    assert booking.details["card"] == "A 17"


def test_a_field_that_was_taken_out_is_not_stored(town: Town) -> None:
    town.load(village(service(fields=[asks("card")])))
    town.talk(*TO_REVIEW, "A 17")
    town.load(village())
    go_on(town)
    (booking,) = stored_bookings(town)
    assert booking.details == {"name": NAME, "phone": f"+30{PHONE}"}


def test_a_consent_of_a_new_version_is_asked_again(town: Town) -> None:
    town.load(village(service(consent="details"), **consents("1")))
    town.talk(*TO_REVIEW, "συμφωνώ")
    assert town.last[-1].step == "review"
    confirm = town.last[-1].choices[0].id
    town.load(village(service(consent="details"), **consents("2")))
    town.say(choice=confirm)
    assert town.last[-1].step == "consent"
    assert "text 2" in town.last[-1].text
    assert "ρωτώ ξανά: " in said(town)
    go_on(town)
    (booking,) = stored_bookings(town)
    assert booking.consent_version == "details 2"


def test_a_consent_that_was_agreed_to_and_is_the_same_is_not_asked_again(town: Town) -> None:
    town.load(village(service(consent="details"), **consents("1")))
    town.talk(*TO_REVIEW, "συμφωνώ")
    town.load(village(service(consent="details", description=words("new")), **consents("1")))
    assert confirmed(town.say("ναι"))


def test_a_question_that_was_added_is_asked_and_the_time_stays(town: Town) -> None:
    town.load(village())
    town.talk(*TO_REVIEW)
    town.load(village(service(screening=[screens("member")])))
    town.say("ναι")
    assert town.last[-1].step == "screening.member"
    go_on(town, {"screening.member": "no"})
    assert [booking.state for booking in stored_bookings(town)] == ["confirmed"]


def test_a_day_that_was_closed_is_asked_again_and_its_time_said_to_be_gone(town: Town) -> None:
    strike = {"from": "2026-12-07", "to": "2026-12-07", "reason": words("strike")}
    town.load(village())
    town.talk(*TO_REVIEW)
    town.load(village(closures=[strike]))
    town.say("ναι")
    assert town.last[-1].step == "day"
    assert "ρωτώ ξανά: Ημέρα" in said(town)
    assert "Δευτέρα 7 Δεκεμβρίου, 09:30" in said(town)
    go_on(town, {"day": "8/12"})
    assert [(b.state, b.starts_at.day) for b in stored_bookings(town)][-1] == ("confirmed", 8)


def test_a_time_that_another_desk_serves_now_is_booked_as_it_was_shown(town: Town) -> None:
    town.load(village())
    town.talk(*TO_REVIEW)
    town.load(village(desks=(desk("another"),)))
    assert confirmed(town.say("ναι"))
    assert [(b.state, b.starts_at.day) for b in stored_bookings(town)][-1] == ("confirmed", 7)


def test_an_answer_to_one_question_is_never_taken_for_another_that_came_in_between(
    town: Town,
) -> None:
    town.load(village())
    town.talk(*TO_REVIEW)
    confirm = town.last[-1].choices[0].id
    asked: dict[str, Any] = {"screening": [screens("member")], "consent": "details"}
    town.load(village(service(**asked), **consents("1")))
    town.say(choice=confirm)
    assert town.last[-1].step == "screening.member"
    town.say("yes")
    assert (town.last[-1].step, town.last[-1].text) == ("consent", "text 1")
    town.load(village(service(**asked, fields=[asks("deaf", "yes_no")]), **consents("2")))
    town.say("συμφωνώ")
    assert town.last[-1].step == "details.deaf"
    go_on(town, {"details.deaf": "όχι"})
    (booking,) = stored_bookings(town)
    assert (booking.consent_version, booking.details["deaf"]) == ("details 2", "no")


def test_a_time_that_no_longer_is_a_start_is_asked_again(town: Town) -> None:
    town.load(village())
    town.talk(*TO_REVIEW)
    town.load(village(service(duration=60, interval=60)))
    town.say("ναι")
    assert town.last[-1].step == "time"
    go_on(town, {"time": "10:00"})
    (booking,) = [b for b in stored_bookings(town) if b.state == "confirmed"]
    assert (booking.ends_at - booking.starts_at).total_seconds() == 3600
