"""What comes of an answer, as values; and the one refusal that ends it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from core.i18n import Text
from dialogs.engine.prompts import Choice
from dialogs.engine.state import PromptView


@dataclass(frozen=True)
class InvalidAnswer:
    """An answer that can't be taken; `text` says what was expected.

    `view` is how the question is shown then, such as with the times near the one that was meant;
    `suggestions` are offered with it, once.
    """

    text: Text
    view: PromptView | None = None
    suggestions: Sequence[Choice] = ()


@dataclass(frozen=True)
class AnswersForOtherSteps:
    """An answer to other steps: they get these values, and the asked one gets none.

    `then` is said after them: what couldn't be taken of it.
    """

    answers: Mapping[str, str] = field(default_factory=dict)
    then: InvalidAnswer | None = None


TakeOutcome = str | InvalidAnswer | AnswersForOtherSteps
"""What comes of a typed text: the value that answers the step, or why it doesn't."""

EffectOutcome = InvalidAnswer | AnswersForOtherSteps | None
"""What comes of acting on an answer; None where it is recorded."""


class StepRefused(Exception):
    """What the answer asks for isn't possible now; `text` tells the citizen what can be done."""

    def __init__(self, kind: str, text: Text) -> None:
        super().__init__(kind)
        self.kind = kind
        self.text = text
