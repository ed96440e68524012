"""The command `rantevou sms`: what text messages say, and what they cost."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.office import office_command
from core.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from decimal import Decimal

    from bot.accounts import AccountSettings
    from bot.i18n.translator import Translator
    from core.catalogue.model import Municipality
    from core.catalogue.registry import LoadedMunicipality
    from core.db.models import Booking

    Prices = Sequence[tuple[str, Decimal, str]]

sms = typer.Typer(
    help="Text messages.",
    epilog="Example: rantevou sms preview my-town",
    no_args_is_help=True,
)
sms.callback()(lambda: None)  # or a group of one command would be that command

Town = Annotated[str, typer.Argument(help="A municipality, as `catalogue list` shows them.")]
Service = Annotated[
    str | None, typer.Option(help="The id of a service; unless given, that with the longest name.")
]

SAMPLE_TOKEN = "abcdefghijklmnop"  # noqa: S105 nobody's


@sms.command(epilog="Example: rantevou sms preview my-town --service certificates")
def preview(municipality: Town, service: Service = None) -> None:
    """Print every text message of an appointment as it is sent, with its parts.

    In Greek and English, with its parts in each ALPHABET of a sender: in gsm, Greek is in capitals.
    It is said where names were shortened so that it fits into one part. Then a booking by
    text message on the municipality's own two-way number, from the greeting to the confirmation.
    With the cost, where a sender's PRICE is set.
    """
    with office_command() as office:
        loaded = office.registry[office.municipality(municipality)]
        now, texts = office.application.services.clock(), office.application.services.texts
        public = office.application.services.public_address
        prices = _prices(office.application.settings.accounts, municipality)
    services = loaded.body.services
    if service is not None and service not in services:
        there = ", ".join(services)
        raise ConfigurationError(f"{service}: no service of that id; there are: {there}")
    chosen = service or max(services, key=lambda each: len(texts.say(services[each].name, "el")))
    for line in _lines(loaded, _sample(loaded, chosen, now), texts, public, prices):
        typer.echo(line)
    for line in _talk_lines(loaded.body, chosen, texts, now, prices):
        typer.echo(line)


def _sample(loaded: "LoadedMunicipality", service: str, now: "datetime") -> "Booking":
    """Return an appointment in two days, which is stored nowhere."""
    from datetime import timedelta
    from zoneinfo import ZoneInfo

    from bot.views.text_samples import sample_booking

    body = loaded.body
    start = now.astimezone(ZoneInfo(body.timezone)) + timedelta(days=2)
    start = start.replace(hour=10, minute=0, second=0, microsecond=0)
    channel = body.services[service].channels[0]
    return sample_booking(body, service, body.branches[0].id, channel, start)


def _prices(accounts: "Mapping[str, AccountSettings]", municipality: str) -> "Prices":
    """Return the price of a part with each sender that a municipality has, and its alphabet."""
    from bot.platforms.sms.settings import SmsAccount

    return [
        (name, each.price, each.alphabet)
        for name, each in accounts.items()
        if isinstance(each, SmsAccount) and each.price
        if each.municipality in (None, municipality)
    ]


def _cost(prices: "Prices", language: str, parts: int, in_unicode: int) -> Iterator[str]:
    for name, price, alphabet in prices:
        cost = price * (parts if alphabet == "gsm" else in_unicode)
        yield f"{language}    with {name}: {cost:.2f} euros"


def _lines(
    loaded: "LoadedMunicipality",
    booking: "Booking",
    texts: "Translator",
    public: str | None,
    prices: "Prices",
) -> Iterator[str]:
    from bot.platforms.sms.gsm import count_parts, fold
    from bot.views.booking_link import PATH
    from bot.views.text_message import one_part
    from core.i18n import LANGUAGES
    from core.messaging.keys import MessageKind
    from dialogs.messages.text_message import WORDINGS, names_of

    link = f"{public}{PATH}{SAMPLE_TOKEN}" if public else ""
    kinds = {wording.message: kind for kind, wording in WORDINGS.items()}  # each text once
    for language in LANGUAGES:
        total = in_unicode = 0
        for kind in kinds.values():
            own_link = "" if kind is MessageKind.CANCELLED else link
            said = one_part(texts, loaded, kind, booking, language, own_link)
            parts, unicode = count_parts(fold(said)), count_parts(said)
            names = (texts.say(each, language) for each in names_of(loaded, booking))
            is_whole = kind is MessageKind.CANCELLED or all(name in said for name in names)
            shortened = "" if is_whole else "; names shortened"
            yield f"{language}  {kind}: {parts} in gsm, {unicode} in unicode{shortened}"
            yield f"    {fold(said)}"
            total, in_unicode = total + parts, in_unicode + unicode
        yield f"{language}  all: {total} in gsm, {in_unicode} in unicode"
        yield from _cost(prices, language, total, in_unicode)


def _talk_lines(
    body: "Municipality", service: str, texts: "Translator", now: "datetime", prices: "Prices"
) -> Iterator[str]:
    from bot.ops.sample_talk import sample_talks
    from core.i18n import LANGUAGES

    with sample_talks([body], now, texts) as play:
        for language in LANGUAGES:
            try:
                talk = play(body.id, service, language)
            except LookupError as why:
                yield f"{language}  by text message: {why}"
                continue
            parts, unicode = sum(e.parts for e in talk), sum(e.in_unicode for e in talk)
            yield (
                f"{language}  booked by text message, {len(talk)} answers: "
                f"{parts} in gsm, {unicode} in unicode"
            )
            yield from _cost(prices, language, parts, unicode)
            for each in talk:
                yield f"    {each.parts}: " + each.body.replace("\n", "\n       ")
