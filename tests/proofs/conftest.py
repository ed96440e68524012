"""Fixtures of the proofs: a database file."""

from tests.bot.conftest import file  # noqa: F401 a fixture here too
