"""Prompts, their choices and actions, and how they are stored."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, ClassVar, Literal, NamedTuple

from core.i18n import Text, join, shown_language
from dialogs.messages.blocks import Message
from dialogs.nlu.input_hint import InputHint
from dialogs.nlu.lexicon import NO, YES

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
        """Return a unique key; it may be longer than a platform's button can carry."""
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
"""The effect of a button that doesn't answer the question."""

_ACTIONS: Mapping[str, type[Action]] = {
    action.kind: action
    for action in (RunCommand, ChangeAnswer, SetAnswers, ShowPage, ShowMonth, ShowAll)
}


@dataclass(frozen=True)
class Choice:
    """A choice: the value that answers, or an action; and its label.

    `words` are other names for it, with commas; `number` is typed to pick it, if that isn't its
    position in the list. `brief` is a shorter label, for where each character costs, and `spoken`
    one for the ear, where the brief one isn't.
    """

    value: str
    label: Text
    words: Text = ""
    number: int | None = None
    action: Action | None = None
    brief: Text = ""
    spoken: Text = ""


def action_choice(action: Action, label: Text, brief: Text = "", words: Text = "") -> Choice:
    """Return a choice that performs an action instead of answering."""
    return Choice(action.key, label, words, action=action, brief=brief)


@dataclass(frozen=True)
class Prompt:
    """A step's question, independent of language and platform.

    `month` is the first of the month that the choices are days of. `free`: any text is an answer,
    and the choices are suggestions. `names` says how a choice's name may be typed: in "any" way
    that can be understood, by a "prefix" of its words, or only "whole". `actions` are buttons of
    this question alone. `expected` is said after an answer that isn't understood. `input` says
    which kind of text is typed. `booking` is the id of the booking that the question shows. `brief`
    is a shorter form of the text, for platforms where each character costs.
    """

    text: Text | Message
    choices: Sequence[Choice] = ()
    layout: Layout = "list"
    month: date | None = None
    free: bool = False
    names: Literal["any", "prefix", "whole"] = "any"
    actions: Sequence[Choice] = ()
    expected: Text = ""
    input: InputHint = "text"
    booking: int | None = None
    brief: Text = ""


class PromptKey(NamedTuple):
    """The dialog and step that asked a question; stored as "dialog/step"."""

    dialog: str
    step: str

    def __str__(self) -> str:
        return f"{self.dialog}/{self.step}"

    @classmethod
    def parse(cls, stored: str) -> "PromptKey":
        """Return the key that was stored."""
        dialog, _slash, step = stored.partition("/")
        return cls(dialog, step)


def yes_no_choices(yes: Text, no: Text, more: Text = "") -> tuple[Choice, Choice]:
    """Return two choices that "yes" and "no" pick too; `more` are other words for the first."""
    return Choice("yes", yes, join(", ", YES, more) if more else YES), Choice("no", no, NO)


@dataclass(frozen=True)
class StoredChoice:
    """A button as it was shown: its key in the button's id, and its label in each language."""

    key: str
    labels: Mapping[str, str]
    value: str = ""
    number: int | None = None
    action: Action | None = None

    def label(self, language: str) -> str:
        """Return the label in a language; in its fallback where it was stored without that one."""
        return self.labels.get(language) or self.labels[shown_language(language, self.labels)]

    def dump(self) -> dict[str, Any]:
        """Return the choice as JSON; without pydantic, for speed: a month has thirty of them."""
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
    """A question as it was asked, with its buttons; None for a time that isn't known."""

    number: int
    key: PromptKey
    choices: Sequence[StoredChoice] = ()
    asked_at: datetime | None = None

    def choice(self, key: str) -> StoredChoice | None:
        """Return the choice whose button has that key."""
        return next((one for one in self.choices if one.key == key), None)


@dataclass(frozen=True)
class OpenQuestion:
    """The question that is open after a turn; `stored` is what later taps are checked against."""

    prompt: Prompt
    stored: StoredPrompt

    @property
    def number(self) -> int:
        """Return the prompt's number, which its buttons carry."""
        return self.stored.number

    @property
    def step(self) -> str:
        """Return the step that asks."""
        return self.stored.key.step
