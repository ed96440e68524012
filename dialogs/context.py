"""The context that this conversation's dialogs work in, and refusals on their way to the engine."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from core.errors import BookingRefused
from core.office import Office
from dialogs.engine import steps
from dialogs.engine.outcomes import StepRefused

Context = steps.Context[Office]
Step = steps.Step[Office]
Dialog = steps.Dialog[Office]
Command = steps.Command[Office]

P = ParamSpec("P")
T = TypeVar("T")


def refusable(fn: Callable[P, T]) -> Callable[P, T]:
    """Have a refusal by the office reach the engine, which tells the citizen."""

    @wraps(fn)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return fn(*args, **kwargs)
        except BookingRefused as refused:
            raise StepRefused(refused.kind, refused.text) from None

    return wrapped
