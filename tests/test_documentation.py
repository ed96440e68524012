"""The pages of documentation: their links, their size, and what they say of the settings."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
ACTIVATE = "source .venv/bin/activate"
LINK = re.compile(r"\]\(([^)\s]+)\)|<img src=\"([^\"]+)\"")


def anchors(page: Path) -> set[str]:
    """Return the anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", each.lower()).replace(" ", "-") for each in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for found in LINK.finditer(page.read_text("utf-8")):
        target, _hash, anchor = (found[1] or found[2]).partition("#")
        if "://" in target:
            continue
        linked = (page.parent / target).resolve() if target else page
        assert linked.exists(), target
        assert not anchor or anchor in anchors(linked), f"{target}#{anchor}"


def test_the_readme_is_read_in_a_minute_or_two() -> None:
    assert len((ROOT / "README.md").read_text("utf-8").split()) <= 600


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_can_be_pasted(page: Path) -> None:
    text = page.read_text("utf-8")
    blocks = "".join(re.findall(r"^```sh\n(.*?)^```", text, re.MULTILINE | re.DOTALL))
    assert "…" not in blocks
    assert ".venv/bin/" not in blocks.replace(ACTIVATE, "")
    if first := re.search(r"(?:^|`)(?:rantevou|pybabel) [a-z]", text, re.MULTILINE):
        assert ACTIVATE in text[: first.start()] or page.name == "architecture.md"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_settings_that_are_named_are_settings(page: Path) -> None:
    known = (ROOT / ".env.example").read_text("utf-8")
    named = set(re.findall(r"RANTEVOU_[A-Z_]*[A-Z]", page.read_text("utf-8")))
    unknown = {each for each in named if each not in known}
    assert unknown <= {"RANTEVOU_TEST_DATABASE_URL"}


def test_every_event_of_the_log_is_explained() -> None:
    logged = set()
    for package in ("bot", "core", "dialogs", "webhooks"):
        for file in (ROOT / package).rglob("*.py"):
            logged |= set(re.findall(r"\blog\.\w+\(\s*\"([^\"]+)\"", file.read_text("utf-8")))
    assert logged
    explained = (ROOT / "docs" / "operations.md").read_text("utf-8")
    assert {each for each in logged if f"`{each}`" not in explained} == set()
