"""Deep links: `book_` a service, a municipality or both; `manage_` a code; `caller` for staff.

Those that begin with `offer_` are under the buttons of an offer of another time; `visit_` is under
those of a reminder.
"""

from core.bookings.reference import fold_code, is_code
from dialogs.booking.for_caller import CALLER
from dialogs.context import Context
from dialogs.managing.coming import follow_reminder
from dialogs.managing.find import BY_CODE
from dialogs.managing.offers import follow_offer
from dialogs.menu import switch_to
from dialogs.messages.reminder import LINK_PREFIX as REMINDER_PREFIX
from dialogs.messages.time_offer import LINK_PREFIX

BOOK_PREFIX, MANAGE_PREFIX = "book_", "manage_"

FOR_CALLER = "caller"
"""The link with which a member of staff books for somebody else; to others, it is unknown."""


def follow_link(ctx: Context, link: str) -> None:
    """Begin the task of a deep link; an unknown link is ignored."""
    if link.startswith(MANAGE_PREFIX) and is_code(code := link.removeprefix(MANAGE_PREFIX)):
        if own := ctx.office.own_booking(code):  # the conversation proves whose it is
            switch_to(ctx, "bookings", booking=str(own.id))
        else:
            switch_to(ctx, "bookings", way=BY_CODE, code=fold_code(code))
    elif link.startswith(LINK_PREFIX):
        follow_offer(ctx, link)
    elif link.startswith(REMINDER_PREFIX):
        follow_reminder(ctx, link)
    elif link == FOR_CALLER:
        if ctx.office.is_member():
            switch_to(ctx, CALLER.name)
    elif link.startswith(BOOK_PREFIX) and (
        answers := _answers_of_link(ctx, link.removeprefix(BOOK_PREFIX))
    ):
        switch_to(ctx, "book", **answers)


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
