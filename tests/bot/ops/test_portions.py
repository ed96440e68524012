"""A portion of work ends in time, however long its pieces last."""

import pytest

from bot.ops.portions import Portion
from bot.ops.time_offers import pace_of
from core.db.database import Database


@pytest.mark.parametrize(
    ("pieces", "done"),
    [
        ([4, 4, 4, 4, 4, 4], 5),
        ([3, 8, 3, 3, 3], 3),  # one more may last 8 again
        ([7, 7, 7], 2),
        ([11, 1], 1),
        ([30, 1], 1),
    ],
)
def test_no_piece_is_begun_that_would_pass_the_end(pieces: list[int], done: int) -> None:
    now = 100
    portion = Portion(20, lambda: now)
    count = 0
    for lasts in pieces:
        now += lasts
        count += 1
        if portion.is_enough():
            break
    assert count == done


def test_only_where_one_writes_at_a_time_are_portions_short(database: Database) -> None:
    pace = pace_of(database)
    if database.engine.dialect.name == "sqlite":
        assert pace.portion < 0.02 < pace.pause
    else:
        assert pace.portion >= pace.pause
