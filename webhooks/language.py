"""The language of a page, and the names of the languages that it can be shown in."""

from starlette.datastructures import Headers

from bot.i18n.stated_language import stated_language
from bot.i18n.translator import own_name
from core.i18n import LANGUAGES

LANGUAGE_NAMES = {str(language): own_name(language) for language in LANGUAGES}
"""The own name of each language, by its code."""


def other_languages(language: str) -> dict[str, str]:
    """Return the own name of each language but that one, by its code."""
    return {code: name for code, name in LANGUAGE_NAMES.items() if code != language}


def language_wanted(headers: Headers, asked: str = "") -> str:
    """Return the language that a link asks for, else the one that suits the browser's."""
    if asked in LANGUAGES:
        return asked
    return stated_language(headers.get("accept-language")) or LANGUAGES[0]
