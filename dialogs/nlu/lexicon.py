"""The words of every language that typed text is compared with."""

from typing import Protocol

from core.i18n import Text, _

FILLER = _(
    "i, i'd, want, would, like, the, a, an, for, to, of, in, at, on, with, please, my, "
    "appointment, need, book, and, can, how, do, it, hello, hi"
)
"""Words that say nothing of what is picked."""


POLITE = _(
    "please, thanks, thank, you, i, i'd, i'll, would, like, want, to, can, could, me, a, the, "
    "let's, just, now, it's, is"
)
"""Words that are left out around a command; fewer, for what remains may cancel a booking."""


HELLO = _("hello, hi, hey, good morning, good evening, start, /start")


YES = _("yes, y, yeah, ok, okay, sure, of course, 👍")


NO = _("no, n, nope, no thanks")


class Lexicon(Protocol):
    """What the conversation needs of the languages; `bot.i18n.translator` is it."""

    def say(self, phrase: Text, language: str) -> str:
        """Put a phrase into words."""

    def words(self, phrase: Text) -> frozenset[str]:
        """Give the words of a phrase with commas between them, in every language, folded."""

    def zone_called(self, name: str) -> str | None:
        """Find the time zone of a city, by its name in any language."""
