"""Renders the question why a booking is to be cancelled, as it stands when it is sent."""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.context import Services
from bot.messages import Reply, ReplyChoice
from bot.staff_messages import StaffButton, StaffTap
from bot.views.staff_alert import LANGUAGE
from core.bookings.reference import format_code
from core.bookings.true_state import check_confirmed, day_and_time
from core.catalogue.rules import AlertFact
from core.db.models import Booking, OutboxRow, StaffMember, StaffQuestion
from core.errors import StaffRefused
from core.i18n import Text, TextTemplate, _, join, lines
from core.messaging.keys import MessageKind
from core.messaging.notifications import reaches_anybody
from core.staff import questions
from core.staff.record import cancellation_reason

READY_REASONS: Sequence[TextTemplate] = (
    _("The employee won't be available"),
    _("The office is closed that day"),
    _("Technical problem"),
    _("The appointment is for another service"),
)
"""Reasons that needn't be typed; a tap's `option` is the position of one."""

MUST_BE_CALLED = _("No message of ours can reach the citizen: please call them afterwards.")


def render_question(session: Session, services: Services, row: OutboxRow) -> Reply | None:
    """Return the message of a question; None where the question is there no more."""
    question = session.get(StaffQuestion, questions.question_of(row.dedupe_key, row.room_id or 0))
    if question is None:
        return None
    booking = session.get_one(Booking, question.booking_id)
    is_open = questions.is_open(question, services.clock())
    is_told = reaches_anybody(session, services.registry, booking)
    if not is_open:
        text, buttons = _closed(session, services, question, booking), []
    elif question.reason:
        step = questions.step_of(session, question)
        text = lines(
            _("Cancel the appointment? {which}", which=which_booking(services, booking)),
            _("The citizen is told: {reason}", reason=question.reason)
            if is_told
            else _("Reason: {reason}", reason=question.reason),
            None if is_told else MUST_BE_CALLED,
        )
        confirm = StaffTap(StaffButton.CONFIRM, question.id, option=step)
        buttons = [
            (confirm, _("Yes, cancel it")),
            (StaffTap(StaffButton.KEEP, question.id), _("No, keep it")),
        ]
    else:
        name = session.scalar(
            select(StaffMember.name.label("name")).where(StaffMember.id == question.member_id)
        )
        text = lines(
            _(
                "{name}, why is this appointment to be cancelled? {which}",
                name=name or "",
                which=which_booking(services, booking),
            ),
            join(
                " ",
                _("The citizen is told.") if is_told else MUST_BE_CALLED,
                _("Pick a reason, or answer this message in your own words."),
            ),
        )
        buttons = [
            *(
                (StaffTap(StaffButton.REASON, question.id, option=option), reason)
                for option, reason in enumerate(READY_REASONS)
            ),
            (StaffTap(StaffButton.KEEP, question.id), _("Don't cancel it")),
        ]
    return Reply(
        text=services.texts.say(text, LANGUAGE),
        language=LANGUAGE,
        choices=[
            ReplyChoice(id=tap.dump(), label=services.texts.say(label, LANGUAGE), row=place)
            for place, (tap, label) in enumerate(buttons)
        ],
        answers=None if row.replaces_id else _alert_id(session, question),
        edits=row.replaces_id is not None,
    )


def _closed(
    session: Session, services: Services, question: StaffQuestion, booking: Booking
) -> Text:
    """Return how a question ended, by the booking as it is."""
    try:
        check_confirmed(session, services.registry, booking, question.shown)
    except StaffRefused as refused:
        reason = cancellation_reason(session, booking.id)
        return lines(refused.text, _("Reason: {reason}", reason=reason) if reason else None)
    if questions.asked_anew(session, question):
        return _("This question was asked anew.")
    if question.closed_at and question.closed_at < question.asked_at + questions.LIFETIME:
        return _("Not cancelled.")
    return _("Not cancelled: nobody answered for an hour.")


def which_booking(services: Services, booking: Booking) -> Text:
    """Return the time and the code of a booking, as far as its municipality has alerts show it."""
    body = services.registry[booking.municipality_id].body
    facts: dict[AlertFact, Text] = {
        AlertFact.TIME: day_and_time(booking.starts_at, ZoneInfo(body.timezone)),
        AlertFact.CODE: format_code(booking.code or ""),
    }
    return join(" · ", *(fact for name, fact in facts.items() if name in body.staff_chat.shows))


def _alert_id(session: Session, question: StaffQuestion) -> str | None:
    """Return the platform's id of the last alert of the booking in the room, if there was one."""
    return session.scalar(
        select(OutboxRow.provider_id)
        .where(
            OutboxRow.booking_id == question.booking_id,
            OutboxRow.room_id == question.room_id,
            OutboxRow.kind == MessageKind.ALERT,
            OutboxRow.provider_id.is_not(None),
        )
        .order_by(OutboxRow.id.desc())
        .limit(1)
    )
