"""Find a person's name in a sentence: "this is Maria Papa speaking", "surname Papa, name Maria"."""

import re
from collections.abc import Iterator, Sequence

from dialogs.nlu.closed_words import closed_words
from dialogs.nlu.normalize import folded
from dialogs.nlu.spans import Found, Span

MOST_WORDS = 5

_BORDER = re.compile(r"[,;:!?…()\n]|(?<!\b[^\W\d])\.(?=\s|$|\.)")
_WORD = re.compile(r"[^\W\d]\.(?!\w)|[^\s.,;:!?…()]+")


def find_name(text: str) -> Found[str] | None:
    """Return the name and surname in a text, as typed; None where there is none, or only one."""
    if "?" in text or ";" in text:  # a question, also in Greek
        return None
    plain = folded(text)
    for title in _words("titles"):
        plain = re.sub(rf"(?<!\w){re.escape(title)}(?!\w)\.?", lambda m: " " * len(m[0]), plain)
    if labelled := _labelled(text, plain):
        return labelled
    clauses = [_name_words(plain, start, end) for start, end in _segments(plain)]
    words = [word for clause, _is_whole in clauses for word in clause]
    lengths = [len(clause) for clause, _is_whole in clauses if clause]
    is_list = max(lengths, default=0) == 1 or (len(lengths) == 2 and lengths[0] > 2 > lengths[1])
    if is_list and all(whole for _clause, whole in clauses) and 2 <= len(words) <= MOST_WORDS:
        return _found(text, words)  # "Smith, David", "Van der Berg, Johannes"
    return next((_found(text, c) for c, _whole in clauses if 2 <= len(c) <= MOST_WORDS), None)


def has_words_around(text: str) -> bool:
    """Return whether a text has more than a name: borders of clauses, or words of none."""
    plain = folded(text)
    around = _words("titles") | _words("not")
    return bool(_BORDER.search(plain)) or not around.isdisjoint(plain.split())


def _words(kind: str) -> frozenset[str]:
    return closed_words().names[kind]


def _segments(plain: str) -> Iterator[tuple[int, int]]:
    start = 0
    for border in _BORDER.finditer(plain):
        yield start, border.start()
        start = border.end()
    yield start, len(plain)


def _name_words(plain: str, start: int, end: int) -> tuple[list[Span], bool]:
    """Return the words of a clause that may be a name, and whether these are all of its words."""
    for lead in sorted(_words("lead"), key=len, reverse=True):
        if found := re.search(rf"(?<!\w){re.escape(lead)}(?!\w)", plain[start:end]):
            start += found.end()
            break
    words = [Span(*word.span()) for word in _WORD.finditer(plain, start, end)]
    before, articles, none = _words("before"), _words("articles"), _words("not")
    while words and plain[slice(*words[0])] in before | articles:
        words.pop(0)
    kept: list[Span] = []
    for at, word in enumerate(words):
        said = plain[slice(*word)]
        is_patronymic = said in articles and said in _words("of") and len(kept) > 1
        if is_patronymic or said in none:
            return (kept, False) if len(kept) > 1 else ([], False)
        if said not in articles or at == len(words) - 1:
            kept.append(word)
    return kept, True


def _labelled(text: str, plain: str) -> Found[str] | None:
    """Return a name of which each part is said: "surname Papa, first name Maria"."""
    found = {}
    labels = "|".join(map(re.escape, sorted(_words("first") | _words("last"), key=len)[::-1]))
    links = "|".join(map(re.escape, _words("link")))
    value = rf"\s*:?\s*(?:(?:{links})\s+)*([^\s,.:;]+(?:\s+(?!(?:{labels}|{links})\b)[^\s,.:;]+)*)"
    for kind in ("first", "last"):
        own = "|".join(map(re.escape, sorted(_words(kind), key=len)[::-1]))
        if match := re.search(rf"(?<!\w)(?<!last )(?:{own})(?!\w){value}", plain):
            found[kind] = Span(*match.span(1))
    if len(found) < 2:
        return None
    name = " ".join(text[slice(*found[kind])] for kind in ("first", "last"))
    return Found(name, Span(min(found.values()).start, max(found.values()).end))


def _found(text: str, words: Sequence[Span]) -> Found[str]:
    return Found(
        " ".join([text[slice(*word)] for word in words]), Span(words[0].start, words[-1].end)
    )
