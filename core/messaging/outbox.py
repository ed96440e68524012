"""The outbox: messages to be delivered, stored in the transaction that causes them."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from random import SystemRandom

from sqlalchemy import (
    Integer,
    Select,
    bindparam,
    case,
    func,
    select,
    text,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session, aliased
from sqlalchemy.sql.dml import ReturningUpdate

from core.db.events import record_event
from core.db.models import SENDABLE, UNSENT, OutboxRow, OutboxStatus
from core.messaging.recipients import Recipient

MAX_WAIT_FOR_EARLIER = timedelta(minutes=2)
"""The time that a message waits for earlier ones to its recipient.

For those of its turn or of its conversation with the office it waits until they are given up.
"""

LEASE = timedelta(seconds=60)
"""The time in which no other worker may claim a message; longer than a send may take."""

MOST_SENDS = 5
"""The most times that a message is sent whose worker dies each time."""

DIED = "a process died while sending it"
"""The error of a message whose last try ended so."""

UNSENT_STATUSES = (OutboxStatus.PENDING, OutboxStatus.CLAIMED)

SENT_STATUSES = (OutboxStatus.SENT, OutboxStatus.DELIVERED, OutboxStatus.SEEN)
"""The statuses of a sent message, in the order in which receipts report them."""

MAX_RETRY_DELAY = timedelta(minutes=10)

NOTIFY_CHANNEL = "rantevou_outgoing"
"""The channel of PostgreSQL's NOTIFY for messages that are due at once."""


@dataclass(frozen=True)
class OutboxMessage:
    """A message to enqueue, as columns of its row. Each `dedupe_key` is enqueued only once."""

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
    room_id: int | None = None
    change_id: int | None = None
    relay_message_id: int | None = None
    thread_id: int | None = None
    provider_id: str | None = None
    expires_at: datetime | None = None
    status: OutboxStatus = OutboxStatus.PENDING


def platform_of(account: str) -> str:
    """Return the platform of an account, which is its name up to a colon, if there is one."""
    return account.partition(":")[0]


_INSERT = {
    name: dialect.insert(OutboxRow).on_conflict_do_nothing(index_elements=["dedupe_key"])
    for name, dialect in (("sqlite", sqlite), ("postgresql", postgresql))
}
ANEW = {"populate_existing": True}
_NOTIFY = select(func.pg_notify(NOTIFY_CHANNEL, ""))


def enqueue(
    session: Session, accounts: Collection[str], messages: Iterable[OutboxMessage], now: datetime
) -> None:
    """Enqueue those messages whose account is among `accounts`, except known dedupe keys."""
    rows = [
        vars(message)
        | {"platform": platform_of(message.account), "try_at": message.due_at, "attempts": 0}
        for message in messages
        if message.account in accounts
    ]
    if not rows:
        return
    session.connection().execute(_INSERT[session.get_bind().dialect.name], rows)
    if any(row["due_at"] <= now and row["status"] == OutboxStatus.PENDING for row in rows):
        notify_workers(session)


def notify_workers(session: Session) -> None:
    """Wake the delivery workers of all processes once this transaction is committed."""
    record_event(session, "posted")
    if session.get_bind().dialect.name == "postgresql":
        session.connection().execute(_NOTIFY)


def fail_unsent(session: Session, recipient: Recipient, why: str) -> None:
    """Mark a recipient's unsent messages failed.

    One that another transaction is claiming or settling is left to that: it may wait for what this
    one has locked, and so must not be waited for.
    """
    unsent = select(OutboxRow).where(OutboxRow.recipient == str(recipient), UNSENT)
    for row in session.scalars(unsent.with_for_update(skip_locked=True)):
        row.status, row.last_error, row.claimed_by = OutboxStatus.FAILED, why, None
        record_event(session, "delivery", row.platform, row.status)


def claim(
    session: Session,
    accounts: Collection[str],
    worker: str,
    now: datetime,
    limit: int,
    sending: Collection[int] = (),
) -> Sequence[OutboxRow]:
    """Claim up to `limit` rows that may be sent now, for LEASE; return them, the oldest first.

    `sending` are those that the worker is sending or settling still: their lease may run out while
    the database doesn't answer.

    A row waits until those before it are sent: the replies of its turn, the row that it replaces,
    those before it of a conversation between citizen and office, and, for MAX_WAIT_FOR_EARLIER,
    earlier due rows to its recipient. Replies wait only for replies.
    One that may have arrived is waited for by the replies of its turn only, unless it is being
    sent.

    A claimed row whose lease has run out may have arrived, for its worker died. After MOST_SENDS it
    is returned as FAILED, which ends it: else one whose sending kills the process would be sent for
    ever. Not sooner: a worker may have died before it sent anything.
    """
    given = {
        "present": now,
        "since": now - MAX_WAIT_FOR_EARLIER,
        "lease_end": now + LEASE,
        "among": list(accounts),
        "worker": worker,
        "at_most": limit,
        "sending": list(sending),
    }
    claimed = session.scalars(_claim(), given, execution_options=ANEW).all()
    return sorted(claimed, key=lambda row: (row.due_at, row.id))


@cache
def _claim() -> ReturningUpdate[OutboxRow]:
    """Return the statement of `claim`, built once: building it takes longer than running it."""
    now = bindparam("present", type_=OutboxRow.due_at.type)
    earlier = aliased(OutboxRow, name="earlier")
    is_reply = OutboxRow.inbound_id.is_not(None)
    # By id, for the clock may have been set back between them.
    earlier_reply = is_reply & earlier.inbound_id.is_not(None) & (earlier.id < OutboxRow.id)
    before = (earlier.due_at < OutboxRow.due_at) | (
        (earlier.due_at == OutboxRow.due_at) & (earlier.id < OutboxRow.id)
    )
    blocked = (
        select(earlier.id)
        .where(
            earlier.recipient == OutboxRow.recipient,
            text("earlier.status IN ('pending','claimed')"),  # literal, as UNSENT is
            earlier_reply | (~is_reply & before & (earlier.due_at <= now)),
            (earlier.inbound_id == OutboxRow.inbound_id)
            | (
                (~earlier.may_have_arrived | (earlier.status == OutboxStatus.CLAIMED))
                & ((earlier.id == OutboxRow.replaces_id) | (OutboxRow.due_at > bindparam("since")))
            ),
        )
        .exists()
    )
    # Asked first: thousands may have waited long in a room, and each would look at all others.
    waits_for_none = (
        ~is_reply & OutboxRow.replaces_id.is_(None) & (OutboxRow.due_at <= bindparam("since"))
    )
    in_thread = aliased(OutboxRow, name="in_thread")
    waits_for_thread = (
        select(in_thread.id)
        .where(
            in_thread.thread_id == OutboxRow.thread_id,
            in_thread.recipient == OutboxRow.recipient,
            text("in_thread.status IN ('pending','claimed')"),
            (in_thread.due_at < OutboxRow.due_at)
            | ((in_thread.due_at == OutboxRow.due_at) & (in_thread.id < OutboxRow.id)),
            ~in_thread.may_have_arrived | (in_thread.status == OutboxStatus.CLAIMED),
        )
        .exists()
    )
    ready = (
        select(OutboxRow.id)
        .where(
            SENDABLE,
            OutboxRow.try_at <= now,
            OutboxRow.account.in_(bindparam("among", expanding=True)),
            NOT_BEING_SENT,
            waits_for_none | ~blocked,
            OutboxRow.thread_id.is_(None) | ~waits_for_thread,
        )
        .order_by(OutboxRow.try_at, OutboxRow.id)
        .limit(bindparam("at_most", type_=Integer))
        .with_for_update(skip_locked=True, of=OutboxRow)
    )
    died = OutboxRow.status == OutboxStatus.CLAIMED
    died_before = func.coalesce(OutboxRow.last_error, "") == DIED
    return claiming(ready).values(
        status=case(
            (
                died & died_before & (OutboxRow.attempts >= MOST_SENDS),
                OutboxStatus.FAILED,
            ),
            else_=OutboxStatus.CLAIMED,
        ),
        # The send over which the worker died, and this one: failures before don't count.
        attempts=case((died & ~died_before, 2), else_=OutboxRow.attempts + 1),
        may_have_arrived=OutboxRow.may_have_arrived | died,
        last_error=case((died, DIED), else_=OutboxRow.last_error),
    )


NOT_BEING_SENT = func.coalesce(OutboxRow.gathered_by, OutboxRow.id).not_in(
    bindparam("sending", expanding=True)
)
"""Of a row that isn't being sent, by itself or in another's message, by the worker that claims."""


def claiming(ready: Select[int]) -> ReturningUpdate[OutboxRow]:
    """Return the statement that claims the rows whose ids are selected, for a worker.

    Its parameters are `worker` and `lease_end`.
    """
    ids = ready.cte()  # which runs once; a plain subquery might run, and lock, again
    return (
        update(OutboxRow)
        .where(OutboxRow.id.in_(select(ids.c.id)))
        .values(
            status=OutboxStatus.CLAIMED,
            claimed_by=bindparam("worker"),
            attempts=OutboxRow.attempts + 1,
            try_at=bindparam("lease_end"),
        )
        .returning(OutboxRow)
        .execution_options(synchronize_session=False)
    )


def is_due(session: Session, accounts: Collection[str], now: datetime) -> bool:
    """Return whether a message may be due: a quick check, which blocks no writer."""
    due = select(OutboxRow.id).where(
        SENDABLE, OutboxRow.try_at <= now, OutboxRow.account.in_(accounts)
    )
    # Ordered, or PostgreSQL scans the whole table, expecting to find one soon.
    return session.scalar(due.order_by(OutboxRow.try_at).limit(1)) is not None


_CLAIMED = (
    select(OutboxRow)
    .where(
        OutboxRow.id == bindparam("row_id"),
        OutboxRow.status == OutboxStatus.CLAIMED,
        OutboxRow.claimed_by == bindparam("worker"),
        OutboxRow.attempts == bindparam("attempts"),
    )
    .with_for_update()
)


_ALL_CLAIMED = (
    select(OutboxRow)
    .where(
        OutboxRow.id.in_(bindparam("ids", expanding=True)),
        OutboxRow.status == OutboxStatus.CLAIMED,
        OutboxRow.claimed_by == bindparam("worker"),
    )
    .order_by(OutboxRow.id)
    .with_for_update()
)


def get_all_claimed(
    session: Session, worker: str, attempts: Mapping[int, int]
) -> Sequence[OutboxRow]:
    """Return the claimed rows of these ids, locked, which no other worker has claimed since."""
    rows = session.scalars(_ALL_CLAIMED, {"ids": list(attempts), "worker": worker})
    return [row for row in rows if row.attempts == attempts[row.id]]


def get_claimed(session: Session, row_id: int, worker: str, attempts: int) -> OutboxRow | None:
    """Return a claimed row, locked; None where another worker has claimed it since."""
    given = {"row_id": row_id, "worker": worker, "attempts": attempts}
    return session.scalar(_CLAIMED, given)


def retry_at(attempts: int, now: datetime) -> datetime:
    """Return when to try again: after exponentially growing delays, with jitter."""
    delay = min(timedelta(seconds=2 ** min(attempts, 10)), MAX_RETRY_DELAY)
    return now + delay * SystemRandom().uniform(0.5, 1.5)
