"""Kills leave a server the time to answer, on a busy machine too."""

from tests.proofs.kill_times import KillTimes


def test_kills_wait_as_long_as_answers_take() -> None:
    times = KillTimes(0.03, 0.5)
    times.note_kill()  # while nothing was on its way
    assert times.longest == 0.5
    for longest in (1.0, 2.0):
        times.begin()
        times.note_kill()
        assert times.longest == longest
    times.begin()
    times.end(1.5)
    times.begin()
    times.note_kill()
    assert times.longest == 1.5
    times.begin()
    times.end(0.1)
    assert times.longest == 0.5
