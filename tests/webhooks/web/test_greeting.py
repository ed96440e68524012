"""A first visit: the greeting is only read, and the first message begins the conversation."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import OperationalError

from bot.bootstrap import Application
from bot.messages import Inbound
from bot.settings import Settings
from core.catalogue.registry import LOAD_LOCK
from core.db.advisory_locks import key_of
from core.db.database import Database
from core.db.models import Base
from core.i18n import Language
from tests.conftest import Deployment, on_both, portable
from tests.core.wait_until import until
from tests.dialogs.custom_municipality import custom_municipality
from tests.webhooks.conftest import Serve
from tests.webhooks.web.test_page import HTMX, bubbles, conversations, mark, say
from webhooks.web.greeting import Greetings
from webhooks.web.html import START

PAGES = ["/", "/m/chios", "/embed", "/embed/m/chios"]
READ = {"municipalities", "desks", "schedule_exceptions"}
"""The tables that hold the catalogues, and the closures and extra openings of staff."""


@contextmanager
def locked(database: Database) -> Iterator[None]:
    """Lock all that may be written to, as another process does that writes and hangs."""
    with database.engine.connect() as rival:  # on SQLite, the writer's only connection
        if rival.dialect.name == "postgresql":
            until(lambda: _lock_all(rival))
        yield


def _lock_all(rival: Connection) -> bool:
    """Lock all at once against writers, or nothing: the server's own jobs may be about to end."""
    tables = ", ".join(set(Base.metadata.tables) - READ)
    loading = f"SELECT pg_try_advisory_xact_lock({key_of(LOAD_LOCK)})"
    if not rival.execute(text(loading)).scalar():
        rival.rollback()
        return False
    try:
        rival.execute(text(f"LOCK TABLE {tables} IN EXCLUSIVE MODE NOWAIT"))
    except OperationalError:
        rival.rollback()
        return False
    return True


@on_both
def test_a_first_visit_is_answered_while_nothing_can_be_written(
    serve: Serve, deployment: Deployment
) -> None:
    client = serve()
    with locked(deployment.database):
        for path in [*PAGES, "/m/kalamata/privacy"]:
            answer = client.get(path)
            assert answer.status_code == 200, path
            assert "set-cookie" not in answer.headers
        assert client.get("/m/nowhere").status_code == 404
    assert conversations(deployment) == 0


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
def test_the_first_message_from_a_greeting_is_taken(serve: Serve, path: str, scripts: bool) -> None:
    client = serve()
    own = {"Origin": str(client.base_url).rstrip("/")}
    greeted = client.get(path).text
    form = {"message_id": str(uuid4()), "text": "English", "page": mark(greeted)}
    first = client.post(path, data=form, headers=own | (HTMX if scripts else {}))
    name, _equals, rest = first.headers["set-cookie"].partition("=")
    client.headers["Cookie"] = f"{name}={rest.partition(';')[0]}"  # also one that is Secure
    page = client.get(path).text
    assert '<html lang="en">' in page
    assert bubbles(page)[: len(bubbles(greeted))] == bubbles(greeted)
    assert "citizen: You: English" in bubbles(page)


@portable
@on_both
@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("municipality", [None, "chios", "kalamata", "larissa", "kep", "town"])
def test_a_greeting_says_what_a_conversation_begins_with(
    deployment: Deployment, language: Language, municipality: str | None
) -> None:
    deployment.load(custom_municipality())
    opening = Inbound(
        platform="webchat",
        account="webchat",
        address="somebody",
        message_id="1",
        text=START,
        language=language,
        municipality_id=municipality,
    )
    application = Application(Settings(), deployment.database, deployment.services)
    greeting = asyncio.run(Greetings(application).replies(opening))
    assert greeting == deployment.receive(opening)
    assert greeting[-1].language == language


def test_a_greeting_is_made_once_for_each_language_and_state_of_the_catalogues(
    deployment: Deployment,
) -> None:
    greetings = Greetings(Application(Settings(), deployment.database, deployment.services))

    def greeted(language: str, municipality: str | None = None) -> object:
        opening = Inbound(
            platform="webchat",
            account="webchat",
            address="somebody",
            message_id=str(uuid4()),
            text=START,
            language=Language(language),
            municipality_id=municipality,
        )
        return asyncio.run(greetings.replies(opening))

    first = greeted("el")
    assert greeted("el") is first
    assert greeted("en") is not first
    assert greeted("el", "chios") is not first
    assert greeted("el") is first
    deployment.load(custom_municipality())
    assert greeted("el") != first
    # What asks for a day is made anew for everybody: its days may have been taken.
    assert greeted("el", "town") is not greeted("el", "town")


def test_a_greeting_names_a_municipality_that_was_loaded_since(
    serve: Serve, deployment: Deployment
) -> None:
    client = serve()
    assert "town" not in client.get("/").text
    deployment.load(custom_municipality())
    page = client.get("/").text
    assert ">town</button>" in page
    assert "bot: Ποια ημέρα;" in bubbles(say(client, text="town", page=mark(page)).text)[-1]
