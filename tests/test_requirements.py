"""What running needs is installed by itself; what checks and tests need is apart from it."""

import ast
import re
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGES = ("core", "dialogs", "bot", "webhooks")


def pinned(name: str) -> dict[str, str]:
    """Return the versions that a file pins, by distribution."""
    text = (ROOT / name).read_text("utf-8")
    return dict(re.findall(r"^([a-z0-9-]+)(?:\[\w+\])?==([^ ;]+)", text, re.MULTILINE))


def imported() -> set[str]:
    """Return the top-level modules that the program imports, anywhere in it."""
    found = set()
    for file in (file for package in PACKAGES for file in (ROOT / package).rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                found |= {each.name.partition(".")[0] for each in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                found.add(node.module.partition(".")[0])
    return found - sys.stdlib_module_names - {*PACKAGES}


def test_what_the_program_imports_is_installed_for_running() -> None:
    running, distributions = pinned("requirements.txt"), packages_distributions()
    assert len(imported()) > 10
    for module in imported():
        names = {re.sub(r"[-_.]+", "-", name).lower() for name in distributions[module]}
        assert names & running.keys(), module


def test_running_installs_nothing_that_only_tests_need() -> None:
    needed = re.findall(r"^[a-z][\w-]+", (ROOT / "requirements-tests.in").read_text("utf-8"), re.M)
    assert "pytest" in needed
    assert not pinned("requirements.txt").keys() & {*needed}
    assert {*needed} <= pinned("requirements-tests.txt").keys()


def test_what_both_need_is_pinned_alike() -> None:
    running, tests = pinned("requirements.txt"), pinned("requirements-tests.txt")
    both = running.keys() & tests.keys()
    assert both
    assert {each: running[each] for each in both} == {each: tests[each] for each in both}
