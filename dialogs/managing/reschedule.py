"""The dialog that moves an appointment to another day or time."""

from collections.abc import Iterator
from datetime import datetime

from core.bookings.offers.served import can_be_kept
from core.db.models import Booking
from core.errors import BookingRefused, RefusalKind
from core.i18n import Text, _
from core.messaging.keys import MessageKind
from dialogs.booking.day import day_step
from dialogs.booking.selection import current_offer, nearest_times_view, zone_of
from dialogs.booking.time import short_time_label, time_step
from dialogs.context import Context, Dialog, Step, refusable
from dialogs.engine import navigation
from dialogs.engine.prompts import Prompt, yes_no_choices
from dialogs.managing.find import find_steps, leave_ended, picked_booking
from dialogs.messages.appointment import (
    appointment_facts,
    appointment_time,
    booking_message,
    brief_form,
)
from dialogs.messages.blocks import Fact, Facts, Heading, Message, message
from dialogs.messages.notification import WORDINGS

BOOKING_KEPT = _("All right, your appointment stands.")

STILL_OFFERED = _("All right. The time that I offered you is still held for you.")


def _is_on_picked_day(ctx: Context, value: str) -> bool:
    start = datetime.fromisoformat(value)
    day = start.astimezone(zone_of(ctx, current_offer(ctx))).date()
    return day.isoformat() == ctx.answers["day"]


def _set_day(ctx: Context, value: str) -> None:
    """Set the day to that of the time picked: the nearest times may be on another day."""
    local = datetime.fromisoformat(value).astimezone(zone_of(ctx, current_offer(ctx)))
    ctx.state = ctx.state.with_derived("day", local.date().isoformat())


def _label_of_no(ctx: Context, booking: Booking) -> Text:
    if can_be_kept(ctx.office.of_booking(booking), booking):
        return _("No, keep the old time")
    if ctx.office.offers.made(booking):
        return _("No, keep the time that you hold for me")
    return _("No, don't move it")


def _ask_review(ctx: Context) -> Prompt:
    booking, offer = picked_booking(ctx), current_offer(ctx)
    start = datetime.fromisoformat(ctx.answers["time"])
    body, minutes = offer.municipality, offer.service.duration
    return Prompt(
        message(
            Heading(_("Shall I move the appointment?")),
            Facts(
                tuple(
                    Fact(label, appointment_time(at, minutes, body, offer.channel, ctx.zone))
                    for label, at in ((_("From"), booking.starts_at), (_("To"), start))
                )
            ),
        ),
        yes_no_choices(
            _("Yes, move it to {time}", time=short_time_label(ctx, offer, start)),
            _label_of_no(ctx, booking),
        ),
        names="whole",
    )


@refusable
def _move(ctx: Context, answer: str) -> None:
    booking = picked_booking(ctx)
    if answer == "no":
        navigation.end_dialog(ctx)
        ctx.say(kept_message(ctx, booking))
        return
    start = datetime.fromisoformat(ctx.answers["time"])
    try:
        ctx.office.move(booking, start)
    except BookingRefused as refused:
        if refused.kind == RefusalKind.TAKEN:
            navigation.drop(ctx, "time")
            ctx.update(view=nearest_times_view(start))
        else:
            navigation.end_dialog(ctx)
        raise
    navigation.end_dialog(ctx)
    ctx.say(moved_message(ctx, booking))


def kept_message(ctx: Context, booking: Booking) -> Text:
    """Return what is said to who leaves an appointment, or the time offered for it, as it is."""
    return STILL_OFFERED if ctx.office.offers.made(booking) else BOOKING_KEPT


def moved_message(ctx: Context, booking: Booking) -> Message:
    """Return the message that an appointment was moved, with how it is now."""
    loaded = ctx.office.of_booking(booking)
    details = appointment_facts(loaded, booking, ctx.zone)
    wording = WORDINGS[MessageKind.MOVED]
    brief = brief_form(wording.brief, loaded, booking, ctx.zone)
    return booking_message(booking, wording.for_attendee, details, brief)


def _steps(ctx: Context) -> Iterator[Step]:
    yield from find_steps()
    if "booking" in ctx.answers:
        yield day_step()
        yield time_step(_set_day, _is_on_picked_day)
        yield Step("review", _("Check"), _ask_review, effect=_move, automatic=False)


MOVE = Dialog("move", _("Move an appointment"), _steps, before_turn=leave_ended)
