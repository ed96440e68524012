"""The shared parts of the commands of the office: they act as the operator, who has the machine."""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, TypeVar
from zoneinfo import ZoneInfo

import typer

from core.errors import ConfigurationError

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from bot.bootstrap import Application
    from core.catalogue.registry import Registry
    from core.i18n import Text

T = TypeVar("T")

LANGUAGE = "en"


@dataclass(frozen=True)
class OfficeCommand:
    """A command that runs transactions on the configured database, as the operator."""

    application: "Application"

    @property
    def registry(self) -> "Registry":
        """Return the loaded catalogues, as of the last transaction."""
        return self.application.services.registry

    def run(self, fn: "Callable[[Session, datetime], T]", *, alone: bool = False) -> T:
        """Run fn(session, now) as a transaction. Raises ConfigurationError where it is refused.

        But ClosedThen, to which the command adds which one ends the closure.
        `alone`: with the lock of loading, which whoever reads the catalogues waits for.
        """
        from core.catalogue.registry import LOAD_LOCK
        from core.db.advisory_locks import lock
        from core.errors import BookingRefused, ClosedThen, StaffRefused

        def transaction(session: "Session") -> T:
            if alone:
                lock(session, LOAD_LOCK)
            self.registry.refresh(session)
            return fn(session, self.application.services.clock())

        try:
            return self.application.database.write_sync(transaction)
        except ClosedThen:
            raise
        except (StaffRefused, BookingRefused) as refused:
            raise ConfigurationError(self.say(refused.text)) from None

    def say(self, text: "Text") -> str:
        """Return a text in the language of the command line."""
        return self.application.services.texts.say(text, LANGUAGE)

    def municipality(self, given: str | None) -> str:
        """Return the municipality that is meant: the given one, or the only one.

        Raises ConfigurationError where there are several to choose from, or none of that id.
        """
        if given is not None:
            self.zone(given)
            return given
        offered = [body.id for body in self.registry.municipalities]
        if len(offered) != 1:
            raise ConfigurationError(
                f"--municipality: one of {', '.join(sorted(offered)) or 'none (load one first)'}"
            )
        return offered[0]

    def zone(self, municipality_id: str) -> ZoneInfo:
        """Return a municipality's time zone. Raises ConfigurationError where it isn't there."""
        try:
            return ZoneInfo(self.registry[municipality_id].body.timezone)
        except KeyError:
            raise ConfigurationError("There is no such municipality.") from None


def echo_if_new(application: "Application") -> None:
    """Say where a new database was made: it may be another folder than the one that was meant."""
    if application.database.is_new:
        typer.echo(f"A new database was made: {application.database.backend.place}")


@contextmanager
def office_command() -> Iterator[OfficeCommand]:
    """Yield a command, with the catalogues read; close its database afterwards."""
    from bot.bootstrap import bootstrap
    from bot.platforms import PLATFORMS
    from bot.settings import read_settings

    application = bootstrap(read_settings(PLATFORMS))
    with closing(application.database):
        command = OfficeCommand(application)
        command.run(lambda _session, _now: None)
        yield command
