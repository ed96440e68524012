"""Registers a bot's webhook, commands and descriptions with Telegram, and checks them."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from telegram import Bot, BotCommandScopeAllGroupChats, User
from telegram.error import (
    BadRequest,
    Conflict,
    Forbidden,
    InvalidToken,
    RetryAfter,
    TelegramError,
)

from bot.i18n.stated_language import LANGUAGE_OF_OTHERS
from bot.i18n.translator import Translator
from bot.platforms.base import CheckUp
from bot.platforms.failures import network_failure
from bot.platforms.telegram.updates import COMMANDS, STAFF_COMMANDS, UPDATES
from core.errors import ConfigurationError
from core.i18n import Language, _

ABOUT = _(
    "I book appointments with your municipality, and I move, cancel and remind you of them. "
    "To begin, tap the button below."
)
IN_SHORT = _("Appointments with your municipality, by chat")

OTHER_PROGRAM = (
    "another program polls this bot, or has set a webhook for it; stop it, or remove its webhook"
)

RECENT = timedelta(hours=1)
"""The age up to which a failure is reported: the cause of an older one may be gone."""

LANGUAGES: dict[str | None, Language] = {
    **{each: each for each in Language if each is not LANGUAGE_OF_OTHERS},
    None: LANGUAGE_OF_OTHERS,
}
"""The language of commands and descriptions by the code of the citizen's app; None: any other."""


async def set_up(bot: Bot, url: str, secret: str, texts: Translator) -> list[str]:
    """Register the webhook, the commands and the descriptions; return what was done."""
    done = [f"token works: @{(await bot.get_me()).username}"]
    await bot.set_webhook(url, allowed_updates=UPDATES, secret_token=secret)
    done.append(f"webhook: {url} ({', '.join(UPDATES)})")
    for code, language in LANGUAGES.items():
        commands = [(name, texts.say(label, language)) for name, label in COMMANDS]
        await bot.set_my_commands(commands, language_code=code)
        await bot.set_my_description(texts.say(ABOUT, language), language_code=code)
        await bot.set_my_short_description(texts.say(IN_SHORT, language), language_code=code)
        for_staff = [(name, texts.say(label, language)) for name, label in STAFF_COMMANDS]
        groups = BotCommandScopeAllGroupChats()
        await bot.set_my_commands(for_staff, scope=groups, language_code=code)
        done.append(f"{len(commands)} commands and the descriptions, in {language}")
        done.append(f"{len(for_staff)} commands of staff in groups, in {language}")
    return done


async def check_up(bot: Bot, account: str, url: str | None) -> CheckUp:
    """Check the token and the webhook, whose address `url` must be; None where none is known."""
    right: list[str] = []
    wrong: list[str] = []
    try:
        with errors_of(account):
            me = await bot.get_me()
            right.append(f"token works: @{me.username}")
            webhook = await bot.get_webhook_info()
    except ConfigurationError as reason:
        return CheckUp(right, [str(reason)])
    if url is None and not webhook.url:
        right.append("no webhook stands, as is right for `rantevou telegram poll`")
    elif url is None:
        wrong.append(
            f"the webhook is {webhook.url}, but RANTEVOU_PUBLIC_URL isn't set: set it, or run "
            "`rantevou telegram poll`, which removes the webhook"
        )
    elif not webhook.url:
        wrong.append(
            "no webhook stands: run `rantevou telegram setup`; or, where `rantevou telegram poll` "
            "runs, which that would stop, leave RANTEVOU_PUBLIC_URL unset"
        )
    elif webhook.url != url:
        wrong.append(
            f"the webhook is {webhook.url}, not RANTEVOU_PUBLIC_URL's: run the setup again"
        )
    elif missing := [kind for kind in UPDATES if kind not in (webhook.allowed_updates or ())]:
        wrong.append(f"the webhook doesn't get {', '.join(missing)}: run the setup again")
    else:
        right.append(f"webhook stands: {url}")
    if webhook.last_error_date and webhook.last_error_date > datetime.now(UTC) - RECENT:
        at = f"{webhook.last_error_date:%Y-%m-%dT%H:%M:%SZ}"
        wrong.append(f"an update failed, {at}: {webhook.last_error_message}")
    right.append(f"in groups of staff: {_in_groups(me)}")
    right.append(f"updates that wait: {webhook.pending_update_count}")
    return CheckUp(right, wrong)


def _in_groups(me: User) -> str:
    """Return what the bot can read in a group, in words."""
    if me.can_join_groups is False:
        return "it can't be added to any; @BotFather: /setjoingroups"
    if me.can_read_all_group_messages:
        return "it gets every message (privacy mode is off); @BotFather: /setprivacy"
    return "it gets commands, and answers to its messages (privacy mode); as an admin, all"


@contextmanager
def errors_of(account: str) -> Iterator[None]:
    """Raise Telegram's errors as a ConfigurationError that names the account."""
    try:
        yield
    except InvalidToken:
        raise ConfigurationError(f"{account}: Telegram doesn't know its token") from None
    except BadRequest as error:
        raise ConfigurationError(f"{account}: Telegram: {error.message}") from None
    except TelegramError as error:
        # Its message may hold the request's URL, and so the token.
        words = network_failure(error) or _failure(error)
        raise ConfigurationError(f"{account}: Telegram: {words}") from None


def _failure(error: TelegramError) -> str:
    """Return in words a failure that isn't the network's."""
    match error:
        case RetryAfter():
            return "too many requests; try again later"
        case Conflict():
            return OTHER_PROGRAM
        case Forbidden():
            return "this bot isn't allowed to do that"
    return "it failed to answer; try again later"
