"""The language that a page is shown in, and those that it could be shown in instead."""

from starlette.datastructures import Headers

from bot.i18n.stated_language import stated_language
from bot.i18n.translator import own_name
from core.i18n import LANGUAGES


def other_languages(language: str) -> dict[str, str]:
    """Return the own name of each language but that one, by its code."""
    return {str(other): own_name(other) for other in LANGUAGES if other != language}


def language_wanted(headers: Headers, asked: str = "") -> str:
    """Return the language that the page's own link asks for, else one that suits the browser."""
    if asked in LANGUAGES:
        return asked
    return stated_language(headers.get("accept-language")) or LANGUAGES[0]
