"""The note that municipalities are samples, for pages and greetings."""

from collections.abc import Sequence

from core.catalogue.model import Municipality
from core.i18n import Text, _, join


def samples_note(bodies: Sequence[Municipality]) -> Text:
    """Return the note that names the samples; "" where there are none."""
    if not bodies:
        return ""
    return _(
        "For trying out only: {names}. No office receives what is booked here.",
        names=join(", ", *(body.name for body in bodies)),
    )
