"""Links: members' own accounts, linked by one-time codes, and the members found by them."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.actor import Role, Staff
from core.catalogue.registry import Registry
from core.db.models import CodePurpose, StaffContact, StaffMember
from core.messaging.outbox import platform_of
from core.staff.codes import find_code, invalid_code, take
from core.staff.members import load
from core.staff.record import record
from core.staff.rights import Action


def find_member(session: Session, registry: Registry, account: str, address: str) -> Staff | None:
    """Return the member who has linked an address at an account; None where nobody has.

    None, too, where they are disabled. At the account of one municipality, an operator acts as its
    manager: whoever has its token could write in their name, and must reach no other.
    """
    linked = _linked(session, registry, account, address)
    staff = load(session, linked.member_id, platform_of(account)) if linked else None
    owner = registry.own_accounts.get(account)
    if staff and staff.role is Role.OPERATOR and owner is not None:
        return replace(staff, role=Role.MANAGER, municipality_id=owner)
    return staff


def link(
    session: Session, registry: Registry, typed: str, now: datetime, *, account: str, address: str
) -> Staff:
    """Link an address at an account to the member of a one-time code; return the member.

    An address that another member of the same municipality has linked is linked anew. Raises
    StaffRefused (invalid), also where a member of another municipality has linked it.
    """
    code = find_code(session, registry, typed, CodePurpose.LINK, account, now)
    linked = _linked(session, registry, account, address)
    other = linked and session.get(StaffMember, linked.member_id)
    member_id = code.member_id
    member = load(session, member_id, platform_of(account)) if member_id else None
    if not member or not member_id or (other and other.municipality_id != code.municipality_id):
        raise invalid_code()
    take(session, code, now)
    if linked is None:
        linked = StaffContact(account=account, address=_hashed(registry, account, address))
        session.add(linked)
    linked.member_id, linked.linked_at = member_id, now
    home = code.municipality_id
    record(session, member, Action.LINK, now, municipality_id=home, of_member_id=member_id)
    return member


def _linked(
    session: Session, registry: Registry, account: str, address: str
) -> StaffContact | None:
    return session.scalar(
        select(StaffContact).where(
            StaffContact.account == account,
            StaffContact.address == _hashed(registry, account, address),
        )
    )


def _hashed(registry: Registry, account: str, address: str) -> str:
    """Return the keyed hash by which a member's address at an account is found."""
    return registry.keyed_hash(f"staff {account} {address}")
