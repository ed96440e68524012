"""The chat in the terminal."""

import io
import os
import re
from datetime import date
from pathlib import Path

import pytest
from rich.console import Console

from bot.messages import Reply, ReplyChoice, Sender
from bot.platforms.console import chat, parse, show
from core.catalogue.loader import SHIPPED
from tests.bot.processes import run, run_here, server
from tests.bot.terminal import Terminal
from tests.conftest import SOAK


def test_a_booking_is_made_by_numbers_and_resumed_at_the_next_start(file: Path) -> None:
    with Terminal(file) as chat:
        assert "Δήμος Χίου" in chat.type("βοήθεια")
        assert re.search(r"1 +Επίδομα Στέγασης", chat.type("1"))
        assert "Όχι" in chat.type("1")
        month = chat.type("1")
        assert re.search(r"Δευ +Τρί +Τετ +Πέμ +Παρ +Σάβ +Κυρ", month)
        assert len(re.findall(r"^[ \d\[\]]{20,}$", month, re.MULTILINE)) >= 4
        assert chat.press(b"\x04") == 0
    with Terminal(file) as chat:
        assert "Ποια ημέρα" in chat.type("τι;")
        assert chat.press(b"\x04") == 0


def test_the_first_start_greets_and_lists_choices_with_numbers_and_commands(file: Path) -> None:
    with Terminal(file) as chat:
        first = chat.type("")
        assert re.search(r"  1  Δήμος Καλαμάτας\n  2  Δήμος Λαρισαίων\n", first)
        assert "\n  Βοήθεια" in first


@pytest.mark.parametrize("key", [b"\x04", b"\x03"], ids=["Ctrl-D", "Ctrl-C"])
def test_a_key_leaves_without_a_trace(file: Path, key: bytes) -> None:
    with Terminal(file) as chat:
        assert chat.press(key) == 0
        assert "Traceback" not in chat.raw


@pytest.mark.parametrize(
    ("variables", "coloured"),
    [({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)],
)
def test_colours_are_shown_only_where_the_terminal_has_them(
    file: Path, variables: dict[str, str], coloured: bool
) -> None:
    with Terminal(file, **variables) as chat:
        chat.type("βοήθεια")
        assert bool(re.search(r"\x1b\[[0-9;]*3[0-9]m", chat.raw)) == coloured


def test_what_is_piped_in_is_answered_to_its_end(file: Path) -> None:
    done = run(file, "chat", typed="Καλαμάτα\n1\n")
    assert (done.returncode, done.stderr) == (0, "")
    assert "Γεια σας!" in done.stdout
    assert "Επίδομα Στέγασης" in done.stdout
    assert "Λαμβάνετε ήδη" in done.stdout
    assert "\x1b" not in done.stdout


@pytest.mark.parametrize(
    ("typed", "variables"),
    [
        (b"\xff\xfe\x00\n\xce\n", {}),
        ("Καλαμάτα\n".encode(), {"PYTHONIOENCODING": "ascii"}),
        pytest.param(
            "Καλαμάτα\n".encode("iso8859-7"), {"PYTHONIOENCODING": "iso8859-7"}, marks=SOAK
        ),
        pytest.param(b"\n \n\t\n", {"LC_ALL": "C"}, marks=SOAK),
    ],
)
def test_letters_that_the_terminal_cannot_say_break_nothing(
    file: Path, typed: bytes, variables: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    done = run(file, "chat", typed=typed)
    assert done.returncode == 0
    assert "Traceback" not in done.stderr


def test_it_works_while_a_server_is_open_on_the_same_database(file: Path) -> None:
    with server(file), Terminal(file) as chat:
        assert "Επίδομα Στέγασης" in chat.type("Καλαμάτα")
        assert chat.press(b"\x04") == 0


def test_it_makes_its_own_database_too(new_file: Path) -> None:
    done = run(new_file, "chat", typed="")
    assert done.returncode == 0
    assert "Δήμος Χίου" in done.stdout


@pytest.mark.parametrize("error", [KeyError, OSError])
def test_who_has_a_number_and_no_name_on_this_machine_can_chat(
    monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    def getuser() -> str:
        raise error

    monkeypatch.setattr("getpass.getuser", getuser)
    assert parse("hello").address == f"user {os.getuid()}"


def test_what_waits_is_shown_first_and_after_each_answer(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    news, typed = iter(["one", "", "two"]), iter(["hello"])

    def fetch(_sender: Sender) -> list[Reply]:
        return [Reply(text=f"news {text}") for text in [next(news)] if text]

    def read(_prompt: str) -> str:
        if line := next(typed, ""):
            return line
        raise EOFError

    monkeypatch.setattr("builtins.input", read)
    chat(lambda inbound: [Reply(text=f"answer to {inbound.text}")], fetch, "/start")
    shown = re.findall(r"(?:news|answer to) \S+", capsys.readouterr().out)
    assert shown == ["news one", "answer to /start", "answer to hello", "news two"]


def printed(reply: Reply) -> str:
    """Return a reply as a wide terminal shows it."""
    screen = io.StringIO()
    show(Console(file=screen, width=100, highlight=False), reply)
    return screen.getvalue()


MARKUP = "[bold]not bold[/bold] :smile: [/] [link=x]"


@pytest.mark.parametrize("layout", ["list", "times"])
def test_brackets_are_printed_as_they_are(layout: str) -> None:
    choices = [
        ReplyChoice(id="1.1", label=f"1 {MARKUP}", number=1),
        ReplyChoice(id="1.back", label=f"2 {MARKUP}"),
    ]
    reply = Reply.model_validate({"text": f"0 {MARKUP}", "layout": layout, "choices": choices})
    for number in range(3):
        assert f"{number} {MARKUP}" in printed(reply)


def test_brackets_typed_or_from_a_catalogue_come_back_as_they_are(
    file: Path, tmp_path: Path
) -> None:
    text = (SHIPPED / "kalamata.yaml").read_text("utf-8")
    changed = text.replace("el: Επίδομα Στέγασης", "el: '[red]Επίδομα[/red]'", 1)
    catalogue = tmp_path / "kalamata.yaml"
    catalogue.write_text(changed, "utf-8")
    run_here(file, "catalogue", "load", catalogue)
    assert "[red]Επίδομα[/red]" in run(file, "chat", typed="Καλαμάτα\n").stdout


@pytest.mark.parametrize("language", ["el", "en"])
def test_a_month_begins_on_monday_and_shows_its_days_once(language: str) -> None:
    choices = [ReplyChoice(id="1.3", label="3", number=3)]
    reply = Reply(
        text="?", language=language, layout="month", month=date(2026, 12, 1), choices=choices
    )
    weeks = printed(reply).splitlines()[4:]
    # The free day is told without colours too.
    assert weeks[0].split() == ["1", "2", "[3]", "4", "5", "6"]
    days = [int(day.strip("[]")) for week in weeks for day in week.split()]
    assert days == list(range(1, 32))
