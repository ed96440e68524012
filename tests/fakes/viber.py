"""A fake of Viber's REST API: keeps what arrives, checks it as Viber does, fails on demand.

Shapes and limits are those of https://developers.viber.com/docs/api/rest-bot-api/ (send_message,
set_webhook, get_account_info, error codes) and https://developers.viber.com/docs/tools/keyboards/;
twelve rows and 30 kB are those of https://developers.viber.com/docs/faq/.
"""

import hashlib
import hmac
import itertools
import json
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

import httpx
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    TypeAdapter,
    ValidationError,
)

from tests.fakes.http_server import Answer, AnswerFault, Request, listening

TOKEN = "445da6az1s345z78-dazcczb2542zv51a-e0vc5fva17480im9"  # noqa: S105 the documentation's own
NAME = "Ραντεβού"
DROPPED = Answer(0, None)
MAX_BYTES = 30_000
Colour = Annotated[str, StringConstraints(pattern=r"^#[0-9A-F]{6}$")]


def failure(status: int, message: str) -> Answer:
    """Return an error in Viber's format."""
    return Answer(200, {"status": status, "status_message": message})


BLOCKED = failure(7, "publicAccountBlocked")
NOT_SUBSCRIBED = failure(6, "notSubscribed")
TOO_MANY = failure(12, "tooManyRequests")
TOO_OLD = failure(13, "apiVersionNotSupported")


class _Shape(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class _Button(_Shape):
    Columns: int = Field(ge=1, le=6)
    Rows: int = Field(ge=1, le=2)
    Text: str = Field(min_length=1, max_length=250)
    TextSize: Literal["small", "regular", "large"]
    ActionType: Literal["reply", "open-url", "location-picker", "share-phone", "none"]
    ActionBody: str = Field(min_length=1)
    BgColor: Colour
    Silent: bool = False


class _Keyboard(_Shape):
    Type: Literal["keyboard"]
    DefaultHeight: bool
    Buttons: list[_Button] = Field(min_length=1)


class _Sender(_Shape):
    name: str = Field(min_length=1, max_length=28)


class _Location(_Shape):
    lat: float = Field(ge=-90, le=90)
    lon: float = Field(ge=-180, le=180)


class _Any(_Shape):
    receiver: str = ""
    sender: _Sender
    min_api_version: int
    keyboard: _Keyboard | None = None


class _TextMessage(_Any):
    type: Literal["text"]
    text: str = Field(min_length=1, max_length=7_000)


class _LocationMessage(_Any):
    type: Literal["location"]
    location: _Location


MESSAGE: TypeAdapter[_TextMessage | _LocationMessage] = TypeAdapter(
    Annotated[_TextMessage | _LocationMessage, Field(discriminator="type")]
)


def wrong_in(message: dict[str, Any]) -> str:
    """Return the error of Viber, or of its app, for a message; an empty text if there is none."""
    if len(json.dumps(message, ensure_ascii=False).encode()) > MAX_BYTES:
        return "larger than 30 kB"
    try:
        shaped = MESSAGE.validate_python(message)
    except ValidationError as error:
        return str(error)
    if shaped.keyboard is None:
        return ""
    rows, filled = 0, 0
    for button in shaped.keyboard.Buttons:
        filled += button.Columns
        if filled > 6:
            return "a row of more than six columns"
        if filled == 6:
            rows, filled = rows + button.Rows, 0
    if filled:
        return "a row that isn't filled"
    buttons, silent_since, phone_since = shaped.keyboard.Buttons, 6, 3
    if shaped.min_api_version < silent_since and any(each.Silent for each in buttons):
        return "a silent button for an app that is too old"
    shares = any(each.ActionType == "share-phone" for each in buttons)
    if shaped.min_api_version < phone_since and shares:
        return "a button that sends the phone number, for an app that is too old"
    return "more than twelve rows" if rows > 12 else ""


@dataclass
class ViberServer:
    """Viber's server, with its chats by user id."""

    url: str = ""
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    """Method and arguments of every call that was accepted."""
    chats: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    """Our texts in each chat."""
    keyboards: dict[str, dict[str, str]] = field(default_factory=lambda: defaultdict(dict))
    """The buttons of each chat: the text that is sent, by label."""
    tokens: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    """Viber's tokens of our messages in each chat."""
    failures: dict[str, list[Answer]] = field(default_factory=lambda: defaultdict(list))
    """The responses to the next messages, by user id; to other calls, by method."""
    answer_faults: dict[str, list[AnswerFault]] = field(default_factory=lambda: defaultdict(list))
    """Faults in the answers to the next messages, by user id; the messages are taken."""
    account: dict[str, Any] = field(default_factory=dict)
    reached: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    """The times at which we sent messages, by user id, in time.perf_counter."""
    api_versions: dict[str, int] = field(default_factory=lambda: defaultdict(lambda: 10))
    """The API version of each user's app."""
    serves: str = ""
    """The local URL behind the public address, which Viber calls before it accepts a webhook."""
    slow: float = 0
    """Seconds from a message's arrival to the response."""
    _numbers: "itertools.count[int]" = field(default_factory=lambda: itertools.count(5_000_000))
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def respond(self, request: Request) -> Answer:
        """Respond to a call."""
        answer = self._answer(request)
        if self.slow:
            time.sleep(self.slow)
        return answer

    def _answer(self, request: Request) -> Answer:
        if request.headers.get("x-viber-auth-token") != TOKEN:
            return failure(2, "invalidAuthToken")
        method, given = request.path.removeprefix("/pa/"), json.loads(request.body)
        if method == "set_webhook" and self.serves and not self._webhook_answers(given["url"]):
            return failure(1, "invalidUrl")
        with self._lock:
            if failures := self.failures[given.get("receiver", method)]:
                return failures.pop(0)
            if method == "send_message" and (wrong := wrong_in(given)):
                return failure(3, f"badData: {wrong}")
            if given.get("min_api_version", 1) > self.api_versions[given.get("receiver", "")]:
                return TOO_OLD
            if method != "get_account_info":  # which changes nothing, and is asked on the side
                self.calls.append((method, given))
            done = Answer(200, {"status": 0, "status_message": "ok", **self._done(method, given)})
            answer_faults = self.answer_faults[given.get("receiver", method)]
            return answer_faults.pop(0)(done) if answer_faults else done

    def take(self, receiver: str, message: dict[str, Any]) -> int:
        """Add a message of ours to a chat; return its token."""
        self.reached[receiver].append(time.perf_counter())
        self.chats[receiver].append(message.get("text") or json.dumps(message["location"]))
        if keyboard := message.get("keyboard"):
            self.keyboards[receiver] = {
                button["Text"]: button["ActionBody"]
                for button in keyboard["Buttons"]
                if button["ActionType"] == "reply"
            }
        number = next(self._numbers)
        self.tokens[receiver].append(number)
        return number

    def _webhook_answers(self, url: str) -> bool:
        """Return whether our server answers a signed event with status 200."""
        body = json.dumps({"event": "webhook", "timestamp": 1, "message_token": 2}).encode()
        signature = hmac.new(TOKEN.encode(), body, hashlib.sha256).hexdigest()
        headers = {"X-Viber-Content-Signature": signature}
        try:
            answer = httpx.post(self.serves + urlsplit(url).path, content=body, headers=headers)
        except httpx.HTTPError:
            return False
        return answer.status_code == 200

    def _done(self, method: str, given: dict[str, Any]) -> dict[str, Any]:
        if method == "send_message":
            return {"message_token": self.take(given["receiver"], given), "billing_status": 1}
        if method == "set_webhook":
            self.account = {"webhook": given["url"], "event_types": given["event_types"]}
            return {"event_types": given["event_types"]}
        return {"id": "pa:75346594275468546724", "name": NAME, "uri": "rantevou", **self.account}


@contextmanager
def viber_server() -> Iterator[ViberServer]:
    """Run the fake on a free port."""
    server = ViberServer()
    with listening(server.respond) as server.url:
        yield server
