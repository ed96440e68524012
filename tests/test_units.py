"""The systemd units."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.bot.process_start import RANTEVOU
from tests.test_documentation import ROOT

UNITS = sorted((ROOT / "deploy").glob("*.service"))


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_systemd_finds_nothing_wrong_with_a_unit(unit: Path, tmp_path: Path) -> None:
    if not shutil.which("systemd-analyze"):
        pytest.skip("this machine has no systemd")
    text = unit.read_text("utf-8")
    installed = "/opt/rantevou/.venv/bin/rantevou"
    assert installed in text
    copy = tmp_path / unit.name
    copy.write_text(text.replace(installed, RANTEVOU), "utf-8")
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(copy)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_the_units_run_with_the_same_rights() -> None:
    """Check that they differ only in the command, and in the server's limit of open files."""
    differs = "#", "Description=", "ExecStart=", "LimitNOFILE="
    lines = [
        [line for line in unit.read_text("utf-8").splitlines() if not line.startswith(differs)]
        for unit in UNITS
    ]
    assert lines[0] == lines[1]
