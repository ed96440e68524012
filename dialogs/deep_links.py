"""Links that begin a conversation: `book_` a service, a municipality or both; `manage_` a code."""

from core.bookings.reference import fold_code, is_code
from dialogs.context import Context
from dialogs.managing.find import BY_CODE
from dialogs.menu import switch_to

BOOK, MANAGE = "book_", "manage_"


def follow_link(ctx: Context, link: str) -> None:
    """Go where a link leads; one that leads nowhere changes nothing."""
    if link.startswith(MANAGE) and is_code(code := link.removeprefix(MANAGE)):
        switch_to(ctx, "bookings", way=BY_CODE, code=fold_code(code))
    elif link.startswith(BOOK) and (answers := _answers_named(ctx, link.removeprefix(BOOK))):
        switch_to(ctx, "book", **answers)


def _answers_named(ctx: Context, name: str) -> dict[str, str]:
    """Return the answers that a link gives; where it may mean several, those that they share."""
    found = [
        {"municipality": body.id, "group": group.id, "service": service.id}
        for body in ctx.office.offered_municipalities
        for group in body.groups
        for service in group.services
        if name in (body.id, service.id, f"{body.id}_{service.id}")
    ]
    return dict(set.intersection(*(set(each.items()) for each in found))) if found else {}
