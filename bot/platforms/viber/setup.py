"""A bot at Viber: its webhook, and whether it stands."""

from bot.platforms.base import webhook_of
from bot.platforms.viber.adapter import EVENTS, Told, Viber, ask
from core.errors import ConfigurationError, DeliveryError


async def set_up(viber: Viber, public_url: str) -> list[str]:
    """Register the webhook, which must be there; what was done, a line each. Raises Unusable."""
    known = await _asked(viber, "get_account_info")
    done = [f"token works: {_named(known)}"]
    url = webhook_of(viber.account, public_url)
    # Neither names nor pictures of those who write are wanted.
    wanted = {"event_types": EVENTS, "send_name": False, "send_photo": False}
    await _asked(viber, "set_webhook", url=url, **wanted)
    done.append(f"webhook: {url} (message, {', '.join(EVENTS)})")
    return done


async def check_up(viber: Viber, public_url: str | None) -> tuple[list[str], list[str]]:
    """Look whether the token works and the webhook stands: what is right, and what isn't."""
    try:
        known = await _asked(viber, "get_account_info")
    except ConfigurationError as reason:
        return [], [str(reason)]
    right, wrong = [f"token works: {_named(known)}"], []
    told = known.model_extra or {}
    url, events = told.get("webhook"), told.get("event_types") or ()
    if not url:
        wrong.append("no webhook stands: `rantevou viber setup`")
    elif public_url is None:
        wrong.append(f"the webhook is {url}, but RANTEVOU_PUBLIC_URL isn't set")
    elif url != webhook_of(viber.account, public_url):
        wrong.append(f"the webhook is {url}, not RANTEVOU_PUBLIC_URL's: run the setup again")
    elif missing := [event for event in EVENTS if event not in events]:
        wrong.append(f"the webhook isn't told of {', '.join(missing)}: run the setup again")
    else:
        right.append(f"webhook stands: {url}")
    return right, wrong


def _named(known: Told) -> str:
    return str((known.model_extra or {}).get("name"))


async def _asked(viber: Viber, method: str, **given: object) -> Told:
    """Ask Viber; raises Unusable where it doesn't answer as it should."""
    async with viber.client() as client:
        try:
            told = await ask(client, method, **given)
        except DeliveryError as error:
            raise ConfigurationError(f"{viber.account}: Viber: {error.why}") from None
    if told.status == 2:
        raise ConfigurationError(f"{viber.account}: Viber doesn't know its token")
    if told.status:
        hint = " (`rantevou serve` must be reachable there)" if told.status == 1 else ""
        raise ConfigurationError(f"{viber.account}: Viber: {told.status_message}{hint}")
    return told
