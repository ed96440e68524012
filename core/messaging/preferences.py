"""The preferences of citizens: on which platform, in which language and when they are written to.

A platform and a language hold for what isn't an answer, quiet hours for reminders alone: an offer
in place of an appointment that can't be kept is held for some hours only, and a change that the
office makes may be of the next morning's appointment.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import time
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from core.db.models import Booking, PreferencesRow
from core.db.statements import run
from core.messaging.reminder_times import QuietHours

_FIND = select(
    PreferencesRow.citizen_id,
    PreferencesRow.platform,
    PreferencesRow.language,
    PreferencesRow.quiet_from,
    PreferencesRow.quiet_until,
    PreferencesRow.timezone,
    PreferencesRow.no_texts,
).where(PreferencesRow.citizen_id.in_(bindparam("citizens", expanding=True)))


@dataclass(frozen=True)
class Preferences:
    """A citizen's preferences; None where they have none. `no_texts`: they want no SMS."""

    platform: str | None = None
    language: str | None = None
    quiet: QuietHours | None = None
    no_texts: bool = False


NONE = Preferences()

_NONE_OF = "without preferences"
"""The key in a session's `info` of the citizens who are known to have none."""


def note_none(session: Session, citizen_id: int) -> None:
    """Know that a citizen has no preferences, as was read with something else."""
    session.info.setdefault(_NONE_OF, set()).add(citizen_id)


def note_change(session: Session, citizen_id: int) -> None:
    """Know that a citizen may have preferences from now on."""
    session.info.get(_NONE_OF, set()).discard(citizen_id)


def preferences_of(session: Session, citizen_id: int) -> Preferences:
    """Return a citizen's preferences."""
    return preferences_of_all(session, [citizen_id])[citizen_id]


def preferences_of_all(session: Session, citizens: Collection[int]) -> Mapping[int, Preferences]:
    """Return the preferences of some citizens by their ids."""
    without = session.info.setdefault(_NONE_OF, set())
    found = dict.fromkeys(citizens, NONE)
    if asked := found.keys() - without:
        for citizen_id, *kept in run(session, _FIND, {"citizens": list(asked)}):
            found[citizen_id] = _preferences(*kept)
        without.update(each for each in asked if found[each] is NONE)
    return found


def _preferences(
    platform: str | None,
    language: str | None,
    since: int | None,
    until: int | None,
    zone: str | None,
    no_texts: bool | None,
) -> Preferences:
    quiet = None
    if since is not None and until is not None and zone is not None:
        quiet = QuietHours(_clock(since), _clock(until), ZoneInfo(zone))
    return Preferences(platform, language, quiet, bool(no_texts))


def language_for(session: Session, booking: Booking) -> str:
    """Return the language in which a booking's citizen is written to, where no chat has its own."""
    return preferences_of(session, booking.citizen_id).language or booking.language


def keep_platform(session: Session, citizen_id: int, platform: str | None) -> None:
    """Keep the platform on which a citizen wants to be written to; None: any."""
    _keep(session, citizen_id, platform=platform)


def keep_texts(session: Session, citizen_id: int, *, no_texts: bool) -> None:
    """Keep whether a citizen wants no text messages."""
    _keep(session, citizen_id, no_texts=no_texts)


def keep_language(session: Session, citizen_id: int, language: str) -> None:
    """Keep the language in which a citizen wants to be written to."""
    _keep(session, citizen_id, language=language)


def keep_quiet(session: Session, citizen_id: int, quiet: QuietHours | None) -> None:
    """Keep the hours in which a citizen doesn't want to be reminded; None: the municipality's."""
    kept: dict[str, Any] = dict.fromkeys(("quiet_from", "quiet_until", "timezone"))
    if quiet is not None:
        kept = {
            "quiet_from": _minutes(quiet.since),
            "quiet_until": _minutes(quiet.until),
            "timezone": quiet.zone.key,
        }
    _keep(session, citizen_id, **kept)


def delete_preferences(session: Session, citizen_id: int) -> bool:
    """Delete a citizen's preferences; return whether there were quiet hours among them."""
    row = session.get(PreferencesRow, citizen_id)
    if row is None:
        return False
    session.delete(row)
    return row.quiet_from is not None


def _keep(session: Session, citizen_id: int, **values: Any) -> None:
    note_change(session, citizen_id)
    row = session.get(PreferencesRow, citizen_id)
    if row is None:
        row = PreferencesRow(citizen_id=citizen_id)
        session.add(row)
    for name, value in values.items():
        setattr(row, name, value)


def _minutes(clock: time) -> int:
    return clock.hour * 60 + clock.minute


def _clock(minutes: int) -> time:
    return time(*divmod(minutes, 60))
