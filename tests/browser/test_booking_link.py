"""The pages of links in e-mails and chats, in a browser with and without scripts."""

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from core.bookings.links import link_token
from core.bookings.reminder_links import reminder_token
from core.db.models import Booking
from tests.bot.chats import TELEGRAM, Chats
from tests.bot.push_deployment import BOOK, DETAILS
from tests.browser.citizen import step, tap
from tests.browser.conftest import Visit
from tests.browser.test_accessibility import Inspector, inspector  # noqa: F401 a fixture here too
from tests.conftest import Deployment


@pytest.fixture
def path(deployment: Deployment) -> str:
    """The path of the link of an appointment that was made elsewhere."""
    deployment.talk(*BOOK, *DETAILS)
    registry = deployment.services.registry
    return deployment.database.write_sync(
        lambda s: "/a/" + link_token(s, registry, s.scalars(select(Booking)).one())
    )


def test_it_leads_to_the_chat_that_cancels_with_and_without_scripts(
    visit: Visit,
    path: str,
    inspector: Inspector,  # noqa: F811 the fixture
) -> None:
    page = visit(path)
    inspector.look(page, "link")
    page.get_by_role("button", name="Άλλη ημέρα ή ώρα").click()
    expect(page.locator("#ask")).to_have_attribute("data-step", "day")
    inspector.look(page, "day")
    page = visit(path, scripts=False)
    page.get_by_role("button", name="Ακύρωση του ραντεβού").click()
    assert step(page) == "sure"
    tap(page, "Ναι, ακύρωση")
    expect(page.locator("#log")).to_contain_text("Το ραντεβού σας ακυρώθηκε")
    page = visit(path)
    expect(page.locator("main")).to_contain_text("Το ραντεβού ακυρώθηκε.")
    inspector.look(page, "cancelled")
    inspector.done("link", "day", "cancelled")


def test_the_link_of_a_reminder_ends_them_without_scripts(
    visit: Visit,
    path: str,
    deployment: Deployment,
    inspector: Inspector,  # noqa: F811 the fixture
) -> None:
    registry = deployment.services.registry
    token = deployment.database.write_sync(
        lambda s: reminder_token(s, registry, s.scalars(select(Booking)).one())
    )
    inspector.look(visit(f"/u/{token}"), "reminders")
    page = visit(f"/u/{token}", scripts=False)
    page.get_by_role("button", name="Να μη στέλνονται άλλες υπενθυμίσεις").click()
    expect(page.get_by_role("button", name="Να στέλνονται πάλι υπενθυμίσεις")).to_be_visible()
    inspector.look(visit(f"/u/{token}"), "ended")
    inspector.done("reminders", "ended")


def test_the_link_that_joins_leads_to_the_page_s_chat_without_scripts(
    visit: Visit,
    deployment: Deployment,
    inspector: Inspector,  # noqa: F811 the fixture
) -> None:
    chats = Chats(deployment)
    link = "/j/" + chats.link(TELEGRAM, "συνέχεια στη σελίδα")
    inspector.look(visit(link), "join")
    page = visit(link, scripts=False)
    page.get_by_role("button", name="Συνέχεια σε αυτή τη σελίδα").click()
    expect(page.locator("#log")).to_contain_text("Να ενώσω αυτή τη συνομιλία με μια άλλη;")
    inspector.done("join")
