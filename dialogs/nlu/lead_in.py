"""Remove the words that lead to an answer: of "my name is Maria", all but "Maria"."""

from core.i18n import _
from dialogs.nlu.lexicon import Lexicon
from dialogs.nlu.normalize import normalize
from dialogs.nlu.spans import Found, Span

VERBS = _("is, it's, i'm, am, called")
"""Verbs after which the answer stands: "my name is Maria Papadopoulou"."""

BEFORE_VERB = _("my, name, full, i, it, the, passport, id, card, number")
"""Words that may stand before such a verb."""


def without_lead_in(text: str, lexicon: Lexicon) -> Found[str]:
    """Return what follows words such as "my name is"; the whole text if it doesn't begin so.

    Any other word before the verb belongs to the answer.
    """
    verbs, lead = lexicon.words(VERBS), lexicon.words(BEFORE_VERB)
    words = text.split()
    for at, word in enumerate(words[:-1]):
        if normalize(word) in verbs and (at or len(word) > 2):
            rest = words[at + 1 :]
            answer = " ".join(rest[1:] if len(rest) > 1 and normalize(rest[0]) in lead else rest)
            return Found(answer, Span(len(text) - len(answer), len(text)))
        if normalize(word) not in lead:
            break
    return Found(text, Span(0, len(text)))
