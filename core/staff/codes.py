"""One-time codes: they bind a chat to a municipality, group or desk, or link a member's account.

A code is valid for an hour, because whoever makes it may have to say it on the telephone. Of its
twelve digits, a million guesses in that hour find one with a chance of one in a million.
"""

import secrets
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from core.actor import Staff
from core.catalogue.registry import Registry
from core.db.models import CodePurpose, StaffCode
from core.errors import StaffRefusalKind, StaffRefused
from core.i18n import _
from core.staff.members import find, find_desk, find_group, find_municipality
from core.staff.record import record
from core.staff.rights import Action, check_municipality

LIFETIME = timedelta(hours=1)
DIGITS = "0123456789"
LENGTH = 12
Choose = Callable[[Sequence[str]], str]


def make_room_code(
    session: Session,
    registry: Registry,
    staff: Staff,
    now: datetime,
    *,
    municipality_id: str,
    group: str | None = None,
    desk: str | None = None,
    choose: Choose = secrets.choice,
) -> str:
    """Return a code that binds a chat to a municipality, or to a group or desk of it.

    `desk` is written BRANCH/DESK. Raises StaffRefused: not_allowed, not_found, invalid.
    """
    check_municipality(staff, Action.ROOM_CODE, municipality_id)
    if group is not None and desk is not None:
        raise StaffRefused(
            StaffRefusalKind.INVALID, _("A room is for a service group or for a desk, not both.")
        )
    loaded = find_municipality(registry, municipality_id)
    made = StaffCode(
        purpose=CodePurpose.ROOM,
        municipality_id=municipality_id,
        service_group=group and find_group(loaded, group),
        desk_id=desk and find_desk(loaded, desk),
    )
    record(session, staff, Action.ROOM_CODE, now, municipality_id=municipality_id)
    return _store(session, registry, made, now, choose)


def make_link_code(
    session: Session,
    registry: Registry,
    staff: Staff,
    now: datetime,
    *,
    member_id: int,
    choose: Choose = secrets.choice,
) -> str:
    """Return a code that links a member's own account.

    Raises StaffRefused: not_allowed, not_found, changed (they are disabled).
    """
    member = find(session, staff, Action.LINK_CODE, member_id)
    home = member.municipality_id
    made = StaffCode(purpose=CodePurpose.LINK, municipality_id=home, member_id=member_id)
    record(session, staff, Action.LINK_CODE, now, municipality_id=home, of_member_id=member_id)
    return _store(session, registry, made, now, choose)


def format_code(code: str) -> str:
    """Return a code as it is shown, in groups of four digits."""
    return " ".join(code[at : at + 4] for at in range(0, LENGTH, 4))


def find_code(
    session: Session,
    registry: Registry,
    typed: str,
    purpose: CodePurpose,
    account: str,
    now: datetime,
) -> StaffCode:
    """Return a code that is valid at an account; `take` it then, in the same transaction.

    An account of one municipality takes no other's codes, but an operator's. Raises StaffRefused
    (invalid), which doesn't tell whether there is or was such a code.
    """
    code = session.scalar(
        select(StaffCode).where(
            StaffCode.code == _hashed(registry, typed),
            StaffCode.purpose == purpose,
            StaffCode.used_at.is_(None),
            StaffCode.expires_at > now,
        )
    )
    owner = registry.own_accounts.get(account)
    if code is None or (owner and code.municipality_id not in (None, owner)):
        raise invalid_code()
    return code


def take(session: Session, code: StaffCode, now: datetime) -> None:
    """Use a code up. Raises StaffRefused (invalid) where another has used it meanwhile."""
    taken = session.connection().execute(
        update(StaffCode.__table__)
        .where(StaffCode.__table__.c.id == code.id, StaffCode.__table__.c.used_at.is_(None))
        .values(used_at=now)
    )
    if taken.rowcount != 1:
        raise invalid_code()


def spoil(session: Session, registry: Registry, typed: str, now: datetime) -> None:
    """Use up a code to link that others than its member could read, if it is one."""
    session.execute(
        update(StaffCode)
        .where(
            StaffCode.code == _hashed(registry, typed),
            StaffCode.purpose == CodePurpose.LINK,
            StaffCode.used_at.is_(None),
        )
        .values(used_at=now)
    )


def invalid_code() -> StaffRefused:
    """Return the refusal of a code, which is the same whatever is wrong with it."""
    return StaffRefused(
        StaffRefusalKind.INVALID,
        _(
            "This code isn't valid here. A code is used once, within an hour, and only for its own "
            "municipality. Please ask for a new one."
        ),
    )


def forget_codes(session: Session, now: datetime) -> None:
    """Delete the codes that aren't valid any more."""
    session.execute(delete(StaffCode).where(StaffCode.expires_at <= now))


def _store(
    session: Session, registry: Registry, made: StaffCode, now: datetime, choose: Choose
) -> str:
    """Store a code's hash; return the code."""
    code = "".join(choose(DIGITS) for _digit in range(LENGTH))
    made.code, made.expires_at = _hashed(registry, code), now + LIFETIME
    session.add(made)
    session.flush()
    return code


def _hashed(registry: Registry, typed: str) -> str:
    return registry.keyed_hash(f"staff code {''.join(sign for sign in typed if sign in DIGITS)}")
