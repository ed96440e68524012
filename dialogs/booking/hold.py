"""Hold the time that was picked while the details are typed."""

from contextlib import suppress
from datetime import datetime

from core.errors import BookingRefused, RefusalKind, StaffRefused
from core.i18n import _, _n, join
from dialogs.booking.selection import (
    HOLD,
    current_hold,
    current_offer,
    nearest_times_view,
    proving_municipality,
    zone_of,
)
from dialogs.booking.time import brief_time, time_label
from dialogs.context import Context, refusable
from dialogs.engine import navigation
from dialogs.engine.outcomes import EffectOutcome, InvalidAnswer, StepRefused
from dialogs.messages.phone_proof import HINT


@refusable
def hold_time(ctx: Context, value: str) -> EffectOutcome:
    """Hold the time picked; if it has been taken, offer the nearest ones."""
    offer, start = current_offer(ctx), datetime.fromisoformat(value)
    try:
        booking = ctx.office.hold(offer, start, current_hold(ctx))
    except BookingRefused as refused:
        if refused.kind == RefusalKind.TOO_MANY_CONFIRMATIONS and proving_municipality(ctx):
            raise StepRefused(refused.kind, join(" ", refused.text, HINT)) from None
        if refused.kind != RefusalKind.TAKEN:
            raise
        ctx.events.append(("refusal", refused.kind))
        return InvalidAnswer(refused.text, nearest_times_view(start))
    _store_hold_id(ctx, booking.id)
    day = start.astimezone(zone_of(ctx, offer)).date().isoformat()
    ctx.state = ctx.state.with_derived("day", day)
    minutes = offer.municipality.rules.hold_minutes
    if ctx.is_brief:
        at = brief_time(ctx, offer, start)
        ctx.say(_("{time}: kept for {count} minutes.", time=at, count=str(minutes)))
        return None
    ctx.say(
        _n(
            "I'm keeping this time for you for {count} minute: {time}.",
            "I'm keeping this time for you for {count} minutes: {time}.",
            minutes,
            time=time_label(ctx, offer, start),
        )
    )
    return None


def renew_hold(ctx: Context, value: str) -> bool:
    """Hold the same time for the offer after a change; return whether that was possible."""
    offer, start, old = current_offer(ctx), datetime.fromisoformat(value), current_hold(ctx)
    day = start.astimezone(zone_of(ctx, offer)).date().isoformat()
    if old and day == ctx.answers.get("day"):
        with suppress(BookingRefused, StaffRefused):
            _store_hold_id(ctx, ctx.office.hold(offer, start, old).id)
            return True
    release_hold(ctx)
    return False


def release_hold(ctx: Context) -> None:
    """Release the conversation's hold, if any."""
    if old := current_hold(ctx):
        ctx.office.release(old)
    _store_hold_id(ctx, None)


def ask_time_again(ctx: Context, start: datetime) -> None:
    """Ask for a time near the one that was lost, which "back" can't restore."""
    navigation.drop(ctx, "time")
    release_hold(ctx)
    ctx.update(view=nearest_times_view(start))


def after_turn(ctx: Context) -> None:
    """Extend the hold, as the citizen is active; if it has expired, ask for the time again."""
    number = ctx.state.data.get(HOLD)
    if number is None or "time" not in ctx.answers or ctx.office.extend(int(number)):
        return
    booking = current_hold(ctx)
    if booking is None:
        return
    ask_time_again(ctx, booking.starts_at)
    loaded = ctx.office.find(booking.municipality_id)
    if loaded is None or not loaded.has(booking.service, booking.branch):
        return  # the citizen is told that these no longer exist
    ctx.say(
        _(
            "I could keep this time only until now: {time}. I have kept all that you wrote.",
            time=time_label(ctx, ctx.office.offer_of(booking), booking.starts_at),
        )
    )


def _store_hold_id(ctx: Context, number: int | None) -> None:
    data = {name: value for name, value in ctx.state.data.items() if name != HOLD}
    ctx.update(data=data if number is None else data | {HOLD: str(number)})
