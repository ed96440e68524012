"""The holder of a link to one booking, who may be anybody: what they see and what they can do."""

from collections.abc import Callable

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.messages import Inbound, Sender
from bot.views.appointment import appointment
from core.actor import Actor
from core.bookings import service as bookings
from core.bookings.links import link_token
from core.db.models import Booking
from tests.bot.delivery.test_emails import offer
from tests.conftest import Deployment
from tests.dialogs.custom_municipality import custom_municipality, form_field, stored_bookings

BOOKING = select(Booking).where(Booking.code.is_not(None))
EMAIL, PHONE = "maria@example.gr", "6912345678"


@pytest.fixture
def token(deployment: Deployment) -> str:
    """The link of a booking with an e-mail address, which a stranger has by mistake."""
    deployment.services.registry.accounts = frozenset({"console", "email"})
    fields = [form_field(name, name) for name in ("name", "phone", "email")]
    deployment.load(custom_municipality(fields=fields))
    deployment.talk("Γεια", "town", "7/12", "9:30", "Μαρία Παπαδοπούλου")
    while deployment.last[-1].step != "task":
        answers = {"details.phone": PHONE, "details.email": EMAIL}
        deployment.talk(answers.get(str(deployment.last[-1].step), "ναι"))
    registry = deployment.services.registry
    return deployment.database.write_sync(
        lambda s: link_token(s, registry, s.scalars(BOOKING).one())
    )


def follow(deployment: Deployment, link: str) -> str:
    deployment.sent += 1
    replies = deployment.receive(
        Inbound(
            platform="console",
            account="console",
            address="stranger",
            message_id=f"stranger {deployment.sent}",
            written_at=deployment.clock().timestamp(),
            link=link,
        )
    )
    return "\n".join(reply.text for reply in replies)


def offer_time(deployment: Deployment) -> None:
    """Have the office offer another time for the booking."""
    deployment.database.write_sync(lambda s: offer(s, deployment, s.scalars(BOOKING).one()))


@pytest.mark.parametrize("task", ["answer", "move", "cancel"])
@pytest.mark.parametrize("is_offered", [True, False], ids=["another time offered", "none offered"])
def test_a_link_shows_no_more_than_its_page(
    deployment: Deployment, token: str, task: str, *, is_offered: bool
) -> None:
    if is_offered:
        offer_time(deployment)
    said = follow(deployment, f"{task}_{token}")
    assert ("Δεκ" in said) == (task != "move")
    for private in ("Παπαδοπούλου", "691 234 5678", EMAIL):
        assert private not in said
    labels = [choice.label for choice in deployment.last[-1].choices]
    assert not {"Αλλαγή στοιχείων", "Ανάκληση της συγκατάθεσής μου"} & set(labels)
    assert any("Δέχομαι" in label for label in labels) == (is_offered and task == "answer")


@pytest.mark.parametrize("task", ["bookings", "edit", "withdraw", "documents"])
def test_no_other_task_is_a_link_s(deployment: Deployment, token: str, task: str) -> None:
    assert "7 Δεκ" not in follow(deployment, f"{task}_{token}")


@pytest.mark.parametrize(
    ("label", "said", "moved"),
    [
        ("Δέχομαι τη νέα ώρα", "Το ραντεβού σας άλλαξε", True),
        ("Δεν θέλω τη νέα ώρα", "δεν σας κρατώ πια τη νέα ώρα", False),
    ],
)
def test_a_link_answers_the_offer_that_is_open(
    deployment: Deployment, token: str, label: str, said: str, *, moved: bool
) -> None:
    offer_time(deployment)
    before = stored_bookings(deployment)[0].starts_at
    follow(deployment, f"answer_{token}")
    choice = next(c for c in deployment.last[-1].choices if c.label.startswith(label))
    deployment.say(choice=choice.id, who="stranger")
    assert said in deployment.last[0].text
    assert (stored_bookings(deployment)[0].starts_at != before) == moved


def test_an_offer_that_has_ended_meanwhile_is_answered_no_more(
    deployment: Deployment, token: str
) -> None:
    offer_time(deployment)
    follow(deployment, f"answer_{token}")
    offered = deployment.last[-1].choices[0].id
    deployment.clock.forward(days=2)
    deployment.say(choice=offered, who="stranger")
    assert "Αυτή τη στιγμή δεν σας" in deployment.last[0].text


def correct_address(deployment: Deployment) -> None:
    """The citizen gives another address, which revokes the link."""

    def edit(session: Session) -> None:
        booking = session.scalars(BOOKING).one()
        who = Actor(booking.citizen_id, "console", "el", "Europe/Athens")
        registry, now = deployment.services.registry, deployment.clock()
        bookings.edit(session, registry, booking, {"email": "anna@example.gr"}, now, who)

    deployment.clock.forward(minutes=1)
    deployment.database.write_sync(edit)


def begin_another(deployment: Deployment) -> None:
    """Begin a task which the link's would replace, so that the stranger is asked first."""
    deployment.talk("Γεια", "town", "7/12", who="stranger")


@pytest.mark.parametrize(
    ("before", "task", "asked", "answer"),
    [
        (None, "cancel", "Να ακυρώσω αυτό το ραντεβού;", "ναι"),
        (None, "move", "Ποια ημέρα;", "8/12"),
        (None, "cancel", "Να ακυρώσω αυτό το ραντεβού;", "βοήθεια"),
        (begin_another, "cancel", "Να το αφήσουμε", "ναι"),
        (offer_time, "answer", "προτείνει", "1"),
    ],
)
def test_a_revoked_link_s_chat_can_do_and_see_no_more(
    deployment: Deployment,
    token: str,
    before: Callable[[Deployment], None] | None,
    task: str,
    asked: str,
    answer: str,
) -> None:
    if before:
        before(deployment)
    assert asked in follow(deployment, f"{task}_{token}")
    correct_address(deployment)
    (former, *_rest) = stored_bookings(deployment)
    deployment.say(answer, who="stranger")
    said = "\n".join(reply.text for reply in deployment.last)
    assert "Αυτός ο σύνδεσμος δεν ισχύει πια" in said
    assert "7 Δεκ" not in said
    (booking, *_rest) = stored_bookings(deployment)
    assert (booking.state, booking.starts_at) == ("confirmed", former.starts_at)


def test_what_a_revoked_link_s_chat_was_shown_is_no_proof(
    deployment: Deployment, token: str
) -> None:
    follow(deployment, f"move_{token}")
    deployment.talk("8/12", "9:30", "ναι", who="stranger")
    sender = Sender(platform="console", account="console", address="stranger")
    number, services = stored_bookings(deployment)[0].id, deployment.services

    def shown() -> bool:
        read = deployment.database.write_sync
        return read(lambda s: appointment(s, services, sender, number)) is not None

    assert shown()
    correct_address(deployment)
    assert not shown()
