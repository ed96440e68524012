"""Text messages by Twilio: its SDK sends them, its signed callbacks say what became of them.

https://www.twilio.com/docs/messaging/api/message-resource, https://www.twilio.com/docs/api/errors
"""

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Any

from twilio.rest import Client
from twilio.twiml.messaging_response import MessagingResponse

from bot.platforms.base import CheckUp
from bot.platforms.sms.gateway import (
    Keyword,
    ReceivedText,
    SendText,
    SmsGateway,
    TextMessage,
)
from bot.platforms.twilio_api import (
    ERRORS,
    THREADS,
    Form,
    check_account,
    client_of,
    failure_of,
    signed_form,
)
from bot.platforms.webhook import Receipt, WebhookRequest, WebhookResponse

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


class Gateway(SmsGateway):
    """An account at Twilio."""

    def client(self) -> Client:
        """Return a client of the SDK."""
        return client_of(self.settings.user or "", self.key, self.settings.api_address)

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
        form = signed_form(request, url, self.key)
        if "MessageStatus" not in form and "From" in form:
            return _received(form)
        sid, status, number = (form.only(name) for name in ("MessageSid", "MessageStatus", "To"))
        if status in ON_ITS_WAY:
            return None
        if done := DELIVERED.get(status):
            return Receipt(number, sid, "seen" if done == "seen" else "delivered")
        if status not in FAILED:
            raise ValueError("an unknown status")
        code = form.first("ErrorCode")
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
        return await asyncio.to_thread(check_account, self.client(), self.settings.user or "")


def _received(form: Form) -> ReceivedText:
    """Return the text of a form. Raises ValueError."""
    number, sid = form.only("From"), form.only("MessageSid")
    if "Body" not in form:
        raise ValueError("Body is missing")
    body = form["Body"][0]
    is_picture = not body.strip() and form.first("NumMedia") not in ("", "0")
    return ReceivedText(number, sid, None if is_picture else body)


def _create(client: Client, given: dict[str, Any]) -> str | None:
    """Have Twilio take a message; return its id. Raises DeliveryError, with codes only."""
    try:
        sid: str | None = client.messages.create(**given).sid
        return sid
    except ERRORS as error:
        failure = failure_of(error, UNREACHABLE, FOR_GOOD)
    raise failure  # outside, for the error has the number
