"""Webhook endpoints: the programs of a municipality that are sent events."""

import base64
import secrets
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import and_, case, func, select
from sqlalchemy.orm import Session

from core.actor import Staff
from core.catalogue.registry import Registry
from core.catalogue.schedule_exceptions import update_digest
from core.db.models import NOT_REMOVED, DisabledBecause, OutboxRow, OutboxStatus, WebhookEndpoint
from core.errors import StaffRefusalKind, StaffRefused
from core.i18n import TextTemplate, _
from core.messaging.event_queue import PLATFORM, EventType
from core.staff.members import find_municipality
from core.staff.record import record
from core.staff.rights import Action, Scope, check_municipality, not_found, scope_of
from core.staff.webhook_addresses import Network, check_url, place

MAX_ENDPOINTS = 20
"""The most endpoints of a municipality: each change is stored once for each."""

SECRET_BYTES = 32
"""The length of a secret; the specification wants 24 to 64."""

OVERLAP_HOURS = 24
"""The time for which events are signed with a former secret, too."""

MAX_OVERLAP_HOURS = 24 * 30

DISABLED = "the endpoint is disabled"
"""Why events to an endpoint fail that was disabled."""


@dataclass(frozen=True)
class Endpoint:
    """An endpoint as it is listed: how many events wait for it, and how many failed.

    `last_error` is why one of these wasn't taken when it was last tried; `next_try` the first time
    at which one of those that wait is tried again.
    """

    id: int
    municipality_id: str
    url: str
    event_types: Sequence[EventType]
    created_at: datetime
    disabled_at: datetime | None
    disabled_because: DisabledBecause | None
    waiting: int
    failed: int
    last_error: str | None
    next_try: datetime | None


def add(
    session: Session,
    registry: Registry,
    staff: Staff,
    now: datetime,
    *,
    municipality_id: str,
    url: str,
    event_types: Collection[EventType] = (),
    networks: Collection[Network] = (),
    plain_http: bool = False,
) -> tuple[int, str]:
    """Add an endpoint, for all events or for those of some types; return its id and its secret.

    `networks` and `plain_http` are those of check_url. The transaction has LOAD_LOCK for itself.
    Raises StaffRefused: not_allowed, not_found, invalid; exists (the address has an endpoint).
    """
    check_municipality(staff, Action.ADD_WEBHOOK, municipality_id)
    find_municipality(registry, municipality_id)
    check_url(url, networks, plain_http=plain_http)
    check_types(event_types)
    there = session.execute(
        select(WebhookEndpoint.id, WebhookEndpoint.url).where(
            WebhookEndpoint.municipality_id == municipality_id, NOT_REMOVED
        )
    ).all()
    for each in there:
        if place(each.url) == place(url):
            raise StaffRefused(
                StaffRefusalKind.EXISTS,
                _(
                    "Endpoint {number} has this address already, and each event would come twice. "
                    "Please change or enable that one.",
                    number=each.id,
                ),
            )
    if len(there) >= MAX_ENDPOINTS:
        raise _invalid(
            _("There are {count} endpoints already, which is the most.", count=MAX_ENDPOINTS)
        )
    endpoint = WebhookEndpoint(
        municipality_id=municipality_id,
        url=url,
        event_types=sorted(set(event_types)),
        secret=new_secret(),
        created_at=now,
    )
    session.add(endpoint)
    session.flush()
    update_digest(session, municipality_id)
    record(session, staff, Action.ADD_WEBHOOK, now, municipality_id=municipality_id)
    return endpoint.id, endpoint.secret


def check_types(event_types: Collection[EventType]) -> None:
    """Raise StaffRefused (invalid) unless an endpoint can have events of those types sent."""
    if EventType.TEST in event_types:
        raise _invalid(_("That event is only sent by a test."))


def new_secret() -> str:
    """Return a new secret, in the form of Standard Webhooks."""
    return f"whsec_{base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()}"


def list_endpoints(
    session: Session, staff: Staff, municipality_id: str | None = None
) -> Sequence[Endpoint]:
    """Return the endpoints that one may see, or those of a municipality. Raises StaffRefused."""
    if scope_of(staff, Action.LIST_WEBHOOKS) is not Scope.DEPLOYMENT:
        municipality_id = municipality_id or staff.municipality_id
    query = select(WebhookEndpoint).where(NOT_REMOVED).order_by(WebhookEndpoint.id)
    if municipality_id is not None:
        check_municipality(staff, Action.LIST_WEBHOOKS, municipality_id)
        query = query.where(WebhookEndpoint.municipality_id == municipality_id)
    return _counted(session, session.scalars(query).all())


def read(session: Session, staff: Staff, endpoint_id: int) -> Endpoint:
    """Return an endpoint. Raises StaffRefused: not_allowed, not_found."""
    scope = scope_of(staff, Action.LIST_WEBHOOKS)
    return _counted(
        session, [_check_there(session.get(WebhookEndpoint, endpoint_id), staff, scope)]
    )[0]


def _counted(session: Session, endpoints: Sequence[WebhookEndpoint]) -> Sequence[Endpoint]:
    """Return endpoints as they are listed."""
    waiting, failed = Counter[int](), Counter[int]()
    errors, tries = dict[int, str](), dict[int, datetime]()
    unsent = (OutboxStatus.PENDING, OutboxStatus.CLAIMED, OutboxStatus.FAILED)
    # What was never tried may wait for an earlier event, with a time that is past.
    tried = and_(OutboxRow.status == OutboxStatus.PENDING, OutboxRow.attempts > 0)
    for endpoint_id, status, number, error, at in session.execute(
        select(
            OutboxRow.endpoint_id,
            OutboxRow.status,
            func.count(),
            func.max(func.nullif(OutboxRow.last_error, DISABLED)),
            func.min(case((tried, OutboxRow.try_at))),
        )
        .where(
            OutboxRow.platform == PLATFORM,
            OutboxRow.status.in_(unsent),
            OutboxRow.endpoint_id.in_([each.id for each in endpoints]),
        )
        .group_by(OutboxRow.endpoint_id, OutboxRow.status)
    ):
        (failed if status == OutboxStatus.FAILED else waiting)[endpoint_id or 0] += number
        if error is not None:
            errors[endpoint_id or 0] = error
        if at is not None:
            tries[endpoint_id or 0] = at
    return [
        Endpoint(
            each.id,
            each.municipality_id,
            each.url,
            [EventType(name) for name in each.event_types],
            each.created_at,
            each.disabled_at,
            DisabledBecause(each.disabled_because) if each.disabled_because else None,
            waiting[each.id],
            failed[each.id],
            errors.get(each.id),
            tries.get(each.id),
        )
        for each in endpoints
    ]


def rotate(
    session: Session,
    staff: Staff,
    endpoint_id: int,
    now: datetime,
    overlap_hours: int = OVERLAP_HOURS,
) -> str:
    """Give an endpoint a new secret; return it. The former one signs, too, for some hours.

    Raises StaffRefused: not_allowed, not_found, invalid.
    """
    endpoint = find(session, staff, Action.CHANGE_WEBHOOK, endpoint_id)
    if not 0 <= overlap_hours <= MAX_OVERLAP_HOURS:
        raise _invalid(
            _("A former secret is valid for 0 to {most} more hours.", most=MAX_OVERLAP_HOURS)
        )
    endpoint.former_secret = endpoint.secret if overlap_hours else None
    endpoint.former_until = now + timedelta(hours=overlap_hours) if overlap_hours else None
    endpoint.secret = new_secret()
    record(session, staff, Action.CHANGE_WEBHOOK, now, municipality_id=endpoint.municipality_id)
    return endpoint.secret


def signing_secrets(endpoint: WebhookEndpoint, now: datetime) -> list[str]:
    """Return the secrets that sign what an endpoint is sent now."""
    former = endpoint.former_secret
    still = former and endpoint.former_until is not None and now < endpoint.former_until
    return [endpoint.secret, former] if former and still else [endpoint.secret]


def find(session: Session, staff: Staff, action: Action, endpoint_id: int) -> WebhookEndpoint:
    """Return an endpoint with which something is to be done, locked.

    Raises StaffRefused: not_allowed, not_found.
    """
    scope = scope_of(staff, action)
    found = session.get(WebhookEndpoint, endpoint_id, with_for_update=True)
    return _check_there(found, staff, scope)


def _check_there(endpoint: WebhookEndpoint | None, staff: Staff, scope: Scope) -> WebhookEndpoint:
    """Return an endpoint that was looked for. Raises StaffRefused (not_found) if it isn't there."""
    is_there = endpoint is not None and endpoint.disabled_because != DisabledBecause.REMOVED
    is_own = endpoint is not None and endpoint.municipality_id == staff.municipality_id
    if endpoint is None or not is_there or not (is_own or scope is Scope.DEPLOYMENT):
        raise not_found(_("There is no such endpoint."))
    return endpoint


def _invalid(text: TextTemplate) -> StaffRefused:
    return StaffRefused(StaffRefusalKind.INVALID, text)
