"""The engine's types with this conversation's office, and the conversion of its refusals."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from core.errors import BookingRefused, StaffRefused
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
    """Convert the office's refusals to StepRefused, of which the engine tells who writes."""

    @wraps(fn)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return fn(*args, **kwargs)
        except (BookingRefused, StaffRefused) as refused:
            raise StepRefused(refused.kind, refused.text) from None

    return wrapped
