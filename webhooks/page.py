"""The web chat's page: the same conversation as POST /chat/turns, with and without scripts."""

from calendar import Calendar
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from math import ceil
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit
from uuid import uuid4

from babel import Locale
from babel.dates import format_date, get_day_names
from fastapi import APIRouter, Form, HTTPException, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup
from pydantic import BaseModel, ValidationError
from sqlalchemy.orm import Session

from bot.conversation import AlreadyBegun, Seen, UnknownConversation, forget, look
from bot.platforms import webchat
from bot.replies import Inbound, Reply, ReplyChoice
from bot.wiring import Wiring
from bot.zones import zone_names
from core.text import Phrase, Text, _
from webhooks.apologies import language_wanted
from webhooks.limits import network

TEMPLATES = Path(__file__).parent / "templates"
COOKIE_SECONDS = 30 * 24 * 3600
START = "/start"
OTHER_LANGUAGE = {"el": "en", "en": "el"}

ATTRIBUTES: Mapping[str, str] = {
    "text": 'autocomplete="off"',
    "name": 'autocomplete="name"',
    "email": 'type="email" autocomplete="email" autocapitalize="off"',
    "phone": 'type="tel" autocomplete="tel"',
    "digits": 'inputmode="numeric" autocomplete="off"',
    "code": 'autocomplete="off" autocapitalize="characters" spellcheck="false"',
    "long": "",
}
"""What helps to type each kind of answer: the right keyboard, and what the browser knows."""

TITLE = _("Appointment with your municipality")
MORNING, AFTERNOON = _("In the morning"), _("In the afternoon")


def templates() -> Environment:
    """The pages' templates."""
    return Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )


class Said(BaseModel):
    """What a form of the page sends."""

    message_id: str = ""
    text: str | None = None
    choice: str | None = None
    timezone: str = ""


@dataclass(frozen=True)
class Bubble:
    """A message as the page shows it; `who` is citizen or bot."""

    who: str
    text: str


@dataclass(frozen=True)
class Day:
    """A field of the month's sheet; number 0 outside of the month."""

    number: int
    choice: ReplyChoice | None


def routes(wiring: Wiring) -> APIRouter:
    """The page of all municipalities, and that of each."""
    router = APIRouter(include_in_schema=False)
    page = Page(wiring)

    @router.get("/", response_class=HTMLResponse)
    async def show(request: Request) -> Response:
        return await page.show(request, None)

    @router.post("/forget", response_class=HTMLResponse)
    async def forget_it(request: Request) -> Response:
        return await page.forget(request, None)

    @router.post("/m/{municipality}/forget", response_class=HTMLResponse)
    async def forget_one(request: Request, municipality: str) -> Response:
        return await page.forget(request, municipality)

    @router.get("/m/{municipality}", response_class=HTMLResponse)
    async def show_one(request: Request, municipality: str) -> Response:
        return await page.show(request, municipality)

    @router.post("/", response_class=HTMLResponse)
    async def say(request: Request, said: Annotated[Said, Form()]) -> Response:
        return await page.say(request, None, said)

    @router.post("/m/{municipality}", response_class=HTMLResponse)
    async def say_to_one(
        request: Request, municipality: str, said: Annotated[Said, Form()]
    ) -> Response:
        return await page.say(request, municipality, said)

    return router


class Page:
    """Shows a conversation and takes what is said in it. Its token lives in a cookie."""

    def __init__(self, wiring: Wiring) -> None:
        self._wiring = wiring
        self._templates = templates()

    async def show(self, request: Request, home: str | None) -> Response:
        """Show the conversation so far, or what one would begin with."""
        await self._check_home(home)
        token = request.cookies.get(_cookie(home))
        seen = await self._look(request, home, token) if token else None
        if token and seen and not seen.talk:  # so long ago that it is forgotten
            await self._answer(request, home, token, Said(text=START))
            seen = await self._look(request, home, token)
        if seen is None:
            opening = self._inbound(request, home, None, Said(text=START))[1]
            seen = Seen([(None, await self._wiring.rehearse(opening))], [], None)
        bubbles = [bubble for said, replies in seen.talk for bubble in _bubbles(said, replies)]
        return self._rendered("page.html", request, home, bubbles, seen)

    async def say(self, request: Request, home: str | None, said: Said) -> Response:
        """Take a message; answer with what is new for a script, else with the page."""
        _check_origin(request)
        await self._check_home(home)
        begins = said.model_copy(update={"message_id": said.message_id or str(uuid4())})
        said = begins.model_copy(update={"message_id": f"{begins.message_id} said"})
        token = request.cookies.get(_cookie(home))
        try:
            if token is None:
                raise UnknownConversation
            replies = await self._answer(request, home, token, said)
        except UnknownConversation:
            token = await self._begin(request, home, begins)
            replies = await self._answer(request, home, token, said)
        response: Response
        if "hx-request" not in request.headers:
            response = RedirectResponse(f"{_path(home)}#ask", 303)
        elif not replies or replies[-1].language != request.headers.get("x-language"):
            # Erased since, for consent was withdrawn; or another language: all of the page changes.
            response = Response(headers={"HX-Refresh": "true"})
        else:
            seen = await self._look(request, home, token)
            assert seen  # noqa: S101 it has just answered
            bubbles = _bubbles(seen.talk[-1][0], replies)
            response = self._rendered("turn.html", request, home, bubbles, seen)
        response.set_cookie(
            _cookie(home),
            token,
            max_age=COOKIE_SECONDS,
            path=_path(home),
            secure=request.url.scheme == "https",
            httponly=True,
            samesite="lax",
        )
        return response

    async def forget(self, request: Request, home: str | None) -> Response:
        """End the conversation on this device: what was said is erased, the cookie too."""
        _check_origin(request)
        if token := request.cookies.get(_cookie(home)):
            inbound = self._inbound(request, home, token, Said(text=START))[1]
            await self._wiring.database.write(
                lambda session: forget(session, self._wiring.house, inbound)
            )
        response = RedirectResponse(_path(home), 303)
        response.delete_cookie(_cookie(home), path=_path(home))
        return response

    async def _begin(self, request: Request, home: str | None, said: Said) -> str:
        """Begin a conversation; the same first message again finds the one it began."""
        token, opening = self._inbound(request, home, None, said.model_copy(update=HELLO))
        try:
            await self._wiring.answer(opening)
        except AlreadyBegun:
            anew = {**HELLO, "message_id": str(uuid4())}
            token, opening = self._inbound(request, home, None, said.model_copy(update=anew))
            await self._wiring.answer(opening)
        return token

    async def _answer(
        self, request: Request, home: str | None, token: str, said: Said
    ) -> list[Reply]:
        return await self._wiring.answer(self._inbound(request, home, token, said)[1])

    def _inbound(
        self, request: Request, home: str | None, token: str | None, said: Said
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
        return token, inbound.model_copy(update={"home": home})

    async def _look(self, request: Request, home: str | None, token: str) -> Seen | None:
        inbound = self._inbound(request, home, token, Said(text=START))[1]
        return await self._wiring.database.read(
            lambda session: look(session, self._wiring.house, inbound)
        )

    async def _check_home(self, home: str | None) -> None:
        def known(session: Session) -> bool:
            office = self._wiring.house.office
            office.refresh(session)
            return home is None or home in office

        if not await self._wiring.database.read(known):
            raise HTTPException(404, "No municipality has that name here.")

    def _rendered(
        self,
        template: str,
        request: Request,
        home: str | None,
        bubbles: Sequence[Bubble],
        seen: Seen,
    ) -> HTMLResponse:
        asked = seen.talk[-1][1][-1]
        language, house = asked.language, self._wiring.house

        def say(message: str) -> str:
            return house.texts.say(Text(message), language)

        def count(one: str, many: str, number: int) -> str:
            return house.texts.say(Text(one, many, {"count": number}), language)

        title: Phrase = house.office[home].body.name if home else TITLE
        picks = [choice for choice in asked.choices if choice.number is not None]
        shown = self._templates.get_template(template).render(
            _=say,
            _n=count,
            lang=language,
            title=house.texts.say(title, language),
            path=_path(home),
            forget_path=f"{_path(home).rstrip('/')}/forget",
            known=_cookie(home) in request.cookies,
            other=Locale(OTHER_LANGUAGE[language]),
            bubbles=bubbles,
            asked=asked,
            picks=picks,
            commands=[choice for choice in asked.choices if choice.number is None],
            halves=[
                (house.texts.say(name, language), [c for c in picks if (c.label < "12") == early])
                for name, early in ((MORNING, True), (AFTERNOON, False))
            ],
            weeks=_weeks(asked.month, picks) if asked.month else [],
            month_name=format_date(asked.month, "LLLL y", language) if asked.month else "",
            weekdays=_weekdays(language),
            trail=seen.trail,
            held_minutes=_minutes(seen.held_until, house.clock()),
            attributes=Markup(ATTRIBUTES[asked.input]),  # noqa: S704 our own, of the table above
            message_id=str(uuid4()),
        )
        return HTMLResponse(shown)


HELLO = {"text": START, "choice": None}


def _bubbles(said: str | None, replies: Sequence[Reply]) -> list[Bubble]:
    heard = [Bubble("citizen", said)] if said and said != START else []
    return heard + [Bubble("bot", reply.text) for reply in replies]


def _weeks(month: date, picks: Sequence[ReplyChoice]) -> list[list[Day]]:
    free = {choice.number: choice for choice in picks}
    return [
        [Day(day, free.get(day)) for day in week]
        for week in Calendar().monthdayscalendar(month.year, month.month)
    ]


def _weekdays(language: str) -> list[dict[str, str]]:
    short, wide = (get_day_names(width, locale=language) for width in ("abbreviated", "wide"))
    return [{"short": short[day], "wide": wide[day]} for day in range(7)]


def _minutes(until: datetime | None, now: datetime) -> int | None:
    return max(0, ceil((until - now).total_seconds() / 60)) if until else None


def _path(home: str | None) -> str:
    return f"/m/{home}" if home else "/"


def _cookie(home: str | None) -> str:
    return f"rantevou-{home}" if home else "rantevou"


def _check_origin(request: Request) -> None:
    """Refuse a form that another site posts with our cookie."""
    site = request.headers.get("sec-fetch-site", "same-origin")
    origin = request.headers.get("origin", "null")
    elsewhere = origin != "null" and urlsplit(origin).netloc != request.headers.get("host")
    if site not in ("same-origin", "none") or elsewhere:
        raise HTTPException(403, "This form may be sent from Rantevou's own page only.")
