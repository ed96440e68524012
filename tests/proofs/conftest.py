"""Fixtures of the proofs: a database file, a deployment with a push platform."""

import pytest

pytest.register_assert_rewrite("tests.proofs.invariants")  # whose failures name what is lost

from tests.bot.conftest import file, push  # noqa: E402, F401 fixtures here too
