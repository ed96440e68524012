"""The interface of a platform."""

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Collection
from contextlib import AbstractAsyncContextManager
from typing import Any, ClassVar, NamedTuple, Protocol

from bot.messages import Reply
from bot.platforms.webhook import (
    NotReceiving,
    Receipt,
    WebhookRequest,
    WebhookResponse,
    WebhookResult,
)
from dialogs.engine.steps import Fitting


class Send(Protocol):
    """The function by which a platform sends."""

    async def __call__(self, address: str, payload: Any, replaces: str | None, /) -> str | None:
        """Send a payload, and return the platform's id of the message, if it gives one.

        `replaces` is the id of an earlier message that it replaces, where the platform can edit
        messages. Where the platform says that it took the message, but not by which id, it is
        None. Raises DeliveryError, which says whether the message may have arrived all the same.
        """


class CheckUp(NamedTuple):
    """The result of checking an account: what is right and what is wrong, one line each.

    And what the technician must see to, which can't be checked from here.
    """

    right: list[str]
    wrong: list[str]
    to_do: tuple[str, ...] = ()


HandleResult = Callable[[str, WebhookResult], Awaitable[WebhookResponse]]
"""The function that acts on the events which an account received, and returns the response.

Raises DatabaseUnavailable.
"""


AnswerLater = Callable[[str, WebhookResult], Awaitable[None]]
"""The function that has an answer to staff sent later, which an account couldn't send.

Raises DatabaseUnavailable.
"""


HandleReceipt = Callable[[Receipt], Awaitable[bool]]
"""The function that records a receipt, and returns whether its message is known.

Raises DatabaseUnavailable.
"""


class Platform(ABC):
    """One account of a platform. Its `parse`, `render` and `close_question` do no I/O.

    A platform that only sends implements `render` and `connect`; one that receives, also `parse`.
    """

    can_edit: ClassVar[bool] = False
    """True where a sent message can be edited: an answered question then loses its buttons."""

    can_send_files: ClassVar[bool] = False
    """True where it renders files: an appointment is then also sent as a calendar file."""

    can_send_venues: ClassVar[bool] = False
    """True where it renders venues: the place of an appointment is then also sent as one."""

    has_secret_path: ClassVar[bool] = False
    """True where a part that nobody can guess may follow the path of its webhook."""

    has_stop_word: ClassVar[bool] = False
    """True where who wants no messages says so, and says when they may come again: that an answer
    arrives doesn't mean it."""

    fitting: Callable[[bool], Fitting] | None = None
    """Where citizens write by text message, which costs: returns what tells how much a message
    holds, given whether they read Unicode. Each turn is answered by one message then, and an
    address is a telephone number."""

    is_spoken: ClassVar[bool] = False
    """True for the telephone: all is said aloud, and answered by keys or by voice."""

    public_address: str | None = None
    """The address at which the world reaches our webhooks; None where it isn't set."""

    countries: Collection[str] | None = None
    """The countries (ISO 3166) to whose numbers it sends; None where it sends to no numbers."""

    reads_receipts: bool = False
    """True where the receipts of what was sent are looked for, by `read_receipts`."""

    def __init__(self, account: str) -> None:
        """`account` is the platform and the account's own name, such as "telegram:town"."""
        self.account = account

    def parse(self, request: WebhookRequest) -> WebhookResult:
        """Return the events of a request. Raises Unauthenticated, NotReceiving.

        Any other error means that it can't be read; `parse_or_skip` skips it.
        """
        raise NotReceiving

    @abstractmethod
    def render(self, reply: Reply) -> Any:
        """Return the payload that `send` takes."""

    def parts_of(self, reply: Reply) -> int:
        """Return how many parts a reply is sent in, where each of them is paid; else 0."""
        return 0

    def close_question(
        self, question: Reply, answer: str | None, *, more_follows: bool
    ) -> Reply | None:
        """Return the message about a question that is no longer open; None where none is sent.

        A `closing` one replaces the question, another is sent after it. `answer` is the label of
        the button that was tapped; `more_follows`: other messages precede the next question.
        """
        return None

    @abstractmethod
    def connect(self) -> AbstractAsyncContextManager[Send]:
        """Return a context manager that keeps the connections open and gives `send`."""

    async def read_receipts(self, handle: HandleReceipt) -> None:
        """Look once for receipts, and handle them; where that is interrupted, some come again.

        Raises ConfigurationError.
        """
        raise NotImplementedError

    def chat_link(self, link: str) -> str | None:
        """Return the address that opens our private chat, with a deep link; None: none is known."""
        return None

    async def set_up(self, public_url: str) -> list[str]:
        """Register the account with the platform; return what was done, one line each.

        Raises ConfigurationError.
        """
        return []

    async def check_up(self, public_url: str | None) -> CheckUp:
        """Check whether the account works; `public_url` is None where it isn't set."""
        return CheckUp(["is configured"], [])


class PollingPlatform(Platform):
    """A platform whose events can also be polled, by a machine that it can't reach."""

    @abstractmethod
    async def poll(self, handle: HandleResult, answer_later: AnswerLater) -> None:
        """Request events and handle them, until cancelled.

        Raises ConfigurationError where the platform doesn't know the account.
        """
