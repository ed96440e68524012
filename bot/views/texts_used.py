"""Renders that the text messages of a month are nearly, or all, used, for a room of staff."""

from sqlalchemy.orm import Session

from bot.context import Services
from bot.messages import Reply
from bot.views.staff_alert import LANGUAGE
from core.db.models import OutboxRow
from core.i18n import _
from core.messaging.keys import Cause
from core.messaging.text_budget import month_of


def render_texts_used(session: Session, services: Services, row: OutboxRow) -> Reply | None:
    """Return the message; None once the month is over."""
    town, month, percent, budget = Cause.parse(row.dedupe_key, row.recipient).as_texts_used()
    if month_of(services.registry, town, services.clock()) != month:
        return None
    count = str(budget)
    if percent < 100:
        text = _(
            "Of the {count} parts of text messages (SMS) that you have this month, {percent} "
            "percent are used.",
            percent=str(percent),
            count=count,
        )
    else:
        text = _(
            "The {count} parts of text messages (SMS) that you have this month are used up. Until "
            "the next, nobody is reminded by SMS; confirmations and changes are still sent.",
            count=count,
        )
    return Reply(text=services.texts.say(text, LANGUAGE), language=LANGUAGE)
