"""A citizen counts as stuck after the same failures on a slow machine as on a fast one."""

import time

import pytest

from tests.fakes.push_platform import PushPlatformServer
from tests.proofs.push_citizens import TIMEOUT_KILLS, TIMEOUT_SECONDS, Citizens


@pytest.mark.parametrize(
    ("kills", "each", "quiet", "stuck"),
    [
        (0, 0, TIMEOUT_SECONDS - 1, False),
        (0, 0, TIMEOUT_SECONDS + 1, True),
        (TIMEOUT_KILLS - 1, 10, 1, False),  # a slow machine
        (TIMEOUT_KILLS, 10, 1, True),
        (TIMEOUT_KILLS - 1, 10, TIMEOUT_SECONDS + 1, True),  # for good
        (TIMEOUT_KILLS, 1, 1, False),  # a fast one
        (TIMEOUT_KILLS, 2, 1, False),  # two killed workers in a row had the message
    ],
)
def test_who_is_stuck(
    monkeypatch: pytest.MonkeyPatch, kills: int, each: float, quiet: float, stuck: bool
) -> None:
    now = 1000.0
    citizens = Citizens(PushPlatformServer(""), "")
    with monkeypatch.context() as patched:
        patched.setattr(time, "monotonic", lambda: now)
        is_over = citizens.patience()
        for _ in range(kills):
            now += each
            citizens.killed()
        now += quiet
        over = is_over()
    assert over is stuck
