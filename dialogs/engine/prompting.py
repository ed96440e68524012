"""Ask a question: number its prompt and choose its buttons."""

from collections.abc import Sequence
from dataclasses import replace

from core.i18n import LANGUAGES, Language, NextLanguageName, _
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
    ShowMonth,
    ShowPage,
    StoredChoice,
    StoredPrompt,
    action_choice,
)
from dialogs.engine.steps import Context, Fitting, O, Step
from dialogs.messages.blocks import headed, to_text

PAGE_SIZE = 8
LIST_PARTS = 3
"""The most paid parts of a list; days and times, which can be typed as well, have one."""

KEYS = 9
"""The choices that are read at a time on the telephone, each with its key."""

LAST_DAY = 31
"""The highest number of a day, after which the numbers of what else can be picked begin."""

PAGE_TOLERANCE = 4
"""A list with up to so many choices more than a page is shown whole."""


def ask(ctx: Context[O], step: Step[O], prompt: Prompt) -> OpenQuestion:
    """Return the step's question under a new number, with all its buttons."""
    asked = ctx.state.asked if ctx.state.interruption else step.name
    ctx.update(number=ctx.state.number + 1, asked=asked)
    if (heading := navigation.current_dialog(ctx).heading) and not ctx.is_brief:
        prompt = replace(prompt, text=headed(heading, prompt.text))
    choices, actions = _visible_choices(ctx, prompt)
    actions += ctx.suggestions
    if (name := ctx.state.view.change) and (changed := navigation.step_named(ctx, name)):
        actions.append(change_choice(changed))
    if not ctx.is_brief:  # else they are typed
        actions += [action_choice(RunCommand(c.name), c.label) for c in visible_commands(ctx)]
    if ctx.spoken:
        choices, actions = _keyed(ctx, choices, actions)
    unique = list({action.value: action for action in reversed(actions)}.values())[::-1]
    if ctx.is_brief and not ctx.spoken:
        unique = _numbered(unique, choices)
    buttons = [store_choice(ctx, str(c.number or i), c, number=c.number or i) for i, c in choices]
    buttons += [
        store_choice(
            ctx,
            str(each.number) if ctx.spoken else _button_key(i, each.action),
            each,
            number=each.number,
        )
        for i, each in enumerate(unique)
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
    label = (choice.brief or choice.label) if ctx.is_brief else choice.label
    label = (ctx.spoken and choice.spoken) or label
    labels = {language.value: ctx.lexicon.say(label, language) for language in LANGUAGES}
    return StoredChoice(key, labels, choice.value, number, choice.action)


def _button_key(place: int, action: Action) -> str:
    """Return an action's key; a short one where its own is longer than a button may carry."""
    return f"set:{place}" if isinstance(action, SetAnswers) else action.key


def _numbered(actions: Sequence[Choice], choices: Sequence[tuple[int, Choice]]) -> list[Choice]:
    """Return actions with the numbers by which they are typed: 0 turns the page."""
    turning = [each for each in actions if isinstance(each.action, (ShowPage, ShowMonth))]
    others = [each for each in actions if each not in turning]
    is_month = any(each.number for _place, each in choices)  # days have their own numbers
    first = 1 + max((LAST_DAY if is_month else place for place, _each in choices), default=0)
    return [
        *(replace(each, number=place) for place, each in enumerate(others, first)),
        *(replace(each, number=0) for each in turning[-1:]),
    ]


def _keyed(
    ctx: Context[O], choices: Sequence[tuple[int, Choice]], actions: Sequence[Choice]
) -> tuple[list[tuple[int, Choice]], list[Choice]]:
    """Return the choices and actions that are read at a time, with their keys.

    Before anything was answered, the last key is that of the other language.
    """
    turning = [each for each in actions if isinstance(each.action, ShowMonth)][-1:]
    others = [each for each in actions if not isinstance(each.action, ShowMonth)]
    state = ctx.state
    is_first = state.dialog == ctx.definition.initial and not state.answered_by_citizen
    command = Language(state.language).next.command
    language = action_choice(RunCommand(command), NextLanguageName()) if is_first else None
    keys = KEYS - len(others) - bool(language)
    size = keys if len(choices) + len(turning) <= keys else keys - 1
    pages = max(1, -(-len(choices) // size))
    page = state.view.page % pages
    if page + 1 < pages:
        turning = [action_choice(ShowPage(page + 1), _("More"))]
    elif page and not turning:
        turning = [action_choice(ShowPage(0), _("The first ones"))]
    shown = [replace(each, number=None) for _i, each in choices[page * size : (page + 1) * size]]
    keyed = [
        replace(each, number=key) for key, each in enumerate([*others, *turning], 1 + len(shown))
    ]
    if language:
        keyed.append(replace(language, number=KEYS))
    return list(enumerate(shown, 1)), keyed


def _visible_choices(
    ctx: Context[O], prompt: Prompt
) -> tuple[list[tuple[int, Choice]], list[Choice]]:
    """Return the choices shown, with their numbers, and the actions that show others."""
    view = ctx.state.view
    actions = list(prompt.actions)
    choices = list(enumerate(prompt.choices, 1))
    if named := [choice for _i, choice in choices if choice.value in view.only]:
        choices = list(enumerate(named, 1))
        if len(named) < len(prompt.choices):
            actions.insert(0, action_choice(ShowAll(), _("Show all")))
    if ctx.spoken:
        return choices, actions
    if ctx.fitting:
        return _fitting_choices(ctx, ctx.fitting, prompt, choices, actions)
    if prompt.layout == "list" and len(choices) > PAGE_SIZE + PAGE_TOLERANCE:
        last = (len(choices) - 1) // PAGE_SIZE
        if view.page < last:
            actions.insert(0, action_choice(ShowPage(view.page + 1), _("More")))
        if view.page > 0:
            actions.insert(0, action_choice(ShowPage(view.page - 1), _("Previous page")))
        choices = choices[view.page * PAGE_SIZE : (view.page + 1) * PAGE_SIZE]
    return choices, actions


def _fitting_choices(
    ctx: Context[O],
    fitting: Fitting,
    prompt: Prompt,
    choices: Sequence[tuple[int, Choice]],
    actions: list[Choice],
) -> tuple[list[tuple[int, Choice]], list[Choice]]:
    """Return the choices of the page that is shown, of as many as one message holds."""
    labels = [
        f"{each.number or place} {ctx.lexicon.say(each.brief or each.label, ctx.state.language)}"
        for place, each in choices
    ]
    more = ctx.lexicon.say(_("More"), ctx.state.language)
    text = ctx.lexicon.say(prompt.brief or to_text(prompt.text), ctx.state.language)
    parts = LIST_PARTS if prompt.layout == "list" else 1
    starts = [0]
    while True:
        rest = labels[starts[-1] :]
        fit = max(1, fitting(text, [f"0 {more}", *rest], parts) - 1)
        if fit >= len(rest):
            break
        starts.append(starts[-1] + fit)
    page = min(ctx.state.view.page, len(starts) - 1)
    following = (page + 1) % len(starts)
    if following:
        actions.append(action_choice(ShowPage(following), _("More")))
    elif page and not any(isinstance(each.action, ShowMonth) for each in actions):
        actions.append(action_choice(ShowPage(0), _("The first ones")))
    last = starts[page + 1] if page + 1 < len(starts) else len(choices)
    return list(choices[starts[page] : last]), actions
