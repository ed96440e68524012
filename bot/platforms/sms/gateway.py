"""The interface of a gateway: what takes text messages and reports on them."""

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from enum import StrEnum
from typing import NamedTuple

from bot.platforms.base import CheckUp
from bot.platforms.sms.settings import SmsAccount
from bot.platforms.webhook import Receipt, WebhookRequest, WebhookResponse


class TextMessage(NamedTuple):
    """A text in the account's alphabet; after so many seconds it isn't worth delivering."""

    body: str
    valid_seconds: int | None = None


class ReceivedText(NamedTuple):
    """A text that came from a number (+30…), by the gateway's id; None where it has no words."""

    number: str
    id: str
    body: str | None


class Keyword(StrEnum):
    """The effect of a word on which the gateway itself acts."""

    STOPS = "stops"
    RESUMES = "resumes"


SendText = Callable[[str, TextMessage, str | None], Awaitable[str | None]]
"""Sends a text to a number (+30…), with the address for its receipts, if there is one.

Returns the gateway's id of the message. Raises DeliveryError, whose words have codes only.
"""


class SmsGateway(ABC):
    """A gateway, as one account uses it."""

    secret_path = ""
    """The last part of the path to which receipts go, where nothing else proves them."""

    def __init__(self, settings: SmsAccount) -> None:
        self.settings = settings
        self.key = settings.key.get_secret_value()

    @abstractmethod
    def connect(self) -> AbstractAsyncContextManager[SendText]:
        """Return a context manager that keeps connections open and gives what sends."""

    @abstractmethod
    def read(self, request: WebhookRequest, url: str) -> Receipt | ReceivedText | None:
        """Return the receipt, or the text, in a request to `url`.

        None where it says that a text is on its way. Raises Unauthenticated; ValueError where a
        part is missing.
        """

    def response(self, answer: str = "") -> WebhookResponse:
        """Return the response to a request with a text, which answers it if there is an answer."""
        return WebhookResponse()

    def keyword(self, text: str) -> Keyword | None:
        """Return the effect of a text on which the gateway acts, too."""
        return None

    async def check_up(self) -> CheckUp:
        """Check what can be checked without sending."""
        unseen = "whether its key is right can't be seen before a text is sent"
        return CheckUp(["is configured"], [], (unseen,))
