"""The commands as people say them, in a sentence: "can we move my appointment to Monday?"."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from core.catalogue.model import Service
from core.i18n import _
from dialogs.booking.selection import municipality, service
from dialogs.booking.sentence import services_of, understand
from dialogs.booking.time_wish import TimeWish, dump_wish
from dialogs.context import Command, Context
from dialogs.engine import navigation
from dialogs.engine.prompts import ShowMonth
from dialogs.engine.state import PromptView
from dialogs.managing.coming import may_mean_visit
from dialogs.menu import switch_to
from dialogs.messages.appointment import (
    about_office,
    about_service,
    office_phone,
    one_line,
    place_of,
)
from dialogs.messages.blocks import Paragraph, message
from dialogs.nlu.said import Said, read_command, without_words
from dialogs.nlu.when import read_when

NO_SERVICE = _("Pick a service first, and I'll tell you about it.")


def is_idle(ctx: Context) -> bool:
    """Return whether no task was begun, and nothing else is asked in between."""
    state = ctx.state
    is_begun = not ctx.definition.is_entry(state.dialog) or bool(state.answered_by_citizen)
    return not is_begun and state.interruption is None


def move_as_said(ctx: Context, text: str) -> None:
    """Begin to move an appointment, to the day and time that a sentence says, if any."""
    switch_to(ctx, "move")
    if not text or ctx.state.dialog != "move":
        return
    today = ctx.now.astimezone(ctx.zone).date()
    wish = TimeWish.of(read_when(text, today))
    own = {each.starts_at.astimezone(ctx.zone).date() for each in ctx.office.upcoming()}
    wish = replace(wish, days=tuple(day for day in wish.days if day not in own))
    is_moment = len(wish.days) == 1 and bool(wish.times)  # then the day's step takes both
    kept = {"day": wish.says_day, "time": not wish.is_any_time and not is_moment}
    wishes = {step: dump_wish(wish) for step, is_said in kept.items() if is_said}
    ctx.update(wishes={**ctx.state.wishes, **wishes})


def show_service(ctx: Context, text: str) -> None:
    """Tell about the service that a sentence names, or that of the task or appointment."""
    chosen = (_named_service(ctx, text) if text else None) or service(ctx)
    if chosen is not None:
        ctx.say(message(*about_service(chosen, ctx.answers.get("channel"))))
    elif is_idle(ctx) and ctx.office.upcoming():
        switch_to(ctx, "documents")
    else:
        ctx.say(NO_SERVICE)


def _named_service(ctx: Context, text: str) -> Service | None:
    """Return the service that a sentence surely names, where the citizen is or was."""
    request = understand(ctx, without_words(text, Said.DOCUMENTS)).request
    if not request.services.sure:
        return None
    here = municipality(ctx)
    bodies = [here] if here else []
    if found := ctx.office.find(request.municipality):
        bodies.insert(0, found.body)
    bodies += [ctx.office.of_booking(each).body for each in ctx.office.upcoming()]
    first = request.services.candidates[0].services[0]
    bodies.append(ctx.office.loaded(first.municipality).body)
    named = (services_of(body, request.services) for body in bodies)
    return next((found[0][0] for found in named if found), None)


def say_where(ctx: Context, _argument: str) -> None:
    """Tell where the place of the task is, or that of the appointment, or how to reach the office.

    An appointment is shown with all that is known of it.
    """
    body = municipality(ctx)
    if body and (branch := ctx.answers.get("branch")):
        ctx.say(message(place_of(body.branch(branch))))
    elif is_idle(ctx) and ctx.office.upcoming():
        switch_to(ctx, "bookings")
    elif body:
        ctx.say(message(*about_office(body)))
    else:
        ctx.say(_("Pick a municipality first, and I'll tell you where it is."))


def say_late(ctx: Context, _argument: str) -> None:
    """Say whom to tell of being late, for the office isn't told."""
    booking = ctx.office.visits.coming()[0]
    loaded = ctx.office.of_booking(booking)
    ctx.say(
        message(
            Paragraph(one_line(loaded, booking, ctx.zone)),
            Paragraph(
                _(
                    "I can't tell the counter that you'll be late. Please call the office, or "
                    "write “human”."
                )
            ),
            *office_phone(loaded, booking),
        )
    )


def show_more(ctx: Context, _argument: str) -> None:
    """Show later days; where all free times of a day were shown, ask for another day."""
    step = navigation.open_step(ctx)
    if step is None or step.name == "time":
        ctx.say(_("These are all the free times of that day. Please pick another day."))
        navigation.reopen(ctx, "day")
        return
    view, prompt = ctx.state.view, navigation.prompt_of(ctx, step)
    turned = [
        choice.action.month for choice in prompt.actions if isinstance(choice.action, ShowMonth)
    ]
    later = [month for month in turned if prompt.month and month > f"{prompt.month:%Y-%m}"]
    if view.only:
        ctx.update(view=PromptView(month=view.month))
    elif later:
        ctx.update(view=PromptView(month=later[-1]))
    else:
        ctx.say(_("These are all the free days."))


def _asks_moment(ctx: Context) -> bool:
    step = navigation.open_step(ctx)
    return step is not None and step.name in ("day", "time") and ctx.state.interruption is None


COMMANDS = (
    Command(name="late", run=say_late, shown="never", typed=may_mean_visit),
    Command(name="where", run=say_where, shown="never"),
    Command(name="more", run=show_more, shown="never", typed=_asks_moment),
)
"""Those that are said in sentences only."""

_SAID: Mapping[str, tuple[Said, ...]] = {
    "late": (Said.LATE,),
    "where": (Said.WHERE,),
    "more": (Said.MORE,),
    "about": (Said.DOCUMENTS,),
    "bookings": (Said.SHOW, Said.WHEN),
    "human": (Said.HUMAN,),
    "back": (Said.BACK,),
    "stop": (Said.STOP,),
    "start_over": (Said.RESTART,),
    "help": (Said.HELP,),
    "english": (Said.LANGUAGE_EN,),
    "greek": (Said.LANGUAGE_EL,),
    "not_coming": (Said.NOT_COMING,),
    "cancel_booking": (Said.CANCEL,),
    "move": (Said.MOVE,),
    "book": (Said.BOOK,),
}
"""What is said for each command, besides its words."""

_ONLY_IDLE = frozenset(("cancel_booking", "move", "book"))
"""The commands whose sentences mean the task under way, where there is one."""


def with_sentences(command: Command) -> Command:
    """Return a command that is understood in sentences, too."""
    said = _SAID.get(command.name)
    return replace(command, says=_says(said, command)) if said else command


def _says(said: tuple[Said, ...], command: Command) -> Callable[[Context, str], bool]:
    is_said, only_idle = command.says, command.name in _ONLY_IDLE

    def says(ctx: Context, text: str) -> bool:
        if is_said and is_said(ctx, text):
            return True
        if Said.MORE in said and read_when(text, ctx.now.date()):
            return False  # "some other day, Friday"
        return read_command(text) in said and (not only_idle or is_idle(ctx))

    return says
