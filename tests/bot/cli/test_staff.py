"""`rantevou staff`: the people of the town hall, by the technician."""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest
import typer

from bot.cli.main import app
from core.staff import links, rooms
from core.staff.rights import Action
from tests.bot.processes import run, run_here
from tests.bot.telemetry.test_silence import url_of
from tests.conftest import Deployment, mostly_on
from tests.core.staff.test_rights import BY_CODE, EXPECTED

COMMANDS = {
    "staff add": Action.ADD_MEMBER,
    "staff list": Action.LIST_STAFF,
    "staff disable": Action.DISABLE_MEMBER,
    "staff link": Action.LINK_CODE,
    "staff room": Action.ROOM_CODE,
    "staff rooms": Action.LIST_STAFF,
    "staff unbind": Action.UNBIND_ROOM,
    "staff record": Action.LIST_RECORD,
    "staff key add": Action.ADD_KEY,
    "staff key list": Action.LIST_STAFF,
    "staff key revoke": Action.REVOKE_KEY,
    "bookings list": Action.LIST,
    "bookings export": Action.EXPORT,
    "bookings show": Action.SHOW,
    "bookings cancel": Action.CANCEL,
    "bookings move": Action.MOVE,
    "bookings arrived": Action.ARRIVED,
    "bookings came": Action.CAME,
    "bookings no-show": Action.NO_SHOW,
    "bookings undo": Action.UNDO,
    "close": Action.CLOSE,
    "open": Action.OPEN,
    "closures": Action.LIST_CLOSURES,
    "webhook add": Action.ADD_WEBHOOK,
    "webhook list": Action.LIST_WEBHOOKS,
    "webhook test": Action.SEND_WEBHOOK,
    "webhook rotate": Action.CHANGE_WEBHOOK,
    "webhook disable": Action.CHANGE_WEBHOOK,
    "webhook enable": Action.CHANGE_WEBHOOK,
    "webhook change": Action.CHANGE_WEBHOOK,
    "webhook remove": Action.REMOVE_WEBHOOK,
    "webhook replay": Action.SEND_WEBHOOK,
}
"""What each command does, whose rights are tried in tests/core/staff/test_rights.py."""

ELSEWHERE = {
    *(Action.BOOK, Action.EDIT, Action.FIND, Action.NUMBER, Action.OFFER, Action.RELAY),
    *(Action.EXPORT_DETAILS, Action.SEEN, Action.STATISTICS, Action.LOAD),
}
"""What staff do in their chat, by the citizen's dialog, by the API, by a command's option, or by
`catalogue load`."""


NONE: Mapping[str, str] = {}


class Technician:
    """Types commands on a deployment's database."""

    def __init__(self, deployment: Deployment, folder: Path) -> None:
        self.deployment, self._file = deployment, folder / "rantevou.db"

    def __call__(
        self, *arguments: str, code: int = 0, settings: Mapping[str, str] = NONE
    ) -> CompletedProcess[str]:
        """Run a command, which must end with that exit code."""
        url = url_of(self.deployment.database)
        done = run_here(self._file, *arguments, database_url=url, **settings)
        assert done.returncode == code, done.stderr
        return done

    def asked(self, *arguments: str, typed: str) -> CompletedProcess[str]:
        """Run a command in a process of its own, and type an answer."""
        url = url_of(self.deployment.database)
        return run(self._file, *arguments, typed=typed, database_url=url)

    def lines(self, *arguments: str) -> list[list[str]]:
        """Return the rows of a command's table, without the headings."""
        shown = self(*arguments).stdout.splitlines()[1:]
        return [re.split(r" {2,}", line) for line in shown]

    def refused(self, *arguments: str, settings: Mapping[str, str] = NONE) -> str:
        """Return why a command is refused, in one line, without having printed anything."""
        done = self(*arguments, code=1, settings=settings)
        assert done.stdout == ""
        (reason,) = done.stderr.splitlines()
        return reason


@pytest.fixture
def technician(deployment: Deployment, tmp_path: Path) -> Technician:
    return Technician(deployment, tmp_path)


def leaves(command: Any, *path: str) -> Iterator[str]:
    """Yield the commands below a command, as they are typed."""
    if not hasattr(command, "list_commands"):
        yield " ".join(path)
        return
    context = command.context_class(command, info_name=path[-1] if path else "rantevou")
    for name in command.list_commands(context):
        if path or name in ("staff", "bookings", "webhook", "close", "open", "closures"):
            yield from leaves(command.get_command(context, name), *path, name)


def test_every_command_has_an_action_and_every_action_a_command() -> None:
    assert set(leaves(typer.main.get_command(app))) == set(COMMANDS)
    by_code = {action for action, expected in EXPECTED.items() if expected is BY_CODE}
    assert set(COMMANDS.values()) | by_code | ELSEWHERE == set(Action)


@mostly_on("sqlite")
def test_people_are_added_listed_and_disabled(technician: Technician) -> None:
    assert technician("staff", "list").stdout == "There is nobody yet.\n"
    added = technician(
        *("staff", "add", "Ελένη Δήμου", "--role", "employee", "--municipality", "kalamata"),
        *("--group", "koinoniki-arogi", "--desk", "koinoniki-arogi/stegasi"),
    )
    assert added.stdout == "Added: 1. To link their own account: rantevou staff link 1\n"
    technician("staff", "add", "Νίκος", "--role", "manager", "--municipality", "chios")
    technician("staff", "add", "Άννα", "--role", "operator")
    technician("staff", "disable", "2")
    assert technician.lines("staff", "list") == [
        [
            "1",
            "Ελένη Δήμου",
            "employee",
            "kalamata",
            "koinoniki-arogi, koinoniki-arogi/stegasi",
            "-",
            "active",
        ],
        ["2", "Νίκος", "manager", "chios", "-", "-", technician.lines("staff", "list")[1][6]],
        ["3", "Άννα", "operator", "-", "-", "-", "active"],
    ]
    assert re.fullmatch(r"disabled \d{4}-\d\d-\d\d", technician.lines("staff", "list")[1][6])
    assert [row[1:] for row in technician.lines("staff", "record")] == [
        ["operator", "cli", "disable_member", "-", "chios", "Νίκος", "-"],
        ["operator", "cli", "add_member", "-", "-", "Άννα", "-"],
        ["operator", "cli", "add_member", "-", "chios", "Νίκος", "-"],
        ["operator", "cli", "add_member", "-", "kalamata", "Ελένη Δήμου", "-"],
    ]
    assert len(technician.lines("staff", "record", "--municipality", "chios")) == 2
    assert len(technician.lines("staff", "record", "--last", "1")) == 1


@mostly_on("sqlite")
def test_codes_bind_a_room_and_link_an_account(technician: Technician) -> None:
    deployment, account = technician.deployment, "telegram:town"
    registry, now = deployment.services.registry, datetime.now(UTC)
    technician("staff", "add", "Νίκος", "--role", "manager", "--municipality", "kalamata")
    linking = technician("staff", "link", "1").stdout
    binding = technician("staff", "room", "--municipality", "kalamata").stdout
    secret, code = (
        re.findall(r"/(?:link|bind) (\d{12})$", text, re.M) for text in (linking, binding)
    )
    assert linking.startswith(f"{secret[0][:4]} {secret[0][4:8]} {secret[0][8:]}\n")
    assert technician("staff", "rooms").stdout == "No chat is bound.\n"
    deployment.database.write_sync(
        lambda s: (
            links.link(s, registry, secret[0], now, account=account, address="7"),
            rooms.bind(s, registry, code[0], now, account=account, chat="-100"),
        )
    )
    assert technician.lines("staff", "list")[0][5] == account
    assert technician.lines("staff", "rooms")[0][:6] == [
        *("1", "kalamata", "-", account, "-100", "-")
    ]
    assert technician("staff", "unbind", "1").stdout == "Unbound: 1\n"
    assert technician("staff", "rooms").stdout == "No chat is bound.\n"


ROOM = ("staff", "room", "--municipality")
WEBHOOKS = {
    "slack__town__webhook_url": "https://hooks.slack.com/services/T0/B0/sEcReT",
    "mattermost__hall__webhook_url": "https://chat.my-town.gr/hooks/sEcReT",
    "mattermost__hall__municipality": "chios",
    "email__town__host": "mail.my-town.gr",
    "email__town__from": "rantevou@my-town.gr",
}


@mostly_on("sqlite")
def test_a_channel_of_slack_or_mattermost_is_bound_at_once(technician: Technician) -> None:
    account = ("--account", "slack:town")
    done = technician(*ROOM, "kalamata", *account, settings=WEBHOOKS)
    assert done.stdout == ("Bound: 1. Alerts go there from now on; they can't be acted on there.\n")
    group = ("--group", "koinoniki-arogi")
    technician(*ROOM, "kalamata", *account, *group, settings=WEBHOOKS)
    technician(*ROOM, "chios", "--account", "mattermost:hall", settings=WEBHOOKS)
    assert [row[:6] for row in technician.lines("staff", "rooms")] == [
        ["2", "chios", "-", "mattermost:hall", "one-way", "-"],
        ["1", "kalamata", "koinoniki-arogi", "slack:town", "one-way", "-"],
    ]
    assert {row[3] for row in technician.lines("staff", "record")} == {"room_code", "bind_room"}


@pytest.mark.parametrize(
    ("at", "account", "reason"),
    [
        ("chios", "slack:town", "slack:town is another municipality's."),  # its room is
        ("kalamata", "mattermost:hall", "mattermost:hall is another municipality's."),
        (
            "kalamata",
            "slack:tow",
            "slack:tow isn't configured: RANTEVOU_SLACK__TOW__WEBHOOK_URL isn't set.",
        ),
        (
            "kalamata",
            "telegram:town",
            "--account: slack:<name>, mattermost:<name> or email:<name>. A chat of Telegram is "
            "bound by a code, without --account.",
        ),
        ("kalamata", "email:town", "--to: an e-mail address, with --account email:<name> only."),
    ],
)
def test_a_channel_that_cannot_be_bound_is_refused_in_one_line(
    technician: Technician, at: str, account: str, reason: str
) -> None:
    technician(*ROOM, "kalamata", "--account", "slack:town", settings=WEBHOOKS)
    before = technician.lines("staff", "record")
    assert technician.refused(*ROOM, at, "--account", account, settings=WEBHOOKS) == reason
    assert technician.lines("staff", "record") == before


def test_email_addresses_are_bound_at_once(technician: Technician) -> None:
    for address in ("pronoia@my-town.gr", "kep@my-town.gr"):
        account = ("--account", "email:town", "--to", address)
        technician(*ROOM, "kalamata", *account, settings=WEBHOOKS)
    assert [row[3:5] for row in technician.lines("staff", "rooms")] == [
        ["email:town", "pronoia@my-town.gr"],
        ["email:town", "kep@my-town.gr"],
    ]
    wrong = ("--account", "email:town", "--to", "pronoia")
    refused = technician.refused(*ROOM, "kalamata", *wrong, settings=WEBHOOKS)
    assert refused == "--to: an e-mail address, not 'pronoia'."


def test_the_address_of_a_webhook_is_never_shown(technician: Technician) -> None:
    wrong = technician.refused(
        "doctor", settings={"slack__town__webhook_url": "hooks.slack.com/sEcReT"}
    )
    assert wrong == (
        "RANTEVOU_SLACK__TOWN__WEBHOOK_URL is ***: must be like "
        "https://hooks.slack.com/services/T0…/B0…/…"
    )
    settings = {**WEBHOOKS, "public_url": "https://rantevou.my-town.gr"}
    done = technician("doctor", code=1, settings=settings)  # no server is running
    assert "email:town  CHECK  reminders carry List-Unsubscribe" in done.stdout
    for account in ("slack:town", "mattermost:hall"):
        assert f"{account}  ok  is configured; only a message shows" in done.stdout
    assert "sEcReT" not in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("add", "Α", "--role", "manager"), "--municipality: one of chios, kalamata, kep, larissa"),
        (("room",), "--municipality: one of chios, kalamata, kep, larissa"),
        (
            ("add", "Α", "--role", "manager", "--municipality", "x"),
            "There is no such municipality.",
        ),
        (
            ("room", "--municipality", "kalamata", "--group", "x"),
            "There is no service group x. There are: koinoniki-arogi.",
        ),
        (
            ("add", "Α", "--role", "employee", "--municipality", "kalamata"),
            "An employee, and nobody else, has service groups or desks.",
        ),
        (("add", "", "--role", "operator"), "A name is needed."),
        (("disable", "7"), "There is no such member of staff."),
        (("link", "7"), "There is no such member of staff."),
        (("unbind", "7"), "There is no such room."),
        (("record", "--booking", "KX7 M2P"), "There is no such appointment."),
        (("record", "--municipality", "x"), "There is no such municipality."),
    ],
)
def test_what_cannot_be_done_is_refused_in_one_line(
    technician: Technician, arguments: tuple[str, ...], reason: str
) -> None:
    assert technician.refused("staff", *arguments) == reason
    assert technician("staff", "record").stdout == "Nothing is recorded.\n"
