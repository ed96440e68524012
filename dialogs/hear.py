"""What a message means: a tap on a button, new or old; a typed answer, choice or command."""

import re
from collections.abc import Sequence

from core import bookings, conversations
from core.errors import Refusal
from core.text import _
from dialogs import flow
from dialogs.asking import offer
from dialogs.commands import COMMANDS, run
from dialogs.fold import clean, fold
from dialogs.menu import HELLO
from dialogs.pick import FILLER, pick
from dialogs.state import Offer
from dialogs.step import Choice, Context, Instead, Prompt, Step, Wrong
from dialogs.summary import short

LONGEST = 1000


def tapped(ctx: Context, choice: str, offers: Sequence[Offer]) -> None:
    """Take a button: only the open question's are answers."""
    number, _dot, key = choice.partition(".")
    if number != str(ctx.state.number):
        _old_button(ctx, number, key)
        return
    found = next((one for one in offers if one.key == key), None)
    if found is None:
        raise Wrong(_("I don't know that button."))
    _accept(ctx, found)


def typed(ctx: Context, text: str, offers: Sequence[Offer], *, fresh: bool) -> None:
    """Take a text. A `fresh` conversation's first one may be anything: it is no wrong answer."""
    text = clean(text)
    if not text:
        raise Wrong(_("Your message was empty."))
    if len(text) > LONGEST:
        raise Wrong(
            _("Your message is too long. Please write up to {count} characters.", count=LONGEST)
        )
    folded = fold(text) or text
    exact = [one for one in offers if folded in (fold(one.el), fold(one.en))]
    if len(exact) == 1:
        _accept(ctx, exact[0])
        return
    if fresh and folded in ctx.texts.words(HELLO):
        return
    step = flow.open_step(ctx)
    if step is None:
        return
    prompt = flow.prompt_of(ctx, step)
    number = re.fullmatch(r"#?(\d{1,3})[.)]?", text)
    shown = [one for one in offers if number and one.number == int(number[1])]
    if shown:
        _take_number(ctx, step, prompt, shown[0], text)
    elif not _is_command(ctx, prompt, folded) and not _is_choice(ctx, prompt, text) and not fresh:
        flow.answer(ctx, step, _read(ctx, step, prompt, text))


def _old_button(ctx: Context, number: str, key: str) -> None:
    """Say what an older button was, offer to change that answer, and change nothing."""
    old = None
    if number.isascii() and number.isdigit() and len(number) < 10:
        old = conversations.prompt(ctx.session, ctx.conversation_id, int(number))
    found = next((one for one in old[1] if one["key"] == key), None) if old else None
    if old is None or found is None:
        ctx.say(_("That button is no longer in use."))
        return
    dialog, _slash, name = old[0].partition("/")
    label = found[ctx.language]
    if old[0] == "book/review" and not found["command"] and _said_booked(ctx, found["value"]):
        return
    step = flow.step_named(ctx, name) if dialog == ctx.state.dialog else None
    if step is None or found["command"]:
        ctx.say(_("The button “{label}” was for an earlier question.", label=label))
        return
    ctx.say(
        _(
            "The button “{label}” was for an earlier question: {step}. Nothing has changed.",
            label=label,
            step=step.label,
        )
    )
    if name in ctx.answers and ctx.state.aside is None:
        ctx.state.view = {**ctx.state.view, "change": name}


def _said_booked(ctx: Context, starts_at: str) -> bool:
    """Reassure whoever confirms again what is booked already."""
    for booking in bookings.upcoming(ctx.session, ctx.actor.citizen_id, ctx.now):
        if booking.starts_at.isoformat() == starts_at:
            ctx.say(_("This is booked already: {appointment}.", appointment=short(ctx, booking)))
            return True
    return False


def _take_number(ctx: Context, step: Step, prompt: Prompt, shown: Offer, text: str) -> None:
    """A number is that of a button; where it may be an hour as well, ask which."""
    other = None
    if step.take and not prompt.free and not ctx.state.view.get("only"):
        try:
            other = step.take(ctx, text)
        except (Wrong, Refusal, Instead):
            other = None
    if other is None or other == shown.value:
        _accept(ctx, shown)
    else:
        _narrow(ctx, [shown.value, other])


def _is_command(ctx: Context, prompt: Prompt, folded: str) -> bool:
    """Do a command, if that is what was typed; some give way to a choice of that name."""
    for command in COMMANDS:
        if command.typed(ctx) and folded in ctx.texts.words(command.words):
            if command.yields and len(_named(ctx, prompt, folded, typos=False)) == 1:
                return False
            run(ctx, command.name, "")
            return True
    return _is_command_with_rest(ctx, folded)


def _is_command_with_rest(ctx: Context, folded: str) -> bool:
    """Take "change time" or "time zone Melbourne": a command's words, then what it is about."""
    for command in COMMANDS:
        if command.knows is None or not command.typed(ctx):
            continue
        for words in ctx.texts.words(command.words):
            rest = folded.removeprefix(words + " ")
            if rest != folded and command.knows(ctx, rest):
                run(ctx, command.name, rest)
                return True
    return False


def _is_choice(ctx: Context, prompt: Prompt, text: str) -> bool:
    """Take a choice by its name; where two are meant, ask which."""
    named = _named(ctx, prompt, text, typos=True)
    if len(named) == 1:
        _accept(ctx, offer(ctx, "", named[0]))
    elif named:
        _narrow(ctx, [choice.value for choice in named])
    return bool(named)


def _named(ctx: Context, prompt: Prompt, text: str, *, typos: bool) -> list[Choice]:
    """The choices that a text names, by label or by the other words for them."""
    folded = fold(text) or text
    if by_words := [c for c in prompt.choices if c.words and folded in ctx.texts.words(c.words)]:
        return by_words
    if prompt.names == "whole":
        return []
    names = [(choice.value, _names(ctx, choice)) for choice in prompt.choices]
    typos = typos and prompt.names == "any"
    values = pick(text, names, ctx.texts.words(FILLER), typos=typos)
    return [choice for choice in prompt.choices if choice.value in values]


def _names(ctx: Context, choice: Choice) -> list[str]:
    names = [ctx.texts.say(choice.label, language) for language in ("el", "en")]
    return names + (sorted(ctx.texts.words(choice.words)) if choice.words else [])


def _read(ctx: Context, step: Step, prompt: Prompt, text: str) -> str:
    if step.take is None or ctx.state.view.get("changing"):
        raise Wrong(prompt.expected or _("Please pick one of the answers below."))
    return step.take(ctx, text)


def _accept(ctx: Context, found: Offer) -> None:
    if found.command:
        name, _colon, rest = found.value.partition(":")
        run(ctx, name, rest)
    elif step := flow.open_step(ctx):
        flow.answer(ctx, step, found.value)


def _narrow(ctx: Context, values: list[str]) -> None:
    ctx.state.view = {**ctx.state.view, "only": values}
    ctx.say(_("Which of these do you mean?"))
