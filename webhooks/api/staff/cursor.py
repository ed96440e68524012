"""The cursor of a list in pages: the place of its last entry, which stays when others are made.

It holds no secret and gives no right: whoever makes one up reads what they may read anyway.
"""

import base64
import binascii
from datetime import UTC, datetime

from core.bookings.agenda import ListPlace

_LATEST = 2**36
"""Some seconds since 1970 that are a date still."""


def dump_cursor(place: ListPlace) -> str:
    """Return the cursor of a place."""
    written = f"{int(place.starts_at.timestamp())}.{place.booking_id}"
    return base64.urlsafe_b64encode(written.encode()).decode().rstrip("=")


def parse_cursor(cursor: str) -> ListPlace:
    """Return the place of a cursor. Raises ValueError where it is none of ours."""
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        seconds, _dot, number = (
            base64.b64decode(padded, b"-_", validate=True).decode().partition(".")
        )
        place = ListPlace(datetime.fromtimestamp(int(seconds), UTC), int(number))
    except (ValueError, OverflowError, OSError, binascii.Error):
        raise ValueError("Send the `next` of the page before.") from None
    if not 0 <= int(seconds) < _LATEST or not 0 <= place.booking_id < 2**63:
        raise ValueError("Send the `next` of the page before.")
    return place
