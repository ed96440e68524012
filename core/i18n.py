"""Texts before they are put into a language, and the languages there are.

The office and the conversation build these; `bot.i18n.translator` puts them into words.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from enum import StrEnum
from typing import Any, Self

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema


@dataclass(frozen=True, slots=True)
class FormattedDate:
    """A date or time with its Babel pattern, such as "EEEE d MMMM"."""

    at: date | datetime | time
    pattern: str


@dataclass(frozen=True, slots=True)
class TextTemplate:
    """A message of `locales/` with what fills its {braces}.

    With `plural`, the argument `count` decides between the two.
    """

    message: str
    plural: str = ""
    args: Mapping[str, "Text"] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class JoinedText:
    """Texts with `joint` between them."""

    parts: tuple["Text", ...]
    joint: str = "\n"


@dataclass(frozen=True, slots=True)
class ZoneCity:
    """A time zone, named by its city."""

    name: str


@dataclass(frozen=True, slots=True)
class FollowingLanguage:
    """The own name of the language that follows, in the table, the one that is spoken."""


def _(message: str, **args: "Text") -> TextTemplate:
    """Mark a message for translation; its msgid is the English text."""
    return TextTemplate(message, args=args)


def _n(message: str, plural: str, count: int, **args: "Text") -> TextTemplate:
    """Mark a message that differs by number."""
    return TextTemplate(message, plural, {"count": count, **args})


class Language(StrEnum):
    """The languages that are spoken, the first one first: this is their table.

    A language's value is its folder in `locales/` and its Babel locale, which knows its own name.
    Another one takes a row here, that folder, and its texts in the catalogues.
    """

    command: str
    """The name of the command that switches to it."""
    words: TextTemplate
    """What is typed to switch to it; its own name among them."""
    fallback: str | None
    """The language in which a catalogue's text is shown that lacks this one."""

    def __new__(
        cls,
        code: str,
        command: str = "",
        words: TextTemplate = TextTemplate(""),
        fallback: str | None = None,
    ) -> Self:
        """Make a row's member. The defaults are for mypy, to which `Language("el")` calls this."""
        member = str.__new__(cls, code)
        member._value_ = code
        member.command, member.words, member.fallback = command, words, fallback
        return member

    EL = "el", "greek", _("greek, in greek")
    EN = "en", "english", _("english, in english"), "el"

    @property
    def following(self) -> "Language":
        """The next one in the table, after the last the first."""
        return LANGUAGES[(LANGUAGES.index(self) + 1) % len(LANGUAGES)]


LANGUAGES = tuple(Language)


class LocalizedText:
    """A text of a catalogue: `{"el": …, "en": …}`, of which only the first language is required."""

    __slots__ = ("_texts",)

    def __init__(self, **texts: str) -> None:
        self._texts = {language: texts[language] for language in Language if language in texts}

    def in_language(self, language: str) -> str:
        """Return the text in a language, or in the one that it falls back to."""
        return self._texts[self.shown_language(language)]

    def shown_language(self, language: str) -> Language:
        """Return that language, or the one that it falls back to where the text isn't in it."""
        shown = Language(language)
        while shown not in self._texts:
            shown = Language(shown.fallback or LANGUAGES[0])
        return shown

    def values(self) -> list[str]:
        """Return the text in each of its languages."""
        return list(self._texts.values())

    def missing(self) -> list[Language]:
        """Return the languages in which there is no such text."""
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
        """Return how pydantic reads and writes it: a dict with a key for each language."""
        keys = {
            language.value: core_schema.typed_dict_field(
                core_schema.str_schema(min_length=1), required=language is LANGUAGES[0]
            )
            for language in Language
        }
        texts = core_schema.typed_dict_schema(keys, extra_behavior="forbid")
        return core_schema.chain_schema(
            [
                core_schema.no_info_before_validator_function(_dict_only, texts),
                core_schema.no_info_plain_validator_function(lambda texts: cls(**texts)),
            ],
            serialization=core_schema.plain_serializer_function_ser_schema(
                lambda text: text._texts
            ),
        )


def _dict_only(texts: object) -> object:
    if not isinstance(texts, dict):
        raise ValueError(f"a text as {' and '.join(LANGUAGES)}")
    return texts


Text = (
    str
    | int
    | LocalizedText
    | FollowingLanguage
    | ZoneCity
    | FormattedDate
    | TextTemplate
    | JoinedText
)


def lines(*parts: Text | None) -> JoinedText:
    """Put texts under each other; None and "" are left out."""
    return JoinedText(tuple(part for part in parts if part is not None and part != ""))


def join(joint: str, *parts: Text) -> JoinedText:
    """Put texts beside each other with `joint` between them; "" is left out."""
    return JoinedText(tuple(part for part in parts if part != ""), joint)
