"""The menu between two tasks, and the questions that interrupt one."""

from core.i18n import TextTemplate, ZoneCity, _
from dialogs.booking.sentence import take_sentence
from dialogs.context import Context, Dialog, Step
from dialogs.engine import navigation
from dialogs.engine.outcomes import AnswersForOtherSteps, InvalidAnswer, TakeOutcome
from dialogs.engine.prompts import Choice, Prompt, RunCommand, action_choice, yes_no_choices
from dialogs.engine.standard_commands import STOP_STEP
from dialogs.engine.state import Interruption

TASKS: dict[str, TextTemplate] = {
    "book": _("book, new, another"),
    "bookings": _("bookings, appointments, show, see"),
    "move": _(
        "move, change, reschedule, another day or time, another day, another time, change day, "
        "change time, later, earlier"
    ),
    "cancel": _("cancel, delete"),
    "edit": _("details, change details, correct, phone, email, name"),
}
"""Words for each task, besides its label."""

EXPECTED = _("Please pick one of the tasks below.")
HIDDEN_EXPECTED = _("Write “menu” to see what I can do.")

SWITCH = "switch"
ZONE = "zone"


def switch_to(ctx: Context, dialog: str, **answers: str) -> None:
    """Begin a task, with answers that are known; ask first if another one is under way."""
    if ctx.state.dialog != ctx.definition.idle and ctx.state.answered_by_citizen:
        ctx.update(interruption=Interruption(SWITCH, dialog, answers))
    else:
        navigation.start(ctx, dialog, **answers)


def ask_zone(ctx: Context) -> None:
    """Interrupt the dialog to ask for the citizen's city."""
    ctx.update(interruption=Interruption(ZONE))


def set_zone(ctx: Context, zone: str) -> None:
    """Set the citizen's time zone, and say so."""
    ctx.update(interruption=None, timezone=zone)
    city = ZoneCity(zone)
    ctx.say(_("I'll show video and telephone appointments in the time of {zone}.", zone=city))


def _ask_menu(ctx: Context) -> Prompt:
    names = ["book", "bookings"]
    names += ["move", "cancel", "edit"] if ctx.office.has_upcoming() else []
    dialogs = ctx.definition.dialogs
    # Asked of members alone, who have just booked for a caller: the next one may be waiting.
    is_next_caller = ctx.office.left_caller and ctx.office.is_member()
    again = action_choice(RunCommand("caller"), _("Book for somebody else"))
    writing = ctx.office.relay.is_open
    expected = HIDDEN_EXPECTED if ctx.is_brief and not ctx.state.view.help else EXPECTED
    if ctx.is_brief and not ctx.spoken and ctx.messages and not ctx.state.view.help:
        return Prompt("", expected=expected)  # unseen, so that no number picks any of it
    return Prompt(
        _("Write your message, or pick one of these:")
        if writing
        else _("What would you like to do?"),
        [Choice(name, dialogs[name].label, TASKS.get(name, "")) for name in names],
        actions=[again] if is_next_caller else [],
        expected=expected,
    )


def _start(ctx: Context, dialog: str) -> None:
    navigation.start(ctx, dialog)


def _ask_switch(ctx: Context) -> Prompt:
    interruption = ctx.state.interruption
    running = navigation.current_dialog(ctx)
    other = ctx.definition.dialogs[(interruption and interruption.dialog) or running.name]
    if running is other:
        return Prompt(
            _("We're in the middle of “{task}”. Shall I begin it again?", task=running.label),
            yes_no_choices(_("Yes, begin again"), _("No, go on")),
        )
    return Prompt(
        _(
            "We're in the middle of something: “{task}”. Shall I leave it and go to “{other}”?",
            task=running.label,
            other=other.label,
        ),
        yes_no_choices(_("Yes, leave it"), _("No, go on")),
    )


def _switch(ctx: Context, answer: str) -> None:
    interruption = ctx.state.interruption
    ctx.update(interruption=None)
    if answer == "yes" and interruption and interruption.dialog:
        navigation.start(ctx, interruption.dialog, **interruption.answers)
        if before_turn := navigation.current_dialog(ctx).before_turn:
            before_turn(ctx)  # what it is about may have ended since the question


def _ask_zone(ctx: Context) -> Prompt:
    return Prompt(
        _(
            "I show video and telephone appointments in the time of {zone}. "
            "In which city are you now?",
            zone=ZoneCity(ctx.state.timezone),
        ),
        free=True,
        names="whole",
    )


def _take_zone(ctx: Context, text: str) -> TakeOutcome:
    found = ctx.lexicon.zone_called(text)
    if found is None:
        return InvalidAnswer(
            _("I don't know that city. Write a big city near you, such as Melbourne.")
        )
    return found


def _take_sentence(ctx: Context, text: str) -> TakeOutcome:
    """Begin a booking with a sentence that names what is wanted."""
    taken = take_sentence(ctx, text)
    if isinstance(taken, AnswersForOtherSteps):
        navigation.start(ctx, "book")
    return taken


_MENU_STEPS = (Step("task", _("Task"), _ask_menu, _take_sentence, effect=_start),)
_INTERRUPTIONS = (
    STOP_STEP,
    Step(SWITCH, _("Another task"), _ask_switch, effect=_switch, automatic=False),
    Step(ZONE, _("Time zone"), _ask_zone, _take_zone, effect=set_zone, automatic=False),
)

MENU = Dialog("menu", _("Menu"), lambda _ctx: _MENU_STEPS)
INTERRUPTIONS = Dialog(navigation.INTERRUPTION, _("Menu"), lambda _ctx: _INTERRUPTIONS)
