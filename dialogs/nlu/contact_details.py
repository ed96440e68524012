"""Find telephone numbers, e-mail addresses and tax numbers where they stand in a sentence."""

import re
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache
from typing import NamedTuple

import phonenumbers
from email_validator import EmailNotValidError, validate_email
from stdnum.gr import vat

from dialogs.nlu.closed_words import Kind, closed_words
from dialogs.nlu.normalize import folded
from dialogs.nlu.spans import Found, Span
from dialogs.nlu.tokens import tokenize

TAX_NUMBER_DIGITS = 9
MIN_PHONE_DIGITS = 10

_ADDRESS = r"[a-z0-9][a-z0-9._%+-]*"
_NUMBER = re.compile(r"\+?\d[\d./-]*$")
_ENDS = re.compile(r"[:;!?]\s")


class Digits(NamedTuple):
    """Digits that stand one after the other, with a plus sign where one was written."""

    text: str
    span: Span


class _Piece(NamedTuple):
    """A number of a run; `value` is that of a word, to which the next word may belong."""

    text: str
    span: Span
    value: int | None = None


def find_emails(text: str) -> Sequence[Found[str]]:
    """Return the valid e-mail addresses in a text, with @ or as they are said: "at", "dot"."""
    found = []
    for match in _email_pattern().finditer(folded(text)):
        address = _with_signs(text[match.start() : match.end()])
        try:
            valid = validate_email(address, check_deliverability=False, strict=True)
        except EmailNotValidError:
            continue
        local = valid.local_part.lower() if valid.local_part.isupper() else valid.local_part
        found.append(Found(f"{local}@{valid.domain}", Span(*match.span())))
    return found


def find_phones(text: str) -> Sequence[Found[str]]:
    """Return the valid telephone numbers in a text as +306912345678; also those said in words."""
    return [
        Found(phone, run.span)
        for run in digits_in(text)
        if (len(run.text) >= MIN_PHONE_DIGITS or run.text[0] == "+")
        and (phone := valid_phone(run.text))
    ]


def find_tax_numbers(text: str) -> Sequence[Found[str]]:
    """Return the tax numbers (ΑΦΜ) in a text: nine digits of which the last is right."""
    return [
        Found(run.text, run.span)
        for run in digits_in(text)
        if len(run.text) == TAX_NUMBER_DIGITS and vat.is_valid(run.text) and int(run.text)
    ]


@lru_cache(maxsize=16)  # telephone and tax number are looked for one after the other
def digits_in(text: str) -> tuple[Digits, ...]:
    """Return the runs of numbers in a text, in digits and in words, each as one."""
    return tuple(_runs(text))


def _runs(text: str) -> Iterator[Digits]:
    run: list[_Piece] = []
    for piece in (*_pieces(text), None):
        if run and (piece is None or _ENDS.search(text, run[-1].span.end, piece.span.start)):
            span = Span(run[0].span.start, run[-1].span.end)
            yield Digits("".join([each.text for each in run]), span)
            run = []
        if piece is None:
            continue
        if run and _is_one_number(run[-1], piece, text):
            total = (run[-1].value or 0) + (piece.value or 0)
            run[-1] = _Piece(str(total), Span(run[-1].span.start, piece.span.end), total)
        else:
            run.append(piece)


def _pieces(text: str) -> Iterator[_Piece | None]:
    """Yield the numbers of a text, and None for what is none."""
    words, tokens = closed_words(), tokenize(text)
    at, times = 0, 1
    while at < len(tokens):
        token = tokens[at]
        at += 1
        if _NUMBER.match(token.text):
            plus = "+" if token.text[0] == "+" else ""
            yield _Piece(plus + re.sub(r"\D", "", token.text), token.span)
            continue
        marked = words.at(tokens, at - 1)
        if marked is None or not isinstance(marked.meaning.value, int):
            yield None
            continue
        at += marked.length - 1
        kind, value = marked.meaning
        if kind is Kind.REPEAT:
            times = int(value)
        elif kind in (Kind.NUMBER, Kind.ONE, Kind.COUNT):
            yield _Piece(str(value) * times, marked.span, int(value) if times == 1 else None)
            times = 1
        else:
            yield None


def valid_phone(number: str) -> str | None:
    """Return a number as +306912345678; None if no telephone has it. Greek, unless + or 00."""
    try:
        parsed = phonenumbers.parse(number, "GR")
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(parsed):
        return None
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def _is_one_number(piece: _Piece, after: _Piece, text: str) -> bool:
    """Return whether two words are one number: "thirty" and "four"."""
    number, value = piece.value, after.value
    if not number or not value or "," in text[piece.span.end : after.span.start]:
        return False
    if number >= 100 and number % 100 == 0:
        return value < 100
    return number >= 20 and number % 10 == 0 and value < 10


@cache
def _email_pattern() -> re.Pattern[str]:
    spoken = closed_words().signs

    def of(*signs: str) -> str:
        words = [word for word, sign in spoken.items() if sign in signs]
        return "|".join(map(re.escape, sorted(words, key=len, reverse=True)))

    local = rf"{_ADDRESS}(?:\s+(?:{of('.', '_', '-')})\s+{_ADDRESS})*"
    domain = rf"[a-z0-9-]+(?:(?:\.|\s+(?:{of('.')})\s+|\s+(?:{of('-')})\s+)[a-z0-9-]+)+"
    return re.compile(rf"(?<![\w.@-]){local}(?:\s*@\s*|\s+(?:{of('@')})\s+){domain}")


def _with_signs(said: str) -> str:
    text = f"{folded(said)} "
    for word, sign in sorted(closed_words().signs.items(), key=lambda item: -len(item[0])):
        text = re.sub(rf"\s+{re.escape(word)}\s+", sign, text)
    if "@" in said:  # nothing was said in words: capitals are kept
        return re.sub(r"\s*@\s*", "@", said)
    return re.sub(r"\s*@\s*", "@", text.strip())
