"""A bot at Telegram: its webhook, commands and descriptions, and whether they stand."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

from telegram import Bot
from telegram.error import BadRequest, InvalidToken, TelegramError

from bot.i18n.translator import Translator
from bot.platforms.base import webhook_of
from bot.platforms.telegram.adapter import COMMANDS, UPDATES, Telegram
from core.errors import ConfigurationError
from core.i18n import _

ABOUT = _(
    "I book appointments with your municipality, and I move, cancel and remind you of them. "
    "To begin, tap the button below."
)
IN_SHORT = _("Appointments with your municipality, by chat")

LATELY = timedelta(hours=1)
"""An update that failed before that may be due to what was mended since."""

LANGUAGES = {"el": "el", None: "en"}
"""By the code of the citizen's app: Greek for Greek ones, English for all others."""


async def set_up(telegram: Telegram, public_url: str, texts: Translator) -> list[str]:
    """Register all that Telegram must know; what was done, a line each. Raises Unusable."""
    async with _asked(telegram) as bot:
        done = [f"token works: @{(await bot.get_me()).username}"]
        url = webhook_of(telegram.account, public_url)
        await bot.set_webhook(url, allowed_updates=UPDATES, secret_token=telegram.secret)
        done.append(f"webhook: {url} ({', '.join(UPDATES)})")
        for code, language in LANGUAGES.items():
            commands = [(name, texts.say(label, language)) for name, label in COMMANDS]
            await bot.set_my_commands(commands, language_code=code)
            await bot.set_my_description(texts.say(ABOUT, language), language_code=code)
            await bot.set_my_short_description(texts.say(IN_SHORT, language), language_code=code)
            done.append(f"{len(commands)} commands and the descriptions, in {language}")
    return done


async def check_up(telegram: Telegram, public_url: str | None) -> tuple[list[str], list[str]]:
    """Look whether the token works and the webhook stands: what is right, and what isn't."""
    right, wrong = [], []
    try:
        async with _asked(telegram) as bot:
            right.append(f"token works: @{(await bot.get_me()).username}")
            known = await bot.get_webhook_info()
    except ConfigurationError as reason:
        return right, [str(reason)]
    if public_url is None and not known.url:
        right.append("no webhook stands, as is right for `rantevou telegram poll`")
    elif public_url is None:
        wrong.append(f"the webhook is {known.url}, but RANTEVOU_PUBLIC_URL isn't set")
    elif not known.url:
        wrong.append("no webhook stands: `rantevou telegram setup`")
    elif known.url != webhook_of(telegram.account, public_url):
        wrong.append(f"the webhook is {known.url}, not RANTEVOU_PUBLIC_URL's: run the setup again")
    elif missing := [kind for kind in UPDATES if kind not in (known.allowed_updates or ())]:
        wrong.append(f"the webhook isn't told of {', '.join(missing)}: run the setup again")
    else:
        right.append(f"webhook stands: {known.url}")
    if known.last_error_date and known.last_error_date > datetime.now(UTC) - LATELY:
        at = f"{known.last_error_date:%Y-%m-%dT%H:%M:%SZ}"
        wrong.append(f"an update failed, {at}: {known.last_error_message}")
    right.append(f"updates that wait: {known.pending_update_count}")
    return right, wrong


@asynccontextmanager
async def _asked(telegram: Telegram) -> AsyncIterator[Bot]:
    """Speak to Telegram; raises Unusable where it doesn't answer as it should."""
    try:
        async with telegram.bot() as bot:
            yield bot
    except InvalidToken:
        raise ConfigurationError(f"{telegram.account}: Telegram doesn't know its token") from None
    except BadRequest as error:
        raise ConfigurationError(f"{telegram.account}: Telegram: {error.message}") from None
    except TelegramError as error:
        # A failed request's text may hold its address, and so the token.
        raise ConfigurationError(f"{telegram.account}: Telegram: {type(error).__name__}") from None
