"""Lines that a long proof prints while it runs."""

from collections.abc import Callable

import pytest

TOLD = "· "
"""The beginning of these lines."""

Tell = Callable[[str], None]


@pytest.fixture
def tell(capsys: pytest.CaptureFixture[str]) -> Tell:
    """Return a function that prints a line at once: how far the proof is, what it counted."""

    def print_now(line: str) -> None:
        with capsys.disabled():
            print(f"\n{TOLD}{line}", flush=True)  # noqa: T201

    return print_now
