"""Moving through a dialog: what is asked next, taking answers and taking them back."""

from collections.abc import Collection
from dataclasses import replace

from core.i18n import Text, _, _n, join
from dialogs.engine.outcomes import EffectOutcome
from dialogs.engine.prompts import ChangeAnswer, Prompt, PromptKey, ShowAll, action_choice
from dialogs.engine.state import Answer, PromptView, Source, State, Status
from dialogs.engine.steps import VERSION, Context, Dialog, O, Step

INTERRUPTION = "aside"
"""The dialog's name by which questions in between are stored."""


def current_dialog(ctx: Context[O]) -> Dialog[O]:
    """Return the dialog that runs; the idle one, when nothing else does."""
    return ctx.definition.dialogs[ctx.state.dialog]


def step_named(ctx: Context[O], name: str) -> Step[O] | None:
    """Return the running dialog's step of that name, if it applies now."""
    found = (step for step in current_dialog(ctx).steps(ctx) if step.name == name)
    return next((step for step in found if step.applies(ctx)), None)


def open_step(ctx: Context[O]) -> Step[O] | None:
    """Return the question in between, else the first step that applies and has no answer."""
    if ctx.open_step_of is not ctx.state:
        ctx.open_step_of, ctx.open_step = ctx.state, _find_open_step(ctx)
    return ctx.open_step


def _find_open_step(ctx: Context[O]) -> Step[O] | None:
    interruption, asides = ctx.state.interruption, ctx.definition.interruptions
    if interruption and asides:
        return next(step for step in asides.steps(ctx) if step.name == interruption.step)
    answers = ctx.answers
    for step in current_dialog(ctx).steps(ctx):
        if step.name not in answers and step.applies(ctx):
            return step
    return None


def prompt_key(ctx: Context[O], step: Step[O] | None) -> PromptKey:
    """Return the dialog and the step, as they are stored with what a question offers."""
    dialog = INTERRUPTION if ctx.state.interruption else ctx.state.dialog
    return PromptKey(dialog, step.name if step else "")


def prompt_of(ctx: Context[O], step: Step[O]) -> Prompt:
    """Return what the step asks; or which answer to change, where that is being chosen."""
    if not ctx.state.view.choosing:
        return step.ask(ctx)
    answered = [s for s in current_dialog(ctx).steps(ctx) if s.name in ctx.state.given]
    choices = [action_choice(ChangeAnswer(s.name), s.label) for s in answered]
    goes_on = action_choice(ShowAll(), _("Nothing, go on"))
    return Prompt(_("Which answer shall I ask again?"), [*choices, goes_on])


def answer(
    ctx: Context[O], step: Step[O], value: str, source: Source = Source.CITIZEN
) -> EffectOutcome:
    """Record an answer after its effect; look again at what depends on it, where it has changed.

    Return what the effect made of it, where that isn't to record it. Raises StepRefused.
    """
    dialog, interruption = ctx.state.dialog, ctx.state.interruption
    before = ctx.state.previous(step.name)
    outcome = step.effect(ctx, value) if step.effect else None
    if outcome is not None:
        return outcome
    ctx.update(failures=0)
    if interruption is not None or ctx.state.dialog != dialog:
        return None  # its effect was all that was wanted of it
    given = Answer(step.name, value, source, reusable=step.reusable)
    ctx.state = replace(ctx.state, view=PromptView()).with_answer(given, _later(ctx, step.name))
    if before != value:
        invalidate_dependents(ctx, {step.name})
    return None


def start(ctx: Context[O], dialog: str, **answers: str) -> None:
    """Begin a dialog with answers that are known, leaving the one that runs."""
    end_dialog(ctx)
    ctx.update(dialog=dialog)
    for step, value in answers.items():
        ctx.state = ctx.state.with_answer(Answer(step, value, Source.DERIVED))


def end_dialog(ctx: Context[O]) -> None:
    """End the running dialog; reusable answers are kept, to be offered again."""
    if on_leave := current_dialog(ctx).on_leave:
        on_leave(ctx)
    state = ctx.state
    ctx.state = State(
        ctx.definition.idle,
        tuple(replace(a, status=Status.RETRACTED) for a in state.answers if a.reusable),
        number=state.number,
        language=state.language,
        timezone=state.timezone,
    )


def forget_answers(ctx: Context[O]) -> None:
    """Drop every answer, also those that would be offered again."""
    ctx.update(answers=())


def reopen(ctx: Context[O], name: str) -> None:
    """Ask a step again; its answer is kept to be offered."""
    ctx.state = replace(ctx.state.retract(name), view=PromptView())


def drop(ctx: Context[O], name: str) -> None:
    """Ask a step again, and offer no earlier answer to it."""
    ctx.state = replace(ctx.state.without(name), view=PromptView())


def back(ctx: Context[O]) -> bool:
    """Go to the last step that the citizen answered; return False when there is none.

    Where an earlier answer was being changed, it stays as it was, and so does the rest.
    """
    step = open_step(ctx)
    changing = step is not None and ctx.state.previous(step.name) is not None
    if step and changing and (later := _later(ctx, step.name)):
        ctx.state = replace(ctx.state.restore(step.name, later), view=PromptView())
        return True
    while ctx.state.given:
        name = ctx.state.given[-1]
        applies = step_named(ctx, name) is not None
        reopen(ctx, name)
        if applies:
            return True
    return False


def _later(ctx: Context[O], name: str) -> Collection[str]:
    """Return the steps after that one which the citizen has answered."""
    order = [step.name for step in current_dialog(ctx).steps(ctx)]
    after = order[order.index(name) + 1 :] if name in order else []
    # While an early step is open, the later ones may not be known: what is asked of a service.
    return [
        step for step in ctx.state.given if step != name and (step in after or step not in order)
    ]


def invalidate_dependents(ctx: Context[O], changed: set[str]) -> None:
    """Drop the answers that no longer hold after a change, and say which must be repeated.

    Only what depends on the change is looked at. What depends on an answer that is missing waits
    until that one is given, which is a change of its own.
    """
    again: list[Text] = []
    unneeded: list[Text] = []
    steps = list(current_dialog(ctx).steps(ctx))
    asked = {step.name for step in steps}
    for step in steps:
        value = ctx.answers.get(step.name)
        if value is None or not changed.intersection(step.depends):
            continue
        if not asked.intersection(step.depends) <= ctx.answers.keys():
            continue
        applies = step.applies(ctx)
        if not applies:  # nobody will give it, so what depends on it must not wait
            asked.discard(step.name)
            changed = changed | {step.name}
        if applies and step.still_valid(ctx, value):
            continue
        if step.name in ctx.state.given and not applies:
            unneeded.append(step.label)
        elif step.name in ctx.state.given and not has_single_answer(step, step.ask(ctx)):
            again.append(step.label)
        (reopen if step.reusable else drop)(ctx, step.name)
    if again:
        ctx.say(
            _n(
                "This changes too, so I'm asking it again: {what}.",
                "These change too, so I'm asking them again: {what}.",
                len(again),
                what=join(", ", *again),
            )
        )
    if unneeded:
        ctx.say(_("No longer needed: {what}.", what=join(", ", *unneeded)))


def refresh(ctx: Context[O]) -> None:
    """Look at every answer again where what they were given by has changed since."""
    version = current_version(ctx)
    if ctx.state.version and ctx.state.version != version:
        invalidate_dependents(ctx, {VERSION})


def current_version(ctx: Context[O]) -> str:
    """Return by what the running dialog's answers are given."""
    version = current_dialog(ctx).version
    return version(ctx) if version else ""


def has_single_answer(step: Step[O], prompt: Prompt) -> bool:
    """Return whether there is only one possible answer, which needs no asking."""
    return step.automatic and not prompt.free and len(prompt.choices) == 1
