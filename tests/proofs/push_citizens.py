"""Citizens who book over the push platform while servers fail."""

import itertools
import math
import random
import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import httpx

from core.messaging.outbox import LEASE
from tests.dialogs.scripted_citizen import ANSWERS
from tests.fakes.push_platform import Message, PushPlatformServer, say

TIMEOUT_SECONDS = 90
"""Seconds without an answer after which a conversation counts as stuck, while nothing is killed."""

TIMEOUT_KILLS = 60
"""Kills without an answer after which it does while processes are killed, if LEASES are over too.

On a busy machine 90 seconds may be twenty kills, each as soon as a server has begun again.
"""

LEASES = 4
"""The leases that must be over, too: a message waits for the end of a killed worker's lease.

One kill in twenty hits a message that is being sent, so that of thousands a few are hit twice.
"""

CODE = re.compile(r"Κωδικός: (\w{3}) (\w{3})")


@dataclass
class Citizens:
    """Citizens in several threads, each with one conversation after the other."""

    push_platform: PushPlatformServer
    url: str
    booked: dict[str, str] = field(default_factory=dict)
    """The codes of the confirmed bookings, by address."""
    stuck: list[str] = field(default_factory=list)
    begun: int = 0
    retried: Counter[int] = field(default_factory=Counter)
    """The number of messages that had to be sent again, by the response's status; 0 for none."""
    kills: int = 0
    killed_at: float = -math.inf
    """The time at which a process was killed last, by time.monotonic."""
    enough: threading.Event = field(default_factory=threading.Event)
    numbers: "itertools.count[int]" = field(default_factory=itertools.count)
    ids: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))

    @contextmanager
    def booking(self, count: int) -> Iterator[None]:
        """Run so many citizens meanwhile; in the end wait for their last conversations."""
        threads = [threading.Thread(target=self._book_on, daemon=True) for _ in range(count)]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self.enough.set()
        for thread in threads:
            thread.join()

    def killed(self) -> None:
        """Note that a process is killed."""
        self.kills, self.killed_at = self.kills + 1, time.monotonic()

    def patience(self) -> Callable[[], bool]:
        """Return a function that returns whether a citizen who waits from now on is stuck."""
        since, kills = time.monotonic(), self.kills

        def over() -> bool:
            now = time.monotonic()
            if now - self.killed_at > TIMEOUT_SECONDS:
                return now - since > TIMEOUT_SECONDS
            many = self.kills - kills >= TIMEOUT_KILLS
            return many and now - since > LEASES * LEASE.total_seconds()

        return over

    def _book_on(self) -> None:
        with httpx.Client(base_url=self.url, timeout=10) as client:
            while not self.enough.is_set():
                number = next(self.numbers)
                self.begun += 1
                who = f"citizen {number}"
                try:
                    self.booked[who] = self._book(client, who, number)
                except TimeoutError as error:
                    self.stuck.append(f"{who}: {error}")

    def _book(self, client: httpx.Client, who: str, number: int) -> str:
        """Book in one conversation; return the code."""
        choose = random.Random(number)
        seen, last = 0, 0
        self._say(client, who, text="Γεια")
        for _turn in range(80):
            seen, asked = self._asked(who, seen, last)
            last = _prompt(asked)
            received = self.push_platform.by_address[who]
            for message in received:
                if code := CODE.search(message.text):
                    return code[1] + code[2]
            self._say(client, who, **answer(asked, number, choose))
        raise TimeoutError(f"no booking; asked {asked.step}")

    def _say(self, client: httpx.Client, who: str, **what: str) -> None:
        """Send a message until it is accepted, as platforms do; every tenth message twice."""
        number = next(self.ids)
        over = self.patience()
        while (status := say(client, who, number, **what)) != 200:
            self.retried[status] += 1
            if over():
                raise TimeoutError("no server accepts the message")
            time.sleep(0.1)
        if number % 10 == 0:
            say(client, who, number, **what)

    def _asked(self, who: str, seen: int, last: int) -> tuple[int, Message]:
        """Wait for the next question, newer than prompt number `last`."""
        over = self.patience()
        while True:
            received = self.push_platform.by_address[who]
            for position in range(seen, len(received)):
                message = received[position]
                if message.step and _prompt(message) > last:
                    return position + 1, message
            seen = len(received)
            if over():
                raise TimeoutError(f"no question after prompt {last}")
            time.sleep(0.01)


def _prompt(message: Message) -> int:
    """Return the number of the prompt, which every button has."""
    return int(message.choices[0]["id"].partition(".")[0])


def answer(asked: Message, number: int, choose: random.Random) -> dict[str, str]:
    """Return the answer of the citizen with that number."""
    step = asked.step or ""
    options = [choice for choice in asked.choices if choice["number"] is not None]
    own = {
        "details.phone": f"69{number % 100_000_000:08}",
        "details.email": f"c{number}@example.gr",
    }
    if step in own:
        return {"text": own[step]}
    if step in ANSWERS:
        return {"text": ANSWERS[step]}
    if not options:  # as where an appointment is looked for by its code
        return {"text": "νέο ραντεβού" if step == "code" else "από την αρχή"}
    if step.startswith("details."):
        return {"choice": options[-1]["id"]}
    if step in ("screening.receives", "consent", "review"):
        return {"choice": options[0]["id"]}
    return {"choice": choose.choice(options)["id"]}
