"""The commands that choose the letters of text messages."""

from collections.abc import Callable

from core.i18n import Text, _
from dialogs.context import Command, Context

SMALL_LETTERS = _("small, small letters")
CAPITALS = _("capitals, capital letters")


def _is_brief(ctx: Context) -> bool:
    return ctx.is_brief and not ctx.spoken


def _says(text: Text) -> Callable[[Context, str], None]:
    return lambda ctx, _argument: ctx.say(text)


LETTER_COMMANDS = tuple(
    Command(
        name=name,
        words=words,
        free_text_words=words,
        run=_says(said),
        shown="never",
        typed=_is_brief,
    )
    for name, words, said in (
        ("small", SMALL_LETTERS, _("From now on I write in small letters.")),
        ("capitals", CAPITALS, _("From now on I write in capitals.")),
    )
)
"""Commands that are only answered here: the choice is kept where text messages are sent."""
