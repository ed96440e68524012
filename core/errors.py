"""Errors that have names."""

from core.text import Text


class Refusal(Exception):
    """The office says no, and the citizen can do something about it."""

    def __init__(self, kind: str, text: Text) -> None:
        super().__init__(kind)
        self.kind = kind
        self.text = text


class Unusable(Exception):
    """Rantevou can't start or go on so: a sentence for the technician, without a stack trace."""
