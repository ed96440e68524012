"""What the office changes, the citizen is told on the platform where they booked."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.messages import Inbound
from core.actor import Role, Staff
from core.bookings import by_staff
from core.db.models import Booking
from tests.bot.push_deployment import BOOK, DETAILS, PushDeployment
from tests.bot.views.test_inbox import booked, fetched  # noqa: F401 a fixture here too
from tests.conftest import Deployment, mostly_on

OPERATOR = Staff(Role.OPERATOR, "cli")
REASON = "Ο υπάλληλος απουσιάζει <b>& co."

Change = Callable[[Session, Deployment, Booking], None]


def change(deployment: Deployment, how: Change) -> None:
    """Change the only booking that isn't a hold."""

    def run(session: Session) -> None:
        how(session, deployment, session.scalars(select(Booking).where(Booking.code != "")).one())

    deployment.database.write_sync(run)


def move(session: Session, deployment: Deployment, booking: Booking) -> None:
    """Move it to a week later."""
    later = booking.starts_at + timedelta(days=7)
    registry, now = deployment.services.registry, deployment.clock()
    by_staff.move(session, registry, OPERATOR, booking, later, now)


def cancel(session: Session, deployment: Deployment, booking: Booking) -> None:
    registry, now = deployment.services.registry, deployment.clock()
    by_staff.cancel(session, registry, OPERATOR, booking, now, REASON)


@mostly_on("sqlite")
def test_a_move_and_a_cancellation_reach_the_citizen_and_the_attendee(push: PushDeployment) -> None:
    push.deployment.talk(*BOOK, *DETAILS)
    push.deliver(push.settled)
    del push.email.sent[:]
    change(push.deployment, move)
    push.deliver(push.settled)
    moved = push.server.to("citizen")[-1]
    assert moved.startswith("Η υπηρεσία μετέφερε το ραντεβού σας:\nΠροηγούμενη ώρα: ")
    assert "Πέμπτη 10 Δεκεμβρίου 2026, 12:30–13:00" in moved
    assert push.email.sent[-1][1].startswith("Η υπηρεσία μετέφερε το ραντεβού σας:")
    change(push.deployment, cancel)
    push.deliver(push.settled)
    said = [
        "Η υπηρεσία ακύρωσε το ραντεβού σας: Πέμ 10 Δεκ 12:30, Επίδομα Στέγασης.",
        f"Λόγος: {REASON}",
        "Τηλέφωνο υπηρεσίας: 2721000000",
    ]
    assert push.server.to("citizen")[-1].splitlines() == said
    assert [text.splitlines() for _to, text in push.email.sent[1:]] == [said]
    assert [row[1] for row in push.rows("reminder")] == ["cancelled"] * 4


@mostly_on("sqlite")
def test_the_page_shows_why_the_office_cancelled(booked: Deployment) -> None:  # noqa: F811
    change(booked, cancel)
    (text,) = fetched(booked)
    assert text.startswith("Η υπηρεσία ακύρωσε το ραντεβού σας: Δευ 7 Δεκ 09:30, ")
    assert f"Λόγος: {REASON}" in text


@mostly_on("sqlite")
@pytest.mark.parametrize("label", ["Αλλαγή ημέρας ή ώρας", "Ακύρωση", "Αλλαγή στοιχείων"])
@pytest.mark.parametrize("state", ["completed", "no_show"])
def test_the_buttons_of_what_is_marked_say_that_it_is_over(
    booked: Deployment,  # noqa: F811
    state: str,
    label: str,
) -> None:
    def tap(text: str | None, choice: str | None = None) -> list[str]:
        booked.sent += 100
        replies = booked.receive(
            Inbound(
                platform="webchat",
                account="webchat",
                address="a",
                message_id=str(booked.sent),
                text=text,
                choice=choice,
            )
        )
        return [reply.text for reply in replies]

    tap("τα ραντεβού μου")
    button = next(each for each in booked.last[-1].choices if each.label.startswith(label))
    booked.clock.now = datetime.fromisoformat("2026-12-07T09:25+02:00")

    def mark(_session: Session, _deployment: Deployment, booking: Booking) -> None:
        booking.state = state

    change(booked, mark)
    said = tap(None, button.id)
    assert said[0] == "Αυτό το ραντεβού έχει περάσει ή έχει ακυρωθεί."
    assert booked.last[-1].step == "task"
    assert "Δεν βρίσκω ραντεβού" in tap("τα ραντεβού μου")[-1]
