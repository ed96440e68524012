"""POST /webhooks/{platform}/{name}: what a platform tells us of its users."""

from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.responses import JSONResponse

from bot.platforms.platform import Forged, Malformed
from bot.wiring import Wiring
from webhooks.problems import problem


def routes(wiring: Wiring) -> APIRouter:
    """The route of every account that pushes."""
    router = APIRouter(include_in_schema=False)

    @router.post("/webhooks/{platform}/{name}")
    async def receive(request: Request, platform: str, name: str) -> Response:
        account = wiring.house.platforms.get(f"{platform}:{name}")
        if account is None:
            raise HTTPException(404, "No account has that name here.")
        try:
            received = account.read(request.headers, await request.body())
        except Forged:
            raise HTTPException(403, "The request isn't the platform's own.") from None
        except Malformed:
            return problem(400, "The request can't be read.")
        answer = await wiring.take(f"{platform}:{name}", received)
        return JSONResponse(answer) if answer else Response()

    return router
