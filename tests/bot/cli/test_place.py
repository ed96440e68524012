"""Commands in another folder than the office's, and on files that are another user's."""

import os
import pwd
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.catalogue.loader import SHIPPED
from core.db.file_access import cure_of
from tests.bot.processes import run_here, server
from tests.core.db.test_sqlite import unprivileged
from tests.postgres import KEY

LISTING = "catalogue", "list"
LOADING = "catalogue", "load", str(SHIPPED / "chios.yaml")
NEEDS_AN_OFFICE = {
    "catalogue list": ("catalogue", "list"),
    "catalogue remove": ("catalogue", "remove", "chios"),
    "outbox": ("outbox", "list"),
    "staff": ("staff", "list"),
    "bookings": ("bookings", "list"),
    "secret": ("secret", "replace", "--yes"),
    "worker": ("worker",),
    "backup": ("backup", "copy.db"),
    "move": ("database", "move", "postgresql://user:password@host/name"),
}
RELATIVE = {"database_url": "sqlite:///data/rantevou.db"}


@pytest.mark.parametrize("arguments", NEEDS_AN_OFFICE.values(), ids=NEEDS_AN_OFFICE)
def test_in_another_folder_no_office_is_made_but_said_to_be_missing(
    tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    done = run_here(tmp_path / "unused", *arguments, **RELATIVE)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("RANTEVOU_DATABASE_URL: ")
    assert f"{tmp_path}/data/rantevou.db" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


def test_a_file_without_an_office_is_taken_for_none(new_file: Path) -> None:
    new_file.touch()
    done = run_here(new_file, "catalogue", "list")
    assert done.returncode == 1
    assert f"there is no office in {new_file}" in done.stderr


def test_an_empty_database_of_postgresql_is_taken_for_none(new_file: Path, url: str) -> None:
    done = run_here(new_file, *LISTING, database_url=url)
    assert (done.returncode, done.stdout) == (1, "")
    assert "RANTEVOU_DATABASE_URL: there is no office in postgresql://" in done.stderr
    made = run_here(new_file, *LOADING, database_url=url).stdout
    assert made.startswith("A new database was made: postgresql://")
    assert run_here(new_file, *LISTING, database_url=url).returncode == 0


def test_what_makes_an_office_says_where(new_file: Path) -> None:
    made = f"A new database was made: {new_file}"
    assert made in run_here(new_file, *LOADING).stdout.splitlines()
    assert "A new database" not in run_here(new_file, *LOADING).stdout
    with server(other := new_file.with_name("other.db")) as running:
        assert f"A new database was made: {other}" in running.log
    with server(other) as running:
        assert "A new database" not in running.log


@pytest.fixture
def office(file: Path) -> Iterator[Path]:
    """The file of an office that was made by root, or else by ourselves without rights to it."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        (data := Path(folder) / "data").mkdir()
        made = data / "rantevou.db"
        made.write_bytes(file.read_bytes())
        assert run_here(made, "catalogue", "list").returncode == 0  # which makes secret and key
        yield made


def refused(office: Path, culprit: Path, *arguments: str, files: str = "", **settings: str) -> None:
    """Check that another user, or its owner without any right, gets one line with the cure."""
    mode = culprit.stat().st_mode
    culprit.chmod(0o700 if os.geteuid() == 0 else 0o000)
    with unprivileged():
        done = run_here(office.parent, *(arguments or LISTING), **settings)
        user = pwd.getpwuid(os.geteuid()).pw_name
    culprit.chmod(mode)
    assert (done.returncode, done.stdout) == (1, "")
    (said,) = done.stderr.splitlines()
    assert "denied" in said or "unable to open" in said or "readonly" in said
    if os.geteuid() == 0:
        given = f"as root, chown {user} {files or culprit}"
        assert said.endswith(f". {culprit} belongs to root, and this is run by {user}: {given}")
    else:
        assert said.endswith(f". Its owner {user} may not use {culprit}: chmod u+rwX {culprit}")


@pytest.mark.parametrize("end", ["", ".secret", ".key"])
def test_what_root_made_is_said_to_be_roots_and_how_to_give_it(office: Path, end: str) -> None:
    office.parent.chmod(0o777)
    for each in office.parent.iterdir():
        each.chmod(0o666)
    url = f"sqlite:///{office}"
    refused(office, Path(f"{office}{end}"), files=f"{office}*", database_url=url)


@pytest.mark.parametrize("given", [{}, {"encryption_key": KEY}])
@pytest.mark.parametrize("arguments", [LISTING, ("backup", "copy.db")])
def test_a_folder_that_may_not_be_looked_into_is_said_to_be_roots(
    office: Path, arguments: tuple[str, ...], given: dict[str, str]
) -> None:
    url = f"sqlite:///{office}"
    refused(office, office.parent, *arguments, database_url=url, **given)


def test_settings_that_may_not_be_read_are_said_to_be_roots(office: Path) -> None:
    (settings := office.parent.with_name(".env")).touch()
    refused(office, settings)


def test_a_folder_above_is_not_given_away(office: Path) -> None:
    top = office.parents[1]
    top.chmod(0o000 if os.geteuid() else 0o700)
    with unprivileged():
        assert "chown" not in cure_of(office)
        assert f"{top}" in cure_of(office)
    top.chmod(0o755)


def test_where_rights_are_not_at_fault_nothing_is_said_of_them(office: Path) -> None:
    assert cure_of(office) == cure_of(office.with_name("new")) == ""
