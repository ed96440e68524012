"""A talk by text message with a deployment, as Twilio's signed requests bring it."""

from dataclasses import dataclass
from typing import Any

from bot.i18n.translator import Translator
from bot.messages import Inbound, Reply
from bot.platforms.sms.adapter import Sms
from bot.platforms.sms.gsm import count_parts
from bot.platforms.sms.settings import SmsAccount
from bot.platforms.webhook import WebhookResult
from tests.conftest import Deployment, mark_replies_sent
from tests.fakes.twilio import SID, TOKEN, callback, incoming

ACCOUNT, NUMBER, MARIA = "sms:town", "+306900000000", "+306912345678"
PUBLIC = "https://rantevou.my-town.gr"
URL = f"{PUBLIC}/webhooks/sms/town"
SETTINGS = {"kind": "twilio", "from": NUMBER, "user": SID, "key": TOKEN, "two_way": True}


def two_way(texts: Translator, **settings: Any) -> Sms:
    """Return an account whose texts are answered."""
    account = Sms(ACCOUNT, SmsAccount.model_validate({**SETTINGS, **settings}), texts)
    account.public_address = PUBLIC
    return account


@dataclass
class TextTalk:
    """A talk by text message; `bodies` are our answers, as they are sent."""

    deployment: Deployment
    account: Sms
    number: str = MARIA
    sent: int = 0

    def __post_init__(self) -> None:
        self.deployment.connect({self.account.account: self.account})
        self.bodies: list[str] = []

    def parse(self, text: str) -> WebhookResult:
        """Return the result of the request with a text."""
        self.sent += 1
        sid = f"SM{self.number[-4:]}{self.sent:028x}"
        return self.account.parse(callback(URL, incoming(text, sid, self.number)))

    def say(self, text: str) -> str:
        """Send a text, when all before was delivered; return the answer."""
        inbound = self.parse(text).events[-1]
        assert isinstance(inbound, Inbound)
        return self.receive(inbound)

    def receive(self, inbound: Inbound) -> str:
        """Hand over a message; return the answer."""
        self.deployment.database.write_sync(mark_replies_sent)
        replies: list[Reply] = self.deployment.receive(inbound)
        bodies = [self.account.render(reply).body for reply in replies]
        assert len(bodies) <= 1, "a turn is answered by one text"
        self.bodies += bodies
        return "".join(bodies)

    @property
    def parts(self) -> list[int]:
        """Return the parts of our answers."""
        return [count_parts(body) for body in self.bodies]
