"""The preferences of citizens who become one, or who were one.

Those of the first chat hold; what was chosen in the other alone holds from then on in both, as with
known details. When chats part, both sides keep them as they were: none is anybody's secret, and
nobody is to be reminded at night because a chat was parted. Only a platform stays with whose it is.
"""

from datetime import datetime

from sqlalchemy.orm import Session

from core.catalogue.registry import Registry
from core.db.models import PreferencesRow
from core.messaging.preferences import note_change, preferences_of
from core.messaging.reminders import schedule_anew
from core.messaging.routes import ADDRESS_FIELDS

_SETTINGS = (("platform",), ("language",), ("quiet_from", "quiet_until", "timezone"), ("no_texts",))


def join_preferences(
    session: Session, registry: Registry, citizen_id: int, former_id: int, now: datetime
) -> None:
    """Put together the preferences of two citizens who are one by now, as are their bookings.

    Reminders to come obey the quiet hours that hold from now on.
    """
    were = {preferences_of(session, each).quiet for each in (citizen_id, former_id)}
    given = session.get(PreferencesRow, former_id)
    if given is None and len(were) == 1:
        return
    if given is not None:
        kept = session.get(PreferencesRow, citizen_id) or PreferencesRow(citizen_id=citizen_id)
        for names in _SETTINGS:
            if getattr(kept, names[0]) is None:
                _copy(given, kept, names)
        session.add(kept)
        note_change(session, citizen_id)
        session.delete(given)
        session.flush()
    if len(were) > 1:
        schedule_anew(session, registry, citizen_id, now)


def part_preferences(
    session: Session, citizen_id: int, platforms: set[str], leaver_id: int, platform: str
) -> None:
    """Give the preferences of a citizen to one who leaves, too.

    One has chats on these platforms, the other on that platform.
    """
    shared = session.get(PreferencesRow, citizen_id)
    if shared is None:
        return
    own = PreferencesRow(citizen_id=leaver_id)
    for names in _SETTINGS:
        _copy(shared, own, names)
    session.add(own)
    for row, theirs in ((shared, platforms), (own, {platform})):
        if row.platform not in (*theirs, *ADDRESS_FIELDS):
            row.platform = None
    session.flush()


def _copy(source: PreferencesRow, target: PreferencesRow, names: tuple[str, ...]) -> None:
    for name in names:
        setattr(target, name, getattr(source, name))
