"""Appointments that are stored nowhere, for seeing what texts about them cost."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from bot.i18n.translator import Translator
from bot.platforms.sms.gsm import count_parts, fold
from core.catalogue.model import Municipality
from core.catalogue.registry import LoadedMunicipality
from core.db.models import Booking
from core.i18n import LANGUAGES
from core.messaging.keys import MessageKind
from dialogs.messages.text_message import names_of, text_message

SAMPLE_CODE = "KX7M2P"

_WIDE = datetime(2026, 12, 30, 10, tzinfo=UTC)
"""A day and time of as many characters as there are."""


def sample_booking(
    body: Municipality, service: str, branch: str, channel: str, start: datetime
) -> Booking:
    """Return an appointment that is stored nowhere."""
    return Booking(
        municipality_id=body.id,
        service=service,
        branch=branch,
        channel=channel,
        starts_at=start,
        ends_at=start + timedelta(minutes=body.services[service].duration),
        code=SAMPLE_CODE,
        timezone=body.timezone,
    )


def long_names(texts: Translator, body: Municipality) -> Iterator[tuple[str, str]]:
    """Yield each service and the first branch with whose names a confirmation takes two parts."""
    loaded = LoadedMunicipality("", body, {}, _WIDE)
    zone = ZoneInfo(body.timezone)

    def parts(service: str, branch: str, channel: str, language: str) -> int:
        booking = sample_booking(body, service, branch, channel, _WIDE)
        given = (loaded, MessageKind.CONFIRMED, booking, zone, *names_of(loaded, booking))
        said = (text_message(*given, is_two_way=each) for each in (False, True))
        return max(count_parts(fold(texts.say(each, language))) for each in said)

    for service in body.services.values():
        long = (
            branch.id
            for branch in body.branches_of(service.id)
            for channel in service.channels
            for language in LANGUAGES
            if parts(service.id, branch.id, channel, language) > 1
        )
        if branch := next(long, None):
            yield service.id, branch
