"""The definition of the conversation: its dialogs, commands and links."""

from dataclasses import replace

from core.i18n import _
from core.office import Office
from dialogs import calls, joining, proving, relay
from dialogs.booking.dialog import BOOK
from dialogs.booking.for_caller import CALLER
from dialogs.commands import COMMANDS, ask_again
from dialogs.context import Context
from dialogs.deep_links import follow_link
from dialogs.engine.state import Interruption
from dialogs.engine.steps import Definition
from dialogs.managing.coming import COMING
from dialogs.managing.dialogs import MANAGING
from dialogs.managing.offer_dialogs import ANSWER, WHICH
from dialogs.managing.preferences import PREFERENCES
from dialogs.managing.told import TOLD
from dialogs.menu import INTERRUPTIONS, MENU
from dialogs.messages.samples import samples_note


def _tell_of_left(ctx: Context, left: Interruption) -> None:
    """Tell the citizen what has become of what a question was about that they left."""
    relay.tell_of_kept(ctx, left)
    joining.tell_of_left(ctx, left)


def _take_from_question(ctx: Context, text: str) -> bool:
    """Return whether a typed text is taken, for it may not be for the open question."""
    return relay.ask_whose(ctx, text) or ask_again(ctx, text)


CONVERSATION: Definition[Office] = Definition(
    dialogs={
        dialog.name: dialog
        for dialog in (BOOK, CALLER, *MANAGING, COMING, TOLD, ANSWER, WHICH, PREFERENCES, MENU)
    },
    commands=COMMANDS,
    initial=BOOK.name,
    idle=MENU.name,
    interruptions=replace(
        INTERRUPTIONS,
        steps=lambda ctx: (
            *INTERRUPTIONS.steps(ctx),
            *relay.STEPS,
            *joining.STEPS,
            *proving.STEPS,
            *calls.STEPS,
        ),
    ),
    divert=_take_from_question,
    interruption_left=_tell_of_left,
    before_interrupted=joining.leave_when_over,
    greeting=_(
        "Hello! I'm Rantevou and I book appointments with your municipality. "
        "At any time you can write “help” or “back”."
    ),
    brief_greeting=_("Appointments. Help: “menu”."),
    spoken_greeting=calls.greeting,
    unheard=calls.UNHEARD,
    give_up=calls.give_up,
    heard=calls.HEARD,
    greeting_note=lambda ctx: samples_note(ctx.office.samples),
    help=_(
        "Pick an answer by tapping it, or write its number or its name. "
        "You can also write at any time: “back”, “start over”, “cancel”, “about the service”, "
        "“useful links”, “human”, “my bookings”, “language”, “time zone”, “preferences”."
    ),
    brief_help=_(
        "Write a number, or what you want: “back”, “start over”, “exit”, “human”, “my "
        "appointments”. “small” for small letters."
    ),
    help_offer=_("Shall I help? See below what you can do, or write “human” for an employee."),
    stopped=_("All right, I've stopped. Nothing was booked or changed."),
    nothing_to_stop=_("All right. Write to me again whenever you need an appointment."),
    follow_link=follow_link,
    unreadable={
        "voice": _("I can't listen to voice messages. Please write to me, or tap a button."),
        "contact": _(
            "That is somebody else's contact. Please share your own, or write the number."
        ),
        "callers_contact": _(
            "While you book for somebody else, I take no contact. Please write their number."
        ),
        "edited": _(
            "I had read that message before you changed it. "
            "To change an answer, write “change” and which one."
        ),
        "picture": _("I can't see pictures. Please write your answer."),
        "unanswered": calls.UNANSWERED,
        "other": _("I can read only what you write. Please write your answer, or tap a button."),
    },
)
