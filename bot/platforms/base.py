"""What a platform implements."""

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any, ClassVar, NamedTuple, Protocol

from bot.messages import Reply
from bot.platforms.webhook import NotReceiving, WebhookRequest, WebhookResult


class Send(Protocol):
    """Sends a message."""

    async def __call__(self, address: str, payload: Any, replaces: str | None, /) -> str | None:
        """Send a payload, and return the platform's id of the message, if it gives one.

        `replaces` is the id of an earlier message that it replaces, where the platform can edit
        messages. Raises DeliveryError.
        """


class CheckUp(NamedTuple):
    """What is right and what is wrong with an account, a line each."""

    right: list[str]
    wrong: list[str]


HandleResult = Callable[[str, WebhookResult], Awaitable[object]]
"""Acts on the events that an account received. Raises DatabaseUnavailable."""


class Platform(ABC):
    """One account of a platform. `parse`, `render` and `close_question` do no input or output.

    One that only sends implements `render` and `connect`; one that also receives, `parse`.
    """

    can_edit: ClassVar[bool] = False
    """A sent message can be changed, so that an answered question loses its buttons."""

    can_send_files: ClassVar[bool] = False
    """It renders a reply that is a file: the appointment as a calendar entry is sent."""

    can_send_venues: ClassVar[bool] = False
    """It renders a reply that is a place on a map: the appointment's place is sent."""

    def __init__(self, account: str) -> None:
        """`account` is the platform and the account's own name, such as "telegram:town"."""
        self.account = account

    def parse(self, request: WebhookRequest) -> WebhookResult:
        """Return the events of a request. Raises Unauthenticated, Malformed, NotReceiving."""
        raise NotReceiving

    @abstractmethod
    def render(self, reply: Reply) -> Any:
        """Return the payload that `send` takes."""

    def close_question(
        self, question: Reply, answer: str | None, *, more_follows: bool
    ) -> Reply | None:
        """Return what is sent about a question that is no longer open, or None.

        It replaces the question where it is `closing`, else it is a message of its own. `answer`
        is the label of the button that was tapped; `more_follows`: it isn't the only message
        before the next question.
        """
        return None

    @abstractmethod
    def connect(self) -> AbstractAsyncContextManager[Send]:
        """Return a context that keeps open what sending needs, and gives `send`."""

    async def set_up(self, public_url: str) -> list[str]:
        """Register the account with the platform; return what was done, a line each.

        Raises ConfigurationError.
        """
        return []

    async def check_up(self, public_url: str | None) -> CheckUp:
        """Check whether the account works; None where the public address isn't known."""
        return CheckUp(["is configured"], [])


class PollingPlatform(Platform):
    """A platform that can also be asked for events, from a machine that it can't reach."""

    @abstractmethod
    async def poll(self, handle: HandleResult) -> None:
        """Ask for events and handle them, until cancelled."""
