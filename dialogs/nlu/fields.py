"""Parse typed details: names, email, phone, ΑΦΜ, identity numbers.

Every text is as `clean` returns it.
"""

import re
from collections.abc import Sequence
from unicodedata import category

import phonenumbers
from email_validator import EmailNotValidError, validate_email
from stdnum.gr import vat

from core.i18n import _
from dialogs.nlu.contact_details import find_emails, find_phones, find_tax_numbers
from dialogs.nlu.corrections import the_one
from dialogs.nlu.normalize import words_with_spans
from dialogs.nlu.parsed import Parsed, ParseFailure
from dialogs.nlu.spans import Found, Span, Word, cut, joined, span_of

NAME_EXPECTED = _("Please write first name and surname. For example: Maria Papadopoulou.")

_SIGNS_IN_NAMES = " -‐–'’‘ʼ`´.,()·"
_DIGITS = re.compile(r"\(?[\d+](?:.*[\d+])?\)?")
"""Matches a word from its first digit to its last, with the brackets around them."""

_LATIN_CAPITALS = str.maketrans("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "ABEZHIKMNOPTYX")


def parse_name(text: str) -> Parsed:
    """Return a person's name, in letters of any alphabet."""
    odd = [s for s in text if not (s.isalpha() or category(s)[0] == "M" or s in _SIGNS_IN_NAMES)]
    words = [word for word in text.split() if _has_letter(word)]
    if odd or not words:
        return ParseFailure(_("A name has letters only. For example: Maria Papadopoulou."))
    if len(text) > 100:
        return ParseFailure(_("That is too long for a name. For example: Maria Papadopoulou."))
    return _whole_text(text, text)


def parse_email(text: str) -> Parsed:
    """Return an email address, in its normal form; also one as it is said: "at", "dot"."""
    if found := the_one(text, find_emails(text)):
        return found
    words = re.sub(r"\s*@\s*", "@", text).split()
    address = next((word for word in words if "@" in word), "").strip("<>()[],.;:\"'«»")
    address = re.sub(r"^(e-?mail|mailto):", "", address, flags=re.IGNORECASE)
    if text.count("@") != 1:
        return ParseFailure(_("An email address has one @. For example: maria@example.gr."))
    if not address.isascii():
        return ParseFailure(
            _("An email address has Latin letters only. For example: maria@example.gr.")
        )
    try:
        normal = validate_email(address, check_deliverability=False, strict=True).normalized
    except EmailNotValidError:
        return ParseFailure(
            _("This email address doesn't look right. For example: maria@example.gr.")
        )
    if (start := text.find(address)) >= 0:
        return Found(normal, Span(start, start + len(address)))
    typed = re.search(r"\s*@\s*".join(map(re.escape, address.split("@"))), text)
    return Found(normal, Span(*typed.span())) if typed else _whole_text(text, normal)


def parse_phone(text: str) -> Parsed:
    """Return a telephone number as +306912345678; Greek unless it begins with + or 00."""
    parsed = _parse_digits(text)
    if not isinstance(parsed, ParseFailure):
        return parsed
    return the_one(text, find_phones(text)) or parsed


def _parse_digits(text: str) -> Parsed:
    """Return the telephone number that all digits of a text make."""
    words = [word for word in re.finditer(r"\S+", text) if _may_be_number(word[0])]
    number_only = "".join(word[0] for word in words)
    digits = re.sub(r"[^\d+]", "", number_only)
    if _has_letter(number_only) or not digits.strip("+"):
        return ParseFailure(_("A telephone number has digits only. For example: 6912345678."))
    try:
        number = phonenumbers.parse(digits, "GR")
    except phonenumbers.NumberParseException:
        return ParseFailure(_("This telephone number doesn't look right. For example: 6912345678."))
    if number.country_code == 30 and len(str(number.national_number)) != 10:
        return ParseFailure(
            _(
                "A Greek telephone number has 10 digits, this one has {count}. "
                "For example: 6912345678.",
                count=len(str(number.national_number)),
            )
        )
    if not phonenumbers.is_valid_number(number):
        return ParseFailure(
            _(
                "There is no such telephone number. For example: 6912345678, "
                "or +61 412 345 678 from abroad."
            )
        )
    e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    parts = [part for word in words if (part := _DIGITS.search(text, *word.span()))]
    return Found(e164, Span(parts[0].start(), parts[-1].end()))


def parse_tax_number(text: str) -> Parsed:
    """Return a Greek tax number (ΑΦΜ) of nine digits, with a valid check digit."""
    if said := the_one(text, find_tax_numbers(text)):
        return said
    numbers = [word for word in words_with_spans(text) if _may_be_number(word.text)]
    words = _without_prefix(numbers, "αφμ|afm|el|ελ|gr")
    digits = re.sub(r"[\s.:-]", "", joined(words))
    if not re.fullmatch(r"[0-9]{9}", digits):
        return ParseFailure(_("A tax number (ΑΦΜ) has 9 digits. For example: 068933130."))
    if not vat.is_valid(digits) or digits == "000000000":
        return ParseFailure(_("This tax number (ΑΦΜ) isn't valid. Please check its digits."))
    return Found(digits, span_of(words))


def parse_identity_card(text: str) -> Parsed:
    """Return a Greek identity card's number, old (ΑΒ 123456) or new; accepted loosely."""
    words = _without_prefix(words_with_spans(text), "[αa] ?δ ?[τt]")
    number = _document_number(words)
    if not re.fullmatch(r"(?=(\D*\d){6})([A-ZΑ-Ω]{1,3}[0-9]{6,8}|[A-ZΑ-Ω0-9]{9,12})", number):
        return ParseFailure(
            _("An identity card's number has letters and 6 digits. For example: ΑΒ 123456.")
        )
    return Found(number, span_of(words))


def parse_passport(text: str) -> Parsed:
    """Return a passport's number, of any country; accepted loosely."""
    words = words_with_spans(text)
    number = _document_number(words)
    if not re.fullmatch(r"(?=(\D*\d){4})[A-ZΑ-Ω0-9]{6,12}", number):
        return ParseFailure(
            _("A passport's number has letters and digits. For example: AE1234567.")
        )
    return Found(number, span_of(words))


def _whole_text(text: str, value: str) -> Found[str]:
    return Found(value, Span(0, len(text)))


def _may_be_number(word: str) -> bool:
    """Return whether a word has a digit, or no letter: of "my phone is (691) 23…", the numbers."""
    return re.search(r"\d", word) is not None or not _has_letter(word)


def _has_letter(text: str) -> bool:
    return any(sign.isalpha() for sign in text)


def _without_prefix(words: Sequence[Word], prefix: str) -> Sequence[Word]:
    """Return the words, or letters of a word, after a prefix given as a regular expression."""
    text = joined(words)
    found = re.match(f"({prefix}) ?", text)
    return cut(words, found.end(), len(text)) if found else words


def _document_number(words: Sequence[Word]) -> str:
    """Return the words as one number, in Latin capitals where Greek ones look the same."""
    return re.sub(r"[\s./-]", "", joined(words).upper()).translate(_LATIN_CAPITALS)


def parse_text(text: str, longest: int) -> Parsed:
    """Return any text of up to `longest` characters."""
    if len(text) > longest:
        return ParseFailure(
            _("That is too long. Please write it in up to {count} characters.", count=longest)
        )
    return _whole_text(text, text)


def format_phone(number: str) -> str:
    """Return a stored telephone number as people write it: 691 234 5678, +61 412 345 678."""
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return number
    form = phonenumbers.PhoneNumberFormat
    kind = form.NATIONAL if parsed.country_code == 30 else form.INTERNATIONAL
    return phonenumbers.format_number(parsed, kind)


def dialled_number(number: str) -> str:
    """Return what to dial from anywhere (E.164), else the digits as they are, such as 1500."""
    try:
        parsed = phonenumbers.parse(number, "GR")
    except phonenumbers.NumberParseException:
        parsed = phonenumbers.PhoneNumber()
    if phonenumbers.is_valid_number(parsed):
        return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
    return "".join(sign for sign in number if sign.isdigit() or sign == "+")
