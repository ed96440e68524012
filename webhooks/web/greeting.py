"""The replies on a page that has no conversation yet; looking at it writes nothing."""

from collections.abc import Mapping

from sqlalchemy.orm import Session

from bot.bootstrap import Application
from bot.messages import Inbound, Reply
from bot.turn import preview
from core.i18n import Language
from dialogs.booking.catalogue_steps import CATALOGUE_STEPS

LASTING = frozenset(step.name for step in CATALOGUE_STEPS)
"""The steps that ask the same of everybody until a catalogue is loaded anew."""


class Greetings:
    """The greetings of this process, each made once for its language, page and catalogues."""

    def __init__(self, application: Application) -> None:
        self._services, self._database = application.services, application.database
        self._versions: Mapping[str, tuple[str, bool]] = {}
        self._made: dict[tuple[Language | None, str | None], list[Reply]] = {}

    async def replies(self, opening: Inbound) -> list[Reply]:
        """Return the replies to the message by which a page begins; the database is only read.

        Raises DatabaseUnavailable.
        """
        return await self._database.read(lambda session: self._replies(session, opening))

    def _replies(self, session: Session, opening: Inbound) -> list[Reply]:
        registry = self._services.registry
        registry.refresh_without_lock(session)
        if (versions := registry.versions) != self._versions:
            self._versions, self._made = versions, {}
        made, key = self._made, (opening.language, opening.municipality_id)
        if (known := made.get(key)) is not None:
            return known
        replies = preview(session, self._services, opening)
        if replies[-1].step in LASTING:  # free days change by the minute
            made[key] = replies
        return replies
