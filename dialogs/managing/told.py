"""The question in a call of ours, once it has told of an appointment: will they come?"""

from collections.abc import Iterator

from core.db.models import Booking, BookingState
from core.errors import BookingRefused
from core.i18n import _, lines
from dialogs.booking.selection import LINK
from dialogs.calls import GOODBYE, ending
from dialogs.context import Context, Dialog, Step, refusable
from dialogs.engine import navigation
from dialogs.engine.prompts import Choice, Prompt
from dialogs.managing.coming import come_to
from dialogs.managing.find import leave_ended, picked_booking
from dialogs.messages.notification import WILL_COME
from dialogs.messages.reminder import ANSWERS, ReminderAnswer

NOTHING_TO_TELL = lines(_("This appointment is over or was cancelled."), GOODBYE)

CHANGES = (ReminderAnswer.CANCEL, ReminderAnswer.MOVE)


def link_of(token: str) -> str:
    """Return the deep link that begins the dialog about the booking of a link's token."""
    return f"{TOLD.name}_{token}"


def say_no_answer(ctx: Context, booking: Booking) -> bool:
    """End the call where there is nothing to answer, as of an appointment that was cancelled."""
    if booking.state == BookingState.CONFIRMED and booking.starts_at > ctx.now:
        return False
    ctx.say(ending(GOODBYE))
    return True


def _is_changeable(ctx: Context, booking: Booking) -> bool:
    try:
        ctx.office.check_changeable(booking)
    except BookingRefused:
        return False
    return True


def _ask_coming(ctx: Context) -> Prompt:
    changes = CHANGES if _is_changeable(ctx, picked_booking(ctx)) else ()
    shown = (ReminderAnswer.COMING, *changes)
    return Prompt(WILL_COME, [Choice(each, ANSWERS[each]) for each in shown])


@refusable
def _take(ctx: Context, answer: str) -> None:
    booking, link = picked_booking(ctx), ctx.answers[LINK]
    navigation.end_dialog(ctx)
    if answer == ReminderAnswer.COMING:
        come_to(ctx, booking)
        ctx.say(ending(GOODBYE))
        return
    navigation.start(ctx, answer, booking=str(booking.id), **{LINK: link})


def _steps(_ctx: Context) -> Iterator[Step]:
    yield Step("coming", _("Appointment"), _ask_coming, effect=_take, automatic=False)


TOLD = Dialog("told", _("Appointment"), _steps, before_turn=leave_ended)
"""Asks whether they come to an appointment of which a call of ours has told."""
