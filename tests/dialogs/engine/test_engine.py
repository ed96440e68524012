"""A turn of the engine, with steps of no office."""

from typing import Any

import pytest

from dialogs.engine.inputs import TapInput
from dialogs.engine.outcomes import (
    AnswersForOtherSteps,
    EffectOutcome,
    InvalidAnswer,
    StepRefused,
)
from dialogs.engine.standard_commands import STOP_STEP
from dialogs.engine.steps import Context
from tests.dialogs.engine.small_dialog import Effect, SmallDialog


def invalid(_ctx: Context[Any], _value: str) -> EffectOutcome:
    return InvalidAnswer("Not that one.")


def for_no_step(_ctx: Context[Any], _value: str) -> EffectOutcome:
    return AnswersForOtherSteps({})


def refused(_ctx: Context[Any], _value: str) -> EffectOutcome:
    raise StepRefused("taken", "Not any more.")


def test_a_step_with_one_possible_answer_answers_itself_and_says_so() -> None:
    talk = SmallDialog()
    assert talk.send("hello") == ["Name?"]
    assert talk.send("Maria") == ["Only: A.", "Size?"]
    assert talk.state.answered_by_citizen == ("name",)
    assert talk.send("back") == ["Name?"]


@pytest.mark.parametrize(
    ("effect", "said"),
    [(invalid, ["Not that one."]), (for_no_step, []), (refused, ["Not any more."])],
)
def test_a_step_that_refuses_its_only_answer_is_asked(effect: Effect, said: list[str]) -> None:
    talk = SmallDialog(effect)
    talk.send("hello")
    assert talk.send("Maria") == ["Only: A.", *said, "Which?"]
    assert talk.send("A")[-1] == "Which?"
    assert talk.state.values == {"name": "Maria"}


def test_back_from_the_choice_of_an_answer_to_change_shows_the_open_question_again() -> None:
    dialog = SmallDialog()
    dialog.send("hello")
    assert dialog.send("Maria")[-1] == "Size?"
    assert dialog.send("change")[-1] == "Which answer shall I ask again?"
    assert dialog.send("back") == ["Size?"]
    assert dialog.send("back") == ["Name?"]


def test_stop_ends_the_dialog_where_the_conversation_has_no_step_that_asks() -> None:
    talk = SmallDialog()
    talk.send("hello")
    talk.send("Maria")
    assert talk.send("stop")[-1] == "Done."
    assert (talk.state.dialog, talk.state.values) == ("idle", {})


def test_stop_asks_first_where_the_conversation_has_the_step_for_it() -> None:
    talk = SmallDialog(interruptions=(STOP_STEP,))
    talk.send("hello")
    talk.send("Maria")
    assert talk.send("stop") == ["Shall we stop here? You would have to begin again."]
    assert talk.send("no") == ["Size?"]
    talk.send("stop")
    assert talk.send("yes")[-1] == "Done."


def test_an_idle_dialog_without_an_open_step_is_a_mistake_of_its_author() -> None:
    talk = SmallDialog(idle=())
    talk.send("hello")
    talk.send("Maria")
    with pytest.raises(RuntimeError, match="idle"):
        talk.send("stop")


def test_a_button_stored_before_a_language_was_added_is_named_in_its_fallback() -> None:
    talk = SmallDialog()
    talk.send("hello")
    talk.send("Maria")
    asked = talk.prompts[talk.state.number]
    for choice in asked.choices:
        del choice.labels["en"]  # type: ignore[attr-defined]
    (old,) = talk.send(TapInput(f"{talk.state.number}.1", asked))[:1]
    assert old == "Done."
    assert "“S”" in talk.send(TapInput("2.1", asked))[0]
