"""The language to speak to a client, from the languages that it states."""

import re

from core.i18n import LANGUAGES, Language

LANGUAGE_OF_OTHERS = Language.EN
"""For clients that state languages, but none of ours."""

_RANGE = re.compile(r"([a-z]{1,8})(?:[-_][a-z0-9]+)*\s*(?:;\s*q=([01](?:\.\d{0,3})?))?", re.I)


def stated_language(stated: str | None) -> Language | None:
    """Return the language to speak to a client that states its own; None where it states none.

    `stated` is a code such as "el-GR", or a header Accept-Language (RFC 9110). The first language
    is spoken wherever it is accepted at all, else the one of ours with the highest quality, else
    that of others.
    """
    qualities: dict[str, float] = {}
    for part in (stated or "").split(","):
        if (found := _RANGE.fullmatch(part.strip())) and (quality := float(found[2] or 1)):
            code = found[1].lower()
            qualities[code] = max(quality, qualities.get(code, 0))
    if not qualities:
        return None
    first, *others = LANGUAGES
    if first in qualities:
        return first
    spoken = [language for language in others if language in qualities]
    return max(spoken, key=lambda language: qualities[language], default=LANGUAGE_OF_OTHERS)
