"""Another language takes a row of the table and a folder in `locales/`: no other line of code."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from bot.i18n.translator import own_name
from core.i18n import LANGUAGES
from tests.conftest import SOAK

ROOT = Path(__file__).parents[2]
ROW = re.compile(r'^    [A-Z]{2} = "[a-z]{2}", .+\n', re.MULTILINE)
"""A row of the table of languages."""

CANDIDATES = {"fr": "french", "it": "italian", "de": "german", "es": "spanish"}
"""The languages that may be added, and their commands: one that isn't spoken yet is."""

NEVER_SPOKEN = "la"
HEADER = """msgid ""
msgstr ""
"Language: {code}\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"""
# They are in French, whichever language is added: nothing else says them.
TEXTS = {
    "From now on I speak English.": "Je parle maintenant français.",
    "With which municipality would you like an appointment?": "Pour quelle commune ?",
    "Appointment with your municipality": "Rendez-vous avec votre commune",
    "Accessibility statement": "Déclaration d’accessibilité",
    "Personal data": "Données personnelles",
    "Consent": "Consentement",
    "There is no such page here.": "Cette page n’existe pas.",
    "I book appointments in private. Tap my name and write to me there.": "Écrivez-moi en privé.",
}
TABLES = """
from bot.i18n.stated_language import stated_language
from bot.i18n.translator import Translator
from core.catalogue.loader import SHIPPED, check_catalogue
from core.i18n import LANGUAGES, LocalizedText, _
from dialogs.commands import COMMANDS
from dialogs.engine.standard_commands import LANGUAGE
from dialogs.nlu.normalize import normalize
from webhooks.language import other_languages

texts = Translator()
assert texts.say(_("From now on I speak English."), CODE) == "Je parle maintenant français."
assert LANGUAGES[-1] == CODE
assert texts.say(LANGUAGE.label, LANGUAGES[-2]) == NAME
assert texts.say(LANGUAGE.label, CODE) == "Ελληνικά"
(switches,) = [command for command in COMMANDS if command.name == COMMAND]
assert {normalize(NAME), normalize(f"in {NAME}")} <= texts.words(switches.words)
assert other_languages("el")[CODE] == NAME
assert list(other_languages("el")) == [*LANGUAGES[1:]]
assert stated_language(f"{NEVER_SPOKEN}, en;q=0.5, {CODE};q=0.8") == CODE
assert LocalizedText(el="ε", en="e").in_language(CODE) == "e"
assert LocalizedText(el="ε").in_language(CODE) == "ε"
body, warnings = check_catalogue(SHIPPED / "kalamata.yaml")
assert CODE in [each.field for each in warnings], warnings
"""


WAYS_IN = """
import asyncio
import json
from uuid import uuid4

import httpx

from bot.bootstrap import bootstrap, load_shipped
from bot.i18n.translator import Translator, own_name
from bot.platforms import PLATFORMS
from bot.platforms.telegram.setup import LANGUAGES
from bot.platforms.telegram.updates import COMMANDS, UpdateParser
from bot.platforms.viber.events import parse_event
from bot.settings import read_settings
from core.i18n import LANGUAGES as SPOKEN
from webhooks.app import create_app

load_shipped(bootstrap(read_settings(PLATFORMS), create=True))
NAMES = [own_name(each) for each in SPOKEN]
app = create_app()
loop = asyncio.new_event_loop()


class Browser:
    def __init__(self, *languages):
        self.client = httpx.AsyncClient(
            transport=httpx.ASGITransport(app),
            base_url="http://rantevou.test",
            headers={"Accept-Language": ", ".join(languages), "Accept": "text/html"},
            follow_redirects=True,
        )

    def get(self, path, **more):
        return loop.run_until_complete(self.client.get(path, **more))

    def post(self, path, **more):
        return loop.run_until_complete(self.client.post(path, **more))


def has(page, *parts):
    for part in parts:
        assert part in page.text, (part, page.text)


def switch(name, code):
    return f'name="text" value="{name}" lang="{code}">{name}</button>'


# The page: by Accept-Language, and by its switch, both ways.
page = Browser(NEVER_SPOKEN, f"{CODE};q=0.8", "en;q=0.5").get("/")
has(page, f'<html lang="{CODE}">', "Pour quelle commune ?", "Rendez-vous avec votre commune")
has(page, switch("Ελληνικά", "el"), switch("English", "en"))
assert switch(NAME, CODE) not in page.text
has(page, f"Languages: {', '.join(NAMES)}.")
citizen = Browser("el")
has(citizen.get("/"), '<html lang="el">', switch("English", "en"), switch(NAME, CODE))
page = citizen.post("/", data={"text": NAME, "message_id": str(uuid4())})
has(page, f'<html lang="{CODE}">', "Je parle maintenant français.", "Pour quelle commune ?")
page = citizen.post("/", data={"text": "English", "message_id": str(uuid4())})
has(page, '<html lang="en">', "From now on I speak English.")

# The pages to read, errors, and the script of other sites.
for path, title in (
    ("/accessibility", "Déclaration d’accessibilité"),
    ("/privacy", "Données personnelles"),
    ("/privacy/chios", "Données personnelles"),
    ("/consents/kalamata/details", "<h1>"),
):
    page = Browser("el").get(path, params={"lang": CODE})
    has(page, f'<html lang="{CODE}">', title, f'{path}?lang=el"', f'{path}?lang=en"')
    has(Browser(CODE).get(path), f'<html lang="{CODE}">', title)
    link = f'<a href="{path}?lang={CODE}" lang="{CODE}" hreflang="{CODE}">{NAME}</a>'
    has(Browser("en").get(path), link)
has(Browser(f"{CODE}-CA").get("/nowhere"), f'<html lang="{CODE}">', "Cette page n’existe pas.")
has(Browser("el").get("/embed.js"), json.dumps({CODE: "Rendez-vous avec votre commune"})[1:-1])


# POST /chat/turns: the stated language, Accept-Language, and the command.
def turn(client, token=None, **more):
    body = {"conversation": token, "message_id": str(uuid4()), **more}
    answer = client.post("/chat/turns", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()["conversation"], answer.json()["replies"]


_, replies = turn(Browser("el"), text="/start", language=CODE)
assert replies[-1]["text"].endswith("Pour quelle commune ?"), replies
_, replies = turn(Browser(CODE), text="/start")
assert replies[-1]["text"].endswith("Pour quelle commune ?"), replies
token, replies = turn(Browser("el"), text="/start")
_, replies = turn(Browser("el"), token, text=f"in {NAME}")
assert replies[0]["text"] == "Je parle maintenant français."
_, replies = turn(Browser("el"), token, text="language")  # after the last one the first
assert replies[0]["text"] == "Από εδώ και πέρα μιλάμε ελληνικά.", replies
_, replies = turn(Browser("el"), text="/start", language=f"{CODE}-CA")
assert replies[-1]["text"].endswith("Pour quelle commune ?"), replies
_, replies = turn(Browser(CODE), text="/start", language=NEVER_SPOKEN)
assert replies[-1]["text"].startswith("With which municipality"), replies
spoken = app.openapi()["components"]["schemas"]["TurnRequest"]["properties"]["language"]
assert f"We speak {', '.join(SPOKEN)};" in spoken["description"]

# The apps: Telegram's language_code and menu, Viber's language.
user = {"id": 1, "is_bot": False, "first_name": "Marie", "language_code": CODE}


def telegram(chat):
    message = {"message_id": 1, "date": 1, "chat": chat, "from": user, "text": "/help"}
    update = {"update_id": 1, "message": message}
    return UpdateParser("telegram:town", 99, None, Translator()).parse(update)


assert telegram({"id": 1, "type": "private"}).events[0].language == CODE
in_group = telegram({"id": 2, "type": "group"}).respond_to_staff(None)  # in a group of citizens
assert "Écrivez-moi en privé.".encode() in in_group.body
assert list(LANGUAGES) == [*(each for each in SPOKEN if each != "en"), None]
assert Translator().say(dict(COMMANDS)["language"], CODE) == " / ".join(NAMES)
event = {
    "event": "message",
    "timestamp": 1,
    "message_token": 1,
    "sender": {"id": "a", "language": f"{CODE}-CH"},
    "message": {"type": "text", "text": "Bonjour"},
}
assert parse_event(json.dumps(event).encode(), "viber:town", None).language == CODE
"""


def add_language(folder: Path, code: str, texts: dict[str, str]) -> None:
    """Add a language to a copy of the program, as CONTRIBUTING.md says."""
    table = folder / "core" / "i18n.py"
    program = table.read_text("utf-8")
    command = CANDIDATES[code]
    last = list(ROW.finditer(program))[-1].end()
    row = f'    {code.upper()} = "{code}", "{command}", _("{command}, in {command}"), "en"\n'
    table.write_text(program[:last] + row + program[last:], "utf-8")
    locale = folder / "locales" / code / "LC_MESSAGES"
    locale.mkdir(parents=True)
    name = own_name(code)
    own = {f"{command}, in {command}": f"{name}, in {name}"}
    messages = (f'msgid "{text}"\nmsgstr "{said}"\n' for text, said in (texts | own).items())
    written = "\n".join((HEADER.format(code=code), *messages))
    (locale / "messages.po").write_text(written, "utf-8")


@pytest.mark.parametrize(
    "others",
    [0, pytest.param(1, marks=SOAK)],
    ids=["beside those spoken now", "beside one more"],
)
def test_another_language_is_spoken_and_offered(tmp_path: Path, others: int) -> None:
    for package in ("core", "dialogs", "bot", "webhooks", "locales"):
        shutil.copytree(ROOT / package, tmp_path / package)
    *more, code = [each for each in CANDIDATES if each not in LANGUAGES][: others + 1]
    for each in more:
        add_language(tmp_path, each, {})
    add_language(tmp_path, code, TEXTS)
    names = {
        "CODE": code,
        "COMMAND": CANDIDATES[code],
        "NAME": own_name(code),
        "NEVER_SPOKEN": NEVER_SPOKEN,
    }
    given = "".join(f"{name} = {value!r}\n" for name, value in names.items())
    database = f"sqlite:///{tmp_path / 'rantevou.db'}"
    done = subprocess.run(
        [sys.executable, "-c", given + TABLES + WAYS_IN],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path), "RANTEVOU_DATABASE_URL": database},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
