"""Renders the list of a day's bookings for a room of staff."""

from collections.abc import Sequence
from datetime import date
from functools import partial

from sqlalchemy.orm import Session

from bot.context import Services
from bot.messages import Reply
from bot.platforms.layout import ROOM_UNITS, fitting, utf16_units
from bot.views.staff_alert import LANGUAGE
from bot.views.staff_offer import open_offers, unresolved_offers
from core.bookings.agenda import list_room_day
from core.bookings.closures import listing
from core.catalogue.registry import LoadedMunicipality
from core.db.models import OutboxRow, StaffRoom
from core.i18n import Text
from core.messaging.keys import Cause
from core.staff.rooms import is_one_way
from dialogs.messages.closures import list_line
from dialogs.messages.staff_alert import day_heading, day_line, more, more_of_day
from dialogs.messages.staff_offer import open_heading, unresolved_heading

MAX_EXCEPTIONS = 10
"""The most closures and openings of a day that are named, for a reason may be long."""


def changed_hours(
    session: Session, loaded: LoadedMunicipality, day: date, desk_id: int | None, today: date
) -> Sequence[Text]:
    """Return the lines of the closures and extra openings of a day; of a desk, if given."""
    found = listing.on_day(session, loaded, day, desk_id)
    return [list_line(loaded, *each, today) for each in found[:MAX_EXCEPTIONS]]


def render_day_list(session: Session, services: Services, row: OutboxRow) -> Reply | None:
    """Return the list of a room's bookings on a day, and what else is to be known of them.

    Before them its closures and extra openings, after them the offers that are open, and those that
    led to nothing. None where there is nothing. Of more than a message holds, the first are listed,
    and how many more there are.
    """
    room = session.get_one(StaffRoom, row.room_id)
    loaded = services.registry[room.municipality_id]
    day = Cause.parse(row.dedupe_key, row.recipient).as_day()
    has_links = services.public_address is not None
    entries = list_room_day(session, loaded, room, day, has_links=has_links)
    offers = open_offers(session, services, room)
    unresolved = unresolved_offers(session, services, room, services.clock())
    exceptions = changed_hours(session, loaded, day, room.desk_id, day)
    if not entries and not offers and not unresolved and not exceptions:
        return None
    say = partial(services.texts.say, language=LANGUAGE)
    heading = "\n".join([*map(say, exceptions), say(day_heading(day, day, len(entries)))])
    # Where we only post, nobody can write the command.
    count = more if is_one_way(room.chat) else more_of_day
    left = ROOM_UNITS - utf16_units(heading) - utf16_units(say(count(len(entries)))) - 1
    still_open: list[str] = []
    for of_offers, which in ((open_heading, offers), (unresolved_heading, unresolved)):
        if which:
            offered = say(of_offers(len(which)))
            kept = fitting(which, ROOM_UNITS // 4 - utf16_units(offered))
            still_open += [offered, *kept]
    left -= sum(utf16_units(line) + 1 for line in still_open)
    listed = fitting((say(day_line(loaded.body, entry)) for entry in entries), left)
    rest = len(entries) - len(listed)
    last = [say(count(rest))] if rest else []
    return Reply(text="\n".join([heading, *listed, *last, *still_open]), language=LANGUAGE)
