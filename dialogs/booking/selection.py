"""The subject of the running dialog: municipality, service, offer, booking."""

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
"""The name under which the booking dialog stores the id of its hold."""

LINK = "link"
"""The derived answer that is the id of the link by which the dialog was begun in another's chat."""


def municipality(ctx: Context) -> Municipality | None:
    """Return the municipality picked; None if none is yet."""
    loaded = ctx.office.find(ctx.answers.get("municipality"))
    return loaded.body if loaded else None


def picked_municipality(ctx: Context) -> Municipality:
    """Return the municipality picked. Raises KeyError if none is yet."""
    return ctx.office.loaded(ctx.answers["municipality"]).body


def service(ctx: Context) -> Service | None:
    """Return the service picked; None if none is yet."""
    body = municipality(ctx)
    return body.services.get(ctx.answers.get("service", "")) if body else None


def consent(ctx: Context) -> Consent | None:
    """Return the consent to ask for; None if there is none, or it isn't known yet."""
    body, chosen, channel = municipality(ctx), service(ctx), ctx.answers.get("channel")
    return body.consent_of(chosen, channel) if body and chosen and channel else None


def current_offer(ctx: Context) -> ServiceOffer:
    """Return the offer of the existing booking, else the one picked. Raises KeyError."""
    answers = ctx.answers
    if booking := existing_booking(ctx):
        return ctx.office.offer_of(booking)
    return ctx.office.offer(
        answers["municipality"], answers["service"], answers["branch"], answers["channel"]
    )


def existing_booking(ctx: Context) -> Booking | None:
    """Return the booking that the dialog is about; None for a new one."""
    number = ctx.answers.get("booking")
    return ctx.office.booking(int(number)) if number else None


def proving_municipality(ctx: Context) -> str | None:
    """Return the municipality whose texts prove a number now; None where none does, or needs to.

    It is the one that the dialog is about, else the first that sends texts.
    """
    if ctx.office.is_for_caller:
        return None
    body, booking = municipality(ctx), existing_booking(ctx)
    if body is not None:
        towns = [body.id]
    elif booking is not None:
        towns = [booking.municipality_id]
    else:
        towns = [each.id for each in ctx.office.offered_municipalities]
    return next((each for each in towns if ctx.office.proof.is_possible(each)), None)


def current_hold(ctx: Context) -> Booking | None:
    """Return the held booking of the conversation, if any."""
    number = ctx.state.data.get(HOLD)
    return ctx.office.booking(int(number)) if number else None


def own_booking_id(ctx: Context) -> int | None:
    """Return the id of the dialog's own booking or hold, whose time counts as free."""
    if booking := existing_booking(ctx):
        return booking.id
    number = ctx.state.data.get(HOLD)
    return int(number) if number else None


def zone_of(ctx: Context, offer: ServiceOffer) -> ZoneInfo:
    """Return the time zone in which days and times are shown."""
    return shown_zone(offer.municipality, offer.channel, ctx.zone)


def day_label(day: date, now: datetime) -> Text:
    """Return a day for use in a sentence, with the year if it is far away."""
    near = abs(day - now.date()) < timedelta(days=300)
    return FormattedDate(day, "EEEE d MMMM" if near else "EEEE d MMMM y")


def nearest_times_view(wanted: datetime) -> PromptView:
    """Return the view in which the time step offers the nearest times to a moment."""
    return PromptView(step="time", near=wanted.isoformat())
