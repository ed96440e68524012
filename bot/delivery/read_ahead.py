"""Reads at once what many reminders by e-mail need, of which thousands may be due together."""

from collections import defaultdict
from collections.abc import Collection

import structlog
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from bot.context import Services
from bot.telemetry.logging import traceback_lines
from core.bookings import links, reminder_links
from core.bookings.history import read_sequences
from core.bookings.offers.ends import read_offers
from core.bookings.offers.served import is_to_come
from core.db.models import Booking, OutboxRow
from core.messaging.addresses import read_suppressions
from core.messaging.keys import MessageKind
from core.messaging.preferences import preferences_of_all
from core.messaging.reminder_ways import read_due
from core.messaging.routes import ADDRESS_FIELDS, EMAIL

log = structlog.get_logger()


def read_ahead(session: Session, services: Services, rows: Collection[OutboxRow]) -> None:
    """Read what is needed to render the reminders by e-mail among claimed rows, if there are some.

    Links that they lack are made. What isn't read here, or isn't as usual, is read with its row;
    what can't be read is logged, met again with it, and harms no other.
    """
    try:
        _read(session, services, rows)
    except DBAPIError:
        raise
    except Exception as error:
        name, places = type(error).__name__, traceback_lines(error)
        log.warning("reading ahead failed", error=name, places=places)


def _read(session: Session, services: Services, rows: Collection[OutboxRow]) -> None:
    bookings, addresses = list[Booking](), defaultdict[str, list[str]](list)
    for row in rows:
        if (row.kind, row.platform) != (MessageKind.REMINDER, EMAIL):
            continue
        if booking := session.get(Booking, row.booking_id):
            bookings.append(booking)
            addresses[row.account].append(booking.details.get(ADDRESS_FIELDS[EMAIL], ""))
    if len(bookings) < 2:
        return
    ids, now = {each.id for each in bookings}, services.clock()
    preferences_of_all(session, {each.citizen_id for each in bookings})
    read_due(session, bookings, now)
    read_offers(session, ids)
    read_sequences(session, ids)
    if services.public_address is not None:
        to_come = [each for each in bookings if is_to_come(each, now)]
        links.prepare_links(session, services.registry, to_come)
        reminder_links.prepare_links(session, services.registry, to_come)
    reminder_links.read_stopped(session, bookings)
    for account, given in addresses.items():
        read_suppressions(session, services.registry, account, given)
