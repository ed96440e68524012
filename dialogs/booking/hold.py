"""Keeping the time that was picked, while the details are typed."""

from contextlib import suppress
from datetime import datetime

from core.bookings import service as bookings
from core.db.events import record_event
from core.db.models import Booking
from core.errors import BookingRefused
from core.i18n import _, _n
from dialogs.booking.alternatives import current_offer, near_view, zone_of
from dialogs.booking.time import spoken_time
from dialogs.engine import navigation
from dialogs.engine.steps import Context
from dialogs.nlu.errors import InvalidAnswer


def current_hold(ctx: Context) -> Booking | None:
    """The booking that the conversation holds."""
    return ctx.session.get(Booking, ctx.state.hold) if ctx.state.hold else None


def hold(ctx: Context, value: str) -> None:
    """Keep the time picked; one that is gone is met with the nearest."""
    offer, start = current_offer(ctx), datetime.fromisoformat(value)
    try:
        booking = bookings.hold(ctx.session, offer, start, ctx.now, ctx.actor, current_hold(ctx))
    except BookingRefused as refusal:
        if refusal.kind == "taken":
            record_event(ctx.session, "refusal", refusal.kind)
            raise InvalidAnswer(refusal.text, near_view(start)) from None
        raise
    ctx.state.hold = booking.id
    ctx.answers["day"] = start.astimezone(zone_of(ctx, offer)).date().isoformat()
    ctx.say(
        _n(
            "I'm keeping this time for you for {count} minute: {time}.",
            "I'm keeping this time for you for {count} minutes: {time}.",
            offer.municipality.rules.hold_minutes,
            time=spoken_time(ctx, offer, start),
        )
    )


def still_held(ctx: Context, value: str) -> bool:
    """After a change: whether the same time can be kept for what is wanted now; keeps it, if so."""
    offer, start, old = current_offer(ctx), datetime.fromisoformat(value), current_hold(ctx)
    day = start.astimezone(zone_of(ctx, offer)).date().isoformat()
    if old and day == ctx.answers.get("day"):
        with suppress(BookingRefused):
            booking = bookings.hold(ctx.session, offer, start, ctx.now, ctx.actor, old)
            ctx.state.hold = booking.id
            return True
    release_hold(ctx)
    return False


def release_hold(ctx: Context) -> None:
    """Give the hold up."""
    if old := current_hold(ctx):
        bookings.release(ctx.session, old, ctx.now, ctx.actor)
    ctx.state.hold = None


def hold_lost(ctx: Context, start: datetime) -> None:
    """Ask for the time again, near the one that is gone, which "back" must not bring back."""
    navigation.reopen(ctx, "time")
    ctx.state.kept.pop("time", None)
    release_hold(ctx)
    ctx.state.view = near_view(start)


def after_turn(ctx: Context) -> None:
    """Keep the hold while its citizen is active; once it has run out, ask for the time again."""
    booking = current_hold(ctx)
    if booking is None or "time" not in ctx.answers:
        return
    loaded = ctx.registry[booking.municipality_id]
    if not bookings.extend(booking, loaded.body.rules, ctx.now):
        hold_lost(ctx, booking.starts_at)
        if not loaded.has(booking.service, booking.branch):
            return  # it is being said that these are gone
        offer = loaded.offer(booking.service, booking.branch, booking.channel)
        ctx.say(
            _(
                "I could keep this time only until now: {time}. I have kept all that you wrote.",
                time=spoken_time(ctx, offer, booking.starts_at),
            )
        )
