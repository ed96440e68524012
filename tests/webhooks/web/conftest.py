"""A browser in which an appointment was booked: once in each process, for ten pages take 0.3 s."""

import httpx
import pytest

from core.db.database import Database
from tests.beginnings import begin
from tests.conftest import Deployment
from tests.postgres import KEY
from tests.webhooks.chat_client import serving
from tests.webhooks.conftest import Serve, served
from tests.webhooks.web.test_page import say
from webhooks.app import build_app

BOOKING = (
    *("Καλαμάτα", "Επίδομα Στέγασης", "όχι", "3/12", "12:30", "Μαρία Παπαδοπούλου"),
    *("maria@example.gr", "6912345678", "068933130", "συμφωνώ", "ναι"),
)
COOKIE = "rantevou"


def booked(client: httpx.Client) -> str:
    """Book, and give the page."""
    for text in BOOKING:
        page = say(client, text=text).text
    return page


class Token:
    """What the browser's cookie has."""

    value = ""

    def state(self) -> str:
        return self.value

    def restore(self, state: str) -> None:
        self.value = state


@pytest.fixture
def booked_client(deployment: Deployment, serve: Serve) -> httpx.Client:
    """A browser in which an appointment was booked before this server was started."""
    token, accounts = Token(), sorted(deployment.services.registry.accounts)

    def book() -> None:
        # A server closes its database when it stops.
        app = build_app(served(Database(deployment.database.url, KEY), deployment.services))
        with serving(app) as client:
            booked(client)
            token.value = client.cookies[COOKIE]

    begin(deployment, f"booked in a browser, with {accounts}", book, token)
    client = serve()
    client.cookies.set(COOKIE, token.value, client.base_url.host)
    return client
