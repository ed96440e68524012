"""Keeping the time that was picked, while the details are typed."""

from contextlib import suppress
from datetime import datetime

from core import bookings
from core.errors import Refusal
from core.tables import Booking
from core.tally import note
from core.text import _, _n
from dialogs import flow
from dialogs.availability import near, planned, zone_of
from dialogs.step import Context, Wrong
from dialogs.times import at


def held(ctx: Context) -> Booking | None:
    """The booking that the conversation holds."""
    return ctx.session.get(Booking, ctx.state.hold) if ctx.state.hold else None


def hold(ctx: Context, value: str) -> None:
    """Keep the time picked; one that is gone is met with the nearest."""
    plan, start = planned(ctx), datetime.fromisoformat(value)
    try:
        booking = bookings.hold(ctx.session, plan, start, ctx.now, ctx.actor, held(ctx))
    except Refusal as refusal:
        if refusal.kind == "taken":
            note(ctx.session, "refusal", refusal.kind)
            raise Wrong(refusal.text, near(start)) from None
        raise
    ctx.state.hold = booking.id
    ctx.answers["day"] = start.astimezone(zone_of(ctx, plan)).date().isoformat()
    ctx.say(
        _n(
            "I'm keeping this time for you for {count} minute: {time}.",
            "I'm keeping this time for you for {count} minutes: {time}.",
            plan.municipality.rules.hold_minutes,
            time=at(ctx, plan, start),
        )
    )


def hold_still(ctx: Context, value: str) -> bool:
    """After a change: whether the same time can be kept for what is wanted now; keeps it, if so."""
    plan, start, old = planned(ctx), datetime.fromisoformat(value), held(ctx)
    day = start.astimezone(zone_of(ctx, plan)).date().isoformat()
    if old and day == ctx.answers.get("day"):
        with suppress(Refusal):
            booking = bookings.hold(ctx.session, plan, start, ctx.now, ctx.actor, old)
            ctx.state.hold = booking.id
            return True
    let_go(ctx)
    return False


def let_go(ctx: Context) -> None:
    """Give the hold up."""
    if old := held(ctx):
        bookings.release(ctx.session, old, ctx.now, ctx.actor)
    ctx.state.hold = None


def lost(ctx: Context, start: datetime) -> None:
    """Ask for the time again, near the one that is gone, which "back" must not bring back."""
    flow.take_back(ctx, "time")
    ctx.state.kept.pop("time", None)
    let_go(ctx)
    ctx.state.view = near(start)


def upkeep(ctx: Context) -> None:
    """Keep the hold while its citizen is active; once it has run out, ask for the time again."""
    booking = held(ctx)
    if booking is None or "time" not in ctx.answers:
        return
    loaded = ctx.office[booking.municipality_id]
    if not bookings.extend(booking, loaded.body.rules, ctx.now):
        lost(ctx, booking.starts_at)
        if not loaded.has(booking.service, booking.branch):
            return  # it is being said that these are gone
        plan = loaded.plan(booking.service, booking.branch, booking.channel)
        ctx.say(
            _(
                "I could keep this time only until now: {time}. I have kept all that you wrote.",
                time=at(ctx, plan, booking.starts_at),
            )
        )
