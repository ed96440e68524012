"""A conversation on the engine alone: a name, a step with one possible answer, a size."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from bot.i18n.translator import Translator
from dialogs.engine.engine import advance
from dialogs.engine.inputs import Input, TextInput
from dialogs.engine.outcomes import EffectOutcome
from dialogs.engine.prompts import Choice, Prompt, StoredPrompt
from dialogs.engine.standard_commands import BACK, CHANGE, STOP_COMMAND
from dialogs.engine.state import State
from dialogs.engine.steps import Context, Definition, Dialog, Step
from dialogs.messages.blocks import to_text

Effect = Callable[[Context[Any], str], EffectOutcome]
TEXTS = Translator()


class SmallDialog:
    """The conversation; `effect` is that of the step with one possible answer."""

    def __init__(
        self,
        effect: Effect | None = None,
        *,
        interruptions: tuple[Step[Any], ...] = (),
        idle: tuple[Step[Any], ...] | None = None,
    ) -> None:
        only = [Choice("a", "A")]
        steps: tuple[Step[Any], ...] = (
            Step("name", "Name", lambda _: Prompt("Name?", free=True), lambda _, text: text),
            Step("only", "Only", lambda _: Prompt("Which?", only), effect=effect),
            Step("size", "Size", lambda _: Prompt("Size?", [Choice("s", "S"), Choice("l", "L")])),
        )
        end: tuple[Step[Any], ...] = (Step("end", "End", lambda _: Prompt("Done.", free=True)),)
        idle_steps = end if idle is None else idle
        self.definition: Definition[Any] = Definition(
            dialogs={
                "order": Dialog("order", "Order", lambda _: steps),
                "idle": Dialog("idle", "Idle", lambda _: idle_steps),
            },
            commands=(BACK, CHANGE, STOP_COMMAND),
            initial="order",
            idle="idle",
            interruptions=Dialog("aside", "", lambda _: interruptions) if interruptions else None,
        )
        self.state = State("order", language="en")
        self.prompts: dict[int, StoredPrompt] = {}

    def send(self, received: Input | str) -> list[str]:
        """Send an input, or a text; return the messages and the question."""
        ctx: Context[Any] = Context(
            None,
            TEXTS,
            self.definition,
            datetime(2026, 11, 30, 9, tzinfo=UTC),
            open_prompt=self.prompts.get(self.state.number),
        )
        given = TextInput(received) if isinstance(received, str) else received
        result = advance(self.state, given, ctx)
        self.state, question = result.state, result.question
        self.prompts[question.number] = question.stored
        said = [*result.messages, question.prompt.text]
        return [TEXTS.say(to_text(text), "en") for text in said]
