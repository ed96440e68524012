"""The web chat, in which a secret token identifies a conversation."""

import secrets
import uuid
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    WithJsonSchema,
    model_validator,
)
from pydantic.config import JsonDict

from bot.i18n.stated_language import LANGUAGE_OF_OTHERS, stated_language
from bot.i18n.timezones import zone_names
from bot.messages import WEBCHAT, Inbound, Printable, Reply, ReplyBlock, Sender
from core.catalogue.registry import Registry
from core.i18n import LANGUAGES, Language

ACCOUNT = "webchat"

LANGUAGE_RULE = (
    f"We speak {', '.join(LANGUAGES)}; whose language is another is spoken to in "
    f"{LANGUAGE_OF_OTHERS}, and what is no language is taken as if none were given"
)


def known_zone(name: str) -> str | None:
    """Return a zone of the IANA database; None for any other name."""
    return name if name in zone_names() else None


SpokenLanguage = Annotated[
    Language | None,
    BeforeValidator(lambda stated: stated_language(stated) if isinstance(stated, str) else stated),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "null"}]}),
]
TimeZone = Annotated[str | None, AfterValidator(lambda name: name and known_zone(name))]

ONE_OF_BOTH: JsonDict = {
    "oneOf": [
        {"required": [field], "properties": {field: {"type": "string"}}}
        for field in ("text", "choice")
    ]
}
"""The rule of a TurnRequest in its JSON schema: one is a string, the other null or left out."""


class TurnRequest(BaseModel):
    """A message to Rantevou: either a typed text or a picked choice."""

    model_config = ConfigDict(extra="forbid", json_schema_extra=ONE_OF_BOTH)

    conversation: Printable | None = Field(
        default=None,
        max_length=100,
        description="The token of an earlier answer; null begins",
    )
    message_id: Printable = Field(
        min_length=1,
        max_length=100,
        description="Yours; the same one again gives the same answer and changes nothing. "
        "Use a random UUID, so that a lost first answer can be had again too",
    )
    text: str | None = Field(
        default=None, description="What was typed; either this or a choice is given, never both"
    )
    choice: Printable | None = Field(default=None, max_length=100, description="The id of a choice")
    language: SpokenLanguage = Field(
        default=None,
        description=f"Of your page, such as el or el-GR. {LANGUAGE_RULE}",
    )
    timezone: TimeZone = Field(
        default=None,
        description="Of the browser: a zone of the IANA database, such as Europe/Athens; "
        "any other is taken as if none were given",
    )

    @model_validator(mode="after")
    def _text_or_choice(self) -> "TurnRequest":
        if (self.text is None) == (self.choice is None):
            given = (
                "Neither text nor choice is" if self.text is None else "Both text and choice are"
            )
            raise ValueError(
                f"{given} given. Send text (what was typed) or choice (an id), not both."
            )
        return self


class TurnChoice(BaseModel):
    """Something that can be picked; its id carries the number of its prompt."""

    id: str
    label: str


class TurnReply(BaseModel):
    """A message of ours; the last one of an answer is the open question."""

    text: str = Field(description="The whole message as plain text")
    blocks: list[ReplyBlock] = Field(
        description="The same as structured parts, in order, to be shown instead of the text; "
        "empty where the message is plain text only. Skip those whose type you don't know"
    )
    step: str | None = Field(description="What it asks for; null where it asks nothing")
    choices: list[TurnChoice]


class TurnAnswer(BaseModel):
    """Our replies, and the token that is all that identifies the conversation."""

    conversation: str
    replies: list[TurnReply]


def sender(token: str, registry: Registry, network: str | None = None) -> Sender:
    """Return the sender who has that token, of which only a keyed hash is stored."""
    return Sender(
        platform=WEBCHAT,
        account=ACCOUNT,
        address=registry.keyed_hash(f"token {token}"),
        network=registry.keyed_hash(f"network {network}") if network else None,
    )


def new_token() -> str:
    """Return a token of a new conversation, which nobody can guess."""
    return secrets.token_urlsafe(30)


def parse(
    request: TurnRequest, registry: Registry, network: str | None, *, anew: bool = False
) -> tuple[str, Inbound]:
    """Return the conversation's token, and the message.

    The token of a new conversation is derived from the message's id where that is a random UUID,
    so that a repeated first message finds the conversation that it started; not if `anew`.
    """
    token = request.conversation
    if token is None:
        first = None if anew else _random_uuid(request.message_id)
        token = registry.keyed_hash(f"begun {first}") if first else new_token()
    writer = sender(token, registry, network)
    return token, Inbound(
        **dict(writer),
        message_id=f"{writer.address} {request.message_id}",
        text=request.text,
        choice=request.choice,
        language=request.language,
        timezone=request.timezone,
        may_create_contact=request.conversation is None,
        starts_conversation=request.conversation is None,
    )


def render(token: str, replies: list[Reply]) -> dict[str, Any]:
    """Return the body of the response."""
    choices = [[{"id": c.id, "label": c.label} for c in reply.choices] for reply in replies]
    return {
        "conversation": token,
        "replies": [
            {"text": reply.text, "blocks": reply.blocks, "step": reply.step, "choices": picks}
            for reply, picks in zip(replies, choices, strict=True)
        ],
    }


def _random_uuid(text: str) -> uuid.UUID | None:
    """Return the UUID in a text if it is a random one; any other id could be guessed."""
    try:
        found = uuid.UUID(text)
    except ValueError:
        return None
    return found if found.version == 4 else None
