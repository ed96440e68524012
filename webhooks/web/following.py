"""Deep links that a form of a page of ours begins in the browser's own chat, or in a new one."""

from typing import Any
from uuid import uuid4

from fastapi import HTTPException, Request
from fastapi.responses import RedirectResponse
from pydantic import ValidationError

from bot.bootstrap import Application
from bot.context import AlreadyBegun, UnknownConversation
from bot.platforms import webchat
from core.catalogue.registry import Registry
from core.i18n import Language
from webhooks.network import client_network
from webhooks.web.html import START
from webhooks.web.page import BEGAN
from webhooks.web.urls import ChatPage

PRIVATE = {
    "Referrer-Policy": "strict-origin",
    "X-Robots-Tag": "noindex",
    "Cache-Control": "no-store",
}
"""The headers of pages whose address has a token, which neither other pages nor an index may learn.

Without any referrer, browsers would name no origin with the page's own form either.
"""


def municipality_page(
    request: Request, registry: Registry, municipality_id: str | None
) -> ChatPage:
    """Return a municipality's page; that of all for None, and where it isn't offered any more."""
    own = municipality_id if municipality_id and municipality_id in registry else None
    return ChatPage(own, framed=False, root_path=request.scope["root_path"])


class LinkFollower:
    """Follows deep links in the chats of browsers."""

    def __init__(self, application: Application) -> None:
        self._application = application

    async def follow(
        self,
        request: Request,
        here: ChatPage,
        link: str,
        message_id: str,
        task: str,
        **stated: str,
    ) -> RedirectResponse:
        """Follow a link in the browser's conversation, or a new one, and redirect to its page.

        The same `message_id` with the same `task` changes nothing more. A new conversation has the
        language and time zone that are `stated`.
        """
        own = here.own_token(request)
        given = (request, here, link, task, stated)
        try:
            if own is None:
                raise UnknownConversation
            await self._follow(*given, message_id, own)
        except UnknownConversation:
            try:
                own = await self._follow(*given, message_id, None)
            except AlreadyBegun:  # the one that this form began is gone: another
                own = await self._follow(*given, "", None)
            response = RedirectResponse(f"{here.path}?{BEGAN}#new", 303, headers=PRIVATE)
            here.remember(request, response, own)
            return response
        return RedirectResponse(f"{here.path}#new", 303, headers=PRIVATE)

    async def _follow(
        self,
        request: Request,
        here: ChatPage,
        link: str,
        task: str,
        stated: dict[str, str],
        message_id: str,
        conversation: str | None,
    ) -> str:
        """Follow a link in a conversation, or in a new one; return its token.

        Raises UnknownConversation, AlreadyBegun.
        """
        given: dict[str, Any] = {"message_id": message_id or str(uuid4()), "text": START}
        try:
            asked = webchat.TurnRequest.model_validate({**given, "conversation": conversation})
        except ValidationError:
            raise HTTPException(422, "The form isn't one of this page.") from None
        application = self._application
        network = client_network(request, application.settings.exempt_addresses)
        token, inbound = webchat.parse(asked, application.services.registry, network)
        update: dict[str, Any] = {
            "message_id": f"{inbound.message_id} {task}",
            "text": None,
            "link": link,
            "municipality_id": here.municipality_id,
        }
        if conversation is None:
            update |= stated | {"language": Language(stated["language"])}
        await application.handle_message(inbound.model_copy(update=update))
        return token
