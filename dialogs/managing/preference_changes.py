"""Changes of a citizen's preferences, and what is said of them."""

from collections.abc import Mapping, Sequence
from datetime import time

from core.db.models import Booking
from core.i18n import FormattedDate, Text, ZoneCity, _
from core.messaging.reminder_times import QUIET_FROM, QUIET_UNTIL
from core.messaging.routes import VOICE, WAITING
from dialogs.context import Context
from dialogs.messages.appointment import CLOCK, one_line
from dialogs.messages.platforms import on
from dialogs.nlu.quiet_hours import Hours

USUAL = Hours(QUIET_FROM, QUIET_UNTIL)
"""The hours without reminders of whoever set none."""

EMAILS_ENDED = _(
    "I send no reminders to the email address that you gave, because they were ended with the link "
    "in one. To get them again, please use that link, or the one in our next email about an "
    "appointment."
)


def hours_shown(since: time, until: time) -> Mapping[str, Text]:
    """Return the beginning and the end of quiet hours, as texts name them."""
    return {"since": FormattedDate(since, CLOCK), "until": FormattedDate(until, CLOCK)}


def choose_platform(ctx: Context, platform: str) -> None:
    """Write on a platform from now on, where that reaches the citizen; say what will be."""
    preferences = ctx.office.preferences
    if platform in preferences.reaching():
        preferences.choose_platform(platform)
        by_email = _(
            "From now on I write to you by email about your appointments, at the address that you "
            "gave for each. Where there is none, I write to you where you booked."
        )
        elsewhere = _(
            "From now on I write to you {way} about your appointments. Should that fail, I try the "
            "other ways that I know.",
            way=on(platform),
        )
        by_call = _(
            "From now on I call you about your appointments, at the number that you gave for each. "
            "Should that fail, I try the other ways that I know."
        )
        ctx.say({"email": by_email, VOICE: by_call}.get(platform, elsewhere))
        if platform == "email" and preferences.has_ended_emails():
            ctx.say(EMAILS_ENDED)
    elif platform in WAITING:
        ctx.say(
            _(
                "I can't write to you first {way}: what I have to say waits there until you open "
                "it. So I write to you on the other ways that I know.",
                way=on(platform),
            )
        )
    elif platform not in preferences.configured():
        ctx.say(_("I'm sorry, we don't write to citizens {way}.", way=on(platform)))
    elif platform == "email":
        ctx.say(
            _(
                "I have no email address of yours yet. To give one for an appointment, write "
                "“change details”."
            )
        )
    elif platform == VOICE:
        ctx.say(
            _(
                "I have no telephone number of yours yet that I can call. To give one for an "
                "appointment, write “change details”."
            )
        )
    else:
        ctx.say(
            _(
                "I can't write to you {way} yet, because you haven't written to me there.",
                way=on(platform),
            )
        )


def refuse_texts(ctx: Context) -> None:
    """Send no text messages from now on; say so."""
    ctx.office.preferences.refuse_texts()
    ctx.say(
        _(
            "All right, I send you no text messages (SMS) from now on, not even about changes. To "
            "get them again, write “write to me by SMS”."
        )
    )


def choose_any(ctx: Context) -> None:
    """Write on no platform before others from now on; say where instead."""
    ctx.office.preferences.choose_platform(None)
    ctx.say(_("All right. I write to you {where}.", where=where_booked(ctx)))


def where_booked(ctx: Context) -> Text:
    """Return where who chose nothing is written to: what only waits reaches nobody."""
    preferences = ctx.office.preferences
    if preferences.here in WAITING and "email" in preferences.reaching():
        return _("where you book, and by email about what you book {way}", way=on(preferences.here))
    return _("where you book")


def choose_quiet(ctx: Context, hours: Hours) -> None:
    """Remind at no time between these, by the citizen's clock; say what will be."""
    lost = ctx.office.preferences.choose_quiet(hours.since, hours.until, ctx.zone)
    ctx.say(
        _(
            "All right, I send you no reminders from {since} until {until} (time of {zone}). What "
            "would be due then comes just before. I still tell you at once if something changes.",
            **hours_shown(*hours),
            zone=ZoneCity(ctx.state.timezone),
        )
    )
    _say_lost(ctx, lost)


def reset_quiet(ctx: Context) -> None:
    """Keep the quiet hours that everybody has from now on; say so."""
    lost = ctx.office.preferences.reset_quiet()
    ctx.say(
        _("All right, I send you no reminders from {since} until {until}.", **hours_shown(*USUAL)),
    )
    _say_lost(ctx, lost)


def _say_lost(ctx: Context, lost: Sequence[Booking]) -> None:
    """Name the appointments of which there is no time left for a reminder."""
    for booking in lost:
        loaded = ctx.office.of_booking(booking)
        if loaded.has(booking.service, booking.branch):
            appointment = one_line(loaded, booking, ctx.zone)
            ctx.say(
                _("So no other reminder of this one comes: {appointment}.", appointment=appointment)
            )
