"""The greeting, the menu between two tasks, and the questions in between."""

from core.bookings import service as bookings
from core.i18n import Text, TextTemplate, ZoneCity, _, commas
from dialogs.engine import navigation
from dialogs.engine.steps import Choice, Context, Dialog, Prompt, Step
from dialogs.nlu.errors import InvalidAnswer
from dialogs.nlu.lexicon import NO, YES

GREETING = _(
    "Hello! I'm Rantevou and I book appointments with your municipality. "
    "At any time you can write “help” or “back”."
)


TASKS: dict[str, TextTemplate] = {
    "book": _("book, new, another"),
    "bookings": _("bookings, appointments, show, see"),
    "move": _(
        "move, change, reschedule, another day, another time, change day, change time, later, "
        "earlier"
    ),
    "cancel": _("cancel, delete"),
    "edit": _("details, change details, correct, phone, email, name"),
}
"""Words for each task, besides its label."""


def yes_no(yes: Text, no: Text, more: Text = "") -> tuple[Choice, Choice]:
    """Two choices that "yes" and "no" pick too, and `more` words the yes."""
    return Choice("yes", yes, commas(YES, more) if more else YES), Choice("no", no, NO)


def switch_to(ctx: Context, dialog: str, **answers: str) -> None:
    """Begin a task, with answers that are known; in the middle of another one, ask first."""
    if ctx.state.dialog != "menu" and ctx.state.path:
        ctx.state.aside = {**answers, "ask": "switch", "to": dialog}
    else:
        navigation.start(ctx, dialog, **answers)


def _ask_menu(ctx: Context) -> Prompt:
    booked = bookings.upcoming(ctx.session, ctx.actor.citizen_id, ctx.now)
    names = ["book", "bookings", *(["move", "cancel", "edit"] if booked else [])]
    return Prompt(
        _("What would you like to do?"),
        [Choice(name, ctx.dialogs[name].label, TASKS.get(name, "")) for name in names],
        expected=_("Please pick one of the tasks below."),
    )


MENU = Dialog(
    "menu",
    _("Menu"),
    steps=lambda ctx: (Step("task", _("Task"), _ask_menu, effect=navigation.start),),
)


def _ask_stop(ctx: Context) -> Prompt:
    return Prompt(
        _("Shall we stop here? You would have to begin again."),
        yes_no(_("Yes, stop"), _("No, go on")),
    )


def stop(ctx: Context, answer: str) -> None:
    """Leave the running task, if that is what was answered."""
    ctx.state.aside = None
    if answer == "yes":
        navigation.end_dialog(ctx)
        ctx.say(_("All right, I've stopped. Nothing was booked or changed."))


def _ask_switch(ctx: Context) -> Prompt:
    running, other = navigation.current_dialog(ctx), ctx.dialogs[(ctx.state.aside or {})["to"]]
    if running is other:
        return Prompt(
            _("We're in the middle of “{task}”. Shall I begin it again?", task=running.label),
            yes_no(_("Yes, begin again"), _("No, go on")),
        )
    return Prompt(
        _(
            "We're in the middle of something: “{task}”. Shall I leave it and go to “{other}”?",
            task=running.label,
            other=other.label,
        ),
        yes_no(_("Yes, leave it"), _("No, go on")),
    )


def _switch(ctx: Context, answer: str) -> None:
    answers = dict(ctx.state.aside or {})
    ctx.state.aside = None
    if answer == "yes":
        del answers["ask"]
        navigation.start(ctx, answers.pop("to"), **answers)


def _ask_zone(ctx: Context) -> Prompt:
    return Prompt(
        _(
            "I show video and telephone appointments in the time of {zone}. "
            "In which city are you now?",
            zone=ZoneCity(ctx.timezone),
        ),
        free=True,
        names="whole",
    )


def _take_zone(ctx: Context, text: str) -> str:
    found = ctx.texts.zone_called(text)
    if found is None:
        raise InvalidAnswer(
            _("I don't know that city. Write a big city near you, such as Melbourne.")
        )
    return found


def set_zone(ctx: Context, zone: str) -> None:
    """Show times in that zone from now on."""
    ctx.state.aside = None
    ctx.timezone = zone
    ctx.say(
        _("I'll show video and telephone appointments in the time of {zone}.", zone=ZoneCity(zone))
    )


ASIDES = Dialog(
    navigation.INTERRUPTION,
    _("Menu"),
    steps=lambda ctx: (
        Step("stop", _("Stop"), _ask_stop, effect=stop, automatic=False),
        Step("switch", _("Another task"), _ask_switch, effect=_switch, automatic=False),
        Step("zone", _("Time zone"), _ask_zone, _take_zone, effect=set_zone, automatic=False),
    ),
)
