"""Ask a question: number its prompt and choose its buttons."""

from dataclasses import replace

from core.i18n import LANGUAGES, _
from dialogs.engine import navigation
from dialogs.engine.command import visible_commands
from dialogs.engine.prompts import (
    Action,
    ChangeAnswer,
    Choice,
    OpenQuestion,
    Prompt,
    RunCommand,
    SetAnswers,
    ShowAll,
    ShowPage,
    StoredChoice,
    StoredPrompt,
    action_choice,
)
from dialogs.engine.steps import Context, O, Step
from dialogs.messages.blocks import headed

PAGE_SIZE = 8
PAGE_TOLERANCE = 4
"""A list with up to so many choices more than a page is shown whole."""


def ask(ctx: Context[O], step: Step[O], prompt: Prompt) -> OpenQuestion:
    """Return the step's question under a new number, with all its buttons."""
    asked = ctx.state.asked if ctx.state.interruption else step.name
    ctx.update(number=ctx.state.number + 1, asked=asked)
    if heading := navigation.current_dialog(ctx).heading:
        prompt = replace(prompt, text=headed(heading, prompt.text))
    choices, actions = _visible_choices(ctx, prompt)
    actions += ctx.suggestions
    if (name := ctx.state.view.change) and (changed := navigation.step_named(ctx, name)):
        actions.append(change_choice(changed))
    actions += [action_choice(RunCommand(c.name), c.label) for c in visible_commands(ctx)]
    unique = {action.value: action for action in reversed(actions)}
    buttons = [store_choice(ctx, str(c.number or i), c, number=c.number or i) for i, c in choices]
    buttons += [
        store_choice(ctx, _button_key(i, each.action), each)
        for i, each in enumerate(reversed(unique.values()))
        if each.action
    ]
    stored_prompt = StoredPrompt(ctx.state.number, navigation.prompt_key(ctx, step), buttons)
    return OpenQuestion(prompt, stored_prompt)


def change_choice(step: Step[O]) -> Choice:
    """Return the button that asks an answered step again."""
    return action_choice(ChangeAnswer(step.name), _("Change: {step}", step=step.label))


def store_choice(
    ctx: Context[O], key: str, choice: Choice, *, number: int | None = None
) -> StoredChoice:
    """Return a choice as it is stored, with its label in each language."""
    labels = {language.value: ctx.lexicon.say(choice.label, language) for language in LANGUAGES}
    return StoredChoice(key, labels, choice.value, number, choice.action)


def _button_key(place: int, action: Action) -> str:
    """Return an action's key; a short one where its own is longer than a button may carry."""
    return f"set:{place}" if isinstance(action, SetAnswers) else action.key


def _visible_choices(
    ctx: Context[O], prompt: Prompt
) -> tuple[list[tuple[int, Choice]], list[Choice]]:
    """Return the choices shown, with their numbers, and the actions that show others."""
    view = ctx.state.view
    actions = list(prompt.actions)
    choices = list(enumerate(prompt.choices, 1))
    if named := [choice for _i, choice in choices if choice.value in view.only]:
        choices = list(enumerate(named, 1))
        actions.insert(0, action_choice(ShowAll(), _("Show all")))
    if prompt.layout == "list" and len(choices) > PAGE_SIZE + PAGE_TOLERANCE:
        last = (len(choices) - 1) // PAGE_SIZE
        if view.page < last:
            actions.insert(0, action_choice(ShowPage(view.page + 1), _("More")))
        if view.page > 0:
            actions.insert(0, action_choice(ShowPage(view.page - 1), _("Previous page")))
        choices = choices[view.page * PAGE_SIZE : (view.page + 1) * PAGE_SIZE]
    return choices, actions
