"""A fake of Twilio's API of messages: keeps what arrives, checks it, fails on demand, calls back.

Shapes are those of https://www.twilio.com/docs/messaging/api/message-resource, errors those of
https://www.twilio.com/docs/api/errors, signatures those of
https://www.twilio.com/docs/usage/webhooks/webhooks-security.
"""

import hashlib
import hmac
import re
import threading
import time
from base64 import b64decode, b64encode
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlencode

from bot.platforms.webhook import WebhookRequest
from tests.fakes.http_server import Answer, AnswerFault, Request, listening
from tests.fakes.twilio_openapi import violations

SID = "AC" + "0" * 32
TOKEN = "0123456789abcdef0123456789abcdef"  # noqa: S105 only the fake's
DROPPED = Answer(0, None)
HTML = Answer(503, b"<html><body>Service Unavailable</body></html>")
STOPS, RESUMES = {"STOP", "STOPALL", "CANCEL", "END", "QUIT"}, {"START", "YES", "UNSTOP"}
CALL_FIELDS = {
    *("To", "From", "Twiml", "Timeout", "StatusCallback", "MachineDetection", "AsyncAmd"),
    "AsyncAmdStatusCallback",
}
LONGEST_TWIML = 4000
FIELDS = {"To", "From", "MessagingServiceSid", "Body", "StatusCallback", "ValidityPeriod"}


def failure(code: int, status: int = 400) -> Answer:
    """Return an error in Twilio's format, whose words hold the number as Twilio's do."""
    more = f"https://www.twilio.com/docs/errors/{code}"
    message = "The 'To' number +306912345678 is refused."
    return Answer(status, {"code": code, "message": message, "more_info": more, "status": status})


def signature(url: str, form: Mapping[str, str], token: str = TOKEN) -> str:
    """Return the signature of a request by Twilio."""
    signed = url + "".join(f"{name}{form[name]}" for name in sorted(form))
    return b64encode(hmac.new(token.encode(), signed.encode(), hashlib.sha1).digest()).decode()


def callback(url: str, form: Mapping[str, str]) -> WebhookRequest:
    """Return a signed request to an address of ours."""
    headers = {"x-twilio-signature": signature(url, form)}
    return WebhookRequest("POST", url, headers, urlencode(form).encode())


@dataclass
class TwilioServer:
    """Twilio's server, with the texts by number."""

    url: str = ""
    texts: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    """Our texts to each number."""
    calls: list[dict[str, str]] = field(default_factory=list)
    """The parameters of each message that was taken."""
    sids: list[str] = field(default_factory=list)
    """The ids of messages and telephone calls that were taken."""
    placed: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    """The id and the parameters of each telephone call that was taken."""
    failures: dict[str, list[Answer]] = field(default_factory=lambda: defaultdict(list))
    """The responses to the next messages, by number."""
    answer_faults: dict[str, list[AnswerFault]] = field(default_factory=lambda: defaultdict(list))
    """Faults in the answers to the next messages, by number; the messages are taken."""
    violations: list[str] = field(default_factory=list)
    """What was called otherwise than Twilio's OpenAPI says, in words."""
    status: str = "active"
    """The account's."""
    blocked: set[str] = field(default_factory=set)
    """The numbers from which STOP came, until START does."""
    received: int = 0
    reached: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    """When each of our texts to a number came, by `time.perf_counter`."""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def respond(self, request: Request) -> Answer:
        """Respond to a call."""
        given = request.headers.get("authorization", "").removeprefix("Basic ")
        if b64decode(given).decode() != f"{SID}:{TOKEN}":
            return failure(20003, 401)
        form = dict(parse_qsl(request.body.decode(), keep_blank_values=True))
        if wrong := violations(request.method, request.path, form):
            self.violations += wrong
            return failure(20001)
        if request.path == f"/2010-04-01/Accounts/{SID}.json":
            return Answer(200, {"sid": SID, "status": self.status})
        is_call = request.path == f"/2010-04-01/Accounts/{SID}/Calls.json"
        if not is_call and request.path != f"/2010-04-01/Accounts/{SID}/Messages.json":
            return failure(20404, 404)
        with self._lock:
            if failures := self.failures[form["To"]]:
                return failures.pop(0)
            if is_call:
                return self._place(form)
            if form["To"] in self.blocked:
                return failure(21610)
            if code := wrong_in(form):
                return failure(code)
            self.reached[form["To"]].append(time.perf_counter())
            self.calls.append(form)
            self.texts[form["To"]].append(form["Body"])
            self.sids.append(f"SM{len(self.sids):032x}")
            taken = Answer(201, {"sid": self.sids[-1], "status": "queued", "to": form["To"]})
            faults = self.answer_faults[form["To"]]
            return faults.pop(0)(taken) if faults else taken

    def _place(self, form: dict[str, str]) -> Answer:
        if not re.fullmatch(r"\+[1-9]\d{6,14}", form["To"]):
            return failure(21211)
        if len(form.get("Twiml", "")) > LONGEST_TWIML or form.keys() - CALL_FIELDS:
            return failure(20001)
        self.sids.append(f"CA{len(self.sids):032x}")
        self.placed.append((self.sids[-1], form))
        taken = Answer(201, {"sid": self.sids[-1], "status": "queued", "to": form["To"]})
        faults = self.answer_faults[form["To"]]
        return faults.pop(0)(taken) if faults else taken

    def forward(self, url: str, body: str, number: str, **more: str) -> WebhookRequest:
        """Return the request with a text from a number; Twilio acts on some words itself, too."""
        word = body.strip().upper()
        if word in STOPS:
            self.blocked.add(number)
        elif word in RESUMES:
            self.blocked.discard(number)
        self.received += 1
        return callback(url, incoming(body, f"SM{number[-4:]}{self.received:028x}", number, **more))

    def report(self, status: str, error: int | None = None, number: int = -1) -> WebhookRequest:
        """Return the callback on a message that was taken, by default the last."""
        call = self.calls[number]
        form = {
            "AccountSid": SID,
            "MessageSid": self.sids[number],
            "MessageStatus": status,
            "To": call["To"],
            "From": call["From"],
            **({"ErrorCode": str(error)} if error else {}),
        }
        return callback(call["StatusCallback"], form)


def incoming(body: str, sid: str, number: str, **more: str) -> dict[str, str]:
    """Return the form of a text that came from a number."""
    return {
        "MessageSid": sid,
        "SmsStatus": "received",
        "From": number,
        "To": "+306900000000",
        "Body": body,
        "NumMedia": "0",
        **more,
    }


def wrong_in(form: Mapping[str, str]) -> int:
    """Return the error of a message's parameters; 0 for none."""
    if not re.fullmatch(r"\+[1-9]\d{6,14}", form["To"]):
        return 21211
    if not form.get("Body"):
        return 21602
    if len(form["Body"]) > 1600:
        return 21617
    if not {"From", "MessagingServiceSid"} & form.keys():
        return 21603
    if not 1 <= int(form.get("ValidityPeriod", 1)) <= 36_000 or form.keys() - FIELDS:
        return 20001
    return 0


@contextmanager
def twilio_server() -> Iterator[TwilioServer]:
    """Run the fake on a free port."""
    server = TwilioServer()
    with listening(server.respond) as server.url:
        yield server
