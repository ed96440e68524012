"""A story as a program of its own tells it to the web chat: JSON in, JSON out."""

from dataclasses import dataclass, field

from bot.platforms import webchat
from bot.replies import Inbound, Reply
from tests.stories.teller import Teller


@dataclass
class WebChatTeller(Teller):
    """Tells a story through the web chat's own read and render."""

    tokens: dict[str, str] = field(default_factory=dict)

    def inbound(self, text: str | None, choice: str | None = None) -> Inbound:
        request = webchat.TurnRequest.model_validate(
            {
                "conversation": self.tokens.get(self.who),
                "message_id": str(self.count),
                "text": text,
                "choice": choice,
                "language": self.language,
                "timezone": self.timezone,
            }
        )
        self.tokens[self.who], inbound = webchat.read(request, self.town.house.office, None)
        return inbound

    def answers(self, inbound: Inbound) -> list[Reply]:
        """The replies, after each was rendered with all its choices."""
        replies = super().answers(inbound)
        body = webchat.render(self.tokens[self.who], replies)
        told = webchat.TurnAnswer.model_validate(body, strict=True).replies
        for reply, shown in zip(replies, told, strict=True):
            assert (shown.text, shown.step) == (reply.text, reply.step)
            offered = [(choice.id, choice.label) for choice in reply.choices]
            assert [(choice.id, choice.label) for choice in shown.choices] == offered
        return replies
