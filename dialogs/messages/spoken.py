"""What is said aloud, on the telephone, otherwise than it is written elsewhere."""

from collections.abc import Mapping

from core.i18n import TextTemplate, _

_BOOKED = _(
    "Your appointment is booked. {day}, {time}. {service}. {place}. Your code, slowly: {code}. "
    "Once more: {code}."
)
_MOVED = _(
    "Your appointment was moved. {day}, {time}. {service}. {place}. Your code, slowly: {code}. "
    "Once more: {code}."
)

_PAIRS = (
    (_("Your appointment is booked: {day} {time}, {service}, {place}. Code: {code}."), _BOOKED),
    (_("Your appointment was moved: {day} {time}, {service}, {place}. Code: {code}."), _MOVED),
)

SPOKEN: Mapping[str, TextTemplate] = {written.message: said for written, said in _PAIRS}
"""The spoken texts by the written ones; placeholders may be left out, and repeated."""
