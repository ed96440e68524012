"""Match typed texts to meanings: an ordered table of matchers, of which the first match decides."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from core.i18n import LANGUAGES, _
from dialogs.engine.outcomes import AnswersForOtherSteps, InvalidAnswer, StepRefused
from dialogs.engine.prompts import Choice, Prompt, ShowPage, StoredChoice
from dialogs.engine.steps import Command, Context, Step
from dialogs.nlu.lexicon import FILLER, HELLO, NO, POLITE, YES
from dialogs.nlu.matching import Candidate, find_phrase, guess, pick
from dialogs.nlu.normalize import normalize, phonetic_key
from dialogs.nlu.said import Answer, read_answer
from dialogs.nlu.spans import Found

BEFORE_NUMBER = _("number, no, option, the")
"""Words before a number that picks: "number 2"."""

NEGATIONS = _("but, not, no, dont")
"""Words that negate: a text with one means only a choice whose name has it too."""

MAX_WORDS_AFTER = 4
"""The most words that may follow a yes or a no."""


@dataclass(frozen=True)
class TypedText:
    """A typed text with the question that it may answer.

    `choices` are the question's buttons. A text is `stale` if it was written to a question that
    isn't open any more; then `choices` has only those with an action. `new`: it is the first of
    the conversation. `early`: it was written before the open question could be seen.
    """

    text: str
    normalized: str
    step: Step[Any]
    ask: Callable[[], Prompt]
    choices: Sequence[StoredChoice]
    stale: bool
    new: bool
    early: bool = False

    @cached_property
    def prompt(self) -> Prompt:
        """Return the step's prompt; only made if a matcher needs it."""
        return self.ask()


@dataclass(frozen=True)
class RunsCommand:
    """The text is a command, perhaps with an argument."""

    name: str
    argument: str = ""


@dataclass(frozen=True)
class Picks:
    """The text picks a choice; `repeat`: tell the citizen which one was understood."""

    choice: Choice | StoredChoice
    repeat: bool = False


@dataclass(frozen=True)
class Value:
    """The text answers the open step."""

    value: str


@dataclass(frozen=True)
class Ambiguous:
    """The text may mean one of these choices (their values), so the citizen is asked which."""

    values: tuple[str, ...]


@dataclass(frozen=True)
class Nothing:
    """The text needs no answer, such as a greeting."""


Meaning = RunsCommand | Picks | Value | AnswersForOtherSteps | InvalidAnswer | Ambiguous | Nothing


def label_of_button(ctx: Context[Any], typed: TypedText) -> Meaning | None:
    """Match the whole label of one of the buttons shown."""
    found = [
        choice
        for choice in typed.choices
        if typed.normalized in {normalize(label) for label in choice.labels.values()}
    ]
    return Picks(found[0]) if len(found) == 1 else None


def greeting(ctx: Context[Any], typed: TypedText) -> Meaning | None:
    """Match a greeting that begins a conversation."""
    return Nothing() if typed.new and typed.normalized in ctx.lexicon.words(HELLO) else None


def number_of_button(ctx: Context[Any], typed: TypedText) -> Meaning | None:
    """Match the number of a button; one that may be an hour as well is ambiguous."""
    first, _space, rest = typed.text.partition(" ")
    text = rest if normalize(first) in ctx.lexicon.words(BEFORE_NUMBER) else typed.text
    number = re.fullmatch(r"#?(\d{1,3})[.)]?", text)
    shown = next((c for c in typed.choices if number and c.number == int(number[1])), None)
    if shown is None and number and any(isinstance(c.action, ShowPage) for c in typed.choices):
        # Of another page of the same list, which can still be read above.
        return _numbered_choice(ctx, typed, int(number[1]))
    if shown is None:
        return None
    if ctx.is_brief:  # the number stands before it, and what was picked is said
        return Picks(shown)
    other = None
    if typed.step.take and not typed.prompt.free and not ctx.state.view.only:
        try:
            taken = typed.step.take(ctx, typed.text)
        except StepRefused:
            taken = None
        other = taken if isinstance(taken, str) else None
    if other is None or other == shown.value:
        return Picks(shown)
    return Ambiguous((shown.value, other))


def words_of_command(ctx: Context[Any], typed: TypedText) -> Meaning | None:
    """Match the words of a command, unless it yields to a choice of that name."""
    polite, words = ctx.lexicon.words(POLITE), ctx.lexicon.words
    if typed.step.free_text:
        return _command_alone(ctx, typed)
    commands = [each for each in ctx.definition.commands if not each.needs_argument]
    exact = (c for c in commands if typed.normalized in words(c.words))
    polite_or_greeklish = (
        c
        for c in commands
        if find_phrase(typed.text, words(c.words), frozenset() if c.with_polite else polite)
    )
    in_other_words = (c for c in commands if c.says and c.says(ctx, typed.text))
    found = (
        (c, text)
        for several, text in ((exact, ""), (polite_or_greeklish, ""), (in_other_words, typed.text))
        for c in several
        if c.typed(ctx)
    )
    command, argument = next(found, (None, ""))
    if command is None or (command.yields and len(_choices_by_exact_name(ctx, typed)) == 1):
        return None
    return RunsCommand(command.name, argument)


def command_with_argument(ctx: Context[Any], typed: TypedText) -> Meaning | None:
    """Match a command's words with an argument: "change time", "time zone Melbourne"."""
    free, given = typed.step.free_text, ctx.definition.commands
    commands = [each for each in given if each.needs_argument] if free else given
    polite = ctx.lexicon.words(POLITE)
    core = " ".join(word for word in typed.normalized.split() if word not in polite)
    for text in (typed.normalized, core):
        for command in commands:
            if (argument := _argument_of(ctx, command, text)) is not None:
                return RunsCommand(command.name, argument)
    return None


def words_of_choice(ctx: Context[Any], typed: TypedText) -> Meaning | None:
    """Match other words for a choice ("yes, please"), or a "yes" to the one being confirmed."""
    named = _confirmed_choice(ctx, typed) or _choices_by_words(ctx, typed)
    if not named:
        return None
    # "Ναι;" is a question, not an answer.
    if len(named) > 1 or typed.text.endswith(("?", ";")):
        return Ambiguous(tuple(choice.value for choice in named))
    return Picks(named[0])


def yes_or_no_in_words(ctx: Context[Any], typed: TypedText) -> Meaning | None:
    """Match a yes or no as people say it; one that is hedged, or asks, is asked again."""
    answer = read_answer(typed.text)
    if answer is None or typed.step.free_text:
        return None
    yes, no = (
        [c for c in each if ctx.lexicon.words(c.words) & ctx.lexicon.words(meant)]
        for each, meant in (
            (typed.prompt.choices, YES),
            ((*typed.prompt.choices, *typed.prompt.actions), NO),
        )
    )
    if len(yes) != 1 or len(no) != 1:
        return None
    if answer is Answer.UNSURE or (answer is Answer.GO_AHEAD and yes[0].words == YES):
        return InvalidAnswer(typed.prompt.expected or _("Please pick one of the answers below."))
    return Picks(no[0] if answer is Answer.NO else yes[0])


def yes_or_no_and_more(ctx: Context[Any], typed: TypedText) -> Meaning | None:
    """Match a yes or no with a few words after it: ambiguous, for these may contradict it."""
    first, _space, rest = typed.normalized.partition(" ")
    if len(first) < 2 or len(rest.split()) > MAX_WORDS_AFTER:
        return None
    values = [
        choice.value
        for choice in typed.prompt.choices
        if choice.words in (YES, NO) and first in ctx.lexicon.words(choice.words)
    ]
    return Ambiguous(tuple(values)) if values else None


def name_of_choice(ctx: Context[Any], typed: TypedText) -> Meaning | None:
    """Match the name of a choice, or a part of it, if the question allows that."""
    if typed.prompt.names == "whole":
        return None
    if _is_yes_or_no(ctx, typed):  # "ναι" is no name that begins so
        named = [c for c in typed.prompt.choices if _has_same_first_word(ctx, c, typed)]
    else:
        typos = typed.prompt.names == "any"
        found = pick(typed.text, _candidates(ctx, typed), ctx.lexicon.words(FILLER), typos=typos)
        named = _choices_with_values(typed, found)
    if len(named) > 1:
        return Ambiguous(tuple(choice.value for choice in named))
    return Picks(named[0], repeat=named[0].action is None) if named else None


def similar_choice(ctx: Context[Any], typed: TypedText) -> Meaning | None:
    """Match what is similar to a choice's name: ambiguous, even if it is only one."""
    if typed.prompt.names != "any" or _is_yes_or_no(ctx, typed):
        return None
    similar = guess(typed.text, _candidates(ctx, typed), ctx.lexicon.words(FILLER))
    return Ambiguous(tuple(found.value for found in similar)) if similar else None


def values_for_steps(ctx: Context[Any], typed: TypedText) -> Meaning:
    """Let the open step read the text: a value for it, values for other steps, or neither."""
    expected = typed.prompt.expected or _("Please pick one of the answers below.")
    if typed.step.take is None or ctx.state.view.choosing:
        return InvalidAnswer(expected)
    taken = typed.step.take(ctx, typed.text)
    if taken is None:
        return InvalidAnswer(expected)
    return Value(taken) if isinstance(taken, str) else taken


def whole_request(ctx: Context[Any], typed: TypedText) -> Meaning | None:
    """Match the name of a choice that means nothing else, or a sentence with such names."""
    if not typed.step.by_name or _is_yes_or_no(ctx, typed):
        return None
    filler = ctx.lexicon.words(FILLER)
    found = pick(typed.text, _candidates(ctx, typed), filler, typos=False)
    if len(named := _choices_with_values(typed, found)) == 1 and named[0].action is None:
        return Picks(named[0], repeat=True)
    taken = typed.step.take(ctx, typed.text) if typed.step.take else None
    return taken if isinstance(taken, AnswersForOtherSteps) else None


Matcher = Callable[[Context[Any], TypedText], Meaning | None]

MATCHERS: Sequence[Matcher] = (
    label_of_button,
    greeting,
    number_of_button,
    words_of_command,
    command_with_argument,
    words_of_choice,
    yes_or_no_in_words,
    yes_or_no_and_more,
    name_of_choice,
    similar_choice,
    values_for_steps,
)
"""Tried in this order."""

FOR_STALE_TEXT: Sequence[Matcher] = (
    label_of_button,
    greeting,
    words_of_command,
    command_with_argument,
)
"""The matchers of a text that was written to a question that isn't open any more."""


FOR_EARLY_TEXT: Sequence[Matcher] = (*FOR_STALE_TEXT, whole_request)
"""The matchers of a text that was written before the open question could be seen."""


def _numbered_choice(ctx: Context[Any], typed: TypedText, number: int) -> Picks | None:
    """Return the choice of a number in the whole list of a brief question."""
    named = enumerate(typed.prompt.choices, 1)
    found = (c for place, c in named if (c.number or place) == number)
    is_read_above = ctx.is_brief and not ctx.spoken and not ctx.state.view.only
    choice = next(found, None) if is_read_above else None
    return Picks(choice) if choice else None


def _command_alone(ctx: Context[Any], typed: TypedText) -> Meaning | None:
    """Match the words of a command that is understood where any text is an answer."""
    for command in ctx.definition.commands:
        words = command.free_text_words
        alone = words and find_phrase(typed.text, ctx.lexicon.words(words), frozenset())
        if alone and command.typed(ctx):
            return RunsCommand(command.name)
    return None


def _argument_of(ctx: Context[Any], command: Command[Any], text: str) -> str | None:
    """Return what follows the command's words in the text, if the command understands it."""
    if command.understands is None or not command.typed(ctx):
        return None
    for words in ctx.lexicon.words(command.words):
        rest = text.removeprefix(words + " ")
        if rest != text and command.understands(ctx, rest):
            return rest
    return None


def _confirmed_choice(ctx: Context[Any], typed: TypedText) -> list[Choice]:
    """Return the only choice shown ("Do you mean this?"), if the text says yes."""
    is_yes = find_phrase(typed.text, ctx.lexicon.words(YES), ctx.lexicon.words(POLITE))
    yes = is_yes or read_answer(typed.text) is Answer.YES
    only = ctx.state.view.only
    return [c for c in typed.prompt.choices if (c.value,) == only] if yes else []


def _choices_by_words(ctx: Context[Any], typed: TypedText) -> list[Choice]:
    polite = ctx.lexicon.words(POLITE)
    return [
        c
        for c in typed.prompt.choices
        if c.words and find_phrase(typed.text, ctx.lexicon.words(c.words), polite)
    ]


def _choices_by_exact_name(ctx: Context[Any], typed: TypedText) -> list[Choice]:
    if (found := _choices_by_words(ctx, typed)) or typed.prompt.names == "whole":
        return found
    filler = ctx.lexicon.words(FILLER)
    return _choices_with_values(
        typed, pick(typed.text, _candidates(ctx, typed), filler, typos=False)
    )


def _choices_with_values(typed: TypedText, found: Sequence[Found[str]]) -> list[Choice]:
    values = {one.value for one in found}
    return [choice for choice in typed.prompt.choices if choice.value in values]


def _is_yes_or_no(ctx: Context[Any], typed: TypedText) -> bool:
    words = ctx.lexicon.words(YES) | ctx.lexicon.words(NO)
    return find_phrase(typed.text, words, ctx.lexicon.words(POLITE)) is not None


def _has_same_first_word(ctx: Context[Any], choice: Choice, typed: TypedText) -> bool:
    first = normalize(typed.text).split()[:1]
    return any(normalize(name).split()[:1] == first for name in _names(ctx, choice))


def _candidates(ctx: Context[Any], typed: TypedText) -> list[Candidate]:
    """Return the choices with their names; to a negated text, only those negated as well."""
    negations = {phonetic_key(word) for word in ctx.lexicon.words(NEGATIONS)}
    typed_negations = {phonetic_key(word) for word in typed.normalized.split()} & negations
    named = [(choice.value, _names(ctx, choice)) for choice in typed.prompt.choices]
    return [
        (value, names)
        for value, names in named
        if not typed_negations
        or any(typed_negations <= set(map(phonetic_key, normalize(name).split())) for name in names)
    ]


def _names(ctx: Context[Any], choice: Choice) -> list[str]:
    names = [ctx.lexicon.say(choice.label, language) for language in LANGUAGES]
    return names + (sorted(ctx.lexicon.words(choice.words)) if choice.words else [])
