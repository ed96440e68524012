"""A platform is added without touching a file of the program: one file of its own, and a line."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.bootstrap import Application, bootstrap
from bot.platforms import PLATFORMS
from bot.settings import read_settings
from core.errors import ConfigurationError
from tests.bot.platforms import own_platform, send_only_platform
from tests.core.wait_until import until
from tests.fakes.http_server import Answer, Request, listening
from tests.webhooks.chat_client import GREEK, ChatClient, ServedClient, serving
from webhooks.app import build_app

ADDED = {
    **PLATFORMS,
    "own": "tests.bot.platforms.own_platform",
    "email": "tests.bot.platforms.send_only_platform",
}
TOKEN = "long-and-secret"  # noqa: S105 of a platform that lives for a test
SIGNED = {"X-Token": TOKEN}
URL = "/webhooks/own/town"
Sent = list[dict[str, Any]]


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> Iterator[Sent]:
    """Return what the platform's server is sent by an account in the settings."""
    arrived: Sent = []

    def respond(request: Request) -> Answer:
        arrived.append(json.loads(request.body))
        return Answer(200, {})

    with listening(respond) as url:
        monkeypatch.setenv("RANTEVOU_OWN__TOWN__TOKEN", TOKEN)
        monkeypatch.setenv("RANTEVOU_OWN__TOWN__API_URL", url)
        yield arrived


@pytest.fixture
def letters(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of an account that only sends, and is in the settings."""
    folder = tmp_path / "letters"
    folder.mkdir()
    monkeypatch.setenv("RANTEVOU_EMAIL__TOWN__FOLDER", str(folder))
    return folder


@pytest.fixture
def application(file: Path, monkeypatch: pytest.MonkeyPatch) -> Application:
    monkeypatch.setenv("RANTEVOU_DATABASE_URL", f"sqlite:///{file}")
    return bootstrap(read_settings(ADDED), ADDED)


@pytest.fixture
def client(application: Application) -> Iterator[ServedClient]:
    with serving(build_app(application)) as client:
        yield client


def message(number: int, text: str, **more: Any) -> dict[str, Any]:
    return {"id": number, "user": "maria", "text": text, **more}


def test_it_receives_and_sends(sent: Sent, client: ServedClient) -> None:
    answer = client.post(URL, json=message(1, "Γεια"), headers=SIGNED)
    assert (answer.status_code, answer.text) == (200, "<ok/>")
    assert answer.headers["content-type"] == "application/xml"
    until(lambda: len(sent) == 2)
    assert [each["to"] for each in sent] == ["maria", "maria"]
    assert "Δήμος Καλαμάτας" in sent[-1]["message"]["buttons"]
    client.post(URL, json=message(2, "Καλαμάτα"), headers=SIGNED)
    until(lambda: len(sent) == 4)
    assert "Ποια υπηρεσία" in sent[-1]["message"]["text"]


@pytest.mark.usefixtures("sent")
def test_its_answer_has_a_body_a_type_and_a_status_of_its_own(client: ServedClient) -> None:
    answer = client.get(URL, params={"challenge": "4711"}, headers=SIGNED)
    assert (answer.status_code, answer.text) == (202, "4711")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert client.get(URL, params={"challenge": "4711"}).status_code == 403


@pytest.mark.usefixtures("sent")
def test_its_settings_are_checked_and_its_secrets_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RANTEVOU_OWN__TOWN__API_URL", "nowhere")
    monkeypatch.setenv("RANTEVOU_OWN__TOWN__TOKN", TOKEN)
    with pytest.raises(ConfigurationError) as refusal:
        read_settings(ADDED)
    assert str(refusal.value).splitlines() == [
        "RANTEVOU_OWN__TOWN__API_URL is 'nowhere': must be like https://api.example.org",
        "RANTEVOU_OWN__TOWN__TOKN is ***: no such setting",
    ]


def test_a_confirmation_goes_out_by_one_that_only_sends(
    letters: Path, client: ServedClient
) -> None:
    citizen = ChatClient(client)
    citizen.say("Γεια")
    anyhow = {name: answer for name, answer in GREEK.items() if name not in ("day", "time")}
    citizen.answer(anyhow, taps=True, until="day")
    while citizen.replies[-1]["step"] in ("day", "time"):
        citizen.tap(citizen.replies[-1]["choices"][0]["label"])
    citizen.answer(anyhow, taps=True)
    letter = letters / "maria@example.gr.txt"
    until(letter.exists)
    until(lambda: "Επίδομα Στέγασης" in letter.read_text())


@pytest.mark.usefixtures("letters")
def test_one_that_only_sends_has_no_webhook(client: ServedClient) -> None:
    assert client.post("/webhooks/email/town", json={}).status_code == 404


def test_a_platform_without_an_account_is_not_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (own_platform.__name__, "bot.platforms.telegram", "bot.platforms.viber"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.setenv("RANTEVOU_VIBER__TOWN__TOKEN", "445da6az1s345z78-dazcczb2542zv51a")
    assert list(read_settings(ADDED).accounts) == ["viber:town"]
    assert "bot.platforms.viber" in sys.modules
    assert own_platform.__name__ not in sys.modules
    assert "bot.platforms.telegram" not in sys.modules


@pytest.mark.parametrize("module", [own_platform, send_only_platform])
def test_it_is_short(module: Any) -> None:
    assert len(Path(module.__file__).read_text().splitlines()) <= 80
