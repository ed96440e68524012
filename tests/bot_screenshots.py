"""Draw pictures of a booking on Telegram and Viber from the payloads sent to the platforms.

The texts and buttons are those of the real payloads; the look of the bubbles is our own.
"""

import itertools
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import jinja2
from playwright.sync_api import Browser

from bot.i18n.translator import Translator
from bot.platforms.base import Platform
from bot.platforms.telegram import adapter as telegram
from bot.platforms.telegram.settings import TelegramAccount
from bot.platforms.viber import adapter as viber
from bot.platforms.viber.settings import ViberAccount
from tests.bot.platforms import telegram_updates, viber_events
from tests.core.wait_until import until
from tests.fakes.telegram import TOKEN, telegram_server
from tests.fakes.viber import TOKEN as VIBER_TOKEN
from tests.fakes.viber import ViberServer, viber_server

TEMPLATE = Path(__file__).parent / "chat.html"
TITLE = "Ραντεβού"
TAPS, LATER = ("Δήμος Καλαμάτας", "Επίδομα Στέγασης", "Όχι"), "Επόμενος μήνας"
COLOURS = {
    "telegram": {
        "head": "#527da3",
        "back": "#d5e3ec",
        "mine": "#e1fec6",
        "button": "#7c9db5",
        "label": "#ffffff",
    },
    "viber": {
        "head": "#665cac",
        "back": "#f0eff7",
        "mine": "#d8d4f2",
        "button": "#ffffff",
        "label": "#111111",
    },
}

OpenServer = Callable[[Mapping[str, Platform]], Any]
"""Runs a server with these accounts: a context manager that yields a client."""


@dataclass
class Bubble:
    """A message in the chat, with the labels of the buttons under it."""

    text: str
    mine: bool = False
    rows: list[list[str]] = field(default_factory=list)


def draw(browser: Browser, folder: Path, opened: OpenServer) -> None:
    """Draw both pictures."""
    for name, talk in (("telegram", on_telegram), ("viber", on_viber)):
        bubbles, keys = talk(opened)
        page = browser.new_page(viewport={"width": 390, "height": 100}, device_scale_factor=2)
        template = jinja2.Template(TEMPLATE.read_text("utf-8"), autoescape=True)
        page.set_content(
            template.render(title=TITLE, bubbles=bubbles, keys=keys, colours=COLOURS[name])
        )
        page.screenshot(path=folder / f"{name}.png", full_page=True)
        page.close()


def on_telegram(opened: OpenServer) -> tuple[list[Bubble], list[Any]]:
    """Return the bubbles of the chat after some taps."""
    chat, numbers = 4711, itertools.count(1)
    with telegram_server() as server:
        account = TelegramAccount.model_validate({"token": TOKEN, "api_url": server.url})
        bot = telegram.Telegram("telegram:town", account, Translator())
        with opened({bot.account: bot}) as client:

            def send(update: dict[str, Any]) -> None:
                said, before = {**update, "update_id": next(numbers)}, len(server.calls)
                headers = {telegram.HEADER: bot.secret}
                _post(client, "telegram", headers, json.dumps(said).encode())
                until(
                    lambda: len(server.calls) > before and _last_asks(server.chats[chat].values())
                )

            send(telegram_updates.message(text="/start", message_id=server.number()))
            for label in TAPS:
                send(telegram_updates.tap(server.buttons(chat)[label]))
        return [
            Bubble(
                message["text"],
                rows=[
                    [button["text"] for button in row]
                    for row in message["markup"].get("inline_keyboard", [])
                ],
            )
            for message in server.chats[chat].values()
        ], []


def _last_asks(messages: Any) -> bool:
    """Return whether the last message, and only that, has buttons."""
    asking = ["inline_keyboard" in message["markup"] for message in messages]
    return asking[-1:] == [True] and sum(asking) == 1


def on_viber(opened: OpenServer) -> tuple[list[Bubble], list[Any]]:
    """Return the bubbles of the chat after some taps, and the keyboard."""
    who, numbers = viber_events.MARIA, itertools.count(viber_events.AT)
    with viber_server() as server:
        account = ViberAccount.model_validate({"token": VIBER_TOKEN, "api_url": server.url})
        bot = viber.Viber("viber:town", account, Translator())
        with opened({bot.account: bot}) as client:

            def send(event: dict[str, Any]) -> httpx.Response:
                number = next(numbers)
                said = {**event, "message_token": number, "timestamp": number}
                body = json.dumps(said).encode()
                return _post(client, "viber", {viber.HEADER: bot.sign(body)}, body)

            server.take(who, send(viber_events.started()).json())
            for label in TAPS:
                until(partial(_offered, server, who, label))
                send(viber_events.text(server.keyboards[who][label]))
            until(partial(_offered, server, who, LATER))
        last = next(given for _m, given in reversed(server.calls) if "keyboard" in given)
        return [Bubble(text) for text in server.chats[who]], last["keyboard"]["Buttons"]


def _offered(server: ViberServer, who: str, label: str) -> bool:
    return label in server.keyboards[who]


def _post(
    client: httpx.Client, platform: str, headers: dict[str, str], body: bytes
) -> httpx.Response:
    response = client.post(f"/webhooks/{platform}/town", content=body, headers=headers)
    response.raise_for_status()
    return response
