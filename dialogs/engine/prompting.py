"""Asking a question: which buttons it has, and remembering them."""

from dataclasses import dataclass

from core.i18n import _
from core.messaging import conversations
from dialogs.commands import buttons
from dialogs.engine import navigation
from dialogs.engine.state import StoredChoice
from dialogs.engine.steps import Choice, Context, Prompt, Step

PAGE = 8
SLACK = 4
"""A list this little longer than a page is shown whole."""


@dataclass(frozen=True)
class OpenQuestion:
    """The question that is open after a turn."""

    number: int
    step: str
    place: str
    prompt: Prompt
    offers: list[StoredChoice]


def ask(ctx: Context, step: Step, prompt: Prompt) -> OpenQuestion:
    """Ask under a new number, and store what is offered under it."""
    state = ctx.state
    state.number += 1
    choices, commands = _visible(ctx, prompt)
    if name := state.view.get("change"):
        changed = navigation.step_named(ctx, name)
        if changed is not None:
            label = _("Change: {step}", step=changed.label)
            commands.append(Choice(f"change:{name}", label, command=True))
    commands += [Choice(c.name, c.label, command=True) for c in buttons(ctx)]
    once = {command.value: command for command in reversed(commands)}
    offers = [stored_choice(ctx, str(c.number or i), c, number=c.number or i) for i, c in choices]
    offers += [
        stored_choice(ctx, _key(i, command.value), command)
        for i, command in enumerate(reversed(once.values()))
    ]
    place = navigation.prompt_key(ctx, step)
    conversations.add_prompt(
        ctx.session,
        ctx.conversation_id,
        state.number,
        place,
        [one.model_dump() for one in offers],
        ctx.now,
    )
    return OpenQuestion(state.number, step.name, place, prompt, offers)


def _key(place: int, value: str) -> str:
    """A command's: its value, unless that may be longer than a platform's button carries."""
    return f"set:{place}" if value.startswith("set:") else value


def stored_choice(
    ctx: Context, key: str, choice: Choice, *, number: int | None = None
) -> StoredChoice:
    """Make a choice's button, with its label in each language."""
    say = ctx.texts.say
    return StoredChoice(
        key=key,
        value=choice.value,
        el=say(choice.label, "el"),
        en=say(choice.label, "en"),
        number=number,
        command=choice.command,
    )


def _visible(ctx: Context, prompt: Prompt) -> tuple[list[tuple[int, Choice]], list[Choice]]:
    """The choices shown, with their numbers, and the commands that show others."""
    view = ctx.state.view
    extras = list(prompt.extras)
    choices = list(enumerate(prompt.choices, 1))
    if only := view.get("only"):
        named = [choice for _i, choice in choices if choice.value in only]
        if named:
            choices = list(enumerate(named, 1))
            extras.insert(0, Choice("all", _("Show all"), command=True))
    if prompt.layout == "list" and len(choices) > PAGE + SLACK:
        page = view.get("page", 0)
        last = (len(choices) - 1) // PAGE
        if page < last:
            extras.insert(0, Choice(f"page:{page + 1}", _("More"), command=True))
        if page > 0:
            extras.insert(0, Choice(f"page:{page - 1}", _("Previous page"), command=True))
        choices = choices[page * PAGE : (page + 1) * PAGE]
    return choices, extras
