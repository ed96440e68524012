"""The names of the municipalities of Greece and of places abroad, and other names for them."""

from functools import cache
from pathlib import Path

FILE = Path(__file__).parent / "places.txt"
ABROAD = Path(__file__).parent / "places_abroad.txt"


@cache
def place_names(file: Path = FILE) -> frozenset[str]:
    """Return the names in a file: official ones, those of their parts, and others in use."""
    lines = file.read_text("utf-8").splitlines()
    written = [line.replace("=", "-") for line in lines if line and not line.startswith("#")]
    return frozenset(part.strip() for line in written for part in line.split(" - "))
