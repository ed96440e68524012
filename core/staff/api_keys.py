"""API keys: made, found by what a program presents, listed, revoked.

A key acts for one member of staff, with their rights, narrowed to its scopes. It looks like
`rantevou_` and 32 random letters and digits, then six of their CRC-32 in base 62, as GitHub's: a
scanner of leaked secrets can tell a real one from a text that looks alike. Of the 190 random bits
only a keyed hash is stored.
"""

import re
import secrets
import string
import zlib
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import and_, bindparam, select, update
from sqlalchemy.orm import Session

from core.actor import KeyScope, Role, Staff
from core.catalogue.registry import STORED, Registry
from core.db.models import ApiKey, ApiRequest, StaffArea, StaffMember
from core.db.statements import run
from core.errors import StaffRefusalKind, StaffRefused
from core.i18n import TextTemplate, _
from core.staff.api_requests import DoneRequest
from core.staff.members import WHO_ACTS, as_staff, find
from core.staff.record import record
from core.staff.rights import Action, Scope, may, not_found, scope_of

PREFIX = "rantevou_"
ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase
RANDOM, CHECKSUM = 32, 6
SHOWN = len(PREFIX) + 4
"""The first characters, which are stored and listed, so that a leaked key is found again."""

PATTERN = re.compile(rf"{PREFIX}([0-9A-Za-z]{{{RANDOM}}})([0-9A-Za-z]{{{CHECKSUM}}})")
"""A key, wherever it stands in a text; whether it is one, its checksum says."""

PLATFORM = "api"
"""The platform over which whoever has a key acts."""

MAX_NAME = 100
MAX_DAYS = 731
USE_KEPT = timedelta(minutes=1)
"""The time within which the last use isn't stored again."""

ACTIONS = {KeyScope.STATISTICS: Action.STATISTICS, KeyScope.WEBHOOKS: Action.LIST_WEBHOOKS}
"""The scopes that are for one purpose only, with an action that it needs."""

Choose = Callable[[Sequence[str]], str]


@dataclass(frozen=True)
class KeyHolder:
    """The program that presented a key: whom it acts for, by name, and the key's scopes.

    Nothing of it changes but `last_used_at`.
    """

    key_id: int
    name: str
    member: str
    scopes: frozenset[KeyScope]
    expires_at: datetime
    last_used_at: datetime | None


@dataclass(frozen=True)
class KeyUse:
    """The use of a valid key in a transaction: for whom it acts, as they are then.

    `stored` is what catalogues there are (STORED); `done` is the request that was looked for,
    where it was carried out.
    """

    staff: Staff
    stored: str
    done: DoneRequest | None


@dataclass(frozen=True)
class ListedKey:
    """A key as it is listed, by its first characters; `member` is whom it acts for, by name."""

    id: int
    name: str
    prefix: str
    member_id: int
    member: str
    municipality_id: str | None
    scopes: Sequence[KeyScope]
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    is_of_disabled: bool
    last_used_at: datetime | None


def make(
    session: Session,
    registry: Registry,
    staff: Staff,
    now: datetime,
    *,
    member_id: int,
    name: str,
    scopes: Collection[KeyScope],
    days: int,
    choose: Choose = secrets.choice,
) -> tuple[int, str]:
    """Make a key that acts for a member for some days; return its id, and the key.

    The key is known to nobody afterwards. Nobody acts for an operator: a key is of one
    municipality. Raises StaffRefused: not_allowed, not_found, invalid; changed (the member is
    disabled).
    """
    member = find(session, staff, Action.ADD_KEY, member_id)
    name = " ".join(name.split())
    if not name:
        raise _invalid(_("A key needs a name that says what it is for."))
    if len(name) > MAX_NAME:
        raise _invalid(_("A key has a name of at most {count} letters.", count=MAX_NAME))
    if not scopes:
        raise _invalid(_("A key has at least one scope."))
    if beyond := [each for each in scopes if not may_use(Role(member.role), each)]:
        raise _invalid(
            _(
                "Only a manager can have a key with the scope {scopes}.",
                scopes=", ".join(beyond),
            )
        )
    if not 1 <= days <= MAX_DAYS:
        raise _invalid(_("A key is valid for 1 to {most} days.", most=MAX_DAYS))
    if member.role == Role.OPERATOR:
        raise _invalid(_("A key is for a manager or an employee, of one municipality."))
    drawn = "".join(choose(ALPHABET) for _letter in range(RANDOM))
    key = f"{PREFIX}{drawn}{checksum(drawn)}"
    row = ApiKey(
        member_id=member_id,
        name=name,
        prefix=key[:SHOWN],
        key_hash=hashed(registry, key),
        scopes=sorted(set(scopes)),
        created_at=now,
        expires_at=now + timedelta(days=days),
    )
    session.add(row)
    session.flush()
    home = member.municipality_id
    record(session, staff, Action.ADD_KEY, now, municipality_id=home, of_member_id=member_id)
    return row.id, key


def may_use(role: Role, scope: KeyScope) -> bool:
    """Return whether a member of a role may do anything for which a key needs a scope."""
    needed = ACTIONS.get(scope)
    return needed is None or may(role, needed)


def checksum(drawn: str) -> str:
    """Return the last characters of a key, which are made of the random ones."""
    number, digits = zlib.crc32(drawn.encode()), ""
    for _digit in range(CHECKSUM):
        number, rest = divmod(number, len(ALPHABET))
        digits = ALPHABET[rest] + digits
    return digits


def is_key(presented: str) -> bool:
    """Return whether a text is a key that we may have made, by its form and checksum."""
    shaped = PATTERN.fullmatch(presented)
    return shaped is not None and checksum(shaped[1]) == shaped[2]


_KEYS, _REQUESTS, _MEMBERS = ApiKey.__table__, ApiRequest.__table__, StaffMember.__table__
_IS_VALID = and_(
    _KEYS.c.key_hash == bindparam("key_hash"),
    _KEYS.c.revoked_at.is_(None),
    _KEYS.c.expires_at > bindparam("now"),
    _MEMBERS.c.disabled_at.is_(None),
)
_HOLDER = (
    select(
        *(_KEYS.c.id, _KEYS.c.name, _KEYS.c.scopes, _KEYS.c.expires_at, _KEYS.c.last_used_at),
        _MEMBERS.c.name.label("member"),
    )
    .join(_MEMBERS, _KEYS.c.member_id == _MEMBERS.c.id)
    .where(_IS_VALID)
)
_THIS = and_(_REQUESTS.c.key_id == _KEYS.c.id, _REQUESTS.c.name_hash == bindparam("request"))
_USE = (
    select(
        *(_KEYS.c.id, _KEYS.c.member_id, *WHO_ACTS, STORED.label("stored")),
        *(_REQUESTS.c.subject_id, _REQUESTS.c.at, _REQUESTS.c.request_hash),
    )
    .join(_MEMBERS, _KEYS.c.member_id == _MEMBERS.c.id)
    .outerjoin(StaffArea, StaffArea.member_id == _MEMBERS.c.id)
    .outerjoin(_REQUESTS, _THIS)
    .where(_IS_VALID)
)


def find_by_hash(session: Session, key_hash: str, now: datetime) -> KeyHolder | None:
    """Return the program that has the key of a hash; None where it was revoked or has expired.

    None, too, where there is none, or its member is disabled.
    """
    row = run(session, _HOLDER, {"key_hash": key_hash, "now": now}).one_or_none()
    if row is None:
        return None
    scopes = frozenset(map(KeyScope, row.scopes))
    return KeyHolder(row.id, row.name, row.member, scopes, row.expires_at, row.last_used_at)


def find_use(session: Session, key_hash: str, now: datetime, request: str = "") -> KeyUse | None:
    """Return for whom the key of a hash acts now; None as of `find_by_hash`.

    `request` is the `name_hash` of a request of that key: whether it was carried out is found by
    the same statement. Each request does this, and needs no name, which would be decrypted.
    """
    rows = run(session, _USE, {"key_hash": key_hash, "now": now, "request": request}).all()
    if not rows:
        return None
    row = rows[0]
    done = row.at and DoneRequest(row.subject_id, row.at, row.request_hash)
    return KeyUse(as_staff(rows, row.member_id, PLATFORM, row.id), row.stored, done)


def is_use_due(holder: KeyHolder, now: datetime) -> bool:
    """Return whether a key's use is to be stored, which it is once a minute at most."""
    return holder.last_used_at is None or holder.last_used_at <= now - USE_KEPT


def note_use(session: Session, key_id: int, now: datetime) -> None:
    """Store that a key is used now."""
    session.connection().execute(
        update(ApiKey.__table__).where(ApiKey.__table__.c.id == key_id).values(last_used_at=now)
    )


def revoke(session: Session, staff: Staff, key_id: int, now: datetime) -> None:
    """Revoke a key, which is refused from now on.

    Raises StaffRefused: not_allowed, not_found; changed, where it is revoked already.
    """
    scope = scope_of(staff, Action.REVOKE_KEY)
    row = session.get(ApiKey, key_id, with_for_update=True)
    member = session.get_one(StaffMember, row.member_id) if row else None
    is_own = member is not None and member.municipality_id == staff.municipality_id
    if row is None or member is None or (scope is not Scope.DEPLOYMENT and not is_own):
        raise not_found(_("There is no such key."))
    if row.revoked_at is not None:
        raise StaffRefused(StaffRefusalKind.CHANGED, _("This key is revoked already."))
    row.revoked_at = now
    record(
        session,
        staff,
        Action.REVOKE_KEY,
        now,
        municipality_id=member.municipality_id,
        of_member_id=member.id,
    )


def revoke_all(session: Session, now: datetime) -> int:
    """Revoke all keys that are valid, of which nothing is recorded; return how many."""
    valid = (ApiKey.revoked_at.is_(None), ApiKey.expires_at > now)
    ids = session.scalars(select(ApiKey.id).where(*valid)).all()
    session.execute(update(ApiKey).where(ApiKey.id.in_(ids)).values(revoked_at=now))
    return len(ids)


def list_keys(session: Session, staff: Staff) -> Sequence[ListedKey]:
    """Return the keys that one may see, also those revoked, by id. Raises StaffRefused."""
    query = (
        select(ApiKey, StaffMember)
        .join(StaffMember, ApiKey.member_id == StaffMember.id)
        .order_by(ApiKey.id)
    )
    if scope_of(staff, Action.LIST_STAFF) is not Scope.DEPLOYMENT:
        query = query.where(StaffMember.municipality_id == staff.municipality_id)
    return [
        ListedKey(
            key.id,
            key.name,
            key.prefix,
            member.id,
            member.name,
            member.municipality_id,
            [KeyScope(each) for each in key.scopes],
            key.created_at,
            key.expires_at,
            key.revoked_at,
            member.disabled_at is not None,
            key.last_used_at,
        )
        for key, member in session.execute(query)
    ]


def hashed(registry: Registry, key: str) -> str:
    """Return the keyed hash of a key, by which it is stored."""
    return registry.keyed_hash(f"api key {key}")


def _invalid(text: TextTemplate) -> StaffRefused:
    return StaffRefused(StaffRefusalKind.INVALID, text)
