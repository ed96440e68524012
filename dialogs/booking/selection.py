"""What the running dialog is about: municipality, service, offer, booking."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from core.catalogue.model import Consent, Municipality, Service
from core.catalogue.service_offer import ServiceOffer
from core.db.models import Booking
from core.i18n import FormattedDate, Text
from dialogs.context import Context
from dialogs.engine.state import PromptView
from dialogs.messages.appointment import shown_zone

HOLD = "hold"
"""The name by which the running dialog keeps the number of its hold."""


def municipality(ctx: Context) -> Municipality | None:
    """Return the municipality that was picked."""
    loaded = ctx.office.find(ctx.answers.get("municipality"))
    return loaded.body if loaded else None


def picked_municipality(ctx: Context) -> Municipality:
    """Return the municipality that was picked. Raises KeyError."""
    return ctx.office.loaded(ctx.answers["municipality"]).body


def service(ctx: Context) -> Service | None:
    """Return the service that was picked."""
    body = municipality(ctx)
    return body.services.get(ctx.answers.get("service", "")) if body else None


def consent(ctx: Context) -> Consent | None:
    """Return what the citizen is to agree to, as far as it is known yet."""
    body, chosen, channel = municipality(ctx), service(ctx), ctx.answers.get("channel")
    return body.consent_of(chosen, channel) if body and chosen and channel else None


def current_offer(ctx: Context) -> ServiceOffer:
    """Return what the running dialog is about: of an existing booking, or what was picked."""
    answers = ctx.answers
    if booking := existing_booking(ctx):
        return ctx.office.offer_of(booking)
    loaded = ctx.office.loaded(answers["municipality"])
    return loaded.offer(answers["service"], answers["branch"], answers["channel"])


def existing_booking(ctx: Context) -> Booking | None:
    """Return the booking that the dialog is about, if it isn't a new one."""
    number = ctx.answers.get("booking")
    return ctx.office.booking(int(number)) if number else None


def current_hold(ctx: Context) -> Booking | None:
    """Return the booking that the conversation holds."""
    number = ctx.state.data.get(HOLD)
    return ctx.office.booking(int(number)) if number else None


def own_booking(ctx: Context) -> int | None:
    """Return the number of the booking whose own time counts as free."""
    if booking := existing_booking(ctx):
        return booking.id
    number = ctx.state.data.get(HOLD)
    return int(number) if number else None


def zone_of(ctx: Context, offer: ServiceOffer) -> ZoneInfo:
    """Return the zone in which days and times are shown."""
    return shown_zone(offer.municipality, offer.channel, ctx.zone)


def day_label(day: date, now: datetime) -> Text:
    """Return a day as it is spoken of in a sentence; with the year, if it is far away."""
    near = abs(day - now.date()) < timedelta(days=300)
    return FormattedDate(day, "EEEE d MMMM" if near else "EEEE d MMMM y")


def near_view(wanted: datetime) -> PromptView:
    """Return the view in which the time step offers the times nearest to a moment."""
    return PromptView(step="time", near=wanted.isoformat())
