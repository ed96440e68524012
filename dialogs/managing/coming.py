"""The answers to a reminder, by the buttons under it or in words, in any state of the talk."""

import re
from collections.abc import Iterator, Sequence

from core.bookings.offers.served import can_be_kept
from core.db.models import Booking
from core.errors import BookingRefused
from core.i18n import _
from dialogs.context import Context, Dialog, Step, refusable
from dialogs.engine import navigation
from dialogs.engine.interpreter import OLD_BUTTON
from dialogs.engine.prompts import Choice, Prompt
from dialogs.managing.offer_dialogs import ANSWER
from dialogs.managing.offers import is_after_question, say_offer
from dialogs.menu import switch_to
from dialogs.messages.appointment import one_line
from dialogs.messages.blocks import Message, Paragraph
from dialogs.messages.notification import WILL_COME, reminder_buttons
from dialogs.messages.reminder import ANSWERS, LINK_PREFIX, ReminderAnswer
from dialogs.messages.time_offer import CANNOT_BE_KEPT

_LINK = re.compile(
    rf"{LINK_PREFIX}({'|'.join(ReminderAnswer)})_(\d{{1,18}})_(\d{{1,12}})", re.ASCII
)


def follow_reminder(ctx: Context, link: str) -> None:
    """Act on the link under a button of a reminder; another citizen's is unknown."""
    found = _LINK.fullmatch(link)
    booking = ctx.office.visits.own(int(found[2])) if found else None
    if found is None or booking is None:
        ctx.say(OLD_BUTTON)
        return
    answer = ReminderAnswer(found[1])
    ctx.tapped = ctx.lexicon.say(ANSWERS[answer], ctx.state.language)
    try:
        ctx.office.check_open(booking)
        if answer is not ReminderAnswer.COMING:
            if answer is not ReminderAnswer.DOCUMENTS:
                ctx.office.check_changeable(booking)
            switch_to(ctx, answer, booking=str(booking.id))
        elif int(found[3]) != int(booking.starts_at.timestamp()):
            _say_moved(ctx, booking)
        else:
            come_to(ctx, booking)
    except BookingRefused as refused:
        ctx.say(refused.text)


def come_by_word(ctx: Context, _argument: str) -> None:
    """Act on the word that the citizen will come; ask to which appointment, if there are more."""
    found = _meant(ctx)
    if found is None:
        switch_to(ctx, COMING.name)
    else:
        come_to(ctx, found)


def stay_away_by_word(ctx: Context, _argument: str) -> None:
    """Act on the word that the citizen won't come: ask whether to cancel the appointment."""
    found = _meant(ctx)
    if found is None:
        switch_to(ctx, "cancel")
    else:
        stay_away_from(ctx, found)


def stay_away_from(ctx: Context, booking: Booking) -> None:
    """Ask whether to cancel an appointment, where it still can be."""
    try:
        ctx.office.check_changeable(booking)
    except BookingRefused as refused:
        ctx.say(refused.text)
    else:
        switch_to(ctx, "cancel", booking=str(booking.id))


def come_as_asked(ctx: Context, argument: str) -> None:
    """Act on a "yes" to the reminder that was said last; where it names an offer, ask for that."""
    asked = reminded_last(ctx)
    if len(asked) != 1:
        come_by_word(ctx, argument)
    elif not _ask_offered(ctx, asked[0]):
        come_to(ctx, asked[0])


def stay_away_as_asked(ctx: Context, argument: str) -> None:
    """Act on a "no" to the reminder that was said last; where it names an offer, ask for that."""
    asked = reminded_last(ctx)
    if len(asked) != 1:
        stay_away_by_word(ctx, argument)
    elif not _ask_offered(ctx, asked[0]):
        stay_away_from(ctx, asked[0])


def _ask_offered(ctx: Context, booking: Booking) -> bool:
    """Ask whether the offered time is taken, which the next "yes" or "no" answers.

    Return False where none is offered.
    """
    is_known = ctx.office.of_booking(booking).has(booking.service, booking.branch)
    if not is_known or ctx.office.offers.made(booking) is None:
        return False
    switch_to(ctx, ANSWER.name, booking=str(booking.id))
    return True


def reminded_last(ctx: Context) -> Sequence[Booking]:
    """Return the booking whose reminder was said last, after the open question, and asked.

    Several where they were due at once.
    """
    if ctx.office.is_for_caller:
        return []
    return [
        booking for booking, at in ctx.office.visits.reminded_last() if is_after_question(ctx, at)
    ]


def ask_if_coming(ctx: Context) -> bool:
    """Ask once more what the last reminder did; return False where nothing was said so.

    Of several it is asked without buttons, which are the same for each: words say which is meant.
    """
    asked, is_said = reminded_last(ctx), False
    for booking in asked:
        loaded = ctx.office.of_booking(booking)
        offer = ctx.office.offers.made(booking)
        if offer and say_offer(ctx, offer):
            is_said = True
        elif loaded.has(booking.service, booking.branch):
            question = (Paragraph(one_line(loaded, booking, ctx.zone)), Paragraph(WILL_COME))
            buttons = reminder_buttons(loaded, booking, ctx.now, None) if len(asked) == 1 else ()
            ctx.say(Message(question, buttons=buttons))
            is_said = True
    return is_said


def may_mean_visit(ctx: Context) -> bool:
    """Return whether words about coming are meant: there is an appointment, and no free answer."""
    step = navigation.open_step(ctx)
    is_free = step is not None and navigation.prompt_of(ctx, step).free
    return not is_free and bool(ctx.office.visits.coming())


def _meant(ctx: Context) -> Booking | None:
    """Return the only coming appointment, or the only one that awaits an answer; else None."""
    for found in (ctx.office.visits.coming(), ctx.office.visits.asked()):
        if len(found) == 1:
            return found[0]
    return None


def come_to(ctx: Context, booking: Booking) -> None:
    """Keep that they come, or say that the appointment can't take place.

    Where another time is offered, that is said again, for it may be meant.
    """
    offer = ctx.office.offers.made(booking)
    if offer and say_offer(ctx, offer):
        return
    loaded = ctx.office.of_booking(booking)
    if not can_be_kept(loaded, booking):
        ctx.say(CANNOT_BE_KEPT)
        return
    ctx.office.visits.will_come(booking)
    appointment = one_line(loaded, booking, ctx.zone)
    ctx.say(_("Thank you! We expect you: {appointment}.", appointment=appointment))


def _say_moved(ctx: Context, booking: Booking) -> None:
    """Say that a reminder is of another time than the appointment's now."""
    appointment = one_line(ctx.office.of_booking(booking), booking, ctx.zone)
    ctx.say(
        _(
            "Your appointment was moved since then. It is: {appointment}. If you're coming, "
            "please write: I'm coming.",
            appointment=appointment,
        )
    )


def _ask_which(ctx: Context) -> Prompt:
    return Prompt(
        _("Which appointment?"),
        [
            Choice(str(each.id), one_line(ctx.office.of_booking(each), each, ctx.zone))
            for each in ctx.office.visits.coming()
        ],
        expected=_("Please pick one of the appointments below."),
    )


@refusable
def _come_to_picked(ctx: Context, value: str) -> None:
    navigation.end_dialog(ctx)
    booking = ctx.office.visits.own(int(value))
    if booking is None:
        raise LookupError("the booking that was offered is gone")
    come_to(ctx, booking)


def _steps(_ctx: Context) -> Iterator[Step]:
    yield Step("booking", _("Appointment"), _ask_which, effect=_come_to_picked)


COMING = Dialog("coming", _("I'm coming"), _steps)
"""Asks to which of several appointments the citizen will come."""
