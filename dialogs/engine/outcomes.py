"""The outcomes of an answer, as values, and the exception that refuses it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from core.i18n import Text
from dialogs.engine.prompts import Choice
from dialogs.engine.state import PromptView


@dataclass(frozen=True)
class InvalidAnswer:
    """An answer that isn't accepted; `text` says what was expected.

    `view` is how the question is shown again, such as with the times near the one that was meant;
    `suggestions` are offered with it, once.
    """

    text: Text
    view: PromptView | None = None
    suggestions: Sequence[Choice] = ()


@dataclass(frozen=True)
class AnswersForOtherSteps:
    """An answer to other steps than the one that was asked.

    `then` is the part of it that wasn't accepted, if any; `wishes` are for steps that can't be
    answered yet, by step: each takes its own when it opens.
    """

    answers: Mapping[str, str] = field(default_factory=dict)
    then: InvalidAnswer | None = None
    wishes: Mapping[str, str] = field(default_factory=dict)


TakeOutcome = str | InvalidAnswer | AnswersForOtherSteps | None
"""The outcome of a typed text: the value that answers the step, or why it doesn't.

None: it answers nothing, so that the prompt says what it expects.
"""

EffectOutcome = InvalidAnswer | AnswersForOtherSteps | None
"""The outcome of acting on an answer; None if the answer is to be recorded."""


class StepRefused(Exception):
    """The answer is refused, for it isn't possible now; `text` tells the citizen what is."""

    def __init__(self, kind: str, text: Text) -> None:
        super().__init__(kind)
        self.kind = kind
        self.text = text
