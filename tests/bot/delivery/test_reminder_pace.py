"""The pace at which the ways of reminders are chosen."""

from bot.delivery.reminder_pace import (
    ENOUGH,
    FEW,
    LONGEST_REST,
    MOST,
    REFILL_SECONDS,
    REST_TIMES,
    ReminderPace,
)


def test_no_more_are_chosen_than_are_claimed_but_for_some_each_second() -> None:
    pace = ReminderPace()
    assert pace.allowed(5, 0) == MOST
    assert pace.count(MOST, MOST - 3, 5) == 0
    assert pace.allowed(5, 0) == MOST - 3
    pace.count(MOST - 3, 0, 5)  # the account to which they go is full
    assert pace.allowed(5, 0) == 0
    assert pace.allowed(5 + REFILL_SECONDS, 0) == MOST
    assert pace.allowed(5.5 + REFILL_SECONDS, 0, ENOUGH - 1) == 0  # until more are sent
    assert pace.allowed(5.5 + REFILL_SECONDS, 0, ENOUGH) == ENOUGH
    assert pace.allowed(5 + 2 * REFILL_SECONDS, 0, 1) == 1  # the others may hang
    pace.count(MOST - 3, 0, 5 + 2 * REFILL_SECONDS)
    assert pace.allowed(5.5 + 2 * REFILL_SECONDS, 0) == 0  # three are hardly worth it


def test_while_others_use_the_database_few_are_chosen_between_rests() -> None:
    pace = ReminderPace()
    assert pace.allowed(5, 1) == FEW
    rest = pace.count(FEW, FEW, 5.01)
    assert round(rest, 6) == REST_TIMES * 0.01
    assert pace.allowed(5.01 + rest / 2, 2) == 0
    assert pace.allowed(5.02 + rest, 3) == FEW
    assert pace.count(FEW, FEW, 5.9) == LONGEST_REST  # it waited for turns
    assert pace.allowed(6.2, 4) == FEW
    rest = pace.count(0, 0, 6.21, ended=FEW)  # they were over, or of another time
    assert round(rest, 6) == REST_TIMES * 0.01
    assert pace.allowed(6.5, 4) == MOST
