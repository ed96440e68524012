"""Stored conversations: their state, prompts and inbound messages.

Every turn runs these. So the statements are built once and run on the connection: through the
session, they would take twice the time of the whole turn.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, bindparam, func, insert, select, update
from sqlalchemy.orm import Session

from core.db.models import (
    Citizen,
    Contact,
    Conversation,
    InboundRow,
    PreferencesRow,
    PromptRow,
    RelayThread,
    address_key,
)
from core.db.personal import Personal, new_public_id
from core.errors import RetryTransaction
from core.i18n import Language
from core.messaging.preferences import note_none

DEFAULT_TIMEZONE = "Europe/Athens"

MAX_TRANSCRIPT = 200
"""The most messages of a conversation that a transcript has."""

_OF_ADDRESS = and_(
    Contact.account == bindparam("account"), Contact.address_hash == bindparam("address_key")
)
_ANY_PROMPT = PromptRow.__table__.alias("any_prompt")
_LAST_PROMPT = (
    select(func.max(_ANY_PROMPT.c.number))
    .where(_ANY_PROMPT.c.conversation_id == Conversation.id)
    .scalar_subquery()
)
_IS_LAST_PROMPT = and_(
    PromptRow.conversation_id == Conversation.id, PromptRow.number == _LAST_PROMPT
)
_IS_OPEN_THREAD = and_(RelayThread.contact_id == Contact.id, RelayThread.closed_at.is_(None))
_FIND = (
    select(
        Conversation.id,
        Conversation.public_id,
        Contact.id,
        Contact.citizen_id,
        Citizen.public_id,
        Conversation.language,
        Conversation.timezone,
        Conversation.state,
        InboundRow.id,
        InboundRow.replies,
        Citizen.details,
        PromptRow.number,
        PromptRow.step,
        PromptRow.offered,
        Contact.proven_phone,
        RelayThread.id,
        PromptRow.asked_at,
        PreferencesRow.citizen_id,
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
    .outerjoin(PromptRow.__table__, _IS_LAST_PROMPT)
    .outerjoin(RelayThread.__table__, _IS_OPEN_THREAD)
    .outerjoin(PreferencesRow.__table__, PreferencesRow.citizen_id == Contact.citizen_id)
    .where(
        _OF_ADDRESS,
        # Of the row that is locked: PostgreSQL looks again when another transaction has ended it.
        Conversation.ended_at.is_(None),
    )
)
# The citizen's row too, for the citizen's bookings are counted; and the contact's, for it may just
# have become another citizen's, by being joined with another chat.
_FIND_LOCKED = _FIND.with_for_update(
    nowait=True,
    key_share=True,
    of=(Conversation.__table__, Citizen.__table__, Contact.__table__),
)
_BY_ADDRESS = (
    select(Conversation.id).join(Contact, Conversation.contact_id == Contact.id).where(_OF_ADDRESS)
)
_NOT_ENDED = _BY_ADDRESS.where(Conversation.ended_at.is_(None))
_ENDED = _BY_ADDRESS.where(Conversation.ended_at.is_not(None))
_GET_PROMPT = select(PromptRow.step, PromptRow.offered).where(
    PromptRow.conversation_id == bindparam("conversation_id"),
    PromptRow.number == bindparam("number"),
)
_TRANSCRIPT = (
    select(InboundRow.id, InboundRow.said, InboundRow.replies)
    .where(
        InboundRow.conversation_id == bindparam("conversation_id"),
        InboundRow.id > bindparam("after"),
    )
    .order_by(InboundRow.id.desc())
    .limit(MAX_TRANSCRIPT)
)
_PROVE = (
    update(Contact.__table__)
    .where(Contact.__table__.c.id == bindparam("contact_id"))
    .values(proven_phone=bindparam("phone_hash"))
)
_SAVE = (
    update(Conversation.__table__)
    .where(Conversation.__table__.c.id == bindparam("which"))
    .values({name: bindparam(name) for name in ("language", "timezone", "state", "forget_at")})
)
_ADD_PROMPT = insert(PromptRow.__table__)
_ADD_INBOUND = insert(InboundRow.__table__).returning(InboundRow.__table__.c.id)


@dataclass(frozen=True)
class StoredConversation:
    """A conversation as it is stored, with what else a turn needs.

    `inbound_id` is the id of this turn's message where it was answered before, and `replies` are
    the replies to it; None where there were none, or none any more. `known_details` are
    those that the citizen gave at earlier bookings. `prompt_number`, `prompt_step`,
    `prompt_offered` and `prompt_asked_at` are the last prompt's. `proven_phone` is the keyed hash
    of the number that the contact has proven to be its own. `thread_id` is the contact's open
    thread with an office.
    """

    id: int
    public_id: bytes
    contact_id: int
    citizen_id: int
    citizen_public_id: bytes
    language: str
    timezone: str
    state: dict[str, Any]
    inbound_id: int | None
    replies: list[Any] | None
    known_details: dict[str, str]
    prompt_number: int | None = None
    prompt_step: str | None = None
    prompt_offered: list[Any] | None = None
    proven_phone: str | None = None
    thread_id: int | None = None
    prompt_asked_at: datetime | None = None


def find(
    session: Session, account: str, address: str, message_id: str = "", *, lock: bool = False
) -> StoredConversation | None:
    """Return the conversation of an address; None where there is none, or it was ended.

    `message_id` is the platform's id of this turn's message. `lock` locks the conversation until
    the transaction ends, which is needed to change it. While another transaction has locked it,
    the database raises an error, after which this one is retried. Raises RetryTransaction.
    """
    given = _of(account, address) | {"message_id": message_id}
    row = session.connection().execute(_FIND_LOCKED if lock else _FIND, given).first()
    if row is None:
        if lock and exists(session, account, address):
            raise RetryTransaction  # its contact has become another citizen's meanwhile
        return None
    *stored, has_preferences = row
    found = StoredConversation(*stored)
    if has_preferences is None:
        note_none(session, found.citizen_id)
    return found


def exists(session: Session, account: str, address: str) -> bool:
    """Return whether there is a conversation of an address, which hasn't been ended."""
    return session.connection().execute(_NOT_ENDED, _of(account, address)).first() is not None


def _of(account: str, address: str) -> dict[str, str]:
    """Return the parameters of _OF_ADDRESS."""
    return {"account": account, "address_key": address_key(account, address)}


NOT_STORED = StoredConversation(
    0, b"", 0, 0, b"", Language.EL, DEFAULT_TIMEZONE, {}, None, None, {}
)
"""A conversation that nobody has begun; no row has its ids."""


def create(session: Session, account: str, address: str, now: datetime) -> StoredConversation:
    """Create a conversation, with its contact and citizen."""
    citizen = Citizen(details={}, created_at=now)
    session.add(citizen)
    session.flush()
    contact = Contact(account=account, address=address, citizen_id=citizen.id)
    contact.created_at = now
    session.add(contact)
    session.flush()
    conversation = Conversation(
        contact_id=contact.id, language=Language.EL, timezone=DEFAULT_TIMEZONE, state={}
    )
    session.add(conversation)
    session.flush()
    return replace(
        NOT_STORED,
        id=conversation.id,
        public_id=conversation.public_id,
        contact_id=contact.id,
        citizen_id=citizen.id,
        citizen_public_id=citizen.public_id,
    )


def prove_phone(session: Session, found: StoredConversation, phone_hash: str) -> StoredConversation:
    """Store that a conversation's contact has proven to have a phone number; return it with that.

    However it was proven: by the platform today.
    """
    session.execute(_PROVE, {"contact_id": found.contact_id, "phone_hash": phone_hash})
    return replace(found, proven_phone=phone_hash)


def save(
    session: Session,
    conversation: StoredConversation,
    *,
    language: str,
    timezone: str,
    state: dict[str, Any],
    forget_at: datetime | None,
) -> None:
    """Store a conversation after a turn; `forget_at` is when the state is to be erased."""
    session.connection().execute(
        _SAVE,
        {
            "which": conversation.id,
            "language": language,
            "timezone": timezone,
            "state": Personal(conversation.public_id, state),
            "forget_at": forget_at,
        },
    )


def record_inbound(
    session: Session,
    conversation: StoredConversation,
    account: str,
    message_id: str,
    text: str | None,
    replies: list[Any],
    now: datetime,
) -> int:
    """Store an inbound message with the replies to it; return its id.

    `text` is what was written, or the label of the button that was tapped.
    """
    public_id = new_public_id()
    inbound_id: int = (
        session.connection()
        .execute(
            _ADD_INBOUND,
            {
                "public_id": public_id,
                "account": account,
                "message_id": message_id,
                "conversation_id": conversation.id,
                "said": Personal(public_id, text),
                "replies": Personal(public_id, replies or None),
                "received_at": now,
            },
        )
        .scalar_one()
    )
    return inbound_id


def last_inbound_ids(session: Session, conversation_ids: Collection[int]) -> dict[int, int]:
    """Return the id of the last message that has replies, by conversation."""
    rows = session.execute(
        select(InboundRow.conversation_id, func.max(InboundRow.id))
        .where(InboundRow.conversation_id.in_(conversation_ids))
        .where(InboundRow.replies.is_not(None))
        .group_by(InboundRow.conversation_id)
    )
    return {row[0]: row[1] for row in rows}


def last_replies(session: Session, conversation_id: int) -> list[Any]:
    """Return the replies to the last message that has a question among them."""
    return next(
        (
            replies
            for _id, _text, replies in reversed(transcript(session, conversation_id))
            if replies and replies[-1].get("step")
        ),
        [],
    )


def transcript(
    session: Session, conversation_id: int, after: int = 0, since: datetime | None = None
) -> list[tuple[int, str | None, list[Any]]]:
    """Return the messages of a conversation after the one with the id `after`, the oldest first.

    With `since`, only those that came then or later.

    Each is its id, its text (None where erased) and the replies to it. Where there are more than
    MAX_TRANSCRIPT, only the last are returned.
    """
    given = {"conversation_id": conversation_id, "after": after}
    query = _TRANSCRIPT if since is None else _TRANSCRIPT.where(InboundRow.received_at >= since)
    rows = session.connection().execute(query, given).all()
    return [(inbound_id, text, replies or []) for inbound_id, text, replies in reversed(rows)]


def contacts_of(citizen_id: int) -> Select[int]:
    """Return the query of a citizen's contacts' ids."""
    return select(Contact.id).where(Contact.citizen_id == citizen_id)


def erase_messages(session: Session, contacts: Collection[int] | Select[int]) -> None:
    """Erase the texts, replies and choices in the conversations of contacts.

    The rows stay, so that a message which comes again is not answered anew.
    """
    conversation_ids = select(Conversation.id).where(Conversation.contact_id.in_(contacts))
    session.execute(
        update(InboundRow)
        .where(InboundRow.conversation_id.in_(conversation_ids))
        .values({InboundRow.said: None, InboundRow.replies: None})
    )
    session.execute(
        update(PromptRow)
        .where(PromptRow.conversation_id.in_(conversation_ids))
        .values({PromptRow.offered: None})
    )


def end(session: Session, conversation_id: int, now: datetime) -> None:
    """End a conversation: its address leads to nothing any more."""
    session.execute(
        update(Conversation)
        .where(Conversation.id == conversation_id, Conversation.ended_at.is_(None))
        .values(ended_at=now)
    )


def has_ended(session: Session, account: str, address: str) -> bool:
    """Return whether that address had a conversation that was ended."""
    return session.scalar(_ENDED, _of(account, address)) is not None


def ended_among(session: Session, conversation_ids: Collection[int]) -> set[int]:
    """Return the ids of those conversations that were ended."""
    return set(
        session.scalars(
            select(Conversation.id).where(
                Conversation.id.in_(conversation_ids), Conversation.ended_at.is_not(None)
            )
        )
    )


def get_prompt(session: Session, conversation_id: int, number: int) -> tuple[str, list[Any]] | None:
    """Return the step and the choices of a prompt; None where it is no longer stored."""
    given = {"conversation_id": conversation_id, "number": number}
    row = session.connection().execute(_GET_PROMPT, given).first()
    return (row[0], row[1] or []) if row else None


def add_prompt(
    session: Session,
    conversation_id: int,
    number: int,
    step: str,
    offered: list[Any],
    now: datetime,
) -> None:
    """Store a prompt; `number` counts the conversation's prompts, `offered` are its choices."""
    public_id = new_public_id()
    session.connection().execute(
        _ADD_PROMPT,
        {
            "public_id": public_id,
            "conversation_id": conversation_id,
            "number": number,
            "step": step,
            "offered": Personal(public_id, offered),
            "asked_at": now,
        },
    )
