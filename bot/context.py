"""The services of a turn, and the context of its dialogs."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property, partial
from typing import Any

from sqlalchemy.orm import Session

from bot import conversation_state
from bot.conversation_state import TransportState
from bot.i18n.spoken import SpokenTranslator
from bot.i18n.translator import Translator
from bot.messages import Inbound, Sender
from bot.platforms.base import Platform
from bot.platforms.webchat import ACCOUNT
from core.actor import Actor
from core.bookings.joining.citizen_joining import LINK_PREFIX
from core.catalogue.registry import Registry
from core.messaging import conversations
from core.messaging.conversations import StoredConversation
from core.messaging.outbox import platform_of
from core.office import Office
from dialogs.context import Context
from dialogs.conversation import CONVERSATION
from dialogs.engine.prompts import PromptKey, StoredChoice, StoredPrompt
from dialogs.engine.state import State


class UnknownConversation(Exception):
    """No conversation has that address."""


class AlreadyBegun(Exception):
    """The first message of a conversation was repeated after its stored replies were erased.

    Or after the conversation was ended.
    """


@dataclass(frozen=True)
class Services:
    """The services of a turn, all of them passed in, so that stories replay.

    `platforms` are those that push, by account. `public_address` is where the world reaches the
    pages, if anywhere.
    """

    registry: Registry
    texts: Translator
    clock: Callable[[], datetime]
    choose: Callable[[Sequence[str]], str]
    keep_answers: timedelta = timedelta(days=30)
    platforms: Mapping[str, Platform] = field(default_factory=dict)
    public_address: str | None = None

    @cached_property
    def spoken(self) -> SpokenTranslator:
        """Return the texts as they are said on the telephone."""
        return SpokenTranslator(self.texts)


JOIN_PATH = "/j/"
"""The beginning of the path of the page to which a link to join leads; its token follows."""

JOIN_APP = "app"
"""The query parameter by which that page is told to which app the link leads, if to one."""


def chat_address(services: Services, account: str, link: str) -> str | None:
    """Return the address that opens the chat of an account, with a deep link to join.

    None where none is known yet, or its citizens write nothing there. One that isn't of the web
    can't be tapped in other apps: then it is that of our page which leads there.
    """
    app = ""
    if platform := services.platforms.get(account):
        url = platform.chat_link(link)
        is_web = url is None or url.startswith("https://")
        if is_web or services.public_address is None:
            return url
        app = f"?{JOIN_APP}={platform_of(account)}"
    elif account != ACCOUNT or services.public_address is None:
        return None
    return f"{services.public_address}{JOIN_PATH}{link.removeprefix(LINK_PREFIX)}{app}"


@dataclass(frozen=True)
class LoadedConversation:
    """A stored conversation, and the context of its dialogs."""

    found: StoredConversation
    transport: TransportState
    ctx: Context


def load_conversation(
    session: Session, services: Services, sender: Sender, *, lock: bool = False
) -> LoadedConversation | None:
    """Return the sender's conversation, if there is one; `lock` it in order to change it."""
    found = conversations.find(session, sender.account, sender.address, lock=lock)
    if found is None:
        return None
    services.registry.refresh(session)
    state, transport = conversation_state.load(found.state, found.language, found.timezone)
    ctx = build_context(session, services, sender, found, transport, state)
    ctx.open_prompt = open_prompt(session, found, state)
    return LoadedConversation(found, transport, ctx)


def build_context(
    session: Session,
    services: Services,
    sender: Sender,
    found: StoredConversation,
    transport: TransportState,
    state: State,
    came: datetime | None = None,
) -> Context:
    """Return the context of a conversation's dialogs; `came` is when its message arrived."""
    now = services.clock()
    platform = services.platforms.get(sender.account)
    fitting = platform.fitting if platform else None
    is_spoken = platform is not None and platform.is_spoken
    caller = sender.caller if isinstance(sender, Inbound) else ""
    actor = Actor(
        citizen_id=found.citizen_id,
        platform=sender.platform,
        language=state.language,
        timezone=state.timezone,
        network=_network(services, caller) if is_spoken else sender.network,
        contact_id=found.contact_id,
        account=sender.account,
        proven_phone=found.proven_phone,
        own_phone=sender.address if fitting else "",
        calls_from=caller if is_spoken else None,
        shown_name=sender.name,
    )
    office = Office(
        session,
        services.registry,
        now,
        actor,
        choose=services.choose,
        known_details=found.known_details,
        citizen_public_id=found.citizen_public_id,
        only=transport.municipality_id,
        thread_id=found.thread_id,
        came=came,
        chat_address=partial(chat_address, services),
    )
    return Context(
        office,
        services.spoken if is_spoken else services.texts,
        CONVERSATION,
        now,
        state,
        language_stated=transport.stated_language is not None,
        fitting=fitting(transport.unicode) if fitting else None,
        spoken=is_spoken,
    )


def _network(services: Services, caller: str) -> str:
    """Return what counts as the address of who calls: the keyed hash of their number, or none."""
    return services.registry.keyed_hash(f"caller {caller}")


def open_prompt(session: Session, found: StoredConversation, state: State) -> StoredPrompt | None:
    """Return the open question, unless it has been erased.

    Where another turn ended while this one waited for the lock, PostgreSQL returns that turn's
    state, but the prompt from before it: then it is read again.
    """
    if found.prompt_number != state.number or found.prompt_step is None:
        return earlier_prompt(session, found, state.number) if state.number else None
    prompt = _prompt(state.number, found.prompt_step, found.prompt_offered or [])
    return replace(prompt, asked_at=found.prompt_asked_at)


def earlier_prompt(session: Session, found: StoredConversation, number: int) -> StoredPrompt | None:
    """Return the question with that number, unless it has been erased."""
    stored = conversations.get_prompt(session, found.id, number)
    return _prompt(number, *stored) if stored else None


def _prompt(number: int, step: str, offered: list[Any]) -> StoredPrompt:
    return StoredPrompt(number, PromptKey.parse(step), [StoredChoice.load(c) for c in offered])
