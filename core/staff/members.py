"""Members of staff: added, listed, disabled."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, bindparam, delete, select
from sqlalchemy.orm import Session

from core.actor import Role, Staff
from core.catalogue.registry import LoadedMunicipality, Registry
from core.db.models import Desk, StaffArea, StaffCode, StaffContact, StaffMember
from core.db.statements import run
from core.errors import StaffRefusalKind, StaffRefused
from core.i18n import TextTemplate, _
from core.staff.record import record
from core.staff.rights import (
    Action,
    Scope,
    check_municipality,
    no_municipality,
    not_found,
    scope_of,
)

MAX_NAME = 100


@dataclass(frozen=True)
class Member:
    """A member of staff, as they are listed; `desks` as BRANCH/DESK, `accounts` linked."""

    id: int
    name: str
    role: Role
    municipality_id: str | None
    groups: Sequence[str]
    desks: Sequence[str]
    accounts: Sequence[str]
    added_at: datetime
    disabled_at: datetime | None


WHO_ACTS: tuple[ColumnElement[Any], ...] = (
    StaffMember.__table__.c.role,
    StaffMember.__table__.c.municipality_id,
    StaffArea.__table__.c.service_group,
    StaffArea.__table__.c.desk_id,
)
"""The columns of `as_staff`: a member, with one of their areas, or with none."""

_ENABLED = (
    select(*WHO_ACTS)
    .select_from(StaffMember)
    .outerjoin(StaffArea, StaffArea.member_id == StaffMember.id)
    .where(StaffMember.id == bindparam("member_id"), StaffMember.disabled_at.is_(None))
)


def load(
    session: Session, member_id: int, platform: str, *, key_id: int | None = None
) -> Staff | None:
    """Return a member as who acts over a platform; None where they are disabled, or not there."""
    rows = run(session, _ENABLED, {"member_id": member_id}).all()
    return as_staff(rows, member_id, platform, key_id) if rows else None


def as_staff(
    rows: Sequence[Row[Any]], member_id: int, platform: str, key_id: int | None = None
) -> Staff:
    """Return a member as who acts over a platform; a row, with WHO_ACTS, for each area."""
    return Staff(
        Role(rows[0].role),
        platform,
        member_id,
        rows[0].municipality_id,
        frozenset(row.service_group for row in rows if row.service_group is not None),
        frozenset(row.desk_id for row in rows if row.desk_id is not None),
        key_id,
    )


def add(
    session: Session,
    registry: Registry,
    staff: Staff,
    now: datetime,
    *,
    name: str,
    role: Role,
    municipality_id: str | None,
    groups: Collection[str] = (),
    desks: Collection[str] = (),
) -> int:
    """Add a member; return their id. `desks` are written BRANCH/DESK.

    An operator has no municipality, everybody else one; groups and desks are an employee's.
    Raises StaffRefused: not_allowed, not_found, invalid.
    """
    check_municipality(staff, Action.ADD_MEMBER, municipality_id)
    name = " ".join(name.split())
    if not name:
        raise _invalid(_("A name is needed."))
    if len(name) > MAX_NAME:
        raise _invalid(_("A name has at most {count} letters.", count=MAX_NAME))
    if (role is Role.OPERATOR) != (municipality_id is None):
        raise _invalid(_("An operator has no municipality; everybody else has one."))
    if (role is Role.EMPLOYEE) != bool(groups or desks):
        raise _invalid(_("An employee, and nobody else, has service groups or desks."))
    areas = []
    if municipality_id is not None:
        loaded = find_municipality(registry, municipality_id)
        areas = [StaffArea(service_group=find_group(loaded, each)) for each in groups]
        areas += [StaffArea(desk_id=find_desk(loaded, each)) for each in desks]
    member = StaffMember(municipality_id=municipality_id, role=role, name=name, added_at=now)
    session.add(member)
    session.flush()
    for area in areas:
        area.member_id = member.id
    session.add_all(areas)
    record(
        session,
        staff,
        Action.ADD_MEMBER,
        now,
        municipality_id=municipality_id,
        of_member_id=member.id,
    )
    return member.id


def disable(session: Session, staff: Staff, member_id: int, now: datetime) -> None:
    """Disable a member, whose accounts are linked no more; what they did stays in the record.

    Raises StaffRefused: not_allowed, not_found, changed.
    """
    member = find(session, staff, Action.DISABLE_MEMBER, member_id)
    member.disabled_at = now
    session.execute(delete(StaffContact).where(StaffContact.member_id == member_id))
    session.execute(delete(StaffCode).where(StaffCode.member_id == member_id))
    record(
        session,
        staff,
        Action.DISABLE_MEMBER,
        now,
        municipality_id=member.municipality_id,
        of_member_id=member_id,
    )


def find(session: Session, staff: Staff, action: Action, member_id: int) -> StaffMember:
    """Return a member to whom something is to be done, locked.

    Raises StaffRefused: not_allowed, not_found, changed (they are disabled).
    """
    scope = scope_of(staff, action)
    member = session.get(StaffMember, member_id, with_for_update=True)
    is_own = member is not None and member.municipality_id == staff.municipality_id
    if member is None or (scope is not Scope.DEPLOYMENT and not is_own):
        raise not_found(_("There is no such member of staff."))
    if member.disabled_at is not None:
        raise StaffRefused(StaffRefusalKind.CHANGED, _("This member of staff is disabled."))
    return member


def list_members(session: Session, staff: Staff) -> Sequence[Member]:
    """Return the members that one may see, by id. Raises StaffRefused."""
    query = select(StaffMember).order_by(StaffMember.id)
    if scope_of(staff, Action.LIST_STAFF) is not Scope.DEPLOYMENT:
        query = query.where(StaffMember.municipality_id == staff.municipality_id)
    found = session.scalars(query).all()
    groups, desks, accounts = _details(session)
    return [
        Member(
            each.id,
            each.name,
            Role(each.role),
            each.municipality_id,
            groups.get(each.id, []),
            desks.get(each.id, []),
            accounts.get(each.id, []),
            each.added_at,
            each.disabled_at,
        )
        for each in found
    ]


_ById = Mapping[int, Sequence[str]]


def _details(session: Session) -> tuple[_ById, _ById, _ById]:
    """Return the service groups, desks and linked accounts of all members, by member."""
    areas = session.execute(
        select(StaffArea.member_id, StaffArea.service_group, Desk.branch, Desk.name)
        .outerjoin(Desk, StaffArea.desk_id == Desk.id)
        .order_by(StaffArea.id)
    )
    contacts = session.execute(
        select(StaffContact.member_id, StaffContact.account).order_by(StaffContact.id)
    )
    groups: dict[int, list[str]] = {}
    desks: dict[int, list[str]] = {}
    accounts: dict[int, list[str]] = {}
    for member_id, group, branch, desk in areas:
        if group is None:
            desks.setdefault(member_id, []).append(f"{branch}/{desk}")
        else:
            groups.setdefault(member_id, []).append(group)
    for member_id, account in contacts:
        accounts.setdefault(member_id, []).append(account)
    return groups, desks, accounts


def find_municipality(registry: Registry, municipality_id: str) -> LoadedMunicipality:
    """Return a municipality that is offered. Raises StaffRefused: not_found."""
    if municipality_id not in registry:
        raise no_municipality()
    return registry[municipality_id]


def find_group(loaded: LoadedMunicipality, group: str) -> str:
    """Return the id of a service group that is there. Raises StaffRefused: invalid."""
    known = [each.id for each in loaded.body.groups]
    if group not in known:
        raise _invalid(
            _("There is no service group {given}. There are: {known}.", **_of(group, known))
        )
    return group


def find_desk(loaded: LoadedMunicipality, desk: str) -> int:
    """Return the row id of a desk, written BRANCH/DESK. Raises StaffRefused: invalid."""
    offered = [f"{at.id}/{each.id}" for at in loaded.body.branches for each in at.desks]
    if desk not in offered:
        raise _invalid(_("There is no desk {given}. There are: {known}.", **_of(desk, offered)))
    branch, _slash, name = desk.partition("/")
    return loaded.desk_ids[branch, name]


def _of(given: str, known: Sequence[str]) -> dict[str, str]:
    return {"given": given, "known": ", ".join(known)}


def _invalid(text: TextTemplate) -> StaffRefused:
    return StaffRefused(StaffRefusalKind.INVALID, text)
