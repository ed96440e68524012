"""A figure is reported as worse than the former revision's."""

from tests.bench.beside import Comparison, Round, compare


def test_worse_is_what_takes_longer_while_the_former_does_not() -> None:
    assert _turn((1, 1.06, 1), (1, 1.07, 1)).worse
    assert not _turn((1, 1.04, 1), (1, 1.05, 1)).worse


def test_a_difference_that_the_former_has_with_itself_is_noise() -> None:
    assert not _turn((1, 1.3, 1.1), (1, 1.3, 1.1)).worse


def test_a_steady_drift_is_no_difference() -> None:
    drift = _turn((1, 1.02, 1.04), (1.06, 1.08, 1.1))
    assert not drift.worse
    assert abs(drift.ratio - 1) < 0.01


def test_fewer_a_second_is_worse() -> None:
    fewer = compare(
        [_round("outbox", "per second", "value", each) for each in [(100, 90, 100)] * 3]
    )
    assert [each.worse for each in fewer] == [True]


def test_a_reference_and_what_the_former_lacks_are_not_compared() -> None:
    former, new, last = _round("bare_write", "ms", "", (1, 2, 1))
    added = _round("page", "ms", "value", (1, 2, 1))[1]
    assert compare([(former, {**new, **added}, last)]) == []


def _turn(*taken: tuple[float, float, float]) -> Comparison:
    (turn,) = compare([_round("turn", "ms", "cpu", each) for each in taken])
    return turn


def _round(name: str, unit: str, by: str, taken: tuple[float, float, float]) -> Round:
    first, new, last = (
        {name: {"name": name, "unit": unit, "by": by, "value": each, "cpu": each}} for each in taken
    )
    return first, new, last
