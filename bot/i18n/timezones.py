"""Name time zones by their cities and countries, in every language."""

import zoneinfo
from collections.abc import Callable
from functools import lru_cache

from babel import Locale
from babel.core import get_global
from babel.dates import get_timezone_location

from core.i18n import LANGUAGES, TextTemplate, _

CITIES: dict[str, TextTemplate] = {
    "Europe/Berlin": _("munich, stuttgart, frankfurt, dusseldorf, hamburg, cologne, nuremberg"),
    "Europe/London": _("manchester, birmingham, england, scotland"),
    "America/New_York": _("boston, astoria, philadelphia, baltimore, washington"),
    "America/Los_Angeles": _("san francisco, seattle, san diego, california"),
    "America/Toronto": _("montreal, ottawa"),
    "Australia/Sydney": _("canberra"),
}
"""Places where many Greeks live and that no zone is named after, by their zone."""
MAIN_ZONES = {"DE": "Europe/Berlin", "CY": "Asia/Nicosia"}
"""The zone that is meant by a country with several, by its code."""


@lru_cache(maxsize=1)
def zone_names() -> frozenset[str]:
    """Return the name of every zone of the IANA database."""
    return frozenset(zoneinfo.available_timezones())


@lru_cache(maxsize=1024)
def city_of(zone: str, language: str) -> str:
    """Return the name of a zone's city."""
    return get_timezone_location(zone, locale=language, return_city=True)


SEVERAL_ZONES = ""
"""The value for a country with several zones: its city must be asked."""


def zone_candidates(words: Callable[[TextTemplate], frozenset[str]]) -> list[tuple[str, list[str]]]:
    """Return each zone with its names: city, country where it is the only zone there, CITIES.

    `words` splits a text into its words in every language.
    """
    names: dict[str, list[str]] = {SEVERAL_ZONES: sorted(words(_("america")))}
    aliases = get_global("zone_aliases")
    for zone in sorted(zone_names()):
        if "/" in zone and not zone.startswith("Etc/") and zone not in aliases:
            names[zone] = [city_of(zone, language) for language in LANGUAGES]
    for country, zones in get_global("territory_zones").items():
        only = zones[0] if len(zones) == 1 else MAIN_ZONES.get(country, SEVERAL_ZONES)
        if only in names:
            names[only] += [
                name
                for language in LANGUAGES
                for form in (country, f"{country}-alt-short")
                if (name := Locale(language).territories.get(form))
            ]
    for zone, others in CITIES.items():
        names[zone] += sorted(words(others))
    return list(names.items())
