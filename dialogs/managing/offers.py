"""The answers to an offer of another time: by the buttons under it, by words, and by a link."""

import re
from datetime import datetime

from core.bookings.offers.served import can_be_kept
from core.bookings.offers.service import OFFER_ENDED
from core.db.models import Booking, BookingState, OfferState, TimeOffer
from core.errors import BookingRefused
from core.i18n import Text, _
from core.messaging.keys import MessageKind
from dialogs.booking.time import short_time_label
from dialogs.context import Context
from dialogs.engine import navigation
from dialogs.engine.interpreter import OLD_BUTTON
from dialogs.managing.reschedule import moved_message
from dialogs.menu import switch_to
from dialogs.messages.appointment import office_phone, one_line
from dialogs.messages.blocks import Paragraph, message
from dialogs.messages.time_offer import (
    ANSWERS,
    LINK_PREFIX,
    OfferAnswer,
    Offered,
    offer_message,
)

_LINK = re.compile(rf"{LINK_PREFIX}({'|'.join(OfferAnswer)})_(\d{{1,18}})", re.ASCII)

ACCEPTING = _(
    "accept, i accept, ok i accept, yes i accept, accept it, i take it, ok i take the new time, "
    "yes i take the new time"
)
"""Words that accept an offer, where one is in question."""

NO_OFFER = _("No other time is offered to you now.")
WHICH_OFFER = "which_offer"
"""The dialog that asks for which of several appointments an answer to an offer is."""

STILL_HELD = _(
    "I still hold the new time for you. If you don't want it, write: I don't want the new time."
)


def follow_offer(ctx: Context, link: str) -> None:
    """Act on the link under a button of an offer; another citizen's is unknown."""
    found = _LINK.fullmatch(link)
    offer = ctx.office.offers.find(int(found[2])) if found else None
    if found is None or offer is None:
        ctx.say(OLD_BUTTON)
        return
    answer = OfferAnswer(found[1])
    ctx.tapped = ctx.lexicon.say(ANSWERS[answer], ctx.state.language)
    answer_offer(ctx, offer, answer)


def answer_by_word(ctx: Context, answer: OfferAnswer) -> None:
    """Act on a typed answer to the offer that is open; where several are, ask which is meant.

    Where none is, it is to the one that ended last: who answers twice or too late is told how it
    is.
    """
    if offer := offer_in_question(ctx):
        answer_offer(ctx, offer, answer)
    elif offers_in_question(ctx):
        switch_to(ctx, WHICH_OFFER, answer=answer)
    else:
        ctx.say(NO_OFFER)


def offer_in_question(ctx: Context) -> TimeOffer | None:
    """Return the one offer that is open; where none is, the one that ended last.

    None where there are several.
    """
    offers = offers_in_question(ctx)
    return offers[0] if len(offers) == 1 else None


def offers_in_question(ctx: Context) -> list[TimeOffer]:
    """Return the offers that are open; where none is, those that ended last, at the same time."""
    if made := _made_offers(ctx):
        return made
    latest = [ctx.office.offers.latest(booking) for booking in ctx.office.upcoming()]
    ended = [
        (end, offer)
        for offer in latest
        if offer and offer.hold_id and (end := offer.ended_at or offer.expires_at)
    ]
    last = max((end for end, _offer in ended), default=None)
    return [offer for end, offer in ended if end == last]


def told_offers(ctx: Context) -> list[TimeOffer]:
    """Return the offers in question of which this chat was told: few words may be about them."""
    return [offer for offer in offers_in_question(ctx) if ctx.office.offers.was_told(offer)]


def known_offers(ctx: Context) -> list[TimeOffer]:
    """Return the offers in question of which the citizen was told, here or by e-mail perhaps."""
    return [offer for offer in offers_in_question(ctx) if ctx.office.offers.was_told_any_way(offer)]


def told_open_offers(ctx: Context) -> list[TimeOffer]:
    """Return the offers that are open of which this chat was told."""
    return told_offers(ctx) if _made_offers(ctx) else []


def _made_offers(ctx: Context) -> list[TimeOffer]:
    found = [ctx.office.offers.made(booking) for booking in ctx.office.upcoming()]
    return [offer for offer in found if offer]


def was_offered_last(ctx: Context) -> bool:
    """Return whether an open offer was told last, and made after the open question."""
    return _last_offer(ctx) is not None


def _last_offer(ctx: Context) -> TimeOffer | None:
    """Return the open offer that was told last, and made after the open question."""
    for offer in _made_offers(ctx):
        hold = ctx.office.offers.hold_of(offer)
        if (
            hold
            and is_after_question(ctx, hold.held_at)
            and ctx.office.offers.was_told(offer, last=True)
        ):
            return offer
    return None


def is_after_question(ctx: Context, at: datetime) -> bool:
    """Return whether a time is after the open question was asked, if one is."""
    if ctx.open_prompt is None:
        return True
    asked_at = ctx.open_prompt.asked_at
    return asked_at is not None and at > asked_at


def say_last_offer(ctx: Context) -> bool:
    """Say the open offer that was told last once more; return False where there is none."""
    offer = _last_offer(ctx)
    return offer is not None and say_offer(ctx, offer)


def say_offer(ctx: Context, offer: TimeOffer) -> bool:
    """Say an open offer once more, with its buttons; return False where it can't be shown."""
    booking = ctx.office.offers.booking_of(offer)
    loaded = ctx.office.of_booking(booking)
    if not loaded.has(booking.service, booking.branch):
        return False
    offered = Offered(offer, ctx.office.offers.hold_of(offer), ctx.office.offers.reason_of(offer))
    said = offer_message(loaded, MessageKind.TIME_OFFERED, booking, offered, ctx.zone, ctx.now)
    if said is not None:
        ctx.say(said)
    return said is not None


def may_be_declined(ctx: Context) -> bool:
    """Return whether "no thanks" may be about the offer in question: none that was accepted."""
    offers = told_offers(ctx)
    return len(offers) == 1 and offers[0].state != OfferState.ACCEPTED


def say_no_thanks(ctx: Context, _argument: str) -> None:
    """Say how an offer that has ended is; one that is open, how it is declined.

    Something else was said since, of which the words may be: the time stays held.
    """
    if told_open_offers(ctx):
        ctx.say(STILL_HELD)
    else:
        answer_by_word(ctx, OfferAnswer.DECLINE)


def accept_latest(ctx: Context, booking: Booking) -> None:
    """Accept the time that is offered for a booking, which was found by its code perhaps."""
    offer = ctx.office.offers.made(booking)
    if offer is None:
        ctx.say(NO_OFFER)
    else:
        answer_offer(ctx, offer, OfferAnswer.ACCEPT)


def answer_offer(ctx: Context, offer: TimeOffer, answer: OfferAnswer) -> None:
    """Act on the citizen's answer to an offer."""
    offer = _same_time_since(ctx, offer) or offer
    try:
        if answer is OfferAnswer.ACCEPT:
            _accept(ctx, offer)
        elif answer is OfferAnswer.DECLINE:
            _decline(ctx, offer)
        elif _made_for(ctx, offer):  # whichever time is held, these don't depend on it
            dialog = "move" if answer is OfferAnswer.OTHER else "cancel"
            switch_to(ctx, dialog, booking=str(offer.booking_id))
        else:
            _say_ended(ctx, offer)
    except BookingRefused:
        _say_ended(ctx, offer)


def _same_time_since(ctx: Context, offer: TimeOffer) -> TimeOffer | None:
    """Return the offer that was made since and holds the same time: an answer is to that."""
    newer = _made_for(ctx, offer)
    before, now = [ctx.office.offers.hold_of(each) if each else None for each in (offer, newer)]
    return newer if before and now and before.starts_at == now.starts_at else None


def _made_for(ctx: Context, offer: TimeOffer) -> TimeOffer | None:
    """Return the offer that can be accepted for the same booking: this one, or one since."""
    return ctx.office.offers.made(ctx.office.offers.booking_of(offer))


def _accept(ctx: Context, offer: TimeOffer) -> None:
    if offer.state == OfferState.ACCEPTED:
        _say_ended(ctx, offer)  # not once more that it was moved, with its calendar file
        return
    if not ctx.office.accept_offer(offer):
        ctx.say(
            _("I'm sorry, that time has just gone. I'll look for another one, and write to you.")
        )
        return
    booking = ctx.office.offers.booking_of(offer)
    if ctx.answers.get("booking") == str(booking.id):
        navigation.end_dialog(ctx)  # which was about its old time
    ctx.say(moved_message(ctx, booking))


def _decline(ctx: Context, offer: TimeOffer) -> None:
    ctx.office.decline_offer(offer)
    booking = ctx.office.offers.booking_of(offer)
    loaded = ctx.office.of_booking(booking)
    if not loaded.has(booking.service, booking.branch):
        _say_ended(ctx, offer)
        return
    text = _(
        "All right, the new time isn't held any more. The office will write or call you about "
        "your appointment: {appointment}.",
        appointment=one_line(loaded, booking, ctx.zone),
    )
    ctx.say(message(Paragraph(text), *office_phone(loaded, booking)))


def _say_ended(ctx: Context, offer: TimeOffer) -> None:
    """Say that an offer has ended, and how its appointment is now."""
    booking = ctx.office.offers.booking_of(offer)
    loaded = ctx.office.of_booking(booking)
    if not loaded.has(booking.service, booking.branch):
        ctx.say(OFFER_ENDED)
        return
    appointment = one_line(loaded, booking, ctx.zone)
    upcoming = booking.state == BookingState.CONFIRMED and booking.starts_at > ctx.now
    hold = ctx.office.offers.hold_of(offer)
    is_kept = upcoming and can_be_kept(loaded, booking)
    is_taken = offer.state == OfferState.ACCEPTED and hold and hold.starts_at == booking.starts_at
    if is_kept and is_taken:
        taken = _(
            "You have taken the new time already. Your appointment was moved to: {appointment}.",
            appointment=appointment,
        )
        ctx.say(message(Paragraph(taken), *office_phone(loaded, booking)))
        return
    newer = ctx.office.offers.made(booking)
    held = ctx.office.offers.hold_of(newer) if newer and newer.id != offer.id else None
    if held is not None:
        _say_held(ctx, booking, held)
        return
    now_is: Text = _("Your appointment is over.")
    if booking.state == BookingState.CANCELLED:
        now_is = _("Your appointment was cancelled: {appointment}.", appointment=appointment)
    elif (
        booking.state == BookingState.CONFIRMED
        and not upcoming
        and not offer.by_choice
        and not can_be_kept(loaded, booking)
    ):
        now_is = _(
            "Your appointment couldn't take place at its time: {appointment}. The office will "
            "write or call you about it.",
            appointment=appointment,
        )
    elif upcoming and not is_kept:
        now_is = _(
            "Your appointment can't take place at its time: {appointment}. The office will write "
            "or call you about it.",
            appointment=appointment,
        )
    elif upcoming:
        now_is = _("Your appointment is: {appointment}.", appointment=appointment)
    ended = _("This offer has ended. {now_is}", now_is=now_is)
    ctx.say(message(Paragraph(ended), *office_phone(loaded, booking)))


def _say_held(ctx: Context, booking: Booking, hold: Booking) -> None:
    """Say which time is held instead of one that was offered before, and how it is taken."""
    text = _(
        "That time isn't held any more. I hold another one for you: {time}. To take it, write: "
        "I take the new time.",
        time=short_time_label(ctx, ctx.office.offer_of(booking), hold.starts_at),
    )
    ctx.say(message(Paragraph(text), *office_phone(ctx.office.of_booking(booking), booking)))


def say_no_offer(ctx: Context, booking: Booking) -> None:
    """Say that no other time is offered for a booking, and how it is."""
    appointment = one_line(ctx.office.of_booking(booking), booking, ctx.zone)
    now_is = _("Your appointment is: {appointment}.", appointment=appointment)
    ctx.say(message(Paragraph(NO_OFFER), Paragraph(now_is)))
