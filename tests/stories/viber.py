"""A story as it is on Viber: each line as an event, each answer as what Viber is sent."""

import json
from dataclasses import dataclass, field
from itertools import count

from bot.platforms.viber import HEADER, PLATFORM, TAP, Viber
from bot.replies import Inbound, Reply
from bot.settings import ViberAccount
from bot.shaping import ANSWERED
from bot.texts import Texts
from tests.bot.platforms import viber_events as events
from tests.conftest import Town, all_read
from tests.fakes.viber import TOKEN, wrong_in
from tests.stories.teller import Teller

ACCOUNT = "viber:town"


def connected(town: Town, texts: Texts) -> Viber:
    """Have the town on Viber, beside what else a story needs."""
    bot = Viber(ACCOUNT, ViberAccount.model_validate({"token": TOKEN}), texts)
    town.connect({ACCOUNT: bot})
    return bot


@dataclass
class ViberTeller(Teller):
    """Tells a story through Viber's own read and render."""

    bot: Viber | None = None
    numbers: "count[int]" = field(default_factory=lambda: count(events.AT))
    keyboards: dict[str, set[str]] = field(default_factory=dict)
    """What everybody could tap last."""

    def inbound(self, text: str | None, choice: str | None = None) -> Inbound:
        """What comes of the event; Viber knows no time zone, so the story's is put in."""
        assert self.bot
        number = next(self.numbers)
        sender = {**events.WHO, "id": self.who, "language": self.language or "el"}
        said = events.text(text if text is not None else f"{TAP}{choice}", sender=sender)
        body = json.dumps({**said, "message_token": number, "timestamp": number}).encode()
        (inbound,) = self.bot.read({HEADER: self.bot.sign(body)}, body).messages
        return inbound.model_copy(update={"timezone": self.timezone})

    def on_accounts(self, rest: str) -> None:
        super().on_accounts(f"{rest} {ACCOUNT}")

    def newly_owed(self) -> list[str]:
        """But for the reminders, which come to the chat."""
        return [line for line in super().newly_owed() if f"owed     {PLATFORM}" not in line]

    def answers(self, inbound: Inbound) -> list[Reply]:
        """The replies, after each was rendered as Viber takes it, with all its choices."""
        assert self.bot
        self.town.database.write_now(all_read)
        standing = self.keyboards.get(self.who, set())
        seen = []
        for reply in self.town.receive(inbound):
            rendered = self.bot.render(reply)
            if reply.venue:
                continue
            for message in rendered:
                wrong = wrong_in({"receiver": self.who, **message})
                assert not wrong, (wrong, message)
            assert "".join(message["text"] for message in rendered) == reply.text
            offered = {f"{TAP}{choice.id}" for choice in reply.choices}
            if keyboard := rendered[-1].get("keyboard"):
                buttons = (b["ActionBody"] for b in keyboard["Buttons"])
                standing = {body for body in buttons if body.startswith(TAP)}
                assert standing == offered
            seen.append(reply)
        # The question's own, not an older one's: nothing that could be tapped is stale.
        assert standing == offered
        self.keyboards[self.who] = standing
        # What was tapped is said back, and no more than that.
        echo, _blank, rest = seen[0].text.partition("\n\n")
        if inbound.choice and echo.startswith(ANSWERED):
            labels = {label for label, key in self.buttons[self.who] if key == inbound.choice}
            assert echo.removeprefix(f"{ANSWERED} ") in labels
            seen[0] = seen[0].model_copy(update={"text": rest})
        return seen
