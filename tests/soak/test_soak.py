"""`make soak` runs every slow test once, goes on where one fails, and moves clocks."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.soak import __main__ as soak
from tests.soak.clocks import MOMENTS, TIMELESS, clock_reading_tests, moved_to
from tests.soak.parts import PARTS, Part, named

ASK = (
    "from datetime import datetime as d; from zoneinfo import ZoneInfo as z; print(d.now(z({!r})))"
)
ASK_A_CHILD = "import subprocess, sys; subprocess.run([sys.executable, '-c', {!r}], check=True)"


def test_parts_are_known_by_the_beginning_of_their_names() -> None:
    assert named("kills") == ["kills-postgresql", "kills-sqlite"]
    assert named("clocks") == [f"clocks-{name}" for name in MOMENTS]
    assert named("away") == ["away"]
    with pytest.raises(ValueError, match=r"no part kill; there are .*kills-sqlite"):
        named("kill")


def test_it_goes_on_after_a_failed_part(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, proves in (("fails", "False"), ("passes", "True")):
        code = f"def test_it(tell):\n    tell('counted 7')\n    assert {proves}, 'why'\n"
        (tmp_path / f"test_{name}.py").write_text(code, "utf-8")
        fixtures = "from tests.soak.tell import tell\n"
        (tmp_path / "conftest.py").write_text(fixtures, "utf-8")
        part = Part(
            name, (str(tmp_path / f"test_{name}.py"),), alone=name == "passes", marked="not soak"
        )
        monkeypatch.setitem(PARTS, name, part)
    monkeypatch.setattr(sys, "argv", ["soak", "fails", "passes"])
    # Those that are installed, schemathesis among them, take longer than these parts.
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    with pytest.raises(SystemExit) as end:
        soak.main()
    assert end.value.code == 1
    printed = capsys.readouterr().out
    assert "AssertionError: why" in printed
    assert "\n· counted 7\npasses: passed. 1 passed in" in printed
    fails, passes, _all = printed.splitlines()[-3:]
    assert "FAILED  1 failed in" in fails
    assert "passed  1 passed in" in passes


def test_a_moved_clock_moves_for_processes_of_processes() -> None:
    ask = ASK.format("Europe/Athens")
    for code in (ask, ASK_A_CHILD.format(ask)):
        command = [sys.executable, "-c", code]
        done = subprocess.run(command, env=moved_to("2026-12-23 23:50"), stdout=-1, check=True)
        assert done.stdout.startswith(b"2026-12-23 23:50:")


def test_what_reads_the_clock_is_found() -> None:
    found = clock_reading_tests()
    assert {"tests/proofs/test_kill.py", "tests/bot/cli/test_main.py"} <= set(found)
    assert "tests/core/availability/test_schedule.py" not in found
    assert all(Path(file).exists() for file in TIMELESS)
