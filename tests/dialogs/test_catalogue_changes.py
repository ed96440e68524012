"""A catalogue loaded anew in mid-talk: what no longer holds is asked again, and said."""

from typing import Any

import pytest

from bot.messages import Reply
from tests.conftest import Deployment
from tests.core.small_municipality import desk, service, words
from tests.dialogs.custom_municipality import asks, custom_municipality, screens, stored_bookings
from tests.dialogs.scripted_citizen import confirmed

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


def go_on(deployment: Deployment, answers: dict[str, str] | None = None) -> list[Reply]:
    """Answer whatever is asked until a booking is confirmed, or something unforeseen is asked."""
    for _ in range(12):
        if confirmed(deployment.last):
            break
        asked = deployment.last[-1]
        deployment.say((ANSWERS | (answers or {}))[asked.step or ""])
    assert confirmed(deployment.last)
    return deployment.last


def said(deployment: Deployment) -> str:
    """What was said before the question."""
    return "\n".join(reply.text for reply in deployment.last[:-1])


TO_DETAILS = ("Γεια", "town", "papers", "7/12", "9:30", NAME)
TO_REVIEW = ("Γεια", "town", "7/12", "9:30", NAME, PHONE)


def test_a_service_that_is_gone_is_asked_again_and_the_rest_kept(deployment: Deployment) -> None:
    deployment.load(custom_municipality(*BOTH, service("keys")))
    deployment.talk(*TO_DETAILS)
    deployment.load(custom_municipality(service("stamps"), service("keys")))
    deployment.say(PHONE)
    assert "ρωτώ ξανά: Υπηρεσία" in said(deployment)
    assert deployment.last[-1].step == "service"
    go_on(deployment, {"service": "keys"})
    booking = stored_bookings(deployment)[-1]
    assert (booking.service, booking.state) == ("keys", "confirmed")
    assert booking.details == {"name": NAME, "phone": f"+30{PHONE}"}


@pytest.mark.parametrize("minutes", [0, 11, 45])
def test_a_service_that_is_gone_takes_its_hold_with_it(
    deployment: Deployment, minutes: int
) -> None:
    deployment.load(custom_municipality(*BOTH, service("keys")))
    deployment.talk(*TO_DETAILS)
    deployment.load(custom_municipality(service("stamps"), service("keys")))
    deployment.clock.forward(minutes=minutes)
    deployment.talk("βοήθεια", "πίσω", "βοήθεια")
    go_on(deployment, {"service": "stamps"})
    assert [b.service for b in stored_bookings(deployment) if b.state == "confirmed"] == ["stamps"]


def test_where_one_service_is_left_it_answers_itself(deployment: Deployment) -> None:
    deployment.load(custom_municipality(*BOTH))
    deployment.talk(*TO_DETAILS)
    deployment.load(custom_municipality(service("stamps")))
    deployment.say(PHONE)
    assert "Υπηρεσία: stamps" in said(deployment)
    go_on(deployment)
    (booking,) = [b for b in stored_bookings(deployment) if b.state == "confirmed"]
    assert booking.service == "stamps"


@pytest.mark.parametrize(
    "word", ["υπάλληλος", "για την υπηρεσία", "χρήσιμοι σύνδεσμοι", "βοήθεια", "πίσω", "αλλαγή"]
)
@pytest.mark.parametrize("until", range(2, 7))
def test_nothing_said_after_a_branch_and_a_service_are_gone_breaks_the_talk(
    deployment: Deployment, word: str, until: int
) -> None:
    talk = ("Γεια", "town", "papers", "north", "7/12", "9:30", NAME)
    deployment.load(custom_municipality(*BOTH, **TWO_BRANCHES))
    deployment.talk(*talk[:until])
    deployment.load(custom_municipality(service("stamps")))
    deployment.say(word)
    assert deployment.last[-1].choices
    if deployment.last[-1].step == "municipality" or word == "αλλαγή":
        deployment.talk("από την αρχή", "town")
    go_on(deployment)
    (booking,) = [b for b in stored_bookings(deployment) if b.state == "confirmed"]
    assert (booking.branch, booking.service) == ("office", "stamps")


def test_who_asks_for_a_human_when_the_branch_is_gone_gets_the_municipality(
    deployment: Deployment,
) -> None:
    own = {"contact": {"phone": "2109999999"}, **TWO_BRANCHES["branches"][0]}
    deployment.load(custom_municipality(*BOTH, branches=[own, TWO_BRANCHES["branches"][1]]))
    deployment.talk("Γεια", "town", "papers", "north", "υπάλληλος")
    assert "210 9999999" in said(deployment) or "2109999999" in said(deployment)
    deployment.load(custom_municipality(service("stamps")))
    deployment.say("υπάλληλος")
    assert "2100000000" in said(deployment)


def test_a_group_that_answered_itself_and_is_gone_at_once_is_asked_again(
    deployment: Deployment,
) -> None:
    deployment.load(custom_municipality(*BOTH))
    deployment.talk("Γεια", "town")
    assert deployment.last[-1].step == "service"
    other = {"id": "new", "name": words("new"), "services": [*BOTH]}
    deployment.load(custom_municipality(groups=[other]))
    deployment.say("βοήθεια")
    assert "new" in said(deployment)
    go_on(deployment)


def test_a_required_field_that_was_added_is_asked(deployment: Deployment) -> None:
    deployment.load(custom_municipality())
    deployment.talk(*TO_REVIEW)
    assert deployment.last[-1].step == "review"
    deployment.load(custom_municipality(service(fields=[asks("card")])))
    deployment.say("ναι")
    assert deployment.last[-1].step == "details.card"
    go_on(deployment)
    (booking,) = stored_bookings(deployment)
    assert booking.details["card"] == "A 17"


def test_a_field_that_was_taken_out_is_not_stored(deployment: Deployment) -> None:
    deployment.load(custom_municipality(service(fields=[asks("card")])))
    deployment.talk(*TO_REVIEW, "A 17")
    deployment.load(custom_municipality())
    go_on(deployment)
    (booking,) = stored_bookings(deployment)
    assert booking.details == {"name": NAME, "phone": f"+30{PHONE}"}


def test_a_consent_of_a_new_version_is_asked_again(deployment: Deployment) -> None:
    deployment.load(custom_municipality(service(consent="details"), **consents("1")))
    deployment.talk(*TO_REVIEW, "συμφωνώ")
    assert deployment.last[-1].step == "review"
    confirm = deployment.last[-1].choices[0].id
    deployment.load(custom_municipality(service(consent="details"), **consents("2")))
    deployment.say(choice=confirm)
    assert deployment.last[-1].step == "consent"
    assert "text 2" in deployment.last[-1].text
    assert "ρωτώ ξανά: " in said(deployment)
    go_on(deployment)
    (booking,) = stored_bookings(deployment)
    assert booking.consent_version == "details 2"


def test_a_consent_that_was_agreed_to_and_is_the_same_is_not_asked_again(
    deployment: Deployment,
) -> None:
    deployment.load(custom_municipality(service(consent="details"), **consents("1")))
    deployment.talk(*TO_REVIEW, "συμφωνώ")
    deployment.load(
        custom_municipality(service(consent="details", description=words("new")), **consents("1"))
    )
    assert confirmed(deployment.say("ναι"))


def test_a_question_that_was_added_is_asked_and_the_time_stays(deployment: Deployment) -> None:
    deployment.load(custom_municipality())
    deployment.talk(*TO_REVIEW)
    deployment.load(custom_municipality(service(screening=[screens("member")])))
    deployment.say("ναι")
    assert deployment.last[-1].step == "screening.member"
    go_on(deployment, {"screening.member": "no"})
    assert [booking.state for booking in stored_bookings(deployment)] == ["confirmed"]


def test_a_day_that_was_closed_is_asked_again_and_its_time_said_to_be_gone(
    deployment: Deployment,
) -> None:
    strike = {"from": "2026-12-07", "to": "2026-12-07", "reason": words("strike")}
    deployment.load(custom_municipality())
    deployment.talk(*TO_REVIEW)
    deployment.load(custom_municipality(closures=[strike]))
    deployment.say("ναι")
    assert deployment.last[-1].step == "day"
    assert "ρωτώ ξανά: Ημέρα" in said(deployment)
    assert "Δευτέρα 7 Δεκεμβρίου, 09:30" in said(deployment)
    go_on(deployment, {"day": "8/12"})
    assert [(b.state, b.starts_at.day) for b in stored_bookings(deployment)][-1] == ("confirmed", 8)


def test_a_time_that_another_desk_serves_now_is_booked_as_it_was_shown(
    deployment: Deployment,
) -> None:
    deployment.load(custom_municipality())
    deployment.talk(*TO_REVIEW)
    deployment.load(custom_municipality(desks=(desk("another"),)))
    assert confirmed(deployment.say("ναι"))
    assert [(b.state, b.starts_at.day) for b in stored_bookings(deployment)][-1] == ("confirmed", 7)


def test_an_answer_to_one_question_is_never_taken_for_another_that_came_in_between(
    deployment: Deployment,
) -> None:
    deployment.load(custom_municipality())
    deployment.talk(*TO_REVIEW)
    confirm = deployment.last[-1].choices[0].id
    asked: dict[str, Any] = {"screening": [screens("member")], "consent": "details"}
    deployment.load(custom_municipality(service(**asked), **consents("1")))
    deployment.say(choice=confirm)
    assert deployment.last[-1].step == "screening.member"
    deployment.say("yes")
    assert (deployment.last[-1].step, deployment.last[-1].text) == ("consent", "text 1")
    deployment.load(
        custom_municipality(service(**asked, fields=[asks("deaf", "yes_no")]), **consents("2"))
    )
    deployment.say("συμφωνώ")
    assert deployment.last[-1].step == "details.deaf"
    go_on(deployment, {"details.deaf": "όχι"})
    (booking,) = stored_bookings(deployment)
    assert (booking.consent_version, booking.details["deaf"]) == ("details 2", "no")


def test_a_time_that_no_longer_is_a_start_is_asked_again(deployment: Deployment) -> None:
    deployment.load(custom_municipality())
    deployment.talk(*TO_REVIEW)
    deployment.load(custom_municipality(service(duration=60, interval=60)))
    deployment.say("ναι")
    assert deployment.last[-1].step == "time"
    go_on(deployment, {"time": "10:00"})
    (booking,) = [b for b in stored_bookings(deployment) if b.state == "confirmed"]
    assert (booking.ends_at - booking.starts_at).total_seconds() == 3600
