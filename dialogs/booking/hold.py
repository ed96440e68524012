"""Holding the time that was picked, while the details are typed."""

from contextlib import suppress
from datetime import datetime

from core.errors import BookingRefused, RefusalKind
from core.i18n import _, _n
from dialogs.booking.selection import HOLD, current_hold, current_offer, near_view, zone_of
from dialogs.booking.time import spoken_time
from dialogs.context import Context, refusable
from dialogs.engine import navigation
from dialogs.engine.outcomes import EffectOutcome, InvalidAnswer


@refusable
def hold(ctx: Context, value: str) -> EffectOutcome:
    """Hold the time picked; one that is gone is met with the nearest."""
    offer, start = current_offer(ctx), datetime.fromisoformat(value)
    try:
        booking = ctx.office.hold(offer, start, current_hold(ctx))
    except BookingRefused as refused:
        if refused.kind != RefusalKind.TAKEN:
            raise
        ctx.events.append(("refusal", refused.kind))
        return InvalidAnswer(refused.text, near_view(start))
    _keep(ctx, booking.id)
    day = start.astimezone(zone_of(ctx, offer)).date().isoformat()
    ctx.state = ctx.state.with_derived("day", day)
    ctx.say(
        _n(
            "I'm keeping this time for you for {count} minute: {time}.",
            "I'm keeping this time for you for {count} minutes: {time}.",
            offer.municipality.rules.hold_minutes,
            time=spoken_time(ctx, offer, start),
        )
    )
    return None


def still_held(ctx: Context, value: str) -> bool:
    """Hold the same time for what is wanted after a change; return whether that is possible."""
    offer, start, old = current_offer(ctx), datetime.fromisoformat(value), current_hold(ctx)
    day = start.astimezone(zone_of(ctx, offer)).date().isoformat()
    if old and day == ctx.answers.get("day"):
        with suppress(BookingRefused):
            _keep(ctx, ctx.office.hold(offer, start, old).id)
            return True
    release_hold(ctx)
    return False


def release_hold(ctx: Context) -> None:
    """Give the hold up."""
    if old := current_hold(ctx):
        ctx.office.release(old)
    _keep(ctx, None)


def hold_lost(ctx: Context, start: datetime) -> None:
    """Ask for the time again, near the one that is gone, which "back" must not bring back."""
    navigation.drop(ctx, "time")
    release_hold(ctx)
    ctx.update(view=near_view(start))


def after_turn(ctx: Context) -> None:
    """Extend the hold while its citizen is active; once it has run out, ask for the time again."""
    number = ctx.state.data.get(HOLD)
    if number is None or "time" not in ctx.answers or ctx.office.extend(int(number)):
        return
    booking = current_hold(ctx)
    if booking is None:
        return
    hold_lost(ctx, booking.starts_at)
    if not ctx.office.of_booking(booking).has(booking.service, booking.branch):
        return  # it is being said that these are gone
    ctx.say(
        _(
            "I could keep this time only until now: {time}. I have kept all that you wrote.",
            time=spoken_time(ctx, ctx.office.offer_of(booking), booking.starts_at),
        )
    )


def _keep(ctx: Context, number: int | None) -> None:
    data = {name: value for name, value in ctx.state.data.items() if name != HOLD}
    ctx.update(data=data if number is None else data | {HOLD: str(number)})
