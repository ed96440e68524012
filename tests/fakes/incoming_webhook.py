"""A fake of Slack's and Mattermost's incoming webhooks: keeps what is posted, fails on demand.

Shapes and limits: https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks,
https://docs.slack.dev/messaging/formatting-message-text and
https://developers.mattermost.com/integrate/webhooks/incoming/; the errors of Mattermost are those
of `HandleIncomingWebhook` in its server.
"""

import html
import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.fakes.http_server import Answer, AnswerFault, Request, listening

HOOK = "T0AAAAAAA/B0BBBBBBB/c3VwZXJzZWNyZXQ"
"""The part of the address that must stay secret."""

OK = Answer(200, b"ok", {"content-type": "text/plain"})


def slack_error(status: int, word: str, **headers: str) -> Answer:
    """Return an error as Slack gives it: a word."""
    return Answer(status, word.encode(), headers)


def mattermost_error(status: int, name: str, **headers: str) -> Answer:
    """Return an error as Mattermost gives it, whose message names the webhook."""
    body = {
        "id": f"web.incoming_webhook.{name}.app_error",
        "message": f"Failed to handle the payload for incoming webhook {HOOK}",
        "detailed_error": "",
        "status_code": status,
    }
    return Answer(status, body, headers)


def as_slack_shows(text: str) -> str:
    """Return what is read at Slack, where nothing is formatted; mentions as “@”, links as “link”.

    `mrkdwn` must be false.
    """
    shown = re.sub(r"<[!@#][^>]*>", "@MENTION", text)
    shown = re.sub(r"<[^>]*>", "LINK", shown)
    return html.unescape(shown)


FORMATS = (
    r"^#{1,6} ", r"^\d+[.)] ", r"^[-+*] ", r"^>", r"^(-{3,}|_{3,}|\*{3,})$", r"^\|.*\|$",
    r"(?<!\\)([*_`~]{1,3})\S.*?(?<!\\)\1", r"(?<!\\)!?\[[^\]]*(?<!\\)\]\(",
)  # fmt: skip
"""What Mattermost formats, of https://docs.mattermost.com/end-user-guide/collaborate/format-messages.html."""


def as_mattermost_shows(text: str) -> str:
    """Return what is read at Mattermost; what is formatted or mentioned, in capitals."""
    text = re.sub(r"<!(channel|here|all)>", r"@\1", text)  # as for Slack
    text = re.sub(r"<(\w{26})>", r"@\1", text)
    text = re.sub(r"<([^<|]+)\|([^>]+)>", r"[\2](\1)", text)
    for pattern in FORMATS:
        text = re.sub(pattern, "FORMATTED", text, flags=re.MULTILINE)
    text = re.sub(r"(?<![\w\\])@\w+", "MENTION", text)
    return html.unescape(re.sub(r"\\([\\`*{}\[\]()#+\-.!_>~|])", r"\1", text))


@dataclass
class WebhookServer:
    """The server of one webhook."""

    refused: Callable[[int, str], Answer]
    """Returns an error in the platform's format."""
    longest: int
    texts: list[str] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)
    """The answers to the next posts, which then have no effect."""
    fault: AnswerFault | None = None
    """The fault in the answers to posts that take effect."""
    given: list[dict[str, Any]] = field(default_factory=list)
    url: str = ""
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def webhook(self) -> str:
        """Return the address of the webhook."""
        return f"{self.url}/services/{HOOK}"

    def respond(self, request: Request) -> Answer:
        """Answer a post."""
        with self.lock:
            if request.path != f"/services/{HOOK}":
                return self.refused(404, "no_team")
            if self.answers:
                return self.answers.pop(0)
            if not request.headers["content-type"].startswith("application/json"):
                return self.refused(400, "invalid_payload")
            given = json.loads(request.body)
            if not given.get("text") or len(given["text"]) > self.longest:
                return self.refused(400, "invalid_payload")
            self.given.append(given)
            self.texts.append(given["text"])
            return self.fault(OK) if self.fault else OK


@contextmanager
def webhook_server(
    refused: Callable[[int, str], Answer] = slack_error, longest: int = 40_000
) -> Iterator[WebhookServer]:
    """Run the server meanwhile."""
    server = WebhookServer(refused, longest)
    with listening(server.respond) as server.url:
        yield server
