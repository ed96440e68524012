"""The web chat's page: the same conversation as POST /chat/turns, with and without scripts."""

from collections.abc import Sequence
from typing import Annotated, Any
from uuid import uuid4

from fastapi import APIRouter, Form, HTTPException, Query, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, Field, ValidationError
from sqlalchemy.orm import Session

from bot.bootstrap import Application
from bot.context import AlreadyBegun, UnknownConversation
from bot.i18n.timezones import zone_names
from bot.messages import Inbound, Reply, Sender
from bot.platforms import webchat
from bot.turn import forget, receive
from bot.views import inbox
from bot.views.transcript import ConversationView, Entry, view
from webhooks.language import language_wanted
from webhooks.network import network
from webhooks.paths import ROOTS
from webhooks.web.html import START, Renderer
from webhooks.web.urls import ChatPage, Here, check_origin


class ChatForm(BaseModel):
    """What a form of the page sends.

    `page` is the mark of the page that the form stands on, where its answer depends on that;
    `last` the newest entry of the talk that it shows, with scripts.
    """

    message_id: str = ""
    text: str | None = None
    choice: str | None = None
    timezone: str = ""
    page: str | None = None
    last: int = Field(default=0, ge=0, lt=2**63)


BEGAN = "began"
"""In the address after a conversation's first answer, to see whether its cookie came back."""

HELLO = {"text": START, "choice": None}


def routes(application: Application, renderer: Renderer) -> APIRouter:
    """Return the page of all municipalities, and that of each; by itself, and framed."""
    router = APIRouter(include_in_schema=False)
    page = Page(application, renderer)
    for root in ROOTS:
        router.api_route(root or "/", methods=["GET", "HEAD"])(page.show)
        router.post(root or "/")(page.say)
        router.get(f"{root}/later")(page.later)
        router.post(f"{root}/forget")(page.forget)
    return router


class Page:
    """Shows a conversation and takes what is said in it. Its token lives in a cookie."""

    def __init__(self, application: Application, renderer: Renderer) -> None:
        self._wiring = application
        self._renderer = renderer

    async def show(self, request: Request, here: Here) -> Response:
        """Show the conversation so far, or what one would begin with."""
        await self._check_home(here.home)
        token = here.token(request)
        began = BEGAN in request.query_params
        if began and token:
            return RedirectResponse(f"{here.path}#new", 303)
        seen = await self._see(request, token) if token else None
        if token and seen and not seen.asked:  # so long ago that it is forgotten
            await self._wiring.handle_message(
                self._inbound(request, here, token, ChatForm(text=START))[1]
            )
            seen = await self._see(request, token)
        if token and seen:
            mark = self._mark(token)
        else:
            opening = self._inbound(request, here, None, ChatForm(text=START))[1]
            seen = ConversationView([Entry(0, None, await self._wiring.dry_run(opening))], [])
            mark = self._new(seen.talk[0].replies)
        # It has begun, and yet no cookie came: the browser keeps none.
        return self._renderer.page(here, seen, mark, forgetful=began)

    async def say(
        self, request: Request, here: Here, said: Annotated[ChatForm, Form()]
    ) -> Response:
        """Take a message; answer with what is new for a script, else with the page.

        One from a page of another conversation isn't taken: it would answer another question.
        """
        check_origin(request)
        await self._check_home(here.home)
        begins = said.model_copy(update={"message_id": said.message_id or str(uuid4())})
        said = begins.model_copy(update={"message_id": f"{begins.message_id} said"})
        token, begun, seen = here.token(request), False, None
        scripts = "hx-request" in request.headers
        try:
            if token is None:
                raise UnknownConversation
            if said.page in (None, self._mark(token)):
                seen = await self._answer(request, here, token, said, look_too=scripts)
        except UnknownConversation:
            begun = True
            token, opening = await self._begin(request, here, begins)
            if said.page in (None, self._new(opening)):
                seen = await self._answer(request, here, token, said, look_too=scripts)
        address = f"{here.path}?{BEGAN}" if begun else here.path
        response: Response
        if not scripts:
            response = RedirectResponse(f"{address}#new", 303)
        elif seen is None and begun:
            response = Response(headers={"HX-Redirect": address})
        else:
            last = None if begun else said.last
            response = self._news(request, here, seen, last, self._mark(token))
        here.remember(request, response, token)
        return response

    async def later(
        self, request: Request, here: Here, after: Annotated[int, Query(ge=0, lt=2**63)] = 0
    ) -> Response:
        """Give what is newer than the entry numbered `after`, to a page that has the rest."""
        token = here.token(request) or ""
        seen = await self._see(request, token, after - 1) if token else None
        return self._news(request, here, seen, after, self._mark(token))

    def _news(
        self,
        request: Request,
        here: ChatPage,
        seen: ConversationView | None,
        last: int | None,
        mark: str,
    ) -> Response:
        """Return what is newer than the page's last entry; or have the whole page loaded again.

        It isn't where what the page shows was erased since, nor where its language has changed.
        `last` is None for a page that has the greeting only, which is the first entry seen.
        """
        if seen is None or not seen.talk or last not in (None, seen.talk[0].number):
            return Response(headers={"HX-Refresh": "true"})
        del seen.talk[:1]  # the page has it: its last, or the greeting
        if not seen.talk:
            return Response(status_code=204)
        language = seen.talk[-1].replies[-1].language
        if language != request.headers.get("x-language"):
            return Response(headers={"HX-Refresh": "true"})
        return self._renderer.turn(here, seen, mark, language)

    async def forget(self, request: Request, here: Here) -> Response:
        """End the conversation on this device: what was said is erased, the cookie too."""
        check_origin(request)
        if token := here.token(request):
            sender = self._sender(request, token)
            await self._wiring.database.write(lambda s: forget(s, self._wiring.services, sender))
        response = RedirectResponse(here.path, 303)
        here.forget(request, response)
        return response

    def _mark(self, token: str) -> str:
        """Return what tells a conversation's pages from another's, and says nothing else of it."""
        return self._wiring.services.registry.keyed_hash(f"page {token}")[:16]

    def _new(self, opening: Sequence[Reply]) -> str:
        """Return the mark of a page that has the greeting only: what its buttons stand for."""
        offered = [(choice.id, choice.label) for choice in opening[-1].choices]
        return self._wiring.services.registry.keyed_hash(f"new {offered}")[:16]

    async def _begin(
        self, request: Request, here: ChatPage, said: ChatForm
    ) -> tuple[str, list[Reply]]:
        """Begin a conversation; the same first message again finds the one it began."""
        token, opening = self._inbound(request, here, None, said.model_copy(update=HELLO))
        try:
            return token, await self._wiring.handle_message(opening)
        except AlreadyBegun:
            anew = {**HELLO, "message_id": str(uuid4())}
            token, opening = self._inbound(request, here, None, said.model_copy(update=anew))
            return token, await self._wiring.handle_message(opening)

    async def _answer(
        self, request: Request, here: ChatPage, token: str, said: ChatForm, *, look_too: bool
    ) -> ConversationView | None:
        """Answer a message, and see what the page doesn't show yet, in one transaction."""
        services, inbound = self._wiring.services, self._inbound(request, here, token, said)[1]

        def run(session: Session) -> ConversationView | None:
            receive(session, services, inbound)
            return view(session, services, inbound, said.last - 1) if look_too else None

        with self._wiring.metrics.turn(inbound.platform):
            return await self._wiring.database.write(run)

    def _inbound(
        self, request: Request, here: ChatPage, token: str | None, said: ChatForm
    ) -> tuple[str, Inbound]:
        turn: dict[str, Any] = {
            "conversation": token,
            "message_id": said.message_id or str(uuid4()),
            "choice": said.choice,
            "text": said.text if said.choice is None else None,
            "timezone": said.timezone if said.timezone in zone_names() else None,
        }
        if turn["choice"] is None and turn["text"] is None:
            turn["text"] = ""
        if token is None:
            turn["language"] = language_wanted(request.headers)
        try:
            asked = webchat.TurnRequest.model_validate(turn)
        except ValidationError:
            raise HTTPException(422, "The form isn't one of this page.") from None
        address = network(request.client.host) if request.client else None
        token, inbound = webchat.parse(asked, self._wiring.services.registry, address)
        return token, inbound.model_copy(update={"municipality_id": here.home})

    def _sender(self, request: Request, token: str) -> Sender:
        address = network(request.client.host) if request.client else None
        return webchat.sender(token, self._wiring.services.registry, address)

    async def _see(self, request: Request, token: str, after: int = 0) -> ConversationView | None:
        """See the conversation, with what is owed to it fetched."""
        application, sender = self._wiring, self._sender(request, token)

        def see(session: Session) -> tuple[ConversationView | None, bool]:
            seen = view(session, application.services, sender, after)
            if seen is None:
                return None, False
            now, number = application.services.clock(), seen.conversation
            return seen, inbox.pending_news(session, [number], now)[number][1]

        seen, owed = await application.database.read(see)
        if owed:
            await application.database.write(lambda s: inbox.fetch(s, application.services, sender))
            seen, _none = await application.database.read(see)
        return seen

    async def _check_home(self, home: str | None) -> None:
        registry = self._wiring.services.registry
        if home is None or home in registry:
            return
        await self._wiring.database.read(registry.refresh)
        if home not in registry:
            raise HTTPException(404, "No municipality has that name here.")
