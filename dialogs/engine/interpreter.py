"""Interpret a tapped button or a typed text, and act on it."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from core.i18n import _
from dialogs.engine import navigation
from dialogs.engine.command import perform_action, run_command, visible_commands
from dialogs.engine.inputs import TapInput, TextInput
from dialogs.engine.matchers import (
    FOR_EARLY_TEXT,
    FOR_STALE_TEXT,
    MATCHERS,
    Ambiguous,
    Matcher,
    Meaning,
    Nothing,
    Picks,
    RunsCommand,
    TypedText,
    Value,
)
from dialogs.engine.outcomes import AnswersForOtherSteps, EffectOutcome, InvalidAnswer
from dialogs.engine.prompting import change_choice, store_choice
from dialogs.engine.prompts import Choice, RunCommand, StoredChoice, action_choice
from dialogs.engine.state import Interruption
from dialogs.engine.steps import Context
from dialogs.nlu.normalize import clean, normalize

OLD_BUTTON = _("That button is no longer in use.")

EMPTY = _("Your message was empty.")

MAX_TEXT = 1000
"""The most characters that a typed text may have."""


def on_tap(ctx: Context[Any], tap: TapInput, *, stale: bool) -> EffectOutcome:
    """Handle a tapped button; only those of the open question are answers.

    `stale`: another question is open than the one asked last, so only actions count.
    """
    number, _dot, key = tap.id.partition(".")
    if number != str(ctx.state.number):
        _explain_old_button(ctx, tap, key)
        return None
    shown = ctx.open_prompt.choice(key) if ctx.open_prompt else None
    found = shown or _answered_step_button(ctx, key) or _command_button(ctx, key)
    if found is None:
        return InvalidAnswer(_("I don't know that button."))
    ctx.tapped = found.label(ctx.state.language)
    return _apply_choice(ctx, found) if found.action or not stale else None


def _answered_step_button(ctx: Context[Any], key: str) -> StoredChoice | None:
    """Return the button that asks an answered step again, if the key is such a button's."""
    name = key.removeprefix("change:")
    is_answered = name != key and name in ctx.state.answered_by_citizen
    step = navigation.step_named(ctx, name) if is_answered else None
    return store_choice(ctx, key, change_choice(step)) if step else None


def _command_button(ctx: Context[Any], key: str) -> StoredChoice | None:
    """Return the button of a command that applies now, though not when the question was asked."""
    command = next((each for each in visible_commands(ctx) if each.name == key), None)
    choice = action_choice(RunCommand(key), command.label) if command else None
    return store_choice(ctx, key, choice) if choice else None


def _explain_old_button(ctx: Context[Any], tap: TapInput, key: str) -> None:
    """Say which question a button of an earlier prompt was for; offer to change that answer."""
    old = tap.prompt
    found = old.choice(key) if old else None
    if old is None or found is None:
        ctx.say(OLD_BUTTON)
        return
    dialog, name = old.key
    label = ctx.tapped = found.label(ctx.state.language)
    known = ctx.definition.dialogs.get(dialog)
    say_more = known.on_old_choice if known and not found.action else None
    if say_more and say_more(ctx, name, found.value):
        return
    step = navigation.step_named(ctx, name) if dialog == ctx.state.dialog else None
    if step is None or found.action:
        ctx.say(_("The button “{label}” was for an earlier question.", label=label))
        return
    ctx.say(
        _(
            "The button “{label}” was for an earlier question: {step}. Nothing has changed.",
            label=label,
            step=step.label,
        )
    )
    if name in ctx.answers and ctx.state.interruption is None:
        ctx.update(view=replace(ctx.state.view, change=name))


def on_text(ctx: Context[Any], received: TextInput, *, new: bool, stale: bool) -> EffectOutcome:
    """Handle a typed text; the first of a `new` conversation is never a wrong answer.

    `stale`: another question is open than the one asked last, so only commands count. Of a text
    that was written too early, whole requests count as well.
    """
    text = clean(received.text)
    if not text:
        return InvalidAnswer(EMPTY)
    if len(text) > MAX_TEXT:
        return InvalidAnswer(
            _("Your message is too long. Please write up to {count} characters.", count=MAX_TEXT)
        )
    step = navigation.open_step(ctx)
    if step is None:
        return None
    early = received.early and not stale
    stale = stale or received.missed is not None
    # The first text picks no button, for none was seen.
    shown = ctx.open_prompt.choices if ctx.open_prompt and not new else ()
    typed = TypedText(
        text,
        normalize(text) or text,
        step,
        lambda: navigation.prompt_of(ctx, step),
        [choice for choice in shown if choice.action] if stale else shown,
        stale,
        new,
        early,
    )
    meaning = interpret(ctx, typed)
    if meaning is None and received.missed:
        ctx.say(received.missed)
    outcome = _act_on(ctx, typed, meaning)
    answers_nothing = isinstance(meaning, Value | InvalidAnswer) and isinstance(
        outcome, InvalidAnswer
    )
    return None if new and answers_nothing else outcome


def interpret(ctx: Context[Any], typed: TypedText) -> Meaning | None:
    """Return what a text means; None for a stale text that is no command."""
    for match in _matchers_of(typed):
        if (meaning := match(ctx, typed)) is not None:
            return meaning
    return None


def _matchers_of(typed: TypedText) -> Sequence[Matcher]:
    if typed.early:
        return FOR_EARLY_TEXT
    return FOR_STALE_TEXT if typed.stale else MATCHERS


def _act_on(ctx: Context[Any], typed: TypedText, meaning: Meaning | None) -> EffectOutcome:
    match meaning:
        case RunsCommand(name, argument):
            run_command(ctx, name, argument)
        case Picks(choice, repeat):
            if repeat and isinstance(choice, Choice):
                ctx.say(typed.step.said(choice.label))
            return _apply_choice(ctx, choice)
        case Value(value) if _is_read_back(ctx, typed):
            ctx.update(
                interruption=Interruption(ctx.definition.heard, None, {typed.step.name: value})
            )
        case Value(value):
            return navigation.answer(ctx, typed.step, value)
        case AnswersForOtherSteps() | InvalidAnswer():
            return meaning
        case Ambiguous(values):
            ctx.update(view=replace(ctx.state.view, only=values))
            several = len(values) > 1
            ctx.say(_("Which of these do you mean?") if several else _("Do you mean this?"))
        case Nothing() | None:
            pass
    return None


def _is_read_back(ctx: Context[Any], typed: TypedText) -> bool:
    """Return whether an answer was heard that nothing else checks, such as a name."""
    is_free = typed.prompt.free and typed.prompt.input in ("name", "text", "long", "email")
    return ctx.spoken and is_free and not ctx.state.interruption


def _apply_choice(ctx: Context[Any], choice: Choice | StoredChoice) -> EffectOutcome:
    if choice.action:
        return perform_action(ctx, choice.action)
    step = navigation.open_step(ctx)
    return navigation.answer(ctx, step, choice.value) if step else None
