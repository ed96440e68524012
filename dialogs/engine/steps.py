"""The parts of a conversation: steps, dialogs, commands, and the context of a turn."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Generic, TypeVar
from zoneinfo import ZoneInfo

from core.i18n import Text, _
from dialogs.engine.inputs import Input, Unreadable
from dialogs.engine.outcomes import EffectOutcome, TakeOutcome
from dialogs.engine.prompts import Choice, Prompt, StoredPrompt
from dialogs.engine.state import Answer, Interruption, State
from dialogs.messages.blocks import Message
from dialogs.nlu.lexicon import Lexicon

O = TypeVar("O")  # noqa: E741 the office: opaque to the engine
Event = tuple[str, ...]

Fitting = Callable[[str, Sequence[str], int], int]
"""Returns how many of some lines, after a question, fit into so many paid parts of a message."""


def always(_: "Context[Any]") -> bool:
    """Return True: the step or command applies to every conversation."""
    return True


@dataclass(frozen=True)
class Step(Generic[O]):
    """A step asks for one answer.

    `ask` returns the prompt; `take` reads a typed answer that picked no choice; `effect` acts on
    the answer, and may raise StepRefused; `keep` returns whether an earlier answer is still valid
    after one of `depends` has changed, and renews what it needs, such as a hold. An `automatic`
    step with one possible answer isn't asked; a `reusable` answer is offered again in later
    dialogs. `words` are other names for the step, with commas. A step `by_name` asks for something
    whose name means nothing else, such as a municipality: the name, or a sentence with it, is
    taken even if it was written before the question could be seen. An answer that `has_label` in
    its own words, such as "Municipality of Chios", is said without the step's. `take_wish` takes
    what was said for it in an earlier text, when it opens; None where that answers nothing. `known`
    returns the answer where it needn't be asked, which is recorded silently; None where it must.
    what was said for it in an earlier text, when it opens; None where that answers nothing. A step
    of `free_text` takes any text but the few commands that have words for it. Of answers that were
    taken without a question, those of `said_briefly` are said also where each text is paid for.
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
    by_name: bool = False
    has_label: bool = False
    take_wish: Callable[["Context[O]", str], TakeOutcome] | None = None
    known: Callable[["Context[O]"], str | None] | None = None
    free_text: bool = False
    said_briefly: Collection[str] = ()

    def said(self, answer: Text) -> Text:
        """Return what is said of an answer that was taken without a question."""
        if self.has_label:
            return _("{value}.", value=answer)
        return _("{label}: {value}.", label=self.label, value=answer)

    def still_valid(self, ctx: "Context[O]", value: str) -> bool:
        """Return whether this answer could be given now."""
        if self.keep is not None:
            return self.keep(ctx, value)
        prompt = self.ask(ctx)
        return prompt.free or any(choice.value == value for choice in prompt.choices)


@dataclass(frozen=True)
class Dialog(Generic[O]):
    """A task of the conversation, as a list of steps.

    `on_start` runs when the dialog begins; `before_turn` before each later message, `after_turn`
    after it, before the next question; `on_leave` when the dialog ends, for any reason. Each may
    end the dialog. `heading` is the first line of each question that is asked meanwhile. `version`
    returns the version by which the answers are given, such as the catalogue's: if it differs from
    the last turn's, the answers that depend on VERSION are rechecked. `on_old_choice` gets the step
    and value of an earlier prompt's button that was tapped; it returns True if it has said what has
    become of that answer.
    """

    name: str
    label: Text
    steps: Callable[["Context[O]"], Iterable[Step[O]]]
    heading: Text = ""
    on_start: Callable[["Context[O]"], None] | None = None
    before_turn: Callable[["Context[O]"], None] | None = None
    after_turn: Callable[["Context[O]"], None] | None = None
    on_leave: Callable[["Context[O]"], None] | None = None
    version: Callable[["Context[O]"], str] | None = None
    on_old_choice: Callable[["Context[O]", str, str], bool] | None = None


VERSION = "version"
"""In `Step.depends`: the answer must be rechecked when Dialog.version changes."""


@dataclass(frozen=True, kw_only=True)
class Command(Generic[O]):
    """A command that can be given at any step, by one of its `words` (with commas between them).

    `shown` says where it has a button: "always", "help" (after that command only) or "never" (only
    in prompts that name it); and only where it `applies`. Its words are understood where `typed`
    returns True; where `with_polite`, never without the polite ones among them. A command that
    `yields` gives way to a choice of the same name; one that `needs_argument` isn't meant by its
    words alone. `understands` returns whether the words after the command's are an argument for
    it; `says` whether a text means the command in other words, and is its argument then. At a step
    of free text only its `free_text_words`, said alone, and what `needs_argument` are understood.
    """

    name: str
    label: Text = ""
    words: Text = ""
    run: Callable[["Context[O]", str], None]
    shown: str = "help"
    applies: Callable[["Context[O]"], bool] = always
    typed: Callable[["Context[O]"], bool] = always
    with_polite: bool = False
    yields: bool = False
    understands: Callable[["Context[O]", str], bool] | None = None
    needs_argument: bool = False
    says: Callable[["Context[O]", str], bool] | None = None
    free_text_words: Text = ""


@dataclass(frozen=True, kw_only=True)
class Definition(Generic[O]):
    """The definition of a conversation: its dialogs and commands.

    It begins with the dialog `initial` and returns to `idle`; the steps of `interruptions` ask
    questions that interrupt a dialog. `follow_link` handles a deep link's payload. `divert` returns
    whether it has taken a typed text, which isn't for the open question then. `interruption_left`
    runs in the turn in which an interruption ends, answered or not, before the next question.
    `before_interrupted` runs with each message while an interruption asks, and may end it first.

    On the telephone, `give_up` runs after several wrong answers, or where nothing was said that had
    to be; and a text that was heard where any is an answer is read back by the interruption
    `heard`, which has it as the answer to that step.

    Texts: `greeting` begins each conversation, and `greeting_note` returns what follows it; `help`
    answers the help command, and `brief_greeting` and `brief_help` stand for these where each
    character costs, the first only where nothing else is said; `spoken_greeting` returns what
    begins a call, `unheard` answers silence; `help_offer` answers several wrong
    answers; `stopped` follows the end of a dialog by its citizen, `nothing_to_stop` a stop where
    nothing was begun; `unreadable` answers messages without text.
    """

    dialogs: Mapping[str, Dialog[O]]
    commands: Sequence[Command[O]] = ()
    initial: str
    idle: str
    interruptions: Dialog[O] | None = None
    greeting: Text = ""
    brief_greeting: Text = ""
    spoken_greeting: Callable[["Context[O]"], Text] | None = None
    unheard: Text = ""
    greeting_note: Callable[["Context[O]"], Text] | None = None
    help: Text = ""
    brief_help: Text = ""
    help_offer: Text = ""
    stopped: Text = ""
    nothing_to_stop: Text = ""
    follow_link: Callable[["Context[O]", str], None] | None = None
    divert: Callable[["Context[O]", str], bool] | None = None
    interruption_left: Callable[["Context[O]", Interruption], None] | None = None
    before_interrupted: Callable[["Context[O]", Input], None] | None = None
    give_up: Callable[["Context[O]"], None] | None = None
    heard: str = ""
    unreadable: Mapping[Unreadable, Text] = field(default_factory=dict)

    def is_entry(self, dialog: str) -> bool:
        """Return whether nothing comes before this dialog's first question."""
        return dialog in (self.initial, self.idle)


@dataclass
class Context(Generic[O]):
    """The context of one turn: its inputs, the state so far, and the messages to send.

    Steps query and act through `office`, which the engine doesn't use itself. `language_stated`:
    the citizen's device says which language it prefers. Where every answer is typed, and each
    character costs, `fitting` tells how much a message holds. On the telephone, all is `spoken`:
    choices are read with their keys, and answers are keys or what was understood of a voice.
    """

    office: O
    lexicon: Lexicon
    definition: Definition[O]
    now: datetime
    state: State = field(default_factory=lambda: State(""))
    open_prompt: StoredPrompt | None = None
    language_stated: bool = False
    fitting: Fitting | None = None
    spoken: bool = False
    messages: list[Text | Message] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    suggestions: Sequence[Choice] = ()
    tapped: str | None = None
    open_step_of: State | None = None
    open_step: Step[O] | None = None
    """The open step, cached while the state is `open_step_of`."""
    _values_of: Sequence[Answer] | None = None
    _values: Mapping[str, str] = field(default_factory=dict)

    def say(self, message: Text | Message) -> None:
        """Send a message before the next question; nothing for an empty one."""
        if message:
            self.messages.append(message)

    def update(self, **changes: Any) -> None:
        """Replace fields of the state."""
        if any(getattr(self.state, name) != value for name, value in changes.items()):
            self.state = replace(self.state, **changes)

    @property
    def is_brief(self) -> bool:
        """Return whether each character costs, or second, so that only what must be said is."""
        return self.fitting is not None or self.spoken

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
