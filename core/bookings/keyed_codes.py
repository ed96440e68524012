"""Codes of bookings as they are keyed on a telephone: for each sign, the key that has it."""

import re
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from core.actor import Actor
from core.bookings.lookup import find_keyed
from core.bookings.reference import LENGTH, fold_code, is_code
from core.catalogue.registry import Registry
from core.db.models import Booking

KEYS = {
    "A": "2",
    "E": "3",
    "H": "4",
    "K": "5",
    "M": "56",
    "N": "6",
    "P": "7",
    "T": "8",
    "X": "9",
} | {"Y": "89"}
"""The keys of each letter: those of Latin keypads, and of Greek ones, where it looks alike."""


def is_keyed(text: str) -> bool:
    """Return whether a text has the form of a code as it is keyed."""
    return re.fullmatch(rf"[2-9]{{{LENGTH}}}", text) is not None


def matches(code: str, keyed: str) -> bool:
    """Return whether a code was keyed so, or said in full."""
    if is_code(keyed):
        return code == fold_code(keyed)
    pairs = zip(code, keyed, strict=False)
    return len(code) == len(keyed) and all(key in KEYS.get(sign, sign) for sign, key in pairs)


def find_booking(
    session: Session,
    registry: Registry,
    code: str,
    phone: str,
    day: date,
    actor: Actor,
    now: datetime,
) -> Booking | None:
    """Return the upcoming booking of a number on a day, whose code was keyed or said so.

    Three wrong ones of a number end it for that number and day. Raises BookingRefused: locked.
    """

    def is_meant(booking: Booking) -> bool:
        zone = ZoneInfo(registry[booking.municipality_id].body.timezone)
        is_on_day = booking.starts_at.astimezone(zone).date() == day
        return is_on_day and matches(booking.code or "", code)

    return find_keyed(session, registry, phone, actor, now, is_meant)
