"""A story as it is in a chat that is pushed to, with all that goes there beside the replies."""

from dataclasses import dataclass, field

from bot.messages import Reply
from bot.platforms.layout import ANSWERED
from core.messaging.outbox import platform_of
from tests.conftest import all_read
from tests.stories.story_platforms import Line
from tests.stories.story_runner import StoryRunner


@dataclass
class PushStoryRunner(StoryRunner):
    """Tells a story to a bot; what is beside the story is looked at and left out."""

    accounts: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.accounts = list(self.deployment.services.platforms)

    def on_accounts(self, rest: str) -> None:
        super().on_accounts(" ".join((rest, *self.accounts)))

    def newly_owed(self) -> list[str]:
        """But for the reminders, which come to the chat."""
        here = tuple(f"owed     {platform_of(account)} " for account in self.accounts)
        return [line for line in super().newly_owed() if not line.startswith(here)]

    def answers(self, line: Line) -> list[Reply]:
        """The replies, but files, maps, and what becomes of the question before."""
        self.deployment.database.write_sync(all_read)
        told = [reply for reply in super().answers(line) if not _beside(reply)]
        # What was tapped is said back where a tap leaves no trace, and no more than that.
        echo, _blank, rest = told[0].text.partition("\n\n")
        if line.choice and echo.startswith(f"{ANSWERED} "):
            labels = {label for label, key in self.buttons[line.who] if key == line.choice}
            assert echo.removeprefix(f"{ANSWERED} ") in labels
            told[0] = told[0].model_copy(update={"text": rest})
        return told


def _beside(reply: Reply) -> bool:
    return bool(reply.file or reply.venue or reply.closing or reply.text == ANSWERED)
