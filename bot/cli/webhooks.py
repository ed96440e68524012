"""The commands `rantevou webhook`: the programs that are sent the changes of bookings."""

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.office import office_command
from bot.cli.table import echo_table
from core.actor import OPERATOR
from core.errors import ConfigurationError

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from core.messaging.event_queue import EventType
    from core.staff.webhooks import Endpoint

webhook = typer.Typer(
    help="The programs of the town hall that are sent each change of an appointment.",
    epilog="Example: rantevou webhook list",
    no_args_is_help=True,
)

FORMATS = ["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%SZ"]
HEADINGS = (
    *("id", "municipality", "address", "events", "waiting", "failed", "status"),
    *("last error", "next try (UTC)"),
)

Url = Annotated[str, typer.Argument(help="Where events are sent, such as https://example.gr/hook.")]
Municipality = Annotated[
    str | None, typer.Option(help="Its id; not needed where only one is loaded.")
]
Events = Annotated[
    list[str] | None,
    typer.Option("--event", help="Only events of this type; may be repeated. All, if not given."),
]
EndpointId = Annotated[
    int, typer.Argument(metavar="ENDPOINT", min=1, max=2**63 - 1, help="As `list` shows them.")
]
Overlap = Annotated[int, typer.Option(min=0, help="Hours in which the former secret signs, too.")]
EventIds = Annotated[
    list[str] | None, typer.Argument(metavar="[EVENT]...", help="Their ids, such as evt_1f0c….")
]
Since = Annotated[
    datetime | None, typer.Option(formats=FORMATS, help="The events from this time on (UTC).")
]
Until = Annotated[
    datetime | None,
    typer.Option(formats=FORMATS, help="Before this time (UTC); now, if not given."),
]


@webhook.command(
    epilog="Example: rantevou webhook add https://example.gr/hook --municipality my-town"
)
def add(url: Url, municipality: Municipality = None, event: Events = None) -> None:
    """Send events to an address; print the secret that signs them, which isn't shown again."""
    from core.staff import webhooks

    with office_command() as command:
        networks, plain_http = command.application.settings.webhook_networks, False
        if networks and url.lower().startswith("http:"):
            from bot.delivery.public_network import leads_into

            plain_http = asyncio.run(leads_into(networks, url))
        number, secret = command.run(
            lambda session, now: webhooks.add(
                session,
                command.registry,
                OPERATOR,
                now,
                municipality_id=command.municipality(municipality),
                url=url,
                event_types=_types(event or ()),
                networks=networks,
                plain_http=plain_http,
            ),
            alone=True,
        )
    typer.echo(f"Added: {number}. Its secret: {secret}\nTo try it: rantevou webhook test {number}")


def _types(names: "list[str] | tuple[str, ...]") -> "list[EventType]":
    """Return the types of these names. Raises ConfigurationError."""
    from core.messaging.event_queue import EventType

    known = [each.value for each in EventType if each is not EventType.TEST]
    if unknown := [name for name in names if name not in known]:
        raise ConfigurationError(f"--event {unknown[0]}: must be one of {', '.join(known)}")
    return [EventType(name) for name in names]


@webhook.command("list", epilog="Example: rantevou webhook list")
def list_endpoints(municipality: Municipality = None) -> None:
    """List the addresses, with the events that wait and that failed, why, and the next try."""
    from core.staff import webhooks

    with office_command() as command:
        home = command.municipality(municipality) if municipality else None
        found = command.run(lambda session, _now: webhooks.list_endpoints(session, OPERATOR, home))
    rows = [
        (
            str(each.id),
            each.municipality_id,
            each.url,
            ", ".join(each.event_types) or "all",
            str(each.waiting),
            str(each.failed),
            _status(each),
            each.last_error or "-",
            f"{each.next_try:%Y-%m-%dT%H:%M}" if each.next_try else "-",
        )
        for each in found
    ]
    echo_table(HEADINGS, rows, "There is no endpoint.")


def _status(endpoint: "Endpoint") -> str:
    if endpoint.disabled_at is None:
        return "active"
    because = str(endpoint.disabled_because).replace("_", " ")
    return f"disabled {endpoint.disabled_at:%Y-%m-%d}: {because}"


@webhook.command(epilog="Example: rantevou webhook test 1")
def test(endpoint: EndpointId) -> None:
    """Send an event that tells of nothing, now; say whether it was taken."""
    from bot.delivery.webhook_trial import prepare_trial, send_trial
    from core.errors import DeliveryError

    with office_command() as command:
        application = command.application
        event = command.run(lambda session, now: prepare_trial(session, OPERATOR, endpoint, now))
        sending = send_trial(
            event, application.settings.webhook_networks, application.services.clock()
        )
        try:
            asyncio.run(sending)
        except DeliveryError as error:
            raise ConfigurationError(f"Not taken: {error.why}") from None
    typer.echo(f"Taken: {event.event_id}")


@webhook.command(epilog="Example: rantevou webhook rotate 1 --overlap 48")
def rotate(endpoint: EndpointId, overlap: Overlap = 24) -> None:
    """Give an address a new secret; print it. For some hours, events are signed with both."""
    from core.staff import webhooks

    with office_command() as command:
        secret = command.run(
            lambda session, now: webhooks.rotate(session, OPERATOR, endpoint, now, overlap)
        )
    typer.echo(f"The new secret: {secret}")


@webhook.command(epilog="Example: rantevou webhook change 1 --event booking.moved")
def change(endpoint: EndpointId, event: Events = None) -> None:
    """Send an address other events from now on: those that are named, or all."""
    from core.staff import webhook_changes

    with office_command() as command:
        command.run(
            lambda session, now: webhook_changes.change_events(
                session, OPERATOR, endpoint, _types(event or ()), now
            )
        )
    typer.echo(f"Changed: {endpoint}. Events: {', '.join(event or ()) or 'all'}")


@webhook.command(epilog="Example: rantevou webhook remove 1")
def remove(endpoint: EndpointId) -> None:
    """Remove an address for good, with its secret; what waits for it isn't sent."""
    from core.staff import webhook_changes

    with office_command() as command:
        command.run(
            lambda session, now: webhook_changes.remove(session, OPERATOR, endpoint, now),
            alone=True,
        )
    typer.echo(f"Removed: {endpoint}")


@webhook.command(epilog="Example: rantevou webhook disable 1")
def disable(endpoint: EndpointId) -> None:
    """Send an address nothing any more; what waits for it is sent when it is enabled.

    What happens meanwhile isn't stored: it is never sent, and can't be replayed.
    """
    from core.staff import webhook_sending

    with office_command() as command:
        command.run(lambda session, now: webhook_sending.disable(session, OPERATOR, endpoint, now))
    typer.echo(
        f"Disabled: {endpoint}. What happens until it is enabled isn't stored and is never sent; "
        "only of one that was disabled for its failures is it kept."
    )


@webhook.command(epilog="Example: rantevou webhook enable 1")
def enable(endpoint: EndpointId) -> None:
    """Send an address events again, first those that wait or failed, in order.

    What happened while it was disabled by hand, or by its answer 410, wasn't stored.
    """
    from core.staff import webhook_sending

    with office_command() as command:
        count = command.run(
            lambda session, now: webhook_sending.enable(session, OPERATOR, endpoint, now),
            alone=True,
        )
    waiting = f"Waiting events: {count}. They are sent now, in order."
    typer.echo(f"Enabled: {endpoint}. {waiting if count else 'No event waits.'}")


@webhook.command(epilog="Example: rantevou webhook replay 1 --since 2026-12-03T08:00")
def replay(
    endpoint: EndpointId, events: EventIds = None, since: Since = None, until: Until = None
) -> None:
    """Send events once more, with the same ids: those that are named, or those of some time."""
    from core.staff import webhook_sending

    if bool(events) == bool(since) or (until and not since):
        raise typer.BadParameter("either the events' ids, or --since, with --until if need be")
    with office_command() as command:

        def send(session: "Session", now: datetime) -> int:
            if since is not None:
                start, end = since.replace(tzinfo=UTC), until and until.replace(tzinfo=UTC)
                return webhook_sending.replay_since(session, OPERATOR, endpoint, now, start, end)
            return webhook_sending.replay_events(session, OPERATOR, endpoint, events or (), now)

        count = command.run(send)
    typer.echo(f"Sent once more: {count}")
