"""The commands of this conversation, in the order in which they are matched and shown."""

from collections.abc import Callable
from dataclasses import replace

from core.i18n import _
from dialogs import joining, proving, relay, said_commands
from dialogs.booking.for_caller import CALLER
from dialogs.booking.selection import municipality, service
from dialogs.context import Command, Context
from dialogs.engine import navigation
from dialogs.engine import standard_commands as standard
from dialogs.engine.command import UNKNOWN_COMMAND, show_help
from dialogs.letter_commands import LETTER_COMMANDS
from dialogs.managing import preferences
from dialogs.managing.by_code import CODE_COMMANDS
from dialogs.managing.coming import (
    ask_if_coming,
    come_as_asked,
    come_by_word,
    may_mean_visit,
    reminded_last,
    stay_away_as_asked,
    stay_away_by_word,
)
from dialogs.managing.find import LOST, LOST_CODE, ask_by_code, ask_lost, can_send_codes
from dialogs.managing.offers import (
    ACCEPTING,
    answer_by_word,
    known_offers,
    may_be_declined,
    say_last_offer,
    say_no_thanks,
    told_open_offers,
    was_offered_last,
)
from dialogs.managing.preferences import keeping_language
from dialogs.menu import ask_zone, set_zone, switch_to
from dialogs.messages.appointment import useful_links
from dialogs.messages.blocks import message
from dialogs.messages.relay import help_in_talk
from dialogs.messages.time_offer import OfferAnswer
from dialogs.nlu.lexicon import NO, POLITE, YES
from dialogs.nlu.matching import find_phrase
from dialogs.nlu.visit import says_coming
from dialogs.said_commands import is_idle, move_as_said, show_service, with_sentences


def _stop(ctx: Context, argument: str) -> None:
    """Stop the task under way; if there is none, end the conversation with the office."""
    if ctx.office.relay.is_open and is_idle(ctx):
        relay.end_talk(ctx, argument)
    else:
        standard.stop_or_ask(ctx, argument)


def _help(ctx: Context, argument: str) -> None:
    """Show the help; while all that is typed goes to an office, only with the words that don't."""
    is_theirs = relay.is_for_office(ctx) and not relay.is_next_alone(ctx)
    office = ctx.office.relay.office() if is_theirs else None
    if office is None:
        standard.HELP.run(ctx, argument)
    else:
        show_help(ctx)
        ctx.say(help_in_talk(office))


def _cancel_or_stop(ctx: Context, argument: str) -> None:
    """Stop the task under way; if there is none, begin to cancel an appointment."""
    if is_idle(ctx):
        navigation.start(ctx, "cancel")
    else:
        standard.stop_or_ask(ctx, argument)


def _show_links(ctx: Context, _argument: str) -> None:
    body, chosen = municipality(ctx), service(ctx)
    links = (body.links if body else ()) + (chosen.links if chosen else ())
    if links:
        ctx.say(message(*useful_links(links, _("Useful links:"))))
    else:
        ctx.say(_("Pick a municipality first, and I'll show you its links."))


def _change_zone(ctx: Context, argument: str) -> None:
    if argument and (found := ctx.lexicon.zone_called(argument)):
        set_zone(ctx, found)
    else:
        ask_zone(ctx)


def _ask_lost_code(ctx: Context, _argument: str) -> None:
    """Have the code of an appointment sent; where that can't be, lead to the office."""
    if not can_send_codes(ctx):
        relay.talk_to_human(ctx, "")
    elif navigation.step_named(ctx, "code"):
        ask_lost(ctx)
    else:
        switch_to(ctx, "bookings", way=LOST)


def _book_for_caller(ctx: Context, _argument: str) -> None:
    """Begin to book for somebody else; only a member of staff can."""
    if ctx.office.is_member():
        switch_to(ctx, CALLER.name)
    else:
        ctx.say(UNKNOWN_COMMAND)


def _switches_to(dialog: str) -> Callable[[Context, str], None]:
    return lambda ctx, _argument: switch_to(ctx, dialog)


def ask_again(ctx: Context, text: str) -> bool:
    """Ask again what was said last, where few words typed in the middle of a task may answer it.

    They may answer the task's question as well, which is asked once more after it. Return False,
    saying nothing, for other texts, and while a text may be for an employee.
    """
    if is_idle(ctx) or ctx.office.relay.is_open:
        return False
    polite = ctx.lexicon.words(POLITE)
    if not any(find_phrase(text, ctx.lexicon.words(each), polite) for each in FEW_WORDS):
        return False
    asked_at = ctx.open_prompt.asked_at if ctx.open_prompt else None
    if asked_at and not ctx.office.visits.were_notified_since(asked_at):
        return False
    return say_last_offer(ctx) or ask_if_coming(ctx)


def _answers_offer(answer: OfferAnswer) -> Callable[[Context, str], None]:
    return lambda ctx, _argument: answer_by_word(ctx, answer)


YES_PLEASE = _("yes, yes please")
NO_THANKS = _("no, no thanks, no thank you")

FEW_WORDS = (ACCEPTING, YES_PLEASE, NO_THANKS, YES, NO)
"""Words that may answer what was said last, or the open question."""

_COMMANDS: tuple[Command, ...] = (
    *relay.COMMANDS,
    standard.BACK,
    standard.START_OVER,
    *CODE_COMMANDS,
    replace(standard.STOP_COMMAND, run=_stop),
    Command(
        name="cancel", words=_("cancel, delete"), run=_cancel_or_stop, shown="never", yields=True
    ),
    Command(
        name="about",
        label=_("About this service"),
        words=_(
            "about, about the service, about this service, documents, what documents do i need, "
            "what do i need, instructions, info"
        ),
        run=show_service,
        yields=True,
        applies=lambda ctx: service(ctx) is not None,
    ),
    Command(
        name="links",
        label=_("Useful links"),
        words=_("links, useful links"),
        run=_show_links,
        yields=True,
    ),
    Command(
        name="human",
        label=_("Talk to a human"),
        words=_(
            "human, person, employee, contact, agent, talk to a human, talk to a person, "
            "talk to an employee, talk to someone, speak to someone, chat with an employee, "
            "write to the office"
        ),
        run=relay.talk_to_human,
        yields=True,
    ),
    Command(
        name="bookings",
        label=_("My bookings"),
        words=_("my bookings, my appointments, my appointment, see my appointment"),
        run=_switches_to("bookings"),
        applies=lambda ctx: ctx.state.dialog != ctx.definition.idle,  # whose menu has it
    ),
    Command(
        name="book",
        label=_("New booking"),
        words=_("new booking, new appointment, book, book an appointment"),
        run=_switches_to("book"),
        applies=lambda ctx: ctx.state.dialog not in ("book", ctx.definition.idle),
    ),
    replace(standard.LANGUAGE, run=keeping_language(standard.LANGUAGE.run)),
    Command(
        name="zone",
        label=_("Time zone"),
        words=_("time zone, timezone, change time zone"),
        run=_change_zone,
        understands=lambda ctx, argument: ctx.lexicon.zone_called(argument) is not None,
    ),
    *LETTER_COMMANDS,
    *preferences.COMMANDS,
    replace(standard.HELP, run=_help),
    *(replace(each, run=keeping_language(each.run)) for each in standard.LANGUAGE_COMMANDS),
    standard.GREETING,
    standard.THANKS,
    Command(
        name="move",
        words=_("move, move appointment, reschedule, change appointment"),
        run=move_as_said,
        shown="never",
        yields=True,
    ),
    Command(
        name="cancel_booking",
        words=_(
            "cancel appointment, cancel the appointment, cancel my appointment, cancel booking, "
            "cancel my booking"
        ),
        run=_switches_to("cancel"),
        shown="never",
    ),
    Command(
        name="edit",
        words=_("edit, edit details, change details, change my details"),
        run=_switches_to("edit"),
        shown="never",
        yields=True,
    ),
    Command(
        name="documents",
        words=_(
            "my documents, my papers, i have the documents, i have my papers, i have everything, "
            "checklist"
        ),
        run=_switches_to("documents"),
        shown="never",
        typed=may_mean_visit,
        yields=True,
    ),
    *joining.COMMANDS,
    *proving.COMMANDS,
    Command(
        name="withdraw",
        words=_("withdraw consent, withdraw my consent"),
        run=_switches_to("withdraw"),
        shown="never",
    ),
    *(
        Command(
            name=f"{answer}_offer",
            words=words,
            run=_answers_offer(answer),
            shown="never",
            yields=True,
        )
        for answer, words in (
            (OfferAnswer.ACCEPT, _("i take the new time, accept the new time")),
            (OfferAnswer.DECLINE, _("i don't want the new time, decline the new time")),
        )
    ),
    Command(
        name="accept_told_offer",
        words=ACCEPTING,
        run=_answers_offer(OfferAnswer.ACCEPT),
        shown="never",
        typed=lambda ctx: is_idle(ctx) and bool(known_offers(ctx)),
        yields=True,
    ),
    *(
        Command(
            name=name,
            words=words,
            run=_answers_offer(OfferAnswer.OTHER),
            shown="never",
            typed=lambda ctx: is_idle(ctx) and bool(told_open_offers(ctx)),
        )
        for name, words in (
            ("other_offer", _("another day or time")),  # as the button has it
            ("other_day_or_time", _("another day, another time")),
        )
    ),
    *(
        Command(
            name=f"{answer}_last_offer",
            words=words,
            run=_answers_offer(answer),
            shown="never",
            typed=lambda ctx: is_idle(ctx) and was_offered_last(ctx),
            yields=True,
        )
        for answer, words in (
            (OfferAnswer.ACCEPT, YES_PLEASE),
            (OfferAnswer.DECLINE, NO_THANKS),
        )
    ),
    *(
        Command(
            name=f"{name}_as_asked",
            words=words,
            run=run,
            shown="never",
            typed=lambda ctx: is_idle(ctx) and bool(reminded_last(ctx)),
            yields=True,
        )
        for name, words, run in (
            ("coming", YES_PLEASE, come_as_asked),
            ("not_coming", NO_THANKS, stay_away_as_asked),
        )
    ),
    Command(
        name="decline_told_offer",
        words=_("no thanks, no thank you"),
        run=say_no_thanks,
        shown="never",
        typed=lambda ctx: is_idle(ctx) and may_be_declined(ctx),
        with_polite=True,  # a "no" alone may be about anything
        yields=True,
    ),
    Command(
        name="coming",
        words=_("i'm coming, i will come, i'll come, i'll be there, yes i'm coming"),
        run=come_by_word,
        shown="never",
        typed=may_mean_visit,
        says=lambda ctx, text: says_coming(text, ctx.lexicon) is True,
        yields=True,
    ),
    Command(
        name="not_coming",
        words=_(
            "i'm not coming, i won't come, i will not come, i can't come, i can't make it, "
            "i'm ill, i'm sick, i fell ill, something came up"
        ),
        run=stay_away_by_word,
        shown="never",
        typed=may_mean_visit,
        says=lambda ctx, text: says_coming(text, ctx.lexicon) is False,
        yields=True,
    ),
    Command(
        name="cannot",
        words=_("i can't, i cannot"),
        run=stay_away_by_word,
        shown="never",
        typed=lambda ctx: is_idle(ctx) and may_mean_visit(ctx),
        yields=True,
    ),
    standard.CHANGE,
    Command(
        name=CALLER.name,
        words=_("caller, for a caller, book for a caller"),
        run=_book_for_caller,
        shown="never",
        yields=True,
    ),
    Command(
        name="lost_code",
        label=LOST_CODE,
        words=_(
            "lost code, i lost my code, i have lost my code, i forgot my code, forgot the code, "
            "i don't have the code, i don't remember the code"
        ),
        run=_ask_lost_code,
        shown="never",
        yields=True,
    ),
    Command(name="code", label=_("With a code"), run=ask_by_code, shown="never"),
)

COMMANDS = tuple(map(with_sentences, (*_COMMANDS, *said_commands.COMMANDS)))
