"""The answers to the question why a booking is cancelled: a reason, and once more yes or no."""

from sqlalchemy import select

from bot.staff.joining import SHOW_YOURSELF
from bot.staff.turn import StaffTurn
from bot.staff_messages import StaffAnswer, StaffTap
from bot.views.staff_question import READY_REASONS
from core.actor import Staff
from core.bookings import by_staff
from core.db.models import Booking, StaffMember, StaffQuestion, StaffRoom
from core.errors import StaffRefusalKind, StaffRefused
from core.i18n import TextTemplate, _, lines
from core.messaging.notifications import notified_on
from core.staff import questions

CLOSED = _("This question is closed. Tap “Cancel” again if you need to.")
ASKED_ANEW = _("I have asked you anew: please answer the later question.")
ANSWER_QUESTION = _("Please answer my question again, not this message.")


def answer_in_words(turn: StaffTurn, question: StaffQuestion) -> StaffAnswer | None:
    """Take the reason that the member who was asked has written; others only talk there."""
    if turn.inbound.address is None and questions.is_open(question, turn.now):
        return turn.here(SHOW_YOURSELF)  # it may be the member who was asked
    if turn.staff is None or turn.staff.member_id != question.member_id:
        return None
    if not questions.is_open(question, turn.now):
        return _point(turn, question)
    try:
        reason = by_staff.check_reason(turn.inbound.text or "")
    except StaffRefused as refused:
        return turn.here(lines(refused.text, ANSWER_QUESTION))
    questions.give_reason(turn.session, turn.registry, question, reason, turn.now)
    return None  # the question shows it, and asks once more


def _anew(turn: StaffTurn, question: StaffQuestion) -> StaffQuestion | None:
    """Return the open question that took the place of a closed one; None where there is none."""
    later = questions.asked_anew(turn.session, question)
    return later if later and questions.is_open(later, turn.now) else None


def _point(turn: StaffTurn, question: StaffQuestion) -> StaffAnswer:
    """Say that a question is closed: under the one that was asked anew, if there is one."""
    later = _anew(turn, question)
    if later is None:
        return turn.here(CLOSED)
    said = turn.here(ASKED_ANEW)
    answers = questions.provider_id(turn.session, later)
    return said.model_copy(update={"reply": said.reply.model_copy(update={"answers": answers})})


def pick_reason(turn: StaffTurn, staff: Staff, tap: StaffTap) -> StaffAnswer | None:
    """Take a ready reason, in the language of the citizen, who is told it."""
    if tap.option >= len(READY_REASONS):
        return None
    question = _find(turn, staff, tap)
    booking = turn.session.get_one(Booking, question.booking_id)
    reason = turn.services.texts.say(READY_REASONS[tap.option], booking.language)
    questions.give_reason(turn.session, turn.registry, question, reason, turn.now)
    return turn.pop_up(_("Please confirm it."))


def confirm(turn: StaffTurn, staff: Staff, tap: StaffTap) -> StaffAnswer:
    """Cancel the booking for the reason that the tapped message shows."""
    question = _find(turn, staff, tap)
    reason = question.reason
    if reason is None or tap.option != questions.step_of(turn.session, question):
        raise _changed(_("The reason is another one by now. Please look again."))
    booking = turn.session.get_one(Booking, question.booking_id)
    try:
        with turn.session.begin_nested():
            by_staff.cancel(
                turn.session,
                turn.registry,
                staff,
                booking,
                turn.now,
                reason,
                shown=question.shown,
            )
    except StaffRefused as refused:
        if refused.kind is not StaffRefusalKind.CHANGED:
            raise
        questions.close(turn.session, turn.registry, question, turn.now)
        return turn.refuse(refused.text)
    questions.close(turn.session, turn.registry, question, turn.now)
    notified = notified_on(turn.session, booking, turn.now)
    return turn.pop_up(_("Cancelled.") if notified else _("Cancelled. Please call the citizen."))


def keep(turn: StaffTurn, staff: Staff, tap: StaffTap) -> StaffAnswer:
    """Close the question; the booking stays."""
    questions.close(turn.session, turn.registry, _find(turn, staff, tap), turn.now)
    return turn.pop_up(_("Not cancelled."))


def _find(turn: StaffTurn, staff: Staff, tap: StaffTap) -> StaffQuestion:
    """Return the open question of the member who taps. Raises StaffRefused."""
    question = questions.find(turn.session, tap.about)
    room = turn.session.get(StaffRoom, question.room_id) if question else None
    if question is None or room is None or turn.room is None or room.chat != turn.room.chat:
        raise StaffRefused(StaffRefusalKind.NOT_FOUND, CLOSED)
    if question.member_id != staff.member_id:
        name = select(StaffMember.name.label("name")).where(StaffMember.id == question.member_id)
        asked = turn.session.scalar(name) or ""
        raise _changed(
            _("The question is for: {name}. Tap “Cancel” under the appointment.", name=asked)
        )
    if not questions.is_open(question, turn.now):
        raise _changed(ASKED_ANEW if _anew(turn, question) else CLOSED)
    return question


def _changed(text: TextTemplate) -> StaffRefused:
    return StaffRefused(StaffRefusalKind.CHANGED, text)
