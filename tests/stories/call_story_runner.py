"""Play a story by telephone: keys and words in, what is said out.

Besides the lines of `story_runner`:

    number   kalamata                  the number is that municipality's own
    calls    +302721012345             somebody calls from that number, or from one that is hidden
    presses  1                         keys
    says     Επίδομα στέγασης          what was understood of a voice
    noise    κχρτ                      of which that was barely understood
    silent                             nothing
    hangs up                           the caller ends the call
    later                              what is due is delivered
    ended                              we have ended the call; `dialed`: it was put through
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.i18n.spoken import LETTERS_A_SECOND, LONGEST
from bot.i18n.translator import Translator
from bot.messages import Inbound
from bot.platforms.voice.adapter import Voice
from bot.platforms.voice.settings import VoiceAccount
from tests.conftest import Deployment
from tests.fakes.twilio import SID, TOKEN, callback
from tests.fakes.twilio_call import Call
from tests.stories.story_platforms import WebChatStory
from tests.stories.story_runner import WIDTH, StoryRunner

ACCOUNT = "voice:town"
PUBLIC = "https://rantevou.my-town.gr"
URL = f"{PUBLIC}/webhooks/voice/town"

WRITTEN = re.compile(r"https?:|www\.|@|[«»“”•]|\d[:/]\d|\bγράψ|\bπατήστε το κουμπί|\bwrite\b|\d{5}")
"""What nobody can hear, or is asked of who writes."""


def telephone(texts: Translator, municipality: str | None = None, **settings: Any) -> Voice:
    """Return the account of a number."""
    given = {"from": "+302100000000", "user": SID, "key": TOKEN, "municipality": municipality}
    account = Voice(ACCOUNT, VoiceAccount.model_validate(given | settings), texts)
    account.public_address = PUBLIC
    return account


def check_heard(said: str) -> None:
    """Assert that a text is one for the ear."""
    assert not WRITTEN.search(said), said
    assert not any(word.isupper() and len(word) > 3 for word in said.split()), said
    assert len(said) <= LONGEST * LETTERS_A_SECOND, (len(said), said)


@dataclass
class CallStoryRunner(StoryRunner):
    """Plays a story on a telephone number."""

    account: Voice | None = None
    calls: dict[str, Call] = field(default_factory=dict)
    dialed: int = 0

    def fetch(self, url: str, form: Mapping[str, str]) -> str:
        """Answer a request of Twilio's."""
        assert self.account
        result = self.account.parse(callback(url, form))
        replies = []
        for event in result.events:
            if isinstance(event, Inbound):
                replies = self.deployment.receive(event)
        response = result.respond(replies) if result.respond and replies else result.response
        assert response.status == 200
        return response.body.decode()

    @property
    def call(self) -> Call:
        return self.calls[self.who]

    def on_number(self, _rest: str) -> None:
        """Leave it to `by_call`: the account is made before the story begins."""

    def on_calls(self, rest: str) -> None:
        self.count += 1
        self.calls[self.who] = Call(
            self.fetch, URL, rest or "anonymous", f"CA{self.count:032x}", doubled=True
        )
        self.heard(self.call.begin())

    def on_presses(self, rest: str) -> None:
        self.heard(self.call.press(rest))

    def on_says(self, rest: str) -> None:
        self.heard(self.call.say(rest))

    def on_noise(self, rest: str) -> None:
        self.heard(self.call.say(rest, 0.1))

    def on_silent(self, _rest: str) -> None:
        self.heard(self.call.be_silent())

    def on_hangs(self, _rest: str) -> None:
        self.call.hang_up()

    def on_answers(self, rest: str) -> None:
        self.call.employee = rest

    def heard(self, said: list[str]) -> None:
        """Show what was said, and what has become of the call."""
        for each in said:
            check_heard(each)
        first, *others = said or [""]
        self.pending += [f"{'bot':{WIDTH}}{first}", *(" " * WIDTH + each for each in others)]
        for number in self.call.dialed:
            self.pending.append(f"{'dialed':{WIDTH}}{number}")
        self.call.dialed.clear()
        if self.call.ended:
            self.pending.append("ended")
        self.pending += self.new_notifications()


def by_call(deployment: Deployment, texts: Translator, municipality: str | None) -> CallStoryRunner:
    """Return what plays a story in a deployment; the number may be one municipality's own."""
    account = telephone(texts, municipality)
    deployment.connect({ACCOUNT: account})
    runner = CallStoryRunner(deployment, WebChatStory(deployment.services.registry))
    runner.account = account
    return runner
