"""Book by conversation, calling the turn directly, without a server."""

import asyncio
import secrets
import uuid

from bot.context import Services
from bot.i18n.translator import Translator
from bot.messages import Inbound, Reply
from bot.turn import receive
from core.catalogue.registry import Registry
from core.db.database import Database
from tests.bench.clock import Cost, now, total
from tests.bench.databases import NOW
from tests.dialogs.scripted_citizen import ANSWERS, confirmed, picks


async def turn_of_somebody(database: Database, services: Services, rest: float) -> Cost:
    """Let somebody new write, then rest for some seconds; return the cost of the turn."""
    who = str(uuid.uuid4())
    inbound = Inbound(
        platform="webchat", account="webchat", address=who, message_id=who, text="Γεια"
    )
    started = now()
    await database.write(lambda s: receive(s, services, inbound))
    cost = now() - started
    await asyncio.sleep(rest)
    return cost


class Conversations:
    """Conversations one after the other; `costs` has the cost of each turn."""

    def __init__(self, database: Database) -> None:
        self.database = database
        registry = Registry("bench", frozenset({"webchat"}))
        self.services = Services(registry, Translator(), lambda: NOW, secrets.choice)
        self.costs: list[Cost] = []
        self.number = 0

    def turn(self, who: str, text: str | None, choice: str | None = None) -> list[Reply]:
        """Send one message; return the replies."""
        inbound = Inbound(
            platform="webchat",
            account="webchat",
            address=who,
            message_id=str(uuid.uuid4()),
            text=text,
            choice=choice,
        )
        started = now()
        replies = self.database.write_sync(lambda s: receive(s, self.services, inbound))
        self.costs.append(now() - started)
        return replies

    def book(self) -> Cost:
        """Book in one conversation, at another day and time than before; return its cost."""
        self.number += 1
        who = str(uuid.uuid4())
        before = len(self.costs)
        replies = self.turn(who, "γεια")
        for _ in range(40):
            replies = self._answer(who, replies[-1])
            if confirmed(replies):
                return total(self.costs[before:])
        raise AssertionError(f"stuck at {replies[-1]}")

    def _answer(self, who: str, asked: Reply) -> list[Reply]:
        step = asked.step or ""
        if step == "details.phone":
            return self.turn(who, f"69{self.number % 100_000_000:08}")
        if step in ANSWERS:
            return self.turn(who, ANSWERS[step])
        options = picks(asked)
        at = self.number % len(options)
        if step.startswith("details.") or step == "municipality":
            at = -1
        elif step in ("screening.receives", "consent", "review"):
            at = 0
        return self.turn(who, None, options[at].id)
