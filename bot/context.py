"""What a turn needs, and the context that the dialogs work in."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from bot.i18n.translator import Translator
from bot.messages import Sender
from bot.platforms.base import Platform
from core.actor import Actor
from core.catalogue.registry import Registry
from core.messaging import conversations
from dialogs.engine.engine import DIALOGS
from dialogs.engine.state import State
from dialogs.engine.steps import Context


class UnknownConversation(Exception):
    """No conversation has that address."""


class AlreadyBegun(Exception):
    """The message that began a conversation came again, too late for its replies to be known."""


@dataclass(frozen=True)
class Services:
    """What a turn needs besides the message: all of it passed in, so that stories replay.

    `platforms` are those that push, by account.
    """

    registry: Registry
    texts: Translator
    clock: Callable[[], datetime]
    choose: Callable[[Sequence[str]], str]
    keep_answers: timedelta = timedelta(days=30)
    platforms: Mapping[str, Platform] = field(default_factory=dict)


def load_context(
    session: Session, services: Services, sender: Sender, *, lock: bool = False
) -> tuple[conversations.StoredConversation, Context] | None:
    """The sender's conversation as it stands, if there is one; locked by whoever changes it."""
    found = conversations.find(session, sender.account, sender.address, lock=lock)
    if found is None:
        return None
    services.registry.refresh(session)
    return found, context_of(session, services, sender, found)


def context_of(
    session: Session, services: Services, sender: Sender, found: conversations.StoredConversation
) -> Context:
    """What the dialogs work in, as the conversation was left."""
    state = State.model_validate(found.state)
    return build_context(session, services, sender, found, state, found.language, found.timezone)


def build_context(
    session: Session,
    services: Services,
    sender: Sender,
    found: conversations.StoredConversation,
    state: State,
    language: str,
    timezone: str,
) -> Context:
    """Build what the dialogs work in."""
    return Context(
        session=session,
        registry=services.registry,
        texts=services.texts,
        now=services.clock(),
        actor=Actor(
            citizen_id=found.citizen_id,
            platform=sender.platform,
            language=language,
            timezone=timezone,
            network=sender.network,
            contact_id=found.contact_id,
            account=sender.account,
        ),
        state=state,
        language=language,
        timezone=timezone,
        conversation_id=found.id,
        sources=[f"contact {found.contact_id}", *([sender.network] if sender.network else [])],
        known=found.known,
        choose=services.choose,
        dialogs=DIALOGS,
    )
