"""Registers a bot's webhook with Viber, and checks it."""

import httpx

from bot.platforms.base import CheckUp
from bot.platforms.failures import network_failure
from bot.platforms.viber.api import ApiResponse, call
from bot.platforms.viber.events import EVENTS
from core.errors import ConfigurationError, DeliveryError

INVALID_URL, UNKNOWN_TOKEN = 1, 2


async def set_up(client: httpx.AsyncClient, account: str, url: str) -> list[str]:
    """Register the webhook; return what was done, a line each. Raises ConfigurationError."""
    info = await _call(client, account, "get_account_info")
    done = [f"token works: {_name(info)}"]
    # Neither names nor pictures of users are wanted.
    wanted = {"event_types": EVENTS, "send_name": False, "send_photo": False}
    await _call(client, account, "set_webhook", url=url, **wanted)
    done.append(f"webhook: {url} (message, {', '.join(EVENTS)})")
    return done


async def check_up(client: httpx.AsyncClient, account: str, url: str | None) -> CheckUp:
    """Check the token and the webhook, whose address `url` must be; None where none is known."""
    try:
        info = await _call(client, account, "get_account_info")
    except ConfigurationError as reason:
        return CheckUp([], [str(reason)])
    right: list[str] = [f"token works: {_name(info)}"]
    wrong: list[str] = []
    extra = info.model_extra or {}
    webhook, events = extra.get("webhook"), extra.get("event_types") or ()
    if not webhook:
        wrong.append("no webhook stands: `rantevou viber setup`")
    elif url is None:
        wrong.append(f"the webhook is {webhook}, but RANTEVOU_PUBLIC_URL isn't set")
    elif webhook != url:
        wrong.append(f"the webhook is {webhook}, not RANTEVOU_PUBLIC_URL's: run the setup again")
    elif missing := [event for event in EVENTS if event not in events]:
        wrong.append(f"the webhook doesn't get {', '.join(missing)}: run the setup again")
    else:
        right.append(f"webhook stands: {url}")
    return CheckUp(right, wrong)


def _name(info: ApiResponse) -> str:
    return str((info.model_extra or {}).get("name"))


async def _call(
    client: httpx.AsyncClient, account: str, method: str, **given: object
) -> ApiResponse:
    """Call a method; raises ConfigurationError, which names the account, where it fails."""
    try:
        response = await call(client, method, **given)
    except DeliveryError as error:
        words = network_failure(error) or error.why
        raise ConfigurationError(f"{account}: Viber: {words}") from None
    if response.status == UNKNOWN_TOKEN:
        raise ConfigurationError(f"{account}: Viber doesn't know its token")
    if response.status:
        unreachable = response.status == INVALID_URL
        hint = " (`rantevou serve` must be reachable there)" if unreachable else ""
        raise ConfigurationError(f"{account}: Viber: {response.status_message}{hint}")
    return response
