"""A notification as the message that its recipient is sent."""

from bot.messages import Reply
from core.db.models import Booking
from dialogs.engine.steps import Context
from dialogs.messages.notification import notification_text


def render_notification(
    ctx: Context, kind: str, booking: Booking, *, plainly: bool = False
) -> Reply | None:
    """Say what a message of that kind says of a booking now; None where that is no longer true."""
    said = notification_text(ctx, kind, booking, plainly=plainly)
    if said is None:
        return None
    return Reply(
        text=ctx.texts.say(said, ctx.language),
        language=ctx.language,
        booking=booking.id if kind != "cancelled" else None,
    )
