"""However a citizen's messages come, twice, late, out of order, at once: one booking, as meant."""

import random
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import count, pairwise
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.catalogue.model import Municipality
from core.db.database import Database
from core.db.models import Booking, Contact, Conversation, InboundRow, address_key
from tests.bot.processes import free_port
from tests.conftest import SOAK, mostly_on
from tests.fakes.push_platform import (
    ACCOUNT,
    Message,
    PushPlatformServer,
    push_platform_server,
    say,
)
from tests.proofs.processes import Process
from tests.proofs.push_citizens import answer
from tests.soak.tell import Tell

PATIENCE = 60
NUMBERS = count(1)
AGREED = ("συμφωνώ", "ναι")
TEXTS = ("1", "2", "ναι", "όχι", *AGREED, "Μαρία Παπαδοπούλου", "maria@example.gr")
"""Bare digits and yes or no answer many a question: the more that one has to be the right one."""


@dataclass
class World:
    """Two servers of one database, and the push platform."""

    database: Database
    push_platform: PushPlatformServer
    clients: list[httpx.Client]
    shipped: dict[str, Municipality]


@dataclass
class Written:
    """A message of the citizen's, and the question it was meant for."""

    number: int
    meant_for: str
    what: dict[str, str | int]
    sent: int = 0


class Taken(NamedTuple):
    """A message as it was taken: the question that was open then, its number, all that was said."""

    number: int
    step: str
    prompt: str
    said: str


def _prompt(choices: Sequence[Mapping[str, Any]]) -> str:
    """The number of a question that has choices."""
    return str(choices[0]["id"]).partition(".")[0] if choices else ""


@dataclass
class Citizen:
    """One conversation: what was written, and what became of it."""

    world: World
    number: int = field(default_factory=lambda: next(NUMBERS))
    choose: random.Random = field(default_factory=random.Random)
    written: list[Written] = field(default_factory=list)

    @property
    def who(self) -> str:
        return f"citizen {self.number}"

    def screen(self) -> tuple[list[Message], int]:
        """The questions to be seen, and the number of whatever is written next."""
        with self.world.push_platform.lock:
            shown = [m for m in self.world.push_platform.by_address[self.who] if m.step]
            return shown, next(self.world.push_platform.count)

    def write(self, **what: str) -> Written:
        """Write, or tap, an answer to the last question that is to be seen."""
        shown, number = self.screen()
        return self._written(number, shown[-1] if shown else None, what)

    def tap(self, back: int, button: int) -> Written:
        """Tap one of the buttons of the last question, or of one before."""
        shown, number = self.screen()
        asked = shown[-1 - back % len(shown)]
        choice = asked.choices[button % len(asked.choices)]["id"]
        return self._written(number, asked, {"choice": choice})

    def _written(self, number: int, asked: Message | None, what: dict[str, str]) -> Written:
        step = (asked.step if asked else None) or ""
        self.written.append(Written(number, step, {"in_chat": number, **what}))
        return self.written[-1]

    def send(self, message: Written, server: int) -> None:
        """Send a message until a server accepts it, as a platform does."""
        message.sent += 1
        client = self.world.clients[server]
        deadline = time.monotonic() + PATIENCE
        while (status := say(client, self.who, message.number, **message.what)) != 200:
            assert (status, time.monotonic() < deadline) == (503, True)

    def at_rest(self) -> Message:
        """The open question, once it is to be seen."""
        deadline = time.monotonic() + PATIENCE
        while True:
            # Not by their count: a message that the platform was slow to take comes twice.
            last = [each for each in self.taken() if each.said][-1]
            shown, _ = self.screen()
            if shown and (shown[-1].step, _prompt(shown[-1].choices)) == (last.step, last.prompt):
                return shown[-1]
            assert time.monotonic() < deadline, "a question never came"
            time.sleep(0.01)

    def taken(self) -> list[Taken]:
        """The messages as they were taken."""

        def read(session: Session) -> list[Any]:
            query = (
                select(InboundRow.message_id, InboundRow.replies)
                .join(Conversation, Conversation.id == InboundRow.conversation_id)
                .join(Contact, Contact.id == Conversation.contact_id)
                .where(Contact.address_hash == address_key(ACCOUNT, self.who))
                .order_by(InboundRow.id)
            )
            return list(session.execute(query).all())

        found, step, prompt = [], "", ""
        for number, replies in self.world.database.write_sync(read):
            if replies:  # else it was a second tap on the same button: the question stands
                step, prompt = replies[-1]["step"], _prompt(replies[-1]["choices"])
            said = "\n".join(reply["text"] for reply in replies or [])
            found.append(Taken(int(number), step, prompt, said))
        return found

    def bookings(self) -> list[Booking]:
        def read(session: Session) -> list[Booking]:
            query = (
                select(Booking)
                .join(Contact, Contact.citizen_id == Booking.citizen_id)
                .where(
                    Contact.address_hash == address_key(ACCOUNT, self.who),
                    Booking.state == "confirmed",
                )
            )
            return list(session.scalars(query))

        return self.world.database.write_sync(read)

    @property
    def booked(self) -> bool:
        """Return whether the confirmation is to be seen."""
        with self.world.push_platform.lock:
            told = self.world.push_platform.by_address[self.who]
            return any("Κωδικός" in message.text for message in told)

    def go_on(self) -> None:
        """Answer the open question as somebody would who wants an appointment."""
        what = answer(self.at_rest(), self.number, self.choose)
        said = self.write(**what)
        self.send(said, said.number % 2)

    def check(self) -> None:
        """There is one booking; what was said answered what it was meant for, as consent was."""
        taken, by_number = self.taken(), {each.number: each for each in self.written}
        numbers = [each.number for each in taken]
        assert len(numbers) == len(set(numbers))
        agreed = False
        for before, after in pairwise(taken):
            if before.step == after.step:
                continue
            said = by_number[after.number]
            assert said.meant_for == before.step, (before, after, said)
            if (before.step, after.step) == ("consent", "review"):
                agreed = True
        (booking,) = self.bookings()
        body = self.world.shipped[booking.municipality_id]
        if body.consent_of(body.services[booking.service], booking.channel):
            assert agreed
            assert booking.consent_version


class Chaos(RuleBasedStateMachine):
    """The faults that may happen to a citizen's messages on their way."""

    def __init__(self, world: World) -> None:
        super().__init__()
        self.world = world
        self.citizen = Citizen(world)
        self.fails_left = 2

    @initialize(turns=st.integers(0, 12))
    def a_talk_goes_on(self, turns: int) -> None:
        self.citizen.send(self.citizen.write(text="Γεια"), 0)
        for text in ("Καλαμάτα", "Επίδομα Στέγασης")[:turns]:
            self.citizen.at_rest()
            self.citizen.send(self.citizen.write(text=text), 1)
        for _turn in range(turns - 2):
            if not self.citizen.booked:
                self.citizen.go_on()

    @rule(text=st.sampled_from(TEXTS))
    def write(self, text: str) -> None:
        if not self.citizen.booked:
            self.citizen.write(text=text)

    @rule(back=st.sampled_from([0, 0, 0, 1, 2]), button=st.integers(0, 8))
    def tap(self, back: int, button: int) -> None:
        if self.citizen.screen()[0] and not self.citizen.booked:
            self.citizen.tap(back, button)

    @rule()
    def answer(self) -> None:
        if not self.citizen.booked:
            self.citizen.go_on()

    @rule(which=st.integers(0, 9), server=st.integers(0, 1))
    def one_comes(self, which: int, server: int) -> None:
        if message := self.pick(which, sent=False):
            self.citizen.send(message, server)

    @rule(which=st.integers(0, 9), server=st.integers(0, 1))
    def one_comes_again(self, which: int, server: int) -> None:
        if message := self.pick(which, sent=True):
            self.citizen.send(message, server)

    @rule(one=st.integers(0, 9), other=st.integers(0, 9), twice=st.booleans())
    def two_come_at_once(self, one: int, other: int, twice: bool) -> None:
        first = self.pick(one, sent=False)
        second = first if twice else self.pick(other, sent=False)
        if first and second:
            with ThreadPoolExecutor(2) as threads:
                list(threads.map(self.citizen.send, (first, second), (0, 1)))

    @rule()
    def a_sending_fails(self) -> None:
        if self.fails_left:  # each pause is twice the one before
            self.fails_left -= 1
            self.world.push_platform.failures[self.citizen.who] = [(500, {})]

    @rule()
    def time_passes(self) -> None:
        self.citizen.at_rest()

    def pick(self, which: int, *, sent: bool) -> Written | None:
        """One of those that came already, or didn't; the earliest are the likeliest."""
        these = [each for each in self.citizen.written if bool(each.sent) == sent]
        return these[min(which, len(these) - 1)] if these else None

    def teardown(self) -> None:
        for message in self.citizen.written:
            if not message.sent:
                self.citizen.send(message, 0)
        for _turn in range(60):
            if self.citizen.booked:
                break
            self.citizen.at_rest()
            self.citizen.go_on()
        assert self.citizen.booked, self.citizen.taken()[-3:]
        self.citizen.check()


@pytest.fixture
def world(database: Database, shipped: dict[str, Municipality], tmp_path: Path) -> Iterator[World]:
    with push_platform_server() as push_platform:
        servers, clients = [], []
        for number in range(2):
            (folder := tmp_path / f"server {number}").mkdir()
            port = free_port()
            clients.append(httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30))
            servers.append(
                Process(folder, database.url, push_platform.url, "serve", port=port).start()
            )
        for each in servers:
            each.wait_until_ready()
        yield World(database, push_platform, clients, shipped)
        for client in clients:
            client.close()
        for each in servers:
            assert each.end() == 0


@mostly_on("postgresql")
@pytest.mark.parametrize("talks", [3, pytest.param(150, marks=SOAK)])
def test_one_booking_as_it_was_meant(world: World, talks: int, tell: Tell) -> None:
    begun = count()

    def talk() -> Chaos:
        if (number := next(begun)) and number % 10 == 0:
            tell(f"{number} of {talks} talks")
        return Chaos(world)

    run_state_machine_as_test(
        talk,  # type: ignore[arg-type]
        settings=settings(
            max_examples=talks,
            stateful_step_count=25,
            deadline=None,
            database=None,
            phases=[Phase.generate],  # what threads do can't be made smaller
            suppress_health_check=list(HealthCheck),
        ),
    )
