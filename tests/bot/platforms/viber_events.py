"""Events as Viber sends them, by what they are; the people in them are invented.

The shapes are those of https://developers.viber.com/docs/api/rest-bot-api/#callbacks.
"""

from typing import Any

MARIA = "01234567890A="
WHO = {
    "id": MARIA,
    "name": "Μαρία",
    "avatar": "http://avatar.example.com",
    "country": "GR",
    "language": "el",
    "api_version": 10,
}
AT = 1_790_000_000_000
TOKEN = 4912661846655238145


def message(said: dict[str, Any], **more: Any) -> dict[str, Any]:
    """One of Maria's to the bot."""
    event = {"event": "message", "timestamp": AT, "message_token": TOKEN}
    return {**event, "sender": WHO, "message": said, "silent": False, **more}


def text(said: str, **more: Any) -> dict[str, Any]:
    """One that she typed, or that a button sent."""
    return message({"type": "text", "text": said}, **more)


def contact(phone: str = "306912345678") -> dict[str, Any]:
    """A contact that she shared."""
    return message({"type": "contact", "contact": {"name": "Μαρία", "phone_number": phone}})


def media(kind: str, **more: Any) -> dict[str, Any]:
    """A picture, a video or a file."""
    return message({"type": kind, "media": "http://www.images.com/img.jpg", **more})


def started(context: str | None = None, **more: Any) -> dict[str, Any]:
    """She opened the chat, perhaps by a link."""
    event: dict[str, Any] = {"event": "conversation_started", "timestamp": AT, "type": "open"}
    by_link = {"context": context} if context is not None else {}
    token = {"message_token": TOKEN}
    return {**event, **token, "user": WHO, "subscribed": False, **by_link, **more}


def receipt(status: str, number: int = 7, who: str = MARIA) -> dict[str, Any]:
    """What became of one of our messages."""
    event = {"event": status, "timestamp": AT, "message_token": number, "user_id": who}
    return event | ({"desc": "failure description"} if status == "failed" else {})


def subscribed() -> dict[str, Any]:
    """She wants to be written to."""
    return {"event": "subscribed", "timestamp": AT, "user": WHO, "message_token": TOKEN}


def unsubscribed() -> dict[str, Any]:
    """She doesn't any more."""
    return {"event": "unsubscribed", "timestamp": AT, "user_id": MARIA, "message_token": TOKEN}


ASKED = {
    "event": "webhook",
    "timestamp": AT,
    "message_token": 241256543215,
    "chat_hostname": "SN-CHAT-01_",
}
"""Viber asks whether we are there, as the webhook is set."""
