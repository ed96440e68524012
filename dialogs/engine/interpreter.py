"""What a message means: a tap on a button, new or old; a typed answer, choice or command."""

import re
from collections.abc import Sequence
from contextlib import nullcontext, suppress

from core.bookings import service as bookings
from core.errors import BookingRefused
from core.i18n import _
from core.messaging import conversations
from dialogs.commands import COMMANDS, run
from dialogs.engine import navigation
from dialogs.engine.prompting import stored_choice
from dialogs.engine.state import StoredChoice
from dialogs.engine.steps import AnswersForOtherSteps, Choice, Context, Prompt, Step
from dialogs.messages.appointment import one_line
from dialogs.nlu.errors import InvalidAnswer
from dialogs.nlu.lexicon import FILLER, HELLO, NO, POLITE, YES
from dialogs.nlu.matching import Candidate, guess, matches_phrase, pick
from dialogs.nlu.normalize import clean, normalize, phonetic_key

MAX_TEXT = 1000

NUMBER = _("number, no, option, the")
"""Words before a number that picks: "number 2"."""

BUT = _("but, not, no, dont")
"""Words that turn the meaning round: what has one is only what is named with it."""

MAX_WORDS_AFTER = 4
"""How many words may follow a yes or a no."""


def on_tap(ctx: Context, choice: str, offers: Sequence[StoredChoice], *, other: bool) -> None:
    """Take a button: only the open question's are answers.

    `other`: a question was asked, but another is open since: only commands count.
    """
    number, _dot, key = choice.partition(".")
    if number != str(ctx.state.number):
        _old_button(ctx, number, key)
        return
    found = next((one for one in offers if one.key == key), None) or _of_the_trail(ctx, key)
    if found is None:
        raise InvalidAnswer(_("I don't know that button."))
    ctx.heard = found.el if ctx.language == "el" else found.en
    if found.command or not other:
        _accept(ctx, found)


def _of_the_trail(ctx: Context, key: str) -> StoredChoice | None:
    """The button of an answer given so far, which asks it again."""
    name = key.removeprefix("change:")
    step = navigation.step_named(ctx, name) if name != key and name in ctx.state.path else None
    if step is None:
        return None
    return stored_choice(ctx, key, Choice(key, _("Change: {step}", step=step.label), command=True))


def on_text(
    ctx: Context, text: str, offers: Sequence[StoredChoice], *, fresh: bool, other: bool
) -> bool:
    """Take a text. A `fresh` conversation's first one may be anything: it is no wrong answer.

    `other`: a question was asked, but another is open since: only commands count. False where it
    was none.
    """
    text = clean(text)
    if not text:
        raise InvalidAnswer(_("Your message was empty."))
    if len(text) > MAX_TEXT:
        raise InvalidAnswer(
            _("Your message is too long. Please write up to {count} characters.", count=MAX_TEXT)
        )
    folded = normalize(text) or text
    if other:
        offers = [one for one in offers if one.command]
    exact = [one for one in offers if folded in (normalize(one.el), normalize(one.en))]
    if len(exact) == 1:
        _accept(ctx, exact[0])
        return True
    if fresh and folded in ctx.texts.words(HELLO):
        return True
    step = navigation.open_step(ctx)
    if step is None:
        return True
    prompt = navigation.prompt_of(ctx, step)
    if other:
        return _is_command(ctx, prompt, folded)
    number = re.fullmatch(r"#?(\d{1,3})[.)]?", _without(ctx.texts.words(NUMBER), text))
    shown = [one for one in offers if number and one.number == int(number[1])]
    if shown:
        _take_number(ctx, step, prompt, shown[0], text)
    elif not _is_command(ctx, prompt, folded) and not _is_choice(ctx, step, prompt, text):
        with suppress(InvalidAnswer) if fresh else nullcontext():
            navigation.answer(ctx, step, _read(ctx, step, prompt, text))
    return True


def _without(words: frozenset[str], text: str) -> str:
    first, _space, rest = text.partition(" ")
    return rest if normalize(first) in words else text


def _old_button(ctx: Context, number: str, key: str) -> None:
    """Say what an older button was, offer to change that answer, and change nothing."""
    old = None
    if number.isascii() and number.isdigit() and len(number) < 10:
        old = conversations.get_prompt(ctx.session, ctx.conversation_id, int(number))
    found = next((one for one in old[1] if one["key"] == key), None) if old else None
    if old is None or found is None:
        ctx.say(_("That button is no longer in use."))
        return
    dialog, _slash, name = old[0].partition("/")
    label = ctx.heard = found[ctx.language]
    if old[0] == "book/review" and not found["command"] and _said_booked(ctx, found["value"]):
        return
    step = navigation.step_named(ctx, name) if dialog == ctx.state.dialog else None
    if step is None or found["command"]:
        ctx.say(_("The button “{label}” was for an earlier question.", label=label))
        return
    ctx.say(
        _(
            "The button “{label}” was for an earlier question: {step}. Nothing has changed.",
            label=label,
            step=step.label,
        )
    )
    if name in ctx.answers and ctx.state.aside is None:
        ctx.state.view = {**ctx.state.view, "change": name}


def _said_booked(ctx: Context, starts_at: str) -> bool:
    """Reassure whoever confirms again what is booked already."""
    for booking in bookings.upcoming(ctx.session, ctx.actor.citizen_id, ctx.now):
        if booking.starts_at.isoformat() == starts_at:
            ctx.say(_("This is booked already: {appointment}.", appointment=one_line(ctx, booking)))
            return True
    return False


def _take_number(ctx: Context, step: Step, prompt: Prompt, shown: StoredChoice, text: str) -> None:
    """A number is that of a button; where it may be an hour as well, ask which."""
    other = None
    if step.take and not prompt.free and not ctx.state.view.get("only"):
        try:
            other = step.take(ctx, text)
        except (InvalidAnswer, BookingRefused, AnswersForOtherSteps):
            other = None
    if other is None or other == shown.value:
        _accept(ctx, shown)
    else:
        _narrow(ctx, [shown.value, other])


def _is_command(ctx: Context, prompt: Prompt, folded: str) -> bool:
    """Do a command, if that is what was typed; some give way to a choice of that name."""
    polite, typed = ctx.texts.words(POLITE), [c for c in COMMANDS if c.typed(ctx)]
    to_the_letter = (c for c in typed if folded in ctx.texts.words(c.words))
    nearly = (c for c in typed if matches_phrase(folded, ctx.texts.words(c.words), polite))
    if command := next(to_the_letter, None) or next(nearly, None):
        if command.yields and len(_named(ctx, prompt, folded)) == 1:
            return False
        run(ctx, command.name, "")
        return True
    core = " ".join(word for word in folded.split() if word not in polite)
    return _is_command_with_rest(ctx, folded) or _is_command_with_rest(ctx, core)


def _is_command_with_rest(ctx: Context, folded: str) -> bool:
    """Take "change time" or "time zone Melbourne": a command's words, then what it is about."""
    for command in COMMANDS:
        if command.knows is None or not command.typed(ctx):
            continue
        for words in ctx.texts.words(command.words):
            rest = folded.removeprefix(words + " ")
            if rest != folded and command.knows(ctx, rest):
                run(ctx, command.name, rest)
                return True
    return False


def _is_choice(ctx: Context, step: Step, prompt: Prompt, text: str) -> bool:
    """Take a choice by its name, and say which; where there is doubt, ask."""
    folded = normalize(text) or text
    only = ctx.state.view.get("only", [])
    if said := _agreed(ctx, prompt, only, folded) or _called(ctx, prompt, folded):
        named = said
    elif begun := _begun(ctx, prompt, folded):
        _narrow(ctx, [choice.value for choice in begun])
        return True
    elif prompt.names == "whole":
        return False
    elif _says_yes_or_no(ctx, text):
        named = [choice for choice in prompt.choices if _begins(ctx, choice, text)]
    else:
        filler, names = ctx.texts.words(FILLER), _candidates(ctx, prompt, folded)
        values = pick(text, names, filler, typos=prompt.names == "any")
        if not values and prompt.names == "any" and (values := guess(text, names, filler)):
            _narrow(ctx, values)
            return True
        named = [choice for choice in prompt.choices if choice.value in values]
    # "Ναι;" wonders whether it should be yes.
    if len(named) > 1 or (named and said and text.endswith(("?", ";"))):
        _narrow(ctx, [choice.value for choice in named])
    elif named:
        if not said and not named[0].command:
            ctx.say(_("{label}: {value}.", label=step.label, value=named[0].label))
        _accept(ctx, stored_choice(ctx, "", named[0]))
    return bool(named)


def _agreed(ctx: Context, prompt: Prompt, only: list[str], folded: str) -> list[Choice]:
    """The one choice that was asked about, where that is answered by yes."""
    yes = matches_phrase(folded, ctx.texts.words(YES), ctx.texts.words(POLITE))
    return [c for c in prompt.choices if [c.value] == only] if yes else []


def _named(ctx: Context, prompt: Prompt, folded: str) -> list[Choice]:
    """The choices that a text names to the letter, by label or by the other words for them."""
    if (said := _called(ctx, prompt, folded)) or prompt.names == "whole":
        return said
    values = pick(folded, _candidates(ctx, prompt, folded), ctx.texts.words(FILLER), typos=False)
    return [choice for choice in prompt.choices if choice.value in values]


def _called(ctx: Context, prompt: Prompt, folded: str) -> list[Choice]:
    """The choices that are called by the other words for them: "yes, please"."""
    polite = ctx.texts.words(POLITE)
    return [
        c
        for c in prompt.choices
        if c.words and matches_phrase(folded, ctx.texts.words(c.words), polite)
    ]


def _begun(ctx: Context, prompt: Prompt, folded: str) -> list[Choice]:
    """The yes or no that an answer begins with: what follows may take it back, so it is asked."""
    first, _space, rest = folded.partition(" ")
    if len(first) < 2 or len(rest.split()) > MAX_WORDS_AFTER:
        return []
    return [
        choice
        for choice in prompt.choices
        if choice.words in (YES, NO) and first in ctx.texts.words(choice.words)
    ]


def _says_yes_or_no(ctx: Context, text: str) -> bool:
    """Whether it answers another kind of question: "ναι" is no name that begins so."""
    words = ctx.texts.words(YES) | ctx.texts.words(NO)
    return matches_phrase(normalize(text), words, ctx.texts.words(POLITE))


def _begins(ctx: Context, choice: Choice, text: str) -> bool:
    return any(
        normalize(name).split()[:1] == normalize(text).split()[:1] for name in _names(ctx, choice)
    )


def _candidates(ctx: Context, prompt: Prompt, folded: str) -> list[Candidate]:
    """The choices by their names; with a "not", only those whose name has it too."""
    but = {phonetic_key(word) for word in ctx.texts.words(BUT)}
    nots = {phonetic_key(word) for word in folded.split()} & but
    named = [(choice.value, _names(ctx, choice)) for choice in prompt.choices]
    return [
        (value, names)
        for value, names in named
        if not nots
        or any(nots <= set(map(phonetic_key, normalize(name).split())) for name in names)
    ]


def _names(ctx: Context, choice: Choice) -> list[str]:
    names = [ctx.texts.say(choice.label, language) for language in ("el", "en")]
    return names + (sorted(ctx.texts.words(choice.words)) if choice.words else [])


def _read(ctx: Context, step: Step, prompt: Prompt, text: str) -> str:
    if step.take is None or ctx.state.view.get("changing"):
        raise InvalidAnswer(prompt.expected or _("Please pick one of the answers below."))
    return step.take(ctx, text)


def _accept(ctx: Context, found: StoredChoice) -> None:
    if found.command:
        name, _colon, rest = found.value.partition(":")
        run(ctx, name, rest)
    elif step := navigation.open_step(ctx):
        navigation.answer(ctx, step, found.value)


def _narrow(ctx: Context, values: list[str]) -> None:
    ctx.state.view = {**ctx.state.view, "only": values}
    ctx.say(_("Which of these do you mean?") if len(values) > 1 else _("Do you mean this?"))
