"""The dialogs about an existing booking: my bookings, cancel, withdraw consent."""

from collections.abc import Iterator

from core.bookings.offers.served import can_be_kept
from core.i18n import BookingCode, _, lines
from dialogs.booking.time import short_time_label
from dialogs.context import Context, Dialog, Step, refusable
from dialogs.engine import navigation
from dialogs.engine.prompts import Choice, Prompt, yes_no_choices
from dialogs.managing.documents import DOCUMENTS
from dialogs.managing.edit import EDIT
from dialogs.managing.find import (
    brief_line,
    cancelled_message,
    check_allowed,
    documents_of,
    find_steps,
    leave_ended,
    may_withdraw,
    picked_booking,
)
from dialogs.managing.offers import ACCEPTING, accept_latest
from dialogs.managing.reschedule import MOVE, kept_message
from dialogs.menu import TASKS
from dialogs.messages.appointment import (
    BOOKING_ACTIONS,
    FORGET_IN_CALENDAR,
    appointment_facts,
    attendee_facts,
)
from dialogs.messages.blocks import Heading, Message, Paragraph, message
from dialogs.messages.time_offer import CANNOT_BE_KEPT

ACCEPT = "accept"
"""The task that takes the time which the office offers in place of the booking's."""


def _ask_action(ctx: Context) -> Prompt:
    booking = picked_booking(ctx)
    loaded = ctx.office.of_booking(booking)
    fields = loaded.body.fields_of(loaded.body.services[booking.service])
    offer = ctx.office.offers.made(booking)
    hold = ctx.office.offers.hold_of(offer) if offer else None
    taken = []
    if hold is not None:
        time = short_time_label(ctx, ctx.office.offer_of(booking), hold.starts_at)
        taken = [Choice(ACCEPT, _("I take the new time: {time}", time=time), ACCEPTING)]
    kept = can_be_kept(loaded, booking)
    names = [
        *("move", "cancel", "edit"),
        *(["documents"] if documents_of(ctx, booking) else []),
        *(["withdraw"] if may_withdraw(ctx, booking) else []),
    ]
    words = {"move": TASKS["move"]}  # "cancel" alone stops the task
    return Prompt(
        Message(
            (
                *appointment_facts(loaded, booking, ctx.zone),
                *attendee_facts(fields, booking.details),
                *([] if kept else [Paragraph(CANNOT_BE_KEPT)]),
                Paragraph(_("What would you like to do with it?")),
                *BOOKING_ACTIONS,
            ),
            booking.id,
        ),
        [
            *taken,
            *(
                Choice(name, ctx.definition.dialogs[name].label, words.get(name, ""))
                for name in names
            ),
            Choice("keep", _("Nothing, keep it")),
        ],
        brief=lines(
            brief_line(ctx, booking),
            _("Code: {code}", code=BookingCode(booking.code or "")),
            None if kept else CANNOT_BE_KEPT,
        ),
        booking=booking.id,
        expected=_("Please pick one of the tasks below."),
    )


@refusable
def _start_task(ctx: Context, action: str) -> None:
    booking = picked_booking(ctx)
    if action == "keep":
        navigation.end_dialog(ctx)
        return
    if action == ACCEPT:
        navigation.end_dialog(ctx)
        accept_latest(ctx, booking)
        return
    navigation.start(ctx, action, booking=str(booking.id))
    check_allowed(ctx, booking)


def _bookings_steps(_ctx: Context) -> Iterator[Step]:
    yield from find_steps()
    yield Step("action", _("Task"), _ask_action, effect=_start_task, automatic=False)


def _ask_cancel(ctx: Context) -> Prompt:
    booking = picked_booking(ctx)
    details = appointment_facts(ctx.office.of_booking(booking), booking, ctx.zone)
    return Prompt(
        message(Heading(_("Shall I cancel this appointment?")), *details),
        yes_no_choices(_("Yes, cancel it"), _("No, keep it"), _("cancel, cancel it")),
        names="whole",
        brief=_("Cancel {appointment}?", appointment=brief_line(ctx, booking)),
    )


@refusable
def _cancel(ctx: Context, answer: str) -> None:
    booking = picked_booking(ctx)
    navigation.end_dialog(ctx)
    if answer == "no":
        ctx.say(kept_message(ctx, booking))
        return
    ctx.office.cancel(booking)
    ctx.say(cancelled_message(ctx, booking))


def _cancel_steps(_ctx: Context) -> Iterator[Step]:
    yield from find_steps()
    yield Step("sure", _("Cancel"), _ask_cancel, effect=_cancel, automatic=False)


def _ask_withdraw(ctx: Context) -> Prompt:
    booking = picked_booking(ctx)
    return Prompt(
        message(
            Paragraph(
                _(
                    "Without your consent we can't keep your details, so the appointment will be "
                    "cancelled and your details erased from it. Shall I go on?"
                )
            ),
            *appointment_facts(ctx.office.of_booking(booking), booking, ctx.zone),
        ),
        yes_no_choices(_("Yes, withdraw it"), _("No, keep it"), _("withdraw, withdraw it")),
        names="whole",
    )


ADDRESS_KEPT = _(
    "Only that your email address is to get no reminders is kept, in a form in which the address "
    "can't be read."
)


@refusable
def _withdraw(ctx: Context, answer: str) -> None:
    booking = picked_booking(ctx)
    navigation.end_dialog(ctx)
    if answer == "no":
        ctx.say(kept_message(ctx, booking))
        return
    navigation.forget_answers(ctx)
    kept = [Paragraph(ADDRESS_KEPT)] if ctx.office.withdraw_consent(booking) else []
    said = _("Your consent is withdrawn, the appointment cancelled and your details erased.")
    ctx.say(Message((Paragraph(said), *kept, FORGET_IN_CALENDAR), booking.id))


def _withdraw_steps(_ctx: Context) -> Iterator[Step]:
    yield from find_steps()
    yield Step("sure", _("Withdraw consent"), _ask_withdraw, effect=_withdraw, automatic=False)


BOOKINGS = Dialog("bookings", _("My bookings"), _bookings_steps, before_turn=leave_ended)
CANCEL = Dialog("cancel", _("Cancel an appointment"), _cancel_steps, before_turn=leave_ended)
WITHDRAW = Dialog("withdraw", _("Withdraw my consent"), _withdraw_steps, before_turn=leave_ended)

MANAGING = (BOOKINGS, MOVE, CANCEL, EDIT, DOCUMENTS, WITHDRAW)
