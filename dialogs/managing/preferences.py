"""The citizen's preferences: where, in which language and when they are written to.

A sentence changes one at once, in any state of the talk; the command shows all of them.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import time

from core.i18n import LanguageName, NextLanguageName, TextTemplate, ZoneCity, _
from core.messaging.routes import SMS, VOICE
from dialogs.context import Command, Context, Dialog, Step
from dialogs.engine import navigation
from dialogs.engine.outcomes import InvalidAnswer, TakeOutcome
from dialogs.engine.prompts import Choice, Prompt, RunCommand, action_choice
from dialogs.managing.preference_changes import (
    EMAILS_ENDED,
    USUAL,
    choose_any,
    choose_platform,
    choose_quiet,
    hours_shown,
    refuse_texts,
    reset_quiet,
    where_booked,
)
from dialogs.menu import switch_to
from dialogs.messages.blocks import Fact, Facts, Heading, Note, message
from dialogs.messages.platforms import name_of, on
from dialogs.nlu.lexicon import POLITE
from dialogs.nlu.normalize import normalize
from dialogs.nlu.quiet_hours import Hours, is_doubtful, parse_quiet_hours

PAGE = "webchat"

WORDS: Mapping[str, TextTemplate] = {
    "email": _("email, e-mail, mail, mails, emails"),
    "sms": _("sms, text message, text messages"),
    VOICE: _("telephone, phone, by telephone, by phone, call, calls"),
    "telegram": _("telegram"),
    "viber": _("viber"),
    PAGE: _("page, website, web"),
}
"""The words for each platform."""

HERE = _("here, chat")
"""The words for the platform of the chat in which they are said."""

AROUND_PLATFORM = _(
    "on, by, in, at, with, via, through, from, now, my, this, here, messages, reminders"
)
"""The words around a platform's name that don't matter."""

AS_OFFICE = _("as usual, as before, as the office, as the municipality, default")
"""The words for the quiet hours that citizens have who set none."""

DOUBT = _(
    "I'm not sure which hours you mean. Please write “in the morning” or “in the evening” with "
    "them."
)

PLATFORM, QUIET, DONE = "platform", "quiet", "done"
ANY, NO_TEXTS, OFFICE = "any", "no_texts", "office"


def keeping_language(run: Callable[[Context, str], None]) -> Callable[[Context, str], None]:
    """Return what runs a command that changes the language, and keeps that for notifications."""

    def run_and_keep(ctx: Context, argument: str) -> None:
        run(ctx, argument)
        if not ctx.office.is_for_caller:
            ctx.office.preferences.choose_language(ctx.state.language)

    return run_and_keep


# The dialog


def _ask_topic(ctx: Context) -> Prompt:
    preferences = ctx.office.preferences
    current = preferences.current()
    quiet = current.quiet
    shown = (
        _(
            "{since}–{until} (time of {zone})",
            **hours_shown(*quiet[:2]),
            zone=ZoneCity(quiet.zone.key),
        )
        if quiet
        else _("{since}–{until}, as for everybody", **hours_shown(*USUAL))
    )
    where = on(current.platform) if current.platform else where_booked(ctx)
    language = LanguageName(current.language or ctx.state.language)
    rows = [
        Fact(_("I write to you"), where),
        Fact(_("Language"), language),
        Fact(_("No reminders"), shown),
        *([Fact(_("SMS"), _("none"))] if current.no_texts else []),
    ]
    ended = [Note(EMAILS_ENDED)] if preferences.has_ended_emails() else []
    choices = [
        *([Choice(PLATFORM, _("Where I write to you"))] if _platforms(ctx) else []),
        Choice(QUIET, _("Quiet hours")),
        Choice(DONE, _("That's all for now")),
    ]
    return Prompt(
        message(Heading(_("Your preferences")), Facts(tuple(rows)), *ended),
        choices,
        actions=[action_choice(RunCommand("language"), NextLanguageName())],
        expected=_("Please pick what you would like to change."),
    )


def _platforms(ctx: Context) -> Sequence[str]:
    """Return the platforms to pick from; none where there is nothing to pick."""
    preferences = ctx.office.preferences
    found, chosen = preferences.reaching(), preferences.current().platform
    return found if len(found) > 1 or chosen or {SMS, VOICE} & set(found) else []


def _can_refuse(ctx: Context) -> bool:
    """Return whether there are text messages to refuse."""
    preferences = ctx.office.preferences
    return SMS in preferences.reaching() and not preferences.current().no_texts


def _take_topic(ctx: Context, topic: str) -> None:
    if topic == DONE:
        navigation.end_dialog(ctx)


def _ask_platform(ctx: Context) -> Prompt:
    return Prompt(
        _("Where shall I write to you about your appointments?"),
        [
            *(Choice(each, name_of(each), WORDS.get(each, "")) for each in _platforms(ctx)),
            Choice(ANY, _("Where I book each time")),
            *([Choice(NO_TEXTS, _("Anywhere but by SMS"))] if _can_refuse(ctx) else []),
        ],
    )


def _read_platform(ctx: Context, text: str) -> TakeOutcome:
    found = _platform_meant(ctx, normalize(text))
    return found or InvalidAnswer(_("Please pick one of these ways."))


def _take_platform(ctx: Context, platform: str) -> None:
    navigation.end_dialog(ctx)
    if platform == ANY:
        choose_any(ctx)
    elif platform == NO_TEXTS:
        refuse_texts(ctx)
    else:
        choose_platform(ctx, platform)


def _ask_quiet(_ctx: Context) -> Prompt:
    return Prompt(
        _(
            "In which hours shall I send you no reminders? For example: “10 in the evening to 8 in "
            "the morning”."
        ),
        [Choice(OFFICE, _("{since}–{until}, as for everybody", **hours_shown(*USUAL)), AS_OFFICE)],
        names="whole",
    )


def _read_quiet(ctx: Context, text: str) -> TakeOutcome:
    if is_doubtful(text, ctx.lexicon):
        return InvalidAnswer(DOUBT)
    found = _hours_meant(ctx, text)
    if found is None:
        return InvalidAnswer(
            _("I didn't understand the hours. Please write them like this: 22:00-08:00.")
        )
    return "-".join(f"{each:%H:%M}" for each in found)


def _take_quiet(ctx: Context, value: str) -> None:
    navigation.end_dialog(ctx)
    if value == OFFICE:
        reset_quiet(ctx)
    else:
        since, _sign, until = value.partition("-")
        choose_quiet(ctx, Hours(time.fromisoformat(since), time.fromisoformat(until)))


def _hours_meant(ctx: Context, text: str) -> Hours | None:
    """Return the hours that a text says; where it says only one end, with the present other."""
    quiet = ctx.office.preferences.current().quiet
    return parse_quiet_hours(text, ctx.lexicon, Hours(*quiet[:2]) if quiet else USUAL)


def _asks(topic: str) -> Callable[[Context], bool]:
    return lambda ctx: ctx.answers.get("topic") == topic


def _steps(_ctx: Context) -> Iterator[Step]:
    yield Step("topic", _("Preference"), _ask_topic, effect=_take_topic, automatic=False)
    yield Step(
        PLATFORM,
        _("Where I write to you"),
        _ask_platform,
        _read_platform,
        applies=_asks(PLATFORM),
        effect=_take_platform,
        automatic=False,
    )
    yield Step(
        QUIET,
        _("Quiet hours"),
        _ask_quiet,
        _read_quiet,
        applies=_asks(QUIET),
        effect=_take_quiet,
        automatic=False,
    )


PREFERENCES = Dialog("preferences", _("My preferences"), _steps)
"""Shows the preferences, and asks for a new one."""


# The words


def _platform_meant(ctx: Context, text: str) -> str | None:
    """Return the platform that a text names; None for none."""
    ignored = ctx.lexicon.words(AROUND_PLATFORM) | ctx.lexicon.words(POLITE)
    here = ctx.lexicon.words(HERE)
    left = [word for word in text.split() if word not in ignored]
    named = " ".join(left)
    if named in here or (not left and not here.isdisjoint(text.split())):
        return ctx.office.preferences.here
    known = {each: ctx.lexicon.words(words) for each, words in WORDS.items()}
    for platform in (*known, *ctx.office.preferences.configured()):
        if (named or text) in (platform, *known.get(platform, ())):
            return platform
    return None


def _write_on(ctx: Context, argument: str) -> None:
    platform = _platform_meant(ctx, argument)
    if platform is None:
        switch_to(ctx, PREFERENCES.name)
    else:
        choose_platform(ctx, platform)


def _keep_quiet(ctx: Context, argument: str) -> None:
    if _platform_meant(ctx, argument) == SMS:
        refuse_texts(ctx)
    elif is_doubtful(argument, ctx.lexicon):
        ctx.say(DOUBT)
        switch_to(ctx, PREFERENCES.name, topic=QUIET)
    elif hours := _hours_meant(ctx, argument):
        choose_quiet(ctx, hours)
    elif argument:
        reset_quiet(ctx)
    else:
        switch_to(ctx, PREFERENCES.name, topic=QUIET)


def _is_refused(ctx: Context, text: str) -> bool:
    """Return whether a text says what isn't wanted: some hours, or text messages."""
    return _is_about_hours(ctx, text) or _platform_meant(ctx, text) == SMS


def _is_about_hours(ctx: Context, text: str) -> bool:
    return text in ctx.lexicon.words(AS_OFFICE) or _hours_meant(ctx, text) is not None


COMMANDS = (
    Command(
        name=PREFERENCES.name,
        label=_("My preferences"),
        words=_("preferences, my preferences, settings, my settings"),
        run=lambda ctx, _argument: switch_to(ctx, PREFERENCES.name),
        applies=lambda ctx: ctx.state.dialog != PREFERENCES.name,
        yields=True,
    ),
    Command(
        name="write_on",
        words=_(
            "write to me, write me, message me, reach me, send me messages, send me reminders, "
            "prefer, i prefer, i'd prefer"
        ),
        run=_write_on,
        shown="never",
        understands=lambda ctx, text: _platform_meant(ctx, text) is not None,
        yields=True,
    ),
    Command(
        name="write_by_email",
        words=_("email me, please email me, email me please, e-mail me, please e-mail me"),
        run=lambda ctx, _argument: choose_platform(ctx, "email"),
        shown="never",
        with_polite=True,  # an "email" alone is what is to be changed, or where
    ),
    Command(
        name="quiet_hours",
        words=_(
            "quiet hours, my quiet hours, don't disturb me, do not disturb me, don't write to me, "
            "do not write to me, don't bother me, don't remind me, send me nothing, "
            "no quiet hours, without quiet hours"
        ),
        run=_keep_quiet,
        shown="never",
        understands=_is_refused,
        yields=True,
    ),
    Command(
        name=NO_TEXTS,
        words=_(
            "don't text me, do not text me, no texts, no text messages, no sms, without sms, "
            "i want no sms, i don't want sms, i don't want text messages, no more sms"
        ),
        run=lambda ctx, _argument: refuse_texts(ctx),
        shown="never",
        yields=True,
    ),
)
