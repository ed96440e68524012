"""After booking: my bookings, move, cancel, edit details, withdraw consent."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import partial

from core.bookings import service as bookings
from core.bookings.lookup import check_unlocked, find_booking
from core.bookings.reference import fold_code, is_code
from core.catalogue.model import Consent, FormField, Rules
from core.db.models import Booking
from core.errors import BookingRefused
from core.i18n import _, lines
from dialogs.booking.alternatives import current_offer, existing_booking, near_view, zone_of
from dialogs.booking.day import day_step
from dialogs.booking.details import condition_holds, detail_step
from dialogs.booking.time import short_time, time_step
from dialogs.engine import navigation
from dialogs.engine.steps import Choice, Context, Dialog, Prompt, Step
from dialogs.menu import yes_no
from dialogs.messages.appointment import appointment_time, booking_lines, detail_lines, one_line
from dialogs.nlu.errors import InvalidAnswer
from dialogs.nlu.fields import phone


def _choices(ctx: Context) -> list[Booking]:
    """The citizen's own bookings that the running dialog can work on."""
    if "upcoming" not in ctx.cache:
        ctx.cache["upcoming"] = bookings.upcoming(ctx.session, ctx.actor.citizen_id, ctx.now)
    found: list[Booking] = list(ctx.cache["upcoming"])
    if ctx.state.dialog == "withdraw":
        return [booking for booking in found if _withdrawable(ctx, booking)]
    return found


def _by_code(ctx: Context) -> bool:
    if "booking" in ctx.answers:
        return False
    return ctx.answers.get("way") == "code" or not _choices(ctx)


def _ask_code(ctx: Context) -> Prompt:
    found = _("I find no appointment made in this chat. If you booked elsewhere, use its code.")
    return Prompt(
        lines(
            None if ctx.answers.get("way") == "code" or ctx.state.failures else found,
            _("What is the code of the appointment? It has six letters and digits, like KX7 M2P."),
        ),
        free=True,
        names="whole",
        input="code",
    )


def _take_code(ctx: Context, text: str) -> str:
    try:
        check_unlocked(ctx.session, ctx.sources, ctx.now)
    except BookingRefused:
        navigation.end_dialog(ctx)
        raise
    if not is_code(text):
        raise InvalidAnswer(_("A code has six letters and digits. For example: KX7 M2P."))
    return fold_code(text)


def _ask_phone(ctx: Context) -> Prompt:
    asked = _("And the telephone number given with it?")
    return Prompt(asked, free=True, names="whole", input="phone")


def _prove(ctx: Context, number: str) -> None:
    """Open the booking to whoever knows its code and its phone number."""
    try:
        booking = find_booking(
            ctx.session, ctx.registry, ctx.answers["code"], number, ctx.sources, ctx.now
        )
    except BookingRefused:
        navigation.end_dialog(ctx)
        raise
    if booking is None:
        ctx.answers.pop("code")
        raise InvalidAnswer(_("I found no coming appointment with this code and telephone number."))
    ctx.answers["booking"] = str(booking.id)
    _check(ctx, booking)


def _ask_booking(ctx: Context) -> Prompt:
    return Prompt(
        _("Which appointment?"),
        [Choice(str(booking.id), one_line(ctx, booking)) for booking in _choices(ctx)],
        extras=[Choice("code", _("Another one, with its code"), command=True)],
        expected=_("Please pick one of the appointments below."),
    )


def _check(ctx: Context, booking: Booking) -> None:
    """Refuse at once what the municipality's deadline doesn't allow any more."""
    try:
        if ctx.state.dialog in ("move", "cancel"):
            bookings.check_changeable(booking, _rules(ctx, booking), ctx.now)
        if ctx.state.dialog == "withdraw" and not _withdrawable(ctx, booking):
            raise BookingRefused("no_consent", _("No consent was given for this appointment."))
    except BookingRefused:
        navigation.end_dialog(ctx)
        raise


def _rules(ctx: Context, booking: Booking) -> Rules:
    return ctx.registry[booking.municipality_id].body.rules


def _withdrawable(ctx: Context, booking: Booking) -> bool:
    name = (booking.consent_version or "").partition(" ")[0]
    consents: tuple[Consent, ...] = ctx.registry[booking.municipality_id].body.consents
    return any(consent.id == name and consent.withdrawable for consent in consents)


def _picked(ctx: Context) -> Booking:
    booking = existing_booking(ctx)
    if booking is None:
        raise LookupError("the dialog has no booking yet")
    return booking


def _which(ctx: Context) -> Iterator[Step]:
    """The steps that find the booking: one's own, or by code and phone number."""
    yield Step("code", _("Code"), _ask_code, _take_code, applies=_by_code)
    yield Step(
        "phone", _("Telephone"), _ask_phone, lambda ctx, text: phone(text), _by_code, effect=_prove
    )
    yield Step(
        "booking",
        _("Appointment"),
        _ask_booking,
        effect=lambda ctx, value: _check(ctx, ctx.session.get_one(Booking, int(value))),
    )


def _ask_action(ctx: Context) -> Prompt:
    booking = _picked(ctx)
    body = ctx.registry[booking.municipality_id].body
    fields = body.fields_of(body.services[booking.service])
    names = ["move", "cancel", "edit", *(["withdraw"] if _withdrawable(ctx, booking) else [])]
    return Prompt(
        lines(
            *booking_lines(ctx, booking),
            *detail_lines(fields, booking.details),
            _("What would you like to do with it?"),
        ),
        [
            *(Choice(name, ctx.dialogs[name].label) for name in names),
            Choice("keep", _("Nothing, keep it")),
        ],
        booking=booking.id,
        expected=_("Please pick one of the tasks below."),
    )


def _act(ctx: Context, action: str) -> None:
    booking = _picked(ctx)
    if action == "keep":
        navigation.end_dialog(ctx)
        return
    navigation.start(ctx, action, booking=str(booking.id))
    _check(ctx, booking)


def _bookings(ctx: Context) -> Iterator[Step]:
    yield from _which(ctx)
    yield Step("action", _("Task"), _ask_action, effect=_act, automatic=False)


def _on_that_day(ctx: Context, value: str) -> bool:
    start = datetime.fromisoformat(value)
    return (
        start.astimezone(zone_of(ctx, current_offer(ctx))).date().isoformat() == ctx.answers["day"]
    )


def _set_day(ctx: Context, value: str) -> None:
    """A time near another may be on another day."""
    local = datetime.fromisoformat(value).astimezone(zone_of(ctx, current_offer(ctx)))
    ctx.answers["day"] = local.date().isoformat()


def _ask_move(ctx: Context) -> Prompt:
    booking, offer = _picked(ctx), current_offer(ctx)
    start = datetime.fromisoformat(ctx.answers["time"])
    body, minutes = offer.municipality, offer.service.duration
    return Prompt(
        lines(
            _("Shall I move the appointment?"),
            _(
                "From: {time}",
                time=appointment_time(booking.starts_at, minutes, body, offer.channel, ctx.zone),
            ),
            _("To: {time}", time=appointment_time(start, minutes, body, offer.channel, ctx.zone)),
        ),
        yes_no(
            _("Yes, move it to {time}", time=short_time(ctx, offer, start)),
            _("No, keep the old time"),
        ),
        names="whole",
    )


def _move(ctx: Context, answer: str) -> None:
    booking, offer = _picked(ctx), current_offer(ctx)
    if answer == "no":
        navigation.end_dialog(ctx)
        ctx.say(_("All right, your appointment stands."))
        return
    start = datetime.fromisoformat(ctx.answers["time"])
    try:
        bookings.move(ctx.session, ctx.registry, offer, booking, start, ctx.now, ctx.actor)
    except BookingRefused as refusal:
        if refusal.kind == "taken":
            navigation.reopen(ctx, "time")
            ctx.state.kept.pop("time", None)
            ctx.state.view = near_view(start)
        else:
            navigation.end_dialog(ctx)
        raise
    navigation.end_dialog(ctx)
    ctx.say(lines(_("Your appointment was moved."), *booking_lines(ctx, booking)))
    ctx.shown = booking.id


def _moves(ctx: Context) -> Iterator[Step]:
    yield from _which(ctx)
    if "booking" in ctx.answers:
        yield day_step()
        yield time_step(_set_day, _on_that_day)
        yield Step("review", _("Check"), _ask_move, effect=_move, automatic=False)


def _ask_cancel(ctx: Context) -> Prompt:
    return Prompt(
        lines(_("Shall I cancel this appointment?"), *booking_lines(ctx, _picked(ctx))),
        yes_no(_("Yes, cancel it"), _("No, keep it"), _("cancel, cancel it")),
        names="whole",
    )


def _cancel(ctx: Context, answer: str) -> None:
    booking = _picked(ctx)
    rules = _rules(ctx, booking)
    navigation.end_dialog(ctx)
    if answer == "no":
        ctx.say(_("All right, your appointment stands."))
        return
    bookings.cancel(ctx.session, ctx.registry, rules, booking, ctx.now, ctx.actor)
    ctx.say(_("Your appointment was cancelled: {appointment}.", appointment=one_line(ctx, booking)))


def _cancels(ctx: Context) -> Iterator[Step]:
    yield from _which(ctx)
    yield Step("sure", _("Cancel"), _ask_cancel, effect=_cancel, automatic=False)


def _form(ctx: Context, changes: Mapping[str, str]) -> dict[str, FormField]:
    """The fields of the booking that apply with those changes, by id."""
    booking = _picked(ctx)
    body = ctx.registry[booking.municipality_id].body
    details = {**booking.details, **changes}
    given = {f"details.{name}": value for name, value in details.items()}
    given["channel"] = booking.channel
    fields = body.fields_of(body.services[booking.service])
    known = {"channel", *(field.id for field in fields)}

    def applies(field: FormField) -> bool:
        # The answers of screening aren't kept: what was asked because of them stays.
        when = {name: wanted for name, wanted in field.when.items() if name in known}
        return condition_holds(given, when) and (when == field.when or field.id in booking.details)

    return {field.id: field for field in fields if applies(field)}


def _changes(ctx: Context) -> dict[str, str]:
    prefix = "details."
    return {k.removeprefix(prefix): v for k, v in ctx.answers.items() if k.startswith(prefix)}


def _ask_field(ctx: Context) -> Prompt:
    return Prompt(
        _("What would you like to change?"),
        [Choice(field.id, field.label) for field in _form(ctx, {}).values()],
        expected=_("Please pick one of the answers below."),
    )


def _to_ask(ctx: Context, changes: Mapping[str, str]) -> list[FormField]:
    """The field picked, and those that it makes necessary: a passport for another nationality."""
    before, after = _form(ctx, {}), _form(ctx, changes)
    picked = ctx.answers["field"]
    return [field for name, field in after.items() if name == picked or name not in before]


def _edits(ctx: Context) -> Iterator[Step]:
    yield from _which(ctx)
    yield Step("field", _("Detail"), _ask_field, automatic=False)
    if "booking" not in ctx.answers or "field" not in ctx.answers:
        return
    for field in _to_ask(ctx, _changes(ctx)):
        yield detail_step(field, always_asked=True, effect=partial(_edit, field))


def _edit(field: FormField, ctx: Context, value: str) -> None:
    """Change the booking once the last field has its answer."""
    changes = _changes(ctx) | {field.id: value}
    if any(other.id not in changes for other in _to_ask(ctx, changes)):
        return
    booking, form = _picked(ctx), _form(ctx, changes)
    dropped = {name: "" for name in booking.details if name not in form}
    navigation.end_dialog(ctx)
    ctx.state.kept = {}
    bookings.edit(ctx.session, ctx.registry, booking, changes | dropped, ctx.now, ctx.actor)
    changed = [field for name, field in form.items() if name in changes]
    ctx.say(
        lines(
            _("I've changed it."),
            *detail_lines(changed, booking.details),
            *booking_lines(ctx, booking),
        )
    )
    ctx.shown = booking.id


def _ask_withdraw(ctx: Context) -> Prompt:
    return Prompt(
        lines(
            _(
                "Without your consent we can't keep your details, so the appointment will be "
                "cancelled and your details erased from it. Shall I go on?"
            ),
            *booking_lines(ctx, _picked(ctx)),
        ),
        yes_no(_("Yes, withdraw it"), _("No, keep it"), _("withdraw, withdraw it")),
        names="whole",
    )


def _withdraw(ctx: Context, answer: str) -> None:
    booking = _picked(ctx)
    navigation.end_dialog(ctx)
    if answer == "no":
        ctx.say(_("All right, your appointment stands."))
        return
    ctx.state.kept = {}
    bookings.withdraw_consent(ctx.session, booking, ctx.now, ctx.actor)
    ctx.say(_("Your consent is withdrawn, the appointment cancelled and your details erased."))


def _withdraws(ctx: Context) -> Iterator[Step]:
    yield from _which(ctx)
    yield Step("sure", _("Withdraw consent"), _ask_withdraw, effect=_withdraw, automatic=False)


BOOKINGS = Dialog("bookings", _("My bookings"), _bookings)
MOVE = Dialog("move", _("Move an appointment"), _moves)
CANCEL = Dialog("cancel", _("Cancel an appointment"), _cancels)
EDIT = Dialog("edit", _("Change my details"), _edits)
WITHDRAW = Dialog("withdraw", _("Withdraw my consent"), _withdraws)
