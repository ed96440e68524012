"""Play a story of one citizen who goes on in another app, and joins the two chats.

Besides the lines of `story_runner`:

    chat     telegram                  the citizen goes on in that chat: telegram, viber or page
    opens                              they open the last link there that a chat has shown
    citizen  {number}                  they write the last number that a chat has shown
"""

import re
from dataclasses import dataclass, field, replace
from datetime import timedelta

from sqlalchemy.orm import Session

from bot.delivery.dispatch import claim_and_render
from bot.delivery.settlement import mark_sent
from bot.i18n.translator import Translator
from bot.messages import Reply
from bot.platforms.layout import ANSWERED
from core.messaging.outbox import platform_of
from tests.conftest import Deployment, mark_replies_sent
from tests.fakes import telegram as telegram_fake
from tests.stories import story_platforms
from tests.stories.push_story_runner import is_extra
from tests.stories.story_platforms import Line, StoryPlatform, WebChatStory
from tests.stories.story_runner import StoryRunner

PAGE = "page"
TOKEN = re.compile(r"(?:join_|/j/)([a-z2-7]{26})")

NUMBER = re.compile(r"^(?:Ο αριθμός σας|Your number): (\d{3} \d{3})", re.MULTILINE)


@dataclass
class JoinedChatsRunner(StoryRunner):
    """Plays a story over the page, a bot at Telegram and one at Viber."""

    chats: dict[str, StoryPlatform] = field(default_factory=dict)
    token: str = ""
    number: str = ""
    who: str = PAGE

    def on_chat(self, rest: str) -> None:
        self.who, self.story_platform = rest, self.chats[rest]

    def on_citizen(self, rest: str) -> None:
        super().on_citizen(rest.replace("{number}", self.number))

    def on_opens(self, _rest: str) -> None:
        self.on_follows(f"join_{self.token}")

    def answers(self, line: Line) -> list[Reply]:
        """Return the replies without files, maps, edits, and Viber's echo of what was tapped."""
        self.deployment.database.write_sync(mark_replies_sent)
        replies = [reply for reply in super().answers(line) if not is_extra(reply)]
        echo, _blank, rest = replies[0].text.partition("\n\n")
        if line.choice and echo.startswith(f"{ANSWERED} "):
            replies[0] = replies[0].model_copy(update={"text": rest})
        for reply in replies:
            if found := TOKEN.search(reply.text):
                self.token = found[1]
            if shown := NUMBER.search(reply.text):
                self.number = shown[1]
        return replies

    def on_later(self, rest: str) -> None:
        if self.who == PAGE:
            super().on_later(rest)
            return
        services = self.deployment.services
        accounts = [each for each in services.platforms if platform_of(each) == self.who]

        def run(session: Session) -> list[Reply]:
            mark_replies_sent(session)
            claimed = claim_and_render(session, services, accounts, "story", 20, timedelta(days=1))
            for each in claimed[0]:
                mark_sent(session, services, each, str(each.id))
            return [each.reply for each in claimed[0]]

        self.show(self.deployment.database.write_sync(run))


def joined_chats(deployment: Deployment, texts: Translator) -> JoinedChatsRunner:
    """Return what plays a story in a deployment."""
    telegram, viber = story_platforms.telegram(texts), story_platforms.viber(texts)
    telegram.bot._parser.username, viber.bot._uri = telegram_fake.USERNAME, "rantevou"
    deployment.connect({each.bot.account: each.bot for each in (telegram, viber)})
    deployment.services = replace(
        deployment.services, public_address="https://rantevou.kalamata.gr"
    )
    page = WebChatStory(deployment.services.registry)
    chats: dict[str, StoryPlatform] = {PAGE: page, "telegram": telegram, "viber": viber}
    return JoinedChatsRunner(deployment, page, chats=chats)
