"""Chats of one person, or of several, on more than one platform."""

import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

from bot.messages import Inbound, Reply
from bot.platforms.base import Platform, Send
from core.messaging import conversations
from core.messaging.outbox import platform_of
from tests.conftest import Deployment, mark_replies_sent

TELEGRAM, VIBER, PAGE = "telegram:town", "viber:town", "webchat"
PUBLIC = "https://rantevou.kalamata.gr"

NUMBER = re.compile(r"\b(\d{3}) (\d{3})\b")
TOKEN = re.compile(r"https://\S*?([a-z2-7]{26})")

BOOKING = ("νέο ραντεβού", "Καλαμάτα", "Επίδομα Στέγασης", "όχι", "3/12")
OTHER = ("νέο ραντεβού", "Καλαμάτα", "εεε", "4/12")
DETAILS = ("maria@example.gr", "6912345678", "068933130", "συμφωνώ", "ναι")


class Bot(Platform):
    """A bot whose chat has an address; it sends to nobody."""

    def render(self, reply: Reply) -> Any:
        return reply.text

    def chat_link(self, link: str) -> str:
        return f"https://{platform_of(self.account)}.example/{link}"

    @asynccontextmanager
    async def connect(self) -> AsyncIterator[Send]:
        async def send(_address: str, _payload: Any, _replaces: str | None, /) -> None:
            return None

        yield send


@dataclass
class Chats:
    """The chats of a deployment with two bots and a page; `who` is "maria" unless named."""

    deployment: Deployment
    count: int = 0

    def __post_init__(self) -> None:
        self.deployment.connect({account: Bot(account) for account in (TELEGRAM, VIBER)})
        self.deployment.services = replace(self.deployment.services, public_address=PUBLIC)

    def say(self, account: str, text: str | None = None, *, who: str = "maria", **more: Any) -> str:
        """Return the replies to a message, as one text."""
        self.deployment.database.write_sync(mark_replies_sent)
        replies = self.deployment.receive(self.inbound(account, text, who=who, **more))
        return "\n".join(reply.text for reply in replies)

    def inbound(
        self, account: str, text: str | None = None, *, who: str = "maria", **more: Any
    ) -> Inbound:
        """Return a message to an account."""
        self.count += 1
        return Inbound(
            platform=platform_of(account),
            account=account,
            address=f"{who} at {account}",
            message_id=f"{who} {self.count}",
            text=text,
            reply_in_response=account == PAGE,
            **({"name": who.capitalize()} if account == TELEGRAM else {}),
            **more,
        )

    def talk(self, account: str, *texts: str, who: str = "maria") -> str:
        """Send texts, one after the other; return the replies to the last."""
        return [self.say(account, text, who=who) for text in texts][-1]

    def book(
        self,
        account: str,
        time: str,
        name: str = "Μαρία Παππά",
        begun: Sequence[str] = BOOKING,
        who: str = "maria",
    ) -> str:
        """Book an appointment; return its code."""
        said = self.talk(account, *begun, time, name, *DETAILS, who=who)
        found = re.search(r"Κωδικός: (\S+ \S+)", said)
        assert found, said
        return found[1]

    def link(self, account: str, word: str, who: str = "maria") -> str:
        """Ask for a link to go on elsewhere; return its token."""
        found = TOKEN.search(said := self.say(account, word, who=who))
        assert found, said
        return found[1]

    def open(self, account: str, token: str, who: str = "maria") -> str:
        return self.say(account, link=f"join_{token}", who=who)

    def number(self, account: str, token: str, who: str = "maria") -> str:
        """Open a link and say yes; return the number that is shown."""
        self.open(account, token, who)
        found = NUMBER.search(said := self.say(account, "ναι", who=who))
        assert found, said
        return found[0]

    def join(self, first: str = PAGE, other: str = TELEGRAM, who: str = "maria") -> str:
        """Join two chats; return what the first is told."""
        word = {TELEGRAM: "συνέχεια στο telegram", VIBER: "συνέχεια στο viber"}
        token = self.link(first, word.get(other, "συνέχεια στη σελίδα"), who)
        return self.say(first, self.number(other, token, who), who=who)

    def bookings(self, account: str, who: str = "maria") -> set[str]:
        """Return the codes of the coming bookings that a chat sees."""
        return {f"{code[:3]} {code[3:]}" for code, _id in self._seen(account, who)}

    def ids(self, account: str, who: str = "maria") -> set[int]:
        """Return the ids of the same, which stay as they are when chats are parted."""
        return {booking_id for _code, booking_id in self._seen(account, who)}

    def _seen(self, account: str, who: str) -> list[tuple[str, int]]:
        rows = self.deployment.rows(
            "SELECT bookings.code, bookings.id, contacts.id FROM bookings"
            " JOIN contacts ON contacts.citizen_id = bookings.citizen_id"
            " WHERE bookings.state = 'confirmed'"
        )
        chat = self.contact(account, who)
        return [(code, booking_id) for code, booking_id, contact in rows if contact == chat]

    def booked(self, account: str, time: str, *more: Any) -> int:
        """Book an appointment; return its id."""
        code = self.book(account, time, *more).replace(" ", "")
        found = self.deployment.rows(f"SELECT id FROM bookings WHERE code = '{code}'")
        booking_id: int = found[0][0]
        return booking_id

    def contact(self, account: str, who: str = "maria") -> int:
        """Return the id of a chat's contact."""
        found = self.deployment.database.write_sync(
            lambda session: conversations.find(session, account, f"{who} at {account}")
        )
        assert found
        return found.contact_id
