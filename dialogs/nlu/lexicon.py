"""The words of every language that typed text is compared with."""

from typing import Protocol

from core.i18n import Text, _

FILLER = _(
    "i, i'd, want, would, like, the, a, an, for, to, of, in, at, on, with, please, my, "
    "appointment, need, book, and, can, how, do, it, hello, hi"
)
"""Words that don't matter for which choice is meant."""

POLITE = _(
    "please, thanks, thank, you, i, i'd, i'll, would, like, want, to, can, could, me, a, the, "
    "let's, just, now, it's, is"
)
"""Words that are ignored around a command; fewer than FILLER, as a command may cancel a booking."""

FROM = _("from, live, living, lives, am, based")
"""Words before a place that one comes from, or where one lives."""

NOT_MEANT = _("not, isn't")
"""Words before a name that isn't meant."""

HELLO = _("hello, hi, hey, good morning, good evening, start, /start")

YES = _("yes, y, yeah, ok, okay, sure, of course, 👍")

NO = _("no, n, nope, no thanks")


class Lexicon(Protocol):
    """The words and texts of all languages; `bot.i18n.translator` implements it."""

    def say(self, phrase: Text, language: str) -> str:
        """Return a text in a language."""

    def words(self, phrase: Text) -> frozenset[str]:
        """Return the words of a text with commas between them, in every language, normalized."""

    def zone_called(self, name: str) -> str | None:
        """Return the time zone of a city, by its name in any language; None if it isn't known."""
