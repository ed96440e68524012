"""Play a story on a push platform, with the files, maps and edits that it sends besides replies."""

from dataclasses import dataclass, field
from datetime import timedelta

from sqlalchemy.orm import Session

from bot.delivery.dispatch import claim_and_render
from bot.delivery.settlement import mark_sent
from bot.messages import Reply
from bot.platforms.layout import ANSWERED
from core.db.models import REMINDERS
from core.messaging.outbox import platform_of
from tests.conftest import mark_replies_sent
from tests.stories.story_platforms import Line
from tests.stories.story_runner import StoryRunner


@dataclass
class PushStoryRunner(StoryRunner):
    """Plays a story on a bot and leaves out what the story doesn't have."""

    accounts: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.accounts = list(self.deployment.services.platforms)

    def on_accounts(self, rest: str) -> None:
        super().on_accounts(" ".join((rest, *self.accounts)))

    def new_notifications(self) -> list[str]:
        """Leave out the reminders, which are sent to the chat."""
        accounts = [*self.accounts, REMINDERS]
        sent_here = tuple(f"outbox   {platform_of(account)} " for account in accounts)
        return [line for line in super().new_notifications() if not line.startswith(sent_here)]

    def answers(self, line: Line) -> list[Reply]:
        """Return the replies without files, maps and the edit of the question before."""
        self.deployment.database.write_sync(mark_replies_sent)
        replies = [reply for reply in super().answers(line) if not is_extra(reply)]
        # Viber repeats the label that was tapped, for its chat doesn't show a tap.
        echo, _blank, rest = replies[0].text.partition("\n\n")
        if line.choice and echo.startswith(f"{ANSWERED} "):
            labels = {label for label, key in self.buttons[line.who] if key == line.choice}
            assert echo.removeprefix(f"{ANSWERED} ") in labels
            replies[0] = replies[0].model_copy(update={"text": rest})
        return replies


@dataclass
class OfferStoryRunner(PushStoryRunner):
    """Plays a story in which times are offered: what a page fetches is sent to the bot's chat."""

    def on_accounts(self, rest: str) -> None:
        StoryRunner.on_accounts(self, " ".join((rest, *self.accounts)))

    def new_notifications(self) -> list[str]:
        here = platform_of(self.accounts[0])
        self.hidden = frozenset()
        page = "outbox   webchat "
        found = StoryRunner.new_notifications(self)
        for own in (here, REMINDERS):
            found = [line.replace(f"outbox   {own} ", page, 1) for line in found]
        return found

    def on_later(self, _rest: str) -> None:
        services, long = self.deployment.services, timedelta(days=1)

        def run(session: Session) -> list[Reply]:
            mark_replies_sent(session)
            sent: list[Reply] = []
            given = (session, services, self.accounts, "story", 20, long)
            while (claimed := claim_and_render(*given))[1]:  # for one waits for another
                for each in claimed[0]:
                    mark_sent(session, services, each, str(each.id))
                    sent += [] if is_extra(each.reply) else [each.reply]
            return sent

        self.show(self.deployment.database.write_sync(run))


def is_extra(reply: Reply) -> bool:
    """Return whether a reply is none of a story: a file, a map, the edit of a question."""
    return bool(reply.file or reply.venue or reply.closing or reply.text == ANSWERED)
