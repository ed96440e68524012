"""What a conversation remembers between two messages."""

from typing import Any

from pydantic import BaseModel


class StoredChoice(BaseModel):
    """One button of an asking: its key in the id, what it means, and what it said."""

    key: str
    value: str
    el: str
    en: str
    number: int | None = None
    command: bool = False


class State(BaseModel):
    """The running dialog. The step isn't here: it is derived from the answers."""

    dialog: str = "book"
    answers: dict[str, str] = {}
    path: list[str] = []
    """The steps that the citizen answered, in order; those that answered themselves aren't."""
    kept: dict[str, str] = {}
    """Answers that were taken back, to be offered again."""
    view: dict[str, Any] = {}
    """How the open question is shown: page, month, what the list was narrowed to."""
    aside: dict[str, str] | None = None
    """A question in between, such as whether to stop."""
    failures: int = 0
    hold: int | None = None
    digest: str = ""
    heard: int = 0
    """The last message's number, where the platform counts them."""
    heard_at: float = 0
    """When that came, in seconds since 1970."""
    number: int = 0
    """The open prompt's; new at each asking."""
    open_since: float | None = None
    """When its question became the open one, in seconds since 1970."""
    opened_by: int = 0
    """The row of the message by whose answer it was first asked."""
    asked_by: int = 0
    """The row of the message by whose answer it was last asked, where such can be edited."""
    tapped: str = ""
    """The button that was tapped last, as long as nothing else was said."""
    tapped_at: float = 0
    """When it was, in seconds since 1970."""
    home: str | None = None
    """The municipality whose own page it is, where it is one's."""
    client_language: str | None = None
    client_timezone: str | None = None
    """What the page said last: it counts when it changes, for the citizen may ask for another."""

    def reset(self) -> "State":
        """All forgotten; but the numbers go on, so that every button so far is an old one."""
        return State(
            number=self.number + 1,
            home=self.home,
            client_language=self.client_language,
            client_timezone=self.client_timezone,
        )
