"""Words that say nothing of what is asked for, in every language."""

from functools import cache
from pathlib import Path

from dialogs.nlu.normalize import normalize

LOCALES = Path(__file__).parents[2] / "locales"


@cache
def function_words() -> frozenset[str]:
    """Return the words of every `locales/*/function_words.txt`, normalized."""
    lines = (
        line
        for file in sorted(LOCALES.glob("*/function_words.txt"))
        for line in file.read_text("utf-8").splitlines()
    )
    return frozenset(
        normalize(word) for line in lines if not line.startswith("#") for word in line.split()
    )
