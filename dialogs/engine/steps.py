"""What a conversation is made of: steps, dialogs, and the context that they work in."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Generic, TypeVar
from zoneinfo import ZoneInfo

from core.i18n import Text
from dialogs.engine.inputs import Unreadable
from dialogs.engine.outcomes import EffectOutcome, TakeOutcome
from dialogs.engine.prompts import Choice, Prompt, StoredPrompt
from dialogs.engine.state import Answer, State
from dialogs.messages.blocks import Message
from dialogs.nlu.lexicon import Lexicon

O = TypeVar("O")  # noqa: E741 the office: opaque to the engine
Event = tuple[str, ...]


def always(_: "Context[Any]") -> bool:
    """Apply to everybody."""
    return True


@dataclass(frozen=True)
class Step(Generic[O]):
    """A step asks for one answer.

    `ask` makes the prompt; `take` reads a typed answer that picked no choice; `effect` acts on the
    answer, and may raise StepRefused; `keep` says whether an earlier answer still fits after one
    of `depends` has changed, and keeps what must be kept for it. An `automatic` step with one
    possible answer answers itself; a `reusable` answer is offered again in later dialogs. `words`
    are other names for the step, with commas.
    """

    name: str
    label: Text
    ask: Callable[["Context[O]"], Prompt]
    take: Callable[["Context[O]", str], TakeOutcome] | None = None
    applies: Callable[["Context[O]"], bool] = always
    depends: tuple[str, ...] = ()
    effect: Callable[["Context[O]", str], EffectOutcome] | None = None
    keep: Callable[["Context[O]", str], bool] | None = None
    automatic: bool = True
    reusable: bool = False
    words: Text = ""

    def still_valid(self, ctx: "Context[O]", value: str) -> bool:
        """Return whether that answer could be given now."""
        if self.keep is not None:
            return self.keep(ctx, value)
        prompt = self.ask(ctx)
        return prompt.free or any(choice.value == value for choice in prompt.choices)


@dataclass(frozen=True)
class Dialog(Generic[O]):
    """A task of the conversation, as a list of steps.

    `after_turn` runs after each message, before the next question; `on_leave` when the dialog
    ends, for whatever reason. `version` says by what the answers are given: where it differs from
    the last turn's, what depends on VERSION is looked at again. `on_old_choice` may say more of an
    old button of a step (its value) than that it is old; then it returns True.
    """

    name: str
    label: Text
    steps: Callable[["Context[O]"], Iterable[Step[O]]]
    after_turn: Callable[["Context[O]"], None] | None = None
    on_leave: Callable[["Context[O]"], None] | None = None
    version: Callable[["Context[O]"], str] | None = None
    on_old_choice: Callable[["Context[O]", str, str], bool] | None = None


VERSION = "catalogue"
"""What a step depends on whose answer must be looked at again when Dialog.version changes."""


@dataclass(frozen=True, kw_only=True)
class Command(Generic[O]):
    """Something to do at any step. `words` pick it, with commas between them.

    Its button is shown always, after "help" only, or by the prompts that name it (`shown`), and
    only where it `applies`; its words are understood wherever it is `typed`. One that `yields`
    gives way to a choice of that name. More words may follow those of a command that
    `understands` them.
    """

    name: str
    label: Text = ""
    words: Text = ""
    run: Callable[["Context[O]", str], None]
    shown: str = "help"
    applies: Callable[["Context[O]"], bool] = always
    typed: Callable[["Context[O]"], bool] = always
    yields: bool = False
    understands: Callable[["Context[O]", str], bool] | None = None


@dataclass(frozen=True, kw_only=True)
class Definition(Generic[O]):
    """A whole conversation: its dialogs and commands.

    It begins with the dialog `initial` and returns to `idle`; `interruptions` has the questions in
    between as steps. `greeting` is said to whoever is new; `follow_link` goes where a link leads;
    `unreadable` says what can't be read.
    """

    dialogs: Mapping[str, Dialog[O]]
    commands: Sequence[Command[O]] = ()
    initial: str
    idle: str
    interruptions: Dialog[O] | None = None
    greeting: Text = ""
    follow_link: Callable[["Context[O]", str], None] | None = None
    unreadable: Mapping[Unreadable, Text] = field(default_factory=dict)

    def begins(self, dialog: str) -> bool:
        """Return whether it is one of the dialogs before whose first question there is nothing."""
        return dialog in (self.initial, self.idle)


@dataclass
class Context(Generic[O]):
    """A turn's surroundings, the state as it stands, and what is said.

    `office` is what steps ask and act through; the engine never looks at it. `language_stated`:
    the citizen's device says which language it wants.
    """

    office: O
    lexicon: Lexicon
    definition: Definition[O]
    now: datetime
    state: State = field(default_factory=lambda: State(""))
    open_prompt: StoredPrompt | None = None
    language_stated: bool = False
    messages: list[Text | Message] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    suggestions: Sequence[Choice] = ()
    tapped: str | None = None
    open_step_of: State | None = None
    open_step: Step[O] | None = None
    """The open step, as long as the state is that one: it is asked for several times a turn."""
    _values_of: Sequence[Answer] | None = None
    _values: Mapping[str, str] = field(default_factory=dict)

    def say(self, message: Text | Message) -> None:
        """Say something before the next question."""
        self.messages.append(message)

    def update(self, **changes: Any) -> None:
        """Replace fields of the state."""
        if any(getattr(self.state, name) != value for name, value in changes.items()):
            self.state = replace(self.state, **changes)

    @property
    def answers(self) -> Mapping[str, str]:
        """Return the running dialog's answers that count, by step."""
        if self._values_of is not self.state.answers:
            self._values_of, self._values = self.state.answers, self.state.values
        return self._values

    @property
    def zone(self) -> ZoneInfo:
        """Return the citizen's time zone."""
        return ZoneInfo(self.state.timezone)
