"""One turn of a conversation: take the message, find the next step, ask it."""

from core import conversations
from core.errors import Refusal
from core.tally import note
from core.text import Phrase, _
from dialogs import flow
from dialogs.arriving import UNREADABLE, Unread, begun
from dialogs.asking import Asked, ask
from dialogs.book import BOOK
from dialogs.commands import commanded
from dialogs.fold import clean, fold
from dialogs.hear import tapped, typed
from dialogs.manage import BOOKINGS, CANCEL, EDIT, MOVE, WITHDRAW
from dialogs.menu import ASIDES, GREETING, HELLO, MENU
from dialogs.pick import FILLER
from dialogs.state import Offer
from dialogs.step import Context, Instead, Wrong

DIALOGS = {d.name: d for d in (BOOK, BOOKINGS, MOVE, CANCEL, EDIT, WITHDRAW, MENU, ASIDES)}

LATE = _(
    "This reached me after what you wrote later, so I haven't taken it. "
    "If it still holds, please write it again."
)

EARLY = _(
    "You wrote this before you could see the question below, so I haven't taken it. "
    "If it answers that too, please write it again."
)

PATIENCE = 3
"""The wrong answer at which help is offered."""


def turn(
    ctx: Context,
    text: str | None = None,
    choice: str | None = None,
    *,
    missed: Phrase | None = None,
    unread: Unread | None = None,
    link: str | None = None,
    command: str | None = None,
) -> Asked:
    """Take a message and ask what comes next.

    It is a typed text, a tapped choice's id, something `unread`, a `link` that was followed, or a
    `command` by its name.

    A typed text that `missed` the question it was meant for is no answer to what is asked by now,
    and is told so, unless it is a command; a tap says by itself what it answers. What is said
    besides is in `ctx.said`. Always ends with an open question.
    """
    fresh = ctx.state.number == 0
    if fresh:
        _greet(ctx, text)
    else:
        _refresh(ctx)
    opened = conversations.prompt(ctx.session, ctx.conversation_id, ctx.state.number)
    offers = [Offer.model_validate(offer) for offer in opened[1]] if opened else []
    # What was said to a question that is no longer open is no answer to the one that is now.
    other = opened is not None and opened[0] != flow.place(ctx, flow.open_step(ctx))
    try:
        if choice is not None:
            tapped(ctx, choice, offers, other=other)
        elif text is not None:
            taken = typed(ctx, text, offers, fresh=fresh, other=other or missed is not None)
            if missed and not taken:
                ctx.say(missed)
        elif unread is not None:
            ctx.say(UNREADABLE[unread])
        elif link is not None:
            begun(ctx, link)
        elif command is not None:
            commanded(ctx, command)
    except Wrong as wrong:
        _wrong(ctx, wrong)
    except Instead as instead:
        _answer_others(ctx, instead)
    except Refusal as refusal:
        _refused(ctx, refusal)
    if upkeep := flow.running(ctx).upkeep:
        upkeep(ctx)
    asked = _proceed(ctx)
    _note_step(ctx, opened[0] if opened else None, asked.place)
    ctx.state.digest = _digest(ctx)
    return asked


def _greet(ctx: Context, text: str | None) -> None:
    if text and ctx.state.client_language is None and _is_english(ctx, fold(clean(text))):
        ctx.language = "en"
    ctx.say(GREETING)


def _is_english(ctx: Context, text: str) -> bool:
    """Whether a first message greets or asks in English rather than in Greek or Greeklish."""

    def words(phrase: Phrase, language: str) -> set[str]:
        return {fold(word) for word in ctx.texts.say(phrase, language).split(",")}

    if text in words(HELLO, "en") - words(HELLO, "el"):
        return True
    known = words(FILLER, "en") - words(FILLER, "el")
    return text.isascii() and len(known.intersection(text.split())) >= 2


def _refresh(ctx: Context) -> None:
    """Look through every answer again when the municipality's catalogue was loaded anew."""
    if ctx.state.digest and ctx.state.digest != _digest(ctx):
        flow.recheck(ctx, {flow.CATALOGUE})


def _digest(ctx: Context) -> str:
    """Which catalogue the answers were given by."""
    name = ctx.answers.get("municipality")
    return f"{name} {ctx.office[name].digest}" if name and name in ctx.office else ""


def _wrong(ctx: Context, wrong: Wrong) -> None:
    ctx.state.failures += 1
    if wrong.view is not None:
        ctx.state.view = wrong.view
    ctx.say(wrong.text)
    if ctx.state.failures == PATIENCE:
        ctx.state.view = {**ctx.state.view, "help": True}
        ctx.say(_("Shall I help? See below what you can do, or write “human” for an employee."))


def _answer_others(ctx: Context, instead: Instead) -> None:
    try:
        for name, value in instead.answers.items():
            if step := flow.step_named(ctx, name):
                flow.answer(ctx, step, value)
        if instead.then:
            _wrong(ctx, instead.then)
    except Wrong as wrong:
        _wrong(ctx, wrong)
    except Refusal as refusal:
        _refused(ctx, refusal)


def _refused(ctx: Context, refusal: Refusal) -> None:
    note(ctx.session, "refusal", refusal.kind)
    ctx.say(refusal.text)


def _note_step(ctx: Context, before: str | None, after: str) -> None:
    """Note where another question is open than before the turn.

    One whose citizen wrote no more was entered, and never left.
    """
    if before != after:
        ctx.state.open_since = None
        if before:
            note(ctx.session, "step", before, "left")
        note(ctx.session, "step", after, "entered")


def _proceed(ctx: Context) -> Asked:
    """Ask the next step; one with a single possible answer is answered by itself, and said."""
    state = ctx.state
    while True:
        step = flow.open_step(ctx)
        if step is None:
            flow.leave(ctx)
            continue
        if state.view.get("step", step.name) != step.name:
            state.view = {}
        prompt = flow.prompt_of(ctx, step)
        if state.view:
            state.view = {**state.view, "step": step.name}
        if not flow.answers_itself(step, prompt) or state.aside or step.name in state.kept:
            return ask(ctx, step, prompt)
        only = prompt.choices[0]
        said: Phrase = _("{label}: {value}.", label=step.label, value=only.label)
        ctx.say(said)
        try:
            flow.answer(ctx, step, only.value, by_citizen=False)
        except Refusal as refusal:  # its effect has left the dialog
            _refused(ctx, refusal)
