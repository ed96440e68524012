"""`rantevou serve`: what it needs, what it refuses and says, how it ends."""

import signal
import socket
import sqlite3
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.cli import main as cli
from bot.cli.platforms import address_of
from bot.i18n.translator import Translator
from bot.platforms import PLATFORMS, build_platforms
from bot.settings import read_settings
from core.errors import ConfigurationError
from tests.bot.cli.test_main import catalogue, stored
from tests.bot.processes import free_port, run, run_here, server


def refused(file: Path, *words: str, lines: int = 1, **settings: Any) -> str:
    """Check that the server refuses to start, with so many lines of error; return them."""
    return _refused(run(file, "serve", **{"port": free_port(), **settings}), *words, lines=lines)


def unfit(file: Path, *words: str, **settings: Any) -> str:
    """Check that a database isn't used, whatever for; gives the reason."""
    return _refused(run_here(file, "outbox", "list", **settings), *words)


def _refused(done: "subprocess.CompletedProcess[str]", *words: str, lines: int = 1) -> str:
    assert done.returncode == 1
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == lines, done.stderr
    for word in words:
        assert word in done.stderr
    return done.stderr


def execute(file: Path, *statements: str) -> None:
    with sqlite3.connect(file) as database:
        for statement in statements:
            database.execute(statement)
    database.close()


def test_a_new_database_is_made_and_given_the_four_catalogues(tmp_path: Path) -> None:
    file = tmp_path / "a folder" / "δεδομένα.db"
    file.parent.mkdir()
    with server(file) as running:
        assert f"open {running.url} (API: {running.url}/docs)" in running.log
        assert httpx.get(running.url).status_code == 200
        assert httpx.get(f"{running.url}/docs").status_code == 200
        made, _opened, *logged = running.log.splitlines()
        assert made == f"A new database was made: {file}"
        assert len(logged) == len(running.events)
    assert [name for name, _digest in stored(file)] == ["chios", "kalamata", "kep", "larissa"]


def test_a_second_start_keeps_the_data_and_the_catalogues_that_were_changed(
    file: Path, tmp_path: Path
) -> None:
    ours = catalogue(tmp_path, ours=("Housing Benefit", "Help with the rent"))
    execute(file, "DELETE FROM desks WHERE municipality_id = 'chios'")
    execute(file, "DELETE FROM municipalities WHERE id = 'chios'")
    assert run(file, "catalogue", "load", ours).returncode == 0
    before = stored(file)
    assert len(before) == 3
    for _start in range(2):
        with server(file) as running:
            assert "Χίου" not in httpx.get(running.url).text
            assert running.end() == 0
    assert stored(file) == before


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_cleanly(file: Path, how: signal.Signals) -> None:
    with server(file) as running, httpx.Client(base_url=running.url) as kept_alive:
        kept_alive.get("/")
        assert running.end(how) in (0, 130)
        assert running.events == ["server started", "server stopped"], running.log


def test_a_port_in_use_is_reported_in_one_line(file: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        refused(file, f"RANTEVOU_PORT={port}", "Another program uses it", port=port)


def test_a_port_for_monitoring_in_use_is_reported_in_one_line(file: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        named = f"RANTEVOU_MANAGEMENT_PORT={port}"
        refused(file, "RANTEVOU_MANAGEMENT_HOST=127.0.0.1", named, management_port=port)


def test_monitoring_is_served_on_this_machine_only_also_where_all_else_is_for_everybody(
    file: Path,
) -> None:
    with server(file, host="0.0.0.0") as running:  # noqa: S104
        assert httpx.get(f"{running.url}/healthz").status_code == 200
        assert httpx.get(f"{running.management}/readyz").status_code == 200
        port = int(running.management.rpartition(":")[2])
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.2", port), timeout=5)
        with socket.create_connection(("127.0.0.2", running.port), timeout=5):
            pass
        assert running.end() == 0


def test_the_documentation_of_the_api_can_be_turned_off(file: Path) -> None:
    with server(file, api_docs="false") as running:
        assert "/docs" not in running.log
        for path in ("/docs", "/openapi.json"):
            assert httpx.get(f"{running.url}{path}").status_code == 404
        assert "/docs" not in httpx.get(running.url).text
        said = {"conversation": None, "message_id": "1", "text": "Γεια"}
        assert httpx.post(f"{running.url}/chat/turns", json=said).status_code == 200


def test_an_address_that_is_not_ours_is_reported_in_one_line(file: Path) -> None:
    said = refused(file, "RANTEVOU_HOST=192.0.2.1", "Cannot assign", host="192.0.2.1")
    assert "Another program" not in said


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("127.0.0.1", "http://127.0.0.1:80"),
        ("localhost", "http://localhost:80"),
        ("0.0.0.0", "http://127.0.0.1:80"),  # noqa: S104
        ("::", "http://[::1]:80"),
        ("::1", "http://[::1]:80"),
    ],
)
def test_the_address_printed_can_be_opened(host: str, address: str) -> None:
    assert address_of(host, 80) == address


def test_it_listens_on_ipv6_too_where_there_is_any(file: Path) -> None:
    try:
        port = free_port("::1")
    except OSError:
        refused(file, "RANTEVOU_HOST=::1", host="::1")
        return
    with server(file, host="::1", port=port) as running:
        assert f"http://[::1]:{port}" in running.log
        assert httpx.get(f"http://[::1]:{port}/").status_code == 200


def test_its_socket_is_one_that_asyncio_takes_for_tcp() -> None:
    """Else small answers wait 40 ms for the client's acknowledgement."""
    with cli._listen("127.0.0.1", free_port()) as listener:
        assert listener.proto == socket.IPPROTO_TCP


def test_wrong_settings_are_reported_all_at_once_with_what_was_expected(file: Path) -> None:
    refused(
        file,
        "RANTEVOU_PORT is '99999': must be at most 65535",
        "RANTEVOU_REQUESTS_PER_MINUTE is 'many': must be a whole number",
        "RANTEVOU_BODY_BYTES is '1'",
        "RANTEVOU_KEEP_ANSWERS_DAYS is '-3'",
        "RANTEVOU_GIVE_UP_HOURS is '99999999999': must be at most 8784",
        "RANTEVOU_EMBED_ORIGINS is 'chios.gov.gr/x': must be addresses without a path",
        "RANTEVOU_EXEMPT_ADDRESSES is '192.0.2.7 kep.gr': must be addresses or networks, like",
        "RANTEVOU_API_DOCS is 'όχι': must be true or false",
        lines=8,
        port=99999,
        requests_per_minute="many",
        body_bytes=1,
        keep_answers_days=-3,
        give_up_hours=99999999999,
        embed_origins="chios.gov.gr/x",
        exempt_addresses="192.0.2.7 kep.gr",
        api_docs="όχι",
    )


@pytest.mark.parametrize(
    ("setting", "value", "shown", "expected"),
    [
        ("database_url", "postgresql://user:SECRET", "postgresql://***", "user:password@host"),
        ("database_url", "mysql://user:SECRET@host/name", "mysql://***", "like sqlite:///data/"),
        ("database_url", "sqlite:///:memory:", "'sqlite:///:memory:'", "like sqlite:///data/"),
        ("database_url", "data/SECRET.db", "***", "like sqlite:///data/"),
        ("database_url", "sqlite://", "sqlite://***", "like sqlite:///data/"),
        ("database_url", "sqlite://u:SECRET@host/db", "sqlite://***", "like sqlite:///data/"),
        ("database_url", "postgres:SECRET@host/db?x=a://", "***", "like sqlite:///data/"),
        ("secret", "SECRET", "***", "at least 16 characters"),
    ],
)
def test_of_a_wrong_setting_nothing_is_shown_that_may_be_a_password(
    monkeypatch: pytest.MonkeyPatch, setting: str, value: str, shown: str, expected: str
) -> None:
    monkeypatch.setenv(f"RANTEVOU_{setting.upper()}", value)
    with pytest.raises(ConfigurationError) as refusal:
        read_settings(PLATFORMS)
    assert str(refusal.value).startswith(f"RANTEVOU_{setting.upper()} is {shown}: ")
    assert expected in str(refusal.value)
    assert "SECRET" not in str(refusal.value).removeprefix("RANTEVOU_SECRET")


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("RANTEVOU_SECRT", "RANTEVOU_SECRET"),
        ("RANTEVOU_PUBLICURL", "RANTEVOU_PUBLIC_URL"),
        ("RANTEVOU_TELEGRM__TOWN__TOKEN", "RANTEVOU_TELEGRAM__…"),
        ("RANTEVOU_VIBER_TOWN_TOKEN", "RANTEVOU_VIBER__…"),
    ],
)
@pytest.mark.parametrize("in_file", [True, False])
def test_a_name_that_is_no_setting_is_refused_with_the_nearest(
    file: Path, name: str, nearest: str, in_file: bool
) -> None:
    given = {name.removeprefix("RANTEVOU_").lower(): "s3cr3t"}
    if in_file:
        (file.parent / ".env").write_text(f"{name}=s3cr3t\n")
    said = unfit(file, **({} if in_file else given))
    assert said == f"{name} is no setting: the nearest is {nearest}.\n"


def test_bots_are_named_in_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RANTEVOU_TELEGRAM__ALL__TOKEN", "1:SECRET")
    monkeypatch.setenv("RANTEVOU_TELEGRAM__CHIOS_1__TOKEN", "2:SECRET")
    monkeypatch.setenv("RANTEVOU_TELEGRAM__CHIOS_1__MUNICIPALITY", "chios")
    settings = read_settings(PLATFORMS)
    assert list(build_platforms(settings.accounts, Translator())) == [
        "telegram:all",
        "telegram:chios_1",
    ]
    assert settings.accounts["telegram:chios_1"].municipality == "chios"
    assert "SECRET" not in repr(settings)


@pytest.mark.parametrize(
    ("setting", "value", "told"),
    [
        (
            "ALL__MUNICIPALITY",
            "chios",
            "RANTEVOU_TELEGRAM__ALL__TOKEN isn't set: it has no default",
        ),
        ("ALL__TOKEN", "SECRET", "RANTEVOU_TELEGRAM__ALL__TOKEN is ***: must be like 110201543:"),
        ("ALL__TOWN", "chios", "RANTEVOU_TELEGRAM__ALL__TOWN is ***: no such setting"),
        ("A-B__TOKEN", "1:SECRET", "RANTEVOU_TELEGRAM__A-B is ***: its name must be of A-Z"),
    ],
)
def test_a_bot_that_is_wrongly_named_or_described_is_reported(
    monkeypatch: pytest.MonkeyPatch, setting: str, value: str, told: str
) -> None:
    monkeypatch.setenv(f"RANTEVOU_TELEGRAM__{setting}", value)
    with pytest.raises(ConfigurationError) as refusal:
        read_settings(PLATFORMS)
    assert told in str(refusal.value)
    assert "SECRET" not in str(refusal.value)


def test_of_settings_that_contradict_each_other_no_value_is_shown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in (("HOST", "smtp.town.gr"), ("FROM", "a@town.gr"), ("USER", "SECRET")):
        monkeypatch.setenv(f"RANTEVOU_EMAIL__TOWN__{name}", value)
    with pytest.raises(ConfigurationError) as refusal:
        read_settings(PLATFORMS)
    assert "RANTEVOU_EMAIL__TOWN: USER and PASSWORD: give both or neither" in str(refusal.value)
    assert "SECRET" not in str(refusal.value)


def test_settings_are_read_from_a_file_too(file: Path) -> None:
    (file.parent / ".env").write_text("RANTEVOU_HOST=192.0.2.1\n")
    refused(file, "RANTEVOU_HOST=192.0.2.1")


def test_a_settings_file_in_another_encoding_is_refused_in_one_line(file: Path) -> None:
    (file.parent / ".env").write_bytes("# Δήμος\n".encode("cp1253"))
    refused(file, ".env can't be read: please save it as UTF-8.")


def a_folder(file: Path) -> None:
    file.unlink()
    file.mkdir()


def no_database(file: Path) -> None:
    file.write_text("Not a database. " * 100)


def newer(file: Path) -> None:
    execute(file, "UPDATE alembic_version SET version_num = '9999'")


def no_guard(file: Path) -> None:
    execute(file, "DROP TRIGGER bookings_guard_update")


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (a_folder, ["RANTEVOU_DATABASE_URL", "unable to open"]),
        (no_database, ["RANTEVOU_DATABASE_URL", "not a database"]),
        (newer, ["newer Rantevou", "9999"]),
        (no_guard, ["overlap guard", "bookings_guard_update"]),
    ],
)
def test_a_database_that_is_not_fit_is_refused_with_the_reason(
    file: Path, spoil: Callable[[Path], None], words: list[str]
) -> None:
    spoil(file)
    unfit(file, file.name, *words)


def test_a_place_that_cannot_be_written_to_is_refused(file: Path) -> None:
    unfit(
        file,
        "RANTEVOU_DATABASE_URL",
        "/dev/null/rantevou.db",
        database_url="sqlite:////dev/null/rantevou.db",
    )


def test_a_folder_that_is_not_there_may_be_mistyped_and_is_not_made(file: Path) -> None:
    mistyped = file.parent / "date" / "rantevou.db"
    done = run(file, "serve", port=free_port(), database_url=f"sqlite:///{mistyped}")
    _refused(done, f"RANTEVOU_DATABASE_URL: {mistyped}", f"there is no folder {mistyped.parent}")
    assert not mistyped.parent.exists()


def test_the_default_folder_is_made(file: Path) -> None:
    assert run(file, "chat", database_url="sqlite:///data/rantevou.db").returncode == 0
    assert (file.parent / "data" / "rantevou.db").is_file()


def test_a_secret_that_cannot_be_kept_is_refused(file: Path) -> None:
    Path(f"{file}.secret").mkdir()
    unfit(file, "RANTEVOU_SECRET", f"{file}.secret")


def test_the_secret_made_is_readable_by_its_owner_alone(file: Path) -> None:
    run(file, "chat")
    secret = Path(f"{file}.secret")
    assert secret.stat().st_mode & 0o777 == 0o600
    assert len(secret.read_text()) >= 32
    assert not list(file.parent.glob("*.secret.*"))
