"""An account that sends text messages as a platform."""

from bisect import bisect_right
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from importlib import import_module
from typing import Any, Final

import phonenumbers
from phonenumbers import NumberParseException

from bot.i18n.translator import Translator
from bot.messages import Inbound, Reply
from bot.platforms.base import CheckUp, Platform, Send
from bot.platforms.sms.gateway import Keyword, ReceivedText, SmsGateway, TextMessage
from bot.platforms.sms.gsm import count_parts, fold, unfold
from bot.platforms.sms.settings import SENDERS, SmsAccount
from bot.platforms.webhook import (
    UNREADABLE,
    Ignored,
    NotReceiving,
    Reachability,
    WebhookRequest,
    WebhookResponse,
    WebhookResult,
    webhook_url,
)
from core.errors import DeliveryError
from core.i18n import LANGUAGES, TextTemplate, _
from core.messaging.routes import MOBILE
from dialogs.engine.steps import Fitting
from dialogs.letter_commands import CAPITALS, SMALL_LETTERS
from dialogs.nlu.normalize import normalize

PLATFORM: Final = "sms"

MAX_PARTS = 10
"""The most parts of a text, which is cut off then. Twilio takes 1,600 characters."""

CUT_OFF = "..."

STOP = _("stop, stop sms, stop text messages, no more text messages")
RESUME = _("resume, resume text messages, text messages again")
STOPPED = _("We send you no more text messages. To get them again, write “resume”.")
RESUMED = _("You get text messages again.")


class Sms(Platform):
    """An account that sends text messages by a gateway, and is told what became of them."""

    has_secret_path = has_stop_word = True

    def __init__(self, account: str, settings: SmsAccount, texts: Translator) -> None:
        super().__init__(account)
        self._settings, self._texts, self.countries = settings, texts, settings.countries
        if settings.two_way:
            self.fitting = self._fitting
        self.gateway: SmsGateway = import_module(SENDERS[settings.kind]).Gateway(settings)

    @property
    def receipts_url(self) -> str | None:
        """Return the address to which the gateway sends receipts; None: it can't reach us."""
        if self.public_address is None:
            return None
        url = webhook_url(self.account, self.public_address)
        return "/".join(filter(None, (url, self.gateway.secret_path)))

    def parse(self, request: WebhookRequest) -> WebhookResult:
        """Return the receipt or the text of a request. Raises Unauthenticated, NotReceiving."""
        if self.receipts_url is None:
            raise NotReceiving
        try:
            found = self.gateway.read(request, self.receipts_url)
        except ValueError:
            return WebhookResult([Ignored(UNREADABLE)], WebhookResponse(status=400))
        if isinstance(found, ReceivedText):
            return self._received(found)
        return WebhookResult([found] if found else [])

    def _received(self, text: ReceivedText) -> WebhookResult:
        """Return the events of a text, and the answer to words that stop or resume messages.

        What comes from a number to which none may go is ignored.
        """
        number, body = text.number, unfold(text.body or "")
        try:
            self._check(number)
        except DeliveryError:
            return WebhookResult([Ignored("number not served")], self.gateway.response())
        if self.fitting is None:
            return WebhookResult([Ignored("text to a one-way number")], self.gateway.response())
        known, word = self.gateway.keyword(body), normalize(body)
        if known is Keyword.STOPS:
            return WebhookResult([Reachability(number, reachable=False)], self.gateway.response())
        if word in self._texts.words(STOP):
            return self._settled(number, word, False, STOPPED)
        if known is None and word in self._texts.words(RESUME):
            return self._settled(number, word, True, RESUMED)
        said: dict[str, Any] = {"unread": "picture"} if text.body is None else {"text": body}
        inbound = Inbound(
            platform=PLATFORM,
            account=self.account,
            address=number,
            message_id=text.id,
            from_phone=True,
            municipality_id=self._settings.municipality,
            unicode=self._alphabet_named(word),
            **said,
        )
        resumed = [Reachability(number, reachable=True)] if known is Keyword.RESUMES else []
        return WebhookResult([*resumed, inbound], self.gateway.response())

    def _alphabet_named(self, word: str) -> bool | None:
        """Return whether a text asks for Unicode or for capitals; None: for neither."""
        if word in self._texts.words(SMALL_LETTERS):
            return True
        return False if word in self._texts.words(CAPITALS) else None

    def _settled(
        self, number: str, word: str, reachable: bool, said: TextTemplate
    ) -> WebhookResult:
        """Return that a number is reachable from now on or not, with an answer that says so.

        In the language of the word that was written.
        """
        language = LANGUAGES[1 if word.isascii() else 0]
        answer = Reply(text=self._texts.say(said, language), payer=self._settings.municipality)
        return WebhookResult(
            [Reachability(number, reachable, answer)],
            self.gateway.response(),
            respond=lambda replies: self.gateway.response(self.render(replies[0]).body),
        )

    def render(self, reply: Reply) -> TextMessage:
        """Return the text of a reply, with numbered choices, in the account's alphabet."""
        text = "\n".join(filter(None, (reply.brief or reply.text, _choices(reply))))
        is_folded = self._settings.alphabet == "gsm" and not reply.unicode
        return TextMessage(_cut_off(fold(text) if is_folded else text), reply.valid_seconds)

    def _fitting(self, unicode: bool) -> Fitting:
        """Return what tells how many lines fit, for a reader of Unicode or of capitals."""
        is_gsm = self._settings.alphabet == "gsm" and not unicode

        def fitting(question: str, lines: Sequence[str], parts: int) -> int:
            def parts_of(length: int) -> int:
                text = "\n".join((question, *lines[:length]))
                return count_parts(fold(text) if is_gsm else text)

            return bisect_right(range(1, len(lines) + 1), parts, key=parts_of)

        return fitting

    def parts_of(self, reply: Reply) -> int:
        """Return how many parts a reply is sent in."""
        return count_parts(self.render(reply).body)

    @asynccontextmanager
    async def connect(self) -> AsyncIterator[Send]:
        """Give `send`, with connections that are made when it is first called."""
        async with self.gateway.connect() as send_text:

            async def send(address: str, text: TextMessage, _replaces: str | None) -> str | None:
                self._check(address)
                return await send_text(address, text, self.receipts_url)

            yield send

    def _check(self, number: str) -> None:
        """Raise DeliveryError where no text may go to a number: it isn't mobile, or abroad."""
        try:
            parsed = phonenumbers.parse(number)
        except NumberParseException:
            raise DeliveryError("not a number", for_good=True) from None
        if phonenumbers.number_type(parsed) not in MOBILE:
            raise DeliveryError("not a mobile number", for_good=True)
        if phonenumbers.region_code_for_number(parsed) not in self._settings.countries:
            raise DeliveryError("of a country to which no texts are sent", for_good=True)

    async def check_up(self, public_url: str | None) -> CheckUp:
        """Check what the gateway can be asked, and whether it can report to us."""
        found = await self.gateway.check_up()
        if public_url is None:
            unknown = "what isn't delivered stays unknown: RANTEVOU_PUBLIC_URL isn't set"
            return found._replace(to_do=(*found.to_do, unknown))
        if self._settings.two_way:
            url = webhook_url(self.account, public_url)
            receiving = f"at {self._settings.kind}, “A message comes in” must be POST to {url}"
            return found._replace(to_do=(*found.to_do, receiving))
        return found


def _choices(reply: Reply) -> str:
    """Return the numbered choices of a reply, days beside each other."""
    numbered = [f"{each.number} {each.label}" for each in reply.choices if each.number is not None]
    return (" " if reply.layout == "month" else "\n").join(numbered)


def _cut_off(text: str) -> str:
    if count_parts(text) <= MAX_PARTS:
        return text
    lengths = range(len(text))
    end = bisect_right(lengths, MAX_PARTS, key=lambda length: count_parts(text[:length])) - 1
    return text[: end - len(CUT_OFF)] + CUT_OFF
