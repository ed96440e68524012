"""One message in, its replies out, in one transaction."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.replies import Inbound, Reply
from bot.texts import Texts
from core.bookings import Actor
from core.office import Office
from core.tables import Citizen, Contact, Conversation, InboundRow
from dialogs.engine import DIALOGS, turn
from dialogs.state import State
from dialogs.step import Context

HOME = "Europe/Athens"


class UnknownConversation(Exception):
    """No conversation has that address."""


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

    Raises UnknownConversation.
    """
    now = house.clock()
    before = session.scalar(
        select(InboundRow.replies).where(
            InboundRow.account == inbound.account, InboundRow.message_id == inbound.message_id
        )
    )
    if before is not None:
        return [Reply.model_validate(reply) for reply in before]
    contact, conversation = _find(session, inbound) or _open(session, inbound, now)
    house.office.refresh(session)
    state = State.model_validate(conversation.state)
    if inbound.language and inbound.language != state.client_language:
        # Only when the page's language changes: the citizen may have asked for another since.
        state.client_language = conversation.language = inbound.language
    if inbound.timezone:
        conversation.timezone = inbound.timezone
    ctx = Context(
        session=session,
        office=house.office,
        texts=house.texts,
        now=now,
        actor=Actor(
            citizen_id=contact.citizen_id,
            platform=inbound.platform,
            language=conversation.language,
            timezone=conversation.timezone,
            network=inbound.network,
        ),
        state=state,
        language=conversation.language,
        timezone=conversation.timezone,
        conversation_id=conversation.id,
        sources=[f"contact {contact.id}", *([inbound.network] if inbound.network else [])],
        choose=house.choose,
        dialogs=DIALOGS,
    )
    question = turn(ctx, inbound.text, inbound.choice)
    conversation.state = ctx.state.model_dump(exclude_defaults=True)
    conversation.language, conversation.timezone = ctx.language, ctx.timezone
    unfinished = bool(ctx.state.answers or ctx.state.kept)
    conversation.forget_at = now + house.keep_answers if unfinished else None
    replies = house.texts.replies(ctx.said, question, ctx.language)
    session.add(
        InboundRow(
            account=inbound.account,
            message_id=inbound.message_id,
            conversation_id=conversation.id,
            replies=[reply.model_dump(mode="json", exclude_defaults=True) for reply in replies],
            received_at=now,
        )
    )
    return replies


def _find(session: Session, inbound: Inbound) -> tuple[Contact, Conversation] | None:
    row = session.execute(
        select(Contact, Conversation)
        .join(Conversation, Conversation.contact_id == Contact.id)
        .where(Contact.account == inbound.account, Contact.address == inbound.address)
    ).first()
    return (row[0], row[1]) if row else None


def _open(session: Session, inbound: Inbound, now: datetime) -> tuple[Contact, Conversation]:
    if not inbound.opens:
        raise UnknownConversation
    citizen = Citizen(details={}, created_at=now)
    session.add(citizen)
    session.flush()
    contact = Contact(account=inbound.account, address=inbound.address, citizen_id=citizen.id)
    session.add(contact)
    session.flush()
    conversation = Conversation(contact_id=contact.id, language="el", timezone=HOME, state={})
    session.add(conversation)
    session.flush()
    return contact, conversation
