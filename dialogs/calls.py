"""Calls by telephone: how they begin, go on after they were cut off, and end."""

from core.catalogue.model import Municipality
from core.i18n import Text, _, lines
from dialogs.booking.selection import existing_booking, municipality
from dialogs.context import Context, Step
from dialogs.engine import navigation
from dialogs.engine.outcomes import EffectOutcome, InvalidAnswer
from dialogs.engine.prompts import Prompt, yes_no_choices
from dialogs.messages.blocks import Message, Paragraph
from dialogs.nlu.fields import parse_phone
from dialogs.nlu.parsed import ParseFailure

HEARD, RESUME = "heard", "resume"

HELLO = _("Hello. Here you can book an appointment by telephone.")
HOW = _("You can speak, or press the keys. For an employee, press zero.")

UNHEARD = _("I didn't hear you.")
UNANSWERED = _("I'm sorry, nobody answers at the moment.")
GOODBYE = _("Thank you for your call. Goodbye.")
PUT_THROUGH = _("I'm putting you through to an employee. Please stay on the line.")
PICK_FIRST = _("First tell me with which municipality you would like to talk.")
CLOSED = _("There is no employee at the telephone now.")
NOT_UNDERSTOOD = _("I'm sorry that we don't understand each other.")


def greeting(ctx: Context) -> Text:
    """Return the words that begin a call."""
    offered = ctx.office.offered_municipalities
    if len(offered) != 1:
        return lines(HELLO, HOW)
    of_one = _("Hello. {municipality}, appointments by telephone.", municipality=offered[0].name)
    return lines(of_one, HOW)


def put_through(ctx: Context, body: Municipality | None) -> None:
    """Put a call through to an employee, within hours; else say when and where to call."""
    if body is None:
        ctx.say(PICK_FIRST)
        return
    _say_contact(ctx, body, hangs_up=False)


def give_up(ctx: Context) -> None:
    """End a call in which nothing was understood: with an employee, if there is one now."""
    if ctx.state.dialog == ctx.definition.idle:
        ctx.say(ending(GOODBYE))
        return
    offered = ctx.office.offered_municipalities
    body = municipality(ctx) or (offered[0] if len(offered) == 1 else None)
    if body is None and (booking := existing_booking(ctx)):
        body = ctx.office.of_booking(booking).body
    ctx.say(NOT_UNDERSTOOD)
    if body is None:
        ctx.say(ending(GOODBYE))
    else:
        _say_contact(ctx, body, hangs_up=True)


def _say_contact(ctx: Context, body: Municipality, *, hangs_up: bool) -> None:
    branch = ctx.answers.get("branch")
    own = next((each.contact for each in body.branches if each.id == branch), None)
    contact = own or body.contact
    number = parse_phone(contact.phone or "")
    if isinstance(number, ParseFailure):
        ctx.say(ending(CLOSED) if hangs_up else CLOSED)
    elif ctx.office.relay.opens_at(body, branch) == ctx.now:
        ctx.say(Message((Paragraph(PUT_THROUGH),), dial=number.value))
    else:
        said = lines(
            CLOSED,
            _("Please call {phone}. Once more: {phone}.", phone=contact.phone or ""),
            _("Hours: {hours}.", hours=contact.hours) if contact.hours else None,
            GOODBYE if hangs_up else None,
        )
        ctx.say(ending(said) if hangs_up else said)


def ending(text: Text) -> Message:
    """Return a text after which the call ends."""
    return Message((Paragraph(text),), hangs_up=True)


def _ask_heard(ctx: Context) -> Prompt:
    heard = next(iter(ctx.state.interruption.answers.values())) if ctx.state.interruption else ""
    return Prompt(
        _("I heard: {heard}. Is that right?", heard=heard),
        yes_no_choices(_("Yes"), _("No, I say it again")),
    )


def _take_heard(ctx: Context, answer: str) -> EffectOutcome:
    """Take what was heard as the answer to its step, or ask that again."""
    interruption = ctx.state.interruption
    ctx.update(interruption=None)
    if interruption is None:
        return None
    if answer != "yes":
        return InvalidAnswer(_("Then please say it once more, slowly."))
    ((name, value),) = interruption.answers.items()
    step = navigation.step_named(ctx, name)
    return navigation.answer(ctx, step, value) if step else None


def _ask_resume(_ctx: Context) -> Prompt:
    return Prompt(
        _("Welcome back. Your call was cut off. Shall we go on where we stopped?"),
        yes_no_choices(_("Yes, go on"), _("No, from the beginning")),
    )


def _take_resume(ctx: Context, answer: str) -> None:
    """Go on with what an earlier call began, or begin anew."""
    ctx.update(interruption=None)
    if answer != "yes":
        navigation.start(ctx, ctx.definition.initial)
        navigation.forget_answers(ctx)


STEPS = (
    Step(HEARD, _("What I heard"), _ask_heard, effect=_take_heard, automatic=False),
    Step(RESUME, _("Go on"), _ask_resume, effect=_take_resume, automatic=False),
)
"""The questions that interrupt a dialog in a call."""
