"""The pace at which the ways of reminders are chosen."""

from bot.delivery.reminder_pace import FEW, MOST, REFILL_SECONDS, REST_SECONDS, ReminderPace


def test_no_more_are_chosen_than_are_claimed_but_for_some_each_second() -> None:
    pace = ReminderPace()
    assert pace.allowed(5, 0) == MOST
    pace.count(MOST, MOST - 3)
    assert pace.allowed(5, 0) == MOST - 3
    pace.count(MOST - 3, 0)  # the account to which they go is full
    assert pace.allowed(5, 0) == 0
    assert pace.allowed(5 + REFILL_SECONDS, 0) == MOST


def test_while_others_use_the_database_few_are_chosen_between_rests() -> None:
    pace = ReminderPace()
    assert pace.allowed(5, 1) == FEW
    assert pace.allowed(5 + REST_SECONDS / 2, 1) == 0
    assert pace.allowed(5 + REST_SECONDS, 2) == FEW
    assert pace.allowed(5 + 2 * REST_SECONDS, 2) == MOST
