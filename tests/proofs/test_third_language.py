"""A third language takes a row of the table and a folder in `locales/`: no other line of code."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROW = '    EN = "en", "english", _("english, in english"), "el"\n'
FRENCH = '    FR = "fr", "french", _("french, in french"), "en"\n'
HEADER = """msgid ""
msgstr ""
"Language: fr\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"""
TEXTS = {
    "french, in french": "français, en français",
    "From now on I speak English.": "Je parle maintenant français.",
    "With which municipality would you like an appointment?": "Pour quelle commune ?",
    "Appointment with your municipality": "Rendez-vous avec votre commune",
    "Accessibility statement": "Déclaration d’accessibilité",
    "Personal data": "Données personnelles",
    "Consent": "Consentement",
    "There is no such page here.": "Cette page n’existe pas.",
    "I book appointments in private. Tap my name and write to me there.": "Écrivez-moi en privé.",
}
WAYS_IN = """
import asyncio
import json
from uuid import uuid4

import httpx

from bot.i18n.translator import Translator
from bot.platforms.telegram.setup import LANGUAGES
from bot.platforms.telegram.updates import COMMANDS, UpdateParser
from bot.platforms.viber.events import parse_event
from webhooks.app import create_app

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
page = Browser("de", "fr;q=0.8", "en;q=0.5").get("/")
has(page, '<html lang="fr">', "Pour quelle commune ?", "Rendez-vous avec votre commune")
has(page, switch("Ελληνικά", "el"), switch("English", "en"))
assert switch("français", "fr") not in page.text
has(page, "Languages: Ελληνικά, English, français.")
citizen = Browser("el")
has(citizen.get("/"), '<html lang="el">', switch("English", "en"), switch("français", "fr"))
page = citizen.post("/", data={"text": "français", "message_id": str(uuid4())})
has(page, '<html lang="fr">', "Je parle maintenant français.", "Pour quelle commune ?")
page = citizen.post("/", data={"text": "English", "message_id": str(uuid4())})
has(page, '<html lang="en">', "From now on I speak English.")

# The pages to read, errors, and the script of other sites.
for path, title in (
    ("/accessibility", "Déclaration d’accessibilité"),
    ("/privacy", "Données personnelles"),
    ("/privacy/chios", "Données personnelles"),
    ("/consents/kalamata/details", "<h1>"),
):
    page = Browser("el").get(path, params={"lang": "fr"})
    has(page, '<html lang="fr">', title, f'{path}?lang=el"', f'{path}?lang=en"')
    has(Browser("fr").get(path), '<html lang="fr">', title)
    has(Browser("en").get(path), f'<a href="{path}?lang=fr" lang="fr" hreflang="fr">français</a>')
has(Browser("fr-CA").get("/nowhere"), '<html lang="fr">', "Cette page n’existe pas.")
has(Browser("el").get("/embed.js"), json.dumps({"fr": "Rendez-vous avec votre commune"})[1:-1])


# POST /chat/turns: the stated language, Accept-Language, and the command.
def turn(client, token=None, **more):
    body = {"conversation": token, "message_id": str(uuid4()), **more}
    answer = client.post("/chat/turns", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()["conversation"], answer.json()["replies"]


_, replies = turn(Browser("el"), text="/start", language="fr")
assert replies[-1]["text"].endswith("Pour quelle commune ?"), replies
_, replies = turn(Browser("fr"), text="/start")
assert replies[-1]["text"].endswith("Pour quelle commune ?"), replies
token, replies = turn(Browser("el"), text="/start")
_, replies = turn(Browser("el"), token, text="en français")
assert replies[0]["text"] == "Je parle maintenant français."
_, replies = turn(Browser("el"), token, text="language")  # after the last one the first
assert replies[0]["text"] == "Από εδώ και πέρα μιλάμε ελληνικά.", replies
_, replies = turn(Browser("el"), text="/start", language="fr-CA")
assert replies[-1]["text"].endswith("Pour quelle commune ?"), replies
_, replies = turn(Browser("fr"), text="/start", language="de")
assert replies[-1]["text"].startswith("With which municipality"), replies
spoken = app.openapi()["components"]["schemas"]["TurnRequest"]["properties"]["language"]
assert "We speak el, en, fr;" in spoken["description"]

# The apps: Telegram's language_code and menu, Viber's language.
user = {"id": 1, "is_bot": False, "first_name": "Marie", "language_code": "fr"}


def telegram(chat):
    message = {"message_id": 1, "date": 1, "chat": chat, "from": user, "text": "/help"}
    update = {"update_id": 1, "message": message}
    return UpdateParser("telegram:town", None, Translator()).parse(update)


assert telegram({"id": 1, "type": "private"}).events[0].language == "fr"
assert "Écrivez-moi en privé.".encode() in telegram({"id": 2, "type": "group"}).response.body
assert list(LANGUAGES) == ["el", "fr", None]
assert Translator().say(dict(COMMANDS)["language"], "fr") == "Ελληνικά / English / français"
event = {
    "event": "message",
    "timestamp": 1,
    "message_token": 1,
    "sender": {"id": "a", "language": "fr-FR"},
    "message": {"type": "text", "text": "Bonjour"},
}
assert parse_event(json.dumps(event).encode(), "viber:town", None).language == "fr"
"""
TABLES = """
from bot.i18n.stated_language import stated_language
from bot.i18n.translator import Translator
from bot.platforms.telegram.setup import LANGUAGES
from core.catalogue.loader import SHIPPED, check_catalogue
from core.i18n import LocalizedText, _
from dialogs.commands import COMMANDS
from dialogs.engine.standard_commands import LANGUAGE
from webhooks.language import other_languages

texts = Translator()
assert texts.say(_("From now on I speak English."), "fr") == "Je parle maintenant français."
assert texts.say(LANGUAGE.label, "en") == "français"
assert texts.say(LANGUAGE.label, "fr") == "Ελληνικά"
(french,) = [command for command in COMMANDS if command.name == "french"]
assert {"francais", "en francais"} <= texts.words(french.words), texts.words(french.words)
assert other_languages("el") == {"en": "English", "fr": "français"}
assert stated_language("de, en;q=0.5, fr;q=0.8") == "fr"
assert list(LANGUAGES) == ["el", "fr", None]
assert LocalizedText(el="ε", en="e").in_language("fr") == "e"
assert LocalizedText(el="ε").in_language("fr") == "ε"
body, warnings = check_catalogue(SHIPPED / "kalamata.yaml")
assert [each.field for each in warnings] == ["fr"], warnings
"""


@pytest.mark.parametrize("program", [TABLES, WAYS_IN], ids=["tables", "ways in"])
def test_a_third_language_is_spoken_and_offered(tmp_path: Path, program: str) -> None:
    for package in ("core", "dialogs", "bot", "webhooks", "locales"):
        shutil.copytree(ROOT / package, tmp_path / package)
    table = tmp_path / "core" / "i18n.py"
    code = table.read_text("utf-8")
    assert ROW in code
    table.write_text(code.replace(ROW, ROW + FRENCH), "utf-8")
    folder = tmp_path / "locales" / "fr" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    texts = (f'msgid "{text}"\nmsgstr "{french}"\n' for text, french in TEXTS.items())
    (folder / "messages.po").write_text("\n".join((HEADER, *texts)), "utf-8")
    database = f"sqlite:///{tmp_path / 'rantevou.db'}"
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path), "RANTEVOU_DATABASE_URL": database},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
