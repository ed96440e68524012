"""Proving that a mobile number is one's own, by digits that are sent to it.

The questions interrupt what is under way, which goes on afterwards. What a proof is good for is in
docs/limits.md.
"""

import re

from core.bookings.phone_proof import DIGITS, Asked, Written
from core.i18n import _
from dialogs.booking.selection import proving_municipality
from dialogs.context import Command, Context, Step, refusable
from dialogs.engine.outcomes import EffectOutcome, InvalidAnswer, TakeOutcome
from dialogs.engine.prompts import Prompt
from dialogs.engine.state import Interruption
from dialogs.messages import phone_proof as texts
from dialogs.nlu.fields import parse_phone
from dialogs.nlu.parsed import ParseFailure

PHONE, NUMBER = "prove_phone", "prove_digits"

_NOT_DIGITS = re.compile(r"[\s.·-]")


def _begin(ctx: Context, _argument: str) -> None:
    if proving_municipality(ctx) is None:
        ctx.say(texts.NOT_POSSIBLE)
    else:
        ctx.update(interruption=Interruption(PHONE))


def _ask_phone(_ctx: Context) -> Prompt:
    return Prompt(texts.ASK_PHONE, free=True, names="whole", input="phone")


def _take_phone(_ctx: Context, text: str) -> TakeOutcome:
    parsed = parse_phone(text)
    return InvalidAnswer(parsed.text) if isinstance(parsed, ParseFailure) else parsed.value


@refusable
def _send_digits(ctx: Context, phone: str) -> EffectOutcome:
    town = proving_municipality(ctx)
    if town is None:  # the number was shared, and so proven, or texts have ended meanwhile
        ctx.update(interruption=None)
        ctx.say(texts.NOT_POSSIBLE)
        return None
    asked = ctx.office.proof.ask(town, phone)
    if asked is Asked.NOT_TEXTED:
        return InvalidAnswer(texts.REFUSED[asked])
    ctx.update(interruption=Interruption(NUMBER) if asked is Asked.SENT else None)
    if asked is not Asked.SENT:
        ctx.say(texts.REFUSED[asked])
    return None


def _ask_digits(_ctx: Context) -> Prompt:
    return Prompt(texts.ASK_DIGITS, free=True, names="whole", expected=texts.EXPECTED)


def _take_digits(_ctx: Context, text: str) -> TakeOutcome:
    digits = _NOT_DIGITS.sub("", text)
    is_number = re.fullmatch(rf"[0-9]{{{DIGITS}}}", digits)
    return digits if is_number else InvalidAnswer(texts.EXPECTED)


def _write_digits(ctx: Context, digits: str) -> EffectOutcome:
    written = ctx.office.proof.write(digits)
    if written is Written.WRONG:
        return InvalidAnswer(texts.OUTCOMES[written])
    ctx.update(interruption=None)
    ctx.say(texts.OUTCOMES[written])
    return None


COMMANDS = (
    Command(
        name="prove",
        label=texts.CONFIRM,
        words=_(
            "confirm my number, confirm my mobile, confirm my mobile number, confirm my phone, "
            "prove my number, verify my number, verify my phone"
        ),
        run=_begin,
        applies=lambda ctx: proving_municipality(ctx) is not None,
        yields=True,
    ),
)

STEPS = (
    Step(PHONE, _("Mobile"), _ask_phone, _take_phone, effect=_send_digits, automatic=False),
    Step(NUMBER, _("Digits"), _ask_digits, _take_digits, effect=_write_digits, automatic=False),
)
"""The questions that interrupt a dialog."""
