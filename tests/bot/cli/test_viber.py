"""`rantevou viber` and `rantevou doctor`, beside a Viber of our own."""

from collections.abc import Callable, Iterator
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest

from bot.platforms.viber.events import EVENTS
from tests.bot.processes import free_port, run, run_here, server
from tests.fakes.http_server import Answer
from tests.fakes.viber import NAME, TOKEN, ViberServer, failure, viber_server

PUBLIC = "https://rantevou.my-town.gr"
WEBHOOK = f"{PUBLIC}/webhooks/viber/town"
Command = Callable[..., "CompletedProcess[str]"]


@pytest.fixture
def viber() -> Iterator[ViberServer]:
    with viber_server() as server:
        yield server


@pytest.fixture
def command(new_file: Path, viber: ViberServer) -> Command:
    """Run a command of a deployment with one bot."""

    def given(*arguments: str, token: str = TOKEN, **settings: str) -> "CompletedProcess[str]":
        bot = {"viber__town__token": token, "viber__town__api_url": viber.url}
        return run_here(new_file, *arguments, **{"public_url": PUBLIC, **bot, **settings})

    return given


@pytest.fixture
def serving(new_file: Path) -> Iterator[dict[str, str]]:
    """The settings by which `doctor` finds the server that runs meanwhile."""
    with server(new_file) as running:
        yield {"management_port": running.management.rpartition(":")[2]}


def test_the_setup_registers_the_webhook_and_says_so(
    command: Command, viber: ViberServer, serving: dict[str, str]
) -> None:
    done = command("viber", "setup")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        f"viber:town  token works: {NAME}",
        f"viber:town  webhook: {WEBHOOK} (message, {', '.join(EVENTS)})",
    ]
    given = dict(viber.calls)["set_webhook"]
    assert (given["url"], given["event_types"]) == (WEBHOOK, list(EVENTS))
    assert (given["send_name"], given["send_photo"]) == (False, False)
    well = command("doctor", **serving)
    assert well.returncode == 0, well.stdout
    assert f"ok  webhook stands: {WEBHOOK}" in well.stdout


def test_the_doctor_says_in_words_that_viber_cannot_be_reached(command: Command) -> None:
    done = command("doctor", viber__town__api_url=f"http://127.0.0.1:{free_port()}")
    assert done.returncode == 1
    assert "Viber: can't be reached; look at the network" in done.stdout
    assert "Error" not in done.stdout


def test_viber_takes_a_webhook_only_where_we_are(
    command: Command, viber: ViberServer, file: Path
) -> None:
    viber.serves = f"http://127.0.0.1:{free_port()}"
    assert "`rantevou serve` must be reachable there" in command("viber", "setup").stderr
    assert viber.account == {}
    bot = {"viber__town__token": TOKEN, "viber__town__api_url": viber.url}
    with server(file, **bot) as running:
        viber.serves = running.url
        done = command("viber", "setup")
    assert done.returncode == 0, done.stderr
    assert viber.account["webhook"] == WEBHOOK


ELSEWHERE = {"webhook": "https://elsewhere.example", "event_types": list(EVENTS)}


@pytest.mark.parametrize(
    ("settings", "account", "told"),
    [
        ({"token": "wrong-wrong-wrong-wrong"}, {}, "Viber doesn't know its token"),
        ({}, {}, "no webhook stands"),
        ({}, ELSEWHERE, "the webhook is https://elsewhere.example"),
        ({}, {"webhook": WEBHOOK, "event_types": ["seen"]}, "doesn't get delivered, failed"),
    ],
)
def test_the_doctor_says_what_is_wrong(
    command: Command,
    viber: ViberServer,
    settings: dict[str, str],
    account: dict[str, Any],
    told: str,
) -> None:
    viber.account = account
    done = command("doctor", **settings)
    assert done.returncode == 1
    wrong = [line for line in done.stdout.splitlines() if line.startswith("viber:town  WRONG")]
    assert told in "".join(wrong)
    assert settings.get("token", TOKEN) not in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("method", "answer", "told"),
    [
        ("get_account_info", Answer(500, {}), "Viber: HTTP 500"),
        (
            "set_webhook",
            failure(1, "invalidUrl"),
            "Viber: invalidUrl (`rantevou serve` must be reachable there)",
        ),
    ],
)
def test_what_fails_is_reported_in_one_line(
    command: Command, viber: ViberServer, method: str, answer: Answer, told: str
) -> None:
    viber.failures[method] = [answer]
    done = command("viber", "setup")
    assert (done.returncode, done.stderr) == (1, f"viber:town: {told}\n")


def test_without_a_bot_it_is_said_how_to_name_one(new_file: Path) -> None:
    done = run_here(new_file, "viber", "setup", public_url=PUBLIC)
    assert done.returncode == 1
    assert "RANTEVOU_VIBER__" in done.stderr


def test_without_a_public_address_there_is_no_setup(command: Command) -> None:
    done = command("viber", "setup", public_url="")
    assert done.returncode == 1
    assert done.stderr.startswith("RANTEVOU_PUBLIC_URL isn't set")


@pytest.mark.parametrize(
    ("setting", "value", "told"),
    [
        ("token", "short", "RANTEVOU_VIBER__TOWN__TOKEN is ***: must be like"),
        ("name", "α" * 29, "RANTEVOU_VIBER__TOWN__NAME is"),
        ("colour", "red", "RANTEVOU_VIBER__TOWN__COLOUR is ***: no such setting"),
        ("api_url", "viber", "RANTEVOU_VIBER__TOWN__API_URL is 'viber': must be like https"),
    ],
)
def test_a_wrong_setting_is_reported_with_its_name(
    command: Command, setting: str, value: str, told: str
) -> None:
    done = command("serve", **{f"viber__town__{setting}": value})
    assert done.returncode == 1
    assert told in done.stderr


@pytest.mark.parametrize(
    "name",
    [
        "telegram",
        "telegram__town",
        "telegram__name",
        "telegram__town__tokn",
        "telegram__my__town__token",
        "viber",
        "viber__town",
        "viber__town__token_",
        "viber__town__token__",
    ],
)
def test_a_token_under_a_mistyped_name_is_not_shown(new_file: Path, name: str) -> None:
    done = run_here(new_file, "doctor", **{name: TOKEN})
    assert done.returncode == 1
    assert TOKEN not in done.stdout + done.stderr
    assert all(line.startswith("RANTEVOU_") for line in done.stderr.splitlines()), done.stderr


def test_a_municipality_that_there_is_not_is_reported_at_the_start(new_file: Path) -> None:
    bot = {"viber__town__token": TOKEN, "viber__town__municipality": "atlantis"}
    done = run(new_file, "serve", **bot, port=str(free_port()))
    assert done.returncode == 1
    assert "RANTEVOU_VIBER__TOWN__MUNICIPALITY is 'atlantis': must be one of" in done.stderr
