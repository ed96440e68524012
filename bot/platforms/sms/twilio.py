"""Text messages by Twilio: its SDK sends them, its signed callbacks say what became of them.

https://www.twilio.com/docs/messaging/api/message-resource, https://www.twilio.com/docs/api/errors
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qs

import requests
from requests.exceptions import ConnectTimeout, ProxyError, SSLError
from twilio.base.exceptions import TwilioException
from twilio.http.http_client import TwilioHttpClient
from twilio.request_validator import RequestValidator
from twilio.rest import Client
from twilio.twiml.messaging_response import MessagingResponse
from urllib3.exceptions import NewConnectionError

from bot.platforms.answers import ANSWER_SECONDS, GATEWAY_TIMEOUT
from bot.platforms.base import CheckUp
from bot.platforms.failures import causes
from bot.platforms.sms.gateway import (
    Keyword,
    ReceivedText,
    SendText,
    SmsGateway,
    TextMessage,
)
from bot.platforms.sms.settings import SmsAccount
from bot.platforms.webhook import Receipt, Unauthenticated, WebhookRequest, WebhookResponse
from core.errors import DeliveryError

SIGNATURE = "x-twilio-signature"

THREADS = 20
"""As many as messages are sent at once (`worker.MAX_CONCURRENT`): none waits for a thread."""

MAX_VALID_SECONDS = 36_000

UNREACHABLE = {
    21211,  # no valid number
    21610,  # has answered STOP
    21614,  # can't take text messages
    30005,  # unknown number
    30006,  # a landline
}
"""The errors after which nothing more is sent to a number."""

FOR_GOOD = {
    21408,  # the account may not send to that country
    21612,  # no way from the sender to the number
    21617,  # too long
    30003,  # unreachable, perhaps switched off
    30004,  # blocked
    30007,  # taken for spam
    30008,  # unknown
}
"""The errors after which the same message would fail again. After others, such as 20003 (wrong
token) and 20429 (too many requests), and after 5xx, sending is tried again."""

STOPS = {"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"}
"""The words after which Twilio sends nothing more to a number. It forwards them, too."""

RESUMES = {"START", "YES", "UNSTOP"}
"""The words that end that."""

ON_ITS_WAY = {"accepted", "scheduled", "queued", "sending", "sent"}

FAILED = {"undelivered", "failed", "canceled"}

DELIVERED = {"delivered": "delivered", "read": "seen"}

NOT_SENT = (ConnectTimeout, ProxyError, SSLError, NewConnectionError)
"""The errors before anything was sent."""

_silent = logging.getLogger("rantevou.twilio")
_silent.disabled = True  # the SDK logs the number and the text


class _Form(dict[str, list[str]]):
    """A form's fields with all their values, as the validator takes them."""

    def getlist(self, name: str) -> list[str]:
        """Return a field's values."""
        return self[name]


class Gateway(SmsGateway):
    """An account at Twilio."""

    def __init__(self, settings: SmsAccount) -> None:
        super().__init__(settings)
        self._validator = RequestValidator(self.key)

    def client(self) -> Client:
        """Return a client of the SDK, which waits less long for an answer than the worker does."""
        client = Client(
            self.settings.user,
            self.key,
            http_client=TwilioHttpClient(timeout=ANSWER_SECONDS, logger=_silent),
            environment={"unused": ""},  # TWILIO_EDGE and TWILIO_REGION would change the address
        )
        client.api.base_url = self.settings.api_address
        return client

    @asynccontextmanager
    async def connect(self) -> AsyncIterator[SendText]:
        """Give what sends, on threads, for the SDK waits for its answers."""
        client, threads = self.client(), ThreadPoolExecutor(THREADS, "twilio")

        async def send(number: str, text: TextMessage, receipts: str | None) -> str | None:
            given = self._parameters(number, text, receipts)
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(threads, _create, client, given)

        try:
            yield send
        finally:
            threads.shutdown(wait=False, cancel_futures=True)

    def _parameters(self, number: str, text: TextMessage, receipts: str | None) -> dict[str, Any]:
        sender = self.settings.sender
        given: dict[str, Any] = {"to": number, "body": text.body}
        given["messaging_service_sid" if sender.startswith("MG") else "from_"] = sender
        if receipts:
            given["status_callback"] = receipts
        if text.valid_seconds is not None:
            given["validity_period"] = max(1, min(text.valid_seconds, MAX_VALID_SECONDS))
        return given

    def read(self, request: WebhookRequest, url: str) -> Receipt | ReceivedText | None:
        """Return the receipt or the text of a request, whose signature is of `url` and its form."""
        body = request.body.decode("utf-8", "replace")
        form = _Form(parse_qs(body, keep_blank_values=True))
        given = request.headers.get(SIGNATURE, "")
        if request.method != "POST" or not self._validator.validate(url, form, given):
            raise Unauthenticated
        if "MessageStatus" not in form and "From" in form:
            return _received(form)
        sid, status, number = (_only(form, name) for name in ("MessageSid", "MessageStatus", "To"))
        if status in ON_ITS_WAY:
            return None
        if done := DELIVERED.get(status):
            return Receipt(number, sid, "seen" if done == "seen" else "delivered")
        if status not in FAILED:
            raise ValueError("an unknown status")
        code = (form.get("ErrorCode") or [""])[0]
        is_dead = code.isdecimal() and int(code) in UNREACHABLE
        why = f"{status}, error {code}" if code.isdecimal() else status
        return Receipt(number, sid, "failed", why, unreachable=is_dead)

    def response(self, answer: str = "") -> WebhookResponse:
        """Return TwiML, by which an answer is sent without a call of ours."""
        twiml = MessagingResponse()
        if answer:
            twiml.message(answer)
        return WebhookResponse(str(twiml).encode(), "text/xml")

    def keyword(self, text: str) -> Keyword | None:
        """Return whether Twilio blocks what goes to who wrote a text, or ends that."""
        word = text.strip().upper()
        return Keyword.STOPS if word in STOPS else Keyword.RESUMES if word in RESUMES else None

    async def check_up(self) -> CheckUp:
        """Check whether Twilio knows the account and its token."""

        def ask() -> str:
            return str(self.client().api.accounts(self.settings.user).fetch().status)

        try:
            status = await asyncio.to_thread(ask)
        except (TwilioException, requests.RequestException, ValueError) as error:
            return CheckUp([], [f"Twilio: {_failure(error).why}"])
        if status != "active":
            return CheckUp([], [f"Twilio: the account is {status}"])
        return CheckUp(["Twilio knows the account and its token"], [])


def _received(form: _Form) -> ReceivedText:
    """Return the text of a form. Raises ValueError."""
    number, sid = _only(form, "From"), _only(form, "MessageSid")
    if "Body" not in form:
        raise ValueError("Body is missing")
    body = form["Body"][0]
    is_picture = not body.strip() and (form.get("NumMedia") or ["0"])[0] != "0"
    return ReceivedText(number, sid, None if is_picture else body)


def _create(client: Client, given: dict[str, Any]) -> str | None:
    """Have Twilio take a message; return its id. Raises DeliveryError, with codes only."""
    try:
        sid: str | None = client.messages.create(**given).sid
        return sid
    except (TwilioException, requests.RequestException, ValueError) as error:
        failure = _failure(error)
    raise failure  # outside, for the error has the number


def _failure(error: Exception) -> DeliveryError:
    """Return what an error of the SDK says of a message."""
    if not isinstance(error, TwilioException):
        is_sent = not any(isinstance(each, NOT_SENT) for each in causes(error))
        return DeliveryError(type(error).__name__, may_have_arrived=is_sent)
    # The two kinds of exception have these, and no common class that does. Where the answer is no
    # JSON, the code is HTTP's.
    status, code = getattr(error, "status", 0), getattr(error, "code", None)
    return DeliveryError(
        f"HTTP {status}" if code in (None, status) else f"error {code}",
        for_good=code in FOR_GOOD,
        unreachable=code in UNREACHABLE,
        may_have_arrived=status == GATEWAY_TIMEOUT,
    )


def _only(form: _Form, name: str) -> str:
    """Return a field's value. Raises ValueError."""
    value = (form.get(name) or [""])[0]
    if not value:
        raise ValueError(f"{name} is missing")
    return value
