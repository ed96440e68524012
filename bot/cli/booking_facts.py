"""The facts of an appointment that the technician is shown."""

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from bot.cli.office import OfficeCommand

if TYPE_CHECKING:
    from core.bookings.booking_details import BookingDetails
    from core.db.models import Booking

TIME = "%Y-%m-%d %H:%M"


def facts(command: OfficeCommand, found: "BookingDetails") -> list[tuple[str, str]]:
    """Return everything that the office knows of an appointment, as labels and values."""
    from core.bookings.reference import format_code
    from core.catalogue.model import Channel
    from dialogs.messages.appointment import CHANNELS, shown_value

    booking, body = found.booking, found.loaded.body
    zone = ZoneInfo(body.timezone)
    start, end = (at.astimezone(zone) for at in (booking.starts_at, booking.ends_at))
    service = body.services.get(booking.service)
    fields = {field.id: field for field in body.fields_of(service)} if service else {}
    return [
        ("Code", format_code(booking.code or "")),
        ("State", state(booking, zone)),
        ("When", f"{start:{TIME}}–{end:%H:%M} ({body.timezone})"),
        ("Municipality", command.say(body.name)),
        ("Service", command.say(service.name) if service else booking.service),
        ("Desk", found.desk),
        ("How", command.say(CHANNELS[Channel(booking.channel)])),
        *(
            (command.say(fields[name].label), command.say(shown_value(fields[name], value)))
            if name in fields
            else (name, value)
            for name, value in booking.details.items()
        ),
        *([("Note", found.note)] if found.note else []),
    ]


def state(booking: "Booking", zone: ZoneInfo) -> str:
    """Return a booking's state, and since when the citizen is here, if they are."""
    if booking.arrived_at is None:
        return booking.state
    return f"{booking.state}, arrived {booking.arrived_at.astimezone(zone):%H:%M}"
