"""Moving through a dialog: what is asked next, taking answers back, starting and leaving."""

from core.bookings import release
from core.tables import Booking
from core.text import Phrase, _, commas
from dialogs.step import Context, Dialog, Step


def running(ctx: Context) -> Dialog:
    """The dialog that runs; the menu, when nothing else does."""
    return ctx.dialogs[ctx.state.dialog]


def step_named(ctx: Context, name: str) -> Step | None:
    """The running dialog's step of that name, if it applies now."""
    found = (step for step in running(ctx).steps(ctx) if step.name == name)
    return next((step for step in found if step.applies(ctx)), None)


def next_step(ctx: Context) -> Step | None:
    """The first step that applies and has no answer."""
    for step in running(ctx).steps(ctx):
        if step.name not in ctx.answers and step.applies(ctx):
            return step
    return None


def start(ctx: Context, dialog: str, **answers: str) -> None:
    """Begin a dialog, leaving the one that runs."""
    leave(ctx)
    ctx.state.dialog = dialog
    ctx.state.answers = dict(answers)


def leave(ctx: Context) -> None:
    """End the running dialog: its hold is given up; details typed are kept to be offered again."""
    state = ctx.state
    if state.hold and (booking := ctx.session.get(Booking, state.hold)):
        release(ctx.session, booking, ctx.now)
    typed = {**state.kept, **state.answers}
    state.kept = {k: v for k, v in typed.items() if k.startswith("details.")}
    state.dialog, state.answers, state.path = "menu", {}, []
    state.view, state.aside, state.failures, state.hold, state.digest = {}, None, 0, None, ""


def take_back(ctx: Context, name: str) -> None:
    """Ask a step again; its answer is kept to be offered."""
    state = ctx.state
    if name in state.answers:
        state.kept[name] = state.answers.pop(name)
    state.path = [step for step in state.path if step != name]
    state.view = {}


def back(ctx: Context) -> bool:
    """Go to the last step that the citizen answered; False when there is none."""
    while ctx.state.path:
        name = ctx.state.path[-1]
        applies = name in ctx.answers and step_named(ctx, name) is not None
        take_back(ctx, name)
        if applies:
            return True
    return False


def recheck(ctx: Context, changed: set[str]) -> None:
    """Drop the answers that no longer hold after a change, and say which the citizen must repeat.

    Only what depends on the change is looked at; what an answer of a dropped one depends on too.
    """
    dropped: list[Phrase] = []
    for step in running(ctx).steps(ctx):
        value = ctx.answers.get(step.name)
        if value is None or not changed.intersection(step.depends):
            continue
        if not step.applies(ctx) or not step.still_holds(ctx, value):
            if step.name in ctx.state.path:
                dropped.append(step.label)
            take_back(ctx, step.name)
            if not step.name.startswith("details."):
                ctx.state.kept.pop(step.name, None)
            changed.add(step.name)
    if dropped:
        ctx.say(_("This changes too, so I'm asking it again: {what}.", what=commas(*dropped)))
