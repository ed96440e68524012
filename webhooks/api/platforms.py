"""POST /webhooks/{platform}/{name}: what a platform tells us of its users."""

from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.responses import JSONResponse

from bot.bootstrap import Application
from bot.platforms.base import Malformed, Unauthenticated
from webhooks.middleware.problem_details import problem


def routes(application: Application) -> APIRouter:
    """The route of every account that pushes."""
    router = APIRouter(include_in_schema=False)

    @router.post("/webhooks/{platform}/{name}")
    async def receive(request: Request, platform: str, name: str) -> Response:
        account = application.services.platforms.get(f"{platform}:{name}")
        if account is None:
            raise HTTPException(404, "No account has that name here.")
        try:
            received = account.read(request.headers, await request.body())
        except Unauthenticated:
            raise HTTPException(403, "The request isn't the platform's own.") from None
        except Malformed:
            return problem(400, "The request can't be read.")
        answer = await application.take(f"{platform}:{name}", received)
        return JSONResponse(answer) if answer else Response()

    return router
