"""A story as it is at a terminal: what is tapped elsewhere is typed, as its number or its name."""

import io
from dataclasses import dataclass, field

from rich.console import Console

from bot.platforms import console
from bot.replies import Inbound, Reply
from tests.stories.teller import Teller


@dataclass
class ConsoleTeller(Teller):
    """Tells a story through the terminal's own reading and showing."""

    typed: dict[str, dict[str, str]] = field(default_factory=dict)
    """What everybody may type for a choice of the open question, by its id."""

    def inbound(self, text: str | None, choice: str | None = None) -> Inbound:
        """What comes of the line; a terminal knows no more, so the story's own is put in."""
        if choice is not None:
            text = self.typed[self.who][choice]
        inbound = console.inbound(text or "")
        update = {"address": self.who, "language": self.language, "timezone": self.timezone}
        return inbound.model_copy(update=update)

    def answers(self, inbound: Inbound) -> list[Reply]:
        """The replies, after each was shown with all its choices."""
        replies = super().answers(inbound)
        for reply in replies:
            screen = Console(file=io.StringIO(), width=10_000, highlight=False)
            console.show(screen, reply)
            shown = screen.file.getvalue()  # type: ignore[attr-defined]
            for part in reply.text.split("\n"):
                assert part in shown
            for choice in reply.choices:
                by_day = reply.month is not None and choice.number is not None
                assert (f"[{choice.number}]" if by_day else choice.label) in shown
        self.typed[self.who] = {
            choice.id: str(choice.number or choice.label) for choice in replies[-1].choices
        }
        return replies
