"""The trial of a webhook endpoint: one event that tells of nothing, sent now."""

from collections.abc import Sequence
from contextlib import AsyncExitStack
from datetime import datetime

from sqlalchemy.orm import Session

from bot.delivery.claimed import ClaimedEvent
from bot.delivery.webhook_sender import WebhookSender
from core.actor import Staff
from core.errors import DeliveryError
from core.messaging.event_queue import EventType, account_of, new_event
from core.staff.record import record
from core.staff.rights import Action
from core.staff.webhook_addresses import Network
from core.staff.webhooks import find, signing_secrets


def prepare_trial(session: Session, staff: Staff, endpoint_id: int, now: datetime) -> ClaimedEvent:
    """Return an event for an endpoint, also one that is disabled; it isn't stored.

    Raises StaffRefused: not_allowed, not_found.
    """
    endpoint = find(session, staff, Action.SEND_WEBHOOK, endpoint_id)
    record(session, staff, Action.SEND_WEBHOOK, now, municipality_id=endpoint.municipality_id)
    data = {"municipality": endpoint.municipality_id}
    event = new_event(EventType.TEST, "", data, now)
    return ClaimedEvent(
        0,
        staff.platform,
        1,
        account_of(endpoint_id),
        event.id,
        event.payload,
        endpoint.url,
        signing_secrets(endpoint, now),
    )


async def send_trial(event: ClaimedEvent, networks: Sequence[Network], now: datetime) -> None:
    """Send it once. Raises DeliveryError."""
    sender = WebhookSender(networks)
    async with AsyncExitStack() as stack:
        try:
            await stack.enter_async_context(sender.connect())
        except OSError:  # ssl.SSLError is one
            raise DeliveryError("our own certificates can't be read") from None
        await sender.send(event, now)
