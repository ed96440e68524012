"""Changes to the details of a booking, given all at once, checked as the dialog checks them."""

from collections.abc import Mapping, Sequence

from core.catalogue.model import FormField, Municipality
from core.db.models import Booking
from dialogs.booking.given import NEEDED, NOT_ASKED, WrongAnswer, read_detail
from dialogs.managing.edit import applicable_fields
from dialogs.nlu.lexicon import Lexicon


def check_changes(
    body: Municipality,
    booking: Booking,
    lexicon: Lexicon,
    given: Mapping[str, str],
    *,
    sends_email: bool,
) -> tuple[Mapping[str, str], Sequence[WrongAnswer]]:
    """Return the details that are changed, "" for those that go, and what is wrong with them.

    As in the dialog, a detail that a change makes necessary must be given, too; one that doesn't
    apply any more goes. The service must be in the catalogue.
    """

    def is_demanded(field: FormField) -> bool:
        return body.demands(field, booking.channel, sends_email=sends_email)

    fields = {each.id: each for each in body.fields_of(body.services[booking.service])}
    changes: dict[str, str] = {}
    wrong: dict[str, WrongAnswer] = {}
    for name, text in given.items():
        field = fields.get(name)
        read = field and read_detail(field, text, lexicon, is_demanded=is_demanded(field))
        if isinstance(read, str):
            changes[name] = read
        else:
            wrong[name] = WrongAnswer(False, name, read.text if read else NOT_ASKED)
    before, after = applicable_fields(body, booking, {}), applicable_fields(body, booking, changes)
    for name in changes:
        if name not in after:
            wrong[name] = WrongAnswer(False, name, NOT_ASKED)
    for name, field in after.items():
        if name not in before and is_demanded(field) and name not in given:
            wrong[name] = WrongAnswer(False, name, NEEDED)
    dropped = {name: "" for name in booking.details if name in before and name not in after}
    changed = {
        name: value for name, value in changes.items() if value != booking.details.get(name, "")
    }
    return changed | dropped, [*wrong.values()]
