"""Moving through a dialog: what is asked next, taking answers and taking them back."""

from core.bookings.service import release
from core.db.models import Booking
from core.i18n import Text, _, _n, commas
from dialogs.engine.steps import Choice, Context, Dialog, Prompt, Step

CATALOGUE = "catalogue"
"""What steps depend on that must be looked at again when a catalogue was loaded anew."""

INTERRUPTION = "aside"
"""The dialog whose steps are the questions in between."""


def current_dialog(ctx: Context) -> Dialog:
    """The dialog that runs; the menu, when nothing else does."""
    return ctx.dialogs[ctx.state.dialog]


def step_named(ctx: Context, name: str) -> Step | None:
    """The running dialog's step of that name, if it applies now."""
    found = (step for step in current_dialog(ctx).steps(ctx) if step.name == name)
    return next((step for step in found if step.applies(ctx)), None)


def open_step(ctx: Context) -> Step | None:
    """The question in between, else the first step that applies and has no answer."""
    if aside := ctx.state.aside:
        return next(s for s in ctx.dialogs[INTERRUPTION].steps(ctx) if s.name == aside["ask"])
    for step in current_dialog(ctx).steps(ctx):
        if step.name not in ctx.answers and step.applies(ctx):
            return step
    return None


def prompt_key(ctx: Context, step: Step | None) -> str:
    """The dialog and the step, as they are stored with what a question offers."""
    dialog = INTERRUPTION if ctx.state.aside else ctx.state.dialog
    return f"{dialog}/{step.name if step else ''}"


def prompt_of(ctx: Context, step: Step) -> Prompt:
    """What the step asks, or which answer to change instead."""
    if not ctx.state.view.get("changing"):
        return step.ask(ctx)
    answered = [s for s in current_dialog(ctx).steps(ctx) if s.name in ctx.state.path]
    choices = [Choice(f"change:{s.name}", s.label, command=True) for s in answered]
    goes_on = Choice("all", _("Nothing, go on"), command=True)
    return Prompt(_("Which answer shall I ask again?"), [*choices, goes_on])


def answer(ctx: Context, step: Step, value: str, *, by_citizen: bool = True) -> None:
    """Record an answer after its effect; recheck what depends on it where it has changed.

    Raises Refusal, Wrong or Instead, from the effect.
    """
    state = ctx.state
    dialog, aside, before = state.dialog, state.aside, state.kept.get(step.name)
    if step.effect:
        step.effect(ctx, value)
    state.failures = 0
    if aside is not None or state.dialog != dialog:
        return  # its effect was all that was wanted of it
    state.view = {}
    ctx.answers[step.name] = value
    state.kept.pop(step.name, None)
    if by_citizen:
        _walk(ctx, step.name)
    if before != value:
        invalidate_dependents(ctx, {step.name})


def start(ctx: Context, dialog: str, **answers: str) -> None:
    """Begin a dialog, leaving the one that runs."""
    end_dialog(ctx)
    ctx.state.dialog = dialog
    ctx.state.answers = dict(answers)


def end_dialog(ctx: Context) -> None:
    """End the running dialog: its hold is given up; details typed are kept to be offered again."""
    state = ctx.state
    if state.hold and (booking := ctx.session.get(Booking, state.hold)):
        release(ctx.session, booking, ctx.now, ctx.actor)
    typed = {**state.kept, **state.answers}
    state.kept = {k: v for k, v in typed.items() if k.startswith("details.")}
    state.dialog, state.answers, state.path = "menu", {}, []
    state.view, state.aside, state.failures, state.hold, state.digest = {}, None, 0, None, ""


def reopen(ctx: Context, name: str) -> None:
    """Ask a step again; its answer is kept to be offered."""
    state = ctx.state
    if name in state.answers:
        state.kept[name] = state.answers.pop(name)
    state.path = [step for step in state.path if step != name]
    state.view = {}


def back(ctx: Context) -> bool:
    """Go to the last step that the citizen answered; False when there is none.

    Where an earlier answer was being changed, it stays as it was, and so does the rest.
    """
    state = ctx.state
    step = open_step(ctx)
    if step and step.name in state.kept and _later(ctx, step.name):
        ctx.answers[step.name] = state.kept.pop(step.name)
        _walk(ctx, step.name)
        state.view = {}
        return True
    while state.path:
        name = state.path[-1]
        applies = name in ctx.answers and step_named(ctx, name) is not None
        reopen(ctx, name)
        if applies:
            return True
    return False


def _later(ctx: Context, name: str) -> list[str]:
    """The steps after that one which the citizen has answered."""
    order = [step.name for step in current_dialog(ctx).steps(ctx)]
    after = order[order.index(name) + 1 :] if name in order else []
    # While an early step is open, the later ones may not be known: what is asked of a service.
    return [step for step in ctx.state.path if step in after or step not in order]


def _walk(ctx: Context, name: str) -> None:
    """Put a step into the path, before those that come after it."""
    later = _later(ctx, name)
    before = [step for step in ctx.state.path if step not in later and step != name]
    ctx.state.path = [*before, name, *later]


def invalidate_dependents(ctx: Context, changed: set[str]) -> None:
    """Drop the answers that no longer hold after a change, and say which the citizen must repeat.

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
        if applies and step.is_still_valid(ctx, value):
            continue
        if step.name in ctx.state.path and not applies:
            unneeded.append(step.label)
        elif step.name in ctx.state.path and not has_single_answer(step, step.ask(ctx)):
            again.append(step.label)
        reopen(ctx, step.name)
        if not step.name.startswith("details."):
            ctx.state.kept.pop(step.name, None)
    if again:
        ctx.say(
            _n(
                "This changes too, so I'm asking it again: {what}.",
                "These change too, so I'm asking them again: {what}.",
                len(again),
                what=commas(*again),
            )
        )
    if unneeded:
        ctx.say(_("No longer needed: {what}.", what=commas(*unneeded)))


def has_single_answer(step: Step, prompt: Prompt) -> bool:
    """Whether there is only one possible answer, which needs no asking."""
    return step.automatic and not prompt.free and len(prompt.choices) == 1
