"""The messages of notifications: reminders, and changes made elsewhere."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from core.bookings.reference import format_code
from core.catalogue.registry import LoadedMunicipality
from core.db.models import Booking, BookingState
from core.i18n import TextTemplate, _, join
from core.messaging.keys import TO_CHAT, TO_STAFF, MessageKind
from dialogs.messages.appointment import (
    FORGET_IN_CALENDAR,
    TELL_OFFICE,
    appointment_facts,
    booking_message,
    brief_form,
    documents,
    documents_left,
    full_details,
    office_phone,
    one_line,
)
from dialogs.messages.blocks import (
    Block,
    Button,
    Fact,
    Facts,
    Heading,
    Message,
    Note,
    Paragraph,
)
from dialogs.messages.reminder import (
    ANSWERS,
    ReminderAnswer,
    is_changeable,
    link_of,
    possible_answers,
)
from dialogs.messages.time_offer import (
    HOW_ATTENDEES_TAKE,
    STATES,
    Offered,
    buttons_of,
    reminded_offer,
)


@dataclass(frozen=True)
class Wording:
    """The words of one kind of notification: its short form, and its first lines.

    The citizen who booked reads `for_citizen` in a chat that can answer; without one, what the
    attendee reads, who may be somebody else and can't answer.
    """

    brief: TextTemplate
    for_attendee: TextTemplate
    for_citizen: TextTemplate | None = None


_REMINDER = _("A reminder of your appointment:")
_MOVED_BY_OFFICE = _("The office moved your appointment:")
_EDITED_BY_OFFICE = _("The office changed the details of your appointment:")

WORDINGS: Mapping[MessageKind, Wording] = {
    MessageKind.CONFIRMED: Wording(
        _("Your appointment is booked: {appointment}. Code: {code}."),
        _("Your appointment is booked."),
    ),
    MessageKind.MOVED: Wording(
        _("Your appointment was moved: {appointment}. Code: {code}."),
        _("Your appointment was moved."),
        _(
            "Your appointment was moved from another device, with its code and your number or from "
            "its email:"
        ),
    ),
    MessageKind.EDITED: Wording(
        _("The details of your appointment were changed: {appointment}. Code: {code}."),
        _("The details of your appointment were changed."),
        _(
            "The details of your appointment were changed from another device, with its code and "
            "your number or from its email:"
        ),
    ),
    MessageKind.CODE_SENT: Wording(
        _("Your appointment: {appointment}. Code: {code}."),
        _("Here is the code of your appointment, which was asked for or has changed."),
    ),
    MessageKind.REMINDER: Wording(
        _("A reminder of your appointment: {appointment}. Code: {code}."), _REMINDER, _REMINDER
    ),
    MessageKind.MOVED_BY_OFFICE: Wording(
        _("The office moved your appointment: {appointment}. Code: {code}."),
        _MOVED_BY_OFFICE,
        _MOVED_BY_OFFICE,
    ),
    MessageKind.EDITED_BY_OFFICE: Wording(
        _("The office changed the details of your appointment: {appointment}. Code: {code}."),
        _EDITED_BY_OFFICE,
        _EDITED_BY_OFFICE,
    ),
}
"""For every kind but the cancellations, which say nothing else of the appointment, and offers."""

CODES_SENT = _("Here are the codes of your appointments, which were asked for or have changed.")
KEEP_CODES = _(
    "With the code of an appointment and the phone number that was given for it, you can move or "
    "cancel it from any chat."
)

CANCELLATIONS = {MessageKind.CANCELLED, MessageKind.CANCELLED_BY_OFFICE}

OTHERS = (
    TO_STAFF
    | TO_CHAT
    | {
        MessageKind.REPLY,
        MessageKind.EVENT,
        MessageKind.ADDRESS_REFUSED,
        MessageKind.PHONE_PROOF,
    }
)
"""The kinds that aren't notifications about an appointment."""

if _missing := set(MessageKind) - WORDINGS.keys() - CANCELLATIONS - STATES.keys() - OTHERS:
    raise RuntimeError(f"WORDINGS has no record for: {', '.join(sorted(_missing))}")

CANCEL_HERE = _(
    "If you can't make it, please cancel it here, so that somebody else can have the time."
)
WILL_COME = _("Will you come?")


def codes_message(
    found: Sequence[tuple[LoadedMunicipality, Booking]], citizen: ZoneInfo
) -> Message:
    """Return the message with the codes of several bookings, each below its municipality."""
    by_body: dict[str, list[tuple[LoadedMunicipality, Booking]]] = {}
    for loaded, booking in found:
        if loaded.has(booking.service, booking.branch):
            by_body.setdefault(loaded.body.id, []).append((loaded, booking))
    blocks: list[Block] = [Heading(CODES_SENT)]
    for group in by_body.values():
        rows = (
            Fact(one_line(loaded, booking, citizen), format_code(booking.code or ""))
            for loaded, booking in group
        )
        blocks += [Paragraph(group[0][0].body.name), Facts(tuple(rows))]
    return Message((*blocks, Note(KEEP_CODES)))


def notification_message(
    loaded: LoadedMunicipality,
    kind: MessageKind,
    booking: Booking,
    citizen: ZoneInfo,
    now: datetime,
    *,
    to_attendee: bool = False,
    reason: str | None = None,
    offered: Offered | None = None,
) -> Message | None:
    """Return the message of a notification about a booking, for the citizen or the attendee.

    `reason` is why the office cancelled it; `offered`, the other time that it offers, which a
    reminder gives. None if it is no longer true, such as a reminder of a cancelled booking.
    """
    if not loaded.has(booking.service, booking.branch):
        return None  # a cancelled booking's service may no longer be in the catalogue
    if kind is MessageKind.CANCELLED_BY_OFFICE:
        appointment = one_line(loaded, booking, citizen)
        said = [_("The office cancelled your appointment: {appointment}.", appointment=appointment)]
        if reason:
            said.append(_("Reason: {reason}", reason=reason))
        paragraphs = map(Paragraph, said)
        blocks = (*paragraphs, *office_phone(loaded, booking), FORGET_IN_CALENDAR)
        return Message(blocks, booking.id, join(" ", *said))
    if kind is MessageKind.CANCELLED:
        appointment = one_line(loaded, booking, citizen)
        brief = _("Your appointment was cancelled: {appointment}.", appointment=appointment)
        elsewhere = _(
            "Your appointment was cancelled from another device, with its code and your number or "
            "from its email: {appointment}.",
            appointment=appointment,
        )
        text = Paragraph(brief if to_attendee else elsewhere)
        blocks = (text, *office_phone(loaded, booking), FORGET_IN_CALENDAR)
        return Message(blocks, booking.id, brief)
    if booking.state != BookingState.CONFIRMED or booking.starts_at <= now:
        return None
    wording, reminds = WORDINGS[kind], kind is MessageKind.REMINDER
    short = brief_form(wording.brief, loaded, booking, citizen)
    offer = reminded_offer(loaded, booking, offered, citizen) if offered and reminds else None
    if offer:
        short = join(" ", short, offer)
    if to_attendee or wording.for_citizen is None:
        is_offered = offered is not None
        details = full_details(
            loaded, booking, citizen, now, reminds=reminds, is_offered=is_offered
        )
        if offer:
            details = [*details, Paragraph(offer), Note(HOW_ATTENDEES_TAKE)]
        return booking_message(booking, wording.for_attendee, details, short)
    body = loaded.body
    can_cancel = is_changeable(loaded, booking, now, is_offered=offered is not None)
    asks = offer or (WILL_COME if reminds and booking.coming_at is None else None)
    details = [
        *appointment_facts(loaded, booking, citizen),
        *(documents_left if reminds else documents)(body.services[booking.service], booking),
        Note(CANCEL_HERE if can_cancel else TELL_OFFICE),
        *office_phone(loaded, booking),
        *([Paragraph(asks)] if asks else []),
    ]
    written = booking_message(booking, wording.for_citizen, details, short)
    if not reminds:
        return written
    return replace(written, buttons=reminder_buttons(loaded, booking, now, offered))


def reminder_buttons(
    loaded: LoadedMunicipality, booking: Booking, now: datetime, offered: Offered | None
) -> tuple[Button, ...]:
    """Return the buttons under a reminder; where another time is offered, that offer's first."""
    possible = possible_answers(loaded, booking, now, is_offered=offered is not None)
    if offered:
        possible = [each for each in possible if each is ReminderAnswer.DOCUMENTS]
    return (
        *(buttons_of(offered) if offered else ()),
        *(Button(link_of(each, booking), ANSWERS[each]) for each in possible),
    )
