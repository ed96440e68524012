"""Count the parts of whole bookings by text message, beside those of the same texts in Unicode."""

from bot.i18n.translator import Translator
from bot.ops.sample_talk import sample_talks
from core.catalogue.loader import SHIPPED, read_catalogue
from tests.bench.databases import NOW
from tests.bench.report import line

BOUNDS = {
    ("kalamata", "shared"): "at most 10",
    ("kalamata", "own"): "at most 8",
    ("chios", "shared"): "at most 10",
    ("chios", "own"): "at most 8",
    ("larissa", "shared"): "at most 11",
    ("larissa", "own"): "at most 10",
    ("kep", "shared"): "at most 15",
    ("kep", "own"): "at most 15",
}
"""Of the two larger ones, the forms demand more answers than others."""


def texts() -> None:
    """Count in each catalogue, in Greek, for the service of the longest name."""
    bodies, translator = (
        [read_catalogue(each) for each in sorted(SHIPPED.glob("*.yaml"))],
        Translator(),
    )
    numbers = (("shared", bodies), *(("own", [body]) for body in bodies))
    for number, towns in numbers:
        with sample_talks(towns, NOW, translator) as play:
            for body in towns:
                services = body.services.values()
                longest = max(services, key=lambda each: len(each.name.in_language("el")))
                talk = play(body.id, longest.id, "el")
                parts = sum(each.parts for each in talk)
                in_unicode = sum(each.in_unicode for each in talk)
                line(
                    f"texts.{body.id}.{number}",
                    f"parts of a booking by text message, {body.id}, {number} number; in Unicode",
                    parts,
                    "",
                    ratio=in_unicode / parts,
                    bound=BOUNDS.get((body.id, number), ""),
                )
