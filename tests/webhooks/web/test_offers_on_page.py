"""An offer of another time on the page: its buttons stay under it, beside the open question."""

import re

import httpx
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.actor import Actor
from core.bookings import service
from core.bookings.offers.service import decline
from core.db.models import Booking, TimeOffer
from tests.conftest import Deployment
from tests.core.bookings.offers.acting import ask_at
from tests.core.wait_until import until
from tests.webhooks.conftest import Serve
from tests.webhooks.web.conftest import BOOKING
from tests.webhooks.web.test_event_stream import later
from tests.webhooks.web.test_page import HTMX, bubbles, last_of, say

ACCEPT, DECLINE = "link:offer_accept_1", "link:offer_decline_1"
MOVED = "Το ραντεβού σας άλλαξε."
PAGE = re.compile(r'name="page" value="(\w+)"')


@pytest.fixture
def offered(serve: Serve, deployment: Deployment) -> tuple[httpx.Client, str]:
    """A page whose citizen is offered another time, and the newer part of it."""
    deployment.services.registry.accounts = frozenset({"webchat"})
    client = serve()
    for text in BOOKING:
        page = say(client, text=text).text
    ask(deployment)
    until(lambda: state(deployment) == "made")
    return client, later(client, last_of(page)).text


def ask(deployment: Deployment) -> None:
    """Ask for an offer for the only booking, as an employee."""
    registry, now = deployment.services.registry, deployment.clock()
    booked = select(Booking).where(Booking.code.is_not(None))
    deployment.database.write_sync(lambda s: ask_at(s, registry, s.scalars(booked).one(), now))


def state(deployment: Deployment) -> str:
    return deployment.database.write_sync(lambda s: s.scalars(select(TimeOffer.state)).one())


def tap(client: httpx.Client, shown: str, choice: str) -> list[str]:
    """Tap a button of a form that the page shows, as a script does; return what is new."""
    assert f'value="{choice}"' in shown
    found = PAGE.search(shown)
    assert found
    last = last_of(client.get("/").text)
    form = {"choice": choice, "page": found[1], "timezone": "", "last": last}
    return bubbles(client.post("/", data=form, headers=HTMX).text)


def test_the_servers_job_makes_an_offer_and_its_buttons_are_under_it(
    offered: tuple[httpx.Client, str], deployment: Deployment
) -> None:
    client, shown = offered
    assert 'id="ask"' not in shown  # the question stands
    said = tap(client, shown, ACCEPT)
    assert said[0] == "citizen: Εσείς: Δέχομαι τη νέα ώρα"
    assert MOVED in said[1]
    assert state(deployment) == "accepted"


def test_the_buttons_stay_and_each_tap_is_answered(
    offered: tuple[httpx.Client, str], deployment: Deployment
) -> None:
    client, shown = offered
    assert MOVED in tap(client, shown, ACCEPT)[1]
    for button in (ACCEPT, DECLINE):
        assert "Έχετε ήδη δεχτεί τη νέα ώρα." in tap(client, shown, button)[1]
    assert state(deployment) == "accepted"
    assert ACCEPT in client.get("/").text


def test_without_scripts_the_buttons_lead_back_to_the_page(
    offered: tuple[httpx.Client, str], deployment: Deployment
) -> None:
    client, _shown = offered
    page = client.get("/").text
    form = page[: page.index(DECLINE)]
    token = PAGE.findall(form)[-1]
    answer = client.post("/", data={"choice": DECLINE, "page": token})
    assert answer.status_code == 303
    assert state(deployment) == "declined"
    assert "δεν σας κρατώ πια τη νέα ώρα" in client.get("/").text


def test_nobody_else_answers_an_offer(
    offered: tuple[httpx.Client, str], serve: Serve, deployment: Deployment
) -> None:
    stranger = serve()
    say(stranger, text="Γεια")
    said = say(stranger, choice=ACCEPT).text
    assert "Αυτό το κουμπί δεν ισχύει πια." in said
    assert state(deployment) == "made"


def test_an_offer_that_came_in_place_of_an_unread_one_is_shown_once(
    serve: Serve, deployment: Deployment
) -> None:
    deployment.services.registry.accounts = frozenset({"webchat"})
    client, registry = serve(), deployment.services.registry
    for text in BOOKING:
        say(client, text=text)

    def latest(session: Session) -> TimeOffer:
        return session.scalars(select(TimeOffer).order_by(TimeOffer.id.desc()).limit(1)).one()

    def offer(number: int) -> None:
        ask(deployment)
        made = (number, "made")
        until(
            lambda: (
                deployment.database.write_sync(lambda s: (latest(s).id, latest(s).state)) == made
            )
        )

    offer(1)
    now = deployment.clock()
    deployment.database.write_sync(lambda s: decline(s, registry, latest(s), now))  # by e-mail, say
    offer(2)
    assert client.get("/").text.count("link:offer_accept_2") == 1


def test_declined_once_more_after_a_cancellation_the_true_state_is_told(
    offered: tuple[httpx.Client, str], deployment: Deployment
) -> None:
    client, shown = offered
    for _again in range(2):
        assert "Η υπηρεσία θα σας" in tap(client, shown, DECLINE)[1]
    registry, now = deployment.services.registry, deployment.clock()

    def cancel(session: Session) -> None:
        booking = session.scalars(select(Booking).where(Booking.code.is_not(None))).one()
        who = Actor(booking.citizen_id, "telegram", "el", "Europe/Athens")
        service.cancel(session, registry, booking, now, who)

    deployment.database.write_sync(cancel)
    assert "ακυρώθηκε" in tap(client, shown, DECLINE)[1]
