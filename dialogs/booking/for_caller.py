"""The dialog of staff who book for somebody at the counter or on the telephone.

It is the citizen's own, spoken for another: in its questions, answers and holds it is theirs.
"""

from dataclasses import replace

from core.i18n import Text, _
from dialogs.booking.dialog import BOOK
from dialogs.booking.hold import release_hold
from dialogs.context import Context
from dialogs.engine import navigation


def _start(ctx: Context) -> None:
    """Begin without the answers of the member's own dialogs, which would be offered."""
    navigation.forget_answers(ctx)
    _act_for_caller(ctx)


def _act_for_caller(ctx: Context) -> None:
    """Act for the caller in this turn; end where that can't be done, or can't any more."""
    if not ctx.office.act_for_caller():
        _end(ctx, _("You can't book for others any more, so I've stopped. Nothing was booked."))
    elif not ctx.office.offered_municipalities:
        _end(ctx, _("Nothing that you serve can be booked here just now."))


def _end(ctx: Context, why: Text) -> None:
    navigation.end_dialog(ctx)
    ctx.say(why)


def _leave(ctx: Context) -> None:
    """Keep nothing of what the caller said."""
    release_hold(ctx)
    navigation.forget_answers(ctx)
    ctx.office.act_for_oneself()


CALLER = replace(
    BOOK,
    name="caller",
    label=_("Booking for somebody else"),
    heading=_("You are booking for somebody else."),
    on_start=_start,
    before_turn=_act_for_caller,
    on_leave=_leave,
)
