"""A fake of Telegram's Bot API: keeps what arrives, checks it as Telegram does, fails on demand.

Shapes and limits are those of https://core.telegram.org/bots/api (sendMessage, editMessageText,
InlineKeyboardButton, ReplyParameters, ResponseParameters). Of the limits on how many messages are
taken, it has a group's: https://core.telegram.org/bots/faq.
"""

import itertools
import json
import math
import re
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.parser import BytesParser
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.fakes.http_server import Answer, AnswerFault, Request, listening

TOKEN = "110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw"  # noqa: S105 the documentation's own
USERNAME = "rantevou_bot"
DROPPED = Answer(0, None)
PORTS = (None, 80, 88, 443, 8443)
"""The ports that a webhook may have."""
TEXTS = frozenset(
    {
        "text",
        "url",
        "secret_token",
        "language_code",
        "description",
        "short_description",
        "callback_query_id",
        "document",
        "title",
        "address",
    }
)


def failure(status: int, description: str, **parameters: int) -> Answer:
    """Return an error in Telegram's format."""
    body: dict[str, Any] = {"ok": False, "error_code": status, "description": description}
    return Answer(status, body | ({"parameters": parameters} if parameters else {}))


BLOCKED = failure(403, "Forbidden: bot was blocked by the user")
KICKED = failure(403, "Forbidden: bot was kicked from the supergroup chat")
PER_MINUTE = 20
"""The messages and edits that a group takes from a bot in a minute."""
TOPIC_ERRORS = {
    "open": "",
    "closed": "TOPIC_CLOSED",
    "deleted": "message thread not found",
}
"""Telegram's error for a message to a topic, by its state."""

SENT = ("calls", "chats", "reached", "taken", "too_many", "timed")
"""What the server has of messages that it took."""


@dataclass
class TelegramServer:
    """Telegram's server, with its chats by their ids."""

    url: str = ""
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    """Method and arguments of every call that was accepted, except questions for its name."""
    chats: dict[int, dict[int, dict[str, Any]]] = field(default_factory=lambda: defaultdict(dict))
    """Text and markup of our messages as they are now, by chat and message id."""
    failures: dict[int | str, list[Answer]] = field(default_factory=lambda: defaultdict(list))
    """The responses to the next calls, by chat id, or by method for calls without a chat."""
    answer_faults: dict[int, list[AnswerFault]] = field(default_factory=lambda: defaultdict(list))
    """Faults in the answers to the next messages, by chat id; the messages are taken."""
    webhook: dict[str, Any] = field(default_factory=dict)
    waiting: list[dict[str, Any]] = field(default_factory=list)
    """The updates that polling returns."""
    reached: dict[int, list[float]] = field(default_factory=lambda: defaultdict(list))
    """The times at which we sent or edited messages, by chat, in time.perf_counter."""
    topics: dict[int, dict[int, str]] = field(default_factory=lambda: defaultdict(dict))
    """The state of each topic ("open", "closed", "deleted"), by chat."""
    migrated: dict[int, int] = field(default_factory=dict)
    """The new ids of groups that became supergroups."""
    kicked: set[int] = field(default_factory=set)
    """The groups that the bot was removed from."""
    clock: Callable[[], float] = time.monotonic
    """The seconds by which a group's messages a minute are counted."""
    taken: dict[int, list[float]] = field(default_factory=lambda: defaultdict(list))
    """The times of that clock at which a group took messages and edits."""
    too_many: int = 0
    """How often a group was written to more than it takes."""
    timed: list[tuple[float, str, dict[str, Any]]] = field(default_factory=list)
    """Messages and edits that were accepted, with their times by time.perf_counter."""
    clients: list[str] = field(default_factory=list)
    """The client that sent each of `timed`, as it names itself (User-Agent)."""
    slow: float = 0
    """Seconds that a response takes."""
    _numbers: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def buttons(self, chat: int) -> dict[str, str]:
        """Return the inline buttons of a chat: the data by label."""
        found: dict[str, str] = {}
        for message in self.chats[chat].values():
            for row in message["markup"].get("inline_keyboard", []):
                found |= {button["text"]: button["callback_data"] for button in row}
        return found

    def number(self) -> int:
        """Return the next message id; both sides share one count."""
        return next(self._numbers)

    def state(self) -> Any:
        """Return what it was sent, and the number of its next message."""
        return {name: getattr(self, name) for name in SENT}, self.number()

    def restore(self, state: Any) -> None:
        """Have been sent that, and nothing else."""
        sent, number = state
        vars(self).update(sent)
        self._numbers = itertools.count(number)

    def respond(self, request: Request) -> Answer:
        """Respond to a call."""
        if self.slow:
            time.sleep(self.slow)
        path = urlsplit(request.path).path
        token, _slash, method = path.removeprefix("/bot").partition("/")
        if token != TOKEN:
            return failure(401, "Unauthorized")
        given = _fields(request)
        if method == "getUpdates":
            return self._updates(given)
        if wrong := _setup_error(method, given):
            return failure(400, f"Bad Request: {wrong}")
        with self._lock:
            if failures := self.failures[given.get("chat_id", method)]:
                return failures.pop(0)
            if method in ("sendMessage", "editMessageText", "sendDocument", "sendVenue"):
                answer = self._message(method, given, request.headers.get("user-agent", ""))
                answer_faults = self.answer_faults[given["chat_id"]]
                return (
                    answer_faults.pop(0)(answer)
                    if answer_faults and answer.status == 200
                    else answer
                )
            if method != "getMe":
                self.calls.append((method, given))
        return Answer(200, {"ok": True, "result": self._known(method, given)})

    def _message(self, method: str, given: dict[str, Any], client: str = "") -> Answer:
        """Add or edit a message in a chat."""
        chat, number = self.chats[given["chat_id"]], given.get("message_id")
        shown = (given.get(name) for name in ("text", "document", "title"))
        given["text"] = str(next((each for each in shown if each), ""))
        if refused := self._group_error(given["chat_id"]):
            return refused
        topic, answered = given.get("message_thread_id"), given.get("reply_parameters", {})
        wrong = _edit_error(method, given, chat) or wrong_in(given)
        if topic is not None:
            state = self.topics[given["chat_id"]].get(topic, "deleted")
            wrong = wrong or TOPIC_ERRORS[state]
        answers = answered.get("message_id") if answered.get("message_id") in chat else None
        if answered and answers is None and not answered.get("allow_sending_without_reply"):
            wrong = wrong or "message to be replied not found"
        if wrong:
            return failure(400, f"Bad Request: {wrong}")
        self.calls.append((method, given))
        at = time.perf_counter()
        self.reached[given["chat_id"]].append(at)
        self.timed.append((at, method, given))
        self.clients.append(client)
        self.taken[given["chat_id"]].append(self.clock())
        number = number or self.number()
        chat[number] = {"text": given["text"], "markup": given.get("reply_markup", {})}
        if topic is not None:
            chat[number]["topic"] = topic
        if answers is not None:
            chat[number]["answers"] = answers
        message = {
            "message_id": number,
            "date": 1_790_000_000,
            "chat": {"id": given["chat_id"], "type": "private", "first_name": "Μαρία"},
            "text": given["text"],
        }
        return Answer(200, {"ok": True, "result": message})

    def _group_error(self, chat: int) -> Answer | None:
        """Return Telegram's error for a message to a group, whatever is in it."""
        if chat in self.kicked:
            return KICKED
        if chat in self.migrated:
            moved = {"migrate_to_chat_id": self.migrated[chat]}
            return failure(
                400, "Bad Request: group chat was upgraded to a supergroup chat", **moved
            )
        now = self.clock()
        recent = [at for at in self.taken[chat] if at > now - 60]
        if chat >= 0 or len(recent) < PER_MINUTE:
            return None
        self.too_many += 1
        wait = math.ceil(recent[-PER_MINUTE] + 60 - now)
        return failure(429, f"Too Many Requests: retry after {wait}", retry_after=wait)

    def _updates(self, given: dict[str, Any]) -> Answer:
        """Return the updates from the offset on; drop the earlier ones."""
        deadline = time.monotonic() + min(given.get("timeout", 0), 1)
        while True:
            with self._lock:
                if self.webhook.get("url"):
                    return failure(409, "Conflict: can't use getUpdates while webhook is active")
                if failures := self.failures["getUpdates"]:
                    return failures.pop(0)
                first = given.get("offset", 0)
                self.waiting = [each for each in self.waiting if each["update_id"] >= first]
                if self.waiting or time.monotonic() > deadline:
                    return Answer(200, {"ok": True, "result": self.waiting})
            time.sleep(0.01)

    def _known(self, method: str, given: dict[str, Any]) -> Any:
        """Return what Telegram knows of the bot, after a call that may change it."""
        if method == "getMe":
            return {"id": 110201543, "is_bot": True, "first_name": "Ραντεβού", "username": USERNAME}
        if method == "getWebhookInfo":
            nothing = {"url": "", "has_custom_certificate": False, "pending_update_count": 0}
            return nothing | self.webhook
        if method == "setWebhook":
            self.webhook = {"url": given["url"], "allowed_updates": given["allowed_updates"]}
        if method == "deleteWebhook":
            self.webhook = {}
        return True


def _fields(request: Request) -> dict[str, Any]:
    """Return the arguments of a call, from the query, a form or a multipart body."""
    kind = request.headers.get("content-type", "")
    if not kind.startswith("multipart/"):
        form = request.body.decode() or urlsplit(request.path).query
        fields = parse_qs(form, strict_parsing=bool(form))
        return {name: _value(name, values[0]) for name, values in fields.items()}
    whole = BytesParser().parsebytes(f"Content-Type: {kind}\r\n\r\n".encode() + request.body)
    found = {}
    for part in whole.walk():
        if not part.is_multipart():
            name = str(part.get_param("name", header="content-disposition"))
            if file := part.get_filename():
                found["file_name"] = file
            found[name] = _value(name, bytes(part.get_payload(decode=True)).decode())
    return found


def _value(name: str, text: str) -> Any:
    """Return a form field's value: what isn't text is JSON."""
    return text if name in TEXTS else json.loads(text)


def _edit_error(method: str, given: dict[str, Any], chat: dict[int, dict[str, Any]]) -> str:
    """Return Telegram's error for editing that message, or an empty text."""
    if method != "editMessageText":
        return ""
    old, markup = chat.get(given["message_id"]), given.get("reply_markup", {})
    if old is None:
        return "message to edit not found"
    if old["markup"] and "inline_keyboard" not in old["markup"]:
        return "message can't be edited"
    return "message is not modified" if old == {"text": given["text"], "markup": markup} else ""


def _setup_error(method: str, given: dict[str, Any]) -> str:
    """Return Telegram's error for the settings of a bot, or an empty text."""
    if method == "setWebhook":
        url = urlsplit(given["url"])
        if url.scheme != "https":
            return "bad webhook: An HTTPS URL must be provided for webhook"
        if url.port not in PORTS:
            return "bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443"
        if not re.fullmatch(r"[A-Za-z0-9_-]{1,256}", given["secret_token"]):
            return "secret token contains unallowed characters"
    if method == "setMyCommands":
        for command in given["commands"]:
            if not re.fullmatch(r"[a-z0-9_]{1,32}", command["command"]):
                return "BOT_COMMAND_INVALID"
            if not 1 <= len(command["description"]) <= 256:
                return "BOT_COMMAND_DESCRIPTION_INVALID"
    longest = {"setMyDescription": 512, "setMyShortDescription": 120}.get(method, 0)
    described = given.get("description") or given.get("short_description") or ""
    return "description is too long" if longest and len(described) > longest else ""


def wrong_in(given: dict[str, Any]) -> str:
    """Return Telegram's error for a message's text or buttons, or an empty text."""
    if not given["text"].strip():
        return "message text is empty"
    if len(given["text"].encode("utf-16-le")) // 2 > 4096:
        return "message is too long"
    for row in given.get("reply_markup", {}).get("inline_keyboard", []):
        if not 1 <= len(row) <= 8:
            return "BUTTON_COUNT_INVALID"
        for button in row:
            if not 1 <= len(button["callback_data"].encode()) <= 64:
                return "BUTTON_DATA_INVALID"
            if not button["text"]:
                return "button text is empty"
    return ""


@contextmanager
def telegram_server() -> Iterator[TelegramServer]:
    """Run the fake on a free port."""
    server = TelegramServer()
    with listening(server.respond) as server.url:
        yield server
