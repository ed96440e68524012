"""The commands: what they say, how they end."""

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from core.catalogue.loader import SHIPPED
from tests.bot.processes import run, run_here
from tests.conftest import Deployment, on_sqlite

KALAMATA = SHIPPED / "kalamata.yaml"
OPEN = "{days: [mon, tue, wed, thu, fri], start: 12:30, end: 14:20}"
OPEN_ON_SUNDAYS = "{days: [sun], start: 06:00, end: 06:50}"
NAMED = "name: {el: Δήμος Καλαμάτας, en: Municipality of Kalamata}"
SMALL = (("id: kalamata", "id: small"), (NAMED, "name: {el: Δήμος Μικρός, en: Small}"))


def catalogue(folder: Path, **changes: tuple[str, str]) -> Path:
    """Kalamata's catalogue with these words changed: each (old, new), by what to call it."""
    text = KALAMATA.read_text("utf-8")
    for old, new in changes.values():
        assert old in text
        text = text.replace(old, new, 1)
    file = folder / f"{'-'.join(changes)}.yaml"
    file.write_text(text, "utf-8")
    return file


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A catalogue that isn't loaded."""
    return catalogue(tmp_path, small=SMALL[0], called=SMALL[1])


def stored(file: Path) -> list[tuple[str, str]]:
    """Return each municipality of a database, with a digest of its content."""
    with sqlite3.connect(file) as database:
        rows = database.execute("SELECT id, digest FROM municipalities ORDER BY id").fetchall()
    database.close()
    return rows


@pytest.mark.parametrize(
    ("arguments", "commands"),
    [(["--help"], ["serve", "chat", "catalogue"]), (["catalogue", "--help"], ["check", "load"])],
)
def test_help_names_every_command_and_makes_no_database(
    new_file: Path, arguments: list[str], commands: list[str]
) -> None:
    done = run(new_file, *arguments)
    assert done.returncode == 0
    assert "Usage: rantevou" in done.stdout
    for command in commands:
        assert f"│ {command} " in done.stdout
    assert not new_file.exists()


def test_help_loads_nothing_heavy() -> None:
    program = (
        "import sys\n"
        "from bot.cli.main import main\n"
        "sys.argv = ['rantevou', '--help']\n"
        "try: main()\n"
        "except SystemExit as end: assert not end.code\n"
        "print('heavy:', [m for m in ('sqlalchemy', 'fastapi', 'alembic', 'babel',"
        " 'uvicorn', 'holidays', 'phonenumbers', 'httpx', 'telegram') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert "heavy: []" in done.stdout, done.stdout + done.stderr


@pytest.mark.parametrize("arguments", [["nonsense"], ["catalogue", "check"]])
def test_a_wrong_command_line_is_explained(new_file: Path, arguments: list[str]) -> None:
    done = run(new_file, *arguments)
    assert done.returncode == 2
    assert "Usage: rantevou" in done.stderr
    assert "Traceback" not in done.stderr


def test_shipped_catalogues_are_right(new_file: Path) -> None:
    files = sorted(SHIPPED.glob("*.yaml"))
    done = run_here(new_file, "catalogue", "check", *files)
    assert (done.returncode, done.stderr) == (0, "")
    assert len(done.stdout.splitlines()) == len(files) == 4


@pytest.mark.parametrize("command", ["check", "load"])
def test_wrong_catalogues_are_reported_by_file_line_and_field(
    new_file: Path, tmp_path: Path, command: str
) -> None:
    wrong = catalogue(tmp_path, wrong=("duration: 30", "duration: long"))
    line = 1 + wrong.read_text("utf-8").splitlines().index("        duration: long")
    missing = tmp_path / "missing.yaml"
    done = run_here(new_file, "catalogue", command, KALAMATA, wrong, missing)
    assert done.returncode == 1
    assert (str(KALAMATA) in done.stdout) == (command == "check")
    first, second = done.stderr.splitlines()
    assert first.startswith(f"{wrong}:{line}: groups.0.services.0.duration: ")
    assert "a whole number alone" in first
    assert second == f"{missing}: there is no such file; is its name or folder another?"


@pytest.mark.parametrize(
    ("command", "said"),
    [("check", "{file}: OK (kalamata, "), ("load", "kalamata: added; its page is http://")],
)
def test_a_text_that_lacks_a_language_is_only_warned_of(
    new_file: Path, tmp_path: Path, command: str, said: str
) -> None:
    greek = catalogue(tmp_path, greek=(NAMED, "name: {el: Δήμος Καλαμάτας}"))
    line = 1 + greek.read_text("utf-8").splitlines().index("name: {el: Δήμος Καλαμάτας}")
    done = run_here(new_file, "catalogue", command, greek)
    assert done.returncode == 0
    *_made, last = done.stdout.splitlines(keepends=True)
    assert last.startswith(said.format(file=greek))
    assert done.stderr == (
        f"warning: {greek}:{line}: name.en: a text, which is missing; el is shown instead\n"
    )


@pytest.mark.parametrize("command", ["check", "load"])
def test_two_files_with_one_id_are_refused(
    new_file: Path, tmp_path: Path, small: Path, command: str
) -> None:
    twin = catalogue(tmp_path, twin=("id: kalamata", "id: small"))
    done = run_here(new_file, "catalogue", command, small, twin)
    assert done.returncode == 1
    assert f"{twin}: id: an id that no other file has; {small} has small too" in done.stderr
    assert not new_file.exists() or stored(new_file) == []


def test_loading_is_idempotent_and_updates_in_place(
    file: Path, small: Path, tmp_path: Path
) -> None:
    changed = catalogue(
        tmp_path, small=SMALL[0], called=SMALL[1], changed=("Housing Benefit", "Help with rent")
    )
    before = stored(file)
    for given, outcome in ((small, "added"), (small, "unchanged"), (changed, "updated")):
        done = run_here(file, "catalogue", "load", given)
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout.startswith(f"small: {outcome}; its page is http://")
    assert [row for row in stored(file) if row[0] != "small"] == before


def test_a_new_database_gets_only_what_is_loaded(new_file: Path, small: Path) -> None:
    assert run_here(new_file, "catalogue", "load", small).returncode == 0
    assert [name for name, _digest in stored(new_file)] == ["small"]


@pytest.mark.parametrize("broken_first", [True, False])
def test_of_several_files_all_are_loaded_or_none(
    file: Path, small: Path, tmp_path: Path, broken_first: bool
) -> None:
    broken = catalogue(tmp_path, broken=("duration: 30", "duration: long"))
    before = stored(file)
    files = [broken, small] if broken_first else [small, broken]
    done = run_here(file, "catalogue", "load", *files)
    assert done.returncode == 1
    assert done.stderr.startswith(f"{broken}:")
    assert stored(file) == before


@on_sqlite  # its file is looked into
def test_what_would_orphan_a_booking_is_refused_by_its_code_and_nothing_is_changed(
    deployment: Deployment, booked: str, small: Path, tmp_path: Path
) -> None:
    closing = catalogue(tmp_path, closing=(OPEN, OPEN_ON_SUNDAYS))
    before = stored(deployment.file)
    done = run_here(deployment.file, "catalogue", "load", small, closing)
    assert done.returncode == 1
    assert f"{booked[:3]} {booked[3:]}" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert done.stderr.endswith("Nothing was changed. To go on, add: --yes\n")
    assert stored(deployment.file) == before
    done = run_here(deployment.file, "catalogue", "load", small, closing, "--yes")
    assert "kalamata: updated;" in done.stdout
    assert stored(deployment.file) != before
