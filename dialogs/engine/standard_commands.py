"""The commands of every conversation: back, start over, stop, help, language, change."""

from collections.abc import Callable
from typing import Any

from core.i18n import LANGUAGES, Language, NextLanguageName, Text, _
from dialogs.engine import navigation
from dialogs.engine.command import show_help
from dialogs.engine.prompts import Prompt, yes_no_choices
from dialogs.engine.state import Interruption, PromptView
from dialogs.engine.steps import Command, Context, Step
from dialogs.nlu.lexicon import HELLO
from dialogs.nlu.matching import are_inflections
from dialogs.nlu.normalize import normalize

ARTICLES = _("the, my")


def stop_or_ask(ctx: Context[Any], _argument: str) -> None:
    """End the running dialog; if something was answered, ask first.

    A question in between ends, except that whether to leave the dialog for another.
    """
    state = ctx.state
    if state.interruption and state.interruption.step == STOP_STEP.name:
        _stop(ctx, "yes")
    elif state.interruption is not None and state.interruption.dialog is None:
        ctx.update(interruption=None)
    elif state.answered_by_citizen and not _can_ask_to_stop(ctx):
        _stop(ctx, "yes")
    elif state.answered_by_citizen:
        ctx.update(interruption=Interruption(STOP_STEP.name))
    elif ctx.definition.is_entry(state.dialog):
        ctx.say(ctx.definition.nothing_to_stop)
    else:
        navigation.end_dialog(ctx)


def _can_ask_to_stop(ctx: Context[Any]) -> bool:
    interruptions = ctx.definition.interruptions
    return interruptions is not None and STOP_STEP in interruptions.steps(ctx)


def _ask_to_stop(_ctx: Context[Any]) -> Prompt:
    return Prompt(
        _("Shall we stop here? You would have to begin again."),
        yes_no_choices(_("Yes, stop"), _("No, go on")),
    )


def _stop(ctx: Context[Any], answer: str) -> None:
    """End the running dialog if the answer is "yes"."""
    ctx.update(interruption=None)
    if answer == "yes":
        navigation.end_dialog(ctx)
        ctx.say(ctx.definition.stopped)


STOP_STEP: Step[Any] = Step("stop", _("Stop"), _ask_to_stop, effect=_stop, automatic=False)
"""Asks whether to stop: one of the interruptions of a conversation that shall ask."""


def _back(ctx: Context[Any], _argument: str) -> None:
    if ctx.state.interruption is not None:
        ctx.update(interruption=None)
    elif navigation.back(ctx):
        return
    elif ctx.definition.is_entry(ctx.state.dialog):
        ctx.say(_("This is the first question."))
    else:
        navigation.end_dialog(ctx)


def _start_over(ctx: Context[Any], _argument: str) -> None:
    dialog, definition = ctx.state.dialog, ctx.definition
    navigation.start(ctx, definition.initial if dialog == definition.idle else dialog)
    ctx.say(_("Let's start from the beginning."))


def _help(ctx: Context[Any], _argument: str) -> None:
    show_help(ctx)
    ctx.say(ctx.definition.brief_help if ctx.is_brief else ctx.definition.help)


def _next_language(ctx: Context[Any], _argument: str) -> None:
    _switch_language(ctx, Language(ctx.state.language).next)


def _switch_to(language: Language) -> Callable[[Context[Any], str], None]:
    return lambda ctx, _argument: _switch_language(ctx, language)


def _switch_language(ctx: Context[Any], language: Language) -> None:
    ctx.update(language=language)
    ctx.say(_("From now on I speak English."))


def _change(ctx: Context[Any], argument: str) -> None:
    """Ask the step named in the argument again; without one, ask which."""
    if argument and (name := _find_answered_step(ctx, argument)):
        navigation.reopen(ctx, name)
    else:
        ctx.update(view=PromptView(choosing=True))


def _find_answered_step(ctx: Context[Any], name: str) -> str | None:
    """Return the answered step of a name or label; of several, that with the shortest label."""
    wanted = set(normalize(name).split()) - ctx.lexicon.words(ARTICLES)
    found: list[tuple[int, str]] = []
    for step in navigation.current_dialog(ctx).steps(ctx):
        if step.name not in ctx.answers:
            continue
        if step.name == name:
            return name
        labels = {normalize(ctx.lexicon.say(step.label, language)) for language in LANGUAGES}
        for label in labels | ctx.lexicon.words(step.words):
            if _matches_label(wanted, label.split()):
                found.append((len(label.split()), step.name))
    return min(found)[1] if found else None


def _matches_label(wanted: set[str], label: list[str]) -> bool:
    """Return whether each word is one of the label's, with any ending: ώρα, ώρας."""
    return bool(wanted) and all(
        any(word[:4] == part[:4] or are_inflections(word, part) for part in label)
        for word in wanted
    )


def _can_change(ctx: Context[Any]) -> bool:
    return ctx.state.interruption is None and bool(ctx.state.answered_by_citizen)


def _can_go_back(ctx: Context[Any]) -> bool:
    state = ctx.state
    begun = bool(state.answered_by_citizen) or not ctx.definition.is_entry(state.dialog)
    return state.interruption is not None or begun


def is_in_task(ctx: Context[Any]) -> bool:
    """Return whether a task or an interruption is under way, to be stopped or begun again."""
    return ctx.state.interruption is not None or ctx.state.dialog != ctx.definition.idle


def _reply_with(text: Text) -> Callable[[Context[Any], str], None]:
    return lambda ctx, _argument: ctx.say(text)


def _greet_again(ctx: Context[Any], _argument: str) -> None:
    if ctx.state.number:  # else they have just been greeted
        ctx.say(_("Hello again!"))


BACK: Command[Any] = Command(
    name="back",
    label=_("Back"),
    words=_("back, go back, previous, previous question"),
    free_text_words=_("back, go back, previous question"),
    run=_back,
    shown="always",
    applies=_can_go_back,
)
START_OVER: Command[Any] = Command(
    name="start_over",
    label=_("Start over"),
    words=_("start over, start again, restart, from the beginning, from the start"),
    free_text_words=_("start over, start again, from the beginning"),
    run=_start_over,
    applies=is_in_task,
)
STOP_COMMAND: Command[Any] = Command(
    name="stop",
    label=_("Stop"),
    words=_("stop, quit, exit, leave, end"),
    free_text_words=_("stop, quit, exit"),
    run=stop_or_ask,
    yields=True,
    applies=is_in_task,
)
LANGUAGE: Command[Any] = Command(
    name="language",
    label=NextLanguageName(),
    words=_("language, change language"),
    run=_next_language,
)
HELP: Command[Any] = Command(
    name="help",
    label=_("Help"),
    words=_("help, ?, what can i do, options, menu, main menu"),
    free_text_words=_("help, assistance, menu"),
    run=_help,
    shown="always",
)
LANGUAGE_COMMANDS: tuple[Command[Any], ...] = tuple(
    Command(name=each.command, words=each.words, run=_switch_to(each), shown="never")
    for each in LANGUAGES
)
"""One for each language, which switches to it."""
GREETING: Command[Any] = Command(
    name="hello", words=HELLO, run=_greet_again, shown="never", yields=True
)
THANKS: Command[Any] = Command(
    name="thanks",
    words=_("thank you, thanks, bye"),
    run=_reply_with(_("You're welcome. Take care!")),
    shown="never",
    yields=True,
)
CHANGE: Command[Any] = Command(
    name="change",
    label=_("Change an answer"),
    words=_("change, correct, change an answer, another"),
    run=_change,
    shown="never",
    typed=_can_change,
    yields=True,
    understands=lambda ctx, argument: _find_answered_step(ctx, argument) is not None,
)
