"""A telephone number as a platform: calls come as signed requests, and are answered by TwiML."""

import asyncio
import re
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any, Final, NamedTuple
from urllib.parse import parse_qs, urlsplit

import phonenumbers
from phonenumbers import NumberParseException
from twilio.rest import Client

from bot.i18n.spoken import SpokenTranslator
from bot.i18n.translator import Translator
from bot.messages import Inbound, Reply
from bot.platforms.base import CheckUp, Platform, Send
from bot.platforms.twilio_api import (
    ERRORS,
    THREADS,
    Form,
    check_account,
    client_of,
    failure_of,
    signed_form,
)
from bot.platforms.voice.settings import VoiceAccount
from bot.platforms.voice.twiml import LOCALES, MINE, NOT_MINE, Writer
from bot.platforms.webhook import (
    UNREADABLE,
    Ignored,
    NotReceiving,
    Receipt,
    WebhookRequest,
    WebhookResponse,
    WebhookResult,
    webhook_url,
)
from core.errors import DeliveryError
from core.messaging.routes import COSTLY, may_be_called_by

PLATFORM: Final = "voice"

LEAST_CONFIDENCE = 0.3
"""The confidence in what was heard under which it counts as noise."""

UNANSWERED = frozenset({"busy", "no-answer", "failed", "canceled"})
"""The states in which a call is over that nobody has answered."""

ENDED = UNANSWERED | {"completed"}
"""The states in which a call is over."""

RING_SECONDS = 30
"""The time that a telephone rings that we call: an old hand needs a while."""

UNREACHABLE = {
    21211,  # no valid number
    21214,  # can't be reached
    21217,  # doesn't look valid
}
"""The errors after which a number isn't called any more."""

FOR_GOOD = {
    21215,  # the account may not call that country
    21216,  # nor that number
    21219,  # a trial account calls verified numbers only
}
"""The errors after which the same call would fail again. After others, such as 20003 (wrong token)
and 20429 (too many requests), and after 5xx, it is tried again."""

KEYS = {"0": "human", "*": "back"}
"""The keys that are commands, whatever is asked."""

REPEAT = "#"


class RenderedCall(NamedTuple):
    """A call of ours: the outbox row that it tells, and the TwiML of what is said at first."""

    row: int
    twiml: str


class Voice(Platform):
    """A telephone number at Twilio."""

    is_spoken = True

    def __init__(self, account: str, settings: VoiceAccount, texts: Translator) -> None:
        super().__init__(account)
        self._settings, self._texts = settings, SpokenTranslator(texts)
        self.countries = settings.countries
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
            if "row" in given:
                return self._of_our_call(form, given)
            return self._answered(form, given)
        except ValueError:
            return WebhookResult([Ignored(UNREADABLE)], WebhookResponse(status=400))

    def _answered(self, form: Form, given: dict[str, str]) -> WebhookResult:
        """Return the turn of a request in a call. Raises ValueError."""
        call, place = form.only("CallSid"), int(given.get("n", "0"))
        said: dict[str, Any] = {"message_id": f"{call}.{place}"}
        if "row" in given:
            said |= {"tells": int(given["row"]), "language": given["language"]}
        elif form.only("CallStatus") in ENDED:
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
        is_ours = form.first("Direction").startswith("outbound")
        caller = _caller(form.first("To" if is_ours else "From"))
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

    def _of_our_call(self, form: Form, given: dict[str, str]) -> WebhookResult:
        """Return what a request says of a call of ours, or the turn that it begins.

        Raises ValueError.
        """
        call, row, number = form.only("CallSid"), int(given["row"]), form.first("To")
        if "n" not in given:
            return self._report(form, call, row)
        writer, language = Writer(self._texts, self._voices, self.url), given["language"]
        if language not in LOCALES:
            raise ValueError("an unknown language")
        match form.first("Digits"):
            case key if key == MINE:
                told = Receipt(number, call, "delivered", row=row)
                turn = self._answered(form, given)
                return replace(turn, events=[told, *turn.events])
            case key if key == NOT_MINE:
                failed = Receipt(
                    number, call, "failed", "a wrong number", unreachable=True, row=row
                )
                return WebhookResult([failed], _twiml(writer.wrong_number(language)))
            case _:
                return WebhookResult(response=_twiml(writer.ask_again(row, language)))

    def _report(self, form: Form, call: str, row: int) -> WebhookResult:
        """Return what has become of a call of ours, or who answers it. Raises ValueError."""
        answered_by = form.first("AnsweredBy")
        status = form.first("CallStatus") if "CallStatus" in form else form.only("AnsweredBy")
        if status == "completed":
            return self._answered(form, {})
        if status in UNANSWERED:
            return WebhookResult([Receipt("", call, "unanswered", status, row=row)])
        if answered_by.startswith(("machine", "fax")):
            why = "answered by a machine"
            return WebhookResult([Receipt("", call, "unanswered", why, row=row)])
        return WebhookResult([])

    def render(self, reply: Reply) -> RenderedCall:
        """Return the TwiML of what is told in a call of ours. Raises DeliveryError."""
        if self.public_address is None or reply.call is None:
            raise DeliveryError("no address for what is answered", for_good=True)
        writer = Writer(self._texts, self._voices, self.url)
        return RenderedCall(reply.call.row, writer.call(reply.call, reply.language))

    @asynccontextmanager
    async def connect(self) -> AsyncIterator[Send]:
        """Give `send`, which calls, on threads, for the SDK waits for its answers."""
        client = client_of(self._settings.user, self._key, self._settings.api_url)
        threads = ThreadPoolExecutor(THREADS, "twilio")

        async def send(number: str, call: RenderedCall, _replaces: str | None) -> str | None:
            if not may_be_called_by(self._settings.countries, number):
                raise DeliveryError("not a number that is called", for_good=True)
            given = self._parameters(number, call)
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(threads, _create, client, given)

        try:
            yield send
        finally:
            threads.shutdown(wait=False, cancel_futures=True)

    def _parameters(self, number: str, call: RenderedCall) -> dict[str, Any]:
        reports = f"{self.url}?row={call.row}"
        return {
            "to": number,
            "from_": self._settings.number,
            "twiml": call.twiml,
            "timeout": RING_SECONDS,
            "status_callback": reports,
            "machine_detection": "Enable",
            "async_amd": "true",  # else it speaks only after up to 30 seconds
            "async_amd_status_callback": reports,
        }

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


def _create(client: Client, given: dict[str, Any]) -> str | None:
    """Have Twilio call; return the call's id. Raises DeliveryError, with codes only."""
    try:
        sid: str | None = client.calls.create(**given).sid
        return sid
    except ERRORS as error:
        failure = failure_of(error, UNREACHABLE, FOR_GOOD)
    raise failure  # outside, for the error has the number


def _caller(number: str) -> str:
    """Return the number that calls; "" where it is hidden, or none that could be called back."""
    try:
        parsed = phonenumbers.parse(number)
    except NumberParseException:
        return ""
    is_right = phonenumbers.is_valid_number(parsed)
    return number if is_right and phonenumbers.number_type(parsed) not in COSTLY else ""
