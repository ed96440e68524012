"""The language that a page is shown in, and those that it could be shown in instead."""

from starlette.datastructures import Headers

from bot.i18n.translator import own_name
from core.i18n import LANGUAGES


def other_languages(language: str) -> dict[str, str]:
    """Return the own name of each language but that one, by its code."""
    return {str(other): own_name(other) for other in LANGUAGES if other != language}


def language_wanted(headers: Headers, asked: str = "") -> str:
    """Return the one that the page's own link asks for, else the browser's.

    That is Greek, unless its Accept-Language wants English and no Greek.
    """
    if asked in LANGUAGES:
        return asked
    accepted = headers.get("accept-language", "").lower()
    return "en" if "en" in accepted and "el" not in accepted else "el"
