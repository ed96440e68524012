"""A third language takes a row of the table and a folder in `locales/`: no other line of code."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROW = '    EN = "en", "english", _("english, in english"), "el"\n'
FRENCH = '    FR = "fr", "french", _("french, in french"), "en"\n'
MESSAGES = """msgid ""
msgstr ""
"Language: fr\\n"
"Content-Type: text/plain; charset=utf-8\\n"

msgid "From now on I speak English."
msgstr "Je parle maintenant français."

msgid "french, in french"
msgstr "français, en français"
"""
PROGRAM = """
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
assert warnings and all(each.field.endswith(".fr") for each in warnings)
"""


def test_french_is_spoken_and_offered(tmp_path: Path) -> None:
    for package in ("core", "dialogs", "bot", "webhooks", "locales"):
        shutil.copytree(ROOT / package, tmp_path / package)
    table = tmp_path / "core" / "i18n.py"
    code = table.read_text("utf-8")
    assert ROW in code
    table.write_text(code.replace(ROW, ROW + FRENCH), "utf-8")
    folder = tmp_path / "locales" / "fr" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "messages.po").write_text(MESSAGES, "utf-8")
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
