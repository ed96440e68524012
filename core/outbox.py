"""The outbox: messages owed, written in the transaction that makes us owe them."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from random import SystemRandom

from sqlalchemy import String, cast, func, select, text, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session, aliased

from core.errors import LostRace
from core.office import Office
from core.tables import OWED, Booking, Contact, Conversation, Outgoing
from core.tally import note

PATIENCE = timedelta(minutes=2)
"""How long a message waits for earlier ones to the same recipient, unless one turn made them."""

LEASE = timedelta(seconds=60)
"""After which a claimed message is another worker's to send; longer than a sending may take."""

SENDING = timedelta(seconds=2)
"""How long it is waited for, to know whether a message arrived."""

ARRIVED = ("sent", "delivered", "seen")
"""The states of what was handed over, in their order; the later ones only where receipts come."""

LONGEST_PAUSE = timedelta(minutes=10)

CHANNEL = "rantevou_outgoing"
"""What PostgreSQL's NOTIFY says when something is due at once."""


@dataclass(frozen=True)
class Owed:
    """A message owed; the same `dedupe_key` is owed once. Its columns are the table's."""

    account: str
    kind: str
    recipient: str
    due_at: datetime
    dedupe_key: str
    contact_id: int | None = None
    booking_id: int | None = None
    inbound_id: int | None = None
    position: int | None = None
    replaces_id: int | None = None
    expires_at: datetime | None = None
    status: str = "pending"


def platform_of(account: str) -> str:
    """Every account is named by its platform, and where it has several, by what follows a colon."""
    return account.partition(":")[0]


def post(session: Session, office: Office, owed: Iterable[Owed], now: datetime) -> None:
    """Owe these messages, but those that were owed before and those to accounts we don't have."""
    rows = [
        asdict(one) | {"platform": platform_of(one.account), "try_at": one.due_at, "attempts": 0}
        for one in owed
        if one.account in office.accounts
    ]
    if not rows:
        return
    on_postgres = session.get_bind().dialect.name == "postgresql"
    statement = (postgresql.insert if on_postgres else sqlite.insert)(Outgoing)
    session.connection().execute(
        statement.on_conflict_do_nothing(index_elements=["dedupe_key"]), rows
    )
    if any(row["due_at"] <= now and row["status"] == "pending" for row in rows):
        wake(session)


def wake(session: Session) -> None:
    """Have those who deliver look at once when this is committed, in every process."""
    note(session, "posted")
    if session.get_bind().dialect.name == "postgresql":
        session.connection().execute(select(func.pg_notify(CHANNEL, "")))


def put_off(
    session: Session,
    booking_id: int,
    kind: str,
    due_at: datetime,
    expires_at: datetime,
    status: str,
) -> None:
    """Owe a booking's message of that kind at another time, even if it was sent already."""
    theirs = (Outgoing.booking_id == booking_id, Outgoing.kind == kind)
    first = session.scalar(select(func.min(Outgoing.id)).where(*theirs))
    session.execute(
        update(Outgoing)
        .where(Outgoing.id == first)
        .values(
            due_at=due_at,
            try_at=due_at,
            expires_at=expires_at,
            status=status,
            attempts=0,
            claimed_by=None,
            last_error=None,
        )
    )
    # Other ways that it went, when the first one failed, would have it come twice. Their keys are
    # needed, should it fail again.
    session.execute(
        update(Outgoing)
        .where(*theirs, Outgoing.id != first)
        .values(
            status="cancelled",
            claimed_by=None,
            dedupe_key=Outgoing.dedupe_key + " " + cast(Outgoing.id, String),
        )
    )


def call_off(session: Session, booking_id: int, kind: str) -> None:
    """Owe a booking's message of that kind no more."""
    session.execute(
        update(Outgoing)
        .where(Outgoing.booking_id == booking_id, Outgoing.kind == kind, OWED)
        .values(status="cancelled")
    )


def due(session: Session, platform: str, citizen_id: int, now: datetime) -> Sequence[Outgoing]:
    """What is due to a citizen on a platform that fetches its messages itself, oldest first."""
    # Told apart here, for SQLite might begin with all that is due to anybody.
    theirs = session.scalars(
        select(Outgoing)
        .join(Booking, Outgoing.booking_id == Booking.id)
        .where(Booking.citizen_id == citizen_id)
        .order_by(Outgoing.due_at, Outgoing.id)
    )
    return [
        row
        for row in theirs
        if (row.platform, row.status) == (platform, "pending") and row.due_at <= now
    ]


def owed_to(
    session: Session, platform: str, conversation_ids: Collection[int], now: datetime
) -> set[int]:
    """Which of these conversations such a message is due to."""
    theirs = session.execute(
        select(Conversation.id, Outgoing.platform, Outgoing.status, Outgoing.due_at)
        .join(Contact, Conversation.contact_id == Contact.id)
        .join(Booking, Booking.citizen_id == Contact.citizen_id)
        .join(Outgoing, Outgoing.booking_id == Booking.id)
        .where(Conversation.id.in_(conversation_ids))
    ).all()
    return {
        each
        for each, where, status, due_at in theirs
        if (where, status) == (platform, "pending") and due_at <= now
    }


def claim(
    session: Session, accounts: Collection[str], worker: str, now: datetime, limit: int
) -> Sequence[Outgoing]:
    """Lease what may be sent now, so that nobody else sends it meanwhile; oldest first.

    The rows of one turn go one after the other, and one that replaces another after that. Others
    wait for earlier ones to the same recipient that are due, for two minutes at most; answers only
    for earlier answers.
    """
    earlier = aliased(Outgoing, name="earlier")
    is_answer = Outgoing.inbound_id.is_not(None)
    # By their numbers, for a clock may have been set back between them.
    answers = is_answer & earlier.inbound_id.is_not(None) & (earlier.id < Outgoing.id)
    before = (earlier.due_at < Outgoing.due_at) | (
        (earlier.due_at == Outgoing.due_at) & (earlier.id < Outgoing.id)
    )
    blocked = (
        select(earlier.id)
        .where(
            earlier.recipient == Outgoing.recipient,
            text("earlier.status IN ('pending','claimed')"),  # literal, as OWED is
            answers | (~is_answer & before & (earlier.due_at <= now)),
            (earlier.inbound_id == Outgoing.inbound_id)
            | (earlier.id == Outgoing.replaces_id)
            | (Outgoing.due_at > now - PATIENCE),
        )
        .exists()
    )
    ready = (
        select(Outgoing.id)
        .where(OWED, Outgoing.try_at <= now, Outgoing.account.in_(accounts), ~blocked)
        .order_by(Outgoing.try_at, Outgoing.id)
        .limit(limit)
        .with_for_update(skip_locked=True, of=Outgoing)
        .cte()  # which runs once; a plain subquery might run, and lock, again
    )
    claimed = session.scalars(
        update(Outgoing)
        .where(Outgoing.id.in_(select(ready.c.id)))
        .values(
            status="claimed",
            claimed_by=worker,
            attempts=Outgoing.attempts + 1,
            try_at=now + LEASE,
        )
        .returning(Outgoing)
        .execution_options(synchronize_session=False)
    ).all()
    return sorted(claimed, key=lambda row: (row.due_at, row.id))


def is_due(session: Session, accounts: Collection[str], now: datetime) -> bool:
    """Whether there may be something to send; a short look, which no writer waits for."""
    waits = select(Outgoing.id).where(OWED, Outgoing.try_at <= now, Outgoing.account.in_(accounts))
    # In order, or PostgreSQL reads the whole table in the hope of meeting one soon.
    return session.scalar(waits.order_by(Outgoing.try_at).limit(1)) is not None


def leased(session: Session, row_id: int, worker: str, attempts: int) -> Outgoing | None:
    """A claimed message, to settle what became of it; None where the lease is another's by now."""
    return session.scalar(
        select(Outgoing)
        .where(
            Outgoing.id == row_id,
            Outgoing.status == "claimed",
            Outgoing.claimed_by == worker,
            Outgoing.attempts == attempts,
        )
        .with_for_update()
    )


def was_before(session: Session, inbound_id: int, in_chat: int | None, now: datetime) -> bool:
    """Whether our answer to a message was in the chat before what came in, by its number there.

    Where nothing is known of it any more, it was. Raises LostRace while it is being sent.
    """
    row = session.execute(
        select(Outgoing.status, Outgoing.attempts, Outgoing.provider_id, Outgoing.try_at)
        .where(Outgoing.inbound_id == inbound_id)
        .order_by(Outgoing.position.desc())
        .limit(1)
    ).first()
    if row is None:
        return True
    if in_chat and row.provider_id and row.provider_id.isdecimal():
        return int(row.provider_id) < in_chat
    if row.status == "claimed" and now < row.try_at - LEASE + SENDING:
        raise LostRace
    # Where it may have arrived, or not, to ask again is the lesser evil.
    return row.status in ARRIVED


def of_receipt(
    session: Session, account: str, address: str, provider_id: str, now: datetime
) -> Outgoing | None:
    """The message that the provider calls so, to be changed; None where it is none of ours.

    Raises LostRace while one is being sent there, for it may be that.
    """
    row = session.scalar(
        select(Outgoing)
        .where(Outgoing.provider_id == provider_id, Outgoing.account == account)
        .with_for_update()
    )
    if row is None:
        contact = select(Contact.id).where(Contact.account == account, Contact.address == address)
        recipient = f"contact {session.scalar(contact)}"
        claimed = select(Outgoing.id).where(
            Outgoing.recipient == recipient,
            OWED,
            Outgoing.status == "claimed",
            Outgoing.try_at > now + LEASE - SENDING,
        )
        if session.scalar(claimed.limit(1)):
            raise LostRace
    return row


def retry_at(attempts: int, now: datetime) -> datetime:
    """When to try again after so many tries: ever later, and not all at once."""
    pause = min(timedelta(seconds=2 ** min(attempts, 10)), LONGEST_PAUSE)
    return now + pause * SystemRandom().uniform(0.5, 1.5)
