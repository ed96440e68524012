"""Renders notifications as text messages, of which each part costs."""

from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from bot.context import Services
from bot.i18n.translator import Translator
from bot.messages import Reply
from bot.platforms.sms.gsm import count_parts, fold
from bot.views.booking_link import text_link_of
from core.bookings.offers.ends import is_made
from core.catalogue.registry import LoadedMunicipality
from core.db.models import Booking, OutboxRow
from core.i18n import join
from core.messaging.keys import MessageKind
from dialogs.messages.text_message import OFFICE_PHONE, WORDINGS, call, names_of, text_message

LEAST = 12
"""The characters that are left of a name at least; with fewer, nobody knows what is meant."""


def as_text_message(
    session: Session, services: Services, row: OutboxRow, booking: Booking, reply: Reply
) -> Reply:
    """Return a notification of a booking to its attendee as a text message.

    After the appointment it isn't worth delivering.
    """
    loaded, kind = services.registry[booking.municipality_id], MessageKind(row.kind)
    left = ((row.expires_at or booking.ends_at) - services.clock()).total_seconds()
    link = text_link_of(session, services, booking)
    if kind in WORDINGS and not is_made(session, booking.id, services.clock()):
        is_two_way = services.platforms[row.account].fitting is not None
        given = (services.texts, loaded, kind, booking, reply.language)
        brief = one_part(*given, link, is_two_way=is_two_way)
    else:
        said = call(loaded, booking, OFFICE_PHONE)
        whole = join(" ", _ended(reply.brief or reply.text), *said)
        brief = f"{services.texts.say(whole, reply.language)} {link}".rstrip()
    return reply.model_copy(update={"brief": brief, "valid_seconds": max(1, int(left))})


def one_part(
    texts: Translator,
    loaded: LoadedMunicipality,
    kind: MessageKind,
    booking: Booking,
    language: str,
    link: str = "",
    *,
    is_two_way: bool = False,
) -> str:
    """Return the text of a kind, its names shortened until it fits into one part in capitals.

    The link is left out where it would need a second one. Where it `is_two_way`, it says how it is
    answered.
    """
    zone = ZoneInfo(booking.timezone)
    names = [texts.say(each, language) for each in names_of(loaded, booking)]
    while True:
        text = text_message(loaded, kind, booking, zone, *names, is_two_way=is_two_way)
        plain = texts.say(text, language).replace("..", ".")  # a shortened name ends a sentence
        said = f"{plain} {link}" if link else plain
        longest = max(range(len(names)), key=lambda place: len(names[place]))
        if count_parts(fold(said)) == 1:
            return said
        if len(names[longest]) <= LEAST:
            if not link:
                return plain
            return one_part(texts, loaded, kind, booking, language, is_two_way=is_two_way)
        names[longest] = _shorter(names[longest])


def _ended(text: str) -> str:
    """Return a text with a full stop where it has no end: a reason is as staff wrote it."""
    text = text.rstrip()
    return text if text.endswith((".", "!", "?", ";", "…")) else f"{text}."


def _shorter(name: str) -> str:
    """Return a name without its last letter, or without the remark in brackets at its end."""
    name = name.removesuffix(".")[:-1]
    if "(" in name and ")" not in name:
        return name.partition("(")[0].rstrip()
    return f"{name.rstrip(' ,.-–(')}."
