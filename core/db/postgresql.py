"""The backend of PostgreSQL: several concurrent writers, whose transactions may conflict."""

from typing import Any

from sqlalchemy import Connection, Engine, create_engine, func, select
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError

from core.db.advisory_locks import key_of
from core.errors import ConfigurationError

RETRYABLE = frozenset(
    {
        "55P03",  # lock_not_available: another turn of that conversation is running
        "40P01",  # deadlock_detected
        "40001",  # serialization_failure
        "23505",  # unique_violation: the retry will find the row of the other transaction
    }
)
UNAVAILABLE = (
    "08",  # connection exceptions
    "53",  # insufficient resources: disk full, too many connections
    "57",  # operator intervention: shutting down, starting up, statement timeout
    "58",  # system errors
    "25006",  # read_only_sql_transaction
)
KEEPALIVE: dict[str, Any] = {
    "connect_timeout": 5,
    "application_name": "rantevou",
    # A server that vanished is noticed after about 20 seconds, while reading and writing.
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 2,
    "tcp_user_timeout": 20_000,
}
CONNECT = KEEPALIVE | {
    # A process that hangs must not block the others for ever.
    "options": "-c lock_timeout=10s -c statement_timeout=30s"
    " -c idle_in_transaction_session_timeout=60s",
}

PASSWORDS = ("password", "sslpassword")
"""Options of a URL that are never shown."""


class PostgreSQL:
    """A database on a server, shared by any number of processes."""

    file = None
    writers = 4

    def __init__(self, url: URL) -> None:
        self.url = url.set(drivername="postgresql+psycopg")
        shown = url.set(drivername="postgresql").difference_update_query(PASSWORDS)
        self.name = shown.render_as_string(hide_password=True)

    @property
    def place(self) -> str:
        """Return where it is: the URL without its password."""
        return self.name

    cure = ""
    """No right of this machine's user is missing."""

    is_missing = False
    """Whether it isn't there; connecting to it tells."""

    def create_if_missing(self) -> None:
        """Do nothing: the server's administrator creates the database."""

    def engines(self, readers: int) -> tuple[Engine, Engine]:
        """Return an engine for writing, and one for reading a single snapshot in each function."""
        writing, reading = self._engine(self.writers), self._engine(readers)
        return writing, reading.execution_options(isolation_level="REPEATABLE READ")

    def lock_for_migration(
        self, connection: Connection, named: str = "RANTEVOU_DATABASE_URL"
    ) -> None:
        """Lock other migrations out until this transaction ends.

        Raises ConfigurationError, which names where the database was named.
        """
        if connection.exec_driver_sql("SHOW transaction_read_only").scalar() == "on":
            raise ConfigurationError(
                f"{named}: {self.name} may only be read "
                "(a standby, or default_transaction_read_only is on)."
            )
        # Migrating a big table takes long, and so does waiting for another process's migration.
        for limit in ("statement_timeout", "lock_timeout"):
            connection.exec_driver_sql(f"SET LOCAL {limit} = 0")
        connection.execute(select(func.pg_advisory_xact_lock(key_of("migrate"))))

    def is_retryable(self, error: Exception) -> bool:
        """Return whether another transaction conflicted, so that a retry may succeed."""
        return _state(error) in RETRYABLE

    def is_unavailable(self, error: Exception) -> bool:
        """Return whether the server is away, or refuses work just now."""
        if not isinstance(error, DBAPIError):
            return False
        state = _state(error)
        if not state:  # an error of the connection itself
            return error.connection_invalidated or _is_operational(error)
        return state.startswith(UNAVAILABLE)

    def _engine(self, size: int) -> Engine:
        try:
            return create_engine(
                self.url,
                pool_size=size,
                max_overflow=0,
                pool_pre_ping=True,  # a connection from before a restart of the server is replaced
                hide_parameters=True,
                connect_args=CONNECT,
            )
        except ImportError:  # of psycopg, or by psycopg where it finds no libpq
            raise ConfigurationError(
                "The Python package psycopg can't be used, which PostgreSQL needs. In Rantevou's "
                "folder: .venv/bin/pip install --require-hashes -r requirements.txt"
            ) from None


def _state(error: Exception) -> str:
    return getattr(getattr(error, "orig", None), "sqlstate", None) or ""


def _is_operational(error: DBAPIError) -> bool:
    return type(error.orig).__name__ in ("OperationalError", "ConnectionTimeout")
