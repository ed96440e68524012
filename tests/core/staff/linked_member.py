"""A member of staff who has linked a chat of their own."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy.orm import Session

from core.actor import Role
from core.catalogue.registry import Registry
from core.staff import codes, links, members
from tests.core.staff.two_towns import OPERATOR


def link_member(
    session: Session,
    registry: Registry,
    now: datetime,
    *,
    account: str,
    address: str,
    role: Role = Role.MANAGER,
    at: str | None,
    groups: Collection[str] = (),
    desks: Collection[str] = (),
    name: str = "Ελένη Δήμου",
) -> int:
    """Add a member, and link an address by a one-time code; return the member's id."""
    registry.refresh(session)
    areas = {"groups": groups, "desks": desks}
    member_id = members.add(
        session,
        registry,
        OPERATOR,
        now,
        name=name,
        role=role,
        municipality_id=at,
        **areas,
    )
    code = codes.make_link_code(session, registry, OPERATOR, now, member_id=member_id)
    links.link(session, registry, code, now, account=account, address=address)
    return member_id
