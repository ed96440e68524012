"""The web chat's page, with and without scripts: the conversation of POST /chat/turns."""

from collections.abc import Sequence
from functools import partial
from typing import Annotated, Any
from uuid import uuid4

from fastapi import APIRouter, Form, HTTPException, Query, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, Field, ValidationError
from sqlalchemy.orm import Session

from bot.bootstrap import Application
from bot.browsers import unite
from bot.context import AlreadyBegun, UnknownConversation
from bot.messages import Inbound, Reply, Sender
from bot.platforms import webchat
from bot.turn import forget, receive
from bot.views import inbox
from bot.views.transcript import ConversationView, Entry, view
from dialogs.deep_links import BOOK_PREFIX
from webhooks.language import language_wanted
from webhooks.middleware.request_limits import RequestLimits
from webhooks.network import client_network
from webhooks.web.greeting import Greetings
from webhooks.web.html import START, Renderer
from webhooks.web.urls import ChatPage, Here, add_roots, check_origin, limited_router


class ChatForm(BaseModel):
    """The fields of the page's forms.

    `page` is the token of the page that has the form, where the answer depends on the page.
    `last` is the number of the newest entry that the page shows; scripts send it.
    """

    message_id: str = ""
    text: str | None = None
    choice: str | None = None
    timezone: str = ""
    page: str | None = None
    last: int = Field(default=0, ge=0, lt=2**63)


BEGAN = "began"
"""The query parameter after a conversation's first answer, to see whether its cookie was kept."""

OPENING = {"text": START, "choice": None}


def routes(application: Application, renderer: Renderer, limits: RequestLimits) -> APIRouter:
    """Return the routes of the page of all municipalities and of each one's; framed or not."""
    router = limited_router(limits)
    page = Page(application, renderer)
    router.api_route("/", methods=["GET", "HEAD"])(page.show)
    router.post("/")(page.post)
    router.get("/later")(page.newer)
    router.post("/forget")(page.forget)
    return add_roots(router)


class Page:
    """Shows a conversation and answers its messages. A cookie holds the conversation's token."""

    def __init__(self, application: Application, renderer: Renderer) -> None:
        self._application = application
        self._services, self._database = application.services, application.database
        self._renderer = renderer
        self._greetings = Greetings(application)

    async def show(self, request: Request, here: Here) -> Response:
        """Return the page with the conversation so far, or with a greeting that isn't stored."""
        await self._check_municipality(here.municipality_id)
        token = await self._joined(request, here)
        response = await self._show(request, here, token)
        here.replace_former(request, response, token)
        return response

    async def _joined(self, request: Request, here: ChatPage) -> str | None:
        """Return the token of the browser's conversation; join those of former cookies to it.

        The token that is kept is the one cookie's, or else a new one: another site of the same
        domain may have set a former cookie, and must not see what is said from now on. None where
        there is no conversation.
        """
        tokens, services = here.tokens(request), self._services
        own = here.own_token(request)
        if tokens in ([], [own]):
            return own
        kept = own or webchat.new_token()
        senders = [self._sender(request, each) for each in dict.fromkeys([kept, *tokens])]
        found = await self._database.write(lambda s: unite(s, services, senders))
        return own or (kept if found else None)

    async def _show(self, request: Request, here: ChatPage, token: str | None) -> Response:
        began = BEGAN in request.query_params
        if began and token:
            return RedirectResponse(f"{here.path}#new", 303)
        seen = await self._view(request, token) if token else None
        if token and seen:
            link = _link(here, seen)
            if link or not seen.asked:  # its question has been erased since
                inbound = self._inbound(request, here, token, ChatForm(text=START))[1]
                if link:
                    inbound = inbound.model_copy(update={"text": None, "link": link})
                await self._application.handle_message(inbound)
                seen = await self._view(request, token)
        if token and seen:
            page_token = self._page_token(token)
        else:
            opening = self._inbound(request, here, None, ChatForm(text=START))[1]
            greeting = await self._greetings.replies(opening)
            seen = ConversationView([Entry(0, None, greeting)], [], choices=greeting[-1].choices)
            page_token = self._greeting_token(greeting)
        # Where a conversation has begun and yet no cookie came, the browser keeps none.
        return self._renderer.page(here, seen, page_token, cookies_refused=began)

    async def post(
        self, request: Request, here: Here, form: Annotated[ChatForm, Form()]
    ) -> Response:
        """Answer a message; return the newer part of the page to a script, else a redirect to it.

        A message from another conversation's page is ignored: it would answer another question.
        """
        check_origin(request)
        await self._check_municipality(here.municipality_id)
        first = form.model_copy(update={"message_id": form.message_id or str(uuid4())})
        form = first.model_copy(update={"message_id": f"{first.message_id} said"})
        token, is_new, seen = self._addressed(request, here, form), False, None
        scripts = "hx-request" in request.headers
        try:
            if token is None:
                raise UnknownConversation
            if form.page in (None, self._page_token(token)):
                seen = await self._answer(request, here, token, form, and_view=scripts)
            elif await self._view(request, token) is None:
                raise UnknownConversation
        except UnknownConversation:
            is_new = True
            token, opening = await self._begin_conversation(request, here, first)
            if form.page in (None, self._greeting_token(opening)):
                seen = await self._answer(request, here, token, form, and_view=scripts)
        address = f"{here.path}?{BEGAN}" if is_new else here.path
        response: Response
        if not scripts:
            response = RedirectResponse(f"{address}#new", 303)
        elif seen is None and is_new:
            response = Response(headers={"HX-Redirect": address})
        else:
            last = None if is_new else form.last
            response = self._newer(request, here, seen, last, self._page_token(token))
        if is_new or here.own_token(request) == token:
            here.remember(request, response, token)
        return response

    def _addressed(self, request: Request, here: ChatPage, form: ChatForm) -> str | None:
        """Return the token of the conversation that a form's page showed; else the browser's own.

        Another site of the same domain may set a former cookie, and none of the one cookie's.
        """
        sent = (token for token in here.tokens(request) if self._page_token(token) == form.page)
        return next(sent, None) or here.own_token(request) or here.token(request)

    async def newer(
        self, request: Request, here: Here, after: Annotated[int, Query(ge=0, lt=2**63)] = 0
    ) -> Response:
        """Return the part of the page that is newer than the entry numbered `after`."""
        token = here.token(request) or ""
        seen = await self._view(request, token, after - 1) if token else None
        return self._newer(request, here, seen, after, self._page_token(token))

    def _newer(
        self,
        request: Request,
        here: ChatPage,
        seen: ConversationView | None,
        last: int | None,
        page_token: str,
    ) -> Response:
        """Return the part of the page that is newer than the last entry that it shows.

        Where that entry was erased since, or the language has changed, return the header by which
        htmx loads the whole page. `last` is None where the page shows the greeting only, which is
        then the first entry of `seen`.
        """
        if seen is None or not seen.talk or last not in (None, seen.talk[0].number):
            return Response(headers={"HX-Refresh": "true"})
        del seen.talk[:1]  # the page shows it already
        if not seen.talk:
            return Response(status_code=204)
        language = seen.talk[-1].replies[-1].language
        if language != request.headers.get("x-language"):
            return Response(headers={"HX-Refresh": "true"})
        return self._renderer.turn(here, seen, page_token, language)

    async def forget(self, request: Request, here: Here) -> Response:
        """Erase the conversation and delete its cookie."""
        check_origin(request)
        for token in here.tokens(request):
            sender = self._sender(request, token)
            await self._database.write(partial(forget, services=self._services, sender=sender))
        response = RedirectResponse(here.path, 303)
        here.forget(request, response)
        return response

    def _page_token(self, token: str) -> str:
        """Return the token of a conversation's pages, from which its own can't be derived."""
        return self._services.registry.keyed_hash(f"page {token}")[:16]

    def _greeting_token(self, opening: Sequence[Reply]) -> str:
        """Return the token of a page that shows the greeting only, derived from its buttons."""
        offered = [(choice.id, choice.label) for choice in opening[-1].choices]
        return self._services.registry.keyed_hash(f"new {offered}")[:16]

    async def _begin_conversation(
        self, request: Request, here: ChatPage, form: ChatForm
    ) -> tuple[str, list[Reply]]:
        """Begin a conversation, or find the one that the same first message began."""
        token, opening = self._inbound(request, here, None, form.model_copy(update=OPENING))
        try:
            return token, await self._application.handle_message(opening)
        except AlreadyBegun:
            anew = {**OPENING, "message_id": str(uuid4())}
            token, opening = self._inbound(request, here, None, form.model_copy(update=anew))
            return token, await self._application.handle_message(opening)

    async def _answer(
        self, request: Request, here: ChatPage, token: str, form: ChatForm, *, and_view: bool
    ) -> ConversationView | None:
        """Answer a message; if `and_view`, return what the page doesn't show yet.

        Both in one transaction. Raises UnknownConversation.
        """
        inbound = self._inbound(request, here, token, form)[1]

        def run(session: Session) -> ConversationView | None:
            receive(session, self._services, inbound)
            return view(session, self._services, inbound, form.last - 1) if and_view else None

        with self._application.metrics.turn(inbound.platform):
            return await self._database.write(run)

    def _inbound(
        self, request: Request, here: ChatPage, token: str | None, form: ChatForm
    ) -> tuple[str, Inbound]:
        """Return the conversation's token, new where it is None, and the form's message."""
        turn: dict[str, Any] = {
            "conversation": token,
            "message_id": form.message_id or str(uuid4()),
            "choice": form.choice,
            "text": (form.text or "") if form.choice is None else None,
            "timezone": form.timezone or None,
        }
        if token is None:
            turn["language"] = language_wanted(request.headers)
        try:
            asked = webchat.TurnRequest.model_validate(turn)
        except ValidationError:
            raise HTTPException(422, "The form isn't one of this page.") from None
        source = self._network(request)
        token, inbound = webchat.parse(asked, self._services.registry, source)
        return token, inbound.model_copy(update={"municipality_id": here.municipality_id})

    def _sender(self, request: Request, token: str) -> Sender:
        return webchat.sender(token, self._services.registry, self._network(request))

    def _network(self, request: Request) -> str | None:
        return client_network(request, self._application.settings.exempt_addresses)

    async def _view(self, request: Request, token: str, after: int = 0) -> ConversationView | None:
        """Add the notifications due to a conversation, and return it; None where there is none."""
        services, sender = self._services, self._sender(request, token)

        def read(session: Session) -> tuple[ConversationView | None, bool]:
            seen = view(session, services, sender, after)
            if seen is None:
                return None, False
            now, number = services.clock(), seen.conversation
            return seen, inbox.pending_news(session, [number], now)[number][1]

        seen, is_due = await self._database.read(read)
        if is_due:
            await self._database.write(lambda s: inbox.fetch(s, services, sender))
            seen, _is_due = await self._database.read(read)
        return seen

    async def _check_municipality(self, municipality_id: str | None) -> None:
        registry = self._services.registry
        if municipality_id is None or municipality_id in registry:
            return
        await self._database.read(registry.refresh_without_lock)
        if municipality_id not in registry:
            raise HTTPException(404, "No municipality has that name here.")


def _link(here: ChatPage, seen: ConversationView) -> str | None:
    """Return the link that begins a booking of this page's municipality, if that is to be offered.

    It is where the browser comes from another page, on which it left a booking of another
    municipality: then it is asked whether to leave that one, once.
    """
    own = here.municipality_id
    comes = own is not None and seen.municipality_id != own
    return f"{BOOK_PREFIX}{own}" if comes and seen.is_booking and seen.booked_at != own else None
