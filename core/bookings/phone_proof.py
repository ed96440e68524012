"""Proof of a telephone number: six digits by text message, written in the chat that asked for it.

The digits are stored nowhere: they are derived, as the tokens of links are. docs/limits.md says
what each limit is for.
"""

import hmac
from datetime import datetime, timedelta
from enum import StrEnum, auto

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from core.actor import Actor
from core.bookings.lookup import count_proof
from core.catalogue.registry import Registry
from core.db.models import Contact, PhoneProof
from core.messaging.keys import Cause, MessageKind
from core.messaging.outbox import OutboxMessage, enqueue
from core.messaging.recipients import ProofRecipient
from core.messaging.routes import sends_texts, text_account
from core.messaging.text_budget import spend_proof

LASTS = timedelta(minutes=10)
"""The time in which the digits can be written."""

TRIES = 3
"""The wrong digits after which a proof ends."""

DIGITS = 6


class Asked(StrEnum):
    """The outcome of a request for a proof."""

    SENT = auto()
    KNOWN = auto()
    """The chat has proven that number."""
    NOT_TEXTED = auto()
    """No text goes to such a number: it is no mobile one, or of another country."""
    USED_UP = auto()
    """The municipality's proofs of the day are used up."""


class Written(StrEnum):
    """The outcome of digits that were written."""

    RIGHT = auto()
    WRONG = auto()
    SPENT = auto()
    """The last try was spent."""
    OVER = auto()


class CitizenProof:
    """The proof that the number of the citizen who chats is theirs, for one turn."""

    def __init__(self, session: Session, registry: Registry, now: datetime, actor: Actor) -> None:
        self._session, self._registry, self._now, self._actor = session, registry, now, actor

    def is_possible(self, municipality_id: str) -> bool:
        """Return whether this chat has proven no number, and a municipality sends texts."""
        has_none = bool(self._actor.contact_id) and self._actor.proven_phone is None
        return has_none and sends_texts(self._registry, municipality_id)

    def ask(self, municipality_id: str, phone: str) -> Asked:
        """Send digits to a number (+30…), which a municipality pays for, in place of earlier ones.

        Raises BookingRefused (locked) where the chat, its address or the number had too many.
        """
        session, registry, now = self._session, self._registry, self._now
        if self._actor.proven_phone == registry.keyed_hash(phone):
            return Asked.KNOWN
        account = text_account(registry, municipality_id, phone)
        if account is None:
            return Asked.NOT_TEXTED
        count_proof(session, registry, phone, self._actor, now)
        if not spend_proof(session, registry, municipality_id, now):
            return Asked.USED_UP
        self.end()
        proof = PhoneProof(
            contact_id=self._actor.contact_id, municipality_id=municipality_id, asked_at=now
        )
        proof.phone = phone
        session.add(proof)
        session.flush()
        recipient = ProofRecipient(proof.id)
        message = OutboxMessage(
            account,
            MessageKind.PHONE_PROOF,
            str(recipient),
            now,
            Cause.proof(proof.id, now).dedupe_key(recipient),
            expires_at=now + LASTS,
        )
        enqueue(session, registry.accounts, [message], now)
        return Asked.SENT

    def is_waiting(self) -> bool:
        """Return whether digits can be written in this chat."""
        proof = self._of_chat()
        return proof is not None and self._now < proof.asked_at + LASTS

    def write(self, digits: str) -> Written:
        """Store that the number is theirs, if these digits were sent to it; count wrong ones."""
        proof = self._of_chat(lock=True)
        if proof is None or self._now >= proof.asked_at + LASTS:
            self.end()
            return Written.OVER
        if hmac.compare_digest(digits_of(self._registry, proof), digits):
            contact = self._session.get_one(Contact, proof.contact_id)
            contact.proven_phone = self._registry.keyed_hash(proof.phone)
            self.end()
            return Written.RIGHT
        proof.tries += 1
        if proof.tries < TRIES:
            return Written.WRONG
        self.end()
        return Written.SPENT

    def end(self) -> None:
        """End this chat's proof, if one waits."""
        self._session.execute(
            delete(PhoneProof).where(PhoneProof.contact_id == self._actor.contact_id)
        )

    def _of_chat(self, *, lock: bool = False) -> PhoneProof | None:
        found = select(PhoneProof).where(PhoneProof.contact_id == self._actor.contact_id)
        if lock:
            found = found.with_for_update().execution_options(populate_existing=True)
        return self._session.scalar(found)


def digits_of(registry: Registry, proof: PhoneProof) -> str:
    """Return the digits that prove a number."""
    derived = int(registry.keyed_hash(f"proof {proof.public_id.hex()}"), 16)
    return f"{derived % 10**DIGITS:0{DIGITS}}"


def waiting_proof(session: Session, cause: Cause, now: datetime) -> PhoneProof | None:
    """Return the proof whose text a message is; None where it has ended, or another has its id."""
    number, asked_at = cause.as_proof()
    proof = session.get(PhoneProof, number)
    if proof is None or int(proof.asked_at.timestamp()) != asked_at:
        return None
    return proof if now < proof.asked_at + LASTS else None


def forget_proofs(session: Session, now: datetime) -> None:
    """Delete the proofs that are over, with their numbers."""
    session.execute(delete(PhoneProof).where(PhoneProof.asked_at <= now - LASTS))
