"""A telephone number as a platform: calls come as signed requests, and are answered by TwiML."""

import asyncio
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberType

from bot.i18n.spoken import SpokenTranslator
from bot.i18n.translator import Translator
from bot.messages import Inbound, Reply
from bot.platforms.base import CheckUp, Platform, Send
from bot.platforms.twilio_api import Form, check_account, client_of, signed_form
from bot.platforms.voice.settings import VoiceAccount
from bot.platforms.voice.twiml import Writer
from bot.platforms.webhook import (
    UNREADABLE,
    Ignored,
    NotReceiving,
    WebhookRequest,
    WebhookResponse,
    WebhookResult,
    webhook_url,
)

PLATFORM: Final = "voice"

LEAST_CONFIDENCE = 0.3
"""The confidence in what was heard under which it counts as noise."""

ENDED = frozenset({"completed", "busy", "no-answer", "failed", "canceled"})
"""The states in which a call is over."""

KEYS = {"0": "human", "*": "back"}
"""The keys that are commands, whatever is asked."""

REPEAT = "#"

COSTLY = (PhoneNumberType.PREMIUM_RATE, PhoneNumberType.SHARED_COST, PhoneNumberType.UNKNOWN)
"""The types of numbers that are never called, and so taken as if they were hidden."""


class Voice(Platform):
    """A telephone number at Twilio."""

    is_spoken = True

    def __init__(self, account: str, settings: VoiceAccount, texts: Translator) -> None:
        super().__init__(account)
        self._settings, self._texts = settings, SpokenTranslator(texts)
        self._key = settings.key.get_secret_value()
        self._voices = {"el": settings.voice_el, "en": settings.voice_en}

    @property
    def url(self) -> str:
        """Return the address of our webhook. Raises NotReceiving."""
        if self.public_address is None:
            raise NotReceiving
        return webhook_url(self.account, self.public_address)

    def parse(self, request: WebhookRequest) -> WebhookResult:
        """Return the events of a call's request. Raises Unauthenticated, NotReceiving."""
        query = urlsplit(request.url).query
        signed = f"{self.url}?{query}" if query else self.url
        form = signed_form(request, signed, self._key)
        given = {name: values[0] for name, values in parse_qs(query).items()}
        try:
            return self._answered(form, given)
        except ValueError:
            return WebhookResult([Ignored(UNREADABLE)], WebhookResponse(status=400))

    def _answered(self, form: Form, given: dict[str, str]) -> WebhookResult:
        """Return the turn of a request in a call. Raises ValueError."""
        call, place = form.only("CallSid"), int(given.get("n", "0"))
        said: dict[str, Any] = {"message_id": f"{call}.{place}"}
        if form.only("CallStatus") in ENDED:
            said = {"message_id": f"{call}.end", "hung_up": True}
        elif form.first("DialCallStatus") == "completed":
            return WebhookResult([Ignored("talked to an employee")], _twiml(""))
        elif "DialCallStatus" in form:
            said["unread"] = "unanswered"
        elif place == 0:
            said["begins"] = True
        elif form.first("Digits") == REPEAT:
            place -= 1  # whose stored replies come again
            said["message_id"] = f"{call}.{place}"
            said["begins"] = place == 0
        else:
            said |= _said(form, given.get("q"))
        caller = _caller(form.first("From"))
        inbound = Inbound(
            platform=PLATFORM,
            account=self.account,
            address=caller or f"call {call}",
            call=call,
            caller=caller,
            municipality_id=self._settings.municipality,
            reply_in_response=True,
            **said,
        )
        writer = Writer(self._texts, self._voices, self.url)

        def respond(replies: Sequence[Reply]) -> WebhookResponse:
            return _twiml(writer.respond(list(replies), place + 1))

        return WebhookResult([inbound], _twiml(""), respond=respond)

    def render(self, reply: Reply) -> str:
        """Return the TwiML of a reply."""
        return Writer(self._texts, self._voices, self.url).respond([reply], 1)

    @asynccontextmanager
    async def connect(self) -> AsyncIterator[Send]:
        """Give `send`, by which nothing can be sent yet."""

        async def send(_address: str, _payload: str, _replaces: str | None) -> str | None:
            raise NotImplementedError

        yield send

    async def check_up(self, public_url: str | None) -> CheckUp:
        """Check whether Twilio knows the account, and can reach us."""
        user = self._settings.user
        client = client_of(user, self._key, self._settings.api_url)
        found = await asyncio.to_thread(check_account, client, user)
        if public_url is None:
            return found._replace(
                wrong=[*found.wrong, "Twilio can't reach us: RANTEVOU_PUBLIC_URL isn't set"]
            )
        url = webhook_url(self.account, public_url)
        webhooks = "“A call comes in” and “Call status changes”"
        to_do = f"see that the number's two webhooks at Twilio, {webhooks}, are {url}"
        return found._replace(to_do=(*found.to_do, to_do))


def _twiml(text: str) -> WebhookResponse:
    """Return a response of TwiML; without any, the call ends."""
    empty = '<?xml version="1.0" encoding="UTF-8"?><Response/>'
    return WebhookResponse((text or empty).encode(), "text/xml")


def _said(form: Form, question: str | None) -> dict[str, Any]:
    """Return what was answered: a key of the question, a command, or a text; "" for nothing."""
    digits = form.first("Digits").rstrip(REPEAT)
    if command := KEYS.get(digits):
        return {"command": command}
    if question and re.fullmatch(r"[1-9]", digits):
        return {"choice": f"{question}.{digits}"}
    if digits:
        return {"text": digits}
    heard = form.first("SpeechResult").strip().rstrip(".")
    try:
        is_noise = float(form.first("Confidence") or 1) < LEAST_CONFIDENCE
    except ValueError:
        is_noise = False
    return {"text": "" if is_noise else heard}


def _caller(number: str) -> str:
    """Return the number that calls; "" where it is hidden, or none that could be called back."""
    try:
        parsed = phonenumbers.parse(number)
    except NumberParseException:
        return ""
    is_right = phonenumbers.is_valid_number(parsed)
    return number if is_right and phonenumbers.number_type(parsed) not in COSTLY else ""
