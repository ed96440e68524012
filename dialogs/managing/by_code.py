"""Words with the code of an appointment, which answer a reminder by text message."""

from collections.abc import Callable

from core.bookings.reference import is_code
from core.db.models import Booking
from core.errors import BookingRefused
from core.i18n import Text, _, join
from dialogs.context import Command, Context
from dialogs.engine import navigation
from dialogs.managing.coming import come_to, stay_away_from
from dialogs.managing.find import NOT_FOUND
from dialogs.menu import switch_to
from dialogs.nlu.lexicon import YES

COMING = join(", ", YES, _("i'm coming, coming"))
NOT_COMING = _("cancel, delete, no, i'm not coming")
MOVE = _("move, change, another day or time")


def _move(ctx: Context, booking: Booking) -> None:
    try:
        ctx.office.check_changeable(booking)
    except BookingRefused as refused:
        ctx.say(refused.text)
    else:
        switch_to(ctx, "move", booking=str(booking.id))


def _with_code(act: Callable[[Context, Booking], None]) -> Callable[[Context, str], None]:
    """Return what acts on the appointment of a code, made by whoever writes or for their number."""

    def run(ctx: Context, code: str) -> None:
        lookup = ctx.office.lookup
        try:
            booking = lookup.own(code) or lookup.by_code(code, ctx.office.own_phone)
        except BookingRefused as refused:
            ctx.say(refused.text)
            return
        if ctx.state.dialog == ctx.definition.initial and not ctx.state.answered_by_citizen:
            navigation.end_dialog(ctx)  # nothing was begun, so that nothing is asked
        if booking is None:
            ctx.say(NOT_FOUND)
        else:
            act(ctx, booking)

    return run


def _command(name: str, words: Text, act: Callable[[Context, Booking], None]) -> Command:
    return Command(
        name=name,
        words=words,
        run=_with_code(act),
        shown="never",
        typed=lambda ctx: bool(ctx.office.own_phone),
        needs_argument=True,
        understands=lambda _ctx, argument: is_code(argument),
    )


CODE_COMMANDS = (
    _command("coming_with_code", COMING, come_to),
    _command("cancel_with_code", NOT_COMING, stay_away_from),
    _command("move_with_code", MOVE, _move),
)
