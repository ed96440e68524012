"""One turn of a conversation: take the message, find the next step, ask it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from core.i18n import LANGUAGES, Language, Text, _
from dialogs.engine import navigation
from dialogs.engine.command import run_by_name, show_help
from dialogs.engine.inputs import (
    CommandInput,
    Input,
    LinkInput,
    OpenedInput,
    TapInput,
    TextInput,
    UnreadableInput,
)
from dialogs.engine.interpreter import on_tap, on_text
from dialogs.engine.outcomes import (
    AnswersForOtherSteps,
    EffectOutcome,
    InvalidAnswer,
    StepRefused,
)
from dialogs.engine.prompting import ask
from dialogs.engine.prompts import OpenQuestion, PromptKey
from dialogs.engine.state import PromptView, Source, State
from dialogs.engine.steps import Context, Event, Step
from dialogs.messages.blocks import Message
from dialogs.nlu.lexicon import FILLER, HELLO
from dialogs.nlu.normalize import clean, normalize

LATE = _(
    "This reached me after what you wrote later, so I haven't taken it. "
    "If it still holds, please write it again."
)
"""Said to a text that arrived after one written later."""

EARLY = _(
    "You wrote this before you could see the question below, so I haven't taken it. "
    "If it answers that too, please write it again."
)
"""Said to a text written before the open question was visible."""

FAILURES_BEFORE_HELP = 3
"""After so many wrong answers to a question, help is offered."""


@dataclass(frozen=True)
class Result:
    """The result of a turn: the new state, the messages to send, the question now open.

    `events` are for the metrics; `tapped` is the label of the button tapped; `same_question`
    is True if the question that was open before is open again.
    """

    state: State
    messages: Sequence[Text | Message]
    question: OpenQuestion
    events: Sequence[Event]
    tapped: str | None
    same_question: bool


def advance(state: State, received: Input, ctx: Context[Any]) -> Result:
    """Handle one message and ask the next question; there is always an open one afterwards.

    A typed text meant for an earlier question doesn't answer the open one: unless it is a command
    or a whole request, the citizen is told so. A tap carries the question that it answers.
    """
    ctx.state = state
    begins = isinstance(received, OpenedInput) and received.begins
    new = state.number == 0 or begins
    if new:
        _greet(ctx, received)
    else:
        if before_turn := navigation.current_dialog(ctx).before_turn:
            before_turn(ctx)
        if ctx.state.interruption and ctx.definition.before_interrupted:
            ctx.definition.before_interrupted(ctx, received)
        navigation.refresh(ctx)
    before = ctx.open_prompt.key if ctx.open_prompt else None
    # An answer to a question that is no longer open doesn't answer the one that is now.
    stale = before is not None and before != navigation.prompt_key(ctx, navigation.open_step(ctx))
    try:
        _apply_outcome(ctx, _handle_input(ctx, received, new=new, stale=stale))
    except StepRefused as refused:
        _say_refusal(ctx, refused)
    left, interruption_left = state.interruption, ctx.definition.interruption_left
    if left and interruption_left and ctx.state.interruption != left:
        interruption_left(ctx, left)
    if after_turn := navigation.current_dialog(ctx).after_turn:
        after_turn(ctx)
    if new and ctx.is_brief and not ctx.spoken and not ctx.messages:
        ctx.say(ctx.definition.brief_greeting)
    question = _ask_next(ctx)
    after = question.stored.key
    if before != after:
        # One whose citizen wrote no more was entered, and never left.
        if before:
            ctx.events.append(("step", str(before), "left"))
        ctx.events.append(("step", str(after), "entered"))
    ctx.update(version=navigation.current_version(ctx))
    return Result(ctx.state, ctx.messages, question, ctx.events, ctx.tapped, before == after)


def _handle_input(ctx: Context[Any], received: Input, *, new: bool, stale: bool) -> EffectOutcome:
    match received:
        case TapInput():
            return on_tap(ctx, received, stale=stale)
        case TextInput(text) if ctx.spoken and not clean(text):
            return InvalidAnswer(ctx.definition.unheard)
        case TextInput():
            divert = ctx.definition.divert
            if divert and not new and divert(ctx, received.text):
                return None
            if received.early and _only_greeted(ctx):
                # No question was seen yet, so that the text is as the first one.
                received, new = TextInput(received.text), True
            return on_text(ctx, received, new=new, stale=stale)
        case UnreadableInput(kind):
            ctx.say(ctx.definition.unreadable[kind])
        case LinkInput(link):
            if ctx.definition.follow_link:
                ctx.definition.follow_link(ctx, link)
        case CommandInput(name):
            run_by_name(ctx, name)
    return None


def _only_greeted(ctx: Context[Any]) -> bool:
    """Return whether nothing but the first question was asked, after a text that said nothing."""
    return ctx.state.number == 1 and not ctx.state.answered_by_citizen


def _apply_outcome(ctx: Context[Any], outcome: EffectOutcome) -> None:
    """Say what is wrong with an answer, or answer the other steps."""
    match outcome:
        case InvalidAnswer():
            _say_invalid(ctx, outcome)
        case AnswersForOtherSteps(answers, then, wishes):
            if wishes:
                ctx.update(wishes={**ctx.state.wishes, **wishes})
            for name, value in answers.items():
                step = navigation.step_named(ctx, name)
                if step and (other := navigation.answer(ctx, step, value)):
                    _apply_outcome(ctx, other)
                    return
            if then:
                _say_invalid(ctx, then)


def _greet(ctx: Context[Any], received: Input) -> None:
    text = received.text if isinstance(received, TextInput) else ""
    if not ctx.language_stated and (language := _language_of(ctx, normalize(clean(text)))):
        ctx.update(language=language)
    is_ours = isinstance(received, LinkInput)  # a call of ours, which has begun long since
    if ctx.spoken and ctx.definition.spoken_greeting and not ctx.state.interruption and not is_ours:
        ctx.say(ctx.definition.spoken_greeting(ctx))
    if ctx.is_brief:
        return
    ctx.say(ctx.definition.greeting)
    if note := ctx.definition.greeting_note:
        ctx.say(note(ctx))


def _language_of(ctx: Context[Any], text: str) -> Language | None:
    """Return the language of a first message; None for Greek, Greeklish or doubt."""
    first, *others = LANGUAGES

    def own_words(phrase: Text, language: str) -> set[str]:
        return words(phrase, language) - words(phrase, first)

    def words(phrase: Text, language: str) -> set[str]:
        return {normalize(word) for word in ctx.lexicon.say(phrase, language).split(",")}

    for language in others:
        if text in own_words(HELLO, language):
            return language
    if not text.isascii():
        return None
    typed = set(text.split())
    hits = {language: len(typed & own_words(FILLER, language)) for language in others}
    likeliest = max(others, key=hits.__getitem__)
    return likeliest if hits[likeliest] >= 2 else None


def _say_invalid(ctx: Context[Any], invalid: InvalidAnswer) -> None:
    ctx.update(failures=ctx.state.failures + 1)
    if invalid.view is not None:
        ctx.update(view=invalid.view)
    ctx.suggestions = invalid.suggestions
    if ctx.spoken and ctx.definition.give_up:
        is_done = ctx.state.dialog == ctx.definition.idle and invalid.text == ctx.definition.unheard
        if is_done or ctx.state.failures >= FAILURES_BEFORE_HELP:
            ctx.definition.give_up(ctx)
            return
    ctx.say(invalid.text)
    if ctx.spoken:
        return
    if ctx.state.failures == FAILURES_BEFORE_HELP:
        show_help(ctx)
        ctx.say(ctx.definition.help_offer)


def _say_refusal(ctx: Context[Any], refused: StepRefused) -> None:
    ctx.events.append(("refusal", refused.kind))
    ctx.say(refused.text)


def _take_wish(ctx: Context[Any], step: Step[Any]) -> bool:
    """Let the open step take what was said for it before it opened; return whether there was any.

    Where that doesn't answer it, it is asked, perhaps with a view of its own.
    """
    wish = ctx.state.wishes.get(step.name)
    if wish is None or step.take_wish is None:
        return False
    ctx.update(wishes={name: each for name, each in ctx.state.wishes.items() if name != step.name})
    try:
        outcome = step.take_wish(ctx, wish)
        if isinstance(outcome, str):
            outcome = navigation.answer(ctx, step, outcome)
        _apply_outcome(ctx, outcome)
    except StepRefused as refused:
        _say_refusal(ctx, refused)
    return True


def _ask_next(ctx: Context[Any]) -> OpenQuestion:
    """Ask the next step; answer one with a single possible answer, and say so.

    Each is answered so at most once: a step that refuses its only answer is asked.
    """
    tried: set[PromptKey] = set()
    while True:
        step = navigation.open_step(ctx)
        if step is None:
            if ctx.state.dialog == ctx.definition.idle:
                raise RuntimeError(f"The idle dialog {ctx.state.dialog!r} has no open step.")
            navigation.end_dialog(ctx)
            continue
        key = navigation.prompt_key(ctx, step)
        known = None if key in tried or not _may_be_known(ctx, step) else step.known
        if known and (value := known(ctx)) is not None:
            tried.add(key)
            # Not offered again: it is known then, too.
            _answer_unasked(ctx, replace(step, reusable=False), value)
            continue
        view = ctx.state.view
        if view.step not in (None, step.name):
            ctx.update(view=PromptView())
        prompt = navigation.prompt_of(ctx, step)
        if ctx.state.view != PromptView():
            ctx.update(view=replace(ctx.state.view, step=step.name))
        if not ctx.state.interruption and _take_wish(ctx, step):
            continue
        asks = ctx.state.interruption or ctx.state.previous(step.name) is not None or key in tried
        if asks or not navigation.has_single_answer(step, prompt):
            return ask(ctx, step, prompt)
        tried.add(key)
        only = prompt.choices[0]
        if not ctx.is_brief or only.value in step.said_briefly:
            ctx.say(step.said(only.label))
        _answer_unasked(ctx, step, only.value)


def _may_be_known(ctx: Context[Any], step: Step[Any]) -> bool:
    """Return whether a step may be answered silently: it wasn't asked to be changed."""
    return not ctx.state.interruption and ctx.state.previous(step.name) is None


def _answer_unasked(ctx: Context[Any], step: Step[Any], value: str) -> None:
    try:
        _apply_outcome(ctx, navigation.answer(ctx, step, value, Source.AUTOMATIC))
    except StepRefused as refused:
        _say_refusal(ctx, refused)
