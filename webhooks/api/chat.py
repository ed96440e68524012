"""POST /chat/turns: answers a message."""

from datetime import datetime
from typing import Any

from fastapi import APIRouter, HTTPException, Request

from bot.bootstrap import Application
from bot.context import AlreadyBegun, UnknownConversation
from bot.i18n.stated_language import stated_language
from bot.messages import Inbound, Reply
from bot.platforms import webchat
from bot.views import inbox
from webhooks.middleware.request_limits import RequestLimits
from webhooks.network import client_network

PROBLEM: dict[str, Any] = {"content": {"application/problem+json": {}}}


def routes(application: Application, limits: RequestLimits) -> APIRouter:
    """Return the web chat's routes."""
    router = APIRouter()

    async def _fetched(inbound: Inbound) -> tuple[list[Reply], datetime]:
        """Return what has come since the last message, of which a page would be told by itself.

        And the time until which what was fetched had been told before this message.
        """
        services, database = application.services, application.database
        now = services.clock()
        told, at, more = await database.read(
            lambda s: inbox.fetched_for(s, services, inbound, inbound.message_id)
        )
        if not more:
            return told, at or now
        return told + await database.write(lambda s: inbox.fetch(s, services, inbound)), at or now

    @router.post(
        "/chat/turns",
        response_model=webchat.TurnAnswer,
        summary="Say something, and get the replies",
        responses={
            404: {"description": "No conversation has that token", **PROBLEM},
            413: {"description": "The body is too long", **PROBLEM},
            422: {"description": "The body is wrong: `detail` says what to send", **PROBLEM},
            429: {"description": "Too many requests; see Retry-After", **PROBLEM},
            503: {"description": "Busy; see Retry-After, and send the same again", **PROBLEM},
        },
    )
    async def take_turn(body: webchat.TurnRequest, request: Request) -> dict[str, Any]:
        await limits.check_conversation(request, body.conversation)
        source = client_network(request, application.settings.exempt_addresses)
        # Later the header may be a proxy's or a library's: it would undo what was asked for.
        if body.language is None and body.conversation is None:
            stated = stated_language(request.headers.get("accept-language"))
            body = body.model_copy(update={"language": stated})
        token, inbound = webchat.parse(body, application.services.registry, source)
        fetched, came = await _fetched(inbound) if body.conversation else ([], None)
        try:
            try:
                replies = await application.handle_message(inbound, came)
            except AlreadyBegun:
                token, inbound = webchat.parse(
                    body, application.services.registry, source, anew=True
                )
                replies = await application.handle_message(inbound)
        except UnknownConversation:
            raise HTTPException(404, "No conversation has that token.") from None
        return webchat.render(token, [*fetched, *replies])

    return router
