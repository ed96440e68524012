"""The answers given so far in a booking, for the page that lets them be changed."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from core.catalogue.model import Channel, Municipality, Service
from core.i18n import FormattedDate, Text, _
from dialogs.booking.details import step_name
from dialogs.booking.selection import municipality, service
from dialogs.context import Context
from dialogs.engine import navigation
from dialogs.messages.appointment import CHANNELS, CLOCK, shown_value, shown_zone


@dataclass(frozen=True)
class AnsweredStep:
    """An answer given so far; it is `changeable` if the citizen gave it."""

    step: str
    label: Text
    value: Text
    changeable: bool


def answered_steps(ctx: Context) -> list[AnsweredStep]:
    """Return the answers of the booking under way, in the order of its steps."""
    body = municipality(ctx)
    if ctx.state.dialog != "book" or body is None:
        return []
    answered: list[AnsweredStep] = []
    for step in navigation.current_dialog(ctx).steps(ctx):
        value = ctx.answers.get(step.name)
        shown = None
        with suppress(KeyError):  # an answer to be rechecked may be from an earlier catalogue
            shown = _shown_answer(ctx, body, step.name, value) if value else None
        # A branch may be named like its group: that is shown once.
        if shown and shown not in [each.value for each in answered]:
            changeable = step.name in ctx.state.answered_by_citizen
            answered.append(AnsweredStep(step.name, step.label, shown, changeable))
    return answered


def _shown_answer(ctx: Context, body: Municipality, step: str, value: str) -> Text | None:
    """Return an answer for display; None if it isn't displayed."""
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
    return _catalogue_answer(body, service(ctx), step, value)


def _zone(ctx: Context, body: Municipality) -> ZoneInfo:
    return shown_zone(body, ctx.answers.get("channel", ""), ctx.zone)


def _catalogue_answer(
    body: Municipality, service: Service | None, step: str, value: str
) -> Text | None:
    """Return the answer to one of the catalogue's questions or fields for display."""
    if service is None:
        return None
    for question in service.screening:
        if step == f"screening.{question.id}":
            return next((o.label for o in question.options if o.id == value), None)
    for field in body.fields_of(service):
        if step == step_name(field):
            return shown_value(field, value)
    return _("Given") if step == "consent" else None
