"""Joining the chat of one turn with another, or parting it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum, auto

from sqlalchemy.orm import Session

from core.actor import Actor
from core.bookings.joining import contacts, requests
from core.bookings.joining.requests import Choose, Written
from core.catalogue.registry import Registry
from core.db.models import Citizen, Contact, JoinRequest
from core.messaging.outbox import platform_of
from core.messaging.routes import account_for

ChatAddress = Callable[[str, str], str | None]
"""Returns the address that opens the chat of an account with a deep link; None: none is known."""

LINK_PREFIX = "join_"
"""The beginning of the deep link that joins; the token of its request follows."""


class Opened(StrEnum):
    """The state of a link to join, as the chat finds it in which it is opened."""

    CAN_JOIN = auto()
    OVER = auto()
    """The request is over, or never was."""
    SAME_CHAT = auto()
    TAKEN = auto()
    """Another chat has been shown a number."""
    JOINED_ALREADY = auto()
    HAS_OTHERS = auto()
    """The chat is joined with yet another one."""


@dataclass(frozen=True)
class FirstChat:
    """The chat that a link comes from: where it is held, under which name, and since when.

    `others` are the platforms of the chats that it is joined with.
    """

    platform: str
    shown_name: str | None
    since: datetime
    others: Sequence[str]


class CitizenJoining:
    """Joins the chat of one turn with another, or parts it from those it is joined with."""

    def __init__(
        self,
        session: Session,
        registry: Registry,
        now: datetime,
        actor: Actor,
        choose: Choose,
        only: str | None,
        address: ChatAddress,
        become: Callable[[Citizen], None],
    ) -> None:
        """`only` is the municipality whose own page or bot this chat is, None where it is shared.

        `become` is called with the citizen that this turn's is from then on.
        """
        self._session, self._registry, self._now, self._actor = session, registry, now, actor
        self._choose, self._only, self._address, self._become = choose, only, address, become
        self.has_parted = False
        """True after this chat was parted from others, whose dialogs may be about what it has."""

    # The first chat

    def accounts(self, municipality_id: str | None) -> Mapping[str, str]:
        """Return the accounts in which a municipality's citizens can go on, by platform.

        Of each other platform it is its own, else a shared one. Without a municipality, that one.
        """
        body = self._only or municipality_id or ""
        platforms = sorted({platform_of(account) for account in self._registry.accounts})
        found = {each: account_for(self._registry, each, body) for each in platforms}
        return {
            platform: account
            for platform, account in found.items()
            if account and platform != self._actor.platform and self._address(account, LINK_PREFIX)
        }

    def ask(self, account: str) -> str | None:
        """Return a new link with which this chat goes on there; None where none can be made."""
        if not self._actor.contact_id or not self._address(account, LINK_PREFIX):
            return None
        token = requests.ask(self._session, self._actor, self._only, self._now, self._choose)
        return self._address(account, f"{LINK_PREFIX}{token}")

    def is_waiting(self) -> bool:
        """Return whether a number can be written in this chat still."""
        request = requests.of_contact(self._session, self._actor.contact_id)
        return request is not None and requests.is_open(request, self._now)

    def end(self) -> None:
        """End this chat's request; nothing is joined by it any more."""
        requests.end_requests(self._session, [self._actor.contact_id])

    def write_number(self, number: str) -> tuple[Written, str]:
        """Join this chat with the one that was shown a number, where that is the one written.

        Return what has come of it, and the platform of that chat, "" for none. Where that chat
        can't be joined any more, it is as if the time were over.
        """
        contact_id = self._actor.contact_id
        written, request = requests.write_number(
            self._session, self._registry, contact_id, number, self._now
        )
        if written is not Written.RIGHT or request is None or request.joining_id is None:
            return written, ""
        other = contacts.lock_contact(self._session, request.joining_id)
        self.end()
        if other is None or self._state(other.citizen_id, other.id) is not Opened.CAN_JOIN:
            return Written.OVER, ""
        contacts.join(self._session, self._registry, self._actor, other, self._now)
        self._become(self._session.get_one(Citizen, self._actor.citizen_id))
        return Written.RIGHT, platform_of(other.account)

    def tries_left(self) -> int:
        """Return how many numbers can be written still."""
        request = requests.of_contact(self._session, self._actor.contact_id)
        return requests.TRIES - request.tries if request else 0

    # The other chat

    def opened(self, token: str) -> tuple[Opened, FirstChat | None]:
        """Return the state of a link that was opened in this chat, and the chat it comes from."""
        request = requests.opened(self._session, token, self._now)
        if request is None:
            return Opened.OVER, None
        first = self._session.get_one(Contact, request.contact_id)
        others = [platform_of(each.account) for each in contacts.others(self._session, first.id)]
        platform = platform_of(first.account)
        shown = FirstChat(platform, request.shown_name, first.created_at, others)
        return self._opened(request), shown

    def show_number(self, token: str) -> tuple[Opened, str]:
        """Return a number that joins this chat where it is written in the first, "" for none."""
        request = requests.opened(self._session, token, self._now, lock=True)
        if request is None:
            return Opened.OVER, ""
        if (state := self._opened(request)) is not Opened.CAN_JOIN:
            return state, ""
        contact_id = self._actor.contact_id or 0
        number = requests.show_number(self._registry, request, contact_id, self._now, self._choose)
        return state, number

    def _opened(self, request: JoinRequest) -> Opened:
        """Return the state of a request for this chat."""
        own_id = self._actor.contact_id
        if request.contact_id == own_id:
            return Opened.SAME_CHAT
        first = self._session.get_one(Contact, request.contact_id)
        state = self._state(first.citizen_id, own_id)
        is_taken = request.joining_id not in (None, own_id)
        return Opened.TAKEN if is_taken and state is not Opened.JOINED_ALREADY else state

    def _state(self, citizen_id: int, joining_id: int | None) -> Opened:
        """Return whether this turn's citizen and that one can be joined, by a contact of either."""
        if citizen_id == self._actor.citizen_id:
            return Opened.JOINED_ALREADY
        return Opened.HAS_OTHERS if contacts.others(self._session, joining_id) else Opened.CAN_JOIN

    # Chats that are joined

    def others(self) -> Sequence[str]:
        """Return the platforms of the chats that this one is joined with, the oldest first."""
        found = contacts.others(self._session, self._actor.contact_id)
        return [platform_of(contact.account) for contact in found]

    def part(self) -> bool:
        """Part this chat from those that it is joined with; return False where there are none."""
        contact_id = self._actor.contact_id
        if contact_id is None or not contacts.others(self._session, contact_id):
            return False
        leaver = self._session.get_one(Contact, contact_id)
        given = (self._session, self._registry, leaver, self._now, self._choose)
        self._become(contacts.part(*given))
        self.has_parted = True
        return True
