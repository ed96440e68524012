"""What comes in besides texts and taps: the link that began a talk, and what can't be read."""

from collections.abc import Mapping
from typing import Literal

from core.bookings.reference import fold_code, is_code
from core.i18n import TextTemplate, _
from dialogs.engine.steps import Context
from dialogs.menu import switch_to

Unread = Literal["voice", "contact", "edited", "other"]

UNREADABLE: Mapping[Unread, TextTemplate] = {
    "voice": _("I can't listen to voice messages. Please write to me, or tap a button."),
    "contact": _("That is somebody else's contact. Please share your own, or write the number."),
    "edited": _(
        "I had read that message before you changed it. "
        "To change an answer, write “change” and which one."
    ),
    "other": _("I can read only what you write. Please write your answer, or tap a button."),
}

BOOK, MANAGE = "book_", "manage_"
"""What links begin with: `book_` a service, a municipality or both; `manage_` a booking's code."""


def follow_link(ctx: Context, link: str) -> None:
    """Go where a link leads; one that leads nowhere changes nothing."""
    if link.startswith(MANAGE) and is_code(code := link.removeprefix(MANAGE)):
        switch_to(ctx, "bookings", way="code", code=fold_code(code))
    elif link.startswith(BOOK) and (answers := _named(ctx, link.removeprefix(BOOK))):
        switch_to(ctx, "book", **answers)


def _named(ctx: Context, name: str) -> dict[str, str]:
    """The answers that a link gives; where it may mean several, those that they share."""
    found = [
        {"municipality": body.id, "group": group.id, "service": service.id}
        for body in ctx.registry.municipalities
        if ctx.state.home in (None, body.id)
        for group in body.groups
        for service in group.services
        if name in (body.id, service.id, f"{body.id}_{service.id}")
    ]
    return dict(set.intersection(*(set(each.items()) for each in found))) if found else {}
