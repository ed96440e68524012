"""The engine runs a dialog that isn't about bookings, where SQLAlchemy can't be imported."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]

DIALOG = """
import sys
sys.modules["sqlalchemy"] = None  # any import of it fails
from datetime import UTC, datetime
from bot.i18n.translator import Translator
from dialogs.engine.engine import advance
from dialogs.engine.inputs import TapInput, TextInput
from dialogs.engine.prompts import Choice, Prompt
from dialogs.engine.standard_commands import BACK, CHANGE
from dialogs.engine.state import State
from dialogs.engine.steps import Context, Definition, Dialog, Step

SIZES = [Choice("s", "Small"), Choice("l", "Large")]
STEPS = (
    Step("size", "Size", lambda ctx: Prompt("Which size?", SIZES)),
    Step("name", "Name", lambda ctx: Prompt("Whose name?", free=True), lambda ctx, text: text),
    Step("sure", "Sure", lambda ctx: Prompt("Sure?", [Choice("yes", "Yes"), Choice("no", "No")])),
)
END = (Step("end", "End", lambda ctx: Prompt("Done.", free=True)),)
DIALOGS = {"order": Dialog("order", "Order", lambda ctx: STEPS),
           "idle": Dialog("idle", "Idle", lambda ctx: END)}
ORDER = Definition(dialogs=DIALOGS, commands=(BACK, CHANGE), initial="order", idle="idle")
texts, state, asked = Translator(), State("order", language="en"), {0: None}

def say(given):
    global state
    ctx = Context(None, texts, ORDER, datetime.now(UTC), open_prompt=asked[state.number])
    result = advance(state, given, ctx)
    state, question = result.state, result.question
    asked[question.number] = question.stored
    print("|".join([texts.say(m, "en") for m in result.messages] + [question.prompt.text]))

for text in ("hello", "large", "Maria", "back", "Anna", "change size"):
    say(TextInput(text))
say(TapInput(f"{state.number}.1"))
say(TapInput("1.2", asked[1]))
say(TextInput("yes"))
"""

CONVERSATION = """\
Which size?
Whose name?
Sure?
Whose name?
Sure?
Which size?
Sure?
The button “Large” was for an earlier question: Size. Nothing has changed.|Sure?
Done.
"""


def test_a_dialog_of_its_own_runs_through_text_tap_back_change_and_an_old_button() -> None:
    assert len(DIALOG.strip().splitlines()) <= 40
    done = subprocess.run(
        (sys.executable, "-c", DIALOG), cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.stderr == ""
    assert done.stdout == CONVERSATION
