"""Where one is in a booking: what was answered so far, each to be changed by a tap."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from core.catalogue import Channel, Municipality, Service
from core.text import Phrase, When, _
from dialogs import flow
from dialogs.details import prefixed
from dialogs.step import Context
from dialogs.summary import CHANNELS, CLOCK, shown_value, shown_zone


@dataclass(frozen=True)
class Mark:
    """An answer of the trail. One that the citizen gave can be changed."""

    step: str
    label: Phrase
    value: Phrase
    changeable: bool


def trail(ctx: Context) -> list[Mark]:
    """The answers of the booking under way, in the order of its steps."""
    body = ctx.municipality
    if ctx.state.dialog != "book" or body is None:
        return []
    marks: list[Mark] = []
    for step in flow.running(ctx).steps(ctx):
        value = ctx.answers.get(step.name)
        said = None
        with suppress(KeyError):  # an answer that waits to be rechecked may be of another time
            said = _said(ctx, body, step.name, value) if value else None
        if said and said not in [mark.value for mark in marks]:  # a branch called as its group
            marks.append(Mark(step.name, step.label, said, step.name in ctx.state.path))
    return marks


def _said(ctx: Context, body: Municipality, step: str, value: str) -> Phrase | None:
    match step:
        case "municipality":
            return body.name
        case "group":
            return body.group(value).name
        case "service":
            return body.services[value].name
        case "branch":
            return body.branch(value).name if len(body.branches) > 1 else None
        case "channel":
            return CHANNELS[Channel(value)]
        case "day":
            return When(date.fromisoformat(value), "EEE d MMM")
        case "time":
            return When(datetime.fromisoformat(value).astimezone(_zone(ctx, body)), CLOCK)
    return _asked(body, ctx.service, step, value)


def _zone(ctx: Context, body: Municipality) -> ZoneInfo:
    return shown_zone(body, ctx.answers.get("channel", ""), ctx.zone)


def _asked(body: Municipality, service: Service | None, step: str, value: str) -> Phrase | None:
    """The answer to a question or a field of the catalogue."""
    if service is None:
        return None
    for question in service.screening:
        if step == f"screening.{question.id}":
            return next((o.label for o in question.options if o.id == value), None)
    for field in body.fields_of(service):
        if step == prefixed(field):
            return shown_value(field, value)
    return _("Given") if step == "consent" else None
