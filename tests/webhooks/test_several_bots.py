"""Bots of several platforms and municipalities beside one another, in one deployment."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from bot.i18n.translator import Translator
from bot.platforms.telegram import adapter as telegram
from bot.platforms.telegram.settings import TelegramAccount
from bot.platforms.viber import adapter as viber
from bot.platforms.viber.settings import ViberAccount
from tests.bot.platforms import telegram_updates, viber_events
from tests.bot.platforms.viber_events import MARIA
from tests.conftest import Deployment
from tests.core.wait_until import until
from tests.fakes.telegram import TOKEN, TelegramServer, telegram_server
from tests.fakes.viber import TOKEN as VIBER_TOKEN
from tests.fakes.viber import ViberServer, viber_server
from tests.webhooks.conftest import Serve

CHAT = 4711
HOMES = {"shared": None, "own": "kalamata"}


class Bots:
    """Two of each platform: one shared by all, one of Kalamata's."""

    def __init__(
        self,
        deployment: Deployment,
        texts: Translator,
        telegrams: TelegramServer,
        vibers: ViberServer,
    ) -> None:
        self.on_telegram = {
            name: telegram.Telegram(
                f"telegram:{name}",
                TelegramAccount.model_validate(
                    {"token": TOKEN, "api_url": telegrams.url, "municipality": home}
                ),
                texts,
            )
            for name, home in HOMES.items()
        }
        self.on_viber = {
            name: viber.Viber(
                f"viber:{name}",
                ViberAccount.model_validate(
                    {"token": VIBER_TOKEN, "api_url": vibers.url, "municipality": home}
                ),
                texts,
            )
            for name, home in HOMES.items()
        }
        ours = {bot.account: bot for bot in self.on_telegram.values()}
        deployment.connect({**ours, **{bot.account: bot for bot in self.on_viber.values()}})
        self.telegrams, self.vibers, self._deployment = telegrams, vibers, deployment

    def tell(self, client: httpx.Client, name: str, text: str, number: int) -> None:
        """Write the same to the bots of that name, as the same update of either platform."""
        update = {**telegram_updates.message(text=text), "update_id": number}
        headers = {telegram.HEADER: self.on_telegram[name].secret}
        self._post(client, f"telegram/{name}", headers, update)
        event = {**viber_events.text(text), "message_token": number, "timestamp": number}
        body = json.dumps(event).encode()
        self._post(client, f"viber/{name}", {viber.HEADER: self.on_viber[name].sign(body)}, event)

    def _post(
        self, client: httpx.Client, path: str, headers: dict[str, str], event: dict[str, Any]
    ) -> None:
        body = json.dumps(event).encode()
        assert client.post(f"/webhooks/{path}", content=body, headers=headers).status_code == 200
        unsent = "SELECT 1 FROM outgoing WHERE status IN ('pending', 'claimed') AND kind = 'reply'"
        until(lambda: self._deployment.rows(unsent) == [])

    def last(self) -> tuple[str, str]:
        """Return the last text that the person was sent, on either platform."""
        return list(self.telegrams.chats[CHAT].values())[-1]["text"], self.vibers.chats[MARIA][-1]


@pytest.fixture
def bots(deployment: Deployment, texts: Translator) -> Iterator[Bots]:
    with telegram_server() as telegrams, viber_server() as vibers:
        yield Bots(deployment, texts, telegrams, vibers)


def test_the_same_person_has_a_conversation_with_each_of_them(
    bots: Bots, serve: Serve, deployment: Deployment
) -> None:
    client = serve()
    bots.tell(client, "shared", "Γεια", 1)
    assert all("Σε ποιον δήμο" in text for text in bots.last())
    bots.tell(client, "own", "Γεια", 1)  # the same number, which counts within an account
    assert all("Σε ποιον δήμο" not in text for text in bots.last())
    assert all("Ποια υπηρεσία" in text for text in bots.last())
    bots.tell(client, "own", "Επίδομα Στέγασης", 2)
    assert all("Λαμβάνετε ήδη" in text for text in bots.last())
    bots.tell(client, "shared", "Χίος", 2)
    assert all("Λαμβάνετε ήδη" not in text for text in bots.last())
    assert len(deployment.rows("SELECT 1 FROM conversations")) == 4
    assert len(deployment.rows("SELECT DISTINCT citizen_id FROM contacts")) == 4


def test_the_secret_of_one_opens_no_other(
    deployment: Deployment, serve: Serve, texts: Translator
) -> None:
    tokens = {"one": TOKEN, "other": "1:another"}
    bots = {
        f"telegram:{name}": telegram.Telegram(
            f"telegram:{name}", TelegramAccount.model_validate({"token": token}), texts
        )
        for name, token in tokens.items()
    }
    deployment.connect(bots)
    client, headers = serve(), {telegram.HEADER: bots["telegram:one"].secret}
    update = telegram_updates.message(text="Γεια")
    for name, status in (("other", 403), ("nobody", 404)):
        told = client.post(f"/webhooks/telegram/{name}", json=update, headers=headers)
        assert told.status_code == status
    assert deployment.rows("SELECT 1 FROM inbounds") == []
