"""The list of answers, and what is stored of a state."""

import json

from dialogs.engine.state import (
    Answer,
    Interruption,
    PromptView,
    Source,
    State,
    Status,
    dump_state,
    load_state,
)


def order(state: State) -> list[str]:
    return [answer.step for answer in state.answers]


def test_an_answer_stands_before_those_of_the_steps_after_it() -> None:
    state = State("book", (Answer("service", "a"), Answer("day", "b"), Answer("time", "c")))
    assert order(state.with_answer(Answer("channel", "d"), before={"day", "time"})) == [
        "service",
        "channel",
        "day",
        "time",
    ]


def test_an_answer_of_the_former_order_that_comes_later_moves_behind_the_new_one() -> None:
    state = State("book", (Answer("old question", "a"), Answer("day", "b")))
    state = state.with_answer(Answer("name", "c"), before={"old question"})
    assert order(state) == ["day", "name", "old question"]
    state = state.retract("day").restore("day", before={"name"})
    assert order(state) == ["old question", "day", "name"]


def test_a_retracted_answer_is_offered_and_does_not_count() -> None:
    state = State("book", (Answer("day", "a", Source.AUTOMATIC), Answer("time", "b"))).retract(
        "day"
    )
    assert state.values == {"time": "b"}
    assert state.previous("day") == "a"
    assert state.restore("day").answered_by_citizen == ("time", "day")


def test_a_state_is_loaded_as_it_was_dumped() -> None:
    state = State(
        "book",
        (
            Answer("day", "2026-12-03", Source.DERIVED),
            Answer("details.name", "Μαρία", status=Status.RETRACTED, reusable=True),
        ),
        PromptView(step="time", page=2, only=("a", "b"), change="day"),
        Interruption("switch", "move", {"booking": "1"}),
        2,
        {"hold": "7"},
        "version",
        31,
        "en",
        "Australia/Melbourne",
        "time",
    )
    stored = json.loads(json.dumps(dump_state(state)))
    assert load_state(stored, "en", "Australia/Melbourne") == state
    assert dump_state(State("book")) == {"dialog": "book"}
