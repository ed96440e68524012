"""Find the words that take back what stands beside them: "sorry, no", "oops", "not the house"."""

import re
from collections.abc import Iterator, Sequence

from dialogs.nlu.closed_words import Kind, Meaning, closed_words
from dialogs.nlu.function_words import function_words
from dialogs.nlu.spans import Found, Span
from dialogs.nlu.tokens import tokenize


def corrections_in(text: str) -> Sequence[Span]:
    """Return where a text (as `clean` returns it) takes back what was said, in order."""
    tokens, words = tokenize(text), closed_words()
    found = []
    at = 0
    while at < len(tokens):
        marked = words.at(tokens, at)
        if marked and marked.meaning.kind is Kind.CORRECTION:
            found.append(marked.span)
        at += marked.length if marked else 1
    return found


def negated_in(text: str) -> Iterator[Span]:
    """Yield where a text says what isn't meant: "not the house", with the word for "not"."""
    tokens, words = tokenize(text), closed_words()
    for at in range(1, len(tokens)):
        marked = words.at(tokens, at)
        if marked is None or marked.meaning != Meaning(Kind.NOT, ANY_WORD):
            continue
        after = (t for t in tokens[at + marked.length :] if t.text not in function_words())
        if (meant := next(after, None)) and not _BORDER.search(
            text, marked.span.end, meant.span.start
        ):
            yield Span(marked.span.start, meant.span.end)


ANY_WORD = 2
"""The value of words of Kind.NOT that stand before a word of any kind, not before verbs."""

_BORDER = re.compile(r"[,;:!?.\n]")


def the_one(text: str, found: Sequence[Found[str]]) -> Found[str] | None:
    """Return the value that was found, where it was said last; of several, one that corrects them.

    None where it isn't clear which is meant, or where numbers follow that correct it.
    """
    if not found:
        return None
    last = found[-1]
    is_one = len({each.value for each in found}) == 1
    corrections = corrections_in(text)
    if not is_one:
        before = found[-2].span.end
        return last if any(before <= c.start < last.span.start for c in corrections) else None
    after = (text[c.end :] for c in corrections if c.start >= last.span.end)
    return None if any(map(str.isdigit, "".join(after))) else last
