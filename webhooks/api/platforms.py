"""/webhooks/{platform}/{account}: the events that platforms send us."""

from fastapi import APIRouter, HTTPException, Request, Response

from bot.bootstrap import Application
from bot.platforms.webhook import (
    NotReceiving,
    Unauthenticated,
    WebhookRequest,
    parse_or_skip,
)
from webhooks.middleware.request_limits import RequestLimits

NO_ACCOUNT = "No account has that name here."


def routes(application: Application, limits: RequestLimits) -> APIRouter:
    """Return the route of the accounts' webhooks."""
    router = APIRouter(include_in_schema=False)

    @router.api_route("/webhooks/{platform}/{name}/{secret}", methods=["GET", "POST"])
    @router.api_route("/webhooks/{platform}/{name}", methods=["GET", "POST"])
    async def receive(request: Request, platform: str, name: str, secret: str = "") -> Response:
        account = f"{platform}:{name}"
        found = application.services.platforms.get(account)
        if found is None or (secret and not found.has_secret_path):
            raise HTTPException(404, NO_ACCOUNT)
        body = await request.body()
        given = WebhookRequest(request.method, str(request.url), request.headers, body)
        try:
            result = parse_or_skip(account, lambda: found.parse(given))
        except NotReceiving:
            raise HTTPException(404, NO_ACCOUNT) from None
        except Unauthenticated:
            raise HTTPException(403, "The request isn't the platform's own.") from None
        limits.check_proven(request, account)
        response = await application.handle_webhook(account, result)
        return Response(response.body, response.status, media_type=response.media_type)

    return router
