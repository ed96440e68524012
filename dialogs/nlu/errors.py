"""The outcome of a typed answer that cannot be taken."""

from typing import Any

from core.i18n import Text


class InvalidAnswer(Exception):
    """An answer that can't be taken; its text says what was expected.

    `view` is how the question is shown then, such as with the times near the one that was meant.
    """

    def __init__(self, text: Text, view: dict[str, Any] | None = None) -> None:
        super().__init__("wrong answer")
        self.text = text
        self.view = view
