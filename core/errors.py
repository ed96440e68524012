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


class DeliveryError(Exception):
    """A platform didn't take a message; `retryable` says whether to try again."""

    def __init__(self, reason: str, *, retryable: bool) -> None:
        super().__init__(reason)
        self.retryable = retryable
