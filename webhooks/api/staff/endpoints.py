"""Webhook endpoints over /api/v1: added, changed, tried, sent events once more, removed."""

from typing import Annotated

from fastapi import APIRouter, Path
from starlette.exceptions import HTTPException

from bot.delivery.claimed import ClaimedEvent
from core.db.models import WebhookEndpoint
from core.errors import DeliveryError
from core.staff import webhook_changes, webhook_sending, webhooks
from core.staff.api_requests import DoneRequest
from core.staff.members import find_municipality
from webhooks.api.staff.caller import PREFIX, KeyCaller, StaffRoute, Work
from webhooks.api.staff.endpoint_models import (
    NewWebhook,
    Replay,
    Replayed,
    Rotation,
    Trial,
    Webhook,
    WebhookChange,
    Webhooks,
    WebhookWithSecret,
    facts,
)
from webhooks.api.staff.models import MAX_ID
from webhooks.api.staff.once import OnceOnly
from webhooks.api.staff.problems import problems
from webhooks.api.staff.reading import MunicipalityId, invalid

router = APIRouter(prefix=PREFIX, tags=["staff"], route_class=StaffRoute)

WebhookId = Annotated[int, Path(description="The id of a webhook endpoint.", ge=1, le=MAX_ID)]


@router.get(
    "/municipalities/{municipality}/webhooks", summary="List webhooks", responses=problems(404)
)
async def list_webhooks(municipality: MunicipalityId, caller: KeyCaller) -> Webhooks:
    """Return the addresses that are sent events, with how many wait for each, or failed."""

    def run(work: Work) -> Webhooks:
        found = webhooks.list_endpoints(work.session, work.staff, municipality)
        find_municipality(work.registry, municipality)
        return Webhooks(webhooks=[Webhook(**facts(each)) for each in found])

    return await caller.read(run)


@router.post(
    "/municipalities/{municipality}/webhooks",
    summary="Add a webhook",
    status_code=201,
    responses=problems(404, 409, 413),
)
async def add_webhook(
    municipality: MunicipalityId, body: NewWebhook, once: OnceOnly
) -> WebhookWithSecret:
    """Send events to an address, from now on. The secret that signs them is shown this once."""
    networks, plain_http = once.caller.application.settings.webhook_networks, False
    if networks and body.url.lower().startswith("http:"):
        # As of a trial.
        from bot.delivery.public_network import leads_into  # noqa: PLC0415 see above

        plain_http = await leads_into(networks, body.url)

    def run(work: Work) -> tuple[int, WebhookWithSecret]:
        number, _secret = webhooks.add(
            work.session,
            work.registry,
            work.staff,
            work.now,
            municipality_id=municipality,
            url=body.url,
            event_types=body.events,
            networks=networks,
            plain_http=plain_http,
        )
        return number, _with_secret(work, number)

    return await once.change(run, _without_secret, alone=True)


@router.get("/webhooks/{webhook_id}", summary="Read a webhook", responses=problems(404))
async def read_webhook(webhook_id: WebhookId, caller: KeyCaller) -> Webhook:
    """Return an address that is sent events."""
    return await caller.read(lambda work: _show(work, webhook_id))


@router.patch(
    "/webhooks/{webhook_id}", summary="Change a webhook", responses=problems(404, 409, 413)
)
async def change_webhook(webhook_id: WebhookId, body: WebhookChange, once: OnceOnly) -> Webhook:
    """Change which events an address is sent; enable it, also after it failed; disable it.

    After `enabled: false`, or a 410 of the address, later changes aren't stored and never come.
    """
    if body.events is None and body.enabled is None:
        raise invalid("enabled", "Send events, enabled, or both.", "body")

    def run(work: Work) -> tuple[int, Webhook]:
        given = (work.session, work.staff, webhook_id)
        if body.events is not None:
            webhook_changes.change_events(*given, body.events, work.now)
        if body.enabled is not None:
            switch = webhook_sending.enable if body.enabled else webhook_sending.disable
            switch(*given, work.now)
        return webhook_id, _show(work, webhook_id)

    return await once.change(
        run, lambda work, _done: _show(work, webhook_id), alone=bool(body.enabled)
    )


@router.post(
    "/webhooks/{webhook_id}/rotate",
    summary="Replace a webhook's secret",
    responses=problems(404, 409, 413),
)
async def rotate_webhook(
    webhook_id: WebhookId, body: Rotation, once: OnceOnly
) -> WebhookWithSecret:
    """Give an address a new secret, shown this once; for some hours both secrets sign."""

    def run(work: Work) -> tuple[int, WebhookWithSecret]:
        webhooks.rotate(work.session, work.staff, webhook_id, work.now, body.overlap_hours)
        return webhook_id, _with_secret(work, webhook_id)

    return await once.change(run, _without_secret)


@router.post(
    "/webhooks/{webhook_id}/test", summary="Try a webhook", responses=problems(404, 409, 413)
)
async def try_webhook(webhook_id: WebhookId, once: OnceOnly) -> Trial:
    """Send an event that tells of nothing, now, also to an address that is disabled.

    503 while several others are being tried.
    """
    # Importing it takes half a second, which `serve` needn't where nothing is tried.
    from bot.delivery.webhook_trial import prepare_trial, send_trial  # noqa: PLC0415 see above

    if once.caller.trials.locked():
        raise HTTPException(503, "Other trials are at work still.", {"Retry-After": "5"})
    application = once.caller.application

    def run(work: Work) -> tuple[int, ClaimedEvent | None]:
        return webhook_id, prepare_trial(work.session, work.staff, webhook_id, work.now)

    async with once.caller.trials:
        event = await once.change(run, lambda _work, _done: None)
        if event is None:
            return Trial(event=None, taken=None, why=None)
        networks, now = application.settings.webhook_networks, application.services.clock()
        try:
            await send_trial(event, networks, now)
        except DeliveryError as error:
            return Trial(event=event.event_id, taken=False, why=error.why)
        return Trial(event=event.event_id, taken=True, why=None)


@router.post(
    "/webhooks/{webhook_id}/replay",
    summary="Send events once more",
    status_code=202,
    responses=problems(404, 409, 413),
)
async def replay_webhook(webhook_id: WebhookId, body: Replay, once: OnceOnly) -> Replayed:
    """Send events once more, with the same ids: those that are named, or those of a time."""
    if (body.events is None) == (body.since is None):
        raise invalid("since", "Send either events or since.", "body")
    if body.until is not None and body.since is None:
        raise invalid("until", "Send it with since.", "body")

    def run(work: Work) -> tuple[int, Replayed]:
        given = (work.session, work.staff, webhook_id)
        if body.since is not None:
            count = webhook_sending.replay_since(*given, work.now, body.since, body.until)
        else:
            count = webhook_sending.replay_events(*given, body.events or (), work.now)
        return webhook_id, Replayed(count=count)

    return await once.change(run, lambda _work, _done: Replayed(count=None))


@router.delete(
    "/webhooks/{webhook_id}",
    summary="Remove a webhook",
    status_code=204,
    responses=problems(404, 409, 413),
)
async def remove_webhook(webhook_id: WebhookId, once: OnceOnly) -> None:
    """Send an address nothing any more, for good; its secret is erased."""

    def run(work: Work) -> tuple[int, None]:
        webhook_changes.remove(work.session, work.staff, webhook_id, work.now)
        return webhook_id, None

    await once.change(run, lambda _work, _done: None, alone=True)


def _show(work: Work, webhook_id: int) -> Webhook:
    return Webhook(**facts(webhooks.read(work.session, work.staff, webhook_id)))


def _with_secret(work: Work, webhook_id: int) -> WebhookWithSecret:
    """Return an endpoint with the secret that it was just given."""
    secret = work.session.get_one(WebhookEndpoint, webhook_id).secret
    return WebhookWithSecret(**_show(work, webhook_id).model_dump(), secret=secret)


def _without_secret(work: Work, done: DoneRequest) -> WebhookWithSecret:
    return WebhookWithSecret(**_show(work, done.subject_id).model_dump(), secret=None)
