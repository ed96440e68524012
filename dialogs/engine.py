"""One turn of a conversation: take the answer, find the next step, ask it."""

import re
from dataclasses import dataclass

from core.errors import Refusal
from core.tables import PromptRow
from core.text import Phrase, _
from dialogs import flow
from dialogs.book import BOOK
from dialogs.commands import COMMANDS, buttons, run
from dialogs.fold import clean, fold
from dialogs.manage import BOOKINGS, CANCEL, EDIT, MOVE, WITHDRAW
from dialogs.menu import ASIDES, GREETING, HELLO, MENU
from dialogs.pick import pick
from dialogs.state import Offer
from dialogs.step import Choice, Context, Prompt, Step, Wrong

DIALOGS = {d.name: d for d in (BOOK, BOOKINGS, MOVE, CANCEL, EDIT, WITHDRAW, MENU)}

PAGE = 8
SLACK = 4
"""A list this little longer than a page is shown whole."""

LONGEST = 1000
PATIENCE = 3
"""The wrong answer at which help is offered."""


@dataclass(frozen=True)
class Question:
    """The question that is open after a turn."""

    number: int
    step: str
    prompt: Prompt
    offers: list[Offer]


def turn(ctx: Context, text: str | None, choice: str | None) -> Question:
    """Take a message (a typed text, or a tapped choice's id) and ask what comes next.

    What is said besides is in `ctx.said`. Always ends with an open question.
    """
    fresh = ctx.state.number == 0
    if fresh:
        _greet(ctx, text)
    else:
        _refresh(ctx)
    opened = ctx.session.get(PromptRow, (ctx.conversation_id, ctx.state.number))
    offers = [Offer.model_validate(offer) for offer in opened.offered] if opened else []
    try:
        if choice is not None:
            _tapped(ctx, choice, offers)
        elif text is not None:
            _typed(ctx, text, offers, fresh=fresh)
    except Wrong as wrong:
        _wrong(ctx, wrong.text)
    except Refusal as refusal:
        ctx.say(refusal.text)
    if upkeep := flow.running(ctx).upkeep:
        upkeep(ctx)
    return _proceed(ctx)


def _greet(ctx: Context, text: str | None) -> None:
    english = {fold(word) for word in ctx.texts.say(HELLO, "en").split(",")}
    greek = {fold(word) for word in ctx.texts.say(HELLO, "el").split(",")}
    if text and ctx.state.client_language is None and fold(clean(text)) in english - greek:
        ctx.language = "en"
    ctx.say(GREETING)


def _refresh(ctx: Context) -> None:
    """Look through every answer again when the municipality's catalogue was loaded anew."""
    name = ctx.answers.get("municipality")
    digest = ctx.office[name].digest if name and name in ctx.office else ""
    if ctx.state.digest and digest != ctx.state.digest:
        flow.recheck(ctx, {"catalogue", *ctx.answers})
    ctx.state.digest = digest


def _tapped(ctx: Context, choice: str, offers: list[Offer]) -> None:
    number, _dot, key = choice.partition(".")
    if number != str(ctx.state.number):
        _old_button(ctx, number, key)
        return
    offer = next((offer for offer in offers if offer.key == key), None)
    if offer is None:
        raise Wrong(_("I don't know that button."))
    _accept(ctx, offer)


def _old_button(ctx: Context, number: str, key: str) -> None:
    """Say what an older button was, offer to change that answer, and change nothing."""
    row = None
    if number.isascii() and number.isdigit() and len(number) < 10:
        row = ctx.session.get(PromptRow, (ctx.conversation_id, int(number)))
    offer = next((o for o in row.offered if o["key"] == key), None) if row else None
    if row is None or offer is None:
        ctx.say(_("That button is no longer in use."))
        return
    dialog, _slash, name = row.step.partition("/")
    label = offer[ctx.language]
    step = flow.step_named(ctx, name) if dialog == ctx.state.dialog else None
    if step is None or offer["command"]:
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


def _typed(ctx: Context, text: str, offers: list[Offer], *, fresh: bool) -> None:
    text = clean(text)
    if not text:
        raise Wrong(_("Your message was empty."))
    if len(text) > LONGEST:
        raise Wrong(
            _("Your message is too long. Please write up to {count} characters.", count=LONGEST)
        )
    folded = fold(text) or text
    number = re.fullmatch(r"#?(\d{1,3})[.)]?", text)
    shown = [o for o in offers if number and o.number == int(number[1])]
    exact = [o for o in offers if folded and folded in (fold(o.el), fold(o.en))]
    if not fresh and len(exact) == 1:
        _accept(ctx, exact[0])
        return
    if fresh and folded in ctx.texts.words(HELLO):
        return
    meant = (c for c in COMMANDS if folded in ctx.texts.words(c.words) and c.applies(ctx))
    if command := next(meant, None):
        run(ctx, command.name, "")
        return
    step = _open_step(ctx)
    if step is None:
        return
    if shown:
        other = None if _prompt(ctx, step).free else _otherwise(ctx, step, text)
        if other is None or other == shown[0].value:
            _accept(ctx, shown[0])
        else:
            _narrow(ctx, [shown[0].value, other])
        return
    _read(ctx, step, text, fresh=fresh)


def _otherwise(ctx: Context, step: Step, text: str) -> str | None:
    """What a number means if it isn't that of a choice: an hour, a day."""
    try:
        return step.take(ctx, text) if step.take else None
    except (Wrong, Refusal):
        return None


def _read(ctx: Context, step: Step, text: str, *, fresh: bool) -> None:
    """Take a typed answer: a choice by its name, else whatever the step can read."""
    prompt = _prompt(ctx, step)
    named = [
        c for c in prompt.choices if c.words and (fold(text) or text) in ctx.texts.words(c.words)
    ]
    if not named and not prompt.free:
        names = [(c.value, _names(ctx, c)) for c in prompt.choices]
        values = pick(text, names, ctx.texts.words(FILLER))
        named = [c for c in prompt.choices if c.value in values]
    if len(named) == 1:
        _accept(ctx, _offer(ctx, "", named[0], command=named[0].command))
        return
    if named:
        _narrow(ctx, [choice.value for choice in named])
        return
    if fresh:
        return
    try:
        if step.take is None:
            raise Wrong(prompt.expected or _("Please pick one of the answers below."))
        value = step.take(ctx, text)
    except Wrong:
        if _command_with_rest(ctx, text):
            return
        raise
    _answer(ctx, step, value)


FILLER = _(
    "i, want, would, like, the, a, an, for, to, of, in, at, on, with, please, my, appointment, "
    "need, book, and"
)


def _names(ctx: Context, choice: Choice) -> list[str]:
    names = [ctx.texts.say(choice.label, language) for language in ("el", "en")]
    return names + (sorted(ctx.texts.words(choice.words)) if choice.words else [])


def _command_with_rest(ctx: Context, text: str) -> bool:
    """Take "change time" or "time zone Melbourne": a command's words, then what it is about."""
    folded = fold(text)
    for command in (c for c in COMMANDS if c.takes_rest and c.applies(ctx)):
        for words in ctx.texts.words(command.words):
            if folded.startswith(words + " "):
                run(ctx, command.name, folded.removeprefix(words).strip())
                return True
    return False


def _accept(ctx: Context, offer: Offer) -> None:
    if offer.command:
        name, _colon, rest = offer.value.partition(":")
        run(ctx, name, rest)
    elif step := _open_step(ctx):
        _answer(ctx, step, offer.value)


def _open_step(ctx: Context) -> Step | None:
    if ctx.state.aside is not None:
        return ASIDES[ctx.state.aside["ask"]]
    return flow.next_step(ctx)


def _answer(ctx: Context, step: Step, value: str, *, by_citizen: bool = True) -> None:
    """Record an answer after its effect; recheck what depends on it where it has changed."""
    state = ctx.state
    dialog, aside, before = state.dialog, state.aside, state.kept.get(step.name)
    if step.effect:
        step.effect(ctx, value)
    state.failures = 0
    if aside is not None or state.dialog != dialog:
        return  # its effect was all that was wanted of it
    state.view = {}
    ctx.answers[step.name] = value
    state.kept.pop(step.name, None)
    if by_citizen:
        state.path = [*(name for name in state.path if name != step.name), step.name]
    if before != value:
        flow.recheck(ctx, {step.name})


def _narrow(ctx: Context, values: list[str]) -> None:
    ctx.state.view = {**ctx.state.view, "only": values}
    ctx.say(_("Which of these do you mean?"))


def _wrong(ctx: Context, text: Phrase) -> None:
    ctx.state.failures += 1
    ctx.say(text)
    if ctx.state.failures == PATIENCE:
        ctx.state.view = {**ctx.state.view, "help": True}
        ctx.say(_("Shall I help? You can go back, read about the service, or talk to a human."))


def _proceed(ctx: Context) -> Question:
    """Ask the next step; one with a single possible answer is answered by itself, and said."""
    while True:
        step = _open_step(ctx)
        if step is None:
            flow.leave(ctx)
            continue
        state = ctx.state
        if state.view.get("step", step.name) != step.name:
            state.view = {}
        prompt = _prompt(ctx, step)
        state.view = {**state.view, "step": step.name} if state.view else {}
        single = step.automatic and not prompt.free and len(prompt.choices) == 1
        if single and state.aside is None and step.name not in state.kept:
            choice = prompt.choices[0]
            ctx.say(_("{label}: {value}.", label=step.label, value=choice.label))
            try:
                _answer(ctx, step, choice.value, by_citizen=False)
            except Refusal as refusal:  # its effect has left the dialog
                ctx.say(refusal.text)
            continue
        return _ask(ctx, step, prompt)


def _prompt(ctx: Context, step: Step) -> Prompt:
    """What the step asks, or which answer to change instead."""
    if not ctx.state.view.get("changing"):
        return step.ask(ctx)
    answered = [s for s in flow.running(ctx).steps(ctx) if s.name in ctx.state.path]
    choices = [Choice(f"change:{s.name}", s.label, command=True) for s in answered]
    goes_on = Choice("all", _("Nothing, go on"), command=True)
    return Prompt(_("Which answer shall I ask again?"), [*choices, goes_on])


def _ask(ctx: Context, step: Step, prompt: Prompt) -> Question:
    state = ctx.state
    state.number += 1
    choices, commands = _visible(ctx, prompt)
    offers = [
        _offer(ctx, str(c.number or i), c, command=c.command, number=c.number or i)
        for i, c in choices
    ]
    if name := state.view.get("change"):
        changed = flow.step_named(ctx, name)
        if changed is not None:
            commands.append(Choice(f"change:{name}", _("Change: {step}", step=changed.label)))
    commands += [Choice(c.name, c.label) for c in buttons(ctx)]
    seen: set[str] = set()
    for command in commands:
        if command.value not in seen:
            offers.append(_offer(ctx, command.value, command, command=True))
            seen.add(command.value)
    dialog = "aside" if state.aside else state.dialog
    ctx.session.add(
        PromptRow(
            conversation_id=ctx.conversation_id,
            number=state.number,
            step=f"{dialog}/{step.name}",
            offered=[offer.model_dump() for offer in offers],
            asked_at=ctx.now,
        )
    )
    return Question(state.number, step.name, prompt, offers)


def _visible(ctx: Context, prompt: Prompt) -> tuple[list[tuple[int, Choice]], list[Choice]]:
    """The choices shown, with their numbers, and the commands that show others."""
    view = ctx.state.view
    extras = list(prompt.extras)
    choices = list(enumerate(prompt.choices, 1))
    if only := view.get("only"):
        named = [choice for _i, choice in choices if choice.value in only]
        if named:
            choices = list(enumerate(named, 1))
            extras.insert(0, Choice("all", _("Show all")))
    if prompt.layout == "list" and len(choices) > PAGE + SLACK:
        page = view.get("page", 0)
        last = (len(choices) - 1) // PAGE
        if page < last:
            extras.insert(0, Choice(f"page:{page + 1}", _("More")))
        if page > 0:
            extras.insert(0, Choice(f"page:{page - 1}", _("Previous page")))
        choices = choices[page * PAGE : (page + 1) * PAGE]
    return choices, extras


def _offer(
    ctx: Context, key: str, choice: Choice, *, command: bool, number: int | None = None
) -> Offer:
    say = ctx.texts.say
    return Offer(
        key=key,
        value=choice.value,
        el=say(choice.label, "el"),
        en=say(choice.label, "en"),
        number=number,
        command=command,
    )
