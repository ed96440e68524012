"""The page of a link to one booking, and its calendar file; the link in an e-mail."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from bot.context import Services
from bot.messages import ReplyBlock
from bot.platforms.webchat import ACCOUNT
from bot.replies import render_blocks
from bot.views.appointment import TITLE
from bot.views.calendar_file import CANCELLED, CalendarFile, calendar_file
from core.actor import Actor
from core.bookings.history import calendar_sequence
from core.bookings.links import link_token, linked_booking, text_link_token
from core.bookings.offers.ends import is_made
from core.bookings.offers.served import can_be_kept
from core.bookings.service import check_changeable, check_open
from core.bookings.visits import documents_key, is_ready
from core.catalogue.registry import Registry
from core.db.models import Booking, BookingState
from core.errors import BookingRefused, RefusalKind
from core.i18n import LocalizedText, Text, _
from core.messaging.preferences import language_for
from dialogs.messages.appointment import appointment_facts, full_details, office_phone
from dialogs.messages.blocks import Checklist
from dialogs.messages.time_offer import CANNOT_BE_KEPT

PATH = "/a/"
"""The beginning of the path of a booking's page; its token follows."""

OVER = _("The appointment is over.")


@dataclass(frozen=True)
class TickedDocument:
    """A document of an appointment, with the `key` that the form on the page sends."""

    key: str
    name: str
    is_ready: bool


@dataclass(frozen=True)
class LinkedAppointment:
    """An appointment as the page of its link shows it.

    Where it is `off`, it can't take place at its time, and this says so: then nobody is asked to
    come, nor given its calendar file. Where `is_offered`, the office offers another time for it.
    One that is `ended` was cancelled (`is_cancelled`) or is over: the page says so, and whom to
    call. Where there is a `refusal`, it can neither be moved nor cancelled here any more, for that
    reason. Where it `asks`, the citizen hasn't said that they come at `starts_at`, in seconds since
    1970; where it `is_expected`, they have.
    """

    language: str
    timezone: str
    municipality_id: str
    title: str
    blocks: Sequence[ReplyBlock]
    documents: Sequence[TickedDocument] = ()
    ended: str = ""
    off: str = ""
    is_cancelled: bool = False
    refusal: str = ""
    is_offered: bool = False
    asks: bool = False
    is_expected: bool = False
    starts_at: int = 0


def link_of(session: Session, services: Services, booking: Booking) -> str:
    """Return the address of an upcoming booking's page; "" where the world reaches no page."""
    return _link_of(session, services, booking, link_token)


def text_link_of(session: Session, services: Services, booking: Booking) -> str:
    """Return the address for the texts to a booking's number, as `link_of` does for e-mails."""
    return _link_of(session, services, booking, text_link_token)


def _link_of(
    session: Session,
    services: Services,
    booking: Booking,
    token_of: Callable[[Session, Registry, Booking], str],
) -> str:
    upcoming = booking.state == BookingState.CONFIRMED and booking.starts_at > services.clock()
    if not upcoming or services.public_address is None:
        return ""
    return f"{services.public_address}{PATH}{token_of(session, services.registry, booking)}"


def linked_appointment(
    session: Session, services: Services, token: str
) -> LinkedAppointment | None:
    """Return the appointment of a link; None where no link has that token. Nothing is changed."""
    booking = linked_booking(session, token)
    if booking is None:
        return None
    registry, language, now = services.registry, language_for(session, booking), services.clock()
    registry.refresh_without_lock(session)
    loaded, zone = registry[booking.municipality_id], ZoneInfo(booking.timezone)

    def say(text: Text) -> str:
        return services.texts.say(text, language)

    ended = refusal = ""
    documents: Sequence[LocalizedText] = ()
    is_cancelled = booking.state == BookingState.CANCELLED
    is_offered = is_made(session, booking.id, now)
    actor = Actor(booking.citizen_id, ACCOUNT, language, booking.timezone)
    try:
        check_open(booking, now)
        documents = loaded.body.services[booking.service].documents
        blocks = [
            block
            for block in full_details(loaded, booking, zone, now, is_offered=is_offered)
            if not (isinstance(block, Checklist) and block.items is documents)  # a form has them
        ]
        check_changeable(session, loaded.body, booking, now, actor)
    except BookingRefused as refused:
        refusal = say(refused.text)
        if booking.state != BookingState.CONFIRMED or booking.starts_at <= now:
            ended = say(CANCELLED if is_cancelled else OVER)
            blocks = office_phone(loaded, booking)
    off = "" if ended or can_be_kept(loaded, booking) else say(CANNOT_BE_KEPT)
    if off:  # nobody is asked to come then
        documents = ()
        blocks = [*appointment_facts(loaded, booking, zone), *office_phone(loaded, booking)]
    is_expected = booking.coming_at is not None and not off
    return LinkedAppointment(
        language,
        booking.timezone,
        booking.municipality_id,
        say(TITLE),
        render_blocks(services.texts, blocks, language),
        [
            TickedDocument(documents_key([each]), say(each), is_ready(booking, each))
            for each in documents
        ],
        ended,
        off,
        is_cancelled,
        refusal,
        is_offered and not ended,
        asks=not (ended or off or is_offered or is_expected),
        is_expected=is_expected and not ended,
        starts_at=int(booking.starts_at.timestamp()),
    )


def linked_file(session: Session, services: Services, token: str) -> CalendarFile | None:
    """Return the calendar file of a link's appointment, also of a cancelled one.

    None where no link has that token. Raises BookingRefused where it is over, or can't take place.
    """
    booking = linked_booking(session, token)
    if booking is None:
        return None
    services.registry.refresh_without_lock(session)
    if booking.state != BookingState.CANCELLED:
        check_open(booking, services.clock())
        if not can_be_kept(services.registry[booking.municipality_id], booking):
            raise BookingRefused(RefusalKind.NOT_CONFIRMED, CANNOT_BE_KEPT)
    language, zone = language_for(session, booking), ZoneInfo(booking.timezone)
    return calendar_file(services, language, booking, zone, calendar_sequence(session, booking))
