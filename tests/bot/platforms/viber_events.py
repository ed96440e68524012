"""Events in Viber's format, with invented people.

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
    """Return Maria's message to the bot."""
    event = {"event": "message", "timestamp": AT, "message_token": TOKEN}
    return {**event, "sender": WHO, "message": said, "silent": False, **more}


def text(said: str, **more: Any) -> dict[str, Any]:
    """Return a text that she typed or that a button sent."""
    return message({"type": "text", "text": said}, **more)


def contact(phone: str = "306912345678") -> dict[str, Any]:
    """Return a contact that she shared."""
    return message({"type": "contact", "contact": {"name": "Μαρία", "phone_number": phone}})


def media(kind: str, **more: Any) -> dict[str, Any]:
    """Return a picture, a video or a file."""
    return message({"type": kind, "media": "http://www.images.com/img.jpg", **more})


def started(context: str | None = None, **more: Any) -> dict[str, Any]:
    """Return her opening of the chat, with the context of a link if given."""
    event: dict[str, Any] = {"event": "conversation_started", "timestamp": AT, "type": "open"}
    by_link = {"context": context} if context is not None else {}
    token = {"message_token": TOKEN}
    return {**event, **token, "user": WHO, "subscribed": False, **by_link, **more}


def receipt(status: str, number: int = 7, who: str = MARIA) -> dict[str, Any]:
    """Return a receipt of our message: delivered, seen or failed."""
    event = {"event": status, "timestamp": AT, "message_token": number, "user_id": who}
    return event | ({"desc": "failure description"} if status == "failed" else {})


def subscribed() -> dict[str, Any]:
    """Return her subscription."""
    return {"event": "subscribed", "timestamp": AT, "user": WHO, "message_token": TOKEN}


def unsubscribed() -> dict[str, Any]:
    """Return the end of her subscription."""
    return {"event": "unsubscribed", "timestamp": AT, "user_id": MARIA, "message_token": TOKEN}


ASKED = {
    "event": "webhook",
    "timestamp": AT,
    "message_token": 241256543215,
    "chat_hostname": "SN-CHAT-01_",
}
"""Viber's check of the webhook when it is set."""
