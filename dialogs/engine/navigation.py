"""Navigate a dialog: find the next step, record answers and retract them."""

from collections.abc import Collection
from dataclasses import replace

from core.i18n import Text, _, _n, join
from dialogs.engine.outcomes import EffectOutcome
from dialogs.engine.prompts import ChangeAnswer, Prompt, PromptKey, ShowAll, action_choice
from dialogs.engine.state import Answer, PromptView, Source, State, Status
from dialogs.engine.steps import VERSION, Context, Dialog, O, Step

INTERRUPTION = "aside"
"""The dialog's name under which interruptions are stored."""


def current_dialog(ctx: Context[O]) -> Dialog[O]:
    """Return the running dialog; the idle one if no other is running."""
    return ctx.definition.dialogs[ctx.state.dialog]


def step_named(ctx: Context[O], name: str) -> Step[O] | None:
    """Return the running dialog's step of that name, if it applies now."""
    found = (step for step in current_dialog(ctx).steps(ctx) if step.name == name)
    return next((step for step in found if step.applies(ctx)), None)


def open_step(ctx: Context[O]) -> Step[O] | None:
    """Return the interruption's step, else the first step that applies and has no answer."""
    if ctx.open_step_of is not ctx.state:
        ctx.open_step_of, ctx.open_step = ctx.state, _find_open_step(ctx)
    return ctx.open_step


def _find_open_step(ctx: Context[O]) -> Step[O] | None:
    interruption, interruptions = ctx.state.interruption, ctx.definition.interruptions
    if interruption and interruptions:
        return next(step for step in interruptions.steps(ctx) if step.name == interruption.step)
    answers = ctx.answers
    for step in current_dialog(ctx).steps(ctx):
        if step.name not in answers and step.applies(ctx):
            return step
    return None


def prompt_key(ctx: Context[O], step: Step[O] | None) -> PromptKey:
    """Return the dialog and the step by which a prompt is stored."""
    dialog = INTERRUPTION if ctx.state.interruption else ctx.state.dialog
    return PromptKey(dialog, step.name if step else "")


def prompt_of(ctx: Context[O], step: Step[O]) -> Prompt:
    """Return the step's prompt; while an answer to change is being chosen, the prompt for that."""
    if not ctx.state.view.choosing:
        return step.ask(ctx)
    answered = [
        s for s in current_dialog(ctx).steps(ctx) if s.name in ctx.state.answered_by_citizen
    ]
    choices = [action_choice(ChangeAnswer(s.name), s.label) for s in answered]
    keep_all = action_choice(ShowAll(), _("Nothing, go on"))
    return Prompt(_("Which answer shall I ask again?"), [*choices, keep_all])


def answer(
    ctx: Context[O], step: Step[O], value: str, source: Source = Source.CITIZEN
) -> EffectOutcome:
    """Run an answer's effect and record it; if it has changed, recheck what depends on it.

    Return the effect's outcome if the answer isn't to be recorded, else None. Raises StepRefused.
    """
    dialog, interruption = ctx.state.dialog, ctx.state.interruption
    before = ctx.state.previous(step.name)
    outcome = step.effect(ctx, value) if step.effect else None
    if outcome is not None:
        return outcome
    ctx.update(failures=0)
    if interruption is not None or ctx.state.dialog != dialog:
        return None  # it answered an interruption, or its effect has ended the dialog
    if step.name in ctx.state.wishes:  # what was said earlier counts no more
        ctx.update(wishes={k: wish for k, wish in ctx.state.wishes.items() if k != step.name})
    recorded = Answer(step.name, value, source, reusable=step.reusable)
    later = _answered_after(ctx, step.name) if source is Source.CITIZEN else ()
    ctx.state = replace(ctx.state, view=PromptView()).with_answer(recorded, later)
    if before != value:
        invalidate_dependents(ctx, {step.name})
    return None


def start(ctx: Context[O], dialog: str, **answers: str) -> None:
    """End the running dialog and begin another, with answers that are known."""
    end_dialog(ctx)
    ctx.update(dialog=dialog)
    if on_start := current_dialog(ctx).on_start:
        on_start(ctx)
    for step, value in answers.items():
        ctx.state = ctx.state.with_answer(Answer(step, value, Source.DERIVED))


def end_dialog(ctx: Context[O]) -> None:
    """End the running dialog and return to the idle one; keep reusable answers as suggestions."""
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
    """Remove every answer, also those that would be offered again."""
    ctx.update(answers=())


def reopen(ctx: Context[O], name: str) -> None:
    """Ask a step again, with its former answer as a suggestion."""
    ctx.state = replace(ctx.state.retract(name), view=PromptView())


def drop(ctx: Context[O], name: str) -> None:
    """Ask a step again, without its former answer."""
    ctx.state = replace(ctx.state.without(name), view=PromptView())


def back(ctx: Context[O]) -> bool:
    """Go back to the last step that the citizen answered; return False if there is none.

    While an answer to change is being chosen, show the open question again instead. If an earlier
    answer was being changed, restore it and go on as before.
    """
    if ctx.state.view.choosing:
        ctx.update(view=PromptView())
        return True
    step = open_step(ctx)
    changing = step is not None and ctx.state.previous(step.name) is not None
    if step and changing and (later := _answered_after(ctx, step.name)):
        ctx.state = replace(ctx.state.restore(step.name, later), view=PromptView())
        return True
    while ctx.state.answered_by_citizen:
        name = ctx.state.answered_by_citizen[-1]
        applies = step_named(ctx, name) is not None
        reopen(ctx, name)
        if applies:
            return True
    return False


def _answered_after(ctx: Context[O], name: str) -> Collection[str]:
    """Return the steps after this one that the citizen has answered."""
    order = [step.name for step in current_dialog(ctx).steps(ctx)]
    after = order[order.index(name) + 1 :] if name in order else []
    # While an early step is open, later ones may be unknown: a service's own questions.
    return [
        step
        for step in ctx.state.answered_by_citizen
        if step != name and (step in after or step not in order)
    ]


def invalidate_dependents(ctx: Context[O], changed: set[str]) -> None:
    """Remove the answers that a change has made invalid, and say which are asked again.

    Only answers that depend on the change are checked. One that depends on a missing answer is
    checked when that one is recorded, which is a change as well.
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
        if not applies:  # it will get no answer, so those that depend on it are checked now
            asked.discard(step.name)
            changed = changed | {step.name}
        if applies and step.still_valid(ctx, value):
            continue
        if step.name in ctx.state.answered_by_citizen and not applies:
            unneeded.append(step.label)
        elif step.name in ctx.state.answered_by_citizen and not has_single_answer(
            step, step.ask(ctx)
        ):
            again.append(step.label)
        (reopen if step.reusable else drop)(ctx, step.name)
    if again and VERSION in changed:  # nothing that they did
        ctx.say(
            _(
                "Something was changed at the office meanwhile, so I'm asking again: {what}.",
                what=join(", ", *again),
            )
        )
    elif again:
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
    """Recheck the answers that depend on VERSION if the version has changed since."""
    version = current_version(ctx)
    if ctx.state.version and ctx.state.version != version:
        invalidate_dependents(ctx, {VERSION})


def current_version(ctx: Context[O]) -> str:
    """Return the version by which the running dialog is answered, such as the catalogue's."""
    version = current_dialog(ctx).version
    return version(ctx) if version else ""


def has_single_answer(step: Step[O], prompt: Prompt) -> bool:
    """Return whether there is only one possible answer, so that it needn't be asked."""
    return step.automatic and not prompt.free and len(prompt.choices) == 1
