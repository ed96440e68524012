"""The state that a conversation keeps between two turns: frozen values, replaced as a whole."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from pydantic import TypeAdapter

from core.i18n import Language


class Source(StrEnum):
    """The source of an answer."""

    CITIZEN = "citizen"
    AUTOMATIC = "automatic"
    """It was the only one possible."""
    DERIVED = "derived"
    """It follows from another answer, or from the link that was followed."""


class Status(StrEnum):
    """The status of an answer: only a current one counts."""

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
    """The view of the open question, if it isn't shown as its step first asks it."""

    step: str | None = None
    """The step it belongs to; it is dropped when another step asks."""
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
    """True while the question is which answer to change."""


@dataclass(frozen=True)
class Interruption:
    """A question that interrupts the dialog, such as whether to stop; it may lead to `dialog`."""

    step: str
    dialog: str | None = None
    answers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class State:
    """The state of one conversation. The open step isn't stored: it is derived from the answers."""

    dialog: str
    answers: tuple[Answer, ...] = ()
    """At most one for each step; the citizen's own are in the order of the steps."""
    view: PromptView = PromptView()
    interruption: Interruption | None = None
    failures: int = 0
    """Wrong answers to the open question, one after the other."""
    data: Mapping[str, str] = field(default_factory=dict)
    """The values that the running dialog stores besides answers, by name."""
    version: str = ""
    """The version by which the answers were given; see Dialog.version."""
    number: int = 0
    """The open prompt's number, which increases with each prompt; 0 before the first."""
    language: str = Language.EL
    timezone: str = "Europe/Athens"
    asked: str = ""
    """The running dialog's step that was asked last, whatever interrupts it; for statistics."""
    wishes: Mapping[str, str] = field(default_factory=dict)
    """Answers given before their steps opened, as these read them, by step; each is taken once."""

    @property
    def values(self) -> Mapping[str, str]:
        """Return the answers that count, by step."""
        return {a.step: a.value for a in self.answers if a.status is Status.CURRENT}

    @property
    def answered_by_citizen(self) -> tuple[str, ...]:
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
        """Return the state with a step's answer, placed before those of the steps `before`.

        These move behind all others, for one that stands before may not belong to the order of
        the steps any more: a question of the former service.
        """
        others = [a for a in self.answers if a.step != answer.step]
        earlier = (a for a in others if a.step not in before)
        later = (a for a in others if a.step in before)
        return replace(self, answers=(*earlier, answer, *later))

    def with_derived(self, step: str, value: str) -> "State":
        """Return the state with a value for a step that follows from another answer."""
        found = self._find(step)
        if found is None or found.status is Status.RETRACTED:
            return self.with_answer(Answer(step, value, Source.DERIVED))
        changed = (replace(a, value=value) if a is found else a for a in self.answers)
        return replace(self, answers=tuple(changed))

    def retract(self, step: str) -> "State":
        """Return the state with a step's answer retracted: it is asked again, and offered."""
        changed = (
            replace(a, status=Status.RETRACTED) if a.step == step else a for a in self.answers
        )
        return replace(self, answers=tuple(changed))

    def restore(self, step: str, before: Collection[str] = ()) -> "State":
        """Return the state with a retracted answer counting again, as the citizen's own."""
        found = self._find(step)
        if found is None:
            return self
        given = replace(found, status=Status.CURRENT, source=Source.CITIZEN)
        return self.with_answer(given, before)

    def without(self, *steps: str) -> "State":
        """Return the state without the answers of these steps."""
        return replace(self, answers=tuple(a for a in self.answers if a.step not in steps))

    def reset(self, dialog: str) -> "State":
        """Return an empty state; its number goes on, so that earlier buttons aren't valid."""
        return State(dialog, number=self.number + 1, language=self.language, timezone=self.timezone)

    def _find(self, step: str) -> Answer | None:
        return next((a for a in self.answers if a.step == step), None)


_STATE: TypeAdapter[State] = TypeAdapter(State)
_COLUMNS = {"language", "timezone"}


def load_state(stored: Mapping[str, Any], language: str, timezone: str) -> State:
    """Return the state that `dump_state` stored; language and zone have columns of their own."""
    return _STATE.validate_python({**stored, "language": language, "timezone": timezone})


def dump_state(state: State) -> dict[str, Any]:
    """Return a state as JSON, with the fields that differ from the defaults."""
    dumped: dict[str, Any] = _STATE.dump_python(
        state, mode="json", exclude_defaults=True, exclude=_COLUMNS
    )
    return dumped
