"""The texts by which a citizen proves that a number is theirs."""

from core.bookings.phone_proof import DIGITS, Asked, Written
from core.catalogue.registry import LoadedMunicipality
from core.i18n import Text, _
from dialogs.messages.blocks import Message, Paragraph

CONFIRM = _("Confirm my mobile number")

ASK_PHONE = _("What is your mobile number? I'll send a text message (SMS) with six digits to it.")

ASK_DIGITS = _("Which six digits did you get by SMS? They hold for ten minutes.")

EXPECTED = _("Please write the six digits of the SMS. For example: 123 456.")

HINT = _("If you confirm a mobile number as yours, you can book more: write “confirm my number”.")

NOT_POSSIBLE = _("I'm sorry, numbers can't be confirmed by SMS here.")

REFUSED = {
    Asked.KNOWN: _("You have confirmed this number already."),
    Asked.NOT_TEXTED: _(
        "I'm sorry, I can send no SMS to that number. Please give a mobile number."
    ),
    Asked.USED_UP: _("I'm sorry, no more numbers can be confirmed today. Please try tomorrow."),
}
"""The answers where no digits are sent."""

OUTCOMES = {
    Written.RIGHT: _("Thank you. The number is confirmed."),
    Written.WRONG: _("These aren't the digits that I sent. Please look again."),
    Written.SPENT: _(
        "These aren't the digits that I sent either. To get others, write “confirm my number”."
    ),
    Written.OVER: _("These digits don't hold any more. To get others, write “confirm my number”."),
}


def digits_text(loaded: LoadedMunicipality, digits: str) -> Message:
    """Return the text with the digits."""
    half = DIGITS // 2
    said: Text = _(
        "{digits} is your confirmation number for appointments at {town}. Tell it to nobody.",
        digits=f"{digits[:half]} {digits[half:]}",
        town=loaded.body.name,
    )
    return Message((Paragraph(said),))
