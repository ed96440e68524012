"""The types of form fields, with one record each."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from core.catalogue.model import FieldType
from core.i18n import Text, TextTemplate, _
from dialogs.nlu import fields
from dialogs.nlu.input_hint import InputHint
from dialogs.nlu.lead_in import without_lead_in
from dialogs.nlu.lexicon import NO, YES, Lexicon
from dialogs.nlu.normalize import normalize, phonetic_key
from dialogs.nlu.parsed import Parsed, ParseFailure
from dialogs.nlu.person_names import find_name
from dialogs.nlu.spans import Found

LONGEST_TEXT = 200
LONGEST_NOTES = 500

NOT_IN_A_NAME = _("want, don't, please, thanks, cancel, appointment, name, surname, why")
"""Words that show that a text is no name: "I don't want to"."""

MIN_GREEKLISH_LENGTH = 4
"""The sounds from which a word in Greeklish shows that a text is no name."""

Parser = Callable[[str, Lexicon], Parsed]
"""Reads a typed answer, as it is after `clean`."""


@dataclass(frozen=True)
class FixedChoice:
    """A choice that fields of a type always have: its value, label, and other words for it."""

    value: str
    label: TextTemplate
    words: TextTemplate


@dataclass(frozen=True)
class FieldTypeSpec:
    """A type of form field: how it is asked for, parsed, remembered and shown."""

    parse: Parser
    input: InputHint = "text"
    remembered: bool = False
    """True where the answer is offered again at the next booking, for it is the same then."""
    closed: bool = False
    """True where only a choice is an answer."""
    free_text: bool = False
    """True where any text is an answer, "I don't have one" too."""
    choices: tuple[FixedChoice, ...] = ()
    show: Callable[[str], Text] = str
    """Formats a value that is none of the field's options for reading."""


def _without_lexicon(parse: Callable[[str], Parsed]) -> Parser:
    """Return a parser of the whole text, which needs no words of a language."""
    return lambda text, _lexicon: parse(text)


def _allowing_lead_in(parse: Callable[[str], Parsed]) -> Parser:
    """Return a parser of the whole text, else of what follows "is".

    In this order, because "ΑΜ 123456" is a number, not "I am 123456".
    """

    def read(text: str, lexicon: Lexicon) -> Parsed:
        parsed = parse(text)
        if isinstance(parsed, ParseFailure):
            return _parse_within(parse, without_lead_in(text, lexicon))
        return parsed

    return read


def _parse_within(parse: Callable[[str], Parsed], within: Found[str]) -> Parsed:
    """Parse a part of a text; the span is in the whole text."""
    parsed = parse(within.value)
    if isinstance(parsed, ParseFailure):
        return parsed
    return Found(parsed.value, parsed.span.shifted(within.span.start))


def _full_name(text: str, lexicon: Lexicon) -> Parsed:
    """Return a person's name, as a `PersonName`."""
    found = find_name(text)
    if found is None:
        parsed = fields.parse_name(text)
        return parsed if isinstance(parsed, ParseFailure) else ParseFailure(fields.NAME_EXPECTED)
    if _has_word_of_no_name(found.value, lexicon):
        return ParseFailure(fields.NAME_EXPECTED)
    parsed = fields.parse_name(found.value)
    return parsed if isinstance(parsed, ParseFailure) else found


def _has_word_of_no_name(text: str, lexicon: Lexicon) -> bool:
    """Return whether a text has a word that no name has; in Greeklish only a long one.

    Short ones are names, too: "Pio", "Den".
    """
    unwanted, typed = lexicon.words(NOT_IN_A_NAME), normalize(text).split()
    by_sound = {phonetic_key(word) for word in unwanted if not word.isascii()}
    greeklish = {phonetic_key(word) for word in typed if word.isascii()}
    long = {key for key in greeklish if len(key) >= MIN_GREEKLISH_LENGTH}
    return not (unwanted.isdisjoint(typed) and by_sound.isdisjoint(long))


def _text_up_to(longest: int) -> Parser:
    return lambda text, _lexicon: fields.parse_text(text, longest)


def _refuse_text(_text: str, _lexicon: Lexicon) -> Parsed:
    return ParseFailure(_("Please pick one of the answers below."))


def _show_yes_no(value: str) -> Text:
    return _("Yes") if value == "yes" else _("No")


FIELD_TYPES: Mapping[FieldType, FieldTypeSpec] = {
    FieldType.NAME: FieldTypeSpec(_full_name, input="name", remembered=True),
    FieldType.EMAIL: FieldTypeSpec(
        _without_lexicon(fields.parse_email), input="email", remembered=True
    ),
    FieldType.PHONE: FieldTypeSpec(
        _without_lexicon(fields.parse_phone),
        input="phone",
        remembered=True,
        show=fields.format_phone,
    ),
    FieldType.TEXT: FieldTypeSpec(_text_up_to(LONGEST_TEXT), remembered=True, free_text=True),
    FieldType.NOTES: FieldTypeSpec(_text_up_to(LONGEST_NOTES), input="long", free_text=True),
    FieldType.TAX_NUMBER: FieldTypeSpec(
        _without_lexicon(fields.parse_tax_number), input="digits", remembered=True
    ),
    FieldType.IDENTITY_CARD: FieldTypeSpec(
        _allowing_lead_in(fields.parse_identity_card), input="code", remembered=True
    ),
    FieldType.PASSPORT: FieldTypeSpec(
        _allowing_lead_in(fields.parse_passport), input="code", remembered=True
    ),
    FieldType.YES_NO: FieldTypeSpec(
        _refuse_text,
        closed=True,
        choices=(FixedChoice("yes", _("Yes"), YES), FixedChoice("no", _("No"), NO)),
        show=_show_yes_no,
    ),
    FieldType.CHOICE: FieldTypeSpec(_refuse_text, closed=True),
    FieldType.CHOICE_OR_TEXT: FieldTypeSpec(_text_up_to(LONGEST_TEXT), free_text=True),
}


def check_complete(types: Collection[FieldType]) -> None:
    """Raise RuntimeError if a FieldType isn't among these."""
    if missing := [field_type.value for field_type in FieldType if field_type not in types]:
        raise RuntimeError(f"FIELD_TYPES has no record for: {', '.join(missing)}")


check_complete(FIELD_TYPES)
