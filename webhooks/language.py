"""Which language a page is shown in, and which it could be shown in instead."""

from starlette.datastructures import Headers

OTHER_LANGUAGE = {"el": "en", "en": "el"}


def language_wanted(headers: Headers, asked: str = "") -> str:
    """Return the one that the page's own link asks for, else the browser's.

    That is Greek, unless its Accept-Language wants English and no Greek.
    """
    if asked in OTHER_LANGUAGE:
        return asked
    accepted = headers.get("accept-language", "").lower()
    return "en" if "en" in accepted and "el" not in accepted else "el"
