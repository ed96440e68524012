"""Run commands and the actions of buttons."""

from collections.abc import Mapping
from dataclasses import replace

from core.i18n import _
from dialogs.engine import navigation
from dialogs.engine.outcomes import EffectOutcome
from dialogs.engine.prompts import (
    Action,
    ChangeAnswer,
    RunCommand,
    SetAnswers,
    ShowAll,
    ShowMonth,
    ShowPage,
)
from dialogs.engine.state import PromptView
from dialogs.engine.steps import Command, Context, O

UNKNOWN_COMMAND = _("I don't know that command. Write “help” to see what I can do.")


def perform_action(ctx: Context[O], action: Action) -> EffectOutcome:
    """Perform a button's action; the open question is asked again after it. Raises StepRefused."""
    match action:
        case RunCommand(name):
            run_command(ctx, name)
        case ChangeAnswer(step):
            navigation.reopen(ctx, step)
        case SetAnswers(answers):
            return _set_answers(ctx, answers)
        case ShowPage(page):
            ctx.update(view=PromptView(page=page, month=ctx.state.view.month))
        case ShowMonth(month):
            ctx.update(view=PromptView(month=month))
        case ShowAll():
            ctx.update(view=PromptView())
    return None


def run_command(ctx: Context[O], name: str, argument: str = "") -> None:
    """Run a command; the open question is asked again after it."""
    next(c for c in ctx.definition.commands if c.name == name).run(ctx, argument)


def run_by_name(ctx: Context[O], name: str) -> None:
    """Run the command of a name or word that the citizen gave; say so if there is none."""
    offered = [
        c
        for c in ctx.definition.commands
        if c.words != "" and not c.needs_argument and c.typed(ctx)
    ]
    named = (c for c in offered if c.name == name)
    worded = (c for c in offered if name.lower() in ctx.lexicon.words(c.words))
    command = next(named, None) or next(worded, None)
    if command:
        command.run(ctx, "")
    else:
        ctx.say(UNKNOWN_COMMAND)


def visible_commands(ctx: Context[O]) -> list[Command[O]]:
    """Return the commands that have a button now."""
    wanted = ("always", "help") if ctx.state.view.help else ("always",)
    return [c for c in ctx.definition.commands if c.shown in wanted and c.applies(ctx)]


def show_help(ctx: Context[O]) -> None:
    """Show the buttons of all commands with the next question."""
    ctx.update(view=replace(ctx.state.view, help=True))


def _set_answers(ctx: Context[O], answers: Mapping[str, str]) -> EffectOutcome:
    """Answer these steps anew, up to the first answer that isn't recorded."""
    for name, value in answers.items():
        if step := navigation.step_named(ctx, name):
            navigation.reopen(ctx, name)
            if outcome := navigation.answer(ctx, step, value):
                return outcome
    return None
