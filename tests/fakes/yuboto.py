"""A fake of Yuboto's Omni API: keeps the texts that arrive, fails on demand, reports by GET."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from bot.platforms.webhook import WebhookRequest
from tests.fakes.http_server import Answer, Request, listening

KEY = "QUJDREVGLTEyMzQtNTY3OC05MEFC"


def failure(code: int) -> Answer:
    """Return an error of the account."""
    return Answer(200, {"ErrorCode": code, "ErrorMessage": "refused", "Message": None})


def refusal(code: int) -> Answer:
    """Return an error of the number."""
    taken = {"id": None, "channel": "sms", "status": "Failed", "errorCode": code}
    return Answer(200, {"ErrorCode": 0, "ErrorMessage": None, "Message": [taken]})


@dataclass
class YubotoServer:
    """Yuboto's server, with what it was given."""

    url: str = ""
    calls: list[dict[str, Any]] = field(default_factory=list)
    failures: list[Answer] = field(default_factory=list)

    def respond(self, request: Request) -> Answer:
        """Respond to a call."""
        if request.headers.get("authorization") != f"Basic {KEY}":
            return Answer(401, b"")
        if self.failures:
            return self.failures.pop(0)
        given = json.loads(request.body)
        self.calls.append(given)
        number = given["contacts"][0]["phonenumber"]
        taken = {
            "id": f"guid-{len(self.calls)}",
            "channel": "sms",
            "phonenumber": number,
            "status": "Submitted",
            "errorCode": 0,
        }
        return Answer(200, {"ErrorCode": 0, "ErrorMessage": None, "Message": [taken]})

    def report(self, description: str) -> WebhookRequest:
        """Return the report on the last text."""
        given = self.calls[-1]
        query = {
            "sender": given["sms"]["sender"],
            "receiver": given["contacts"][0]["phonenumber"],
            "smsid": f"guid-{len(self.calls)}",
            "status": "1",
            "statusDescription": description,
            "dlrDate": "2026-12-01 10:00:00",
            "channel": "sms",
        }
        return WebhookRequest("GET", f"{given['callbackUrl']}?{urlencode(query)}", {}, b"")


@contextmanager
def yuboto_server() -> Iterator[YubotoServer]:
    """Run the fake on a free port."""
    server = YubotoServer()
    with listening(server.respond) as server.url:
        yield server
