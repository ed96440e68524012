"""Values and words with their spans in a typed text."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, NamedTuple, TypeVar

T_co = TypeVar("T_co", covariant=True)


class Span(NamedTuple):
    """A part of a typed text, as offsets of characters: text[start:end].

    The text is the one that `clean` returns.
    """

    start: int
    end: int

    def shifted(self, by: int) -> "Span":
        """Return the span in a text in which this one's text begins at `by`."""
        return Span(self.start + by, self.end + by)


class Word(NamedTuple):
    """A word in the form in which it is compared, with the span where it was typed."""

    text: str
    span: Span


@dataclass(frozen=True, slots=True)
class Found(Generic[T_co]):
    """A value, and the part of the typed text that says it."""

    value: T_co
    span: Span


def span_of(words: Sequence[Word]) -> Span:
    """Return the span from the first to the last of these words; there must be one."""
    return Span(words[0].span.start, words[-1].span.end)


def joined(words: Sequence[Word]) -> str:
    """Return the words with single spaces between them."""
    return " ".join([word.text for word in words])


def cut(words: Sequence[Word], start: int, end: int) -> tuple[Word, ...]:
    """Return the words in `joined(words)[start:end]`.

    The span of a word that is cut is cut as well if it is as long as the word, else kept whole.
    """
    kept = []
    at = 0
    for text, span in words:
        first, last = max(start - at, 0), min(end - at, len(text))
        at += len(text) + 1
        if first < last:
            in_step = last - first < len(text) == span.end - span.start
            part = Span(span.start + first, span.start + last) if in_step else span
            kept.append(Word(text[first:last], part))
    return tuple(kept)
