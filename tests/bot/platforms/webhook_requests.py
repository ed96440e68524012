"""Requests as a platform's `parse` receives them."""

from collections.abc import Mapping

from bot.platforms.webhook import WebhookRequest


def post(headers: Mapping[str, str], body: bytes) -> WebhookRequest:
    return WebhookRequest("POST", "https://rantevou.example/webhooks/any/town", headers, body)
