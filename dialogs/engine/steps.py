"""The parts that a dialog is made of."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from core.actor import Actor
from core.catalogue.model import Municipality, Service
from core.catalogue.registry import Registry
from core.i18n import Text, TextTemplate
from dialogs.engine.state import State
from dialogs.nlu.errors import InvalidAnswer
from dialogs.nlu.lexicon import Lexicon

Layout = Literal["list", "month", "times"]

Input = Literal["text", "name", "email", "phone", "digits", "code", "long"]


class AnswersForOtherSteps(Exception):
    """An answer to other steps: they get these values, and the asked one gets none.

    `then` is said after them: what couldn't be taken of it.
    """

    def __init__(self, then: InvalidAnswer | None = None, /, **answers: str) -> None:
        super().__init__("an answer to other steps")
        self.then = then
        self.answers = answers


@dataclass(frozen=True)
class Choice:
    """What can be picked: the value stored, the label shown, other words (with commas) for it.

    `number` is what is typed to pick it, where that isn't its place in the list. A `command`
    is done instead of being an answer.
    """

    value: str
    label: Text
    words: Text = ""
    number: int | None = None
    command: bool = False


@dataclass(frozen=True)
class Prompt:
    """What a step asks, free of language and platform.

    `month` is the first of the month that the choices are days of. `free`: any text is an
    answer, and the choices are suggestions. `names` says how a choice's name may be typed: in
    `any` way that can be understood, `begun`, or only the `whole` of it. `extras` are commands
    that belong to this question. `expected` is said after an answer that fits nothing. `input`
    is what a typed answer is, so that a page can help with it. `booking` is the one shown in it.
    """

    text: Text
    choices: Sequence[Choice] = ()
    layout: Layout = "list"
    month: date | None = None
    free: bool = False
    names: Literal["any", "begun", "whole"] = "any"
    extras: Sequence[Choice] = ()
    expected: Text = ""
    input: Input = "text"
    booking: int | None = None


@dataclass
class Context:
    """A turn's surroundings, and what is said in it.

    `heard` is the label of a tapped button; `shown` the booking that what is said tells all about.
    """

    session: Session
    registry: Registry
    texts: Lexicon
    now: datetime
    actor: Actor
    state: State
    language: str
    timezone: str
    conversation_id: int
    sources: Sequence[str]
    known: Mapping[str, str]
    choose: Callable[[Sequence[str]], str]
    dialogs: Mapping[str, "Dialog"]
    said: list[Text] = field(default_factory=list)
    heard: str | None = None
    shown: int | None = None
    cache: dict[str, Any] = field(default_factory=dict)

    def say(self, phrase: Text) -> None:
        """Say something before the next question."""
        self.said.append(phrase)

    @property
    def answers(self) -> dict[str, str]:
        """The running dialog's, by step."""
        return self.state.answers

    @property
    def municipality(self) -> Municipality | None:
        """The one that was picked."""
        name = self.answers.get("municipality")
        return self.registry[name].body if name and name in self.registry else None

    @property
    def service(self) -> Service | None:
        """The one that was picked."""
        body = self.municipality
        return body.services.get(self.answers.get("service", "")) if body else None

    @property
    def zone(self) -> ZoneInfo:
        """The citizen's."""
        return ZoneInfo(self.timezone)


def always(_: Context) -> bool:
    """Apply to everybody."""
    return True


@dataclass(frozen=True)
class Step:
    """A step asks for one answer.

    `ask` makes the prompt; `take` reads a typed answer that picked no choice, or raises Wrong;
    `effect` acts on the answer, and may raise Refusal; `holds` says whether an earlier answer
    still fits after one of `depends` has changed, and keeps what must be kept for it. `words` are
    other names for the step, with commas.
    """

    name: str
    label: Text
    ask: Callable[[Context], Prompt]
    take: Callable[[Context, str], str] | None = None
    applies: Callable[[Context], bool] = always
    depends: tuple[str, ...] = ()
    effect: Callable[[Context, str], None] | None = None
    holds: Callable[[Context, str], bool] | None = None
    automatic: bool = True
    words: Text = ""

    def is_still_valid(self, ctx: Context, value: str) -> bool:
        """Whether that answer could be given now."""
        if self.holds is not None:
            return self.holds(ctx, value)
        prompt = self.ask(ctx)
        return prompt.free or any(choice.value == value for choice in prompt.choices)


@dataclass(frozen=True)
class Dialog:
    """A task of the conversation, as a list of steps.

    `upkeep` runs after each answer, before the next question.
    """

    name: str
    label: TextTemplate
    steps: Callable[[Context], Iterable[Step]]
    after_turn: Callable[[Context], None] | None = None
