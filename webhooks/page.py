"""The web chat's page: the same conversation as POST /chat/turns, with and without scripts."""

from typing import Annotated, Any
from uuid import uuid4

from fastapi import APIRouter, Form, HTTPException, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, ValidationError
from sqlalchemy.orm import Session

from bot import later
from bot.conversation import AlreadyBegun, UnknownConversation, forget, receive
from bot.platforms import webchat
from bot.replies import Inbound
from bot.seen import Entry, Seen, look
from bot.wiring import Wiring, busy_told
from bot.zones import zone_names
from webhooks.apologies import language_wanted
from webhooks.limits import network
from webhooks.places import ROOTS, Here, Place, check_origin
from webhooks.rendering import START, Renderer


class Said(BaseModel):
    """What a form of the page sends. `last` is the newest entry of the talk that it shows."""

    message_id: str = ""
    text: str | None = None
    choice: str | None = None
    timezone: str = ""
    last: int = 0


BEGAN = "began"
"""In the address after a conversation's first answer, to see whether its cookie came back."""

HELLO = {"text": START, "choice": None}


def routes(wiring: Wiring) -> APIRouter:
    """The page of all municipalities, and that of each; by itself, and framed."""
    router = APIRouter(include_in_schema=False)
    page = Page(wiring)

    async def show(request: Request, here: Here) -> Response:
        return await page.show(request, here)

    async def say(request: Request, here: Here, said: Annotated[Said, Form()]) -> Response:
        return await page.say(request, here, said)

    async def new(request: Request, here: Here, after: int = 0) -> Response:
        return await page.later(request, here, after)

    async def forget_it(request: Request, here: Here) -> Response:
        return await page.forget(request, here)

    for root in ROOTS:
        router.get(root or "/")(show)
        router.post(root or "/")(say)
        router.get(f"{root}/later")(new)
        router.post(f"{root}/forget")(forget_it)
    return router


class Page:
    """Shows a conversation and takes what is said in it. Its token lives in a cookie."""

    def __init__(self, wiring: Wiring) -> None:
        self._wiring = wiring
        self._renderer = Renderer(wiring.house)

    async def show(self, request: Request, here: Place) -> Response:
        """Show the conversation so far, or what one would begin with."""
        await self._check_home(here.home)
        token = request.cookies.get(here.cookie)
        began = BEGAN in request.query_params
        if began and token:
            return RedirectResponse(f"{here.path}#ask", 303)
        seen = await self._see(request, here, token) if token else None
        if token and seen and not seen.asked:  # so long ago that it is forgotten
            await self._answer(request, here, token, Said(text=START))
            seen = await self._see(request, here, token)
        if seen is None:
            opening = self._inbound(request, here, None, Said(text=START))[1]
            seen = Seen([Entry(0, None, await self._wiring.rehearse(opening))], [])
        assert seen.asked  # noqa: S101 a turn always ends with a question
        # It has begun, and yet no cookie came: the browser keeps none.
        return self._renderer.page(request, here, seen, seen.asked, forgetful=began)

    async def say(self, request: Request, here: Place, said: Said) -> Response:
        """Take a message; answer with what is new for a script, else with the page."""
        check_origin(request)
        await self._check_home(here.home)
        begins = said.model_copy(update={"message_id": said.message_id or str(uuid4())})
        said = begins.model_copy(update={"message_id": f"{begins.message_id} said"})
        token, begun = request.cookies.get(here.cookie), False
        try:
            if token is None:
                raise UnknownConversation
            seen = await self._answer(request, here, token, said)
        except UnknownConversation:
            begun = True
            token = await self._begin(request, here, begins)
            seen = await self._answer(request, here, token, said)
        response: Response
        if "hx-request" not in request.headers:
            response = RedirectResponse(f"{here.path}{f'?{BEGAN}' if begun else ''}#ask", 303)
        elif begun and said.last:  # the cookie ran out, or is never kept
            response = Response(headers={"HX-Redirect": f"{here.path}?{BEGAN}"})
        elif not begun and not said.last:  # another window has begun
            response = _reload()
        else:
            response = self._news(request, here, seen, None if begun else said.last)
        here.remember(request, response, token)
        return response

    async def later(self, request: Request, here: Place, after: int) -> Response:
        """Give what is newer than the entry numbered `after`, to a page that has the rest."""
        token = request.cookies.get(here.cookie)
        seen = await self._see(request, here, token, after - 1) if token else None
        return self._news(request, here, seen, after)

    def _news(self, request: Request, here: Place, seen: Seen | None, last: int | None) -> Response:
        """What is newer than the page's last entry; all of the page, where that isn't so simple.

        It isn't where what the page shows was erased since, nor where its language has changed.
        `last` is None for a page that has the greeting only, which is the first entry seen.
        """
        if seen is None or not seen.talk or last not in (None, seen.talk[0].number):
            return _reload()
        del seen.talk[:1]  # the page has it: its last, or the greeting
        if not seen.talk:
            return Response(status_code=204)
        language = seen.talk[-1].replies[-1].language
        if language != request.headers.get("x-language"):
            return _reload()
        return self._renderer.turn(request, here, seen, language)

    async def forget(self, request: Request, here: Place) -> Response:
        """End the conversation on this device: what was said is erased, the cookie too."""
        check_origin(request)
        if token := request.cookies.get(here.cookie):
            inbound = self._inbound(request, here, token, Said(text=START))[1]
            await self._wiring.database.write(
                lambda session: forget(session, self._wiring.house, inbound)
            )
        response = RedirectResponse(here.path, 303)
        here.forget(request, response)
        return response

    async def _begin(self, request: Request, here: Place, said: Said) -> str:
        """Begin a conversation; the same first message again finds the one it began."""
        token, opening = self._inbound(request, here, None, said.model_copy(update=HELLO))
        try:
            await self._wiring.answer(opening)
        except AlreadyBegun:
            anew = {**HELLO, "message_id": str(uuid4())}
            token, opening = self._inbound(request, here, None, said.model_copy(update=anew))
            await self._wiring.answer(opening)
        return token

    async def _answer(self, request: Request, here: Place, token: str, said: Said) -> Seen | None:
        """Answer a message, and see what the page doesn't show yet, in one transaction."""
        house, inbound = self._wiring.house, self._inbound(request, here, token, said)[1]

        def run(session: Session) -> Seen | None:
            receive(session, house, inbound)
            return look(session, house, inbound, said.last - 1)

        with busy_told():
            return await self._wiring.database.write(run)

    def _inbound(
        self, request: Request, here: Place, token: str | None, said: Said
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
            turn["language"] = language_wanted(request.headers.get("accept-language", ""))
        try:
            asked = webchat.TurnRequest.model_validate(turn)
        except ValidationError:
            raise HTTPException(422, "The form isn't one of this page.") from None
        address = network(request.client.host) if request.client else None
        token, inbound = webchat.read(asked, self._wiring.house.office, address)
        return token, inbound.model_copy(update={"home": here.home})

    async def _see(self, request: Request, here: Place, token: str, after: int = 0) -> Seen | None:
        """See the conversation, with what is owed to it fetched."""
        wiring, inbound = self._wiring, self._inbound(request, here, token, Said(text=START))[1]

        def see(session: Session) -> tuple[Seen | None, bool]:
            seen = look(session, wiring.house, inbound, after)
            if seen is None:
                return None, False
            now, number = wiring.house.clock(), seen.conversation
            return seen, later.news(session, [number], now)[number][1]

        seen, owed = await wiring.database.read(see)
        if owed:
            await wiring.database.write(lambda s: later.fetch(s, wiring.house, inbound))
            seen, _none = await wiring.database.read(see)
        return seen

    async def _check_home(self, home: str | None) -> None:
        office = self._wiring.house.office
        if home is None or home in office:
            return
        await self._wiring.database.read(office.refresh)
        if home not in office:
            raise HTTPException(404, "No municipality has that name here.")


def _reload() -> Response:
    """Have the page loaded anew, for all of it changes."""
    return Response(headers={"HX-Refresh": "true"})
