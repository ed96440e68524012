"""Play a story by text messages, as they are sent, with the parts that each costs.

Besides the lines of `story_runner`:

    number   kalamata                  the number is that municipality's own
    parts    2                         the parts of the text before
    later                              what is due is delivered
"""

from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count

from sqlalchemy.orm import Session

from bot.delivery.dispatch import claim_and_render
from bot.delivery.settlement import mark_sent
from bot.i18n.translator import Translator
from bot.messages import Inbound, Reply
from bot.platforms.sms.adapter import Sms
from bot.platforms.sms.gsm import count_parts, is_gsm
from core.db.models import REMINDERS
from tests.bot.platforms.text_talk import ACCOUNT, MARIA, URL, two_way
from tests.conftest import Deployment, mark_replies_sent
from tests.fakes.twilio import callback, incoming
from tests.stories.story_platforms import Line
from tests.stories.story_runner import WIDTH, StoryRunner

NUMBERS = {"citizen": MARIA, "other": "+306998765432"}

MOST = 4
"""The most parts of a text."""


@dataclass
class SmsStory:
    """A two-way number: signed requests in, texts out."""

    account: Sms
    numbers: "count[int]" = field(default_factory=lambda: count(1))

    def read(self, line: Line) -> Inbound:
        """Return the inbound message of a text, with the story's time zone."""
        form = incoming(line.text or "", f"SM{next(self.numbers):032x}", NUMBERS[line.who])
        inbound = self.account.parse(callback(URL, form)).events[-1]
        assert isinstance(inbound, Inbound)
        return inbound

    def show(self, who: str, replies: list[Reply]) -> None:
        """Check that a turn is answered by one text of few parts, in capitals unless wished."""
        [body] = [self.account.render(reply).body for reply in replies]
        assert count_parts(body) <= MOST, body
        assert is_gsm(body) or replies[0].unicode, body


@dataclass
class TextStoryRunner(StoryRunner):
    """Plays a story on a two-way number."""

    def answers(self, line: Line) -> list[Reply]:
        """Return the replies, when all before were delivered."""
        self.deployment.database.write_sync(mark_replies_sent)
        return super().answers(line)

    def show(self, replies: list[Reply]) -> None:  # type: ignore[override]
        """Show the texts as they are sent."""
        assert isinstance(self.story_platform, SmsStory)
        for reply in replies:
            body = self.story_platform.account.render(reply).body
            first, *others = body.split("\n")
            self.pending += [f"{'bot':{WIDTH}}{first}", *(" " * WIDTH + each for each in others)]
            self.pending.append(f"{'parts':{WIDTH}}{count_parts(body)}")

    def on_number(self, _rest: str) -> None:
        """Leave it to `by_text`: the account is made before the story begins."""

    def on_later(self, _rest: str) -> None:
        services = self.deployment.services
        accounts = [*services.platforms, REMINDERS]

        def run(session: Session) -> list[Reply]:
            mark_replies_sent(session)
            sent: list[Reply] = []
            given = (session, services, accounts, "story", 20, timedelta(days=1))
            while (claimed := claim_and_render(*given))[1]:
                for each in claimed[0]:
                    mark_sent(session, services, each, str(each.id))
                    sent.append(each.reply)
            return sent

        self.show(self.deployment.database.write_sync(run))


def by_text(deployment: Deployment, texts: Translator, municipality: str | None) -> TextStoryRunner:
    """Return what plays a story in a deployment; the number may be one municipality's own."""
    account = two_way(texts, municipality=municipality)
    deployment.connect({ACCOUNT: account})
    return TextStoryRunner(deployment, SmsStory(account))
