"""The outcome of parsing a typed value."""

from dataclasses import dataclass

from core.i18n import Text
from dialogs.nlu.spans import Found


@dataclass(frozen=True, slots=True)
class ParseFailure:
    """A text without the value asked for; `text` tells the citizen what was expected."""

    text: Text


Parsed = Found[str] | ParseFailure
"""A value with its span, or why there is none."""
