"""The bodies of /api/v1 about webhook endpoints."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, StringConstraints, WithJsonSchema

from core.db.models import DisabledBecause
from core.messaging.event_queue import EventType
from core.staff.webhook_addresses import MAX_URL
from core.staff.webhooks import MAX_OVERLAP_HOURS, OVERLAP_HOURS, Endpoint
from webhooks.api.staff.models import Model, Moment, Name, example

MAX_EVENTS = 100
"""The most events that are named in a request."""

EVENTS = [each for each in EventType if each is not EventType.TEST]
"""Those that an endpoint can have sent."""


def _check_event(name: object) -> object:
    if name not in EVENTS:
        raise ValueError(f"Send one of {', '.join(EVENTS)}.")
    return name


Event = Annotated[
    EventType,
    BeforeValidator(_check_event),
    WithJsonSchema({"type": "string", "enum": [each.value for each in EVENTS]}),
]
Events = Annotated[list[Event], Field(max_length=len(EVENTS))]
REPEATED = "null where the same request was sent before"

ENDPOINT: dict[str, Any] = {
    "id": 1,
    "municipality": "kalamata",
    "url": "https://example.gr/hook",
    "events": ["booking.confirmed", "booking.cancelled"],
    "created_at": "2026-11-30T07:00:00Z",
    "enabled": True,
    "disabled_at": None,
    "disabled_because": None,
    "waiting": 2,
    "failed": 0,
    "last_error": "HTTP 500",
    "next_try": "2026-12-03T09:05:12Z",
}


class Webhook(Model):
    """An address that is sent events."""

    model_config = example(**ENDPOINT)

    id: int
    municipality: str
    url: str
    events: list[Event] = Field(description="Those that it is sent; all, if none is named.")
    created_at: datetime
    enabled: bool
    disabled_at: datetime | None
    disabled_because: DisabledBecause | None = Field(
        description="`by_hand`; `gone`: it asked for no more; `failed`: it took none for days. "
        "Only after `failed` are events stored still, and sent when it is enabled."
    )
    waiting: int = Field(description="The events that wait for it.")
    failed: int = Field(description="Those that it wasn't sent; enabling sends them.")
    last_error: str | None = Field(
        description="Why one of these wasn't taken when it was last tried, such as `HTTP 500`."
    )
    next_try: datetime | None = Field(
        description="When the first of those that were tried is tried again, in UTC; "
        "until then, later events of its booking wait."
    )


class WebhookWithSecret(Webhook):
    """An address, and the new secret that signs what it is sent."""

    model_config = example(**ENDPOINT, secret=None)

    secret: str | None = Field(description=f"Shown this once; {REPEATED}: then rotate it.")


class Webhooks(Model):
    """The addresses of a municipality."""

    model_config = example(webhooks=[ENDPOINT])

    webhooks: list[Webhook]


class NewWebhook(Model):
    """An address that is to be sent events."""

    model_config = example(
        url="https://example.gr/hook", events=["booking.confirmed", "booking.cancelled"]
    )

    url: Annotated[str, StringConstraints(max_length=MAX_URL)] = Field(
        description="By https, without a name, a password or a fragment in it."
    )
    events: Events = Field(default=[], description="All, if none is named.")


class WebhookChange(Model):
    """The changes to an address; what isn't named stays."""

    model_config = example(events=["booking.moved"], enabled=True)

    events: Events | None = Field(default=None, description="In place of those before; [] is all.")
    enabled: bool | None = Field(
        default=None,
        description="True sends what waits and failed, in order; false sends no more: "
        "what happens meanwhile isn't stored, never sent, and can't be replayed.",
    )


class Rotation(Model):
    """The time for which the former secret signs, too."""

    model_config = example(overlap_hours=48)

    overlap_hours: int = Field(default=OVERLAP_HOURS, ge=0, le=MAX_OVERLAP_HOURS)


class Trial(Model):
    """The outcome of a trial."""

    model_config = example(event="evt_5f0c1d", taken=False, why="HTTP 500")

    event: str | None = Field(description=f"The id of what was sent; {REPEATED}: nothing is sent.")
    taken: bool | None = Field(description=f"The answer was 2xx; {REPEATED}.")
    why: str | None = Field(description="The reason why it wasn't taken.")


class Replay(Model):
    """The events that are sent once more: those named, or those of a time."""

    model_config = example(since="2026-12-03T08:00:00+02:00", until="2026-12-03T12:00:00+02:00")

    events: Annotated[list[Name], Field(min_length=1, max_length=MAX_EVENTS)] | None = Field(
        default=None, description="Their ids, such as evt_1f0c…."
    )
    since: Moment | None = Field(default=None, description="The events from this time on.")
    until: Moment | None = Field(default=None, description="Before this time; now, if not given.")


class Replayed(Model):
    """The number of events that are sent once more."""

    model_config = example(count=12)

    count: int | None = Field(description=f"{REPEATED.capitalize()}.")


def facts(endpoint: Endpoint) -> dict[str, Any]:
    """Return what is shown of an endpoint."""
    return {
        "id": endpoint.id,
        "municipality": endpoint.municipality_id,
        "url": endpoint.url,
        "events": endpoint.event_types,
        "created_at": endpoint.created_at,
        "enabled": endpoint.disabled_at is None,
        "disabled_at": endpoint.disabled_at,
        "disabled_because": endpoint.disabled_because,
        "waiting": endpoint.waiting,
        "failed": endpoint.failed,
        "last_error": endpoint.last_error,
        "next_try": endpoint.next_try,
    }
