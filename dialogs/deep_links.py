"""Deep links: `book_` a service, a municipality or both; `manage_` a code; `caller` for staff.

Those that begin with `offer_` are under the buttons of an offer of another time; `visit_` is under
those of a reminder. `answer_`, `move_` and `cancel_` go before the token of a link to one booking,
with which no more can be done: neither its details nor its other tasks are for whoever has that;
`told_`, where the booking was told in a call of ours.
`join_` goes before the token of a link to join two chats.
"""

from core.bookings.joining.citizen_joining import LINK_PREFIX as JOIN_PREFIX
from core.bookings.reference import fold_code, is_code
from dialogs.booking.for_caller import CALLER
from dialogs.booking.selection import LINK
from dialogs.context import Context, refusable
from dialogs.joining import follow_join
from dialogs.managing.coming import follow_reminder
from dialogs.managing.find import BY_CODE
from dialogs.managing.offer_dialogs import ANSWER
from dialogs.managing.offers import follow_offer, say_no_offer
from dialogs.managing.told import TOLD, say_no_answer
from dialogs.menu import switch_to
from dialogs.messages.reminder import LINK_PREFIX as REMINDER_PREFIX
from dialogs.messages.time_offer import LINK_PREFIX

BOOK_PREFIX, MANAGE_PREFIX = "book_", "manage_"
TASK_PREFIXES = ("answer_", "move_", "cancel_", "told_")

FOR_CALLER = "caller"
"""The link with which a member of staff books for somebody else; to others, it is unknown."""


def follow_link(ctx: Context, link: str) -> None:
    """Begin the task of a deep link; an unknown link is ignored."""
    if link.startswith(MANAGE_PREFIX) and is_code(code := link.removeprefix(MANAGE_PREFIX)):
        lookup = ctx.office.lookup  # the conversation, or a proven number, proves whose it is
        if own := lookup.own(code) or lookup.of_proven_phone(code):
            switch_to(ctx, "bookings", booking=str(own.id))
        else:
            switch_to(ctx, "bookings", way=BY_CODE, code=fold_code(code))
    elif link.startswith(LINK_PREFIX):
        follow_offer(ctx, link)
    elif link.startswith(REMINDER_PREFIX):
        follow_reminder(ctx, link)
    elif link.startswith(JOIN_PREFIX):
        follow_join(ctx, link.removeprefix(JOIN_PREFIX))
    elif link.startswith(TASK_PREFIXES):
        task, _sign, token = link.partition("_")
        _follow_booking(ctx, task, token)
    elif link == FOR_CALLER:
        if ctx.office.is_member():
            switch_to(ctx, CALLER.name)
    elif link.startswith(BOOK_PREFIX) and (
        answers := _answers_of_link(ctx, link.removeprefix(BOOK_PREFIX))
    ):
        switch_to(ctx, "book", **answers)


@refusable
def _follow_booking(ctx: Context, task: str, token: str) -> None:
    """Begin a task with the booking of a link, where that is possible still."""
    link = ctx.office.lookup.link(token)
    booking = ctx.office.booking(link.booking_id) if link else None
    if link is None or booking is None:
        return
    if task == TOLD.name:
        if ctx.office.offers.made(booking):
            task = ANSWER.name
        elif say_no_answer(ctx, booking):
            return
    elif task != ANSWER.name:
        ctx.office.check_changeable(booking)
    elif ctx.office.offers.made(booking) is None:
        ctx.office.check_open(booking)
        say_no_offer(ctx, booking)
        return
    # The citizen's own chat proves whose it is, whatever becomes of the link.
    followed = {} if ctx.office.visits.own(booking.id) else {LINK: str(link.id)}
    switch_to(ctx, task, booking=str(booking.id), **followed)


def _answers_of_link(ctx: Context, name: str) -> dict[str, str]:
    """Return the answers that a link implies; if it fits several services, those they share."""
    found = [
        {"municipality": body.id, "group": group.id, "service": service.id}
        for body in ctx.office.offered_municipalities
        for group in body.groups
        for service in group.services
        if name in (body.id, service.id, f"{body.id}_{service.id}")
    ]
    return dict(set.intersection(*(set(each.items()) for each in found))) if found else {}
