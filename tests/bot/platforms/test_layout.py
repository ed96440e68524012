"""Long texts in parts, and buttons beside one another."""

from collections.abc import Callable

import pytest

from bot.messages import ReplyChoice
from bot.platforms.layout import rows_of, split


def bytes_of(text: str) -> int:
    return len(text.encode())


def units_of(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


@pytest.mark.parametrize(
    ("size", "text", "lengths"),
    [
        pytest.param(units_of, "α" * 40, [40], id="as long as may be"),
        pytest.param(units_of, "α" * 41, [40, 1], id="without a line to cut at"),
        pytest.param(units_of, "👍" * 40, [20, 20], id="signs that count twice"),
        pytest.param(units_of, "α" * 30 + "\n" + "β" * 20, [30, 20], id="between lines"),
        pytest.param(units_of, "α" * 40 + "\n", [40], id="with nothing after the line"),
        pytest.param(bytes_of, "a" * 40, [40], id="bytes"),
        pytest.param(bytes_of, "α" * 40, [20, 20], id="letters of two bytes"),
        pytest.param(bytes_of, "👍" * 12, [10, 2], id="of four"),
        pytest.param(bytes_of, "", [0], id="nothing"),
    ],
)
def test_what_is_too_long_is_cut(size: Callable[[str], int], text: str, lengths: list[int]) -> None:
    parts = split(text, 40, size)
    assert [len(part) for part in parts] == lengths
    assert "".join(parts) == text.replace("\n", "")


@pytest.mark.parametrize(
    ("labels", "rows"),
    [
        ([], []),
        (["Ναι", "Όχι"], [2]),
        (["10:30"] * 5, [3, 2]),
        (["α" * 15, "β" * 15, "γ"], [2, 1]),
        (["α" * 16, "β", "γ"], [1, 2]),
        (["α" * 90, "β"], [1, 1]),
    ],
)
def test_as_many_stand_in_a_row_as_can_be_read(labels: list[str], rows: list[int]) -> None:
    choices = [ReplyChoice(id=str(n), label=label) for n, label in enumerate(labels)]
    found = rows_of(choices, 3)
    assert [len(row) for row in found] == rows
    assert [choice for row in found for choice in row] == choices
