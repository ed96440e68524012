"""Translate texts into the languages of `locales/` (gettext, Babel)."""

from collections.abc import Mapping
from datetime import date, datetime, time
from functools import lru_cache
from gettext import GNUTranslations
from io import BytesIO
from pathlib import Path

from babel import Locale
from babel.dates import format_date, format_datetime, format_time
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from bot.i18n.timezones import city_of, zone_candidates
from core.bookings.reference import format_code
from core.i18n import (
    LANGUAGES,
    BookingCode,
    FormattedDate,
    JoinedText,
    Language,
    LanguageName,
    LocalizedText,
    NextLanguageName,
    Text,
    TextTemplate,
    ZoneCity,
)
from dialogs.nlu.matching import pick
from dialogs.nlu.normalize import normalize

FUZZY_LETTERS = 5
"""Letters of a city's name in which a slip is forgiven."""

LOCALES = Path(__file__).parents[2] / "locales"


class Translator:
    """Texts in every language. Reads `locales/*/LC_MESSAGES/messages.po` once."""

    def __init__(self) -> None:
        self._translations: Mapping[str, GNUTranslations] = {
            language: _read(language) for language in LANGUAGES
        }
        self._words: dict[str | None, frozenset[str]] = {}
        self._zones: list[tuple[str, list[str]]] = []

    def say(self, phrase: Text, language: str) -> str:
        """Return a text in that language."""
        match phrase:
            case str():
                return phrase
            case TextTemplate(message, plural, args):
                translation = self._translations[language]
                if plural:
                    count = args["count"]
                    number = count if isinstance(count, int) else 0
                    said = translation.ngettext(message, plural, number)
                else:
                    said = translation.gettext(message) if message else ""
                filled = {name: self.say(value, language) for name, value in args.items()}
                return said.format(**filled) if filled else said
            case LocalizedText():
                return phrase.in_language(language)
            case LanguageName(code):
                return own_name(code)
            case NextLanguageName():
                return own_name(Language(language).next)
            case FormattedDate(at, pattern):
                zone = f"{at.tzinfo} {at.fold}" if isinstance(at, datetime) else ""
                return _when(at, zone, pattern, language)
            case BookingCode(code):
                return format_code(code)
            case JoinedText(parts, separator):
                said_parts = (self.say(part, language) for part in parts)
                return separator.join(part for part in said_parts if part)
            case ZoneCity(name):
                return city_of(name, language)
            case int():
                return str(phrase)

    def words(self, phrase: Text) -> frozenset[str]:
        """Return the words of a phrase with commas between them, in every language, folded."""
        message = phrase.message if isinstance(phrase, TextTemplate) and not phrase.args else None
        if message in self._words:
            return self._words[message]
        words = _split(",".join(self.say(phrase, language) for language in LANGUAGES))
        if message is not None:
            self._words[message] = words
        return words

    def zone_called(self, name: str) -> str | None:
        """Find the time zone of a city or country, by its name in any language."""
        if not self._zones:
            self._zones = zone_candidates(self.words)
        found = pick(name, self._zones, typos=len(name) >= FUZZY_LETTERS)
        return found[0].value or None if len(found) == 1 else None


def _read(language: str) -> GNUTranslations:
    with (LOCALES / language / "LC_MESSAGES" / "messages.po").open("rb") as file:
        catalogue = read_po(file, language)
    compiled = BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return GNUTranslations(compiled)


def own_name(language: str) -> str:
    """Return a language's name in itself, such as Ελληνικά."""
    return Locale.parse(language).get_display_name() or language


@lru_cache(maxsize=8192)
def _when(at: date | datetime | time, _zone: str, pattern: str, language: str) -> str:
    """Format a time, cached. `_zone` tells apart times that are equal but in different zones."""
    if isinstance(at, datetime):
        return format_datetime(at, pattern, tzinfo=at.tzinfo, locale=language)
    if isinstance(at, time):
        return format_time(at, pattern, locale=language)
    return format_date(at, pattern, locale=language)


@lru_cache(maxsize=4096)
def _split(words: str) -> frozenset[str]:
    return frozenset(normalize(word) or word.strip() for word in words.split(",")) - {""}
