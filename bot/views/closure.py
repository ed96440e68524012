"""Renders that a closure or an extra opening was made, or has ended, for a room of staff."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.context import Services
from bot.messages import Reply
from bot.views.staff_alert import LANGUAGE
from core.bookings.closures import outcome_of, request_of
from core.db.models import ExceptionKind, OutboxRow, ScheduleException, StaffMember
from core.i18n import Text, _, lines
from core.messaging.keys import Cause
from dialogs.messages import closures as texts


def render_closure(session: Session, services: Services, row: OutboxRow) -> Reply:
    """Return the message: what is closed, who did it, and what became of the bookings."""
    exception_id, has_ended = Cause.parse(row.dedupe_key, row.recipient).as_closure()
    exception = session.get_one(ScheduleException, exception_id)
    loaded = services.registry[exception.municipality_id]
    asked = request_of(loaded, exception)
    number = str(exception.id)
    if has_ended:
        text = lines(
            texts.ended(loaded, exception.id, asked),
            _("Appointments stand as they were; offers that weren't accepted are withdrawn."),
        )
    else:
        name = session.scalar(
            select(StaffMember.name.label("name")).where(StaffMember.id == exception.member_id)
        )
        who: Text = name or _("the operator")
        is_closure = asked.kind is ExceptionKind.CLOSURE
        text = lines(
            texts.heading(loaded, asked, done=True),
            texts.outcome(loaded, outcome_of(session, exception), done=True)
            if is_closure
            else None,
            _("({who}; to end it: /open {number})", who=who, number=number)
            if is_closure
            else _("({who})", who=who),
        )
    return Reply(text=services.texts.say(text, LANGUAGE), language=LANGUAGE)
