"""Where one is in a booking: what was answered so far, each to be changed by a tap."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from core.catalogue.model import Channel, Municipality, Service
from core.i18n import FormattedDate, Text, _
from dialogs.booking.details import step_name
from dialogs.engine import navigation
from dialogs.engine.steps import Context
from dialogs.messages.appointment import CHANNELS, CLOCK, shown_value, shown_zone


@dataclass(frozen=True)
class AnsweredStep:
    """An answer of the trail. One that the citizen gave can be changed."""

    step: str
    label: Text
    value: Text
    changeable: bool


def answered_steps(ctx: Context) -> list[AnsweredStep]:
    """The answers of the booking under way, in the order of its steps."""
    body = ctx.municipality
    if ctx.state.dialog != "book" or body is None:
        return []
    marks: list[AnsweredStep] = []
    for step in navigation.current_dialog(ctx).steps(ctx):
        value = ctx.answers.get(step.name)
        said = None
        with suppress(KeyError):  # an answer that waits to be rechecked may be of another time
            said = _said(ctx, body, step.name, value) if value else None
        if said and said not in [mark.value for mark in marks]:  # a branch called as its group
            marks.append(AnsweredStep(step.name, step.label, said, step.name in ctx.state.path))
    return marks


def _said(ctx: Context, body: Municipality, step: str, value: str) -> Text | None:
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
            return FormattedDate(date.fromisoformat(value), "EEE d MMM")
        case "time":
            return FormattedDate(datetime.fromisoformat(value).astimezone(_zone(ctx, body)), CLOCK)
    return _asked(body, ctx.service, step, value)


def _zone(ctx: Context, body: Municipality) -> ZoneInfo:
    return shown_zone(body, ctx.answers.get("channel", ""), ctx.zone)


def _asked(body: Municipality, service: Service | None, step: str, value: str) -> Text | None:
    """The answer to a question or a field of the catalogue."""
    if service is None:
        return None
    for question in service.screening:
        if step == f"screening.{question.id}":
            return next((o.label for o in question.options if o.id == value), None)
    for field in body.fields_of(service):
        if step == step_name(field):
            return shown_value(field, value)
    return _("Given") if step == "consent" else None
