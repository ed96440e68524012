"""The dialog that books an appointment, from municipality to confirmation."""

from collections.abc import Iterator, Sequence
from functools import lru_cache

from core.catalogue.registry import LoadedMunicipality
from core.i18n import _
from dialogs.booking.catalogue_steps import CATALOGUE_STEPS
from dialogs.booking.day import day_step
from dialogs.booking.details import detail_step
from dialogs.booking.ended import leave
from dialogs.booking.hold import after_turn, hold_time, renew_hold
from dialogs.booking.review import CONSENT_STEP, REVIEW_STEP, say_if_booked
from dialogs.booking.screening import (
    LIMIT_REACHED,
    limit_reached_step,
    rejected_step,
    screening_step,
)
from dialogs.booking.selection import current_offer
from dialogs.booking.time import time_step
from dialogs.context import Context, Dialog, Step, refusable


def _steps(ctx: Context) -> Sequence[Step]:
    """Return the steps of a booking, as far as they are known."""
    loaded = ctx.office.find(ctx.answers.get("municipality"))
    service = ctx.answers.get("service")
    if loaded is None or service not in loaded.body.services:
        return CATALOGUE_STEPS
    return _steps_for(loaded, service)


@lru_cache(maxsize=2048)
def _steps_for(loaded: LoadedMunicipality, service_id: str) -> Sequence[Step]:
    return (*CATALOGUE_STEPS, *_service_steps(loaded, service_id))


def _service_steps(loaded: LoadedMunicipality, service_id: str) -> Iterator[Step]:
    service = loaded.body.services[service_id]
    for question in service.screening:
        yield screening_step(question)
    yield rejected_step()
    yield limit_reached_step()
    yield day_step()
    yield time_step(hold_time, renew_hold)
    for field in loaded.body.fields_of(service):
        yield detail_step(
            field,
            effect=_CHECKS.get(field.id),
            offers=_may_book_for if field.id == "name" else None,
        )
    yield CONSENT_STEP
    yield REVIEW_STEP


@refusable
def _check_phone_limit(ctx: Context, number: str) -> None:
    """Refuse a number that has its maximum of bookings, before the other details are typed."""
    attendee = ctx.answers.get("details.name", "")
    ctx.office.check_phone_limit(current_offer(ctx), number, attendee)


@refusable
def _check_attendee_limit(ctx: Context, name: str) -> None:
    """Refuse a name that has its maximum of bookings, before the other details are typed."""
    if LIMIT_REACHED in ctx.answers:
        ctx.office.check_attendee_limit(current_offer(ctx), name)


def _may_book_for(ctx: Context, name: str) -> bool:
    return LIMIT_REACHED not in ctx.answers or ctx.office.may_book_for(current_offer(ctx), name)


_CHECKS = {"name": _check_attendee_limit, "phone": _check_phone_limit}
"""What is checked when an answer to a form field is given, by the field."""


def _version(ctx: Context) -> str:
    """Return the version of the catalogue by which the answers are given."""
    loaded = ctx.office.find(ctx.answers.get("municipality"))
    return f"{loaded.body.id} {loaded.digest}" if loaded else ""


BOOK = Dialog(
    "book",
    _("New booking"),
    _steps,
    after_turn=after_turn,
    on_leave=leave,
    version=_version,
    on_old_choice=say_if_booked,
)
