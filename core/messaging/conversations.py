"""Finding, opening and keeping a conversation.

Every turn runs these, so they are statements made once, on the bare connection: the same work
through the session costs twice the time of the whole turn.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, bindparam, func, insert, select, update
from sqlalchemy.orm import Session

from core.db.models import Citizen, Contact, Conversation, InboundRow, PromptRow
from core.i18n import Language

DEFAULT_TIMEZONE = "Europe/Athens"

MAX_TRANSCRIPT = 200
"""Messages of a conversation that are shown again."""


_ANY_PROMPT = PromptRow.__table__.alias("any_prompt")
_LAST_PROMPT = (
    select(func.max(_ANY_PROMPT.c.number))
    .where(_ANY_PROMPT.c.conversation_id == Conversation.id)
    .scalar_subquery()
)
_FIND = (
    select(
        Conversation.id,
        Contact.id,
        Contact.citizen_id,
        Conversation.language,
        Conversation.timezone,
        Conversation.state,
        InboundRow.replies,
        Citizen.details,
        PromptRow.number,
        PromptRow.step,
        PromptRow.offered,
    )
    .select_from(Contact.__table__)
    .join(Conversation.__table__, Conversation.contact_id == Contact.id)
    .join(Citizen.__table__, Contact.citizen_id == Citizen.id)
    .outerjoin(
        InboundRow.__table__,
        and_(
            InboundRow.account == Contact.account,
            InboundRow.conversation_id == Conversation.id,
            InboundRow.message_id == bindparam("message_id"),
        ),
    )
    .outerjoin(
        PromptRow.__table__,
        and_(
            PromptRow.conversation_id == Conversation.id,
            PromptRow.number == _LAST_PROMPT,
        ),
    )
    .where(Contact.account == bindparam("account"), Contact.address == bindparam("address"))
)
# The citizen's row too: how many appointments one has is counted.
_FIND_LOCKED = _FIND.with_for_update(
    nowait=True, key_share=True, of=(Conversation.__table__, Citizen.__table__)
)
_PROMPT = select(PromptRow.step, PromptRow.offered).where(
    PromptRow.conversation_id == bindparam("conversation_id"),
    PromptRow.number == bindparam("number"),
)
_HISTORY = (
    select(InboundRow.id, InboundRow.said, InboundRow.replies)
    .where(
        InboundRow.conversation_id == bindparam("conversation_id"),
        InboundRow.id > bindparam("after"),
    )
    .order_by(InboundRow.id.desc())
    .limit(MAX_TRANSCRIPT)
)
_KEEP = (
    update(Conversation.__table__)
    .where(Conversation.__table__.c.id == bindparam("which"))
    .values({name: bindparam(name) for name in ("language", "timezone", "state", "forget_at")})
)
_ADD_PROMPT = insert(PromptRow.__table__)
_ADD_INBOUND = insert(InboundRow.__table__).returning(InboundRow.__table__.c.id)


@dataclass(frozen=True)
class StoredConversation:
    """A conversation as it stands, and the replies already given to this message, if any.

    `known` are the details that the citizen gave at earlier bookings. `prompt_number`,
    `prompt_step` and `prompt_offered` are of the last question that was asked.
    """

    id: int
    contact_id: int
    citizen_id: int
    language: str
    timezone: str
    state: dict[str, Any]
    replies: list[Any] | None
    known: dict[str, str]
    prompt_number: int | None = None
    prompt_step: str | None = None
    prompt_offered: list[Any] | None = None


def find(
    session: Session, account: str, address: str, message_id: str = "", *, lock: bool = False
) -> StoredConversation | None:
    """Return the conversation of that address, if there is one; to be locked by whoever changes it.

    While another has it locked, the transaction is lost, and tried again a little later.
    """
    given = {"account": account, "address": address, "message_id": message_id}
    row = session.connection().execute(_FIND_LOCKED if lock else _FIND, given).first()
    return StoredConversation(*row) if row else None


def create(session: Session, account: str, address: str, now: datetime) -> StoredConversation:
    """Create the conversation of a contact who is new."""
    citizen = Citizen(details={}, created_at=now)
    session.add(citizen)
    session.flush()
    contact = Contact(account=account, address=address, citizen_id=citizen.id)
    session.add(contact)
    session.flush()
    conversation = Conversation(
        contact_id=contact.id, language=Language.EL, timezone=DEFAULT_TIMEZONE, state={}
    )
    session.add(conversation)
    session.flush()
    return StoredConversation(
        conversation.id, contact.id, citizen.id, Language.EL, DEFAULT_TIMEZONE, {}, None, {}
    )


def save(
    session: Session,
    conversation_id: int,
    *,
    language: str,
    timezone: str,
    state: dict[str, Any],
    forget_at: datetime | None,
) -> None:
    """Store what changed in a turn."""
    session.connection().execute(
        _KEEP,
        {
            "which": conversation_id,
            "language": language,
            "timezone": timezone,
            "state": state,
            "forget_at": forget_at,
        },
    )


def record_inbound(
    session: Session,
    found: StoredConversation,
    account: str,
    message_id: str,
    said: str | None,
    replies: list[Any],
    now: datetime,
) -> int:
    """Record an inbound message with our replies, which are repeated if it comes again."""
    number: int = (
        session.connection()
        .execute(
            _ADD_INBOUND,
            {
                "account": account,
                "message_id": message_id,
                "conversation_id": found.id,
                "said": said,
                "replies": replies,
                "received_at": now,
            },
        )
        .scalar_one()
    )
    return number


def last_numbers(session: Session, conversation_ids: Collection[int]) -> dict[int, int]:
    """Return the last row's number of each conversation that has any rows left."""
    rows = session.execute(
        select(InboundRow.conversation_id, func.max(InboundRow.id))
        .where(InboundRow.conversation_id.in_(conversation_ids))
        .where(func.json_array_length(InboundRow.replies) > 0)
        .group_by(InboundRow.conversation_id)
    )
    return {row[0]: row[1] for row in rows}


def transcript(
    session: Session, conversation_id: int, after: int = 0
) -> list[tuple[int, str | None, list[Any]]]:
    """Return the later part of a conversation's messages and replies, as far as they are stored.

    Each with its number, which grows; `after` is the last that isn't wanted.
    """
    given = {"conversation_id": conversation_id, "after": after}
    rows = session.connection().execute(_HISTORY, given).all()
    return [(number, said, replies) for number, said, replies in reversed(rows)]


def erase_messages(session: Session, citizen_id: int) -> None:
    """Erase what was said and offered in a citizen's chats. Messages still count as answered."""
    theirs = (
        select(Conversation.id)
        .join(Contact, Conversation.contact_id == Contact.id)
        .where(Contact.citizen_id == citizen_id)
    )
    session.execute(
        update(InboundRow)
        .where(InboundRow.conversation_id.in_(theirs))
        .values(said=None, replies=[])
    )
    session.execute(
        update(PromptRow).where(PromptRow.conversation_id.in_(theirs)).values(offered=[])
    )


def get_prompt(session: Session, conversation_id: int, number: int) -> tuple[str, list[Any]] | None:
    """Return the step and the buttons of a question that was asked, if it is still stored."""
    given = {"conversation_id": conversation_id, "number": number}
    row = session.connection().execute(_PROMPT, given).first()
    return (row[0], row[1]) if row else None


def add_prompt(
    session: Session,
    conversation_id: int,
    number: int,
    step: str,
    offered: list[Any],
    now: datetime,
) -> None:
    """Store what one asking offered."""
    session.connection().execute(
        _ADD_PROMPT,
        {
            "conversation_id": conversation_id,
            "number": number,
            "step": step,
            "offered": offered,
            "asked_at": now,
        },
    )
