"""The dialogs that ask for the answer to an offer of another time, or for which it is."""

from collections.abc import Iterator

from core.i18n import _, join
from dialogs.booking.time import short_time_label
from dialogs.context import Context, Dialog, Step, refusable
from dialogs.engine import navigation
from dialogs.engine.prompts import Choice, Prompt
from dialogs.managing.find import leave_ended, picked_booking
from dialogs.managing.offers import (
    ACCEPTING,
    NO_OFFER,
    WHICH_OFFER,
    answer_offer,
    offers_in_question,
    say_no_offer,
)
from dialogs.messages.appointment import one_line
from dialogs.messages.blocks import Paragraph, message
from dialogs.messages.time_offer import ANSWERS, OfferAnswer
from dialogs.nlu.lexicon import NO, YES


def _ask_answer(ctx: Context) -> Prompt:
    booking = picked_booking(ctx)
    offer = ctx.office.offers.made(booking)
    hold = ctx.office.offers.hold_of(offer) if offer else None
    if hold is None:
        raise LookupError("the dialog has no offer any more")
    loaded = ctx.office.of_booking(booking)
    appointment = one_line(loaded, booking, ctx.zone)
    time = short_time_label(ctx, ctx.office.offer_of(booking), hold.starts_at)
    return Prompt(
        message(
            Paragraph(_("Your appointment is: {appointment}.", appointment=appointment)),
            Paragraph(_("The office offers you another time for this appointment.")),
        ),
        [
            Choice(
                OfferAnswer.ACCEPT,
                _("I take the new time: {time}", time=time),
                join(", ", YES, ACCEPTING),
            ),
            Choice(OfferAnswer.DECLINE, ANSWERS[OfferAnswer.DECLINE], NO),
        ],
        expected=_("Please pick one of the answers below."),
    )


@refusable
def _answer(ctx: Context, value: str) -> None:
    offer = ctx.office.offers.made(picked_booking(ctx))
    navigation.end_dialog(ctx)
    if offer is None:
        raise LookupError("the dialog has no offer any more")
    answer_offer(ctx, offer, OfferAnswer(value))


def _steps(_ctx: Context) -> Iterator[Step]:
    yield Step("answer", _("New time"), _ask_answer, effect=_answer, automatic=False)


def _leave_ended(ctx: Context) -> None:
    """End the dialog, and say so, where nothing is offered for its booking any more."""
    leave_ended(ctx)
    if ctx.state.dialog == ANSWER.name:
        booking = picked_booking(ctx)
        if ctx.office.offers.made(booking) is None:
            navigation.end_dialog(ctx)
            say_no_offer(ctx, booking)


ANSWER = Dialog("answer", _("New time"), _steps, before_turn=_leave_ended)
"""Answers the offer for a booking whose link was followed, and shows nothing else of it."""


def _ask_which(ctx: Context) -> Prompt:
    booked = {offer.id: ctx.office.offers.booking_of(offer) for offer in offers_in_question(ctx)}
    return Prompt(
        _(
            "Other times were offered for more than one of your appointments. Which one do you "
            "mean?"
        ),
        [
            Choice(str(number), one_line(ctx.office.of_booking(each), each, ctx.zone))
            for number, each in booked.items()
        ],
        expected=_("Please pick one of the appointments below."),
    )


@refusable
def _answer_picked(ctx: Context, value: str) -> None:
    answer = OfferAnswer(ctx.answers["answer"])
    navigation.end_dialog(ctx)
    offer = ctx.office.offers.find(int(value))
    if offer is None:
        raise LookupError("the offer that was in question is gone")
    answer_offer(ctx, offer, answer)


def _leave_without_offers(ctx: Context) -> None:
    """End the dialog, and say so, where no offer is in question any more."""
    if not offers_in_question(ctx):
        navigation.end_dialog(ctx)
        ctx.say(NO_OFFER)


def _which_steps(_ctx: Context) -> Iterator[Step]:
    label = _("Appointment")
    yield Step("offer", label, _ask_which, effect=_answer_picked, automatic=False)


WHICH = Dialog(WHICH_OFFER, _("New time"), _which_steps, before_turn=_leave_without_offers)
"""Asks for which of several appointments an answer to an offer is, and acts on it."""
