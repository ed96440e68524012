"""Parses Viber's events: https://developers.viber.com/docs/api/rest-bot-api/#callbacks."""

import re
from typing import Any, Final

from pydantic import BaseModel

from bot.i18n.stated_language import stated_language
from bot.messages import Inbound
from bot.platforms.viber.keyboard import TAP
from bot.platforms.webhook import Event, Ignored, Reachability, Receipt

PLATFORM: Final = "viber"

EVENTS = ("delivered", "seen", "failed", "subscribed", "unsubscribed", "conversation_started")
"""The kinds of event that we ask Viber for; messages come anyway."""

KNOWN_EVENTS = ("message", "webhook", *EVENTS)

LOCAL_DIGITS = 10
"""The most digits of a Greek phone number without its country code."""


class _User(BaseModel):
    id: str
    language: str | None = None
    api_version: Any = None


class _Contact(BaseModel):
    phone_number: str | None = None


class _Message(BaseModel):
    type: str = ""
    text: str | None = None
    contact: _Contact | None = None


class _Kind(BaseModel):
    event: str


class _Event(_Kind):
    """A webhook's request; which parts it has depends on its kind."""

    timestamp: int
    message_token: int
    sender: _User | None = None
    user: _User | None = None
    user_id: str | None = None
    message: _Message | None = None
    context: str | None = None
    subscribed: bool = False
    desc: str | None = None


def parse_event(body: bytes, account: str, municipality: str | None) -> Event | None:
    """Return the event of a request's body; None where there is nothing to do. Raises ValueError.

    A message that is answered `reply_in_response` opens the chat, before its citizen has written.
    """
    kind = _Kind.model_validate_json(body).event
    if kind not in KNOWN_EVENTS:
        return Ignored(kind if re.fullmatch(r"\w{1,40}", kind) else "unknown")
    event = _Event.model_validate_json(body)

    def inbound(user: _User, **content: Any) -> Inbound:
        return Inbound(
            platform=PLATFORM,
            account=account,
            address=user.id,
            message_id=str(event.message_token),
            number=event.timestamp,
            number_is_time=True,
            written_at=event.timestamp / 1000,
            language=stated_language(user.language),
            app_version=user.api_version if isinstance(user.api_version, int) else None,
            municipality_id=municipality,
            **content,
        )

    match event:
        case _Event(event="message", sender=_User() as user, message=_Message() as message):
            return inbound(user, **_content(message))
        case _Event(event="conversation_started", user=_User() as user, subscribed=False):
            return inbound(user, link=event.context or None, reply_in_response=True)
        case _Event(event="conversation_started", user=_User() as user):
            # A subscriber has the last question in the chat, and can be sent messages.
            return inbound(user, link=event.context) if event.context else None
        case _Event(event="delivered" | "seen" | "failed" as status, user_id=str(address)):
            return Receipt(address, str(event.message_token), status, event.desc or "")
        case _Event(event="subscribed", user=_User() as user):
            return Reachability(user.id, reachable=True)
        case _Event(event="unsubscribed", user_id=str(address)):
            return Reachability(address, reachable=False)
        case _Event(event="webhook"):  # sent while the webhook is registered
            return None
    raise ValueError("a part is missing")


def _content(message: _Message) -> dict[str, Any]:
    """Return a message's content as fields of Inbound."""
    if message.type == "text" and message.text is not None:
        choice = message.text.removeprefix(TAP)
        return {"text": message.text} if choice == message.text else {"choice": choice}
    if message.type == "contact" and message.contact and (phone := message.contact.phone_number):
        digits = re.sub(r"[^+\d]", "", phone)
        # One's own has a country code without a plus; one of the address book may have neither.
        international = len(digits) > LOCAL_DIGITS and not digits.startswith(("+", "0"))
        return {"text": f"+{digits}" if international else digits}
    if message.text:  # the words under a picture
        return {"text": message.text, "with_file": True}
    return {"unread": "other"}
