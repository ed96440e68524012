"""Fixtures of the proofs: a database file, a deployment with a push platform."""

from tests.bot.conftest import file, push  # noqa: F401 fixtures here too
