"""One message in, its replies out, in one transaction."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from bot.replies import Inbound, Reply
from bot.texts import Texts
from core import conversations
from core.bookings import Actor
from core.office import Office
from core.tables import Citizen
from dialogs import flow
from dialogs.engine import DIALOGS, turn
from dialogs.fold import clean
from dialogs.hear import LONGEST
from dialogs.state import State
from dialogs.step import Context


class UnknownConversation(Exception):
    """No conversation has that address."""


class AlreadyBegun(Exception):
    """The message that began a conversation came again, too late for its replies to be known."""


@dataclass(frozen=True)
class House:
    """What a turn needs besides the message: all of it passed in, so that stories replay."""

    office: Office
    texts: Texts
    clock: Callable[[], datetime]
    choose: Callable[[Sequence[str]], str]
    keep_answers: timedelta = timedelta(days=30)


def receive(session: Session, house: House, inbound: Inbound) -> list[Reply]:
    """Answer a message. One that came before gets the same replies, and changes nothing.

    Raises UnknownConversation, AlreadyBegun.
    """
    now = house.clock()
    account, address, message_id = inbound.account, inbound.address, inbound.message_id
    found = conversations.find(session, account, address, message_id)
    if found is None:
        if not inbound.opens:
            raise UnknownConversation
        found = conversations.open_new(session, account, address, now)
    if found.replies is not None:
        return [Reply.model_validate(reply) for reply in found.replies]
    if inbound.begins and found.state:
        raise AlreadyBegun
    house.office.refresh(session)
    state = State.model_validate(found.state)
    if state.number == 0:
        state.home = inbound.home
    # What the page says counts when it changes: the citizen may have asked for another since.
    language, timezone = found.language, found.timezone
    if inbound.language and inbound.language != state.client_language:
        state.client_language = language = inbound.language
    if inbound.timezone and inbound.timezone != state.client_timezone:
        state.client_timezone = timezone = inbound.timezone
    ctx = context_of(session, house, inbound, found, state, language, timezone)
    question = turn(ctx, inbound.text, inbound.choice)
    conversations.keep(
        session,
        found.id,
        language=ctx.language,
        timezone=ctx.timezone,
        state=ctx.state.model_dump(exclude_defaults=True),
        forget_at=now + house.keep_answers,
    )
    replies = house.texts.replies(ctx.said, question, ctx.language, ctx.shown)
    stored = [reply.model_dump(mode="json", exclude_defaults=True) for reply in replies]
    # Kept only where a page shows the talk again.
    said = None
    if inbound.platform == "webchat":
        said = ctx.heard or clean(inbound.text or "")[:LONGEST]
    conversations.answered(session, found, account, message_id, said, stored, now)
    return replies


def forget(session: Session, house: House, inbound: Inbound) -> None:
    """Erase what was said in the conversation that a message would belong to; bookings stay."""
    found = conversations.find(session, inbound.account, inbound.address, inbound.message_id)
    if found is None:
        return
    house.office.refresh(session)
    state = State.model_validate(found.state)
    flow.leave(context_of(session, house, inbound, found, state))
    conversations.forget_said(session, found.citizen_id)
    session.get_one(Citizen, found.citizen_id).details = {}
    conversations.keep(
        session,
        found.id,
        language=found.language,
        timezone=found.timezone,
        state=state.emptied().model_dump(exclude_defaults=True),
        forget_at=None,
    )


def context_of(
    session: Session,
    house: House,
    inbound: Inbound,
    found: conversations.Found,
    state: State,
    language: str | None = None,
    timezone: str | None = None,
) -> Context:
    """What the dialogs work in; language and zone are the conversation's unless given."""
    language, timezone = language or found.language, timezone or found.timezone
    return Context(
        session=session,
        office=house.office,
        texts=house.texts,
        now=house.clock(),
        actor=Actor(
            citizen_id=found.citizen_id,
            platform=inbound.platform,
            language=language,
            timezone=timezone,
            network=inbound.network,
        ),
        state=state,
        language=language,
        timezone=timezone,
        conversation_id=found.id,
        sources=[f"contact {found.contact_id}", *([inbound.network] if inbound.network else [])],
        known=found.known,
        choose=house.choose,
        dialogs=DIALOGS,
    )
