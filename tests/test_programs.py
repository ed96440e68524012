"""What happens where a program isn't installed."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.programs import OPENSSL, needed

ROOT = Path(__file__).parents[1]
SMALL = """
import pytest
from tests.programs import CHROMIUM, OPENSSL, needed


def test_page(): needed(CHROMIUM)
def test_certificate(): needed(OPENSSL)
def test_plain(): pass
def test_other(): pytest.skip("for another reason")
"""


def run(places: Path, *command: str) -> "subprocess.CompletedProcess[str]":
    """Run a command in the project's folder with the programs of one folder only."""
    outer = ("PYTEST_", "MAKE")  # those of the run that this test is part of
    own = {name: value for name, value in os.environ.items() if not name.startswith(outer)}
    env = own | {"PATH": str(places), "CI": ""}
    return subprocess.run(
        command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=120, check=False
    )


def test_what_is_skipped_is_said_in_the_last_line(tmp_path: Path) -> None:
    (tmp_path / "test_small.py").write_text(SMALL)
    alone = "-c", os.devnull, "--rootdir", str(tmp_path), "-p", "tests.programs", "-n", "1", "-q"
    quick = "-p", "no:schemathesis"  # to import it takes longer than all else here
    done = run(tmp_path, sys.executable, "-m", "pytest", *alone, *quick, str(tmp_path))
    assert done.returncode == 0, done.stdout + done.stderr
    *_others, counted, said = done.stdout.splitlines()
    assert counted.startswith("1 passed, 3 skipped in ")
    install = "apt install chromium-headless-shell( libatomic1)?( nginx)? openssl( curl)?"
    assert re.fullmatch(f"2 skipped for want of a program; on Debian: {install}", said)


def test_nothing_is_skipped_where_changes_are_checked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("CI", "")
    with pytest.raises(pytest.skip.Exception, match=OPENSSL):
        needed(OPENSSL)
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match=OPENSSL):
        needed(OPENSSL)
    assert "export CI=true" in (ROOT / ".ci" / "run").read_text("utf-8")


def test_a_python_that_makes_no_environment_is_said_in_one_line(tmp_path: Path) -> None:
    for program in ("make", "sh", "id", "false"):
        (tmp_path / program).symlink_to(str(shutil.which(program)))
    ready = f"VENV={tmp_path}/.venv", f"{tmp_path}/.venv/.ready"
    done = run(tmp_path, "make", "PYTHON=false", *ready)
    assert (done.returncode, done.stdout) == (2, "")
    said, _makes_own = done.stderr.splitlines()
    assert said.endswith("apt install python3-venv")
