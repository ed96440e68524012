"""Questions: what a step asks, what can be picked, and what is stored of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar, Literal, NamedTuple

from core.i18n import Text
from dialogs.messages.blocks import Message
from dialogs.nlu.input_hint import InputHint

Layout = Literal["list", "month", "times"]


@dataclass(frozen=True)
class RunCommand:
    """Run a command by its name."""

    kind: ClassVar[str] = "command"
    name: str

    @property
    def key(self) -> str:
        """Return the name of its button."""
        return self.name


@dataclass(frozen=True)
class ChangeAnswer:
    """Ask an answered step again."""

    kind: ClassVar[str] = "change"
    step: str

    @property
    def key(self) -> str:
        """Return the name of its button."""
        return f"change:{self.step}"


@dataclass(frozen=True)
class SetAnswers:
    """Give other steps these answers, such as a channel and a day on which it is free."""

    kind: ClassVar[str] = "set"
    answers: Mapping[str, str]

    @property
    def key(self) -> str:
        """Return what tells it apart; longer than a platform's button may carry."""
        return "set:" + "&".join(f"{step}={value}" for step, value in self.answers.items())


@dataclass(frozen=True)
class ShowPage:
    """Show another page of a long list."""

    kind: ClassVar[str] = "page"
    page: int

    @property
    def key(self) -> str:
        """Return the name of its button."""
        return f"page:{self.page}"


@dataclass(frozen=True)
class ShowMonth:
    """Show another month, given as YYYY-MM."""

    kind: ClassVar[str] = "month"
    month: str

    @property
    def key(self) -> str:
        """Return the name of its button."""
        return f"month:{self.month}"


@dataclass(frozen=True)
class ShowAll:
    """Show every choice again, and the question as it is first asked."""

    kind: ClassVar[str] = "all"

    @property
    def key(self) -> str:
        """Return the name of its button."""
        return "all"


Action = RunCommand | ChangeAnswer | SetAnswers | ShowPage | ShowMonth | ShowAll
"""What a button does instead of answering the question."""

_ACTIONS: Mapping[str, type[Action]] = {
    action.kind: action
    for action in (RunCommand, ChangeAnswer, SetAnswers, ShowPage, ShowMonth, ShowAll)
}


@dataclass(frozen=True)
class Choice:
    """What can be picked: the value that answers, or an action; the label shown.

    `words` are other names for it, with commas; `number` is what is typed to pick it, where that
    isn't its place in the list.
    """

    value: str
    label: Text
    words: Text = ""
    number: int | None = None
    action: Action | None = None


def action_choice(action: Action, label: Text) -> Choice:
    """Return the choice that does something instead of being an answer."""
    return Choice(action.key, label, action=action)


@dataclass(frozen=True)
class Prompt:
    """What a step asks, free of language and platform.

    `month` is the first of the month that the choices are days of. `free`: any text is an answer,
    and the choices are suggestions. `names` says how a choice's name may be typed: in `any` way
    that can be understood, `begun`, or only the `whole` of it. `actions` belong to this question.
    `expected` is said after an answer that fits nothing. `input` says what is typed, so that a
    page can help with it. `booking` is the one shown in it.
    """

    text: Text | Message
    choices: Sequence[Choice] = ()
    layout: Layout = "list"
    month: date | None = None
    free: bool = False
    names: Literal["any", "begun", "whole"] = "any"
    actions: Sequence[Choice] = ()
    expected: Text = ""
    input: InputHint = "text"
    booking: int | None = None


class PromptKey(NamedTuple):
    """Which step of which dialog a question was asked by; stored as "dialog/step"."""

    dialog: str
    step: str

    def __str__(self) -> str:
        return f"{self.dialog}/{self.step}"

    @classmethod
    def parse(cls, stored: str) -> "PromptKey":
        """Return the key that was stored."""
        dialog, _slash, step = stored.partition("/")
        return cls(dialog, step)


@dataclass(frozen=True)
class StoredChoice:
    """One button of a question that was asked: its key in the button's id, and its labels."""

    key: str
    labels: Mapping[str, str]
    value: str = ""
    number: int | None = None
    action: Action | None = None

    def dump(self) -> dict[str, Any]:
        """Return it as JSON; by hand, for a month has thirty of them in every turn."""
        stored: dict[str, Any] = {"key": self.key, "labels": dict(self.labels)}
        if self.number is not None:
            stored["number"] = self.number
        if self.action is None:
            return stored | {"value": self.value}
        return stored | {"action": {"kind": self.action.kind, **vars(self.action)}}

    @classmethod
    def load(cls, stored: Mapping[str, Any]) -> "StoredChoice":
        """Return what `dump` stored."""
        action = None
        if "action" in stored:
            fields = dict(stored["action"])
            action = _ACTIONS[fields.pop("kind")](**fields)
        value = stored.get("value", action.key if action else "")
        return cls(stored["key"], stored["labels"], value, stored.get("number"), action)


@dataclass(frozen=True)
class StoredPrompt:
    """A question as it was asked, with what could be picked."""

    number: int
    key: PromptKey
    choices: Sequence[StoredChoice] = ()

    def choice(self, key: str) -> StoredChoice | None:
        """Return the choice whose button has that key."""
        return next((one for one in self.choices if one.key == key), None)


@dataclass(frozen=True)
class OpenQuestion:
    """The question that is open after a turn; `stored` is to be kept, for its buttons."""

    prompt: Prompt
    stored: StoredPrompt

    @property
    def number(self) -> int:
        """Return the number that every button of it carries."""
        return self.stored.number

    @property
    def step(self) -> str:
        """Return the step that asks."""
        return self.stored.key.step
