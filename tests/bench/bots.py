"""Measure how soon a bot answers: from the webhook's request to our call of the platform's API."""

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
from tests.fakes import twilio
from tests.fakes.telegram import TOKEN, telegram_server
from tests.fakes.viber import TOKEN as VIBER_TOKEN
from tests.fakes.viber import viber_server
from tests.postgres import KEY, Server

MESSAGES_PER_SECOND = 20
CITIZENS, TEXTS = 100, ("γεια", "λάρισα", "1", "1", "1", "πίσω")
"""The number of concurrent citizens, and what each of them writes."""
CONNECTIONS = 8
PUBLIC = "https://rantevou.my-town.gr"


@dataclass(frozen=True)
class Bot:
    """A bot: the server's settings, a webhook request for a text, when each chat was written to.

    None for that where the answer is the response to the request.
    """

    name: str
    settings: Mapping[str, str]
    event: Callable[[int, int, str], tuple[dict[str, str], bytes]]
    reached: Callable[[int], Sequence[float]] | None


@contextmanager
def on_telegram() -> Iterator[Bot]:
    """Run a fake Telegram; yield a bot there."""
    platform = telegram.Telegram(
        "telegram:town", TelegramAccount.model_validate({"token": TOKEN}), Translator()
    )

    def event(chat: int, number: int, text: str) -> tuple[dict[str, str], bytes]:
        who: dict[str, Any] = {
            "chat": {**telegram_updates.CHAT, "id": chat},
            "from": {**telegram_updates.WHO, "id": chat},
        }
        # Larger than the ids that the fake gives: the text was written after all our messages.
        said = telegram_updates.message(text=text, message_id=10**9 + number, **who)
        return {telegram.HEADER: platform.secret}, json.dumps(
            {**said, "update_id": number}
        ).encode()

    with telegram_server() as fake:
        name = "RANTEVOU_TELEGRAM__TOWN__"
        settings = {f"{name}TOKEN": TOKEN, f"{name}API_URL": fake.url}
        yield Bot("telegram", settings, event, lambda chat: fake.reached[chat])


@contextmanager
def on_viber() -> Iterator[Bot]:
    """Run a fake Viber; yield a bot there."""
    platform = viber.Viber(
        "viber:town", ViberAccount.model_validate({"token": VIBER_TOKEN}), Translator()
    )

    def event(chat: int, number: int, text: str) -> tuple[dict[str, str], bytes]:
        sender = {**viber_events.WHO, "id": str(chat)}
        said = viber_events.text(text, sender=sender, message_token=number, timestamp=number)
        body = json.dumps(said).encode()
        return {viber.HEADER: platform.sign(body)}, body

    with viber_server() as fake:
        name = "RANTEVOU_VIBER__TOWN__"
        settings = {f"{name}TOKEN": VIBER_TOKEN, f"{name}API_URL": fake.url}
        yield Bot("viber", settings, event, lambda chat: fake.reached[str(chat)])


@contextmanager
def on_sms() -> Iterator[Bot]:
    """Run a fake Twilio; yield a two-way number there."""

    def number_of(chat: int) -> str:
        return f"+3069{chat:08}"

    def event(chat: int, number: int, text: str) -> tuple[dict[str, str], bytes]:
        form = twilio.incoming(text, f"SM{number:032x}", number_of(chat))
        request = twilio.callback(f"{PUBLIC}/webhooks/sms/town", form)
        return dict(request.headers), request.body

    with twilio.twilio_server() as fake:
        given = {
            **{"KIND": "twilio", "FROM": "+306900000000", "TWO_WAY": "true"},
            **{"USER": twilio.SID, "KEY": twilio.TOKEN, "API_URL": fake.url},
        }
        settings = {f"RANTEVOU_SMS__TOWN__{name}": value for name, value in given.items()}
        settings["RANTEVOU_PUBLIC_URL"] = PUBLIC
        yield Bot("sms", settings, event, lambda chat: fake.reached[number_of(chat)])


@contextmanager
def on_voice() -> Iterator[Bot]:
    """Yield a telephone number, whose calls begin."""

    def event(chat: int, number: int, _text: str) -> tuple[dict[str, str], bytes]:
        form = {"CallSid": f"CA{number:032x}", "CallStatus": "ringing", "From": f"+3021{chat:08}"}
        request = twilio.callback(f"{PUBLIC}/webhooks/voice/town", form)
        return dict(request.headers), request.body

    given = {"FROM": "+302100000000", "USER": twilio.SID, "KEY": twilio.TOKEN}
    settings = {f"RANTEVOU_VOICE__TOWN__{name}": value for name, value in given.items()}
    yield Bot("voice", settings | {"RANTEVOU_PUBLIC_URL": PUBLIC}, event, None)


def answers(root: Path, sizes: Sizes) -> None:
    """Send 20 messages a second, each from a new citizen; measure an empty request meanwhile."""
    for on_platform in (on_telegram, on_viber, on_sms, on_voice):
        with on_platform() as bot, serving(root / f"{bot.name}.db", **bot.settings) as server:
            messages = [(chat, chat, "γεια") for chat in range(1, sizes.messages + 1)]
            took, idle = _send_all(bot, server, messages, 1)
        _report(f"{bot.name}.answer", f"{bot.name}, from webhook to send", took, idle, bounds=True)


def concurrent(postgres: Server) -> None:
    """Run 100 conversations at once, each a message in five seconds; two processes, PostgreSQL."""
    with on_telegram() as bot, ExitStack() as stack:
        url = stack.enter_context(postgres.database())
        settings = {**bot.settings, "RANTEVOU_DATABASE_URL": url, "RANTEVOU_ENCRYPTION_KEY": KEY}
        server = stack.enter_context(serving(Path(), "--workers", "2", **settings))
        messages = [
            (chat, turn * CITIZENS + chat, text)
            for turn, text in enumerate(TEXTS)
            for chat in range(1, CITIZENS + 1)
        ]
        took, idle = _send_all(bot, server, messages, CONNECTIONS)
    rate = f"{MESSAGES_PER_SECOND} messages a second"
    what = f"PostgreSQL, 2 processes: {CITIZENS} conversations at once, {rate}"
    _report("postgresql.crowd", what, took, idle, bounds=False)


def _send_all(
    bot: Bot, server: web.Server, messages: Sequence[tuple[int, int, str]], connections: int
) -> tuple[list[Cost], float]:
    """Send messages (chat, number, text) at the fixed rate, over so many connections.

    Return the cost of each, sorted, and the median seconds of a request that does nothing. The
    processor time of one message can't be told from another's: each has the mean.
    """
    own = threading.local()
    started, before = time.perf_counter(), spent(server.process.pid)

    def send(place: int, chat: int, number: int, text: str) -> tuple[float, float]:
        if not hasattr(own, "client"):
            own.client = http.client.HTTPConnection("127.0.0.1", server.port)
        time.sleep(max(0, started + place / MESSAGES_PER_SECOND - time.perf_counter()))
        headers, body = bot.event(chat, number, text)
        at = time.perf_counter()
        own.client.request("POST", f"/webhooks/{bot.name}/town", body, headers)
        answer = own.client.getresponse()
        answer.read()
        assert answer.status == 200, answer.status
        return at, time.perf_counter()

    with ThreadPoolExecutor(connections) as threads:
        sent = [threads.submit(partial(send, n, *said)) for n, said in enumerate(messages)]
        idle = []
        for each in sent[:: MESSAGES_PER_SECOND // 4]:
            each.result()
            asked = time.perf_counter()
            server.ask("GET", "/healthz")
            idle.append(time.perf_counter() - asked)
    waited = sorted(
        _seconds_until_answer(bot.reached, chat, at) if bot.reached else responded - at
        for (chat, *_), each in zip(messages, sent, strict=True)
        for at, responded in [each.result()]
    )
    cpu = (spent(server.process.pid) - before) / len(messages)
    return [Cost(wall, cpu) for wall in waited], statistics.median(idle)


def _seconds_until_answer(
    reached_at: Callable[[int], Sequence[float]], chat: int, at: float
) -> float:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        reached = reached_at(chat)
        if (place := bisect_left(reached, at)) < len(reached):
            return reached[place] - at
        time.sleep(0.01)
    raise AssertionError("no answer within ten seconds")


def _report(name: str, what: str, took: Sequence[Cost], idle: float, *, bounds: bool) -> None:
    half, most = took[len(took) // 2], took[len(took) * 95 // 100]
    line(f"{name}.p50", f"{what}: p50", half, bound="at most 40 ms" if bounds else "")
    # In the short form it is the second slowest of 30: too noisy to compare revisions by.
    bound, slow = "at most 120 ms" if bounds else "", most.wall * 1000
    line(f"{name}.p95", f"{what}: p95", slow, bound=bound, by="")
    line(f"{name}.idle", "  beside a request that does nothing", idle * 1000, by="")
