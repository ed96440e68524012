"""The dialog that changes the attendee's details of a booking."""

from collections.abc import Iterator, Mapping
from functools import partial

from core.catalogue.model import FormField, Municipality
from core.db.models import Booking
from core.i18n import _
from dialogs.booking.details import STEP_PREFIX, condition_holds, detail_step
from dialogs.context import Context, Dialog, Step, refusable
from dialogs.engine import navigation
from dialogs.engine.prompts import Choice, Prompt
from dialogs.managing.find import find_steps, leave_ended, picked_booking
from dialogs.messages.appointment import (
    appointment_facts,
    attendee_facts,
    booking_message,
    sent_by_email,
)


def _applicable_fields(ctx: Context, changes: Mapping[str, str]) -> dict[str, FormField]:
    """Return the picked booking's fields whose conditions hold after the changes, by id."""
    booking = picked_booking(ctx)
    return applicable_fields(ctx.office.of_booking(booking).body, booking, changes)


def applicable_fields(
    body: Municipality, booking: Booking, changes: Mapping[str, str]
) -> dict[str, FormField]:
    """Return a booking's fields whose conditions hold after the changes, by id."""
    details = {**booking.details, **changes}
    answers = {f"{STEP_PREFIX}{name}": value for name, value in details.items()}
    answers["channel"] = booking.channel
    fields = body.fields_of(body.services[booking.service])
    known = {"channel", *(field.id for field in fields)}

    def applies(field: FormField) -> bool:
        # Screening answers aren't stored: a field that was asked because of them still applies.
        when = {name: wanted for name, wanted in field.when.items() if name in known}
        still_known = when == field.when or field.id in booking.details
        return condition_holds(answers, when) and still_known

    return {field.id: field for field in fields if applies(field)}


def _changes(ctx: Context) -> dict[str, str]:
    """Return the new values answered so far, by field."""
    return {
        k.removeprefix(STEP_PREFIX): v for k, v in ctx.answers.items() if k.startswith(STEP_PREFIX)
    }


def _form_of(ctx: Context) -> tuple[Municipality, str]:
    booking = picked_booking(ctx)
    return ctx.office.of_booking(booking).body, booking.channel


def _ask_field(ctx: Context) -> Prompt:
    return Prompt(
        _("What would you like to change?"),
        [Choice(field.id, field.label) for field in _applicable_fields(ctx, {}).values()],
        expected=_("Please pick one of the answers below."),
    )


def _fields_to_ask(ctx: Context, changes: Mapping[str, str]) -> list[FormField]:
    """Return the field picked, and those that its change makes necessary, such as a passport."""
    before, after = _applicable_fields(ctx, {}), _applicable_fields(ctx, changes)
    picked = ctx.answers["field"]
    return [field for name, field in after.items() if name == picked or name not in before]


@refusable
def _edit_booking(field: FormField, ctx: Context, value: str) -> None:
    """Change the booking when the last field to ask has been answered."""
    changes = _changes(ctx) | {field.id: value}
    if any(other.id not in changes for other in _fields_to_ask(ctx, changes)):
        return
    booking, applicable = picked_booking(ctx), _applicable_fields(ctx, changes)
    dropped = {name: "" for name in booking.details if name not in applicable}
    navigation.end_dialog(ctx)
    navigation.forget_answers(ctx)
    ctx.office.edit(booking, changes | dropped)
    changed = [field for name, field in applicable.items() if name in changes]
    details = [
        *attendee_facts(changed, booking.details),
        *appointment_facts(ctx.office.of_booking(booking), booking, ctx.zone),
    ]
    if ctx.office.sends_email(booking.municipality_id):
        details += sent_by_email(booking)
    ctx.say(booking_message(booking, _("I've changed it."), details))


def _steps(ctx: Context) -> Iterator[Step]:
    yield from find_steps()
    yield Step("field", _("Detail"), _ask_field, automatic=False)
    if "booking" not in ctx.answers or "field" not in ctx.answers:
        return
    for field in _fields_to_ask(ctx, _changes(ctx)):
        yield detail_step(
            field, always_asked=True, effect=partial(_edit_booking, field), form_of=_form_of
        )


EDIT = Dialog("edit", _("Change my details"), _steps, before_turn=leave_ended)
