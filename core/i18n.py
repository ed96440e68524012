"""The languages, and texts that are independent of them.

The office and the dialogs build such texts; `bot/i18n/translator.py` translates them.
"""

from collections.abc import Container, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from enum import StrEnum
from typing import Any, Self

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema


@dataclass(frozen=True, slots=True)
class FormattedDate:
    """A date or time, to be formatted by a Babel pattern such as "EEEE d MMMM"."""

    at: date | datetime | time
    pattern: str


@dataclass(frozen=True, slots=True)
class TextTemplate:
    """A message of `locales/`, its msgid, and the arguments for its {placeholders}.

    Where there is a `plural`, the argument `count` chooses the form.
    """

    message: str
    plural: str = ""
    args: Mapping[str, "Text"] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class JoinedText:
    """Texts with a separator between them."""

    parts: tuple["Text", ...]
    separator: str = "\n"


@dataclass(frozen=True, slots=True)
class ZoneCity:
    """The city of a time zone, named by the zone, such as "Europe/Athens"."""

    name: str


@dataclass(frozen=True, slots=True)
class BookingCode:
    """The code of a booking, which is shown in two groups, and spelled where it is said aloud."""

    code: str


@dataclass(frozen=True, slots=True)
class LanguageName:
    """The name of a `Language` in itself, such as Ελληνικά."""

    code: str


@dataclass(frozen=True, slots=True)
class NextLanguageName:
    """The name, in its own language, of the `Language` after that of the conversation."""


def _(message: str, **args: "Text") -> TextTemplate:
    """Return a message to be translated; its msgid is the English text."""
    return TextTemplate(message, args=args)


def _n(message: str, plural: str, count: int, **args: "Text") -> TextTemplate:
    """Return a message to be translated whose form depends on `count`."""
    return TextTemplate(message, plural, {"count": count, **args})


class Language(StrEnum):
    """The table of languages; the first is the default.

    A language's value is its folder in `locales/` and its Babel locale. To add one, add a row here,
    the folder, and the texts in the catalogues.
    """

    command: str
    """The name of the command that switches to it."""
    words: TextTemplate
    """The words that switch to it; its name in its own language does so too."""
    fallback: str | None
    """The language in which a catalogue's text is shown that isn't in this one."""

    def __new__(
        cls,
        code: str,
        command: str = "",
        words: TextTemplate = TextTemplate(""),
        fallback: str | None = None,
    ) -> Self:
        """Create a member. The defaults are for mypy, for which `Language("el")` calls this."""
        member = str.__new__(cls, code)
        member._value_ = code
        member.command, member.words, member.fallback = command, words, fallback
        return member

    EL = "el", "greek", _("greek, in greek")
    EN = "en", "english", _("english, in english"), "el"

    @property
    def next(self) -> "Language":
        """Return the next language of the table; after the last, the first."""
        return LANGUAGES[(LANGUAGES.index(self) + 1) % len(LANGUAGES)]


LANGUAGES = tuple(Language)


def shown_language(language: str, available: Container[str]) -> Language:
    """Return that language, or else the first of its fallbacks that is available."""
    shown = Language(language)
    while shown not in available:
        shown = Language(shown.fallback or LANGUAGES[0])
    return shown


class LocalizedText:
    """A catalogue's text, `{"el": …, "en": …}`; only the first of the languages is required."""

    __slots__ = ("_texts",)

    def __init__(self, **texts: str) -> None:
        self._texts = {language: texts[language] for language in Language if language in texts}

    def in_language(self, language: str) -> str:
        """Return the text in a language, or else in its fallback."""
        return self._texts[self.shown_language(language)]

    def shown_language(self, language: str) -> Language:
        """Return the language in which the text is shown: that one, or else its fallback."""
        return shown_language(language, self._texts)

    def values(self) -> list[str]:
        """Return the text in all of its languages."""
        return list(self._texts.values())

    def missing(self) -> list[Language]:
        """Return the languages that the text isn't in."""
        return [language for language in Language if language not in self._texts]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, LocalizedText) and self._texts == other._texts

    def __hash__(self) -> int:
        return hash(tuple(self._texts.values()))

    def __repr__(self) -> str:
        return f"LocalizedText({', '.join(f'{k}={v!r}' for k, v in self._texts.items())})"

    @classmethod
    def __get_pydantic_core_schema__(
        cls, _source: Any, _handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        """Return the schema by which pydantic reads and writes it: a dict by language."""
        keys = {
            language.value: core_schema.typed_dict_field(
                core_schema.str_schema(min_length=1), required=language is LANGUAGES[0]
            )
            for language in Language
        }
        texts = core_schema.typed_dict_schema(keys, extra_behavior="forbid")
        return core_schema.chain_schema(
            [
                core_schema.no_info_before_validator_function(_require_dict, texts),
                core_schema.no_info_plain_validator_function(lambda texts: cls(**texts)),
            ],
            serialization=core_schema.plain_serializer_function_ser_schema(
                lambda text: text._texts
            ),
        )


def _require_dict(texts: object) -> object:
    if not isinstance(texts, dict):
        example = ", ".join(f"{language}: …" for language in LANGUAGES)
        raise ValueError(f"a text as {' and '.join(LANGUAGES)}, such as {{{example}}}")
    return texts


Text = (
    str
    | int
    | LocalizedText
    | LanguageName
    | NextLanguageName
    | ZoneCity
    | FormattedDate
    | BookingCode
    | TextTemplate
    | JoinedText
)


def lines(*parts: Text | None) -> JoinedText:
    """Return texts joined by line breaks, without None and ""."""
    return JoinedText(tuple(part for part in parts if part is not None and part != ""))


def join(separator: str, *parts: Text) -> JoinedText:
    """Return texts joined by a separator, without ""."""
    return JoinedText(tuple(part for part in parts if part != ""), separator)
