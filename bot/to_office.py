"""Texts of a citizen to an office, and the brief answers to them."""

from bot.messages import Inbound
from core.i18n import Text, lines
from dialogs import relay
from dialogs.context import Context
from dialogs.messages.relay import EDITED, FILE_LEFT_OUT, ONLY_TEXT
from dialogs.nlu.normalize import clean_lines


def said_to_office(ctx: Context, inbound: Inbound) -> Text | None:
    """Return what is said to a message that is for the office; None for the dialog's."""
    if inbound.text is not None and not inbound.proves_phone:
        said = relay.pass_on(ctx, clean_lines(inbound.text))
        return lines(said, FILE_LEFT_OUT) if said and inbound.with_file else said
    if inbound.unread is not None and relay.hears_no_file(ctx):
        return EDITED if inbound.unread == "edited" else ONLY_TEXT
    return None
