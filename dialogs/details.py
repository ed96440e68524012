"""The steps that ask for the attendee's details, made from the catalogue's form fields."""

from collections.abc import Callable, Mapping

from core.catalogue import Condition, FormField
from core.text import Phrase, _, lines
from dialogs.menu import NO, YES
from dialogs.parse import FIELD, REMEMBERED
from dialogs.step import Choice, Context, Prompt, Step
from dialogs.summary import shown_value

SKIP = _("skip, no, none, nothing, -")


def prefixed(field: FormField) -> str:
    """The step's name of a field."""
    return f"details.{field.id}"


def detail_step(
    field: FormField,
    *,
    always_asked: bool = False,
    effect: Callable[[Context, str], None] | None = None,
) -> Step:
    """The step that asks for one field; `when` is looked at anew each time."""
    name = prefixed(field)

    def ask(ctx: Context) -> Prompt:
        return _ask(ctx, field)

    def take(ctx: Context, text: str) -> str:
        return FIELD[field.type](text)

    def holds(ctx: Context, value: str) -> bool:
        fixed = field.type == "choice"
        return not fixed or value in {option.id for option in field.options}

    return Step(
        name,
        field.label,
        ask,
        take,
        applies=lambda ctx: always_asked or met(ctx.answers, field.when),
        depends=("service", "catalogue"),
        effect=effect,
        holds=holds,
        automatic=False,
    )


def met(answers: Mapping[str, str], when: Condition) -> bool:
    """Whether the earlier answers (by step) are those of a condition."""
    for name, wanted in when.items():
        step = name if name == "channel" else f"details.{name}"
        given = answers.get(step, answers.get(f"screening.{name}"))
        if given is None or given not in ((wanted,) if isinstance(wanted, str) else wanted):
            return False
    return True


def collected(ctx: Context, fields: list[FormField]) -> dict[str, str]:
    """The details given, by field; what was skipped or doesn't apply is left out."""
    given = {f.id: ctx.answers.get(prefixed(f), "") for f in fields if met(ctx.answers, f.when)}
    return {name: value for name, value in given.items() if value}


def _ask(ctx: Context, field: FormField) -> Prompt:
    choices = [Choice(option.id, option.label) for option in field.options]
    if field.type == "yes_no":
        choices = [Choice("yes", _("Yes"), YES), Choice("no", _("No"), NO)]
    if field.type in REMEMBERED:
        choices = [Choice(value, shown_value(field, value)) for value in _known(ctx, field)]
    if not field.required:
        choices.append(Choice("", _("Skip"), SKIP))
    optional: Phrase = "" if field.required else _("(optional)")
    closed = field.type in ("choice", "yes_no")
    return Prompt(
        lines(field.question, field.help, optional),
        choices,
        free=not closed,
        names="any" if closed else "begun" if field.options else "whole",
        expected=_("Please pick one of the answers below."),
    )


def _known(ctx: Context, field: FormField) -> list[str]:
    """What the citizen gave before: in this talk, or at an earlier booking."""
    known = (ctx.state.kept.get(prefixed(field)), ctx.known.get(field.id))
    return list(dict.fromkeys(value for value in known if value))
