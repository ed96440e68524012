"""How soon a message on Telegram is answered: from the webhook's request to our call there."""

import http.client
import json
import statistics
import time
from pathlib import Path
from typing import Any

from bot.platforms.telegram import HEADER, Telegram
from bot.settings import TelegramAccount
from bot.texts import Texts
from tests.bench.report import line, ms
from tests.bench.web import serving
from tests.bot.platforms.telegram_updates import CHAT, WHO, message
from tests.fakes.telegram import TOKEN, telegram_server

MESSAGES, A_SECOND = 200, 20


def answers(root: Path) -> None:
    """At 20 messages a second, each of somebody new, beside a request that does nothing."""
    with telegram_server() as telegram:
        account = TelegramAccount.model_validate({"token": TOKEN, "api_url": telegram.url})
        secret = Telegram("telegram:town", account, Texts()).secret
        settings = {
            "RANTEVOU_TELEGRAM__TOWN__TOKEN": TOKEN,
            "RANTEVOU_TELEGRAM__TOWN__API_URL": telegram.url,
        }
        with serving(root / "telegram.db", **settings) as server:
            sent, idle = {}, []
            for chat in range(1, MESSAGES + 1):
                begun = sent[chat] = time.perf_counter()
                _tell(server.client, secret, chat)
                idle.append(server.ask("GET", "/healthz")[0])
                time.sleep(max(0, begun + 1 / A_SECOND - time.perf_counter()))
            deadline = time.monotonic() + 10
            while len(telegram.reached) < MESSAGES and time.monotonic() < deadline:
                time.sleep(0.01)
        took = sorted(telegram.reached[chat] - at for chat, at in sent.items())
    half, most = statistics.median(took), took[len(took) * 95 // 100]
    line("Telegram: from webhook to send: p50", ms(half), bound="at most 40 ms")
    line("Telegram: from webhook to send: p95", ms(most), bound="at most 120 ms")
    line("  beside a request that does nothing", ms(statistics.median(idle)))


def _tell(client: http.client.HTTPConnection, secret: str, chat: int) -> None:
    who: dict[str, Any] = {"chat": {**CHAT, "id": chat}, "from": {**WHO, "id": chat}}
    update = {**message(text="γεια", **who), "update_id": chat}
    client.request("POST", "/webhooks/telegram/town", json.dumps(update), {HEADER: secret})
    answer = client.getresponse()
    answer.read()
    assert answer.status == 200, answer.status
