"""The replacement of a lost secret: what was hashed with it is hashed anew, or forgotten."""

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from sqlalchemy import bindparam, delete, func, insert, or_, select, update
from sqlalchemy.orm import Session

from bot.context import Services
from bot.delivery.addresses import stopped_hash
from bot.i18n.translator import Translator
from bot.platforms import webchat
from bot.views.notification import is_news
from core.bookings.lookup import forget_hashed_attempts
from core.bookings.lost_codes import email_hash
from core.bookings.reminder_links import forget_unknown_addresses, hash_addresses_anew
from core.catalogue.registry import Registry
from core.db.models import (
    Booking,
    BookingState,
    CodeRequest,
    Confirmation,
    Contact,
    Conversation,
    JoinRequest,
    OutboxRow,
    OutboxStatus,
    PhoneProof,
    StaffCode,
    StaffContact,
    Suppression,
)
from core.messaging.addresses import address_hash
from core.messaging.outbox import SENT_STATUSES
from core.messaging.routes import SMS, account_for
from core.progress import Report, silent
from core.staff import alerts
from core.staff.api_keys import revoke_all

BATCH = 1000
"""The most bookings that are in memory at once."""


@dataclass(frozen=True)
class Replaced:
    """Counts of what was changed; `suppressed` by account, of chats and of numbers without one."""

    bookings: int
    web_chats: int
    proven_numbers: int
    staff_accounts: int
    api_keys: int
    suppressed: dict[str, int]


def hash_anew(
    session: Session,
    registry: Registry,
    now: datetime,
    report: Report = silent,
    *,
    two_way: Collection[str] = (),
) -> Replaced:
    """Hash with the registry's key what was hashed with a lost one; forget what can't be.

    Counts by network address and by the telephone number asked for begin anew. Of web chats, the
    address is such a hash, of a token that only the browser has: they end. On a number that is
    `two_way`, whoever may have written STOP has to take that back.
    """
    session.execute(delete(Confirmation))
    session.execute(delete(CodeRequest))
    session.execute(delete(JoinRequest))
    session.execute(delete(PhoneProof))
    held = update(Booking).where(Booking.state == BookingState.HELD)  # no other's are counted
    session.execute(held.values(network=None))
    forget_hashed_attempts(session)
    proven = Contact.proven_phone.is_not(None)
    numbers = session.scalar(select(func.count()).where(proven)) or 0
    session.execute(update(Contact).where(proven).values(proven_phone=None))
    forget_unknown_addresses(session)
    hashed = _hash_details(session, registry, report)
    hash_addresses_anew(session)
    return Replaced(
        hashed,
        _end_web_chats(session, registry, now),
        numbers,
        _unlink_staff(session),
        revoke_all(session, now),
        _suppress(session, registry, now, two_way),
    )


def _hash_details(session: Session, registry: Registry, report: Report) -> int:
    """Hash each booking's telephone number and e-mail address anew; return how many have one."""
    has_hash = or_(Booking.phone_hash.is_not(None), Booking.email_hash.is_not(None))
    hashed = select(func.count()).where(has_hash)
    total, tried = session.scalar(hashed) or 0, 0
    bookings, done, last = Booking.__table__, 0, 0
    hash_it = update(bookings).where(bookings.c.id == bindparam("which"))
    hash_it = hash_it.values(phone_hash=bindparam("hashed"), email_hash=bindparam("hashed_email"))
    some = select(Booking.id, Booking.details).where(has_hash)
    some = some.order_by(Booking.id).limit(BATCH)
    while rows := session.execute(some.where(Booking.id > last)).all():
        hashes = [
            {
                "which": which,
                "hashed": phone and registry.keyed_hash(phone),
                "hashed_email": email_hash(registry, details.get("email")),
            }
            for which, details in rows
            for phone in [details.get("phone")]
        ]
        session.connection().execute(hash_it, hashes)
        tried += len(rows)
        report("Hashing telephone numbers and e-mail addresses", tried, total)
        done, last = done + sum(1 for each in hashes if each["hashed"]), rows[-1].id
    return done


def _unlink_staff(session: Session) -> int:
    """Unlink the accounts of staff, which are such hashes; return how many. Their codes end."""
    session.execute(delete(StaffCode))
    linked = session.scalar(select(func.count()).select_from(StaffContact)) or 0
    session.execute(delete(StaffContact))
    return linked


def _end_web_chats(session: Session, registry: Registry, now: datetime) -> int:
    """End the web chats, and send what waits for them another way; return how many."""
    contacts = select(Contact.id).where(Contact.account == webchat.ACCOUNT)
    ours = (Conversation.contact_id.in_(contacts), Conversation.ended_at.is_(None))
    ended = session.scalar(select(func.count()).select_from(Conversation).where(*ours)) or 0
    session.execute(update(Conversation).where(*ours).values(ended_at=now))
    waiting = session.scalars(
        select(Booking.citizen_id)
        .join(OutboxRow, OutboxRow.booking_id == Booking.id)
        .where(OutboxRow.contact_id.in_(contacts), OutboxRow.status == OutboxStatus.PENDING)
        .distinct()
    ).all()
    services = Services(registry, Translator(), lambda: now, secrets.choice)
    for citizen_id in waiting:
        news = partial(is_news, session, services)
        alerts.redirect_or_call(session, registry, citizen_id, now, news)
    return ended


def _suppress(
    session: Session, registry: Registry, now: datetime, two_way: Collection[str]
) -> dict[str, int]:
    """Suppress anew whoever may have been; return how many addresses, by account.

    Whom the former hashes name can't be known, so an account that had some sends only replies to
    all its contacts, and a two-way number also to the numbers of its bookings. Those are excepted
    to whom something was sent that was due after the last of them was made: nothing but a reply is
    sent to a suppressed address, and a reply that arrives ends that, except by text message.
    """
    newest = session.execute(
        select(Suppression.account, func.max(Suppression.at)).group_by(Suppression.account)
    ).all()
    session.execute(delete(Suppression))
    counts = {}
    for account, last in newest:
        reached = select(OutboxRow.contact_id).where(
            OutboxRow.account == account,
            OutboxRow.contact_id.is_not(None),
            OutboxRow.status.in_(SENT_STATUSES),
            OutboxRow.due_at > last,
        )
        addresses = set(
            session.scalars(
                select(Contact.address).where(
                    Contact.account == account, Contact.id.not_in(reached)
                )
            )
        )
        hashes = [address_hash]
        if account in two_way:
            addresses |= _numbers(session, registry, account, last)
            hashes.append(stopped_hash)
        rows = [
            {"account": account, "address": hashed(registry, account, address), "at": now}
            for address in addresses
            for hashed in hashes
        ]
        if rows:
            session.execute(insert(Suppression), rows)
            counts[account] = len(addresses)
    return counts


def _numbers(session: Session, registry: Registry, account: str, last: datetime) -> set[str]:
    """Return the numbers of bookings that an account texts, except those texted after `last`."""
    texted = select(OutboxRow.booking_id).where(
        OutboxRow.account == account,
        OutboxRow.contact_id.is_(None),
        OutboxRow.booking_id.is_not(None),
        OutboxRow.status.in_(SENT_STATUSES),
        OutboxRow.due_at > last,
    )
    reached = set(session.scalars(texted))
    query = select(Booking.id, Booking.municipality_id, Booking.details)
    found = session.execute(
        query.where(Booking.phone_hash.is_not(None)).execution_options(yield_per=BATCH)
    )
    numbers, texted_since = set[str](), set[str]()
    for number, municipality_id, details in found:
        phone = details.get("phone")
        if phone and account_for(registry, SMS, municipality_id) == account:
            (texted_since if number in reached else numbers).add(phone)
    return numbers - texted_since
