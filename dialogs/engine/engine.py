"""One turn of a conversation: take the message, find the next step, ask it."""

from core.db.events import record_event
from core.errors import BookingRefused
from core.i18n import Text, _
from core.messaging import conversations
from dialogs.booking.dialog import BOOK
from dialogs.commands import run_by_name
from dialogs.deep_links import UNREADABLE, Unread, follow_link
from dialogs.engine import navigation
from dialogs.engine.interpreter import on_tap, on_text
from dialogs.engine.prompting import OpenQuestion, ask
from dialogs.engine.state import StoredChoice
from dialogs.engine.steps import AnswersForOtherSteps, Context
from dialogs.managing.dialogs import BOOKINGS, CANCEL, EDIT, MOVE, WITHDRAW
from dialogs.menu import ASIDES, GREETING, MENU
from dialogs.nlu.errors import InvalidAnswer
from dialogs.nlu.lexicon import FILLER, HELLO
from dialogs.nlu.normalize import clean, normalize

DIALOGS = {d.name: d for d in (BOOK, BOOKINGS, MOVE, CANCEL, EDIT, WITHDRAW, MENU, ASIDES)}

LATE = _(
    "This reached me after what you wrote later, so I haven't taken it. "
    "If it still holds, please write it again."
)

EARLY = _(
    "You wrote this before you could see the question below, so I haven't taken it. "
    "If it answers that too, please write it again."
)

FAILURES_BEFORE_HELP = 3
"""The wrong answer at which help is offered."""


def advance(
    ctx: Context,
    text: str | None = None,
    choice: str | None = None,
    *,
    missed: Text | None = None,
    unread: Unread | None = None,
    link: str | None = None,
    command: str | None = None,
) -> OpenQuestion:
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
    opened = conversations.get_prompt(ctx.session, ctx.conversation_id, ctx.state.number)
    offers = (
        [StoredChoice.model_validate(stored_choice) for stored_choice in opened[1]]
        if opened
        else []
    )
    # What was said to a question that is no longer open is no answer to the one that is now.
    other = opened is not None and opened[0] != navigation.prompt_key(
        ctx, navigation.open_step(ctx)
    )
    try:
        if choice is not None:
            on_tap(ctx, choice, offers, other=other)
        elif text is not None:
            taken = on_text(ctx, text, offers, fresh=fresh, other=other or missed is not None)
            if missed and not taken:
                ctx.say(missed)
        elif unread is not None:
            ctx.say(UNREADABLE[unread])
        elif link is not None:
            follow_link(ctx, link)
        elif command is not None:
            run_by_name(ctx, command)
    except InvalidAnswer as wrong:
        _wrong(ctx, wrong)
    except AnswersForOtherSteps as instead:
        _answer_others(ctx, instead)
    except BookingRefused as refusal:
        _refused(ctx, refusal)
    if after_turn := navigation.current_dialog(ctx).after_turn:
        after_turn(ctx)
    asked = _proceed(ctx)
    _note_step(ctx, opened[0] if opened else None, asked.place)
    ctx.state.digest = _digest(ctx)
    return asked


def _greet(ctx: Context, text: str | None) -> None:
    if text and ctx.state.client_language is None and _is_english(ctx, normalize(clean(text))):
        ctx.language = "en"
    ctx.say(GREETING)


def _is_english(ctx: Context, text: str) -> bool:
    """Whether a first message greets or asks in English rather than in Greek or Greeklish."""

    def words(phrase: Text, language: str) -> set[str]:
        return {normalize(word) for word in ctx.texts.say(phrase, language).split(",")}

    if text in words(HELLO, "en") - words(HELLO, "el"):
        return True
    known = words(FILLER, "en") - words(FILLER, "el")
    return text.isascii() and len(known.intersection(text.split())) >= 2


def _refresh(ctx: Context) -> None:
    """Look through every answer again when the municipality's catalogue was loaded anew."""
    if ctx.state.digest and ctx.state.digest != _digest(ctx):
        navigation.invalidate_dependents(ctx, {navigation.CATALOGUE})


def _digest(ctx: Context) -> str:
    """Which catalogue the answers were given by."""
    name = ctx.answers.get("municipality")
    return f"{name} {ctx.registry[name].digest}" if name and name in ctx.registry else ""


def _wrong(ctx: Context, wrong: InvalidAnswer) -> None:
    ctx.state.failures += 1
    if wrong.view is not None:
        ctx.state.view = wrong.view
    ctx.say(wrong.text)
    if ctx.state.failures == FAILURES_BEFORE_HELP:
        ctx.state.view = {**ctx.state.view, "help": True}
        ctx.say(_("Shall I help? See below what you can do, or write “human” for an employee."))


def _answer_others(ctx: Context, instead: AnswersForOtherSteps) -> None:
    try:
        for name, value in instead.answers.items():
            if step := navigation.step_named(ctx, name):
                navigation.answer(ctx, step, value)
        if instead.then:
            _wrong(ctx, instead.then)
    except InvalidAnswer as wrong:
        _wrong(ctx, wrong)
    except BookingRefused as refusal:
        _refused(ctx, refusal)


def _refused(ctx: Context, refusal: BookingRefused) -> None:
    record_event(ctx.session, "refusal", refusal.kind)
    ctx.say(refusal.text)


def _note_step(ctx: Context, before: str | None, after: str) -> None:
    """Note where another question is open than before the turn.

    One whose citizen wrote no more was entered, and never left.
    """
    if before != after:
        ctx.state.open_since = None
        if before:
            record_event(ctx.session, "step", before, "left")
        record_event(ctx.session, "step", after, "entered")


def _proceed(ctx: Context) -> OpenQuestion:
    """Ask the next step; one with a single possible answer is answered by itself, and said."""
    state = ctx.state
    while True:
        step = navigation.open_step(ctx)
        if step is None:
            navigation.end_dialog(ctx)
            continue
        if state.view.get("step", step.name) != step.name:
            state.view = {}
        prompt = navigation.prompt_of(ctx, step)
        if state.view:
            state.view = {**state.view, "step": step.name}
        if not navigation.has_single_answer(step, prompt) or state.aside or step.name in state.kept:
            return ask(ctx, step, prompt)
        only = prompt.choices[0]
        said: Text = _("{label}: {value}.", label=step.label, value=only.label)
        ctx.say(said)
        try:
            navigation.answer(ctx, step, only.value, by_citizen=False)
        except BookingRefused as refusal:  # its effect has left the dialog
            _refused(ctx, refusal)
