"""What a conversation keeps between two turns: frozen values, replaced and never changed."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from pydantic import TypeAdapter

from core.i18n import Language


class Source(StrEnum):
    """Where an answer came from."""

    CITIZEN = "citizen"
    AUTOMATIC = "automatic"
    """It was the only one possible."""
    DERIVED = "derived"
    """It follows from another answer, or from the link that was followed."""


class Status(StrEnum):
    """Whether an answer counts."""

    CURRENT = "current"
    RETRACTED = "retracted"
    """Its step is asked again; the value may be offered there."""


@dataclass(frozen=True)
class Answer:
    """The answer to one step. One that is `reusable` is offered again in later dialogs."""

    step: str
    value: str
    source: Source = Source.CITIZEN
    status: Status = Status.CURRENT
    reusable: bool = False


@dataclass(frozen=True)
class PromptView:
    """How the open question is shown, where that isn't as its step first asks it."""

    step: str | None = None
    """The step it belongs to: at another step's question it is dropped."""
    page: int = 0
    month: str | None = None
    """The month shown, as YYYY-MM."""
    near: str | None = None
    """The moment (ISO 8601) around which times are offered."""
    only: tuple[str, ...] = ()
    """The values of the choices that a typed text may have meant."""
    help: bool = False
    change: str | None = None
    """The step whose answer a button offers to change."""
    choosing: bool = False
    """Which answer to change is asked, instead of the question itself."""


@dataclass(frozen=True)
class Interruption:
    """A question asked in between, such as whether to stop; `dialog` is what it may lead to."""

    step: str
    dialog: str | None = None
    answers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class State:
    """One conversation. The step isn't here: it is derived from the answers."""

    dialog: str
    answers: tuple[Answer, ...] = ()
    """At most one for each step; the citizen's own stand in the order of the steps."""
    view: PromptView = PromptView()
    interruption: Interruption | None = None
    failures: int = 0
    """Wrong answers to the open question, one after the other."""
    data: Mapping[str, str] = field(default_factory=dict)
    """What the running dialog keeps besides answers, by name."""
    version: str = ""
    """What the answers were given by; see Dialog.version."""
    number: int = 0
    """The open prompt's; new each time a question is asked. 0 before the first."""
    language: str = Language.EL
    timezone: str = "Europe/Athens"

    @property
    def values(self) -> Mapping[str, str]:
        """Return the answers that count, by step."""
        return {a.step: a.value for a in self.answers if a.status is Status.CURRENT}

    @property
    def given(self) -> tuple[str, ...]:
        """Return the steps that the citizen answered, in their order."""
        return tuple(
            a.step
            for a in self.answers
            if a.status is Status.CURRENT and a.source is Source.CITIZEN
        )

    def previous(self, step: str) -> str | None:
        """Return the answer that was retracted and may be offered again."""
        found = self._find(step)
        return found.value if found and found.status is Status.RETRACTED else None

    def with_answer(self, answer: Answer, before: Collection[str] = ()) -> "State":
        """Return the state with an answer in place of its step's, before those of other steps."""
        others = [a for a in self.answers if a.step != answer.step]
        at = next((i for i, a in enumerate(others) if a.step in before), len(others))
        return replace(self, answers=(*others[:at], answer, *others[at:]))

    def with_derived(self, step: str, value: str) -> "State":
        """Return the state with a value that follows from another answer, in its place."""
        found = self._find(step)
        if found is None or found.status is Status.RETRACTED:
            return self.with_answer(Answer(step, value, Source.DERIVED))
        changed = (replace(a, value=value) if a is found else a for a in self.answers)
        return replace(self, answers=tuple(changed))

    def retract(self, step: str) -> "State":
        """Return the state in which a step is asked again, and its answer offered."""
        changed = (
            replace(a, status=Status.RETRACTED) if a.step == step else a for a in self.answers
        )
        return replace(self, answers=tuple(changed))

    def restore(self, step: str, before: Collection[str] = ()) -> "State":
        """Return the state in which a retracted answer counts again, as the citizen's."""
        found = self._find(step)
        if found is None:
            return self
        given = replace(found, status=Status.CURRENT, source=Source.CITIZEN)
        return self.with_answer(given, before)

    def without(self, *steps: str) -> "State":
        """Return the state without the answers of these steps."""
        return replace(self, answers=tuple(a for a in self.answers if a.step not in steps))

    def reset(self, dialog: str) -> "State":
        """Return one that forgot all; the numbers go on, so that every button is an old one."""
        return State(dialog, number=self.number + 1, language=self.language, timezone=self.timezone)

    def _find(self, step: str) -> Answer | None:
        return next((a for a in self.answers if a.step == step), None)


_STATE: TypeAdapter[State] = TypeAdapter(State)
_COLUMNS = {"language", "timezone"}


def load_state(stored: Mapping[str, Any], language: str, timezone: str) -> State:
    """Return the state that `dump_state` stored; language and zone have columns of their own."""
    return _STATE.validate_python({**stored, "language": language, "timezone": timezone})


def dump_state(state: State) -> dict[str, Any]:
    """Return what is stored of a state, as JSON: what differs from the defaults."""
    dumped: dict[str, Any] = _STATE.dump_python(
        state, mode="json", exclude_defaults=True, exclude=_COLUMNS
    )
    return dumped
