"""The cursor of a list in pages: the place of its last entry, which stays when others are made.

It names the list and its filters by a hash: one of another list would begin anywhere.

It holds no secret and gives no right: whoever makes one up reads what they may read anyway.
"""

import base64
import binascii
from datetime import UTC, datetime
from hashlib import sha256

from core.bookings.agenda import ListPlace

_LATEST = 2**36
"""Some seconds since 1970 that are a date still."""


def dump_cursor(place: ListPlace, *listed: object) -> str:
    """Return the cursor of a place in what is `listed`: the list, and by what it is filtered."""
    written = f"{int(place.starts_at.timestamp())}.{place.booking_id}.{_hash(listed)}"
    return base64.urlsafe_b64encode(written.encode()).decode().rstrip("=")


def _hash(listed: tuple[object, ...]) -> str:
    return sha256(repr(listed).encode()).hexdigest()[:8]


def parse_cursor(cursor: str, *listed: object) -> ListPlace:
    """Return the place of a cursor. Raises ValueError where it is none of ours, or of that list."""
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        written = base64.b64decode(padded, b"-_", validate=True).decode()
        seconds, number, of = written.split(".")
        place = ListPlace(datetime.fromtimestamp(int(seconds), UTC), int(number))
    except (ValueError, OverflowError, OSError, binascii.Error):
        raise ValueError("Send the `next` of the page before.") from None
    if not 0 <= int(seconds) < _LATEST or not 0 <= place.booking_id < 2**63:
        raise ValueError("Send the `next` of the page before.")
    if of != _hash(listed):
        raise ValueError("It is of another list: send the same parameters as for the page before.")
    return place
