"""How soon a message to a bot is answered: from the webhook's request to our call there."""

import http.client
import json
import statistics
import threading
import time
from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from bot.i18n.translator import Translator
from bot.platforms.telegram import adapter as telegram
from bot.platforms.telegram.settings import TelegramAccount
from bot.platforms.viber import adapter as viber
from bot.platforms.viber.settings import ViberAccount
from tests.bench import web
from tests.bench.clock import Cost, spent
from tests.bench.report import line
from tests.bench.sizes import Sizes
from tests.bench.web import serving
from tests.bot.platforms import telegram_updates, viber_events
from tests.fakes.telegram import TOKEN, telegram_server
from tests.fakes.viber import TOKEN as VIBER_TOKEN
from tests.fakes.viber import viber_server
from tests.postgres import Server

A_SECOND = 20
TALKS, SAID = 100, ("γεια", "λάρισα", "1", "1", "1", "πίσω")
"""How many talk at once, and what each of them says."""
SENDERS = 8


@dataclass(frozen=True)
class Bot:
    """One bot: a server's settings for it, what sends it a text, and when each chat was reached."""

    name: str
    settings: Mapping[str, str]
    event: Callable[[int, int, str], tuple[dict[str, str], bytes]]
    reached: Callable[[int], Sequence[float]]


@contextmanager
def on_telegram() -> Iterator[Bot]:
    """A bot at Telegram."""
    ours = telegram.Telegram(
        "telegram:town", TelegramAccount.model_validate({"token": TOKEN}), Translator()
    )

    def event(chat: int, number: int, text: str) -> tuple[dict[str, str], bytes]:
        who: dict[str, Any] = {
            "chat": {**telegram_updates.CHAT, "id": chat},
            "from": {**telegram_updates.WHO, "id": chat},
        }
        # By our fake's count, what is written now comes after all that stands there.
        said = telegram_updates.message(text=text, message_id=10**9 + number, **who)
        return {telegram.HEADER: ours.secret}, json.dumps({**said, "update_id": number}).encode()

    with telegram_server() as fake:
        name = "RANTEVOU_TELEGRAM__TOWN__"
        settings = {f"{name}TOKEN": TOKEN, f"{name}API_URL": fake.url}
        yield Bot("telegram", settings, event, lambda chat: fake.reached[chat])


@contextmanager
def on_viber() -> Iterator[Bot]:
    """A bot at Viber."""
    ours = viber.Viber(
        "viber:town", ViberAccount.model_validate({"token": VIBER_TOKEN}), Translator()
    )

    def event(chat: int, number: int, text: str) -> tuple[dict[str, str], bytes]:
        sender = {**viber_events.WHO, "id": str(chat)}
        said = viber_events.text(text, sender=sender, message_token=number, timestamp=number)
        body = json.dumps(said).encode()
        return {viber.HEADER: ours.sign(body)}, body

    with viber_server() as fake:
        name = "RANTEVOU_VIBER__TOWN__"
        settings = {f"{name}TOKEN": VIBER_TOKEN, f"{name}API_URL": fake.url}
        yield Bot("viber", settings, event, lambda chat: fake.reached[str(chat)])


def answers(root: Path, sizes: Sizes) -> None:
    """Send 20 messages a second, each from somebody new, beside a request that does nothing."""
    for on_platform in (on_telegram, on_viber):
        with on_platform() as bot, serving(root / f"{bot.name}.db", **bot.settings) as server:
            says = [(chat, chat, "γεια") for chat in range(1, sizes.messages + 1)]
            took, idle = _sent(bot, server, says, 1)
        _lines(f"{bot.name}.answer", f"{bot.name}, from webhook to send", took, idle, bounds=True)


def crowd(postgres: Server) -> None:
    """Have 100 talk at once, each one message in five seconds, with two processes on PostgreSQL."""
    with on_telegram() as bot, ExitStack() as stack:
        url = stack.enter_context(postgres.database())
        settings = {**bot.settings, "RANTEVOU_DATABASE_URL": url}
        server = stack.enter_context(serving(Path(), "--workers", "2", **settings))
        says = [
            (chat, turn * TALKS + chat, text)
            for turn, text in enumerate(SAID)
            for chat in range(1, TALKS + 1)
        ]
        took, idle = _sent(bot, server, says, SENDERS)
    what = f"PostgreSQL, 2 processes: {TALKS} talks at once, {A_SECOND} messages a second"
    _lines("postgresql.crowd", what, took, idle, bounds=False)


def _sent(
    bot: Bot, server: web.Server, says: Sequence[tuple[int, int, str]], senders: int
) -> tuple[list[Cost], float]:
    """Send them at their rate, over so many connections.

    What each took, sorted, and how long a request took meanwhile that does nothing. One message's
    processor time can't be known from another's: each is given the mean.
    """
    own = threading.local()
    begun, before = time.perf_counter(), spent(server.process.pid)

    def send(place: int, chat: int, number: int, text: str) -> float:
        if not hasattr(own, "client"):
            own.client = http.client.HTTPConnection("127.0.0.1", server.port)
        time.sleep(max(0, begun + place / A_SECOND - time.perf_counter()))
        headers, body = bot.event(chat, number, text)
        at = time.perf_counter()
        own.client.request("POST", f"/webhooks/{bot.name}/town", body, headers)
        answer = own.client.getresponse()
        answer.read()
        assert answer.status == 200, answer.status
        return at

    with ThreadPoolExecutor(senders) as threads:
        sent = [threads.submit(partial(send, n, *said)) for n, said in enumerate(says)]
        idle = []
        for each in sent[:: A_SECOND // 4]:
            each.result()
            asked = time.perf_counter()
            server.ask("GET", "/healthz")
            idle.append(time.perf_counter() - asked)
    at = [(chat, each.result()) for (chat, *_), each in zip(says, sent, strict=True)]
    waited = sorted(_waited(bot, *each) for each in at)
    cpu = (spent(server.process.pid) - before) / len(says)
    return [Cost(wall, cpu) for wall in waited], statistics.median(idle)


def _waited(bot: Bot, chat: int, at: float) -> float:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        reached = bot.reached(chat)
        if (place := bisect_left(reached, at)) < len(reached):
            return reached[place] - at
        time.sleep(0.01)
    raise AssertionError("nobody answered")


def _lines(name: str, what: str, took: Sequence[Cost], idle: float, *, bounds: bool) -> None:
    half, most = took[len(took) // 2], took[len(took) * 95 // 100]
    line(f"{name}.p50", f"{what}: p50", half, bound="at most 40 ms" if bounds else "")
    # Of the short form's few messages this is the second slowest: not fit for comparing revisions.
    bound, slow = "at most 120 ms" if bounds else "", most.wall * 1000
    line(f"{name}.p95", f"{what}: p95", slow, bound=bound, by="")
    line(f"{name}.idle", "  beside a request that does nothing", idle * 1000, by="")
