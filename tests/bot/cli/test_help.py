"""The help of each command: it has an example that the command itself accepts."""

import shlex
from collections.abc import Iterator
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from bot.cli.main import app
from bot.platforms import PLATFORMS, WITHOUT_COMMANDS

EXAMPLE = "Example: "


def commands(command: Any, *path: str) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield a command and all below it, each with the words that call it."""
    yield path, command
    if hasattr(command, "list_commands"):
        context = command.context_class(command, info_name=path[-1])
        for name in command.list_commands(context):
            yield from commands(command.get_command(context, name), *path, name)


COMMANDS = list(commands(typer.main.get_command(app), "rantevou"))
each_command = pytest.mark.parametrize(
    ("path", "command"), COMMANDS, ids=[" ".join(path) for path, _command in COMMANDS]
)


def parse(command: Any, words: list[str]) -> list[str]:
    """Parse a command line with the commands' own parsers, running none.

    Return the words that name the command that it would run. Raises UsageError.
    """
    name, *rest = words
    context, called = command.make_context(name, rest), [name]
    while hasattr(context.command, "resolve_command"):
        group, below = context.command, [*context._protected_args, *context.args]
        name, command, rest = group.resolve_command(context, below)
        context, called = command.make_context(name, rest, parent=context), [*called, name]
    return called


def test_the_whole_tree_is_walked() -> None:
    paths = {" ".join(path) for path, _command in COMMANDS}
    assert {
        "rantevou",
        "rantevou serve",
        "rantevou outbox retry",
        "rantevou telegram poll",
    } <= paths
    assert {f"rantevou {platform}" for platform in set(PLATFORMS) - set(WITHOUT_COMMANDS)} <= paths


@each_command
def test_a_command_has_an_example_that_it_accepts(path: tuple[str, ...], command: Any) -> None:
    assert (command.epilog or "").startswith(EXAMPLE)
    words = shlex.split(command.epilog.removeprefix(EXAMPLE))
    called = parse(COMMANDS[0][1], words)
    assert tuple(called[: len(path)]) == path
    assert words[: len(called)] == called


@each_command
def test_an_example_is_shown_on_a_line_of_its_own(path: tuple[str, ...], command: Any) -> None:
    shown = CliRunner().invoke(app, [*path[1:], "--help"], env={"COLUMNS": "80"})
    assert shown.exit_code == 0
    assert command.epilog in map(str.strip, shown.stdout.splitlines())
