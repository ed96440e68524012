"""Renders that a webhook endpoint gets no events any more, for a room of staff."""

from urllib.parse import urlsplit

from sqlalchemy.orm import Session

from bot.context import Services
from bot.messages import Reply
from bot.views.staff_alert import LANGUAGE
from core.db.models import DisabledBecause, OutboxRow, WebhookEndpoint
from core.i18n import _, lines
from core.messaging.keys import Cause

WHY = {
    DisabledBecause.GONE: _("It answered that it wants none any more."),
    DisabledBecause.FAILED: _("For three days it didn't take one. None is lost."),
}


def render_disabled(session: Session, services: Services, row: OutboxRow) -> Reply | None:
    """Return the message: which program learns of nothing, and what to do."""
    number = Cause.parse(row.dedupe_key, row.recipient).number
    endpoint = session.get_one(WebhookEndpoint, number)
    why = WHY.get(DisabledBecause(endpoint.disabled_because or DisabledBecause.BY_HAND))
    if endpoint.disabled_at is None or why is None:
        return None  # it was enabled, or disabled by hand, meanwhile
    text = lines(
        _(
            "The program at {host} learns of no changes to appointments any more.",
            host=urlsplit(endpoint.url).hostname or "",
        ),
        why,
        _(
            "Once it is mended, your technician enables it again: rantevou webhook enable {number}",
            number=str(number),
        ),
    )
    return Reply(text=services.texts.say(text, LANGUAGE), language=LANGUAGE)
