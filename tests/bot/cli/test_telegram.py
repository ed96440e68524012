"""`rantevou telegram` and `rantevou doctor`, beside a Telegram of our own."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bot.platforms.telegram.rendering import NO_CHOICE
from bot.platforms.telegram.updates import UPDATES
from tests.bot.platforms import telegram_updates as updates
from tests.bot.process_start import RANTEVOU
from tests.bot.processes import free_port, run_here, server
from tests.core.wait_until import until
from tests.fakes.http_server import Answer
from tests.fakes.telegram import TOKEN, USERNAME, TelegramServer, failure, telegram_server

PUBLIC = "https://rantevou.my-town.gr"
WEBHOOK = f"{PUBLIC}/webhooks/telegram/town"
Command = Callable[..., "CompletedProcess[str]"]


@pytest.fixture
def telegram() -> Iterator[TelegramServer]:
    with telegram_server() as server:
        yield server


@pytest.fixture
def command(new_file: Path, telegram: TelegramServer) -> Command:
    """Run a command of a deployment with one bot."""

    def run(*arguments: str, token: str = TOKEN, **settings: str) -> "CompletedProcess[str]":
        bot = {"telegram__town__token": token, "telegram__town__api_url": telegram.url}
        return run_here(new_file, *arguments, **{"public_url": PUBLIC, **bot, **settings})

    return run


@pytest.fixture
def serving(new_file: Path) -> Iterator[dict[str, str]]:
    """The settings by which `doctor` finds the server that runs meanwhile."""
    with server(new_file) as running:
        yield {"management_port": running.management.rpartition(":")[2]}


def test_under_a_sub_path_the_webhook_is_under_it_too(
    command: Command, telegram: TelegramServer
) -> None:
    done = command("telegram", "setup", root_path="/rantevou")
    assert done.returncode == 0, done.stderr
    assert dict(telegram.calls)["setWebhook"]["url"] == f"{PUBLIC}/rantevou/webhooks/telegram/town"


def test_the_setup_registers_everything_and_says_so(
    command: Command, telegram: TelegramServer, serving: dict[str, str]
) -> None:
    done = command("telegram", "setup")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        f"telegram:town  token works: @{USERNAME}",
        f"telegram:town  webhook: {WEBHOOK} ({', '.join(UPDATES)})",
        "telegram:town  8 commands and the descriptions, in el",
        "telegram:town  9 commands of staff in groups, in el",
        "telegram:town  8 commands and the descriptions, in en",
        "telegram:town  9 commands of staff in groups, in en",
    ]
    calls = dict(telegram.calls)
    assert set(calls["setWebhook"]) == {"url", "allowed_updates", "secret_token"}
    assert len(calls["setWebhook"]["secret_token"]) == 64
    greek = [given for _method, given in telegram.calls if given.get("language_code") == "el"]
    assert greek[0]["commands"][0] == {"command": "book", "description": "Νέο ραντεβού"}
    assert "δήμο" in greek[1]["description"]
    assert len(greek[2]["short_description"]) <= 120
    scoped = [given for _method, given in telegram.calls if "scope" in given]
    assert [given["scope"] for given in scoped] == [{"type": "all_group_chats"}] * 2
    assert scoped[0]["commands"][0] == {
        "command": "today",
        "description": "Τα σημερινά ραντεβού",
    }
    well = command("doctor", **serving)
    assert well.returncode == 0, well.stdout
    assert "ok  in groups of staff: it gets commands, and answers" in well.stdout
    assert f"ok  webhook stands: {WEBHOOK}" in well.stdout


STANDS = {"url": WEBHOOK, "allowed_updates": list(UPDATES)}


def failed(ago: timedelta) -> dict[str, Any]:
    at = int((datetime.now(UTC) - ago).timestamp())
    return {**STANDS, "last_error_date": at, "last_error_message": "Connection refused"}


@pytest.mark.parametrize(
    ("settings", "webhook", "told"),
    [
        ({}, STANDS, f"webhook stands: {WEBHOOK}"),
        ({}, failed(timedelta(days=1)), f"webhook stands: {WEBHOOK}"),
        ({"public_url": ""}, {}, "no webhook stands, as is right for `rantevou telegram poll`"),
    ],
)
def test_the_doctor_says_what_is_well(
    command: Command,
    telegram: TelegramServer,
    serving: dict[str, str],
    settings: dict[str, str],
    webhook: dict[str, Any],
    told: str,
) -> None:
    telegram.webhook = dict(webhook)
    done = command("doctor", **settings, **serving)
    assert (done.returncode, "WRONG" in done.stdout) == (0, False), done.stdout
    assert f"ok  {told}" in done.stdout


@pytest.mark.parametrize(
    ("settings", "webhook", "told"),
    [
        ({"token": "1:wrong"}, {}, "Telegram doesn't know its token"),
        ({}, {}, "no webhook stands: run `rantevou telegram setup`; or, where"),
        ({}, {}, "`rantevou telegram poll` runs, which that would stop, leave RANTEVOU_PUBLIC_URL"),
        ({}, {"url": "https://elsewhere.example"}, "the webhook is https://elsewhere.example"),
        ({}, {"url": WEBHOOK}, "doesn't get message, edited_message, callback_query"),
        ({"public_url": ""}, {"url": WEBHOOK}, "but RANTEVOU_PUBLIC_URL isn't set: set it, or run"),
        ({}, failed(timedelta(minutes=5)), "Z: Connection refused"),
    ],
)
def test_the_doctor_says_what_is_wrong(
    command: Command,
    telegram: TelegramServer,
    settings: dict[str, str],
    webhook: dict[str, str],
    told: str,
) -> None:
    telegram.webhook = dict(webhook)
    done = command("doctor", **settings)
    assert done.returncode == 1
    wrong = [line for line in done.stdout.splitlines() if line.startswith("telegram:town  WRONG")]
    assert told in "".join(wrong)
    assert settings.get("token", TOKEN) not in done.stdout + done.stderr


def test_a_telegram_that_is_away_is_reported_in_one_line(
    command: Command, telegram: TelegramServer
) -> None:
    telegram.failures["getMe"] = [failure(500, "Internal Server Error")]
    done = command("telegram", "setup")
    assert (done.returncode, done.stderr) == (
        1,
        "telegram:town: Telegram: it failed to answer; try again later\n",
    )


def test_the_doctor_says_in_words_that_telegram_cannot_be_reached(command: Command) -> None:
    done = command("doctor", telegram__town__api_url=f"http://127.0.0.1:{free_port()}")
    assert done.returncode == 1
    assert "Telegram: can't be reached; look at the network" in done.stdout
    assert "Error" not in done.stdout


@pytest.mark.parametrize("arguments", [("telegram", "setup"), ("telegram", "poll")])
def test_without_a_bot_it_is_said_how_to_name_one(new_file: Path, arguments: list[str]) -> None:
    done = run_here(new_file, *arguments, public_url=PUBLIC)
    assert done.returncode == 1
    assert "RANTEVOU_TELEGRAM__" in done.stderr


def test_having_no_bot_is_not_wrong_but_remarked_on(
    new_file: Path, serving: dict[str, str]
) -> None:
    done = run_here(new_file, "doctor", **serving)
    assert (done.returncode, done.stderr) == (0, "")
    assert "bots  none is configured: see RANTEVOU_TELEGRAM__… and" in done.stdout
    assert f"database  {new_file}\n" in done.stdout


def test_the_doctor_says_which_settings_and_database_are_meant(tmp_path: Path) -> None:
    def said() -> list[str]:
        done = run_here(tmp_path / "unused", "doctor", database_url="sqlite:///data/rantevou.db")
        assert done.returncode == 1
        return done.stdout.splitlines()

    settings, database, *_others = said()
    assert settings == f"settings  of the environment only: there is no {tmp_path / '.env'}"
    missing = f"{tmp_path / 'data' / 'rantevou.db'} isn't there"
    assert database == f"database  WRONG  RANTEVOU_DATABASE_URL: {missing}"
    (tmp_path / ".env").touch()
    assert said()[0] == f"settings  of {tmp_path / '.env'} and the environment"


def test_a_port_that_telegram_refuses_is_reported_in_its_own_words(command: Command) -> None:
    done = command("telegram", "setup", public_url=f"{PUBLIC}:8444")
    assert done.returncode == 1
    assert "only on ports 80, 88, 443 or 8443" in done.stderr


def test_one_that_fails_keeps_no_other_from_being_set_up(
    command: Command, telegram: TelegramServer
) -> None:
    other = {"telegram__a__token": "1:wrong", "telegram__a__api_url": telegram.url}
    done = command("telegram", "setup", **other)
    assert done.returncode == 1
    assert done.stderr == "telegram:a: Telegram doesn't know its token\n"
    assert f"telegram:town  webhook: {WEBHOOK}" in done.stdout


def test_without_a_public_address_there_is_no_setup(command: Command) -> None:
    done = command("telegram", "setup", public_url="")
    assert done.returncode == 1
    assert done.stderr.startswith("RANTEVOU_PUBLIC_URL isn't set")


def test_a_municipality_that_there_is_not_is_reported_at_the_start(command: Command) -> None:
    done = command("telegram", "poll", telegram__town__municipality="atlantis")
    assert done.returncode == 1
    assert "RANTEVOU_TELEGRAM__TOWN__MUNICIPALITY is 'atlantis': must be one of" in done.stderr


def test_polling_goes_on_after_updates_that_cannot_be_read(
    file: Path, telegram: TelegramServer
) -> None:
    bot = {"telegram__town__token": TOKEN, "telegram__town__api_url": telegram.url}
    unreadable = [
        {**each, "update_id": number} for number, each in enumerate(updates.UNREADABLE, 1)
    ]
    last = {**updates.message(text="Γεια"), "update_id": 1000}
    telegram.waiting = [*unreadable, last]
    with server(file, (RANTEVOU, "telegram", "poll"), **bot) as polling:
        until(lambda: len(telegram.chats[4711]) == 2)
        until(lambda: telegram.waiting == [])
        assert polling.end() == 0
    assert polling.events.count("an event can't be read") == len(unreadable)
    assert polling.events.count("polling failed") == 0
    assert "Μαρία" not in polling.log


def test_a_wrong_token_ends_the_polling_in_one_line(
    command: Command, telegram: TelegramServer
) -> None:
    done = command("telegram", "poll", token="1:wrong")  # noqa: S106 a wrong one
    assert done.returncode == 1
    assert done.stderr == "telegram:town: Telegram doesn't know its token\n"


def test_polling_says_that_it_removes_a_webhook(file: Path, telegram: TelegramServer) -> None:
    bot = {"telegram__town__token": TOKEN, "telegram__town__api_url": telegram.url}
    telegram.webhook = {"url": f"{WEBHOOK}/{TOKEN}"}
    for _removed_then_none in range(2):
        with server(file, (RANTEVOU, "telegram", "poll"), **bot) as polling:
            telegram.waiting = [
                {**updates.message(text="Γεια", message_id=telegram.number()), "update_id": 1}
            ]
            until(lambda: telegram.waiting == [])
            assert polling.end() == 0
        removed = [line for line in polling.log.splitlines() if "webhook removed" in line]
        assert [WEBHOOK in line for line in removed] == [True] * (1 - _removed_then_none)
        assert TOKEN not in polling.log
    assert telegram.webhook == {}


def test_polling_answers_as_the_webhook_does(file: Path, telegram: TelegramServer) -> None:
    telegram.webhook = {"url": "https://elsewhere.example"}
    telegram.failures["deleteWebhook"] = [failure(502, "Bad Gateway")]
    bot = {"telegram__town__token": TOKEN, "telegram__town__api_url": telegram.url}
    telegram.waiting = [
        {**updates.message(text="Γεια", message_id=telegram.number()), "update_id": 1},
        {**updates.blocked("member", chat=updates.GROUP), "update_id": 2},
        {**updates.message(text="α", chat=updates.GROUP), "update_id": 3},
    ]
    with server(file, (RANTEVOU, "telegram", "poll"), **bot) as polling:
        until(lambda: len(telegram.chats[4711]) == 2)
        until(lambda: telegram.waiting == [])
        telegram.failures["getUpdates"] = [failure(502, "Bad Gateway"), Answer(502, "no JSON")]
        telegram.failures["answerCallbackQuery"] = [Answer(502, "no JSON")]
        data = telegram.buttons(4711)["Δήμος Χίου"]
        telegram.waiting = [{**updates.tap(data), "update_id": 4}] * 2
        until(lambda: len(telegram.chats[4711]) > 2)
        until(lambda: telegram.waiting == [])
        telegram.waiting = [{**updates.tap(NO_CHOICE), "update_id": 5}]
        until(lambda: telegram.waiting == [])
        assert ("answerCallbackQuery", {"callback_query_id": "92"}) in telegram.calls
        assert polling.end() == 0
    assert polling.events.count("event ignored") == 2
    assert polling.events.count("polling failed") == 3
    assert polling.events.count("an update wasn't answered") == 1
    assert all(line.startswith("{") for line in polling.log.splitlines()[1:]), polling.log
    assert TOKEN not in polling.log


def test_polling_lists_the_day_for_staff(file: Path, telegram: TelegramServer) -> None:
    bot = {"telegram__town__token": TOKEN, "telegram__town__api_url": telegram.url}
    now = datetime.now(ZoneInfo("Europe/Athens"))
    at = max(now - timedelta(minutes=2), now.replace(hour=0, minute=0))
    listed = "SELECT count(*) FROM outgoing WHERE kind = 'day_list'"
    with closing(sqlite3.connect(file)) as database, database:
        database.execute(
            "UPDATE municipalities SET digest = '',"
            " document = json_set(document, '$.staff_chat', json_object('day_list_at', ?))"
            " WHERE id = 'kalamata'",
            (f"{at:%H:%M}",),
        )
        database.execute(
            "INSERT INTO staff_rooms (municipality_id, account, chat, topic, bound_at)"
            " VALUES ('kalamata', 'telegram:town', '-100', '', 0)"
        )
    with (
        server(file, (RANTEVOU, "telegram", "poll"), **bot) as polling,
        closing(sqlite3.connect(file)) as database,
    ):
        until(lambda: database.execute(listed).fetchone() == (1,))
        assert polling.end() == 0


def test_the_doctor_says_how_the_server_of_this_machine_is(
    command: Command, telegram: TelegramServer, new_file: Path
) -> None:
    telegram.webhook = dict(STANDS)
    port = str(free_port())
    away = command("doctor", management_port=port)
    assert away.returncode == 1
    nobody = f"isn't running on this machine: nothing answers at http://127.0.0.1:{port}/"
    assert f"server  WRONG  {nobody}" in away.stdout
    with server(new_file, management_port=port) as running:
        well = command("doctor", management_port=port)
        assert well.returncode == 0, well.stdout
        assert f"server  ok  ready: {running.management}/readyz" in well.stdout
        with closing(sqlite3.connect(new_file)) as database, database:
            database.execute("DROP TRIGGER bookings_guard_update")
        ill = command("doctor", management_port=port)
        assert ill.returncode == 1
        assert "server  WRONG  The database lacks its overlap guard" in ill.stdout
        other = command("doctor", management_port=str(running.port))
        assert other.returncode == 1
        assert f"as Rantevou does: RANTEVOU_MANAGEMENT_PORT={running.port}" in other.stdout
    telegram.webhook = {}
    polled = command("doctor", public_url="", management_port=port)
    assert (polled.returncode, "WRONG" in polled.stdout) == (0, False), polled.stdout
    assert f"server  none runs on this machine: nothing answers at http://127.0.0.1:{port}/" in (
        polled.stdout
    )
    assert "That is right where only `rantevou telegram poll` runs" in polled.stdout
